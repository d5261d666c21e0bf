//! Every way in which a request can fail, in the vendor's form: `{"error": ..., "message": ...}`.
//!
//! Promise: the matches over [`Failure`] and [`Refusal`] name every variant, so a new one cannot go out unworded. 403 and 422 are
//! not declared by the vendor and never used. Deliberately absent: the limiter's headers (`manners`).

use quittance_accounting::identity::DocumentKind;
use quittance_accounting::invoice::Standing;
use quittance_accounting::money::Amount;
use quittance_accounting::refusal::{ExchangeRefusal, LedgerRefusal, Refusal, Refusals};
use quittance_books::{Failure, StoreError, TokenFault, Verb};
use serde_json::json;

use crate::app::Unidentified;
use crate::http::message::PLAIN_BODIES;
use crate::http::{BodyError, Response};

/// What a refused request asked for: the same reason is worded differently by verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To create something.
    Create,
    /// To change an invoice.
    Update,
    /// To delete an invoice.
    Delete,
    /// To send an invoice.
    Send,
    /// To mark an invoice as paid.
    MarkAsPaid,
    /// To cancel an invoice.
    Cancel,
    /// To look.
    Read,
}

/// An error as the vendor shapes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    status: u16,
    error: &'static str,
    message: String,
    header: Option<(&'static str, &'static str)>,
}

impl Problem {
    fn new(status: u16, error: &'static str, message: impl Into<String>) -> Problem {
        Problem {
            status,
            error,
            message: message.into(),
            header: None,
        }
    }

    /// The request is at fault.
    pub fn bad(message: impl Into<String>) -> Problem {
        Problem::new(400, "BadRequestError", message)
    }

    /// The key is missing or does not do.
    pub fn unauthorized(message: impl Into<String>) -> Problem {
        Problem {
            header: Some(("www-authenticate", "Bearer")),
            ..Problem::new(401, "UnauthorizedError", message)
        }
    }

    /// The key is good and reaches less: 401, because 403 is not declared.
    pub fn out_of_reach(message: impl Into<String>) -> Problem {
        Problem {
            header: Some(("www-authenticate", "Bearer error=\"insufficient_scope\"")),
            ..Problem::unauthorized(message)
        }
    }

    /// Something with the same name is there already.
    pub fn conflict(message: impl Into<String>) -> Problem {
        Problem::new(409, "ConflictError", message)
    }

    /// A limit of calls is used up.
    pub fn too_many(message: impl Into<String>) -> Problem {
        Problem::new(429, "TooManyRequestsError", message)
    }

    /// No such operation.
    pub fn no_route(method: &str, path: &str) -> Problem {
        let path: String = path.chars().take(200).collect();
        Problem::new(404, "NotFoundError", format!("Cannot {method} {path}"))
    }

    /// Not the client's fault. What went wrong stays in the server's own log.
    pub fn internal() -> Problem {
        Problem::new(
            500,
            "InternalServerError",
            "Something went wrong on the server. Nothing is known to have changed.",
        )
    }

    /// The invoice is not there, never was, or is somebody else's.
    pub fn no_invoice() -> Problem {
        Problem::bad("Invoice not found")
    }

    /// No account of this id, or one that holds no money.
    pub fn no_account() -> Problem {
        Problem::bad("Account not found")
    }

    /// The answer.
    pub fn response(&self) -> Response {
        let response = Response::json(self.status, &json!({"error": self.error, "message": self.message}));
        match self.header {
            Some((name, value)) => response.with(name, value),
            None => response,
        }
    }
}

/// Why a caller is not known.
pub fn unidentified(fault: &Unidentified) -> Problem {
    match fault {
        Unidentified::Token(TokenFault::Unknown) => Problem::unauthorized("Invalid API key"),
        Unidentified::Token(TokenFault::Expired) => Problem::unauthorized("The API key has expired"),
        Unidentified::Token(TokenFault::Revoked) => Problem::unauthorized("The API key has been revoked"),
        Unidentified::Books(failure) => of_failure(failure, Asked::Read),
    }
}

/// Why a body cannot be read.
pub fn of_body(error: &BodyError) -> Problem {
    match error {
        BodyError::Encoded => Problem {
            header: Some(PLAIN_BODIES),
            ..Problem::new(415, "UnsupportedMediaTypeError", sentence(&error.to_string()))
        },
        BodyError::TooLarge | BodyError::NotUtf8 | BodyError::TooDeep | BodyError::NotJson { .. } => {
            Problem::bad(sentence(&error.to_string()))
        }
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// How a use case failed.
pub fn of_failure(failure: &Failure, asked: Asked) -> Problem {
    match failure {
        Failure::Refused(refusals) => of_refusal(documented(refusals), asked),
        Failure::Forbidden(verb) => forbidden(*verb),
        Failure::ContentTooLong { bytes } => Problem::bad(format!(
            "The texts of the request are too long: {bytes} bytes of at most {}",
            quittance_books::content::MOST_CONTENT_BYTES
        )),
        Failure::Unavailable | Failure::Store(StoreError::Interrupted { .. }) => Problem::new(
            500,
            "InternalServerError",
            "The server is busy or shutting down and did not carry the request out. Try again later.",
        ),
        Failure::Store(_) | Failure::Flawed(_) => Problem::internal(),
    }
}

/// What a role does not allow.
pub fn forbidden(verb: Verb) -> Problem {
    Problem::out_of_reach(match verb {
        Verb::Read => "This API key is not allowed to read",
        Verb::WriteDraft => "This API key is read-only",
        Verb::Post => "This API key is not allowed to send, settle, cancel or delete",
    })
}

/// The first reason that the vendor documents (the states a verb is for, and a name that is taken), else the first.
fn documented(refusals: &Refusals) -> &Refusal {
    let known = |refusal: &&Refusal| {
        matches!(
            refusal,
            Refusal::NotFound { .. }
                | Refusal::AlreadyDeleted { .. }
                | Refusal::WrongStanding { .. }
                | Refusal::NumberTaken { .. }
        )
    };
    refusals.iter().find(known).unwrap_or_else(|| refusals.first())
}

/// The words of one reason.
pub fn of_refusal(refusal: &Refusal, asked: Asked) -> Problem {
    let bad = |message: String| Problem::bad(message);
    match refusal {
        Refusal::NotFound { kind } => bad(format!("{} not found", kind_name(*kind))),
        Refusal::AlreadyDeleted { .. } => Problem::no_invoice(),
        Refusal::KeyReused { .. } => Problem::conflict("The idempotency key was used for another request"),
        Refusal::PlanMoved => bad("The invoice changed since the deletion was planned".into()),
        Refusal::Held { until, reason } => {
            let why = reason.as_deref().map_or_else(String::new, |why| format!(": {why}"));
            bad(format!("The invoice is on a retention hold through {until}{why}"))
        }
        Refusal::HandedOver { .. } => bad("The invoice was handed over to an authority".into()),
        Refusal::PaymentInProgress { .. } => bad("A payment of the invoice is in progress".into()),
        Refusal::PeriodClosed { closed_through, .. } => bad(format!("The books are closed through {closed_through}")),
        Refusal::WrongStanding { standing, .. } => bad(wrong_standing(*standing, asked)),
        Refusal::HasPayments { count, .. } => bad(format!("The invoice has {count} payment(s)")),
        Refusal::HasCredits { count, .. } => bad(format!("The invoice has {count} credit note(s)")),
        Refusal::HasRefunds { count, .. } => bad(format!("The invoice has {count} refund(s)")),
        Refusal::HasWriteOffs { .. } => bad("The invoice was written off, in part or as a whole".into()),
        Refusal::HasWitnessedMoney { .. } => bad("A bank or a provider confirmed money on the invoice".into()),
        Refusal::ContentErased { .. } => bad("The content of the invoice was erased".into()),
        Refusal::NumberTaken { number, .. } => Problem::conflict(format!("The invoiceId {number:?} already exists")),
        Refusal::ExternalIdTaken { kind, .. } => Problem::conflict(format!("{} already exists", kind_name(*kind))),
        Refusal::UnknownReference { kind, reference } => bad(format!("{} {reference:?} not found", kind_name(*kind))),
        Refusal::Ledger(LedgerRefusal::AccountTaken { reference }) => {
            Problem::conflict(format!("A category {reference:?} already exists"))
        }
        Refusal::Ledger(LedgerRefusal::AccountInactive { .. }) => {
            bad("The category is archived and takes no postings".into())
        }
        Refusal::Ledger(
            LedgerRefusal::AccountInUse { .. }
            | LedgerRefusal::Unbalanced { .. }
            | LedgerRefusal::BelongsToDocument { .. }
            | LedgerRefusal::AlreadyReversed { .. },
        ) => bad("The ledger takes no such posting".into()),
        Refusal::ControlAccount { .. } => bad("The category or account takes no postings of its own".into()),
        Refusal::Exchange(refusal) => bad(exchange(refusal)),
        Refusal::NoLines => bad("lineItems must not be empty".into()),
        Refusal::TooMany { most, found } => bad(format!("Too many items: {found} of at most {most}")),
        Refusal::NegativeTotal { .. } => bad("The total of the invoice is below zero".into()),
        Refusal::AmountTooLarge => bad("An amount is too large".into()),
        Refusal::AmountNotPositive { .. } => bad("An amount must be more than zero".into()),
        Refusal::Overpayment { open, offered } => bad(compared("more", *offered, *open)),
        Refusal::Underpayment { open, offered } => bad(compared("less", *offered, *open)),
        Refusal::OverAllocated { amount, allocated } => bad(compared("more", *allocated, *amount)),
        Refusal::RevisionMoved { .. } => Problem::conflict("The invoice changed meanwhile"),
        Refusal::HasAllocations { count, .. } => bad(format!("It settles {count} invoice(s)")),
        Refusal::IsVoid { kind, on } => bad(format!("{} was voided on {on}", kind_name(*kind))),
        Refusal::InUse { kind, by, .. } => bad(format!("{} is in use by {}", kind_name(*kind), kind_name(*by))),
        Refusal::BelowSettled { total, settled } => bad(compared("less", *total, *settled)),
        Refusal::CustomerDiffers { .. } => bad("The invoice is another counterparty's".into()),
        Refusal::OverCredit { creditable, asked } => bad(compared("more", *asked, *creditable)),
        Refusal::OverRefund { refundable, asked } => bad(compared("more", *asked, *refundable)),
        Refusal::CannotClose { asked, .. } => bad(format!("The books cannot be closed through {asked}")),
        Refusal::CannotReopen { .. } => bad("The books can only be reopened back to an earlier day".into()),
    }
}

/// The states a verb is for.
fn wrong_standing(standing: Standing, asked: Asked) -> String {
    match asked {
        Asked::Delete => "Only invoices in draft status can be deleted.".to_owned(),
        Asked::Update => "Only invoices in draft status can be updated.".to_owned(),
        Asked::Send => "Only invoices in draft status can be sent.".to_owned(),
        Asked::MarkAsPaid => "Only invoices in sent or overdue status can be marked as paid.".to_owned(),
        Asked::Cancel => "Only invoices in sent or overdue status can be cancelled.".to_owned(),
        Asked::Create | Asked::Read => format!("The invoice is {}", standing.word().replace('_', " ")),
    }
}

fn compared(how: &str, asked: Amount, there: Amount) -> String {
    format!(
        "The amount is {how} than there is: {} minor units against {}",
        asked.minor(),
        there.minor()
    )
}

fn kind_name(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Book => "Project",
        DocumentKind::Account => "Category",
        DocumentKind::Customer => "Counterparty",
        DocumentKind::Product => "Product",
        DocumentKind::Invoice => "Invoice",
        DocumentKind::Payment => "Transaction",
        DocumentKind::Refund => "Refund",
        DocumentKind::WriteOff => "Write-off",
        DocumentKind::CreditNote => "Credit note",
        DocumentKind::Line => "Line item",
        DocumentKind::Token => "API key",
        DocumentKind::Resource => "Resource",
        DocumentKind::ManualEntry => "Journal entry",
        DocumentKind::Request => "Request",
    }
}

/// Words for what does not fit in a currency or a rate.
fn exchange(refusal: &ExchangeRefusal) -> String {
    match refusal {
        ExchangeRefusal::Differs { document, money } => {
            format!("currency must be {document}, that of the document, and not {money}")
        }
        ExchangeRefusal::NoRate { currency, day } => format!("No exchange rate of {currency} is known for {day}"),
        ExchangeRefusal::OwnCurrency { currency } => {
            format!("{currency} is the currency of the project and has no exchange rate")
        }
        ExchangeRefusal::Frozen { currency, .. } => {
            format!("The currency of a sent invoice is {currency} and cannot change")
        }
    }
}
