//! How HighLevel says no.
//!
//! Three forms: 400 with one text, 422 with a list of texts, 401 with a text and the name of the status. Of several reasons the
//! first that the vendor documents for the operation is named, else the first. Deliberately absent: deciding anything.

use quittance_accounting::invoice::Standing;
use quittance_accounting::refusal::{ExchangeRefusal, Refusal, Refusals};
use quittance_books::{Failure, StoreError};
use serde_json::{Value, json};

use crate::http::message::{BodyError, PLAIN_BODIES};
use crate::http::{Request, Response};

/// What was being done when it was refused: the vendor words the same reason differently for delete and void.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Creating an invoice.
    Create,
    /// Looking.
    Read,
    /// Editing an invoice, or writing something down about it.
    Edit,
    /// Deleting an invoice.
    Delete,
    /// Voiding an invoice.
    Void,
    /// Sending an invoice.
    Send,
    /// Recording a payment.
    Pay,
}

/// Why a request is not answered as it wished.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// No `Version` header.
    VersionMissing,
    /// A `Version` nobody published.
    VersionUnknown,
    /// No token, or one that names nobody, or one that ended.
    BadToken,
    /// The token does not reach this, or its role does not allow it.
    Scope,
    /// Too many calls.
    TooManyCalls,
    /// The location is not the token's.
    Location,
    /// The body cannot be read.
    Unreadable(BodyError),
    /// The members of the request are not as they must be: one text for each.
    Invalid(Vec<String>),
    /// The id names no invoice of this location.
    NoInvoice,
    /// A rule of this dialect's own, in its words.
    Rule(String),
    /// The books said no.
    Refused(Operation, Failure),
    /// The books could not be asked.
    Books(Failure),
}

const BAD_TOKEN: &str = "Invalid token: access token is invalid";
const NO_SCOPE: &str = "The token is not authorized for this scope.";
const NO_INVOICE: &str = "Unable to find an invoice with the given invoice id";
const NOT_A_DRAFT: &str = "Invoice status need to be draft to delete an invoice";
const VOID_OF_A_DRAFT: &str = "Can not void draft invoice. You can delete draft invoice!";
const VOID_OF_PROVIDER_MONEY: &str = "To void an invoice which has received payment through the payment provider, the \
                                      corresponding transaction needs to be refunded first";

impl Fault {
    /// The answer that says so.
    pub fn response(&self) -> Response {
        match self {
            Fault::VersionMissing => unauthorized("version header was not found."),
            Fault::VersionUnknown => unauthorized("version header is invalid"),
            Fault::BadToken => unauthorized(BAD_TOKEN),
            Fault::Scope => unauthorized(NO_SCOPE),
            Fault::TooManyCalls => plain(429, "Too Many Requests"),
            Fault::Location => plain(403, "The token does not have access to this location."),
            Fault::Unreadable(BodyError::TooLarge) => plain(413, "request entity too large"),
            Fault::Unreadable(error @ BodyError::Encoded) => {
                plain(415, &error.to_string()).with(PLAIN_BODIES.0, PLAIN_BODIES.1)
            }
            Fault::Unreadable(error @ (BodyError::NotUtf8 | BodyError::TooDeep | BodyError::NotJson { .. })) => {
                plain(400, &error.to_string())
            }
            Fault::Invalid(problems) => invalid(problems),
            Fault::NoInvoice => plain(400, NO_INVOICE),
            Fault::Rule(words) => plain(400, words),
            Fault::Refused(operation, failure) => refused(*operation, failure),
            Fault::Books(failure) => refused(Operation::Read, failure),
        }
    }
}

/// The answer to a failure of the books.
pub fn refused(operation: Operation, failure: &Failure) -> Response {
    match failure {
        Failure::Refused(refusals) => plain(400, &reason(operation, refusals)),
        Failure::Forbidden(_) => unauthorized(NO_SCOPE),
        Failure::ContentTooLong { bytes } => {
            invalid(&[format!("the texts of the document are too long: {bytes} bytes")])
        }
        Failure::Unavailable | Failure::Store(StoreError::Interrupted { .. }) => plain(503, "Service Unavailable"),
        Failure::Store(_) | Failure::Flawed(_) => internal_error(),
    }
}

/// The first reason that the vendor documents for the operation, else the first.
fn reason(operation: Operation, refusals: &Refusals) -> String {
    refusals
        .iter()
        .find_map(|refusal| documented(operation, refusal))
        .map_or_else(|| words(operation, refusals.first()), str::to_owned)
}

/// The vendor's own words, where it has published some.
fn documented(operation: Operation, refusal: &Refusal) -> Option<&'static str> {
    match (operation, refusal) {
        (_, Refusal::NotFound { .. } | Refusal::AlreadyDeleted { .. }) => Some(NO_INVOICE),
        (Operation::Delete, Refusal::WrongStanding { .. }) => Some(NOT_A_DRAFT),
        (Operation::Void, Refusal::WrongStanding { standing, .. }) if *standing == Standing::Draft => {
            Some(VOID_OF_A_DRAFT)
        }
        (Operation::Void, Refusal::HasWitnessedMoney { .. }) => Some(VOID_OF_PROVIDER_MONEY),
        (
            Operation::Create
            | Operation::Read
            | Operation::Edit
            | Operation::Delete
            | Operation::Void
            | Operation::Send
            | Operation::Pay,
            _,
        ) => None,
    }
}

/// Our words, in the manner of the vendor's.
fn words(operation: Operation, refusal: &Refusal) -> String {
    match refusal {
        Refusal::NotFound { .. } | Refusal::AlreadyDeleted { .. } => NO_INVOICE.to_owned(),
        Refusal::KeyReused { .. } => "The idempotency key was used for another request".to_owned(),
        Refusal::PlanMoved => "The invoice has changed since the plan was made".to_owned(),
        Refusal::Held { until, reason } => {
            let why = reason.as_deref().map_or_else(String::new, |why| format!(": {why}"));
            format!("Invoice is on hold until {until}{why}")
        }
        Refusal::HandedOver { .. } => "Invoice was handed over to an authority".to_owned(),
        Refusal::PaymentInProgress { .. } => "A payment of the invoice is being processed".to_owned(),
        Refusal::PeriodClosed {
            entry_date,
            closed_through,
        } => format!("The books are closed through {closed_through}, nothing can be posted on {entry_date}"),
        Refusal::WrongStanding { standing, .. } => wrong_standing(operation, *standing),
        Refusal::HasPayments { .. } if operation == Operation::Edit => {
            "Contact can not be changed, invoice has payments".to_owned()
        }
        Refusal::HasPayments { .. } => "Invoice has payments".to_owned(),
        Refusal::HasCredits { .. } => "Invoice has credit notes".to_owned(),
        Refusal::HasRefunds { .. } => "Invoice has refunds".to_owned(),
        Refusal::HasWriteOffs { .. } => "Part of the invoice was written off".to_owned(),
        Refusal::HasWitnessedMoney { .. } => "Invoice has received payment through a payment provider".to_owned(),
        Refusal::ContentErased { .. } => "The texts of the invoice are gone".to_owned(),
        Refusal::NumberTaken { number, .. } => format!("Invoice number {number} is already in use"),
        Refusal::ExternalIdTaken { external_id, .. } => format!("The id {external_id} is already in use"),
        Refusal::UnknownReference { kind, reference } => format!("Unable to find the {} {reference}", kind_word(*kind)),
        Refusal::Ledger(_) => "The ledger takes no such posting".to_owned(),
        Refusal::ControlAccount { .. } => "The account takes no posting of this kind".to_owned(),
        Refusal::Exchange(refusal) => exchange(refusal),
        Refusal::NoLines => "Invoice has no items".to_owned(),
        Refusal::TooMany { most, found } => format!("{found} items are more than the {most} that are allowed"),
        Refusal::NegativeTotal { .. } => "Invoice total can not be less than zero".to_owned(),
        Refusal::AmountTooLarge => "Invoice amount is too large".to_owned(),
        Refusal::AmountNotPositive { .. } => "Amount must be greater than zero".to_owned(),
        Refusal::Overpayment { .. } => "Amount is greater than the amount due".to_owned(),
        Refusal::Underpayment { .. } => "Amount is less than the amount due".to_owned(),
        Refusal::OverAllocated { .. } => "The parts of the payment are more than the payment".to_owned(),
        Refusal::RevisionMoved { .. } => "The invoice has changed meanwhile".to_owned(),
        Refusal::HasAllocations { .. } => "It settles invoices".to_owned(),
        Refusal::IsVoid { kind, on } => format!("The {} was voided on {on}", kind_word(*kind)),
        Refusal::InUse { kind, by, .. } => {
            format!("The {} is in use by at least one {}", kind_word(*kind), kind_word(*by))
        }
        Refusal::BelowSettled { .. } => "Total is less than the amount paid".to_owned(),
        Refusal::CustomerDiffers { .. } => "The invoice is of another contact".to_owned(),
        Refusal::OverCredit { .. } => "Amount is greater than the invoice".to_owned(),
        Refusal::OverRefund { .. } => "Amount is greater than what can be refunded".to_owned(),
        Refusal::CannotClose { asked, .. } => format!("The books can not be closed through {asked}"),
        Refusal::CannotReopen { .. } => "The books can not be reopened".to_owned(),
    }
}

fn wrong_standing(operation: Operation, standing: Standing) -> String {
    let status = super::mapping::status_of(standing);
    let verb = match operation {
        Operation::Create => "create",
        Operation::Read => "read",
        Operation::Edit => "update",
        Operation::Delete => "delete",
        Operation::Void => "void",
        Operation::Send => "send",
        Operation::Pay => "record a payment for",
    };
    format!("Can not {verb} {status} invoice")
}

fn kind_word(kind: quittance_accounting::identity::DocumentKind) -> &'static str {
    use quittance_accounting::identity::DocumentKind;
    match kind {
        DocumentKind::Book => "location",
        DocumentKind::Account => "account",
        DocumentKind::Customer => "contact",
        DocumentKind::Product => "product",
        DocumentKind::Invoice => "invoice",
        DocumentKind::Payment => "payment",
        DocumentKind::Refund => "refund",
        DocumentKind::WriteOff => "write-off",
        DocumentKind::CreditNote => "credit note",
        DocumentKind::Line => "item",
        DocumentKind::Token => "token",
        DocumentKind::Resource => "resource",
        DocumentKind::ManualEntry => "journal entry",
        DocumentKind::Request => "request",
    }
}

fn plain(status: u16, message: &str) -> Response {
    Response::json(status, &json!({"statusCode": status, "message": message}))
}

fn unauthorized(message: &str) -> Response {
    Response::json(
        401,
        &json!({"statusCode": 401, "message": message, "error": "Unauthorized"}),
    )
}

fn invalid(problems: &[String]) -> Response {
    let message: Vec<Value> = problems.iter().cloned().map(Value::String).collect();
    Response::json(
        422,
        &json!({"statusCode": 422, "message": message, "error": "Unprocessable Entity"}),
    )
}

/// The answer to a method and path that nothing answers to.
pub fn no_route(request: &Request) -> Response {
    let message = format!("Cannot {} {}", request.method, request.path);
    Response::json(
        404,
        &json!({"statusCode": 404, "message": message, "error": "Not Found"}),
    )
}

/// The dialect's own internal error.
pub fn internal_error() -> Response {
    plain(500, "Internal server error")
}

/// Words for what does not fit in a currency or a rate.
fn exchange(refusal: &ExchangeRefusal) -> String {
    match refusal {
        ExchangeRefusal::Differs { document, money } => {
            format!("Currency {money} is not that of the invoice, {document}")
        }
        ExchangeRefusal::NoRate { currency, day } => {
            format!("Currency {currency} is not supported on {day}, no exchange rate is known")
        }
        ExchangeRefusal::OwnCurrency { currency } => {
            format!("{currency} is the currency of the location and has no exchange rate")
        }
        ExchangeRefusal::Frozen { currency, .. } => format!("Currency {currency} of a sent invoice can not be changed"),
    }
}
