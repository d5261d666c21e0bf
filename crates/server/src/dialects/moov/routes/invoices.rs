//! Invoices: create, list, read, change, send, cancel, delete, and payments made elsewhere.

use jiff::Timestamp;
use quittance_accounting::identity::DocumentKind;
use quittance_accounting::invoice::Standing;
use quittance_accounting::money::Currency;
use quittance_accounting::refusal::Refusal;
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;
use quittance_books::input::{DeleteOptions, Due, LineInput};
use quittance_books::listing::{InvoiceFilter, InvoiceQuery, MOST_LOOKED_AT, OrderBy};
use quittance_books::together::Step;
use quittance_books::view::InvoiceView;

use super::{Call, shown};
use crate::dialects::moov::errors::{self, Deed};
use crate::dialects::moov::manners::{DEFAULT_COUNT, MOST_COUNT, document_id, expects_created};
use crate::dialects::moov::mapping::reading::{Fault, Fields, NOT_AN_INSTANT, read_instant};
use crate::dialects::moov::mapping::{editing, incoming, outgoing};
use crate::dialects::moov::rules::RULES;
use crate::dialects::moov::wire::{CANCELED, DRAFT, OVERDUE, PAID, PAYMENT_PENDING, STATUSES, UNPAID, status_of};
use crate::http::Response;

/// Creates a draft.
pub async fn create(call: &Call<'_>) -> Result<Response, Response> {
    let body = call.request.json().map_err(|error| errors::bad_body(&error))?;
    let input = Fields::of(body.as_ref())
        .and_then(|body| incoming::new_invoice(&body, &call.ground()))
        .map_err(|why| errors::unreadable(&why))?;
    let sent = input.lines.clone();
    let made = call.app.books.create_invoice(&call.context, &RULES, input, None).await;
    match made {
        Ok(view) => Ok(shown(201, &call.invoice(&view))),
        Err(failure) => {
            Err(unknown_product(&failure, &sent).unwrap_or_else(|| call.failed(&failure, Deed::CreateInvoice)))
        }
    }
}

/// The answer under the items that name the product, when a product is what is unknown.
fn unknown_product(failure: &Failure, sent: &[LineInput]) -> Option<Response> {
    let Failure::Refused(refusals) = failure else {
        return None;
    };
    let Refusal::UnknownReference {
        kind: DocumentKind::Product,
        reference,
    } = refusals.first()
    else {
        return None;
    };
    let names_it = |named: &Option<Named>| matches!(named, Some(Named::Id(id)) if id.hex() == *reference);
    let lines = sent.iter().enumerate();
    let faults: Vec<Fault> = lines
        .filter(|(_, line)| names_it(&line.product))
        .map(|(index, _)| {
            let path = ["lineItems", "items", &index.to_string(), "productID"];
            Fault::at(&path, "names no product")
        })
        .collect();
    (!faults.is_empty()).then(|| errors::invalid(&faults))
}

/// A page of the live invoices, newest first.
pub async fn list(call: &Call<'_>) -> Result<Response, Response> {
    let mut faults = Vec::new();
    let skip = whole(call, "skip", 0, 0, i64::MAX, &mut faults);
    let count = whole(call, "count", DEFAULT_COUNT, 1, MOST_COUNT, &mut faults);
    let now = call.app.now();
    let created_at = (
        instant(call, "createdStartDateTime", &mut faults),
        instant(call, "createdEndDateTime", &mut faults),
    );
    let due_at = (
        instant(call, "dueStartDateTime", &mut faults),
        instant(call, "dueEndDateTime", &mut faults),
    );
    let status = parameter(call, "status");
    if status
        .as_ref()
        .is_some_and(|status| !STATUSES.contains(&status.as_str()))
    {
        let message = format!("must be one of {}", STATUSES.join(", "));
        faults.push(Fault::at(&["status"], &message));
    }
    let customer = parameter(call, "customerAccountID").map(|text| document_id(&text));
    if customer == Some(None) {
        faults.push(Fault::at(&["customerAccountID"], "is not the ID of an account"));
    }
    if !faults.is_empty() {
        return Err(errors::invalid(&faults));
    }
    let mut filter = InvoiceFilter {
        created_at,
        due_at,
        ..InvoiceFilter::default()
    };
    if let Some(id) = customer.flatten() {
        match call.app.books.customer(call.context.actor.book, &Named::Id(id)).await {
            Ok(Some(view)) => filter.customer = Some(view.customer.key),
            // Nobody's invoices are none.
            Ok(None) => return Ok(shown(200, &Vec::<()>::new())),
            Err(failure) => return Err(call.failed(&failure, Deed::Look)),
        }
    }
    narrow(&mut filter, status.as_deref(), now);
    let query = InvoiceQuery {
        filter,
        order: OrderBy::Created,
        descending: true,
        after: None,
        offset: skip,
        limit: count,
        count: false,
    };
    let page = call.app.books.invoices(call.context.actor.book, &query).await;
    let page = page.map_err(|failure| call.failed(&failure, Deed::Look))?;
    if page.cut.is_some() {
        // Only what is due between instants stands in no index.
        let message = format!(
            "leaves more than {MOST_LOOKED_AT} invoices to look through: narrow the list by status, customer or creation"
        );
        let name = if due_at.0.is_some() {
            "dueStartDateTime"
        } else {
            "dueEndDateTime"
        };
        return Err(errors::invalid_at(&[name], &message));
    }
    let shape = |view: &InvoiceView| call.invoice(view);
    Ok(shown(200, &page.invoices.iter().map(shape).collect::<Vec<_>>()))
}

/// Narrows a list to a status.
fn narrow(filter: &mut InvoiceFilter, status: Option<&str>, now: Timestamp) {
    let of = |word: &str| {
        let standings = Standing::ALL.iter().map(|(standing, _)| *standing);
        Some(standings.filter(|standing| status_of(*standing) == word).collect())
    };
    match status {
        Some(word @ (DRAFT | PAID | CANCELED)) => filter.standings = of(word),
        Some(UNPAID) => {
            filter.standings = of(UNPAID);
            filter.overdue = Some((false, now));
            filter.pending = Some(false);
        }
        Some(OVERDUE) => {
            filter.overdue = Some((true, now));
            filter.pending = Some(false);
        }
        Some(PAYMENT_PENDING) => {
            filter.standings = of(UNPAID);
            filter.pending = Some(true);
        }
        Some(_) | None => {}
    }
}

/// A query parameter; an empty one counts as absent.
pub(super) fn parameter(call: &Call<'_>, name: &str) -> Option<String> {
    call.request.query_value(name).filter(|text| !text.is_empty())
}

/// A whole number in the query; a fault is noted.
pub(super) fn whole(call: &Call<'_>, name: &str, default: i64, least: i64, most: i64, faults: &mut Vec<Fault>) -> i64 {
    let Some(text) = parameter(call, name) else {
        return default;
    };
    let found = text.parse().ok().filter(|n| (least..=most).contains(n));
    found.unwrap_or_else(|| {
        let message = format!("must be a whole number from {least} to {most}");
        faults.push(Fault::at(&[name], &message));
        default
    })
}

fn instant(call: &Call<'_>, name: &str, faults: &mut Vec<Fault>) -> Option<Timestamp> {
    let text = parameter(call, name)?;
    let found = read_instant(&text);
    if found.is_none() {
        faults.push(Fault::at(&[name], NOT_AN_INSTANT));
    }
    found
}

/// The document that an id in a path names.
pub(super) fn named(id: &str) -> Result<Named, Response> {
    document_id(id).map(Named::Id).ok_or_else(errors::not_found)
}

/// The invoice, live or deleted and still shown to this dialect's clients.
pub(super) async fn visible(call: &Call<'_>, named: &Named) -> Result<InvoiceView, Response> {
    let found = call.app.books.invoice(call.context.actor.book, named).await;
    let found = found.map_err(|failure| call.failed(&failure, Deed::Look))?;
    found
        .filter(|view| view.deleted.as_ref().is_none_or(|stone| stone.readable))
        .ok_or_else(errors::not_found)
}

/// Words the failure of a deed on an invoice whose sums are in this currency. One that another dialect deleted for good is unknown
/// here, not deleted.
pub(super) async fn undone(
    call: &Call<'_>,
    named: &Named,
    failure: &Failure,
    deed: Deed,
    currency: Currency,
) -> Response {
    let is_deleted = matches!(failure, Failure::Refused(refusals)
        if matches!(refusals.first(), Refusal::AlreadyDeleted { .. }));
    if is_deleted && let Err(response) = visible(call, named).await {
        return response;
    }
    errors::failure(failure, deed, currency)
}

/// One invoice.
pub async fn get(call: &Call<'_>, id: &str) -> Result<Response, Response> {
    let view = visible(call, &named(id)?).await?;
    Ok(shown(200, &call.invoice(&view)))
}

/// Changes an invoice, sends it or cancels it: what the body names, all or none.
pub async fn update(call: &Call<'_>, id: &str) -> Result<Response, Response> {
    let named = named(id)?;
    let body = call.request.json().map_err(|error| errors::bad_body(&error))?;
    let body = Fields::of(body.as_ref()).map_err(|why| errors::unreadable(&why))?;
    let status = body.text("status").map_err(|why| errors::unreadable(&why))?;
    let verb = match status {
        None => None,
        Some(UNPAID) => Some((Step::SendInvoice(named.clone()), Deed::SendInvoice)),
        Some(CANCELED) => Some((Step::VoidInvoice(named.clone(), None), Deed::CancelInvoice)),
        Some(_) => return Err(errors::invalid_at(&["status"], "must be unpaid or canceled")),
    };
    let fixed = ["customerAccountID", "customerEmail", "invoiceNumber"];
    if let Some(name) = fixed.into_iter().find(|name| body.has(name)) {
        return Err(errors::bad_request(&format!("{name} cannot be changed.")));
    }
    let mut tries = call.app.books.tries(call.context.actor.book);
    while tries.another().await {
        let view = visible(call, &named).await?;
        if view.deleted.is_some() {
            return Err(errors::conflict("The invoice has been deleted."));
        }
        let currency = view.invoice.currency;
        let ground = call.ground().of_invoice(currency);
        let edit = editing::patched(&body, &ground, &view).map_err(|why| errors::unreadable(&why))?;
        if let Some(edit) = &edit
            && view.invoice.standing() != Standing::Draft
            && edit.due != view.invoice.due_at.map(Due::At)
        {
            return Err(errors::conflict("The dueDate can be changed in a draft only."));
        }
        let sent = edit.as_ref().map(|edit| edit.lines.clone()).unwrap_or_default();
        let mut steps = Vec::new();
        let mut deeds = Vec::new();
        if let Some(edit) = edit {
            steps.push(Step::EditInvoice(named.clone(), Box::new(edit)));
            deeds.push(Deed::EditInvoice);
        }
        if let Some((step, deed)) = verb.clone() {
            steps.push(step);
            deeds.push(deed);
        }
        let done = call.app.books.together(&call.context, &RULES, steps).await;
        return match done {
            // Nothing was asked for.
            Ok(views) if views.is_empty() => Ok(shown(200, &call.invoice(&view))),
            Ok(mut views) => {
                let view = views.pop().ok_or_else(errors::internal)?;
                Ok(shown(200, &call.invoice(&view)))
            }
            Err((_, failure)) if failure.is_outrun() => continue,
            Err((at, failure)) => {
                let deed = deeds.get(at).copied().unwrap_or(Deed::Look);
                match unknown_product(&failure, &sent) {
                    Some(response) => Err(response),
                    None => Err(undone(call, &named, &failure, deed, currency).await),
                }
            }
        };
    }
    Err(call.failed(&Failure::Unavailable, Deed::EditInvoice))
}

/// Deletes a draft. A body is not looked at: the operation has none.
pub async fn delete(call: &Call<'_>, id: &str) -> Result<Response, Response> {
    let named = named(id)?;
    let options = DeleteOptions::default();
    let done = call
        .app
        .books
        .delete_invoice(&call.context, &RULES, named.clone(), options)
        .await;
    match done {
        Ok(deleted) => Ok(Response::empty(204).with("Quittance-Receipt", deleted.seal.to_string())),
        Err(failure) => {
            let currency = call.settings.currency;
            Err(undone(call, &named, &failure, Deed::DeleteInvoice, currency).await)
        }
    }
}

/// The payments of an invoice.
pub async fn payments(call: &Call<'_>, id: &str) -> Result<Response, Response> {
    let view = visible(call, &named(id)?).await?;
    Ok(shown(200, &outgoing::payments(&view)))
}

/// Records a payment that was made elsewhere.
pub async fn pay(call: &Call<'_>, id: &str) -> Result<Response, Response> {
    let named = named(id)?;
    let body = call.request.json().map_err(|error| errors::bad_body(&error))?;
    let input = Fields::of(body.as_ref())
        .and_then(|body| incoming::new_payment(&body, &call.ground(), named.clone()))
        .map_err(|why| errors::unreadable(&why))?;
    let currency = input.currency.unwrap_or(call.settings.currency);
    let done = call.app.books.record_payment(&call.context, &RULES, input, None).await;
    match done {
        Ok((payment, invoices)) => {
            let status = if expects_created(call.request) { 201 } else { 200 };
            let shape = invoices.first().map(|view| outgoing::payment(view, &payment));
            shape.map(|shape| shown(status, &shape)).ok_or_else(errors::internal)
        }
        Err(failure) => Err(undone(call, &named, &failure, Deed::RecordPayment, currency).await),
    }
}
