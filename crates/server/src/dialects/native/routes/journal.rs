//! The chart of accounts, journal entries, and what stands on an account.

use jiff::civil::Date;
use quittance_accounting::account::LedgerAccount;
use quittance_accounting::identity::{DocumentId, DocumentKind};
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::journal::EntryKind;
use quittance_accounting::snapshot::Named;
use quittance_books::listing::{AccountQuery, EntryQuery};
use serde_json::json;

use super::ledger::absent;
use super::parties::{PAGED, refuse_other_currency};
use super::{Call, Ended, Stopped, failed, page_of};
use crate::dialects::native::errors::Fault;
use crate::dialects::native::manners::{idempotency_key, known_query, page};
use crate::dialects::native::mapping::journal;
use crate::dialects::native::wire::members::read_day;
use crate::http::Response;

/// The chart of accounts.
pub async fn accounts(call: &Call<'_>) -> Ended {
    known_query(call.request, &[])?;
    let book = call.book().await?;
    let data: Vec<_> = book.accounts.iter().map(journal::account).collect();
    Ok(Response::json(200, &json!({"data": data})))
}

/// Adds a ledger account.
pub async fn add_account(call: &Call<'_>) -> Ended {
    let new = journal::new_account(&call.body()?)?;
    let added = call.app.books.add_account(&call.context(), new).await.map_err(failed)?;
    Ok(Response::json(201, &journal::account(&added)))
}

async fn account_named(call: &Call<'_>, name: &str) -> Result<LedgerAccount, Stopped> {
    let book = call.book().await?;
    let found = book.accounts.iter().find(|account| account.stable_name == name);
    found.cloned().ok_or_else(|| absent(DocumentKind::Account))
}

/// One ledger account.
pub async fn account(call: &Call<'_>, name: &str) -> Ended {
    known_query(call.request, &[])?;
    Ok(Response::json(
        200,
        &journal::account(&account_named(call, name).await?),
    ))
}

/// Renames, renumbers, retires or brings back a ledger account.
pub async fn change_account(call: &Call<'_>, name: &str) -> Ended {
    let change = journal::account_change(&call.body()?)?;
    let account = AccountChoice::StableName(name.to_owned());
    let changed = call.app.books.change_account(&call.context(), account, change).await;
    Ok(Response::json(200, &journal::account(&changed.map_err(failed)?)))
}

/// The days that a list lies between.
fn dates(call: &Call<'_>) -> Result<(Option<Date>, Option<Date>), Fault> {
    let read = |name: &str| match call.request.query_value(name) {
        None => Ok(None),
        Some(text) => read_day(&text)
            .map(Some)
            .map_err(|problem| Fault::invalid(name, &problem)),
    };
    Ok((read("from")?, read("to")?))
}

fn descending(call: &Call<'_>) -> Result<bool, Fault> {
    match call.request.query_value("order").as_deref() {
        None | Some("ascending") => Ok(false),
        Some("descending") => Ok(true),
        Some(_) => Err(Fault::invalid("order", "must be ascending or descending")),
    }
}

/// The postings of an account, in order of date.
pub async fn postings(call: &Call<'_>, name: &str) -> Ended {
    known_query(call.request, &[&PAGED[..], &["from", "to", "order"]].concat())?;
    let page = page(call.request)?;
    let account = account_named(call, name).await?;
    let query = AccountQuery {
        account: account.key,
        date: dates(call)?,
        descending: descending(call)?,
        after: None,
        offset: page.offset,
        limit: page.limit + 1,
    };
    let found = call
        .app
        .books
        .postings_of(call.actor.book, &query)
        .await
        .map_err(failed)?;
    let found = found.ok_or_else(|| absent(DocumentKind::Account))?;
    let currency = call.book().await?.settings.currency;
    let shown = page_of(found, page, |row| journal::account_posting(row, currency));
    Ok(Response::json(200, &shown))
}

/// Journal entries in order of number.
pub async fn entries(call: &Call<'_>) -> Ended {
    known_query(call.request, &[&PAGED[..], &["from", "to", "order", "kind"]].concat())?;
    let page = page(call.request)?;
    let kinds = match call.request.query_value("kind") {
        None => None,
        Some(text) => match EntryKind::ALL.iter().find(|(_, word)| *word == text) {
            Some((kind, _)) => Some(vec![*kind]),
            None => {
                let words: Vec<&str> = EntryKind::ALL.iter().map(|(_, word)| *word).collect();
                return Err(Fault::invalid("kind", &format!("must be one of {}", words.join(", "))).into());
            }
        },
    };
    let query = EntryQuery {
        kinds,
        date: dates(call)?,
        by_date: false,
        descending: descending(call)?,
        after: None,
        offset: page.offset,
        limit: page.limit + 1,
        ..EntryQuery::default()
    };
    let found = call.app.books.entries(call.actor.book, &query).await.map_err(failed)?;
    let book = call.book().await?;
    let shown = page_of(found, page, |view| journal::entry(view, &book));
    Ok(Response::json(200, &shown))
}

/// Records an entry by hand.
pub async fn record(call: &Call<'_>) -> Ended {
    let (input, money) = journal::new_entry(&call.body()?)?;
    let key = idempotency_key(call.request)?;
    let book = call.book().await?;
    refuse_other_currency(book.settings.currency, money.or(book.settings.currency))?;
    let view = call
        .app
        .books
        .record_entry(&call.context(), input, key)
        .await
        .map_err(failed)?;
    Ok(Response::json(201, &journal::entry(&view, &book)))
}

/// How a path names an entry: by its number, or a manual one by its id.
fn entry_named(text: &str) -> Result<Named, Fault> {
    let number = || text.parse().ok().filter(|number| *number > 0);
    let id = DocumentId::from_hex(text).map(Named::Id);
    id.or_else(|| number().map(Named::Key)).ok_or_else(|| {
        let shown: String = text.chars().take(60).collect();
        Fault::new(
            400,
            "malformed_id",
            "An entry is named by its number or by 24 hex digits.",
        )
        .fact("id", shown)
    })
}

/// One entry.
pub async fn entry(call: &Call<'_>, id: &str) -> Ended {
    known_query(call.request, &[])?;
    let named = entry_named(id)?;
    let found = call.app.books.entry(call.actor.book, &named).await.map_err(failed)?;
    let view = found.ok_or_else(|| absent(DocumentKind::ManualEntry))?;
    Ok(Response::json(200, &journal::entry(&view, &*call.book().await?)))
}

/// Reverses a manual entry.
pub async fn reverse(call: &Call<'_>, id: &str) -> Ended {
    let named = entry_named(id)?;
    let input = journal::reversal(&call.body_or_empty()?)?;
    let view = call
        .app
        .books
        .reverse_entry(&call.context(), named, input)
        .await
        .map_err(failed)?;
    Ok(Response::json(201, &journal::entry(&view, &*call.book().await?)))
}

/// Deletes a manual entry that was made by mistake.
pub async fn delete(call: &Call<'_>, id: &str) -> Ended {
    let named = entry_named(id)?;
    call.app
        .books
        .delete_entry(&call.context(), named)
        .await
        .map_err(failed)?;
    Ok(Response::empty(204))
}
