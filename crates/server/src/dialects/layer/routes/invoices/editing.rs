//! Edits of an invoice: replaced as a whole, patched, reset.

use quittance_accounting::invoice::Standing;
use quittance_accounting::refusal::Refusal;
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;
use quittance_books::input::InvoiceEdit;
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
            Err(Failure::Refused(reasons)) if reasons.iter().any(is_race) => {}
            Err(failure) => return Err(errors::fault(&failure)),
        }
    }
    Err(errors::fault(&Failure::Unavailable))
}

/// Whether the invoice changed between the look and the edit.
fn is_race(reason: &Refusal) -> bool {
    matches!(reason, Refusal::RevisionMoved { .. })
}

/// Takes an invoice back to sent: a void is undone. What has settled one must be taken back first.
pub async fn reset(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let view = call.invoice(id).await?;
    let named = Named::Key(view.invoice.key.0);
    match view.invoice.standing() {
        Standing::Void => {}
        Standing::Draft | Standing::Open => return Err(errors::nothing_to_reset()),
        Standing::PartPaid | Standing::Paid | Standing::PartWrittenOff | Standing::WrittenOff | Standing::Refunded => {
            return Err(errors::settled_cannot_be_reset());
        }
    }
    let view = call.app.books.reopen_invoice(&call.context(), named).await;
    let view = view.map_err(|failure| errors::fault(&failure))?;
    Ok(manners::enveloped(200, output::value(&output::invoice(&view))))
}
