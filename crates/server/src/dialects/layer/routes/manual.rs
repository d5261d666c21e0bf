//! Custom journal entries: recorded, listed, read and taken back; and the reversal of any ledger entry.
//!
//! Taking back is a visible reversal on the entry's own day. An entry of a document is undone with its document and not on its own;
//! one whose document was voided has its reversal already.

use quittance_accounting::identity::{DocumentKind, EntryKey};
use quittance_accounting::refusal::{LedgerRefusal, Refusal};
use quittance_accounting::snapshot::Named;
use quittance_books::journal::{JournalView, ManualView};
use quittance_books::view::{BookView, CustomerView, EntryView};
use quittance_books::{Failure, Verb};
use serde_json::Value;

use super::super::errors::{self, Fault};
use super::super::manners::{self, Paging, Place};
use super::super::mapping::manual::{NewEntry, Parties, Party};
use super::super::mapping::{journal, manual};
use super::invoices::{known_pairs, took_external_id, value};
use super::{Call, of_method};
use crate::http::Response;

/// What can be asked of entries by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation<'a> {
    Create,
    List,
    Fetch(&'a str),
    TakeBack(&'a str),
}

/// What stands at a path under the business.
pub fn find<'a>(method: &str, rest: &[&'a str]) -> Result<Option<Operation<'a>>, Fault> {
    use Operation as O;
    let there = match *rest {
        ["ledger", "journal-entries"] => of_method(method, &[("POST", O::Create)]),
        ["custom-journal-entries"] => of_method(method, &[("GET", O::List), ("POST", O::Create)]),
        ["custom-journal-entries", id] => of_method(method, &[("GET", O::Fetch(id)), ("DELETE", O::TakeBack(id))]),
        _ => return Ok(None),
    };
    there.map(Some)
}

impl Operation<'_> {
    /// What it does, as far as the token's role is concerned.
    pub fn verb(self) -> Verb {
        match self {
            Operation::List | Operation::Fetch(_) => Verb::Read,
            Operation::Create | Operation::TakeBack(_) => Verb::Post,
        }
    }

    /// Answers it.
    pub async fn answer(self, call: &Call<'_>) -> Result<Response, Fault> {
        match self {
            Operation::Create => create(call).await,
            Operation::List => list(call).await,
            Operation::Fetch(id) => {
                let view = entry_named(call, id).await?;
                shown(call, 200, &view).await
            }
            Operation::TakeBack(id) => take_back(call, id).await,
        }
    }
}

/// Whom entries name, read once each.
pub async fn parties<'v>(call: &Call<'_>, views: impl IntoIterator<Item = &'v JournalView>) -> Result<Parties, Fault> {
    let mut known = Parties::new();
    for id in manual::named_in(views) {
        let found = call.app.books.customer(call.key(), &Named::Id(id)).await;
        let found = found.map_err(|failure| errors::fault(&failure))?;
        known.extend(found.map(|view| (id, view)));
    }
    Ok(known)
}

async fn shown(call: &Call<'_>, status: u16, view: &ManualView) -> Result<Response, Fault> {
    let parties = parties(call, [&view.entry]).await?;
    let book = call.book_now().await?;
    answered(&book, status, view, &parties)
}

fn answered(book: &BookView, status: u16, view: &ManualView, parties: &Parties) -> Result<Response, Fault> {
    let shown = manual::shown(book, view, parties).ok_or_else(errors::no_entry)?;
    Ok(manners::enveloped(status, shown))
}

async fn look_up(call: &Call<'_>, named: &Named) -> Result<Option<ManualView>, Fault> {
    let found = call.app.books.manual_entry(call.key(), named).await;
    found.map_err(|failure| errors::fault(&failure))
}

/// The custom journal entry that an id in the path names; what reverses one is none of its own.
async fn entry_named(call: &Call<'_>, id: &str) -> Result<ManualView, Fault> {
    let id = manners::read_id(id, "customJournalEntryId")?.ok_or_else(errors::no_entry)?;
    let found = look_up(call, &Named::Id(id)).await?;
    let by_hand = |view: &ManualView| {
        let manual = view.entry.manual.as_ref();
        manual.is_some_and(|manual| manual.reverses.is_none())
    };
    found.filter(by_hand).ok_or_else(errors::no_entry)
}

async fn customer_of(call: &Call<'_>, party: &Party) -> Result<CustomerView, Fault> {
    let find = async |named: Named| {
        let found = call.app.books.customer(call.key(), &named).await;
        let found = found.map_err(|failure| errors::fault(&failure))?;
        let unknown = || errors::unknown_reference(&party.place, DocumentKind::Customer);
        found.ok_or_else(unknown)
    };
    let by_id = match party.customer.id {
        Some(id) => Some(find(Named::Id(id)).await?),
        None => None,
    };
    let by_external = match &party.customer.external_id {
        Some(external_id) => Some(find(Named::External(external_id.clone())).await?),
        None => None,
    };
    match (by_id, by_external) {
        (Some(one), Some(other)) if one.customer.key != other.customer.key => Err(manual::disagreement(&party.place)),
        (Some(found), _) | (None, Some(found)) => Ok(found),
        (None, None) => Err(errors::unknown_reference(&party.place, DocumentKind::Customer)),
    }
}

/// Records an entry: 201. The same external id again answers the entry as it is: 200.
async fn create(call: &Call<'_>) -> Result<Response, Fault> {
    let body = call.body()?;
    let mut new = manual::entry(&call.book, &body, &call.zone)?;
    if let Some(replay) = replayed(call, &new).await? {
        return Ok(replay);
    }
    let mut parties = Parties::new();
    for party in new.parties.clone() {
        let customer = customer_of(call, &party).await?;
        new.name(party.line, customer.customer.id);
        parties.insert(customer.customer.id, customer);
    }
    let recorded = call
        .app
        .books
        .record_entry(&call.context(), new.input.clone(), None)
        .await;
    match recorded {
        Ok(entry) => {
            let (entry, reversal) = (entry.into(), None);
            answered(call.book(), 201, &ManualView { entry, reversal }, &parties)
        }
        Err(failure) => {
            if took_external_id(&failure, DocumentKind::ManualEntry)
                && let Some(replay) = replayed(call, &new).await?
            {
                return Ok(replay);
            }
            Err(errors::fault(&failure))
        }
    }
}

async fn replayed(call: &Call<'_>, new: &NewEntry) -> Result<Option<Response>, Fault> {
    let Some(external_id) = &new.input.external_id else {
        return Ok(None);
    };
    match look_up(call, &Named::External(external_id.clone())).await? {
        None => Ok(None),
        Some(view) if manual::is_same(&new.input, &view.entry, call.book()) => shown(call, 200, &view).await.map(Some),
        Some(_) => Err(errors::external_id_conflict(DocumentKind::ManualEntry)),
    }
}

/// What the list reads of a query.
const QUERY: [&str; 6] = [
    "sort_by",
    "sort_order",
    "cursor",
    "limit",
    "show_total_count",
    "external_id",
];

/// A page of custom journal entries, in order of recording.
async fn list(call: &Call<'_>) -> Result<Response, Fault> {
    let pairs = known_pairs(call, &QUERY)?;
    let paging = Paging::of(&pairs, &["created_at"])?;
    let mut found = match value(&pairs, "external_id") {
        Some(external_id) => {
            let found = look_up(call, &Named::External(external_id.to_owned())).await?;
            found.into_iter().collect()
        }
        None => {
            let after = paging.after_key().map(EntryKey);
            let found = call
                .app
                .books
                .manual_entries(call.key(), paging.descending, after, paging.limit + 1)
                .await;
            found.map_err(|failure| errors::fault(&failure))?
        }
    };
    let next = paging.cut(&mut found, |view| Place::of_key(view.entry.line.entry.key.0));
    let parties = parties(call, found.iter().map(|view| &view.entry)).await?;
    let book = call.book_now().await?;
    let data: Vec<Value> = found
        .iter()
        .filter_map(|view| manual::shown(&book, view, &parties))
        .collect();
    Ok(manners::page(data, &paging, next, None))
}

/// Whether a command was refused because the entry was reversed meanwhile.
fn was_reversed(failure: &Failure) -> bool {
    match failure {
        Failure::Refused(reasons) => reasons
            .iter()
            .any(|reason| matches!(reason, Refusal::Ledger(LedgerRefusal::AlreadyReversed { .. }))),
        Failure::Forbidden(_)
        | Failure::ContentTooLong { .. }
        | Failure::Unavailable
        | Failure::Store(_)
        | Failure::Flawed(_) => false,
    }
}

/// Reverses an entry unless it was reversed: the reversal, if it was done now.
async fn reversed(call: &Call<'_>, view: &JournalView) -> Result<Option<EntryView>, Fault> {
    let named = Named::Key(view.line.entry.key.0);
    let input = manual::reversal(view);
    match call.app.books.reverse_entry(&call.context(), named, input).await {
        Ok(reversal) => Ok(Some(reversal)),
        Err(failure) if was_reversed(&failure) => Ok(None),
        Err(failure) => Err(errors::fault(&failure)),
    }
}

/// Reverses a custom journal entry and answers it, with the instant of that. Twice changes nothing.
async fn take_back(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let view = entry_named(call, id).await?;
    if view.reversal.is_some() {
        return shown(call, 200, &view).await;
    }
    let parties = parties(call, [&view.entry]).await?;
    match reversed(call, &view.entry).await? {
        Some(reversal) => answered(call.book(), 200, &view.reversed_by(&reversal), &parties),
        None => shown(call, 200, &entry_named(call, id).await?).await,
    }
}

/// The reversal of an entry: 201 when it is made now, 200 when it was there.
pub async fn reverse(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let view = super::ledger::entry(call, id).await?;
    let by = match journal::reversed_by(&view) {
        Some(by) => by,
        None => {
            // The reversal names whom the entry names.
            let parties = parties(call, [&view]).await?;
            if let Some(reversal) = reversed(call, &view).await? {
                let shown = journal::entry(call.book(), &reversal.into(), &parties);
                return Ok(manners::enveloped(201, shown));
            }
            let after = super::ledger::entry(call, id).await?;
            journal::reversed_by(&after).ok_or_else(errors::no_entry)?
        }
    };
    let reversal = super::ledger::entry_numbered(call, by).await?;
    let parties = parties(call, [&reversal]).await?;
    let book = call.book_now().await?;
    Ok(manners::enveloped(200, journal::entry(&book, &reversal, &parties)))
}
