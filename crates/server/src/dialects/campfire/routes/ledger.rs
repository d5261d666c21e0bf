//! Ledger accounts and journal entries.

use std::collections::BTreeMap;

use quittance_accounting::account::LedgerAccount;
use quittance_accounting::identity::DocumentKind;
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::resource::Replaces;
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;
use quittance_books::input::ReversalInput;
use quittance_books::listing::{MOST_PER_PAGE, ResourceQuery};
use quittance_books::resources::{ResourceInput, ResourceView, is_race};
use quittance_books::together::Step;
use quittance_books::view::{BookView, EntryView};
use serde_json::Value;

use super::super::errors::{self, Problem};
use super::super::manners::{self, Paging};
use super::super::mapping::{day_in, ledger, showing};
use super::super::rules::RULES;
use super::{Call, Id};
use crate::http::Response;

/// The kind of resource that holds what only this dialect knows of accounts, each under the account's stable name.
const WORDS: &str = "campfire.account";

/// What only this dialect knows of accounts, by stable name.
async fn words(call: &Call<'_>) -> Result<BTreeMap<String, ResourceView>, Problem> {
    let query = ResourceQuery {
        kind: WORDS.to_owned(),
        belongs_to: None,
        descending: false,
        after: None,
        limit: MOST_PER_PAGE,
    };
    let found = call.app.books.resources(call.key(), &query).await;
    let found = found.map_err(|failure| call.failed(failure))?;
    let prefix = format!("{WORDS}:");
    let named = |view: ResourceView| {
        let name = view.resource.name.strip_prefix(&prefix)?.to_owned();
        Some((name, view))
    };
    Ok(found.into_iter().filter_map(named).collect())
}

fn remembered(account: &LedgerAccount, body: Value, known: Option<&ResourceView>) -> Step {
    Step::PutResource(Box::new(ResourceInput {
        kind: WORDS,
        word: account.stable_name.clone(),
        belongs_to: None,
        body,
        replaces: known.map_or(Replaces::Nothing, |known| Replaces::AsRead(known.resource.content)),
    }))
}

/// The account with this integer.
fn account(call: &Call<'_>, book: &BookView, id: Id) -> Result<LedgerAccount, Problem> {
    let kind = DocumentKind::Account;
    let number = call.number(id, kind)?;
    let found = book.accounts.iter().find(|account| account.key.0 == number);
    found.cloned().ok_or_else(|| errors::absent(kind))
}

pub(super) async fn list_accounts(call: &Call<'_>) -> Result<Response, Problem> {
    let (book, paging) = (call.book().await?, Paging::of(call.request));
    let words = words(call).await?;
    let row = |account: &LedgerAccount| {
        let body = words.get(&account.stable_name).map(|view| &view.body);
        showing::account(account, body, book.key)
    };
    let start = usize::try_from(paging.offset).unwrap_or(usize::MAX);
    let most = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    let rows = book.accounts.iter().skip(start).take(most).map(row).collect();
    let count = i64::try_from(book.accounts.len()).unwrap_or(i64::MAX);
    Ok(manners::json(200, &paging.page(call.request, count, rows)))
}

pub(super) async fn read_account(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let (book, words) = (call.book().await?, words(call).await?);
    let account = account(call, &book, id)?;
    let body = words.get(&account.stable_name).map(|view| &view.body);
    Ok(manners::json(200, &showing::account(&account, body, call.key())))
}

pub(super) async fn create_account(call: &Call<'_>) -> Result<Response, Problem> {
    let mut tries = call.app.books.tries(call.key());
    while tries.another().await {
        let book = call.book().await?;
        let (new, body) = call.read(|members| ledger::new_account(members, &book))?;
        let word = new.stable_name.clone().unwrap_or_else(|| new.code.clone());
        let remembered = Step::PutResource(Box::new(ResourceInput {
            kind: WORDS,
            word,
            belongs_to: None,
            body: body.clone(),
            replaces: Replaces::Anything,
        }));
        let steps = vec![Step::AddAccount(new), remembered];
        match write(call, steps, Some(&body), 201).await? {
            Ok(response) => return Ok(response),
            Err(failure) if failure.is_taken_since(&book) => {}
            Err(failure) => return Err(call.failed(failure)),
        }
    }
    Err(call.failed(Failure::Unavailable))
}

/// Carries out what makes or changes an account, and shows what the commit left of it.
async fn write(
    call: &Call<'_>,
    steps: Vec<Step>,
    words: Option<&Value>,
    status: u16,
) -> Result<Result<Response, Failure>, Problem> {
    match call.app.books.all_or_none(&call.context(), &RULES, steps).await {
        Ok(done) => {
            let account = done.account().ok_or(Problem::Broken)?;
            let shown = showing::account(&account, words, call.key());
            Ok(Ok(manners::json(status, &shown)))
        }
        Err((_, failure)) => Ok(Err(failure)),
    }
}

pub(super) async fn change_account(call: &Call<'_>, id: Id, whole: bool) -> Result<Response, Problem> {
    let mut tries = call.app.books.tries(call.key());
    while tries.another().await {
        let (book, words) = (call.book().await?, words(call).await?);
        let account = account(call, &book, id)?;
        let known = words.get(&account.stable_name);
        let body = known.map(|view| &view.body);
        let (change, more) = call.read(|members| ledger::account_change(members, &account, body, whole))?;
        let choice = AccountChoice::Key(account.key);
        let first = Step::ChangeAccount(choice, change);
        let then = more.clone().map(|body| remembered(&account, body, known));
        let steps = std::iter::once(first).chain(then).collect();
        match write(call, steps, more.as_ref().or(body), 200).await? {
            Ok(response) => return Ok(response),
            Err(failure) if is_race(&failure) => {}
            Err(failure) => return Err(call.failed(failure)),
        }
    }
    Err(call.failed(Failure::Unavailable))
}

pub(super) async fn list_entries(call: &Call<'_>) -> Result<Response, Problem> {
    let (book, paging) = (call.book().await?, Paging::of(call.request));
    let today = day_in(&book.settings.zone, call.app.now());
    let asked = ledger::entries(call.request, &book, paging, today);
    let (rows, count) = match asked.map_err(|errors| Problem::Said(400, errors))? {
        None => (Vec::new(), 0),
        Some(query) => {
            let books = &call.app.books;
            let found = books.entries(call.key(), &query).await;
            let found = found.map_err(|failure| call.failed(failure))?;
            let count = books.count_entries(call.key(), &query).await;
            // Read after the entries: every account that they post to is in it.
            let book = call.book().await?;
            let rows = found.iter().map(|view| ledger::entry(view, &book)).collect();
            (rows, count.map_err(|failure| call.failed(failure))?)
        }
    };
    Ok(manners::json(200, &paging.page(call.request, count, rows)))
}

async fn entry(call: &Call<'_>, named: &Named) -> Result<EntryView, Problem> {
    let found = call.app.books.entry(call.key(), named).await;
    let found = found.map_err(|failure| call.failed(failure))?;
    found.ok_or_else(|| errors::absent(DocumentKind::ManualEntry))
}

pub(super) async fn read_entry(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let named = Named::Key(call.number(id, DocumentKind::ManualEntry)?);
    let view = entry(call, &named).await?;
    let book = call.book().await?;
    Ok(manners::json(200, &ledger::entry(&view, &book)))
}

/// Records an entry, and its reversal if it names a day for one, in one commit.
pub(super) async fn create_entry(call: &Call<'_>) -> Result<Response, Problem> {
    let book = call.book().await?;
    let (input, reversal) = call.read(|members| ledger::new_entry(members, &book))?;
    let books = &call.app.books;
    let reversed = |date| ReversalInput {
        date: Some(date),
        ..ReversalInput::default()
    };
    let key = call.idempotency_key()?;
    let id = books.new_document_id();
    let first = Step::RecordEntry(id, Box::new(input));
    let then = reversal.map(|date| Step::ReverseEntry(Named::Id(id), Box::new(reversed(date))));
    let steps = std::iter::once(first).chain(then).collect();
    let done = books.all_or_none_once(&call.context(), &RULES, steps, key).await;
    let done = done.map_err(|(_, failure)| call.failed(failure))?;
    let made = done.entry_at(0).ok_or(Problem::Broken)?;
    let view = match done.entry_at(1) {
        Some(undone) => reversed_by(made, &undone),
        None => made,
    };
    Ok(manners::json(201, &ledger::entry(&view, &book)))
}

/// An entry after it was reversed: nothing else of it changes by that.
fn reversed_by(mut view: EntryView, reversal: &EntryView) -> EntryView {
    if let Some(manual) = &mut view.manual {
        manual.reversed_by = Some(reversal.entry.entry().key);
    }
    view
}

/// A body is passed over.
pub(super) async fn delete_entry(call: &Call<'_>, id: Id) -> Result<Response, Problem> {
    let named = Named::Key(call.number(id, DocumentKind::ManualEntry)?);
    let gone = call.app.books.delete_entry(&call.context(), named).await;
    gone.map_err(|failure| call.failed(failure))?;
    Ok(Response::empty(204))
}
