//! What a request asks for, and in which order it is checked.
//!
//! The order is the same for every operation: token (401), call limit (429), path (404, 405), business (404), scope and role (403), the
//! document named in the path (404), then what the operation itself forbids. Deliberately absent: bulk and batch, edits, reset,
//! finalize, previews, deleting payments, refunds and write-offs, tags, ledger entries and reports: their paths answer as unknown.

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

mod customers;
mod invoices;
mod settling;

/// An operation, with the ids in its path as they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation<'a> {
    CreateInvoice,
    ListInvoices,
    FetchInvoice(&'a str),
    VoidInvoice(&'a str),
    DeleteInvoice(&'a str),
    RecordPayment,
    PayInvoice(&'a str),
    RecordRefund,
    RefundInvoice(&'a str),
    WriteOff(&'a str),
    AddCustomer,
    ListCustomers,
    FetchCustomer(&'a str),
    Chart,
}

impl Operation<'_> {
    /// What it does, as far as the token's role is concerned.
    fn verb(self) -> Verb {
        match self {
            Operation::ListInvoices
            | Operation::FetchInvoice(_)
            | Operation::ListCustomers
            | Operation::FetchCustomer(_)
            | Operation::Chart => Verb::Read,
            Operation::AddCustomer => Verb::WriteDraft,
            Operation::CreateInvoice
            | Operation::VoidInvoice(_)
            | Operation::DeleteInvoice(_)
            | Operation::RecordPayment
            | Operation::PayInvoice(_)
            | Operation::RecordRefund
            | Operation::RefundInvoice(_)
            | Operation::WriteOff(_) => Verb::Post,
        }
    }
}

/// What stands at a path: the business, and the operations by method.
fn find<'a>(method: &str, segments: &[&'a str], slash: bool) -> Result<(&'a str, Operation<'a>), Fault> {
    let ["v1", "businesses", business, rest @ ..] = segments else {
        return Err(errors::no_route());
    };
    let one = |allowed: &'static str, operation| match method == allowed {
        true => Ok(operation),
        false => Err(errors::wrong_method(allowed)),
    };
    let two = |read, write| match method {
        "GET" => Ok(read),
        "POST" => Ok(write),
        _ => Err(errors::wrong_method("GET, POST")),
    };
    // The one path that the vendor's own client ends in a slash; elsewhere a slash is another path.
    if slash && !matches!(rest, ["invoices", _, "payment"]) {
        return Err(errors::no_route());
    }
    let operation = match rest {
        ["invoices"] => two(Operation::ListInvoices, Operation::CreateInvoice),
        ["invoices", "payments"] => one("POST", Operation::RecordPayment),
        ["invoices", "refunds"] => one("POST", Operation::RecordRefund),
        ["invoices", "bulk" | "batch" | "summary-stats" | "ar-aging", ..] => Err(errors::no_route()),
        ["invoices", id] => one("GET", Operation::FetchInvoice(id)),
        ["invoices", id, "void"] => one("POST", Operation::VoidInvoice(id)),
        ["invoices", id, "delete"] => one("POST", Operation::DeleteInvoice(id)),
        ["invoices", id, "payment"] => one("POST", Operation::PayInvoice(id)),
        ["invoices", id, "refund"] => one("POST", Operation::RefundInvoice(id)),
        ["invoices", id, "write-off"] => one("POST", Operation::WriteOff(id)),
        ["customers"] => two(Operation::ListCustomers, Operation::AddCustomer),
        ["customers", id] => one("GET", Operation::FetchCustomer(id)),
        ["ledger", "chart"] => one("GET", Operation::Chart),
        _ => Err(errors::no_route()),
    }?;
    Ok((business, operation))
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
    pub book: BookView,
    /// Its zone.
    pub zone: TimeZone,
}

impl Call<'_> {
    /// The slot of the business.
    pub fn key(&self) -> BookKey {
        self.actor.book
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

/// Answers a request.
pub async fn answer(app: &App, request: &Request) -> Response {
    let segments = request.segments();
    let parts = segments.as_strs();
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
    match operation {
        Operation::CreateInvoice => invoices::create(&call).await,
        Operation::ListInvoices => invoices::list(&call).await,
        Operation::FetchInvoice(id) => invoices::fetch(&call, id).await,
        Operation::VoidInvoice(id) => invoices::void(&call, id).await,
        Operation::DeleteInvoice(id) => invoices::delete(&call, id).await,
        Operation::RecordPayment => settling::pay(&call).await,
        Operation::PayInvoice(id) => settling::pay_one(&call, id).await,
        Operation::RecordRefund => settling::refund(&call).await,
        Operation::RefundInvoice(id) => settling::refund_one(&call, id).await,
        Operation::WriteOff(id) => settling::write_off(&call, id).await,
        Operation::AddCustomer => customers::add(&call).await,
        Operation::ListCustomers => customers::list(&call).await,
        Operation::FetchCustomer(id) => customers::fetch(&call, id).await,
        Operation::Chart => Ok(customers::chart(&call)),
    }
}
