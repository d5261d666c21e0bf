//! What a request asks for, and in which order it is checked.
//!
//! The order is the same for every operation: token (401), call limit (429), path (404, 405), business (404), scope and role (403), the
//! document named in the path (404), then what the operation itself forbids. Each area has a file that names its operations, finds
//! them by path and method, and answers them.

use std::sync::Arc;

use jiff::tz::TimeZone;
use quittance_accounting::identity::{BookKey, DocumentKind};
use quittance_accounting::snapshot::Named;
use quittance_books::input::Context;
use quittance_books::view::{BookView, InvoiceView};
use quittance_books::{Actor, Verb};
use serde_json::Value;

use super::errors::{self, Fault};
use super::manners::{self, Envelope, NAME};
use super::mapping::fields::has_nul;
use crate::app::App;
use crate::http::{Request, Response};

mod accounts;
mod business;
mod customers;
mod invoices;
mod ledger;
mod manual;
mod payments;
mod refunds;
mod reports;
mod settling;
mod tags;

pub use business::asks_for_token;

/// An operation, with the ids in its path as they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation<'a> {
    Business(business::Operation),
    Invoices(invoices::Operation<'a>),
    Settling(settling::Operation<'a>),
    Customers(customers::Operation<'a>),
    Ledger(ledger::Operation<'a>),
    Manual(manual::Operation<'a>),
    Reports(reports::Operation),
    Tags(tags::Operation<'a>),
}

impl Operation<'_> {
    /// What it does, as far as the token's role is concerned.
    fn verb(self) -> Verb {
        match self {
            Operation::Business(operation) => operation.verb(),
            Operation::Invoices(operation) => operation.verb(),
            Operation::Settling(operation) => operation.verb(),
            Operation::Customers(operation) => operation.verb(),
            Operation::Ledger(operation) => operation.verb(),
            Operation::Manual(operation) => operation.verb(),
            Operation::Reports(_) => Verb::Read,
            Operation::Tags(operation) => operation.verb(),
        }
    }

    async fn answer(self, call: &Call<'_>) -> Result<Response, Fault> {
        match self {
            Operation::Business(operation) => operation.answer(call).await,
            Operation::Invoices(operation) => operation.answer(call).await,
            Operation::Settling(operation) => operation.answer(call).await,
            Operation::Customers(operation) => operation.answer(call).await,
            Operation::Ledger(operation) => operation.answer(call).await,
            Operation::Manual(operation) => operation.answer(call).await,
            Operation::Reports(operation) => operation.answer(call).await,
            Operation::Tags(operation) => operation.answer(call).await,
        }
    }
}

/// The operation of this method among those that stand at one path.
fn of_method<T: Copy>(method: &str, there: &[(&str, T)]) -> Result<T, Fault> {
    let found = there.iter().find(|(known, _)| *known == method);
    found.map(|(_, operation)| *operation).ok_or_else(|| {
        let allowed: Vec<&str> = there.iter().map(|(known, _)| *known).collect();
        errors::wrong_method(allowed.join(", "))
    })
}

/// What stands at a path: the business, and the operations by method. Words come before ids.
fn find<'a>(method: &str, segments: &[&'a str], slash: bool) -> Result<(&'a str, Operation<'a>), Fault> {
    let ["v1", "businesses", business, rest @ ..] = segments else {
        return Err(errors::no_route());
    };
    // The paths that the vendor's own client or page ends in a slash; elsewhere a slash is another path.
    if slash && !matches!(rest, ["invoices", _, "payment"] | ["custom-journal-entries"]) {
        return Err(errors::no_route());
    }
    let found = match rest {
        [] | ["auth-token" | "accounting-config", ..] => business::find(method, rest)?.map(Operation::Business),
        ["invoices", "summary-stats" | "ar-aging", ..] | ["reports", ..] => {
            reports::find(method, rest)?.map(Operation::Reports)
        }
        ["invoices", _, "tags"] | ["tags", ..] => tags::find(method, rest)?.map(Operation::Tags),
        ["invoices", ..] | ["payments", _, "delete"] => match settling::find(method, rest)? {
            Some(operation) => Some(Operation::Settling(operation)),
            None => invoices::find(method, rest)?.map(Operation::Invoices),
        },
        ["customers", ..] => customers::find(method, rest)?.map(Operation::Customers),
        ["ledger", "journal-entries"] | ["custom-journal-entries", ..] => {
            manual::find(method, rest)?.map(Operation::Manual)
        }
        ["ledger", ..] => ledger::find(method, rest)?.map(Operation::Ledger),
        _ => None,
    };
    found
        .map(|operation| (*business, operation))
        .ok_or_else(errors::no_route)
}

/// Everything an operation works with, once the caller and the business are known.
pub struct Call<'a> {
    /// The app.
    pub app: &'a App,
    /// The request.
    pub request: &'a Request,
    /// The caller.
    pub actor: Actor,
    /// The business.
    pub book: Arc<BookView>,
    /// Its zone.
    pub zone: TimeZone,
}

impl Call<'_> {
    /// The slot of the business.
    pub fn key(&self) -> BookKey {
        self.actor.book
    }

    /// The business.
    pub fn book(&self) -> &BookView {
        &self.book
    }

    /// The business as it is by now: who was overtaken looks again.
    pub async fn book_now(&self) -> Result<Arc<BookView>, Fault> {
        let found = self.app.books.book(self.key()).await;
        found
            .map_err(|failure| errors::fault(&failure))?
            .ok_or_else(errors::no_business)
    }

    /// What a command is sent with.
    pub fn context(&self) -> Context {
        Context {
            actor: self.actor.clone(),
            source: NAME,
            request_id: self.request.request_id.clone(),
        }
    }

    /// The body, which must be there.
    pub fn body(&self) -> Result<Value, Fault> {
        let body = self.request.json().map_err(|error| errors::unreadable(&error))?;
        let body = body.ok_or_else(|| errors::payload("The body", "is required"))?;
        if has_nul(&body) {
            return Err(errors::payload("The body", "must not hold the character U+0000"));
        }
        Ok(body)
    }

    /// The invoice that an id in the path names.
    pub async fn invoice(&self, id: &str) -> Result<InvoiceView, Fault> {
        let id = manners::read_id(id, "invoiceId")?;
        let id = id.ok_or_else(|| errors::missing(DocumentKind::Invoice))?;
        self.invoice_named(&Named::Id(id)).await
    }

    /// The live invoice of this name.
    pub async fn invoice_named(&self, named: &Named) -> Result<InvoiceView, Fault> {
        let found = self
            .app
            .books
            .invoice(self.key(), named)
            .await
            .map_err(|f| errors::fault(&f))?;
        match found {
            None => Err(errors::missing(DocumentKind::Invoice)),
            Some(view) if view.deleted.is_some() => Err(errors::deleted()),
            Some(view) => Ok(view),
        }
    }
}

/// Answers a request, of a page of another origin too: the vendor's components run in browsers.
pub async fn answer(app: &App, request: &Request) -> Response {
    match manners::preflight(request) {
        Some(response) => response,
        None => manners::shared(request, answered(app, request).await),
    }
}

async fn answered(app: &App, request: &Request) -> Response {
    let segments = request.segments();
    let parts = segments.as_strs();
    match parts.as_slice() {
        ["oauth2", ..] => return business::token(app, request).await,
        ["whoami"] if !segments.trailing_slash => return business::whoami(app, request).await,
        // The one document that is opened without a token: its address is signed.
        [
            "v1",
            "businesses",
            business,
            "invoices",
            invoice,
            "pdf",
            ends,
            signature,
        ] if !segments.trailing_slash => {
            let answered = invoices::pdf_file(app, request, [business, invoice, ends, signature]).await;
            return answered.unwrap_or_else(|fault| fault.response(Envelope::Wire));
        }
        _ => {}
    }
    let envelope = match parts.as_slice() {
        ["v1", "businesses", _, "invoices", _, "delete"] => Envelope::Both,
        _ => Envelope::Wire,
    };
    let mut limits = Vec::new();
    let answered = handle(app, request, &parts, segments.trailing_slash, &mut limits).await;
    let response = answered.unwrap_or_else(|fault| fault.response(envelope));
    limits
        .into_iter()
        .fold(response, |response, (name, value)| response.with(name, value))
}

async fn handle(
    app: &App,
    request: &Request,
    parts: &[&str],
    slash: bool,
    limits: &mut Vec<(&'static str, String)>,
) -> Result<Response, Fault> {
    let actor = manners::actor(app, request).await?;
    let (headers, refused) = manners::count(app, &actor, request);
    *limits = headers;
    if let Some(fault) = refused {
        return Err(fault);
    }
    let (business, operation) = find(request.method.as_str(), parts, slash)?;
    let id = manners::read_business_id(business)?.ok_or_else(errors::no_business)?;
    let found = app.books.book(actor.book).await.map_err(|f| errors::fault(&f))?;
    let book = found
        .filter(|book| book.settings.id == id)
        .ok_or_else(errors::no_business)?;
    if !manners::has_scope(&actor) {
        return Err(errors::no_scope());
    }
    if !actor.may(operation.verb()) {
        return Err(errors::forbidden());
    }
    let zone = manners::zone(&book);
    let call = Call {
        app,
        request,
        actor,
        book,
        zone,
    };
    operation.answer(&call).await
}
