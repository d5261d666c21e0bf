//! A whole commit as one statement: its writes as parts of one `with`, each under the condition that the one before it touched the
//! rows it must.
//!
//! The first part moves the head on, and only from where the unit of work took it to be, so that nothing is written where somebody
//! else was faster. The conditions make an order of what PostgreSQL would carry out in any: what was removed is out of the way of
//! what is new. In the end the statement fails as a whole if any part touched too few rows; too many it cannot touch, because a write
//! names the key of each row. Which part it was, the writes tell when they are carried out one by one. By itself, outside of a
//! transaction, it is a commit that costs one message and one wait; however often it is sent it takes place once at most, because where
//! it took place the head is another one.
//!
//! The conditions are made so that they cost little: whether there is a last row, and not how many there are. With counts a commit of
//! one invoice took PostgreSQL 0.33 ms of its processor, with these 0.27; a stored function with the same statements 0.22.
//!
//! Which parts a commit has differs, and each combination is a statement to prepare and to plan on every connection: so only those
//! are put together that are seen again, and only so many. Deliberately absent: commits that open a book or move one here.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::apply::Part;
use super::cells::Argument;
use crate::error::StoreError;

/// How often a combination of parts is seen before it becomes a statement of its own: planning one takes some ten times as long as
/// carrying it out.
const SEEN_ENOUGH: u32 = 2;

/// The most combinations that are statements at a time. A connection holds each of them with its plan, some 200 KiB.
const MOST_STATEMENTS: usize = 64;

/// The most combinations that are counted.
const MOST_COUNTED: usize = 4096;

/// What is in the words of PostgreSQL when a part touched fewer rows than it must: it is told to read them as a number.
const MISSING: &str = "rows are missing";

/// The statements that whole commits are carried out with, by the places of their parts.
#[derive(Debug, Default)]
pub(super) struct Wholes(Mutex<HashMap<Vec<usize>, Combination>>);

#[derive(Debug)]
enum Combination {
    /// So often.
    Seen(u32),
    Statement(Arc<str>),
    /// The engine does not know how, or its parts did not touch what they must.
    Apart,
}

impl Wholes {
    fn all(&self) -> MutexGuard<'_, HashMap<Vec<usize>, Combination>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The statement for these parts, if they are to be carried out as one.
    pub(super) fn of(&self, parts: &[Part<'_>]) -> Option<Arc<str>> {
        let places = places(parts)?;
        let mut all = self.all();
        match all.get_mut(&places) {
            Some(Combination::Statement(sql)) => return Some(Arc::clone(sql)),
            Some(Combination::Apart) => return None,
            Some(Combination::Seen(times)) if *times < SEEN_ENOUGH => {
                *times += 1;
                return None;
            }
            Some(Combination::Seen(_)) => {}
            None => {
                if all.len() >= MOST_COUNTED {
                    all.clear();
                }
                all.insert(places, Combination::Seen(1));
                return None;
            }
        }
        let statements = all.values().filter(|known| matches!(known, Combination::Statement(_)));
        if statements.count() >= MOST_STATEMENTS {
            // Those that are still in use are soon there again.
            all.retain(|_, known| matches!(known, Combination::Apart));
        }
        let sql: Arc<str> = statement(parts)?.into();
        all.insert(places, Combination::Statement(Arc::clone(&sql)));
        Some(sql)
    }

    /// From now on these parts are carried out one by one.
    pub(super) fn take_apart(&self, parts: &[Part<'_>]) {
        if let Some(places) = places(parts) {
            self.all().insert(places, Combination::Apart);
        }
    }
}

/// The places of the forms; none where a part has no form.
fn places(parts: &[Part<'_>]) -> Option<Vec<usize>> {
    parts.iter().map(|part| part.form().map(|form| form.place)).collect()
}

/// Puts the statement together: zero is said where the first part touched nothing, and one where all of them touched what they must.
fn statement(parts: &[Part<'_>]) -> Option<String> {
    let mut sql = String::from("with ");
    // The first argument is the book.
    let mut next = 2;
    let mut before: Option<String> = None;
    for (place, part) in parts.iter().enumerate() {
        let form = part.form()?;
        let text = form.under(before.as_deref(), next);
        next += form.arguments;
        let comma = if place == 0 { "" } else { ", " };
        // Writing into a text cannot fail.
        let _ = write!(sql, "{comma}part{place} as ({text} returning 1)");
        before = Some(if form.many {
            next += 1;
            format!("exists (select from part{place} offset ${})", next - 1)
        } else {
            format!("exists (select from part{place})")
        });
    }
    // That it depends on a part keeps it from being read when the statement is planned.
    let fails = format!("('{MISSING} ' || exists (select from part0)::text)::bigint");
    let _ = write!(
        sql,
        " select case when not exists (select from part0) then 0 when {} then 1 else {fails} end",
        before?
    );
    Some(sql)
}

/// The arguments of the statement.
pub(super) fn arguments<'a>(book: &'a Argument, parts: &'a [Part<'_>]) -> Vec<&'a Argument> {
    let mut all = vec![book];
    for part in parts {
        all.extend(part.arguments.iter().skip(1));
        all.extend(part.form().filter(|form| form.many).map(|_| &part.before_last));
    }
    all
}

/// Whether the statement failed because a part touched fewer rows than it must.
pub(super) fn misses(error: &StoreError) -> bool {
    matches!(error, StoreError::Engine { message, .. } if message.contains(MISSING))
}
