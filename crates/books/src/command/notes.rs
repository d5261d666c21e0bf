//! What dialects write among the texts of a document: members that are replaced, and items of lists.
//!
//! Both are joined with what the document says when the command is decided, so of two who write at once neither loses what the other
//! wrote. Deliberately absent: what a member or an item means.

use quittance_accounting::annotating::Annotated;
use quittance_accounting::content::Content;
use quittance_accounting::plan::Plan;
use quittance_accounting::refusal::Refusal;
use quittance_accounting::snapshot::{Snapshot, Want};
use serde_json::{Map, Value};

use super::holds::change_texts;
use crate::content::open;
use crate::input::{ListNote, Note};

/// What to gather before texts are changed.
pub(super) fn wants(of: &Annotated) -> Vec<Want> {
    let document = match of {
        Annotated::Invoice(named) => Want::Invoice(named.clone()),
        Annotated::Payment(named) => Want::Payment(named.clone()),
        Annotated::CreditNote(named) => Want::CreditNote(named.clone()),
        Annotated::WriteOff(named) => Want::WriteOff(named.clone()),
    };
    vec![Want::Chart, document]
}

/// The texts of a document, whatever kind of document it is.
fn texts(content: Option<&Content>) -> Value {
    let texts: Value = open(content).unwrap_or_default();
    if texts.is_object() {
        texts
    } else {
        Value::Object(Map::new())
    }
}

fn join(members: &mut Value, new: &Map<String, Value>) {
    match members {
        Value::Object(members) => members.extend(new.clone()),
        other => *other = Value::Object(new.clone()),
    }
}

/// The texts of a document with a note among them.
pub(super) fn noted(content: Option<&Content>, note: &Note) -> Value {
    let mut texts = texts(content);
    join(&mut texts["extra"][note.dialect], &note.members);
    texts
}

/// The texts of a document with new items in a list of a dialect's.
pub(super) fn with_items(content: Option<&Content>, note: &ListNote) -> Result<Value, Refusal> {
    let mut texts = texts(content);
    let members = &mut texts["extra"][note.dialect];
    let known = members.get(note.list).and_then(Value::as_array);
    let mut items = known.cloned().unwrap_or_default();
    for new in &note.items {
        match items.iter_mut().find(|known| known.get(note.by) == new.get(note.by)) {
            Some(known) => *known = new.clone(),
            None => items.push(new.clone()),
        }
    }
    let (most, found) = (note.most, items.len());
    if found > most {
        return Err(Refusal::TooMany { most, found });
    }
    join(members, &Map::from_iter([(note.list.to_owned(), Value::Array(items))]));
    Ok(texts)
}

/// Adds a note to the texts of the invoice that the plan changes.
pub(super) fn add_note(plan: &mut Plan, snapshot: &Snapshot, note: &Note, salt: &str) {
    change_texts(plan, snapshot, salt, |texts| {
        join(texts.extra.entry(note.dialect.to_owned()).or_default(), &note.members);
    });
}
