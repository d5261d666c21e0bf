//! What was given back and what was given up: by itself or page by page, each with what it is of.

use std::collections::BTreeMap;

use quittance_accounting::identity::{DocumentId, DocumentKind, InvoiceKey};
use quittance_accounting::snapshot::Named;
use quittance_books::listing::DocumentQuery;
use quittance_books::view::{BookView, RefundView, WriteOffView};
use serde_json::{Value, json};

use super::ledger::absent;
use super::{Call, Ended, Stopped, failed, id_of};
use crate::dialects::native::errors::Fault;
use crate::dialects::native::manners::{MOST_PER_PAGE, USUAL_PER_PAGE, known_query, whole};
use crate::dialects::native::mapping::showing;
use crate::dialects::native::wire::optional;
use crate::http::Response;

/// The page that the query asks for, with one document more, which tells whether there is a next page.
fn page(call: &Call<'_>, kind: DocumentKind) -> Result<(DocumentQuery, usize), Fault> {
    known_query(call.request, &["limit", "cursor"])?;
    let limit = whole(call.request, "limit", 1, MOST_PER_PAGE)?.unwrap_or(USUAL_PER_PAGE);
    let query = DocumentQuery {
        kind,
        descending: false,
        after: whole(call.request, "cursor", 0, i64::MAX)?,
        limit: limit + 1,
    };
    Ok((query, usize::try_from(limit).unwrap_or(usize::MAX)))
}

/// The ids of invoices.
async fn invoices(
    call: &Call<'_>,
    keys: impl Iterator<Item = InvoiceKey>,
) -> Result<BTreeMap<InvoiceKey, DocumentId>, Stopped> {
    let keys: Vec<InvoiceKey> = keys.collect();
    call.app.books.invoice_ids(call.actor.book, &keys).await.map_err(failed)
}

fn hex(id: Option<DocumentId>) -> Value {
    optional(id, |id| Value::from(id.hex()))
}

/// A refund with what it is of: an invoice, a payment, a credit note, a customer alone, a refund that was owed.
async fn refund(
    call: &Call<'_>,
    view: &RefundView,
    book: &BookView,
    invoices: &BTreeMap<InvoiceKey, DocumentId>,
) -> Result<Value, Stopped> {
    let (books, key) = (&call.app.books, call.actor.book);
    let (mut payment, mut note) = (None, None);
    if let Some(of) = view.refund.payment {
        let named = Named::Key(of.0);
        payment = books
            .payment(key, &named)
            .await
            .map_err(failed)?
            .map(|view| view.payment.id);
        if payment.is_none() {
            note = books
                .credit_note(key, &named)
                .await
                .map_err(failed)?
                .map(|view| view.note.id);
        }
    }
    let mut shown = showing::refund_of(view, book);
    let invoice = view.refund.invoice.and_then(|key| invoices.get(&key)).copied();
    shown["of"] = json!({"invoice": hex(invoice), "payment": hex(payment), "credit_note": hex(note)});
    if let Some(of) = view.refund.customer {
        let found = books.customer(key, &Named::Key(of.0)).await.map_err(failed)?;
        shown["of"]["customer"] = hex(found.map(|view| view.customer.id));
    }
    if let Some(of) = view.refund.pays {
        let found = books.find_refund(key, &Named::Key(of.0)).await.map_err(failed)?;
        shown["of"]["refund"] = hex(found.map(|view| view.refund.id));
    }
    Ok(shown)
}

fn write_off(view: &WriteOffView, book: &BookView, invoices: &BTreeMap<InvoiceKey, DocumentId>) -> Value {
    let mut shown = showing::write_off(view, book);
    shown["of"] = json!({"invoice": hex(invoices.get(&view.write_off.invoice).copied())});
    shown
}

fn listed(data: Vec<Value>, limit: usize, next: Option<i64>) -> Response {
    let next = next.map(|key| key.to_string());
    Response::json(200, &json!({"data": data, "limit": limit, "next_cursor": next}))
}

/// Refunds in order of creation.
pub async fn refunds(call: &Call<'_>) -> Ended {
    let (query, limit) = page(call, DocumentKind::Refund)?;
    let found = call.app.books.refunds_after(call.actor.book, &query).await;
    let mut found = found.map_err(failed)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let book = call.book().await?;
    let ids = invoices(call, found.iter().filter_map(|view| view.refund.invoice)).await?;
    let mut data = Vec::with_capacity(found.len());
    for view in &found {
        data.push(refund(call, view, &book, &ids).await?);
    }
    let last = found.last().filter(|_| more).map(|view| view.refund.key.0);
    Ok(listed(data, limit, last))
}

/// One refund.
pub async fn refund_by_id(call: &Call<'_>, id: &str) -> Ended {
    let named = Named::Id(id_of(id)?);
    known_query(call.request, &[])?;
    let found = call.app.books.find_refund(call.actor.book, &named).await;
    let view = found.map_err(failed)?.ok_or_else(|| absent(DocumentKind::Refund))?;
    let ids = invoices(call, view.refund.invoice.into_iter()).await?;
    let book = call.book().await?;
    let shown = refund(call, &view, &book, &ids).await?;
    Ok(Response::json(200, &shown))
}

/// Write-offs in order of creation.
pub async fn write_offs(call: &Call<'_>) -> Ended {
    let (query, limit) = page(call, DocumentKind::WriteOff)?;
    let found = call.app.books.write_offs_after(call.actor.book, &query).await;
    let mut found = found.map_err(failed)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let book = call.book().await?;
    let ids = invoices(call, found.iter().map(|view| view.write_off.invoice)).await?;
    let data = found.iter().map(|view| write_off(view, &book, &ids)).collect();
    let last = found.last().filter(|_| more).map(|view| view.write_off.key.0);
    Ok(listed(data, limit, last))
}

/// One write-off.
pub async fn write_off_by_id(call: &Call<'_>, id: &str) -> Ended {
    let named = Named::Id(id_of(id)?);
    known_query(call.request, &[])?;
    let found = call.app.books.find_write_off(call.actor.book, &named).await;
    let view = found.map_err(failed)?.ok_or_else(|| absent(DocumentKind::WriteOff))?;
    let ids = invoices(call, std::iter::once(view.write_off.invoice)).await?;
    let book = call.book().await?;
    Ok(Response::json(200, &write_off(&view, &book, &ids)))
}
