//! Every way to say no, in the vendor's form.
//!
//! A [`Fault`] has one of the vendor's error types, a description, and one of the vendor's enum values where one fits; server
//! errors have none. Which status goes with which type is documented only for the delete operation; the rest is our choice, listed
//! on the dialect's page.

use quittance_accounting::identity::DocumentKind;
use quittance_accounting::invoice::Standing;
use quittance_accounting::money::Amount;
use quittance_accounting::refusal::{ExchangeRefusal, LedgerRefusal, Refusal, Refusals};
use quittance_books::{Failure, StoreError, TokenFault};
use serde_json::{Map, Value};

use crate::app::Unidentified;
use crate::http::Response;
use crate::http::message::{BodyError, PLAIN_BODIES};
use quittance_books::listing::MOST_LOOKED_AT;

use super::manners::Envelope;
use super::wire::{ErrorEnum, ErrorType};

/// One refusal on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    status: u16,
    kind: ErrorType,
    code: Option<ErrorEnum>,
    description: String,
    headers: Vec<(&'static str, String)>,
}

impl Fault {
    fn new(status: u16, kind: ErrorType, code: Option<ErrorEnum>, description: impl Into<String>) -> Fault {
        Fault {
            status,
            kind,
            code,
            description: description.into(),
            headers: Vec::new(),
        }
    }

    /// The same, of a member of a list.
    pub fn at(mut self, place: &str) -> Fault {
        self.description = format!("{place}: {}", self.description);
        self
    }

    /// What a list of failed items says of it.
    pub fn brief(&self) -> Value {
        let mut brief = Map::new();
        brief.insert("message".to_owned(), Value::from(self.description.clone()));
        brief.extend(self.code.map(|code| ("code".to_owned(), Value::from(code.word()))));
        Value::Object(brief)
    }

    /// The answer in this envelope.
    pub fn response(self, envelope: Envelope) -> Response {
        let mut error = Map::new();
        error.insert("type".to_owned(), Value::from(self.kind.word()));
        error.insert("description".to_owned(), Value::from(self.description));
        if let Some(code) = self.code {
            error.insert("error_enum".to_owned(), Value::from(code.word()));
        }
        let mut body = match envelope {
            Envelope::Wire => Map::new(),
            Envelope::Both => error.clone(),
        };
        body.insert("errors".to_owned(), Value::Array(vec![Value::Object(error)]));
        let response = Response::json(self.status, &Value::Object(body));
        self.headers
            .into_iter()
            .fold(response, |response, (name, value)| response.with(name, value))
    }
}

/// What stands in the place of a Bearer token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Nothing.
    Nothing,
    /// Something else.
    OtherScheme,
}

fn unauthorized(description: &str) -> Fault {
    let mut fault = Fault::new(401, ErrorType::AuthFailure, None, description);
    fault.headers.push(("www-authenticate", "Bearer".to_owned()));
    fault
}

/// No usable credentials.
pub fn no_token(missing: Missing) -> Fault {
    match missing {
        Missing::Nothing => unauthorized("This call needs an access token: Authorization: Bearer <token>."),
        Missing::OtherScheme => unauthorized("The Authorization header must hold one Bearer token."),
    }
}

/// The token names nobody, or the books could not be asked.
pub fn unidentified(reason: Unidentified) -> Fault {
    match reason {
        Unidentified::Token(TokenFault::Unknown) => unauthorized("The access token is not known."),
        Unidentified::Token(TokenFault::Expired) => unauthorized("The access token has expired."),
        Unidentified::Token(TokenFault::Revoked) => unauthorized("The access token was revoked."),
        Unidentified::Books(failure) => fault(&failure),
    }
}

/// The token was made for something else.
pub fn no_scope() -> Fault {
    Fault::new(
        403,
        ErrorType::AuthFailure,
        None,
        "The access token lacks a scope for this API.",
    )
}

/// The call limit is used up.
pub fn rate_limited(seconds: i64) -> Fault {
    let words = "Too many calls; wait as long as Retry-After says.";
    let mut fault = Fault::new(429, ErrorType::BadRequest, Some(ErrorEnum::ManualRateLimit), words);
    fault.headers.push(("retry-after", seconds.to_string()));
    fault
}

/// No operation has this path.
pub fn no_route() -> Fault {
    Fault::new(404, ErrorType::ResourceNotFound, None, "No operation has this path.")
}

/// The path has operations, but not with this method.
pub fn wrong_method(allowed: impl std::fmt::Display) -> Fault {
    let mut fault = Fault::new(
        405,
        ErrorType::BadRequest,
        None,
        format!("This path is called with {allowed}."),
    );
    fault.headers.push(("allow", allowed.to_string()));
    fault
}

/// An id in the path is no UUID.
pub fn malformed_id(place: &str) -> Fault {
    Fault::new(
        400,
        ErrorType::InvalidParameters,
        None,
        format!("{place} must be a UUID."),
    )
}

/// The token's book is not this business, or there is no such business.
pub fn no_business() -> Fault {
    missing(DocumentKind::Book)
}

/// There is no document of this kind.
pub fn missing(kind: DocumentKind) -> Fault {
    let code = match kind {
        DocumentKind::Invoice => ErrorEnum::InvoiceNotFound,
        DocumentKind::Book
        | DocumentKind::Account
        | DocumentKind::Customer
        | DocumentKind::Product
        | DocumentKind::Payment
        | DocumentKind::Refund
        | DocumentKind::WriteOff
        | DocumentKind::CreditNote
        | DocumentKind::Line
        | DocumentKind::Token
        | DocumentKind::Resource
        | DocumentKind::ManualEntry
        | DocumentKind::Request => ErrorEnum::SpecifiedIdNotFound,
    };
    let words = format!("There is no {} with this id.", noun(kind));
    Fault::new(404, ErrorType::ResourceNotFound, Some(code), words)
}

/// A reset of an invoice that is as it was sent.
pub fn nothing_to_reset() -> Fault {
    state("The invoice is as it was sent; there is nothing to reset.")
}

/// A void invoice cannot be made ready to be paid.
pub fn not_to_be_paid() -> Fault {
    state("The invoice is VOIDED, which does not allow this.")
}

/// A refund, or a payment of one, without its instant.
pub fn no_refund_time() -> Fault {
    payload("completed_at", "is required")
}

/// A refund of the invoice in its path has one payment, which is not listed.
pub fn dedicated_payments() -> Fault {
    payload(
        "payments",
        "must not be listed: a refund of one invoice is paid when it is recorded",
    )
}

/// An address without a signature of ours, or one that served its time.
pub fn not_signed() -> Fault {
    let words = "The address is not signed, or served its time: ask for another one.";
    Fault::new(403, ErrorType::AuthFailure, None, words)
}

/// There is no ledger entry of this id.
pub fn no_entry() -> Fault {
    let words = "There is no ledger entry with this id.";
    Fault::new(
        404,
        ErrorType::ResourceNotFound,
        Some(ErrorEnum::SpecifiedIdNotFound),
        words,
    )
}

/// The invoice was deleted.
pub fn deleted() -> Fault {
    let words = "The invoice was deleted.";
    Fault::new(404, ErrorType::ResourceNotFound, Some(ErrorEnum::InvoiceDeleted), words)
}

/// A list that must hold something is empty.
pub fn empty_batch() -> Fault {
    let code = Some(ErrorEnum::EmptyBatchRequest);
    Fault::new(
        400,
        ErrorType::InvalidParameters,
        code,
        "The body must hold at least one invoice.",
    )
}

/// Why client credentials are not exchanged for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantFault {
    /// No such client, or another secret.
    Client,
    /// A grant of another type.
    GrantType,
    /// A scope that the client does not have, or none.
    Scope,
    /// A body that cannot be read.
    Request,
    /// Not a POST.
    Method,
    /// Refused or failed as any other call.
    Fault(Fault),
}

/// A refused grant, in the words of OAuth 2.
pub fn grant(fault: &GrantFault) -> Response {
    let (status, word) = match fault {
        GrantFault::Client => (401, "invalid_client"),
        GrantFault::GrantType => (400, "unsupported_grant_type"),
        GrantFault::Scope => (400, "invalid_scope"),
        GrantFault::Request => (400, "invalid_request"),
        GrantFault::Method => (405, "invalid_request"),
        GrantFault::Fault(fault) => return fault.clone().response(Envelope::Wire),
    };
    let response = Response::json(status, &serde_json::json!({"error": word}));
    match fault {
        GrantFault::Client => response.with("www-authenticate", "Basic"),
        GrantFault::Method => response.with("allow", "POST"),
        GrantFault::GrantType | GrantFault::Scope | GrantFault::Request | GrantFault::Fault(_) => response,
    }
}

/// The body cannot be read as JSON.
pub fn unreadable(error: &BodyError) -> Fault {
    let status = match error {
        BodyError::TooLarge => 413,
        BodyError::Encoded => 415,
        BodyError::NotUtf8 | BodyError::TooDeep | BodyError::NotJson { .. } => 400,
    };
    let code = Some(ErrorEnum::InvalidPayload);
    let mut fault = Fault::new(status, ErrorType::JsonSerialization, code, sentence(&error.to_string()));
    if *error == BodyError::Encoded {
        fault.headers.push((PLAIN_BODIES.0, PLAIN_BODIES.1.to_owned()));
    }
    fault
}

/// A member of the body is not what it must be.
pub fn payload(place: &str, problem: &str) -> Fault {
    let words = if place.is_empty() {
        sentence(problem)
    } else {
        format!("{place} {problem}.")
    };
    Fault::new(
        400,
        ErrorType::InvalidParameters,
        Some(ErrorEnum::InvalidPayload),
        words,
    )
}

/// A member of the body asks for something that this server does not do.
pub fn not_served(place: &str, instead: &str) -> Fault {
    payload(place, &format!("is not served: {instead}"))
}

/// An id in the body names nothing.
pub fn unknown_reference(place: &str, kind: DocumentKind) -> Fault {
    let words = format!("{place} names no {} of this business.", noun(kind));
    let code = Some(ErrorEnum::SpecifiedIdNotFound);
    Fault::new(404, ErrorType::ResourceNotFound, code, words)
}

/// The client's id belongs to another document.
pub fn external_id_conflict(kind: DocumentKind) -> Fault {
    let words = format!("Another {} has this external_id.", noun(kind));
    Fault::new(409, ErrorType::Conflict, Some(ErrorEnum::ExternalIdConflict), words)
}

/// A member of the query is not what it must be.
pub fn query_format(name: &str, expected: &str) -> Fault {
    let words = format!("The query parameter {name} must be {expected}.");
    let code = Some(ErrorEnum::QueryParamFormat);
    Fault::new(400, ErrorType::InvalidParameters, code, words)
}

/// A member of the query that nobody here reads: refused, because a filter that is passed over answers another question.
pub fn unexpected_query(name: &str) -> Fault {
    let shown: String = name.chars().take(60).collect();
    let words = format!("The query parameter {shown:?} is not known.");
    let code = Some(ErrorEnum::UnexpectedQueryParam);
    Fault::new(400, ErrorType::InvalidParameters, code, words)
}

/// Two members of the query contradict each other.
pub fn conflicting_query(words: &str) -> Fault {
    let code = Some(ErrorEnum::ConflictingQueryParams);
    Fault::new(400, ErrorType::InvalidParameters, code, words)
}

/// More than may be would have to be put in order for a page.
pub fn too_many_to_sort(by: &str) -> Fault {
    let words = format!(
        "More than {MOST_LOOKED_AT} invoices would have to be put in order of {by}; narrow the list by status, customer or dates."
    );
    Fault::new(
        400,
        ErrorType::InvalidParameters,
        Some(ErrorEnum::QueryParamFormat),
        words,
    )
}

/// The cursor is none of ours, or belongs to a list in another order.
pub fn bad_cursor() -> Fault {
    let words = "The cursor is not one of this list.";
    let code = Some(ErrorEnum::InvalidPaginationCursor);
    Fault::new(400, ErrorType::PaginationCursor, code, words)
}

/// The role does not allow it.
pub fn forbidden() -> Fault {
    Fault::new(
        403,
        ErrorType::AuthFailure,
        None,
        "The access token's role does not allow this call.",
    )
}

fn unknown(status: u16, words: &str) -> Fault {
    Fault::new(status, ErrorType::Unknown, None, words)
}

/// The answer when handling broke. Which operation it was is not known here, so it has both forms.
pub fn internal_error() -> Response {
    unknown(500, INTERNAL).response(Envelope::Both)
}

const INTERNAL: &str = "The server could not complete the call.";

/// A failure in this dialect's form: with both forms (`delete`), or the wire's alone.
pub fn failure(failure: &Failure, delete: bool) -> Response {
    fault(failure).response(if delete { Envelope::Both } else { Envelope::Wire })
}

/// Refusals in this dialect's form.
pub fn refusals(reasons: &Refusals) -> Response {
    refused(reasons).response(Envelope::Wire)
}

/// A failure as a fault.
pub fn fault(failure: &Failure) -> Fault {
    match failure {
        Failure::Refused(reasons) => refused(reasons),
        Failure::Forbidden(_) => forbidden(),
        Failure::ContentTooLong { bytes } => payload("", &format!("the texts take {bytes} bytes, which is too many")),
        Failure::Unavailable | Failure::Store(StoreError::Interrupted { .. }) => {
            unknown(503, "The server takes no calls right now; try again.")
        }
        Failure::Store(_) | Failure::Flawed(_) => unknown(500, INTERNAL),
    }
}

/// Names the first reason that the vendor documents (no such invoice; payments; refunds), else the first.
fn refused(reasons: &Refusals) -> Fault {
    let documented = |reason: &&Refusal| {
        matches!(
            reason,
            Refusal::NotFound { .. }
                | Refusal::AlreadyDeleted { .. }
                | Refusal::HasPayments { .. }
                | Refusal::HasCredits { .. }
                | Refusal::HasRefunds { .. }
        )
    };
    refusal(reasons.iter().find(documented).unwrap_or(reasons.first()))
}

fn state(words: impl Into<String>) -> Fault {
    Fault::new(400, ErrorType::InvalidState, Some(ErrorEnum::InvoiceStateError), words)
}

fn ledger(code: ErrorEnum, words: impl Into<String>) -> Fault {
    Fault::new(400, ErrorType::LedgerOperationFailed, Some(code), words)
}

fn conflict(words: impl Into<String>) -> Fault {
    Fault::new(409, ErrorType::Conflict, None, words)
}

/// Something hangs on the invoice that must go first.
fn attached(what: &str, count: i64, sum: Amount) -> Fault {
    let cents = sum.minor();
    state(format!(
        "The invoice has {count} {what}(s) of {cents} cents; delete those first."
    ))
}

fn refusal(reason: &Refusal) -> Fault {
    match reason {
        Refusal::NotFound { kind } => missing(*kind),
        Refusal::AlreadyDeleted { .. } => deleted(),
        Refusal::KeyReused { .. } => conflict("The idempotency key was used for another request."),
        Refusal::RevisionMoved { .. } => conflict("The invoice changed meanwhile."),
        Refusal::HasAllocations { count, .. } => state(format!("It settles {count} invoices.")),
        Refusal::IsVoid { kind, on } => state(format!("The {} was voided on {on}.", noun(*kind))),
        Refusal::InUse { kind, by, .. } => {
            conflict(format!("The {} is in use by at least one {}.", noun(*kind), noun(*by)))
        }
        Refusal::PlanMoved => conflict("The invoice changed since the deletion was planned."),
        Refusal::Held { until, reason: None } => state(format!("The invoice is on hold through {until}.")),
        Refusal::Held {
            until,
            reason: Some(why),
        } => state(format!("The invoice is on hold through {until}: {why}")),
        Refusal::HandedOver { at } => state(format!("The invoice was handed over to an authority at {at}.")),
        Refusal::PaymentInProgress { pending } => {
            state(format!("A payment of {} cents is in progress.", pending.minor()))
        }
        Refusal::PeriodClosed {
            entry_date,
            closed_through,
        } => ledger(
            ErrorEnum::PeriodIsClosed,
            format!("A ledger entry of {entry_date} lies in the period closed through {closed_through}."),
        ),
        Refusal::WrongStanding { standing, .. } => {
            let status = super::wire::status(*standing);
            let detail = match standing {
                Standing::Draft => " and not yet issued",
                Standing::Open
                | Standing::PartPaid
                | Standing::Paid
                | Standing::PartWrittenOff
                | Standing::WrittenOff
                | Standing::Refunded
                | Standing::Void => "",
            };
            state(format!("The invoice is {status}{detail}, which does not allow this."))
        }
        Refusal::HasPayments { count, sum } => attached("payment", *count, *sum),
        Refusal::HasCredits { count, sum } => attached("credit", *count, *sum),
        Refusal::HasRefunds { count, sum } => attached("refund", *count, *sum),
        Refusal::HasWriteOffs { count, sum } => attached("write-off", *count, *sum),
        Refusal::HasWitnessedMoney { sum } => state(format!(
            "A bank or a provider vouches for {} cents on the invoice.",
            sum.minor()
        )),
        Refusal::ContentErased { .. } => state("The texts of the invoice are gone."),
        Refusal::NumberTaken { number, .. } => conflict(format!("Another invoice has the invoice_number {number:?}.")),
        Refusal::ExternalIdTaken { kind, .. } => external_id_conflict(*kind),
        Refusal::UnknownReference { kind, reference } => unknown_reference(&format!("{reference:?}"), *kind),
        Refusal::Ledger(refusal) => ledger_refusal(refusal),
        Refusal::ControlAccount { .. } => ledger(
            ErrorEnum::InvalidLedgerOperation,
            "The account is kept by documents and takes no other postings.",
        ),
        Refusal::CannotClose { .. } => ledger(
            ErrorEnum::InvalidEffectiveDate,
            "Books close forward only, through a day that is over.",
        ),
        Refusal::CannotReopen { .. } => ledger(ErrorEnum::PeriodNotClosed, "That period is not closed."),
        Refusal::Exchange(_)
        | Refusal::NoLines
        | Refusal::TooMany { .. }
        | Refusal::NegativeTotal { .. }
        | Refusal::AmountTooLarge
        | Refusal::AmountNotPositive { .. }
        | Refusal::Overpayment { .. }
        | Refusal::Underpayment { .. }
        | Refusal::OverAllocated { .. }
        | Refusal::BelowSettled { .. }
        | Refusal::CustomerDiffers { .. }
        | Refusal::OverCredit { .. }
        | Refusal::OverRefund { .. } => payload("", &figures(reason)),
    }
}

/// The ledger's own reasons.
fn ledger_refusal(reason: &LedgerRefusal) -> Fault {
    let illegal = |words: &str| ledger(ErrorEnum::InvalidLedgerOperation, words);
    match reason {
        LedgerRefusal::AccountTaken { reference } => conflict(format!("Another ledger account has {reference:?}.")),
        LedgerRefusal::AccountInUse { .. } => illegal("The ledger account is in use."),
        LedgerRefusal::AccountInactive { .. } => illegal("The ledger account takes no postings any more."),
        LedgerRefusal::Unbalanced { debits, credits } => payload(
            "line_items",
            &format!(
                "debits are {} cents and credits {} cents",
                debits.minor(),
                credits.minor()
            ),
        ),
        LedgerRefusal::BelongsToDocument { document, .. } => illegal(&format!(
            "The entry is that of a document ({}) and is undone with it.",
            noun(document.kind)
        )),
        LedgerRefusal::AlreadyReversed { .. } => illegal("The entry was reversed."),
    }
}

/// Words for the reasons that lie in the figures sent.
fn figures(reason: &Refusal) -> String {
    match reason {
        Refusal::Exchange(refusal) => exchange(refusal),
        Refusal::NoLines => "an invoice needs at least one line item".to_owned(),
        Refusal::TooMany { most, found } => format!("at most {most} items are taken at once, {found} came"),
        Refusal::NegativeTotal { total } => format!("the total would be {} cents, below zero", total.minor()),
        Refusal::AmountTooLarge => "an amount or a sum of amounts is too large".to_owned(),
        Refusal::AmountNotPositive { amount } => {
            format!("the amount must be above zero, {} cents came", amount.minor())
        }
        Refusal::Overpayment { open, offered } | Refusal::Underpayment { open, offered } => {
            format!(
                "the outstanding balance is {} cents, {} cents came",
                open.minor(),
                offered.minor()
            )
        }
        Refusal::OverAllocated { amount, allocated } => {
            format!(
                "the allocations come to {} cents of a payment of {} cents",
                allocated.minor(),
                amount.minor()
            )
        }
        Refusal::BelowSettled { total, settled } => {
            format!(
                "{} cents are settled, more than a total of {} cents",
                settled.minor(),
                total.minor()
            )
        }
        Refusal::CustomerDiffers { .. } => "the invoice is of another customer".to_owned(),
        Refusal::OverCredit { creditable, asked } => {
            format!(
                "{} cents can be credited, {} cents were asked for",
                creditable.minor(),
                asked.minor()
            )
        }
        Refusal::OverRefund { refundable, asked } => {
            format!(
                "{} cents can be refunded, {} cents were asked for",
                refundable.minor(),
                asked.minor()
            )
        }
        Refusal::NotFound { .. }
        | Refusal::AlreadyDeleted { .. }
        | Refusal::KeyReused { .. }
        | Refusal::RevisionMoved { .. }
        | Refusal::HasAllocations { .. }
        | Refusal::IsVoid { .. }
        | Refusal::InUse { .. }
        | Refusal::PlanMoved
        | Refusal::Held { .. }
        | Refusal::HandedOver { .. }
        | Refusal::PaymentInProgress { .. }
        | Refusal::PeriodClosed { .. }
        | Refusal::WrongStanding { .. }
        | Refusal::HasPayments { .. }
        | Refusal::HasCredits { .. }
        | Refusal::HasRefunds { .. }
        | Refusal::HasWriteOffs { .. }
        | Refusal::HasWitnessedMoney { .. }
        | Refusal::ContentErased { .. }
        | Refusal::NumberTaken { .. }
        | Refusal::ExternalIdTaken { .. }
        | Refusal::UnknownReference { .. }
        | Refusal::ControlAccount { .. }
        | Refusal::Ledger(_)
        | Refusal::CannotClose { .. }
        | Refusal::CannotReopen { .. } => "the call cannot be carried out".to_owned(),
    }
}

fn noun(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Book => "business",
        DocumentKind::Account => "ledger account",
        DocumentKind::Customer => "customer",
        DocumentKind::Product => "product",
        DocumentKind::Invoice => "invoice",
        DocumentKind::Payment => "payment",
        DocumentKind::Refund => "refund",
        DocumentKind::WriteOff => "write-off",
        DocumentKind::CreditNote => "credit note",
        DocumentKind::Line => "line item",
        DocumentKind::Token => "token",
        DocumentKind::Resource => "resource",
        DocumentKind::ManualEntry => "ledger entry",
        DocumentKind::Request => "request",
    }
}

/// A clause as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

/// Words for what does not fit in a currency or a rate.
fn exchange(refusal: &ExchangeRefusal) -> String {
    match refusal {
        ExchangeRefusal::Differs { document, money } => format!("the document is in {document}, the amount in {money}"),
        ExchangeRefusal::NoRate { currency, day } => format!("no exchange rate of {currency} is known on {day}"),
        ExchangeRefusal::OwnCurrency { currency } => {
            format!("the business keeps its books in {currency}, which has no exchange rate")
        }
        ExchangeRefusal::Frozen { currency, .. } => format!("the invoice was sent in {currency}, which cannot change"),
    }
}
