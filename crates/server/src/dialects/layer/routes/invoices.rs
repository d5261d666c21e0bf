//! Invoices: create, list, fetch, void, delete.

use quittance_accounting::identity::{CustomerKey, DocumentId, DocumentKind, InvoiceKey};
use quittance_accounting::invoice::Standing;
use quittance_accounting::refusal::Refusal;
use quittance_accounting::snapshot::Named;
use quittance_books::input::DeleteOptions;
use quittance_books::listing::{Cut, InvoiceFilter, InvoicePlace, InvoiceQuery, OrderBy, PlaceValue};
use quittance_books::listing::{TextCondition, TextPath};
use quittance_books::together::Step;
use quittance_books::view::InvoiceView;
use quittance_books::{Failure, Verb};
use serde_json::Value;

use super::super::errors::{self, Fault};
use super::super::manners::{self, NAME, Paging, Place};
use super::super::mapping::fields::When;
use super::super::mapping::input::{self, CustomerRef, NewInvoice};
use super::super::mapping::{output, page, preview, settling};
use super::super::rules::RULES;
use super::super::wire;
use super::{Call, of_method};
use crate::http::Response;

mod editing;
mod many;
mod pdf;

pub use pdf::file as pdf_file;

/// What can be asked of invoices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation<'a> {
    Create,
    Bulk,
    Batch,
    List,
    Fetch(&'a str),
    Void(&'a str),
    Delete(&'a str),
    Preview(&'a str),
    Replace(&'a str),
    Patch(&'a str),
    Reset(&'a str),
    Finalize(&'a str),
    Pdf(&'a str),
    PaymentMethods(&'a str),
}

/// What stands at a path under the business.
pub fn find<'a>(method: &str, rest: &[&'a str]) -> Result<Option<Operation<'a>>, Fault> {
    use Operation as O;
    let ["invoices", rest @ ..] = rest else {
        return Ok(None);
    };
    let there = match *rest {
        [] => of_method(method, &[("GET", O::List), ("POST", O::Create)]),
        ["bulk"] => of_method(method, &[("POST", O::Bulk)]),
        ["batch"] => of_method(method, &[("POST", O::Batch)]),
        ["bulk" | "batch", ..] => return Ok(None),
        [id] => of_method(
            method,
            &[("GET", O::Fetch(id)), ("PUT", O::Replace(id)), ("PATCH", O::Patch(id))],
        ),
        [id, "reset"] => of_method(method, &[("POST", O::Reset(id))]),
        [id, "void"] => of_method(method, &[("POST", O::Void(id))]),
        [id, "delete"] => of_method(method, &[("POST", O::Delete(id))]),
        [id, "finalize-invoice"] => of_method(method, &[("PUT", O::Finalize(id))]),
        [id, "payment-methods"] => of_method(method, &[("GET", O::PaymentMethods(id))]),
        [id, "pdf"] => of_method(method, &[("GET", O::Pdf(id))]),
        [id, "html"] => of_method(method, &[("GET", O::Preview(id))]),
        _ => return Ok(None),
    };
    there.map(Some)
}

impl Operation<'_> {
    /// What it does, as far as the token's role is concerned.
    pub fn verb(self) -> Verb {
        match self {
            Operation::List
            | Operation::Fetch(_)
            | Operation::Preview(_)
            | Operation::Pdf(_)
            | Operation::PaymentMethods(_) => Verb::Read,
            Operation::Create
            | Operation::Bulk
            | Operation::Batch
            | Operation::Void(_)
            | Operation::Delete(_)
            | Operation::Replace(_)
            | Operation::Patch(_)
            | Operation::Reset(_)
            | Operation::Finalize(_) => Verb::Post,
        }
    }

    /// Answers it.
    pub async fn answer(self, call: &Call<'_>) -> Result<Response, Fault> {
        match self {
            Operation::Create => create(call).await,
            Operation::Bulk => many::bulk(call).await,
            Operation::Batch => many::batch(call).await,
            Operation::List => list(call).await,
            Operation::Fetch(id) => fetch(call, id).await,
            Operation::Void(id) => void(call, id).await,
            Operation::Delete(id) => delete(call, id).await,
            Operation::Preview(id) => preview(call, id).await,
            Operation::Replace(id) => editing::replace(call, id).await,
            Operation::Patch(id) => editing::patch(call, id).await,
            Operation::Reset(id) => editing::reset(call, id).await,
            Operation::Pdf(id) => pdf::place(call, id).await,
            Operation::Finalize(id) => editing::finalize(call, id).await,
            Operation::PaymentMethods(id) => editing::payment_methods(call, id).await,
        }
    }
}

/// Creates an invoice: 201. The same external id again answers the invoice as it is: 200.
async fn create(call: &Call<'_>) -> Result<Response, Fault> {
    let body = call.body()?;
    let (status, view) = create_one(call, &body).await?;
    Ok(manners::enveloped(status, output::value(&output::invoice(&view))))
}

/// Creates an invoice from a body, or finds the one that has its external id: the status says which. What comes with it (a customer
/// that nobody knows, payments, a void) is of the same commit.
async fn create_one(call: &Call<'_>, body: &Value) -> Result<(u16, InvoiceView), Fault> {
    let mut tries = call.app.books.tries(call.key());
    while tries.another().await {
        let new = input::invoice(&call.book, body, &call.zone)?;
        let external_id = new.input.external_id.clone();
        if let Some(known) = known(call, external_id.as_deref()).await? {
            return Ok((200, known));
        }
        let id = call.app.books.new_document_id();
        let steps = steps_of(call, id, new).await?;
        match call.app.books.all_or_none(&call.context(), &RULES, steps).await {
            Ok(left) => {
                let made = left.invoice_named(&Named::Id(id));
                return made
                    .map(|view| (201, view))
                    .ok_or_else(|| errors::fault(&Failure::Unavailable));
            }
            // Another request with the same external id, or with the same new customer, may have come in between.
            Err((_, failure)) if took_external_id(&failure, DocumentKind::Customer) => {}
            Err((_, failure)) if took_external_id(&failure, DocumentKind::Invoice) => {
                let known = known(call, external_id.as_deref()).await?;
                return known.map(|view| (200, view)).ok_or_else(|| errors::fault(&failure));
            }
            Err((_, failure)) => return Err(errors::fault(&failure)),
        }
    }
    Err(errors::fault(&Failure::Unavailable))
}

/// The steps that make an invoice with all that comes with it.
async fn steps_of(call: &Call<'_>, id: DocumentId, new: NewInvoice) -> Result<Vec<Step>, Fault> {
    let NewInvoice {
        mut input,
        customer,
        voided,
        payments,
    } = new;
    let mut steps = Vec::new();
    input.customer = Some(customer_in(call, &customer, &mut steps).await?);
    steps.push(Step::CreateInvoice(id, Box::new(input)));
    for (at, payment) in payments.iter().enumerate() {
        let paid = settling::dedicated_payment(&call.book, payment, &call.zone, Named::Id(id));
        let paid = paid.map_err(|fault| fault.at(&format!("payments[{at}]")))?;
        steps.push(Step::RecordPayment(Box::new(paid)));
    }
    let voided = voided.map(|when| Step::VoidInvoice(Named::Id(id), Some(when.day(&call.zone))));
    steps.extend(voided);
    Ok(steps)
}

async fn known(call: &Call<'_>, external_id: Option<&str>) -> Result<Option<InvoiceView>, Fault> {
    let Some(external_id) = external_id else {
        return Ok(None);
    };
    let named = Named::External(external_id.to_owned());
    let found = call.app.books.invoice(call.key(), &named).await;
    let found = found.map_err(|failure| errors::fault(&failure))?;
    Ok(found.filter(|view| view.deleted.is_none()))
}

/// Whether a command was refused because a document of this kind has its external id.
pub fn took_external_id(failure: &Failure, kind: DocumentKind) -> bool {
    match failure {
        Failure::Refused(reasons) => {
            matches!(reasons.first(), Refusal::ExternalIdTaken { kind: taken, .. } if *taken == kind)
        }
        Failure::Forbidden(_)
        | Failure::ContentTooLong { .. }
        | Failure::Unavailable
        | Failure::Store(_)
        | Failure::Flawed(_) => false,
    }
}

/// The customer that an invoice names.
enum Customer {
    /// One that is there.
    Known(CustomerKey),
    /// One of whom only the client's id is known so far.
    Unknown(String),
}
use Customer::{Known, Unknown};

async fn customer_named(call: &Call<'_>, customer: &CustomerRef) -> Result<Customer, Fault> {
    let books = &call.app.books;
    let find = async |named: Named| {
        let found = books.customer(call.key(), &named).await;
        found.map_err(|failure| errors::fault(&failure))
    };
    let by_id = match customer.id {
        None => None,
        Some(id) => {
            let found = find(Named::Id(id)).await?;
            Some(found.ok_or_else(|| errors::unknown_reference("customer_id", DocumentKind::Customer))?)
        }
    };
    let Some(external_id) = &customer.external_id else {
        let known = by_id.map(|view| Known(view.customer.key));
        return known.ok_or_else(|| errors::missing(DocumentKind::Customer));
    };
    if let Some(view) = by_id {
        return match view.customer.external_id.as_ref() == Some(external_id) {
            true => Ok(Known(view.customer.key)),
            false => Err(errors::payload("customer_external_id", "must be that of customer_id")),
        };
    }
    let found = find(Named::External(external_id.clone())).await?;
    Ok(found.map_or_else(|| Unknown(external_id.clone()), |view| Known(view.customer.key)))
}

/// The same, as a later step names it; one that is not there yet is made by a step of its own.
async fn customer_in(call: &Call<'_>, customer: &CustomerRef, steps: &mut Vec<Step>) -> Result<Named, Fault> {
    Ok(match customer_named(call, customer).await? {
        Known(key) => Named::Key(key.0),
        Unknown(external_id) => {
            steps.push(Step::AddCustomer(input::bare_customer(&external_id)));
            Named::External(external_id)
        }
    })
}

/// The invoice of this id.
async fn fetch(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let view = call.invoice(id).await?;
    Ok(manners::enveloped(200, output::value(&output::invoice(&view))))
}

/// The invoice as a page for people.
async fn preview(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let view = call.invoice(id).await?;
    let response = Response::empty(200)
        .with("content-type", "text/html; charset=utf-8")
        .with("cache-control", "no-store")
        .with(
            "content-security-policy",
            "default-src 'none'; style-src 'unsafe-inline'",
        )
        .with_body(preview::page(&view));
    Ok(response)
}

/// Voids an invoice as of today.
async fn void(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let named = named_in_path(id)?;
    let books = &call.app.books;
    let view = books.void_invoice(&call.context(), &RULES, named, None).await;
    let view = view.map_err(|failure| errors::fault(&failure))?;
    Ok(manners::enveloped(200, output::value(&output::invoice(&view))))
}

/// Deletes an invoice and answers it as it was. A body is not read.
async fn delete(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let named = named_in_path(id)?;
    let books = &call.app.books;
    let deleted = books
        .delete_invoice(&call.context(), &RULES, named, DeleteOptions::default())
        .await;
    let deleted = deleted.map_err(|failure| errors::fault(&failure))?;
    let before = deleted.before().map_err(|failure| errors::fault(&failure))?;
    let response = Response::json(200, &page::both(&before));
    Ok(response.with("quittance-receipt", deleted.seal.to_string()))
}

fn named_in_path(id: &str) -> Result<Named, Fault> {
    let id = manners::read_id(id, "invoiceId")?;
    id.map(Named::Id).ok_or_else(|| errors::missing(DocumentKind::Invoice))
}

/// The sort keys of the list, the default first.
const KEYS: [&str; 3] = ["imported_at", "updated_at", "sent_at"];

/// What the list reads of a query.
const QUERY: [&str; 19] = [
    "sort_by",
    "sort_order",
    "cursor",
    "limit",
    "show_total_count",
    "show_sales_receipts",
    "status",
    "due_at_start",
    "due_at_end",
    "sent_at_start",
    "sent_at_end",
    "customer_id",
    "customer_external_id",
    "reference_number",
    "min_total_amount",
    "max_total_amount",
    "memo",
    "memo_contains",
    "q",
];

/// Where the memo and the reference number stand among the texts of an invoice.
const MEMO: TextPath = &["memo"];
const REFERENCE_NUMBER: TextPath = &["extra", NAME, "reference_number"];

/// What the texts of an invoice must say to be in the list.
fn said(pairs: &[(String, String)]) -> Vec<TextCondition> {
    let mut texts = Vec::new();
    let references: Vec<String> = several(pairs, "reference_number");
    if !references.is_empty() {
        texts.push(TextCondition::IsOneOf(REFERENCE_NUMBER, references));
    }
    texts.extend(value(pairs, "memo").map(|memo| TextCondition::Is(MEMO, memo.to_owned())));
    texts.extend(value(pairs, "memo_contains").map(|part| TextCondition::Holds(MEMO, part.to_owned())));
    texts.extend(value(pairs, "q").map(|part| TextCondition::Mentions(Vec::new(), part.to_owned())));
    texts
}

/// The words of a member of the query, repeated or in lists with commas.
pub fn several(pairs: &[(String, String)], name: &str) -> Vec<String> {
    let given = pairs.iter().filter(|(key, _)| key == name);
    let words = given.flat_map(|(_, value)| value.split(',')).map(str::trim);
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Whole cents, not below zero.
pub fn cents(pairs: &[(String, String)], name: &str) -> Result<Option<i64>, Fault> {
    match value(pairs, name).map(str::parse::<i64>) {
        None => Ok(None),
        Some(Ok(cents)) if cents >= 0 => Ok(Some(cents)),
        Some(_) => Err(errors::query_format(name, "whole cents, not below zero")),
    }
}

/// A page of invoices.
async fn list(call: &Call<'_>) -> Result<Response, Fault> {
    let pairs = known_pairs(call, &QUERY)?;
    let paging = Paging::of(&pairs, &KEYS)?;
    let standings = statuses(&pairs)?;
    if standings.as_ref().is_some_and(Vec::is_empty) {
        return Ok(manners::page(Vec::new(), &paging, None, Some(0)));
    }
    let instant = |name: &str, last: bool| match value(&pairs, name) {
        None => Ok(None),
        Some(text) => match When::read(text) {
            None => Err(errors::query_format(name, "a date or an ISO 8601 instant")),
            Some(when) if last => Ok(Some(when.last_instant(&call.zone))),
            Some(when) => Ok(Some(when.instant(&call.zone))),
        },
    };
    let filter = InvoiceFilter {
        standings,
        customer: customer_filter(call, &pairs).await?,
        due_at: (instant("due_at_start", false)?, instant("due_at_end", true)?),
        sent_at: (instant("sent_at_start", false)?, instant("sent_at_end", true)?),
        total: (cents(&pairs, "min_total_amount")?, cents(&pairs, "max_total_amount")?),
        texts: said(&pairs),
        ..InvoiceFilter::default()
    };
    let query = InvoiceQuery {
        filter,
        order: match paging.sort_by {
            "sent_at" => OrderBy::SentAt,
            "updated_at" => OrderBy::UpdatedAt,
            _ => OrderBy::Created,
        },
        descending: paging.descending,
        after: paging
            .after
            .as_ref()
            .map(|place| page_place(&paging, place))
            .transpose()?,
        offset: 0,
        // One more than asked for says whether there are more.
        limit: paging.limit + 1,
        count: paging.count,
    };
    let found = call.app.books.invoices(call.key(), &query).await;
    let found = found.map_err(|failure| errors::fault(&failure))?;
    if found.cut == Some(Cut::NotInOrder) {
        return Err(errors::too_many_to_sort(paging.sort_by));
    }
    let (mut shown, total) = (found.invoices, found.total);
    let full = paging.cut(&mut shown, |view| place_of(view, query.order));
    // A page that ended because enough were looked at goes on where looking ended, however short it is.
    let next = full.or_else(|| found.goes_on_from.as_ref().map(cursor_place));
    let data = shown.iter().map(|view| output::value(&output::invoice(view)));
    Ok(manners::page(data.collect(), &paging, next, total))
}

/// The place of an invoice as a cursor has it.
fn place_of(view: &InvoiceView, order: OrderBy) -> Place {
    cursor_place(&InvoicePlace::of(&view.invoice, order, None))
}

fn cursor_place(place: &InvoicePlace) -> Place {
    let value = match &place.value {
        PlaceValue::At(at) => Some(output::instant(*at)),
        PlaceValue::Nothing | PlaceValue::On(_) | PlaceValue::Minor(_) | PlaceValue::Name(_) => None,
    };
    let key = place.key.0;
    Place { key, value }
}

/// The place that a cursor has: each order here is of instants, or of creation.
fn page_place(paging: &Paging, place: &Place) -> Result<InvoicePlace, Fault> {
    let instants = paging.sort_by != KEYS[0];
    let value = match &place.value {
        None => PlaceValue::Nothing,
        Some(text) if instants => PlaceValue::At(text.parse().map_err(|_| errors::bad_cursor())?),
        Some(_) => return Err(errors::bad_cursor()),
    };
    let key = InvoiceKey(place.key);
    Ok(InvoicePlace { value, key })
}

/// The members of the query, if all are known.
pub fn known_pairs(call: &Call<'_>, known: &[&str]) -> Result<Vec<(String, String)>, Fault> {
    let pairs = call.request.query_pairs();
    match pairs.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        Some((name, _)) => Err(errors::unexpected_query(name)),
        None => Ok(pairs),
    }
}

/// A member of the query; an empty one counts as absent.
pub fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim());
    found.filter(|value| !value.is_empty())
}

/// The standings that the statuses name together, repeated or in lists with commas.
fn statuses(pairs: &[(String, String)]) -> Result<Option<Vec<Standing>>, Fault> {
    let (mut any, mut standings) = (false, Vec::new());
    for word in several(pairs, "status") {
        let named =
            wire::standings(&word).ok_or_else(|| errors::query_format("status", "a list of invoice statuses"))?;
        any = true;
        standings.extend(named);
    }
    standings.sort();
    standings.dedup();
    Ok(any.then_some(standings))
}

/// The customer that the query names, by id, by the client's own id or by both.
pub async fn customer_filter(call: &Call<'_>, pairs: &[(String, String)]) -> Result<Option<CustomerKey>, Fault> {
    let mut found: Option<CustomerKey> = None;
    for name in ["customer_id", "customer_external_id"] {
        let Some(text) = value(pairs, name) else {
            continue;
        };
        let named = match name {
            "customer_id" => manners::read_id(text, name)?.map(Named::Id),
            _ => Some(Named::External(text.to_owned())),
        };
        let unknown = || errors::unknown_reference(name, DocumentKind::Customer);
        let view = call.app.books.customer(call.key(), &named.ok_or_else(unknown)?).await;
        let view = view.map_err(|failure| errors::fault(&failure))?.ok_or_else(unknown)?;
        if found.is_some_and(|known| known != view.customer.key) {
            return Err(errors::conflicting_query(
                "customer_id and customer_external_id name two customers.",
            ));
        }
        found = Some(view.customer.key);
    }
    Ok(found)
}
