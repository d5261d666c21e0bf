//! Ledger accounts: added, changed, retired, and what stands on one.

use std::sync::Arc;

use jiff::civil::Date;
use quittance_accounting::account::LedgerAccount;
use quittance_accounting::identity::{DocumentKind, EntryKey};
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::ledger::AccountChange;
use quittance_books::Failure;
use quittance_books::listing::{AccountQuery, PostingPlace};
use serde_json::Value;

use super::super::errors::{self, Fault};
use super::super::manners::{self, Paging, Place};
use super::super::mapping::{accounts, journal, output};
use super::invoices::known_pairs;
use super::manual::parties;
use super::{Call, ledger, reports};
use crate::http::Response;

/// The account that a path names, by its id or its stable name; what was retired is not there.
fn named<'a>(call: &'a Call<'_>, id: &str) -> Result<&'a LedgerAccount, Fault> {
    let key = manners::account_of_uuid(call.book(), id);
    let mut active = call.book.accounts.iter().filter(|account| account.active);
    let found = active.find(|account| key == Some(account.key) || account.stable_name == id);
    found.ok_or_else(|| errors::missing(DocumentKind::Account))
}

fn shown(call: &Call<'_>, status: u16, account: &LedgerAccount) -> Response {
    let mut shown = output::value(&output::account(call.book(), account));
    shown["type"] = Value::from("Single_Chart_Account");
    manners::enveloped(status, shown)
}

/// Adds an account: 201. One that has its stable name, its name and its kind is answered: 200.
pub async fn add(call: &Call<'_>) -> Result<Response, Fault> {
    let body = call.body()?;
    let mut book = Arc::clone(&call.book);
    let mut tries = call.app.books.tries(call.key());
    while tries.another().await {
        if tries.is_anew() {
            book = call.book_now().await?;
        }
        let new = accounts::read(&book, &body, None)?;
        let same = |known: &&LedgerAccount| {
            known.active
                && new.stable_name.as_ref() == Some(&known.stable_name)
                && (known.kind, &known.name) == (new.kind, &new.name)
        };
        if let Some(known) = book.accounts.iter().find(same) {
            return Ok(shown(call, 200, known));
        }
        match call.app.books.add_account(&call.context(), new).await {
            Ok(added) => return Ok(shown(call, 201, &added)),
            Err(failure) if failure.is_taken_since(&book) => {}
            Err(failure) => return Err(errors::fault(&failure)),
        }
    }
    Err(errors::fault(&Failure::Unavailable))
}

async fn write(call: &Call<'_>, account: &LedgerAccount, change: AccountChange) -> Result<Response, Fault> {
    let choice = AccountChoice::Key(account.key);
    let changed = call.app.books.change_account(&call.context(), choice, change).await;
    Ok(shown(call, 200, &changed.map_err(|failure| errors::fault(&failure))?))
}

/// Renames or renumbers an account.
pub async fn change(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let known = named(call, id)?;
    let new = accounts::read(&call.book, &call.body()?, Some(known))?;
    // A number that is not changed is whatever it is by now.
    let change = AccountChange {
        code: Some(new.code).filter(|code| *code != known.code),
        name: Some(new.name),
        active: None,
    };
    write(call, known, change).await
}

/// Retires an account to which nothing was posted, and answers it as it was.
pub async fn retire(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let change = AccountChange {
        active: Some(false),
        ..AccountChange::default()
    };
    write(call, named(call, id)?, change).await
}

/// What the list of lines reads of a query.
const QUERY: [&str; 7] = [
    "sort_by",
    "sort_order",
    "cursor",
    "limit",
    "show_total_count",
    "start_date",
    "end_date",
];

fn posting_place(place: &Place) -> Option<PostingPlace> {
    let (date, line) = place.value.as_ref()?.split_once(' ')?;
    Some(PostingPlace {
        date: date.parse::<Date>().ok()?,
        entry: EntryKey(place.key),
        place: line.parse().ok()?,
    })
}

/// A page of what stands on an account, in order of day.
pub async fn lines(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let account = named(call, id)?.key;
    let pairs = known_pairs(call, &QUERY)?;
    let paging = Paging::of(&pairs, &["entry_at"])?;
    let after = match &paging.after {
        None => None,
        Some(place) => Some(posting_place(place).ok_or_else(errors::bad_cursor)?),
    };
    let query = AccountQuery {
        account,
        date: (
            reports::day(call, &pairs, "start_date")?,
            reports::day(call, &pairs, "end_date")?,
        ),
        descending: paging.descending,
        after,
        offset: 0,
        limit: paging.limit + 1,
    };
    let found = call.app.books.postings_of(call.key(), &query).await;
    let found = found.map_err(|failure| errors::fault(&failure))?;
    let mut found = found.ok_or_else(|| errors::missing(DocumentKind::Account))?;
    let next = paging.cut(&mut found, |row| Place {
        key: row.posting.entry.0,
        value: Some(format!("{} {}", row.posting.date, row.posting.place)),
    });
    // Read after the postings: every account beside which they stand is in it.
    let book = call.book_now().await?;
    let mut data = Vec::with_capacity(found.len());
    for row in &found {
        // It may have been withdrawn since the page was read.
        let Some(entry) = ledger::entry_if_there(call, row.posting.entry).await? else {
            continue;
        };
        let parties = parties(call, [&entry]).await?;
        let mut whole = journal::entry(&book, &entry, &parties);
        let at = usize::try_from(row.posting.place - 1).unwrap_or(usize::MAX);
        let mut line = whole["line_items"].get_mut(at).map(Value::take).unwrap_or_default();
        line["entry_number"] = whole["entry_number"].take();
        line["entry_type"] = whole["entry_type"].take();
        line["source"] = whole["source"].take();
        data.push(line);
    }
    Ok(manners::page(data, &paging, next, None))
}
