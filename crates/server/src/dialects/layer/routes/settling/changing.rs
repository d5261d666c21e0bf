//! What was recorded before: payments changed and deleted, write-offs taken back.

use quittance_accounting::identity::DocumentKind;
use quittance_accounting::money::Amount;
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;
use quittance_books::input::PaymentEdit;
use quittance_books::view::PaymentView;
use serde_json::Value;

use super::super::super::errors::{self, Fault};
use super::super::super::manners;
use super::super::super::mapping::{editing, output};
use super::super::super::rules::RULES;
use super::super::Call;
use super::settled;
use crate::http::Response;

/// The payment that an id in the path names.
async fn payment(call: &Call<'_>, id: &str) -> Result<PaymentView, Fault> {
    let missing = || errors::missing(DocumentKind::Payment);
    let id = manners::read_id(id, "paymentId")?.ok_or_else(missing)?;
    let found = call.app.books.payment(call.key(), &Named::Id(id)).await;
    found.map_err(|failure| errors::fault(&failure))?.ok_or_else(missing)
}

/// The payment of this id that settles the invoice of this id.
async fn payment_of(call: &Call<'_>, invoice: &str, id: &str) -> Result<PaymentView, Fault> {
    let invoice = call.invoice(invoice).await?.invoice.key;
    let view = payment(call, id).await?;
    match view.allocations.iter().any(|known| known.invoice == invoice) {
        true => Ok(view),
        false => Err(errors::missing(DocumentKind::Payment)),
    }
}

/// Changes a payment; nothing where it changed since it was looked at.
async fn change(call: &Call<'_>, view: &PaymentView, edit: PaymentEdit) -> Result<Option<Response>, Fault> {
    let own = call.book.refuse_abroad(view.payment.currency);
    own.map_err(|failure| errors::fault(&failure))?;
    let named = Named::Key(view.payment.key.0);
    let books = &call.app.books;
    match books.change_payment(&call.context(), &RULES, named, edit).await {
        Ok((payment, invoices)) => {
            let shown = output::payment(&call.book, &payment, &invoices);
            Ok(Some(manners::enveloped(200, output::value(&shown))))
        }
        Err(failure) if failure.is_outrun() => Ok(None),
        Err(failure) => Err(errors::fault(&failure)),
    }
}

/// Changes what the body names of a payment.
pub async fn patch_payment(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    payment(call, id).await?;
    let body = call.body()?;
    let mut tries = call.app.books.tries(call.key());
    while tries.another().await {
        let view = payment(call, id).await?;
        let edit = patched(call, &body, &view)?;
        if let Some(response) = change(call, &view, edit).await? {
            return Ok(response);
        }
    }
    Err(errors::fault(&Failure::Unavailable))
}

/// What a body makes of a payment.
fn patched(call: &Call<'_>, body: &Value, view: &PaymentView) -> Result<PaymentEdit, Fault> {
    let mut edit = PaymentEdit::of(view);
    editing::payment(&call.book, body, &call.zone, &mut edit)?;
    let sums = edit.parts.as_ref().map(|parts| {
        Amount::sum(parts.iter().map(|(_, part)| match part {
            Part::Exactly(amount) => *amount,
            Part::WhatIsOpen => Amount::ZERO,
        }))
    });
    let split = view.allocations.len() > 1 && edit.amount != view.payment.amount;
    match sums {
        Some(sum) if sum != Some(edit.amount) => Err(errors::payload(
            "invoice_payments",
            "must add up to the amount of the payment",
        )),
        None if split => Err(errors::payload(
            "invoice_payments",
            "is required: the payment settles several invoices",
        )),
        Some(_) | None => Ok(edit),
    }
}

/// Replaces the payment of an invoice.
pub async fn replace_payment(call: &Call<'_>, invoice: &str, id: &str) -> Result<Response, Fault> {
    payment_of(call, invoice, id).await?;
    let body = call.body()?;
    let mut tries = call.app.books.tries(call.key());
    while tries.another().await {
        let view = payment_of(call, invoice, id).await?;
        if view.allocations.len() > 1 {
            return Err(errors::payload(
                "The payment",
                "settles several invoices; change it by itself",
            ));
        }
        let named = Named::Key(view.payment.key.0);
        let new = super::super::super::mapping::settling::dedicated_payment(&call.book, &body, &call.zone, named)?;
        let edit = editing::replaced_payment(new, PaymentEdit::of(&view));
        if let Some(response) = change(call, &view, edit).await? {
            return Ok(response);
        }
    }
    Err(errors::fault(&Failure::Unavailable))
}

async fn delete(call: &Call<'_>, view: PaymentView) -> Result<Response, Fault> {
    let before = settled(call, &view).await?;
    let named = Named::Key(view.payment.key.0);
    let deleted = call.app.books.delete_payment(&call.context(), named).await;
    deleted.map_err(|failure| errors::fault(&failure))?;
    let shown = output::payment(&call.book, &view, &before);
    Ok(manners::enveloped(200, output::value(&shown)))
}

/// Deletes a payment and answers it as it was.
pub async fn delete_payment(call: &Call<'_>, id: &str) -> Result<Response, Fault> {
    let view = payment(call, id).await?;
    delete(call, view).await
}

/// The same, of the payment of an invoice.
pub async fn delete_payment_of(call: &Call<'_>, invoice: &str, id: &str) -> Result<Response, Fault> {
    let view = payment_of(call, invoice, id).await?;
    delete(call, view).await
}

/// Takes a write-off back and answers it as it was.
pub async fn delete_write_off(call: &Call<'_>, id: &str, write_off: &str) -> Result<Response, Fault> {
    let view = call.invoice(id).await?;
    let wanted = manners::read_id(write_off, "writeOffId")?;
    let found = view.write_offs.iter().find(|known| Some(known.write_off.id) == wanted);
    let found = found.ok_or_else(|| errors::missing(DocumentKind::WriteOff))?;
    let named = Named::Key(found.write_off.key.0);
    let deleted = call.app.books.delete_write_off(&call.context(), named).await;
    deleted.map_err(|failure| errors::fault(&failure))?;
    Ok(manners::enveloped(200, output::value(&output::write_off(&view, found))))
}
