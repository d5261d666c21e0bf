//! Accounts that can be billed: the customers of the book. As much of them as a client needs to name one on an invoice.

use quittance_accounting::snapshot::Named;
use quittance_books::Verb;

use super::{context, settings, shown};
use crate::app::App;
use crate::dialects::moov::errors::{self, Deed};
use crate::dialects::moov::manners::{self, DEFAULT_COUNT, MOST_COUNT, book_id, document_id};
use crate::dialects::moov::mapping::reading::{Fault, Fields};
use crate::dialects::moov::mapping::{incoming, outgoing};
use crate::http::{Request, Response};

/// Creates an account.
pub async fn create(app: &App, request: &Request) -> Result<Response, Response> {
    let caller = manners::caller(app, request).await?;
    super::version(request)?;
    let [_, write] = manners::ACCOUNTS_SCOPES;
    if !caller.reaches(write) || !caller.actor.may(Verb::WriteDraft) {
        return Err(errors::forbidden());
    }
    let currency = settings(app, &caller).await?.currency;
    let body = request.json().map_err(|error| errors::bad_body(&error))?;
    let input = Fields::of(body.as_ref())
        .and_then(|body| incoming::new_account(&body))
        .map_err(|why| errors::unreadable(&why))?;
    match app.books.add_customer(&context(caller, request), input).await {
        Ok(view) => Ok(shown(200, &outgoing::account(&view))),
        Err(failure) => Err(errors::failure(&failure, Deed::CreateAccount, currency)),
    }
}

/// The accounts, oldest first.
pub async fn list(app: &App, request: &Request) -> Result<Response, Response> {
    let caller = manners::caller(app, request).await?;
    super::version(request)?;
    let [read, _] = manners::ACCOUNTS_SCOPES;
    if !caller.reaches(read) {
        return Err(errors::forbidden());
    }
    let number = |name: &str, default: i64, most: i64| match request.query_value(name).as_deref() {
        None | Some("") => Ok(default),
        Some(text) => match text.parse::<i64>() {
            Ok(n) if (0..=most).contains(&n) => Ok(n),
            _ => {
                let message = format!("must be a whole number from 0 to {most}");
                Err(errors::invalid(&[Fault::at(&[name], &message)]))
            }
        },
    };
    let (skip, count) = (
        number("skip", 0, i64::MAX)?,
        number("count", DEFAULT_COUNT, MOST_COUNT)?,
    );
    let currency = settings(app, &caller).await?.currency;
    match app.books.customers(caller.actor.book, skip, count).await {
        Ok(views) => Ok(shown(200, &views.iter().map(outgoing::account).collect::<Vec<_>>())),
        Err(failure) => Err(errors::failure(&failure, Deed::Look, currency)),
    }
}

/// One account: one that can be billed, or the merchant's own.
pub async fn get(app: &App, request: &Request, account: &str) -> Result<Response, Response> {
    let caller = manners::caller(app, request).await?;
    super::version(request)?;
    if !caller.reaches(&manners::scope_of(account, manners::PROFILE_SCOPE)) {
        return Err(errors::forbidden());
    }
    let settings = settings(app, &caller).await?;
    if book_id(account) == Some(settings.id) {
        return Ok(shown(200, &outgoing::merchant(&settings)));
    }
    let id = document_id(account).ok_or_else(errors::not_found)?;
    let currency = settings.currency;
    match app.books.customer(caller.actor.book, &Named::Id(id)).await {
        Ok(Some(view)) => Ok(shown(200, &outgoing::account(&view))),
        Ok(None) => Err(errors::not_found()),
        Err(failure) => Err(errors::failure(&failure, Deed::Look, currency)),
    }
}
