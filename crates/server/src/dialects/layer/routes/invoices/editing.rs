//! Edits of an invoice: replaced as a whole, patched, reset, finalized.

use std::collections::BTreeSet;

use quittance_accounting::identity::DocumentKind;
use quittance_accounting::invoice::Standing;
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;
use quittance_books::input::{InvoiceEdit, Note};
use quittance_books::together::Step;
use quittance_books::view::InvoiceView;
use serde_json::{Value, json};

use super::super::super::errors::{self, Fault};
use super::super::super::manners::{self, NAME};
use super::super::super::mapping::{editing, output};
use super::super::super::rules::RULES;
use super::super::Call;
use super::{customer_in, took_external_id};
use crate::http::Response;

/// Replaces what an invoice says.
pub async fn replace(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    call.invoice(id).await?;
    let body = call.body()?;
    edit(call, id, &body, true).await
}

/// Changes what the body names.
pub async fn patch(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    call.invoice(id).await?;
    let body = call.body()?;
    edit(call, id, &body, false).await
}

async fn edit(call: &Call<'_>, id: &str, body: &Value, whole: bool) -> Result<Response, Fault> {
    let mut tries = call.app.books.tries(call.key());
    while tries.another().await {
        let view = call.invoice(id).await?;
        // Its sums are cents of the business's currency.
        let own = call.book.refuse_abroad(view.invoice.currency);
        own.map_err(|failure| errors::fault(&failure))?;
        let mut edit = InvoiceEdit::of(&view);
        let customer = match whole {
            true => {
                let (new, customer) = editing::replacement(&call.book, body, &call.zone, edit)?;
                edit = new;
                Some(customer)
            }
            false => editing::patch(&call.book, body, &call.zone, &mut edit)?,
        };
        let mut steps = Vec::new();
        if let Some(customer) = customer {
            edit.customer = Some(customer_in(call, &customer, &mut steps).await?);
        }
        let key = view.invoice.key;
        steps.push(Step::EditInvoice(Named::Key(key.0), Box::new(edit)));
        match call.app.books.together_on(&call.context(), &RULES, key, steps).await {
            Ok(view) => return Ok(manners::enveloped(200, output::value(&output::invoice(&view)))),
            // Somebody else may have changed the invoice meanwhile, or made the customer.
            Err((_, failure)) if failure.is_outrun() || took_external_id(&failure, DocumentKind::Customer) => {}
            Err((_, failure)) => return Err(errors::fault(&failure)),
        }
    }
    Err(errors::fault(&Failure::Unavailable))
}

/// Takes an invoice back to sent, in one commit: its refunds and write-offs go, its payments too (of one that settles other invoices
/// as well, this invoice's part), and a void is undone. What somebody recorded between look and commit is taken back in another one;
/// should that be refused, the reset is done all the same, and the invoice is answered with what is left.
pub async fn reset(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let mut view = call.invoice(id).await?;
    let mut is_reset = false;
    let mut tries = call.app.books.tries(call.key());
    while !undoing(&view).is_empty() && tries.another().await {
        match undo(call, id, &mut view, tries.is_anew()).await {
            Ok(is_done) => is_reset |= is_done,
            // What was done stays done, and what came since is shown.
            Err(_) if is_reset => break,
            Err(fault) => return Err(fault),
        }
    }
    match (is_reset, undoing(&view).is_empty()) {
        (true, _) => Ok(manners::enveloped(200, output::value(&output::invoice(&view)))),
        (false, true) => Err(errors::nothing_to_reset()),
        (false, false) => Err(errors::fault(&Failure::Unavailable)),
    }
}

/// Takes back all that is seen of an invoice, looked at anew or not, and puts what is left in its place. Not done where somebody else
/// changed it meanwhile, or took it back.
async fn undo(call: &Call<'_>, id: &str, view: &mut InvoiceView, is_anew: bool) -> Result<bool, Fault> {
    if is_anew {
        *view = call.invoice(id).await?;
    }
    let (key, steps) = (view.invoice.key, undoing(view));
    if steps.is_empty() {
        return Ok(false);
    }
    match call.app.books.together_on(&call.context(), &RULES, key, steps).await {
        Ok(left) => *view = left,
        Err((_, failure)) => return refuse_unless_changed(call, id, view, &failure).await.map(|()| false),
    }
    Ok(true)
}

/// Refuses what was refused for the invoice as it was seen; what somebody else changed meanwhile is looked at anew.
async fn refuse_unless_changed(call: &Call<'_>, id: &str, seen: &InvoiceView, failure: &Failure) -> Result<(), Fault> {
    let now = call.invoice(id).await?;
    match now.invoice == seen.invoice {
        true => Err(errors::fault(failure)),
        false => Ok(()),
    }
}

/// The steps that take back all that happened to an invoice since it was sent. An invoice of nothing is paid by nothing.
fn undoing(view: &InvoiceView) -> Vec<Step> {
    let key = view.invoice.key;
    let mut steps = Vec::new();
    if matches!(view.invoice.standing(), Standing::Draft | Standing::Open) {
        return steps;
    }
    let refunds = view.refunds.iter().map(|known| known.refund.key.0);
    steps.extend(refunds.map(|key| Step::DeleteRefund(Named::Key(key))));
    let write_offs = view.write_offs.iter().map(|known| known.write_off.key.0);
    steps.extend(write_offs.map(|key| Step::DeleteWriteOff(Named::Key(key))));
    let payments: BTreeSet<i64> = view.payments.iter().map(|known| known.payment.key.0).collect();
    let parts = |payment| Step::WithdrawParts(Named::Key(payment), Named::Key(key.0));
    steps.extend(payments.into_iter().map(parts));
    if view.invoice.standing() == Standing::Void {
        steps.push(Step::ReopenInvoice(Named::Key(key.0)));
    }
    steps
}

/// What an invoice may be paid with, in the vendor's words, as it was finalized.
fn methods(view: &InvoiceView) -> Value {
    let kept = output::kept(&view.content.extra, "payment_methods");
    kept.cloned().unwrap_or_else(|| json!([]))
}

/// What an invoice may be paid with.
pub async fn payment_methods(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let view = call.invoice(id).await?;
    Ok(manners::enveloped(200, json!({"payment_methods": methods(&view)})))
}

/// Makes an invoice ready to be paid: a draft is sent, and what it may be paid with is written down, in one commit. A void one is not
/// to be paid.
pub async fn finalize(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let mut view = call.invoice(id).await?;
    let members = editing::finalized(&call.body()?)?;
    let books = &call.app.books;
    let mut tries = books.tries(call.key());
    while tries.another().await {
        if tries.is_anew() {
            view = call.invoice(id).await?;
        }
        let named = Named::Key(view.invoice.key.0);
        let note = Note {
            dialect: NAME,
            members: members.clone(),
        };
        let written = match view.invoice.standing() {
            Standing::Void => return Err(errors::not_to_be_paid()),
            Standing::Draft => books.send_invoice_noting(&call.context(), &RULES, named, note).await,
            Standing::Open
            | Standing::PartPaid
            | Standing::Paid
            | Standing::PartWrittenOff
            | Standing::WrittenOff
            | Standing::Refunded => books.annotate_invoice(&call.context(), named, note).await,
        };
        match written {
            Ok(view) => {
                let invoice = output::value(&output::invoice(&view));
                let shown = json!({"payment_methods": methods(&view), "invoice": invoice});
                return Ok(manners::enveloped(200, shown));
            }
            Err(failure) => refuse_unless_changed(call, id, &view, &failure).await?,
        }
    }
    Err(errors::fault(&Failure::Unavailable))
}
