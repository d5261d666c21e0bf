//! Payments after they were recorded: voided, deleted, and all of them as a feed.

use quittance_accounting::identity::DocumentKind;
use quittance_accounting::snapshot::Named;
use quittance_books::together::Step;
use quittance_books::view::{InvoiceView, PaymentView};

use super::super::errors::{self, Problem};
use super::super::manners::{self, Cursor, Paging};
use super::super::mapping::{filters, overpaid, reading, showing};
use super::super::rules::RULES;
use super::super::wire::PaymentOut;
use super::{Call, Id};
use crate::http::Response;

/// A payment with all that it settles, and the invoice that it settles or settled. What a credit memo settles is a payment as well:
/// the books count both together.
async fn found(call: &Call<'_>, id: Id, payment: Id) -> Result<(InvoiceView, PaymentView), Problem> {
    let (_, invoice) = call.live(id).await?;
    let kind = DocumentKind::Payment;
    let named = Named::Key(call.number(payment, kind)?);
    let found = call.app.books.payment(call.key(), &named).await;
    let view = match found.map_err(|failure| call.failed(failure))? {
        Some(view) => Some(view),
        None => {
            let note = call.app.books.credit_note(call.key(), &named).await;
            note.map_err(|failure| call.failed(failure))?
                .filter(|note| note.deleted.is_none())
                .map(|note| showing::as_payment(&note))
        }
    };
    let key = invoice.invoice.key;
    let is_of = |view: &PaymentView| {
        let former = view.former.iter().filter_map(|part| part.invoice);
        view.allocations
            .iter()
            .map(|part| part.invoice)
            .chain(former)
            .any(|of| of == key)
    };
    let view = view.filter(is_of).ok_or_else(|| errors::absent(kind))?;
    Ok((invoice, view))
}

/// Voids a payment of an invoice: visible entries undo it. Of money that settles more than this invoice, or that a bank vouches for,
/// the part on this invoice is freed.
pub(super) async fn void(call: &Call<'_>, id: Id, payment: Id) -> Result<Response, Problem> {
    let (invoice, view) = found(call, id, payment).await?;
    let on = call.read(reading::void_date)?;
    let key = invoice.invoice.key;
    let named = Named::Key(view.payment.key.0);
    if !view.allocations.iter().any(|part| part.invoice == key) {
        return Err(errors::detail(400, "The payment was voided before."));
    }
    let of_invoice = Named::Key(key.0);
    let step = match (view.payment.witness.is_money(), overpaid::is_memo(&view.payment)) {
        (false, _) => Step::UnapplyCredit(named, of_invoice, on),
        // Of what was overpaid the rest is credit of its own, and what settled this invoice joins it.
        (true, true) => Step::UnallocatePayment(named, of_invoice, on),
        (true, false) => Step::UndoParts(named, of_invoice, on),
    };
    let days = call.days_before(&invoice).await?;
    let done = call.app.books.all_or_none(&call.context(), &RULES, vec![step]).await;
    let done = done.map_err(|(_, failure)| call.failed(failure))?;
    let after = done.invoice(key).map_err(|(_, failure)| call.failed(failure))?;
    let shown = call.shown_after(&after, days, &done).await.payments.unwrap_or_default();
    let id = super::super::mapping::integer(call.key(), view.payment.key.0);
    // The newest of its parts is the one that was undone now.
    let voided = shown.into_iter().rfind(|row: &PaymentOut| row.id == id);
    Ok(manners::json(200, &voided.ok_or(Problem::Broken)?))
}

/// Deletes a payment of an invoice: its entries are withdrawn. Money that was there before, or that a bank vouches for, is unapplied
/// again; of a payment of several invoices this one's part goes. A body is passed over.
pub(super) async fn delete(call: &Call<'_>, id: Id, payment: Id) -> Result<Response, Problem> {
    let (invoice, view) = found(call, id, payment).await?;
    let key = invoice.invoice.key;
    let named = Named::Key(view.payment.key.0);
    let step = if view.allocations.iter().any(|part| part.invoice == key) {
        let invoice = Named::Key(key.0);
        match view.payment.witness.is_money() {
            true => Step::WithdrawParts(named, invoice),
            false => Step::WithdrawCredit(named, invoice),
        }
    } else {
        // One that was voided goes for good, unless more hangs on it than this invoice.
        let others = view.former.iter().any(|part| part.invoice != Some(key));
        if view.payment.voided.is_none() || others || !view.payment.witness.is_money() {
            let text = "The payment no longer settles this invoice, and its money is elsewhere.";
            return Err(errors::detail(409, text));
        }
        Step::DeletePayment(named)
    };
    let steps = vec![step];
    let done = call.app.books.together_on(&call.context(), &RULES, key, steps).await;
    done.map_err(|(_, failure)| call.failed(failure))?;
    Ok(Response::empty(204))
}

/// Every part of a payment that settles an invoice or did, in the order of the last change.
pub(super) async fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let paging = Paging::of(call.request);
    let cursor = Cursor::of(call.request)?;
    let asked = filters::payments(call.request, call.key(), paging, cursor.and_then(Cursor::place));
    let (found, total) = match asked.map_err(|errors| Problem::Said(400, errors))? {
        None => (Vec::new(), Some(0)),
        Some(mut query) => {
            // One more than is shown tells whether there is a next page.
            query.limit = query.limit.saturating_add(1);
            let found = call.app.books.payment_parts(call.key(), &query).await;
            found.map_err(|failure| call.failed(failure))?
        }
    };
    let dated = found.iter().flat_map(|(place, view)| showing::dated_part(view, place));
    let days = call.days_of(dated.collect()).await?;
    let most = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    let more = found.len() > most;
    let last = found
        .get(most.saturating_sub(1))
        .filter(|_| more)
        .map(|(place, _)| *place);
    let shown = found.iter().take(most);
    let rows: Vec<PaymentOut> = shown
        .filter_map(|(place, view)| showing::part(view, place, call.key(), &days))
        .collect();
    let page = match cursor {
        Some(_) => manners::cursor_page(call.request, total, last.map(Cursor::After), rows),
        None => paging.uncounted(call.request, total, more, rows),
    };
    Ok(manners::json(200, &page))
}
