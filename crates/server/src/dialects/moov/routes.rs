//! What a request asks for.
//!
//! Checks stand in one order: the route (403 for one that is not there), the caller (401, 429), the version (400), the account in
//! the path (403), scope and role (403), the body (400, 422), and then the document (404, 409). Deliberately absent: shapes and
//! words.

mod accounts;
mod invoices;
mod links;
mod notices;
mod tokens;

use jiff::tz::TimeZone;
use quittance_accounting::book::BookSettings;
use quittance_books::input::Context;
use quittance_books::view::InvoiceView;
use quittance_books::{Failure, Verb};
use serde::Serialize;

use super::errors::{self, Deed};
use super::manners::{self, Caller, Shape};
use super::mapping::incoming::Ground;
use super::mapping::outgoing;
use super::rules::RULES;
use super::wire::Invoice;
use crate::app::App;
use crate::http::message::Method;
use crate::http::{Request, Response};

/// Answers a request; `Err` is an answer as well, to something that could not go on.
pub async fn answer(app: &App, request: &Request) -> Result<Response, Response> {
    let segments = request.segments();
    if segments.trailing_slash {
        return Err(errors::forbidden());
    }
    match (request.method.clone(), segments.as_strs().as_slice()) {
        (Method::GET, ["ping"]) => ping(app, request).await,
        (Method::POST, ["oauth2", "token"]) => tokens::token(app, request).await,
        (Method::POST, ["oauth2", "revoke"]) => tokens::revoke(app, request).await,
        (Method::POST, ["accounts"]) => accounts::create(app, request).await,
        (Method::GET, ["accounts"]) => accounts::list(app, request).await,
        (Method::GET, ["accounts", account]) => accounts::get(app, request, account).await,
        (method, ["accounts", account, "invoices"]) => match method {
            Method::POST => invoices::create(&write(app, request, account, Verb::WriteDraft).await?).await,
            Method::GET => invoices::list(&read(app, request, account).await?).await,
            _ => Err(errors::forbidden()),
        },
        (method, ["accounts", account, "invoices", id]) => match method {
            Method::GET => invoices::get(&read(app, request, account).await?, id).await,
            // Whoever writes drafts changes them as well; to send or cancel one is refused by the books.
            Method::PATCH => invoices::update(&write(app, request, account, Verb::WriteDraft).await?, id).await,
            Method::DELETE => invoices::delete(&write(app, request, account, Verb::Post).await?, id).await,
            _ => Err(errors::forbidden()),
        },
        (Method::POST, ["accounts", account, "invoices", id, "notifications"]) => {
            notices::notify(&write(app, request, account, Verb::Post).await?, id).await
        }
        (Method::GET, ["accounts", account, "payment-links"]) => {
            links::list(&linked(app, request, account).await?).await
        }
        (Method::GET, ["accounts", account, "payment-links", code]) => {
            links::get(&linked(app, request, account).await?, code).await
        }
        (Method::GET, ["accounts", account, "payment-links", code, "qrcode"]) => {
            // The vendor asks for the scope to write here, though nothing is written.
            let [_, write] = manners::LINKS_SCOPES;
            let call = call(app, request, account, write, Verb::Read).await?;
            links::qr_code(&call, code).await
        }
        (method, ["accounts", account, "invoices", id, "payments"]) => match method {
            Method::GET => invoices::payments(&read(app, request, account).await?, id).await,
            Method::POST => invoices::pay(&write(app, request, account, Verb::Post).await?, id).await,
            _ => Err(errors::forbidden()),
        },
        _ => Err(errors::forbidden()),
    }
}

async fn ping(app: &App, request: &Request) -> Result<Response, Response> {
    let caller = manners::caller(app, request).await?;
    if caller.reaches(manners::PING_SCOPE) {
        Ok(Response::empty(200))
    } else {
        Err(errors::forbidden())
    }
}

/// A call on the caller's own account, once it is known that it may be made.
struct Call<'a> {
    app: &'a App,
    request: &'a Request,
    context: Context,
    settings: BookSettings,
    shape: Shape,
}

impl Call<'_> {
    fn failed(&self, failure: &Failure, deed: Deed) -> Response {
        errors::failure(failure, deed, self.settings.currency)
    }

    /// An invoice in the version that was asked for.
    fn invoice(&self, view: &InvoiceView) -> Invoice {
        outgoing::invoice(view, self.shape, &self.request.origin())
    }

    fn ground(&self) -> Ground {
        Ground {
            currency: self.settings.currency,
            of: "account",
            zone: TimeZone::get(&self.settings.zone).unwrap_or(TimeZone::UTC),
            shape: self.shape,
        }
    }
}

async fn read<'a>(app: &'a App, request: &'a Request, account: &str) -> Result<Call<'a>, Response> {
    let [read, _] = manners::INVOICES_SCOPES;
    call(app, request, account, read, Verb::Read).await
}

/// Payment links are under the scope of transfers.
async fn linked<'a>(app: &'a App, request: &'a Request, account: &str) -> Result<Call<'a>, Response> {
    let [read, _] = manners::LINKS_SCOPES;
    call(app, request, account, read, Verb::Read).await
}

async fn write<'a>(app: &'a App, request: &'a Request, account: &str, verb: Verb) -> Result<Call<'a>, Response> {
    let [_, write] = manners::INVOICES_SCOPES;
    call(app, request, account, write, verb).await
}

async fn call<'a>(
    app: &'a App,
    request: &'a Request,
    account: &str,
    reach: &str,
    verb: Verb,
) -> Result<Call<'a>, Response> {
    let caller = manners::caller(app, request).await?;
    let shape = version(request)?;
    let settings = settings(app, &caller).await?;
    let own = manners::book_id(account) == Some(settings.id);
    if !own || !caller.reaches(&manners::scope_of(account, reach)) || !caller.actor.may(verb) {
        return Err(errors::forbidden());
    }
    Ok(Call {
        app,
        request,
        context: context(caller, request),
        settings,
        shape,
    })
}

fn context(caller: Caller, request: &Request) -> Context {
    Context {
        actor: caller.actor,
        source: RULES.dialect,
        request_id: request.request_id.clone(),
    }
}

fn version(request: &Request) -> Result<Shape, Response> {
    manners::shape(request).map_err(|text| {
        let text: String = text.chars().take(40).collect();
        errors::bad_request(&format!("X-Moov-Version {text:?} is no version such as v2026.07.00."))
    })
}

/// The settings of the caller's book.
async fn settings(app: &App, caller: &Caller) -> Result<BookSettings, Response> {
    match app.books.settings(caller.actor.book).await {
        Ok(Some(settings)) => Ok(settings),
        Ok(None) => Err(errors::forbidden()),
        Err(failure) => Err(errors::failure(
            &failure,
            Deed::Look,
            quittance_accounting::money::Currency::USD,
        )),
    }
}

/// A shape as JSON. The shapes of this dialect always can be written; if one cannot, that is ours and not the client's.
fn shown<T: Serialize>(status: u16, shape: &T) -> Response {
    match serde_json::to_value(shape) {
        Ok(value) => Response::json(status, &value),
        Err(error) => {
            tracing::error!(%error, "a shape cannot be written");
            errors::internal()
        }
    }
}
