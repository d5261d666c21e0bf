//! What a request asks for: path and method matched by hand, in this order: credentials, scope, path, method, query, body, books.

pub mod credits;
pub mod invoices;
pub mod journal;
pub mod ledger;
pub mod openings;
pub mod parties;
pub mod rates;
pub mod reduced;
pub mod reports;
pub mod settlements;

use std::sync::Arc;

use quittance_accounting::identity::DocumentId;
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::refusal::Refusals;
use quittance_accounting::snapshot::Named;
use quittance_books::input::Context;
use quittance_books::view::{BookView, InvoiceView};
use quittance_books::{Actor, Failure};
use serde_json::{Value, json};

use super::errors::alternatives::{self, Alternative};
use super::errors::{self, Fault};
use super::manners::{self, Page};
use crate::app::App;
use crate::http::{Request, Response};

/// A request whose sender is known.
pub struct Call<'a> {
    /// What answers.
    pub app: &'a App,
    /// What was sent.
    pub request: &'a Request,
    /// Who sent it.
    pub actor: Actor,
    /// What the log names as the way it came.
    pub source: &'static str,
}

/// How a request ends other than well.
#[derive(Debug)]
pub enum Stopped {
    /// With a fault that is worded already.
    Fault(Fault),
    /// With a failure of the books, about this invoice if it is about one: it is worded with the book at hand.
    Failure(Failure, Option<DocumentId>),
    /// With a failure of the books about no invoice that is there, whose sums are in this currency.
    Abroad(Failure, Currency),
}

impl<T: Into<Fault>> From<T> for Stopped {
    fn from(fault: T) -> Stopped {
        Stopped::Fault(fault.into())
    }
}

/// How a request ends.
pub type Ended = Result<Response, Stopped>;

/// Stops at a failure that is about no invoice.
pub fn failed(failure: Failure) -> Stopped {
    Stopped::Failure(failure, None)
}

/// Answers a request.
pub async fn answer(app: &App, request: &Request) -> Response {
    let actor = match manners::caller(app, request).await {
        Ok(actor) => actor,
        Err(fault) => return fault.answer(),
    };
    answer_to(app, request, actor, manners::SOURCE).await
}

/// Answers a request of somebody who is known already.
pub async fn answer_to(app: &App, request: &Request, actor: Actor, source: &'static str) -> Response {
    let call = Call {
        app,
        request,
        actor,
        source,
    };
    match route(&call).await {
        Ok(response) => response,
        Err(Stopped::Fault(fault)) => fault.answer(),
        Err(Stopped::Failure(failure, invoice)) => call.explained(&failure, invoice).await.answer(),
        Err(Stopped::Abroad(failure, currency)) => errors::failure(&failure, currency).answer(),
    }
}

async fn route(call: &Call<'_>) -> Ended {
    let segments = call.request.segments();
    if segments.trailing_slash {
        return Err(Fault::no_route().into());
    }
    let parts = segments.as_strs();
    let Some((["api", "v1"], path)) = parts.split_at_checked(2) else {
        return Err(Fault::no_route().into());
    };
    let method = call.request.method.as_str();
    let method = if method == "HEAD" { "GET" } else { method };
    match (method, path) {
        ("GET", ["books"]) => ledger::books(call).await,
        ("PUT", ["rounding"]) => openings::round(call).await,
        ("POST", ["openings"]) => openings::open(call).await,
        ("GET", ["accounts"]) => journal::accounts(call).await,
        ("POST", ["accounts"]) => journal::add_account(call).await,
        ("GET", ["accounts", name]) => journal::account(call, name).await,
        ("PATCH", ["accounts", name]) => journal::change_account(call, name).await,
        ("GET", ["accounts", name, "postings"]) => journal::postings(call, name).await,
        ("GET", ["entries"]) => journal::entries(call).await,
        ("POST", ["entries"]) => journal::record(call).await,
        ("GET", ["entries", id]) => journal::entry(call, id).await,
        ("DELETE", ["entries", id]) => journal::delete(call, id).await,
        ("POST", ["entries", id, "reversal"]) => journal::reverse(call, id).await,
        ("GET", ["rates"]) => rates::list(call).await,
        ("GET", ["rates", currency, day]) => rates::read(call, currency, day).await,
        ("PUT", ["rates", currency, day]) => rates::keep(call, currency, day).await,
        ("GET", ["periods"]) => ledger::periods(call).await,
        ("POST", ["periods", "close"]) => ledger::close(call).await,
        ("POST", ["periods", "reopen"]) => ledger::reopen(call).await,
        ("GET", ["reports", name]) => reports::report(call, name).await,
        ("GET", ["log"]) => ledger::log(call).await,
        ("GET", ["receipts", seq]) => ledger::receipt(call, seq).await,
        ("GET", ["customers"]) => parties::customers(call).await,
        ("POST", ["customers"]) => parties::add_customer(call).await,
        ("PUT", ["customers", id]) => parties::change_customer(call, id).await,
        ("PUT", ["products", id]) => parties::change_product(call, id).await,
        ("GET", ["customers", id]) => parties::customer(call, id).await,
        ("POST", ["customers", id, "refund"]) => settlements::refund_customer(call, id).await,
        ("GET", ["products"]) => parties::products(call).await,
        ("POST", ["products"]) => parties::add_product(call).await,
        ("GET", ["products", id]) => parties::product(call, id).await,
        ("POST", ["confirmations"]) => settlements::confirm(call).await,
        ("GET", ["payments"]) => parties::payments(call).await,
        ("POST", ["payments"]) => parties::record_payment(call).await,
        ("GET", ["payments", id]) => parties::payment(call, id).await,
        ("PUT", ["payments", id]) => settlements::change(call, id).await,
        ("DELETE", ["payments", id]) => settlements::delete_payment(call, id).await,
        ("POST", ["payments", id, verb]) => settlements::act(call, id, verb).await,
        ("GET", ["credit-notes"]) => credits::list(call).await,
        ("POST", ["credit-notes"]) => credits::issue(call).await,
        ("GET", ["credit-notes", id]) => credits::read(call, id).await,
        ("DELETE", ["credit-notes", id]) => credits::delete(call, id).await,
        ("POST", ["credit-notes", id, verb]) => credits::act(call, id, verb).await,
        ("GET", ["refunds"]) => reduced::refunds(call).await,
        ("GET", ["refunds", id]) => reduced::refund_by_id(call, id).await,
        ("DELETE", ["refunds", id]) => settlements::delete_refund(call, id).await,
        ("POST", ["refunds", id, "pay-out"]) => settlements::pay_out(call, id).await,
        ("GET", ["write-offs"]) => reduced::write_offs(call).await,
        ("GET", ["write-offs", id]) => reduced::write_off_by_id(call, id).await,
        ("DELETE", ["write-offs", id]) => settlements::delete_write_off(call, id).await,
        ("GET", ["invoices"]) => invoices::list(call).await,
        ("POST", ["invoices"]) => invoices::create(call).await,
        ("GET", ["invoices", id]) => invoices::read(call, id).await,
        ("PUT", ["invoices", id]) => invoices::edit(call, id).await,
        ("DELETE", ["invoices", id]) => invoices::delete(call, id).await,
        ("POST", ["invoices", id, verb]) => invoices::act(call, id, verb).await,
        _ => Err(elsewhere(path).into()),
    }
}

/// A path that exists with another method, or none at all.
fn elsewhere(path: &[&str]) -> Fault {
    match path {
        ["rates", _, _] => Fault::wrong_method("GET, HEAD, PUT"),
        ["books" | "periods" | "log" | "rates" | "refunds" | "write-offs"]
        | ["reports", _]
        | ["receipts", _]
        | ["accounts", _, "postings"] => Fault::wrong_method("GET, HEAD"),
        ["accounts", _] => Fault::wrong_method("GET, HEAD, PATCH"),
        ["entries", _] => Fault::wrong_method("GET, HEAD, DELETE"),
        ["entries", _, "reversal"] => Fault::wrong_method("POST"),
        ["accounts" | "entries" | "customers" | "products" | "payments" | "invoices" | "credit-notes"] => {
            Fault::wrong_method("GET, HEAD, POST")
        }
        ["customers" | "products", _] => Fault::wrong_method("GET, HEAD, PUT"),
        ["payments", _] => Fault::wrong_method("GET, HEAD, PUT, DELETE"),
        ["refunds" | "write-offs" | "credit-notes", _] => Fault::wrong_method("GET, HEAD, DELETE"),
        ["payments", _, verb] if settlements::VERBS.contains(verb) => Fault::wrong_method("POST"),
        ["credit-notes", _, verb] if credits::VERBS.contains(verb) => Fault::wrong_method("POST"),
        ["refunds", _, "pay-out"] | ["customers", _, "refund"] => Fault::wrong_method("POST"),
        ["rounding"] => Fault::wrong_method("PUT"),
        ["confirmations" | "openings"] | ["periods", "close" | "reopen"] => Fault::wrong_method("POST"),
        ["invoices", _] => Fault::wrong_method("GET, HEAD, PUT, DELETE"),
        ["invoices", _, verb] if invoices::VERBS.contains(verb) => Fault::wrong_method("POST"),
        _ => Fault::no_route(),
    }
}

/// The id that a path names.
pub fn id_of(text: &str) -> Result<DocumentId, Fault> {
    DocumentId::from_hex(text).ok_or_else(|| Fault::malformed_id(text))
}

impl Call<'_> {
    /// The context of a command.
    pub fn context(&self) -> Context {
        manners::context(&self.actor, self.source, self.request)
    }

    /// The caller's book with its chart.
    pub async fn book(&self) -> Result<Arc<BookView>, Stopped> {
        let book = self.app.books.book(self.actor.book).await.map_err(failed)?;
        // The token was found in the book a moment ago.
        book.ok_or_else(|| Fault::internal().into())
    }

    /// The body, which must be there.
    pub fn body(&self) -> Result<Value, Stopped> {
        match self.request.json_said_once()? {
            Some(body) => Ok(body),
            None => Err(Fault::new(400, "malformed_body", "The request needs a JSON body.").into()),
        }
    }

    /// The body, or an empty object where none was sent.
    pub fn body_or_empty(&self) -> Result<Value, Stopped> {
        Ok(self.request.json_said_once()?.unwrap_or_else(|| json!({})))
    }

    /// Words a failure with the book at hand, and with the invoice that it is about.
    async fn explained(&self, failure: &Failure, invoice: Option<DocumentId>) -> Fault {
        let Failure::Refused(refusals) = failure else {
            return errors::failure(failure, Currency::USD);
        };
        let currency = match self.book().await {
            Ok(book) => book.settings.currency,
            Err(_) => return Fault::internal(),
        };
        // Sums of an invoice are in its currency.
        let seen = self.seen(invoice).await;
        let currency = seen.map_or(currency, |view| view.invoice.currency);
        let mut fault = errors::refused(refusals, currency);
        fault.alternatives = self.ways_out(refusals, invoice).await;
        fault
    }

    /// The legal ways out of refusals; a failure to read the invoice that they are about costs those and not the answer.
    pub async fn ways_out(&self, refusals: &Refusals, invoice: Option<DocumentId>) -> Vec<Alternative> {
        let Some(view) = self.seen(invoice).await else {
            return alternatives::of(refusals, None);
        };
        let (books, named) = (&self.app.books, Named::Id(view.invoice.id));
        match books.credit_notes_for(self.actor.book, &named).await {
            Ok(notes) => {
                let live = notes.iter().filter(|note| note.credit.voided.is_none());
                let taken_back = Amount::sum(live.map(|note| note.credit.amount));
                alternatives::of(refusals, Some((&view, taken_back.unwrap_or(view.invoice.total))))
            }
            Err(_) => alternatives::of(refusals, None),
        }
    }

    /// The invoice as it is now.
    async fn seen(&self, invoice: Option<DocumentId>) -> Option<InvoiceView> {
        let named = Named::Id(invoice?);
        self.app.books.invoice(self.actor.book, &named).await.ok().flatten()
    }
}

/// One page of a list whose length is not counted: one more than the page was asked for.
pub fn page_of<T>(mut found: Vec<T>, page: Page, shown: impl Fn(&T) -> Value) -> Value {
    let more = i64::try_from(found.len()).unwrap_or(i64::MAX) > page.limit;
    found.truncate(usize::try_from(page.limit).unwrap_or(usize::MAX));
    let next = more.then(|| (page.offset + page.limit).to_string());
    json!({
        "data": found.iter().map(shown).collect::<Vec<_>>(),
        "offset": page.offset,
        "limit": page.limit,
        "next_cursor": next,
    })
}
