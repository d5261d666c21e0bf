//! Edits of an invoice: replaced as a whole, patched, reset.

use quittance_accounting::invoice::Standing;
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;
use quittance_books::input::InvoiceEdit;
use quittance_books::together::Step;
use serde_json::Value;

use super::super::super::errors::{self, Fault};
use super::super::super::manners;
use super::super::super::mapping::{editing, output};
use super::super::super::rules::RULES;
use super::super::Call;
use super::{MOST_TRIES, customer_key};
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
    for _ in 0..MOST_TRIES {
        let view = call.invoice(id).await?;
        let mut edit = InvoiceEdit::of(&view);
        let customer = match whole {
            true => {
                let (new, customer) = editing::replacement(&call.book, body, &call.zone, edit)?;
                edit = new;
                Some(customer)
            }
            false => editing::patch(&call.book, body, &call.zone, &mut edit)?,
        };
        if let Some(customer) = customer {
            edit.customer = Some(Named::Key(customer_key(call, &customer).await?.0));
        }
        let named = Named::Key(view.invoice.key.0);
        match call.app.books.edit_invoice(&call.context(), &RULES, named, edit).await {
            Ok(view) => return Ok(manners::enveloped(200, output::value(&output::invoice(&view)))),
            Err(failure) if failure.is_outrun() => {}
            Err(failure) => return Err(errors::fault(&failure)),
        }
    }
    Err(errors::fault(&Failure::Unavailable))
}

/// Takes an invoice back to sent, in one commit: its refunds and write-offs go, its payments too (of one that settles other invoices
/// as well, this invoice's part), and a void is undone.
pub async fn reset(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let view = call.invoice(id).await?;
    if matches!(view.invoice.standing(), Standing::Draft | Standing::Open) {
        return Err(errors::nothing_to_reset());
    }
    let key = view.invoice.key;
    let mut steps = Vec::new();
    let refunds = view.refunds.iter().map(|known| known.refund.key.0);
    steps.extend(refunds.map(|key| Step::DeleteRefund(Named::Key(key))));
    let write_offs = view.write_offs.iter().map(|known| known.write_off.key.0);
    steps.extend(write_offs.map(|key| Step::DeleteWriteOff(Named::Key(key))));
    for known in &view.payments {
        let named = Named::Key(known.payment.key.0);
        let whole = call.app.books.payment(call.key(), &named).await;
        let Some(whole) = whole.map_err(|failure| errors::fault(&failure))? else {
            continue;
        };
        steps.push(Step::without_part(&whole, key));
    }
    if view.invoice.standing() == Standing::Void {
        steps.push(Step::ReopenInvoice(Named::Key(key.0)));
    }
    let done = call.app.books.together(&call.context(), &RULES, steps).await;
    done.map_err(|(_, failure)| errors::fault(&failure))?;
    let view = call.invoice_named(&Named::Key(key.0)).await?;
    Ok(manners::enveloped(200, output::value(&output::invoice(&view))))
}
