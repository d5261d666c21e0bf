//! Telling a customer of an invoice again.
//!
//! This server sends no mail. What is true of a notice is kept: whether one may go out, and when the last one was asked for, which
//! forbids the next for a day. The note stands among the invoice's texts and in the log.

use jiff::{SignedDuration, Timestamp};
use quittance_books::Failure;
use quittance_books::input::InvoiceEdit;
use quittance_books::view::InvoiceView;
use serde_json::Value;

use super::Call;
use super::invoices::{named, undone, visible};
use crate::dialects::moov::errors::{self, Deed};
use crate::dialects::moov::manners::HOURS_BETWEEN_NOTICES;
use crate::dialects::moov::mapping::reading::Fields;
use crate::dialects::moov::mapping::{EXTRA, outgoing};
use crate::dialects::moov::rules::RULES;
use crate::dialects::moov::wire::{LimitedChannel, LimitedChannels, OVERDUE, UNPAID};
use crate::http::Response;

/// The only channel.
const EMAIL: &str = "email";

/// Has the customer told, by every channel that is named or by none.
pub async fn notify(call: &Call<'_>, id: &str) -> Result<Response, Response> {
    let named = named(id)?;
    let body = call.request.json().map_err(|error| errors::bad_body(&error))?;
    let body = Fields::of(body.as_ref()).map_err(|why| errors::unreadable(&why))?;
    match body.member("channels") {
        Some(Value::Array(channels)) if channels.is_empty() => {
            return Err(errors::invalid_at(&["channels"], "must name at least one channel"));
        }
        Some(Value::Array(channels)) if channels.iter().any(|channel| channel != EMAIL) => {
            return Err(errors::invalid_at(&["channels"], "must be of email"));
        }
        Some(Value::Array(_)) => {}
        Some(_) => return Err(errors::bad_request("channels must be a list.")),
        None => return Err(errors::invalid_at(&["channels"], "is required")),
    }
    let mut tries = call.app.books.tries(call.context.actor.book);
    while tries.another().await {
        let view = visible(call, &named).await?;
        may_be_told(&view, call.app.now())?;
        let mut members = outgoing::own_members(&view);
        members.insert(
            outgoing::NOTIFIED_ON.to_owned(),
            Value::from(call.app.now().to_string()),
        );
        // An edit of what was just looked at: whoever changed the invoice since, or had its customer told, is not overlooked.
        let mut edit = InvoiceEdit::of(&view);
        edit.content.extra.insert(EXTRA.to_owned(), Value::Object(members));
        return match call
            .app
            .books
            .edit_invoice(&call.context, &RULES, named.clone(), edit)
            .await
        {
            Ok(_) => Ok(Response::empty(204)),
            Err(failure) if failure.is_outrun() => continue,
            Err(failure) => Err(undone(call, &named, &failure, Deed::EditInvoice, view.invoice.currency).await),
        };
    }
    Err(call.failed(&Failure::Unavailable, Deed::EditInvoice))
}

/// Whether the customer of an invoice may be told of it now; else the answer that says why not.
fn may_be_told(view: &InvoiceView, now: Timestamp) -> Result<(), Response> {
    if view.deleted.is_some() {
        return Err(errors::conflict("The invoice has been deleted."));
    }
    let status = outgoing::status(view);
    if ![UNPAID, OVERDUE].contains(&status) {
        let message = format!("A notice goes out of an unpaid or overdue invoice, and the invoice is {status}.");
        return Err(errors::conflict(&message));
    }
    if outgoing::customer_email(view).is_none() {
        return Err(errors::conflict("The customer has no email address."));
    }
    let last = outgoing::notified_on(view).max(view.invoice.sent_at);
    let next = last.and_then(|last| last.checked_add(SignedDuration::from_hours(HOURS_BETWEEN_NOTICES)).ok());
    let Some(next) = next.filter(|next| *next > now) else {
        return Ok(());
    };
    let limits = LimitedChannels {
        error: format!("A channel can be used once in {HOURS_BETWEEN_NOTICES} hours."),
        limited_channels: vec![LimitedChannel {
            channel: EMAIL,
            available_on: next.to_string(),
        }],
        available_channels: Vec::new(),
    };
    // Rounded up, so that whoever waits as long is let in.
    let wait = next.duration_since(now);
    let seconds = wait.as_secs() + i64::from(wait.subsec_nanos() > 0);
    Err(errors::notified_already(&limits, seconds))
}
