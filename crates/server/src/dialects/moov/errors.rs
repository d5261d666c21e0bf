//! Every refusal and failure in the vendor's form.
//!
//! Three forms exist: no body at all (401, 403, 404, 429, 500, 503), `{"error"}` (400, 409), and an object keyed like the request
//! (422). Promise: every variant of [`Failure`] and [`Refusal`] is named here. Deliberately absent: reasons for an empty answer;
//! the vendor gives none.

use quittance_accounting::identity::DocumentKind;
use quittance_accounting::invoice::Standing;
use quittance_accounting::money::{Amount, Currency, Money};
use quittance_accounting::refusal::{ExchangeRefusal, Refusal, Refusals};
use quittance_books::{Failure, StoreError};
use serde_json::{Map, Value, json};

use super::mapping::reading::{Fault, Unreadable};
use super::wire::{LimitedChannels, status_of};
use crate::app::Unidentified;
use crate::http::message::PLAIN_BODIES;
use crate::http::{BodyError, Response};

/// What was asked for: some refusals read differently for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// To create an invoice.
    CreateInvoice,
    /// To change an invoice.
    EditInvoice,
    /// To make a draft unpaid.
    SendInvoice,
    /// To cancel an invoice.
    CancelInvoice,
    /// To delete an invoice.
    DeleteInvoice,
    /// To record a payment.
    RecordPayment,
    /// To create an account.
    CreateAccount,
    /// To look.
    Look,
}

/// 401: nobody is named.
pub fn unauthorized() -> Response {
    Response::empty(401)
}

/// 403: not yours, or no such route.
pub fn forbidden() -> Response {
    Response::empty(403)
}

/// 404: no such invoice.
pub fn not_found() -> Response {
    Response::empty(404)
}

/// 429 with the seconds to wait.
pub fn rate_limited(seconds: i64) -> Response {
    Response::empty(429).with("retry-after", seconds.to_string())
}

/// 429 with what is limited until when, and what is not.
pub fn notified_already(limits: &LimitedChannels, seconds: i64) -> Response {
    match serde_json::to_value(limits) {
        Ok(body) => Response::json(429, &body).with("retry-after", seconds.to_string()),
        Err(_) => internal(),
    }
}

/// 500: ours, not the client's.
pub fn internal() -> Response {
    Response::empty(500)
}

/// 400: the request cannot be read.
pub fn bad_request(message: &str) -> Response {
    generic(400, message)
}

/// 409: the request can be read and cannot be done now.
pub fn conflict(message: &str) -> Response {
    generic(409, message)
}

fn generic(status: u16, message: &str) -> Response {
    Response::json(status, &json!({ "error": message }))
}

/// 422: an object with the request's keys; items and options are keyed by their index.
pub fn invalid(faults: &[Fault]) -> Response {
    let mut root = Value::Object(Map::new());
    for fault in faults {
        let mut place = &mut root;
        for part in &fault.path {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            place = &mut place[part.as_str()];
        }
        // The first fault of a field stands.
        if place.is_null() {
            *place = Value::from(fault.message.as_str());
        }
    }
    Response::json(422, &root)
}

/// 422 with one fault.
pub fn invalid_at(path: &[&str], message: &str) -> Response {
    invalid(&[Fault::at(path, message)])
}

/// The answer to a body whose contents cannot be used.
pub fn unreadable(why: &Unreadable) -> Response {
    match why {
        Unreadable::Shape(message) => bad_request(message),
        Unreadable::Values(faults) => invalid(faults),
    }
}

/// The answer to a body that is not one JSON value, or no form.
pub fn bad_body(error: &BodyError) -> Response {
    match error {
        BodyError::Encoded => generic(415, &error.to_string()).with(PLAIN_BODIES.0, PLAIN_BODIES.1),
        BodyError::TooLarge | BodyError::NotUtf8 | BodyError::TooDeep | BodyError::NotJson { .. } => {
            bad_request(&error.to_string())
        }
    }
}

/// The answer to credentials that name nobody.
pub fn unidentified(why: &Unidentified) -> Response {
    match why {
        Unidentified::Token(_) => unauthorized(),
        Unidentified::Books(why) => failure(why, Deed::Look, Currency::USD),
    }
}

/// The answer to a failure. Amounts in it are of `currency`.
pub fn failure(failure: &Failure, deed: Deed, currency: Currency) -> Response {
    match failure {
        Failure::Refused(refusals) => refused(chosen(refusals, deed), deed, currency),
        Failure::Forbidden(_) => forbidden(),
        Failure::ContentTooLong { bytes } => bad_request(&format!("The texts take {bytes} bytes, which is too many.")),
        Failure::Unavailable | Failure::Store(StoreError::Interrupted { .. }) => {
            Response::empty(503).with("retry-after", "1")
        }
        Failure::Store(error) => {
            tracing::error!(%error, "the store failed");
            internal()
        }
        Failure::Flawed(flaw) => {
            tracing::error!(?flaw, "the books contradict themselves");
            internal()
        }
    }
}

/// The first reason that the vendor documents for the deed, else the first.
fn chosen(refusals: &Refusals, deed: Deed) -> &Refusal {
    let documented = |refusal: &&Refusal| match deed {
        // Draft only to delete; draft, unpaid and overdue to cancel; draft to send; sent to pay.
        Deed::DeleteInvoice | Deed::EditInvoice | Deed::CancelInvoice | Deed::SendInvoice | Deed::RecordPayment => {
            matches!(refusal, Refusal::NotFound { .. } | Refusal::WrongStanding { .. })
        }
        Deed::CreateInvoice | Deed::CreateAccount | Deed::Look => false,
    };
    refusals.iter().find(documented).unwrap_or_else(|| refusals.first())
}

fn refused(refusal: &Refusal, deed: Deed, currency: Currency) -> Response {
    let money = |amount: &Amount| {
        Money {
            amount: *amount,
            currency,
        }
        .to_string()
    };
    match refusal {
        Refusal::NotFound { .. } => not_found(),
        Refusal::AlreadyDeleted { .. } => conflict("The invoice has been deleted."),
        Refusal::KeyReused { .. } => conflict("The idempotency key was used for another request."),
        Refusal::PlanMoved => conflict("The invoice has changed since the plan was made."),
        Refusal::Held { until, reason: None } => conflict(&format!("The invoice is on hold through {until}.")),
        Refusal::Held {
            until,
            reason: Some(why),
        } => conflict(&format!("The invoice is on hold through {until}: {why}")),
        Refusal::HandedOver { .. } => conflict("The invoice has been handed over to an authority."),
        Refusal::PaymentInProgress { pending } => conflict(&format!("A payment of {} is in progress.", money(pending))),
        Refusal::PeriodClosed {
            entry_date,
            closed_through,
        } => conflict(&format!(
            "The books are closed through {closed_through}, and this would touch {entry_date}."
        )),
        Refusal::WrongStanding { standing, .. } => conflict(&wrong_standing(*standing, deed)),
        Refusal::HasPayments { sum, .. } => conflict(&format!("Payments of {} settle the invoice.", money(sum))),
        Refusal::HasCredits { sum, .. } => conflict(&format!("Credit notes of {} are on the invoice.", money(sum))),
        Refusal::HasRefunds { sum, .. } => conflict(&format!("Refunds of {} were made on the invoice.", money(sum))),
        Refusal::HasWriteOffs { sum, .. } => conflict(&format!("{} of the invoice was written off.", money(sum))),
        Refusal::HasWitnessedMoney { sum } => conflict(&format!(
            "A bank or a provider vouches for {} of the invoice.",
            money(sum)
        )),
        Refusal::ContentErased { .. } => conflict("The texts of the invoice are gone."),
        Refusal::NumberTaken { number, .. } => conflict(&format!("The invoice number {number} is taken.")),
        Refusal::ExternalIdTaken { external_id, .. } => conflict(&format!("The foreign ID {external_id} is taken.")),
        Refusal::UnknownReference { kind, reference } => unknown(*kind, reference),
        Refusal::Ledger(_) => conflict("The ledger takes no such posting."),
        Refusal::ControlAccount { .. } => conflict("The ledger account takes no such posting."),
        Refusal::Exchange(ExchangeRefusal::Differs { document, .. }) if deed == Deed::RecordPayment => invalid_at(
            &["amount", "currency"],
            &format!("must be {document}, the currency of the invoice"),
        ),
        Refusal::Exchange(refusal) => bad_request(&exchange(refusal)),
        Refusal::NoLines => bad_request("lineItems.items must have at least one item."),
        Refusal::TooMany { most, found } => bad_request(&format!("There are {found} where at most {most} may be.")),
        Refusal::NegativeTotal { total } => bad_request(&format!("The total would be {}.", money(total))),
        Refusal::AmountTooLarge => bad_request("An amount is too large."),
        Refusal::AmountNotPositive { .. } => invalid_at(&["amount", "valueDecimal"], "must be more than zero"),
        Refusal::Overpayment { open, offered } => conflict(&format!(
            "{} is open, which is less than {}.",
            money(open),
            money(offered)
        )),
        Refusal::Underpayment { open, offered } => conflict(&format!(
            "{} is open, which is more than {}.",
            money(open),
            money(offered)
        )),
        Refusal::OverAllocated { amount, allocated } => conflict(&format!(
            "The parts come to {}, the payment to {}.",
            money(allocated),
            money(amount)
        )),
        Refusal::RevisionMoved { .. } => conflict("The invoice has changed meanwhile."),
        Refusal::HasAllocations { sum, .. } => conflict(&format!("{} of it settles invoices.", money(sum))),
        Refusal::IsVoid { on, .. } => conflict(&format!("It was voided on {on}.")),
        Refusal::InUse { .. } => conflict("Other documents refer to it."),
        Refusal::BelowSettled { total, settled } => conflict(&format!(
            "{} has been settled, more than {}.",
            money(settled),
            money(total)
        )),
        Refusal::CustomerDiffers { .. } => conflict("The invoice is another customer's."),
        Refusal::OverCredit { creditable, asked } => {
            conflict(&format!("{} can be credited, not {}.", money(creditable), money(asked)))
        }
        Refusal::OverRefund { refundable, asked } => conflict(&format!(
            "{} can be given back, not {}.",
            money(refundable),
            money(asked)
        )),
        Refusal::CannotClose { asked, .. } => conflict(&format!("The books cannot be closed through {asked}.")),
        Refusal::CannotReopen { .. } => conflict("The books cannot be reopened so far."),
    }
}

fn wrong_standing(standing: Standing, deed: Deed) -> String {
    let status = status_of(standing);
    match deed {
        Deed::DeleteInvoice if matches!(standing, Standing::Open | Standing::PartWrittenOff) => {
            format!("Only a draft can be deleted, and the invoice is {status}. Set its status to canceled instead.")
        }
        Deed::DeleteInvoice => format!("Only a draft can be deleted, and the invoice is {status}."),
        Deed::SendInvoice => format!("Only a draft can become unpaid, and the invoice is {status}."),
        Deed::CancelInvoice => {
            format!("Only a draft, unpaid or overdue invoice can be canceled, and the invoice is {status}.")
        }
        Deed::RecordPayment => {
            format!("A payment can be recorded on an unpaid or overdue invoice, and the invoice is {status}.")
        }
        Deed::EditInvoice => {
            format!("A draft, unpaid or overdue invoice can be changed, and the invoice is {status}.")
        }
        Deed::CreateInvoice | Deed::CreateAccount | Deed::Look => format!("The invoice is {status}."),
    }
}

fn unknown(kind: DocumentKind, reference: &str) -> Response {
    match kind {
        DocumentKind::Customer => invalid_at(&["customerAccountID"], "is not an account that the merchant can bill"),
        DocumentKind::Book
        | DocumentKind::Account
        | DocumentKind::Product
        | DocumentKind::Invoice
        | DocumentKind::Payment
        | DocumentKind::Refund
        | DocumentKind::WriteOff
        | DocumentKind::CreditNote
        | DocumentKind::Line
        | DocumentKind::Token
        | DocumentKind::Resource
        | DocumentKind::ManualEntry
        | DocumentKind::Request => bad_request(&format!("{reference} names nothing here.")),
    }
}

/// Words for what does not fit in a currency or a rate.
fn exchange(refusal: &ExchangeRefusal) -> String {
    match refusal {
        ExchangeRefusal::Differs { document, money } => format!("The amount must be in {document}, not {money}."),
        ExchangeRefusal::NoRate { currency, day } => format!("No exchange rate of {currency} is known on {day}."),
        ExchangeRefusal::OwnCurrency { currency } => {
            format!("{currency} is the currency of the account and has no exchange rate.")
        }
        ExchangeRefusal::Frozen { currency, .. } => format!("The invoice was sent in {currency}, which cannot change."),
    }
}
