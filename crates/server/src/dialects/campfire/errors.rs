//! Every refusal and failure in the framework's words.
//!
//! The vendor documents one restriction of delete, the closed period; it is named wherever it is among the reasons, else the
//! first reason is. What the vendor leaves open is worded here and listed on the dialect's page.

use quittance_accounting::identity::{BookKey, DocumentKind};
use quittance_accounting::refusal::{ExchangeRefusal, LedgerRefusal, Refusal, Refusals};
use quittance_books::{Failure, StoreError, TokenFault};
use serde_json::{Value, json};

use crate::app::Unidentified;
use crate::http::message::{BodyError, PLAIN_BODIES};
use crate::http::{Request, Response};
use quittance_books::listing::{MOST_LOOKED_AT, MOST_TEXTS_LOOKED_AT};

use super::manners;
use super::mapping;

/// How a request ends other than well.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// The framework's answer with this body.
    Said(u16, Value),
    /// A 401, with its challenge.
    Unknown(&'static str),
    /// The body is encoded: a 415 with what may be sent instead.
    Encoded,
    /// Handling broke: the page from outside the framework.
    Broken,
}

/// A status and the framework's usual body for it.
pub fn detail(status: u16, text: impl Into<String>) -> Problem {
    Problem::Said(status, json!({ "detail": text.into() }))
}

/// A 400 about one member.
pub fn about(member: &str, text: impl Into<String>) -> Problem {
    Problem::Said(400, json!({ member: [text.into()] }))
}

/// More than may be would have to be looked through, or put in order, for a list: nobody knows what is on this page.
pub fn too_many() -> Problem {
    let text = format!(
        "Too many rows would have to be looked through: more than {MOST_TEXTS_LOOKED_AT} for their texts, or {MOST_LOOKED_AT} \
         for anything else that has no index. Narrow the list by status, client or dates."
    );
    detail(400, text)
}

/// The answer to a problem. `Allow` is added by the route.
pub fn answer(problem: Problem) -> Response {
    match problem {
        Problem::Said(status, body) => manners::json(status, &body),
        Problem::Unknown(text) => {
            manners::json(401, &json!({ "detail": text })).with("www-authenticate", manners::CHALLENGE)
        }
        Problem::Encoded => {
            let text = "Unsupported content encoding in request: the body must not be encoded.";
            let (name, value) = PLAIN_BODIES;
            manners::json(415, &json!({ "detail": text })).with(name, value)
        }
        Problem::Broken => manners::internal_error_page(),
    }
}

/// No credentials, or of another scheme.
pub fn no_credentials() -> Problem {
    Problem::Unknown("Authentication credentials were not provided.")
}

/// The scheme alone.
pub fn empty_token() -> Problem {
    Problem::Unknown("Invalid token header. No credentials provided.")
}

/// The scheme with several words.
pub fn spaced_token() -> Problem {
    Problem::Unknown("Invalid token header. Token string should not contain spaces.")
}

/// The token names nobody, or nobody could be asked.
pub fn unidentified(reason: Unidentified) -> Problem {
    match reason {
        Unidentified::Token(TokenFault::Unknown | TokenFault::Expired | TokenFault::Revoked) => {
            Problem::Unknown("Invalid token.")
        }
        Unidentified::Books(failure) => failed(failure, BookKey(0)),
    }
}

/// The role or the token's scope forbids it.
pub fn forbidden() -> Problem {
    detail(403, "You do not have permission to perform this action.")
}

/// The route has no such method.
pub fn wrong_method(request: &Request) -> Problem {
    detail(405, format!("Method \"{}\" not allowed.", request.method))
}

/// No such document.
pub fn absent(kind: DocumentKind) -> Problem {
    detail(404, format!("No {} matches the given query.", model(kind)))
}

/// The cursor is none of ours.
pub fn invalid_cursor() -> Problem {
    detail(404, "Invalid cursor")
}

/// The client takes no JSON.
pub fn not_acceptable() -> Problem {
    detail(406, "Could not satisfy the request Accept header.")
}

/// The body is announced as something else than JSON.
pub fn wrong_media_type(request: &Request) -> Problem {
    let kind = request.header("content-type").unwrap_or_default();
    detail(415, format!("Unsupported media type \"{kind}\" in request."))
}

/// The body cannot be read.
pub fn unreadable(error: &BodyError, body: &[u8]) -> Problem {
    let text = match error {
        BodyError::TooLarge => return detail(413, "The request body is larger than this server takes."),
        BodyError::Encoded => return Problem::Encoded,
        BodyError::NotUtf8 => {
            let at = std::str::from_utf8(body).err().map_or(0, |error| error.valid_up_to());
            let byte = body.get(at).copied().unwrap_or_default();
            format!("'utf-8' codec can't decode byte 0x{byte:02x} in position {at}: invalid start byte")
        }
        BodyError::TooDeep => "Nested too deeply".to_owned(),
        BodyError::NotJson { message, line, column } => {
            // The vendor's parser points behind a text that ends too early.
            let column = &(column + usize::from(message.starts_with("EOF")));
            let place = position(body, *line, *column);
            format!(
                "{}: line {line} column {} (char {place})",
                parser_words(message),
                (*column).max(1)
            )
        }
    };
    detail(400, format!("JSON parse error - {text}"))
}

/// Bytes before a place that is given by line and column, both from 1.
fn position(body: &[u8], line: usize, column: usize) -> usize {
    let before: usize = body
        .split_inclusive(|byte| *byte == b'\n')
        .take(line.saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    before + column.saturating_sub(1)
}

/// The vendor's parser has a short list of complaints; ours are put into its words where there is a match.
fn parser_words(message: &str) -> &str {
    match message {
        "expected value" | "EOF while parsing a value" | "expected ident" => "Expecting value",
        "key must be a string" => "Expecting property name enclosed in double quotes",
        "expected `:`" => "Expecting ':' delimiter",
        "trailing characters" => "Extra data",
        "EOF while parsing a string" => "Unterminated string",
        "EOF while parsing an object" | "EOF while parsing a list" | "expected `,` or `}`" | "expected `,` or `]`" => {
            "Expecting ',' delimiter"
        }
        other => other,
    }
}

/// A use case that did not end well.
pub fn failed(failure: Failure, book: BookKey) -> Problem {
    match failure {
        Failure::Refused(refusals) => refused(named(&refusals), book),
        Failure::Forbidden(_) => forbidden(),
        Failure::ContentTooLong { bytes } => {
            detail(400, format!("Texts of {bytes} bytes are more than an object may hold."))
        }
        Failure::Unavailable | Failure::Store(StoreError::Interrupted { .. }) => {
            detail(503, "Service temporarily unavailable, try again later.")
        }
        Failure::Store(_) | Failure::Flawed(_) => Problem::Broken,
    }
}

/// A use case of a credit memo that did not end well: what is said of invoices elsewhere is said of the memo.
pub fn failed_memo(failure: Failure, book: BookKey) -> Problem {
    let own = match &failure {
        Failure::Refused(refusals) => of_memo(named(refusals)),
        Failure::Forbidden(_)
        | Failure::ContentTooLong { .. }
        | Failure::Unavailable
        | Failure::Store(_)
        | Failure::Flawed(_) => None,
    };
    own.unwrap_or_else(|| failed(failure, book))
}

/// A refusal in the words of credit memos, where they have their own.
fn of_memo(refusal: &Refusal) -> Option<Problem> {
    if let Refusal::NumberTaken { .. } = refusal {
        let text = "CreditMemo with this credit_memo_number already exists.";
        return Some(about("credit_memo_number", text));
    }
    if let Refusal::AlreadyDeleted { .. } | Refusal::ContentErased { .. } = refusal {
        return Some(absent(DocumentKind::CreditNote));
    }
    if let Refusal::Held { until, reason } = refusal {
        let why = reason.as_ref().map_or_else(|| ".".to_owned(), |why| format!(": {why}"));
        return Some(detail(409, format!("This credit memo is on hold through {until}{why}")));
    }
    if let Refusal::HandedOver { .. } = refusal {
        return Some(detail(409, "This credit memo was handed over to an authority."));
    }
    if let Refusal::PlanMoved = refusal {
        return Some(detail(409, "The credit memo has changed meanwhile."));
    }
    // What was overpaid is a payment in the books.
    if let Refusal::NotFound {
        kind: DocumentKind::Payment,
    } = refusal
    {
        return Some(absent(DocumentKind::CreditNote));
    }
    if let Refusal::IsVoid { on, .. } = refusal {
        let text = format!("This {} was voided on {on}.", model(DocumentKind::CreditNote));
        return Some(detail(400, text));
    }
    if let Refusal::OverRefund { .. } = refusal {
        return Some(about("amount", "This is more than the credit memo has left."));
    }
    if let Refusal::ExternalIdTaken { kind, .. } = refusal
        && *kind == DocumentKind::Refund
    {
        return Some(detail(409, "The transaction was used for this credit memo before."));
    }
    if let Refusal::HasRefunds { .. } = refusal {
        return Some(detail(409, "Credit of it was given back in money."));
    }
    if let Refusal::WrongStanding { standing, .. } = refusal {
        let is = mapping::payment_status(*standing);
        return Some(detail(400, format!("The credit memo is {is}; this needs voided.")));
    }
    if let Refusal::AmountNotPositive { .. } = refusal {
        return Some(about("non_field_errors", "The lines must come to more than zero."));
    }
    None
}

/// A memo of what was overpaid says what its payment says, and cannot be changed on its own.
pub fn of_payment() -> Problem {
    let (memo, payment) = (model(DocumentKind::CreditNote), model(DocumentKind::Payment));
    detail(409, format!("This {memo} is protected by a related {payment}."))
}

/// The reason to name: the one that the vendor documents, else the first.
fn named(refusals: &Refusals) -> &Refusal {
    let closed = |refusal: &&Refusal| matches!(refusal, Refusal::PeriodClosed { .. });
    refusals.iter().find(closed).unwrap_or_else(|| refusals.first())
}

/// The vendor's name of a kind of document.
fn model(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Book => "Entity",
        DocumentKind::Account => "Account",
        DocumentKind::Customer => "Vendor",
        DocumentKind::Product => "Product",
        DocumentKind::Invoice => "Invoice",
        DocumentKind::Payment => "InvoicePayment",
        DocumentKind::Refund => "Refund",
        DocumentKind::WriteOff => "WriteOff",
        DocumentKind::CreditNote => "CreditMemo",
        DocumentKind::Line => "InvoiceLine",
        DocumentKind::Token => "Token",
        DocumentKind::Resource => "Resource",
        DocumentKind::ManualEntry => "JournalEntry",
        DocumentKind::Request => "Request",
    }
}

/// The member of a request that refers to a kind of document.
fn member(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Book => "entity",
        DocumentKind::Account => "account_id",
        DocumentKind::Customer => "client",
        DocumentKind::Product => "product",
        DocumentKind::Invoice => "invoice",
        DocumentKind::Payment => "payment",
        DocumentKind::Refund => "refund",
        DocumentKind::WriteOff => "write_off",
        DocumentKind::CreditNote => "credit_memo_id",
        DocumentKind::Line => "line",
        DocumentKind::Token => "token",
        DocumentKind::Resource => "resource",
        DocumentKind::ManualEntry => "journal_entry",
        DocumentKind::Request => "request",
    }
}

/// One refusal.
pub fn refused(refusal: &Refusal, book: BookKey) -> Problem {
    match refusal {
        Refusal::NotFound { kind } => absent(*kind),
        // A deleted invoice is unknown, not known as deleted.
        Refusal::AlreadyDeleted { .. } => absent(DocumentKind::Invoice),
        Refusal::KeyReused { .. } => detail(409, "This Idempotency-Key came with another request before."),
        Refusal::PlanMoved => detail(409, "The invoice has changed since the plan was made."),
        // The sibling route of the journal answers 409 for what other objects protect.
        Refusal::Held { until, reason: None } => detail(409, format!("This invoice is on hold through {until}.")),
        Refusal::Held {
            until,
            reason: Some(why),
        } => detail(409, format!("This invoice is on hold through {until}: {why}")),
        Refusal::HandedOver { .. } => detail(409, "This invoice was handed over to an authority."),
        Refusal::PaymentInProgress { .. } => detail(409, "A payment of this invoice is in progress."),
        Refusal::PeriodClosed { .. } => detail(400, "Books are closed for this date."),
        Refusal::WrongStanding { standing, allowed } => {
            let allowed: Vec<&str> = allowed
                .iter()
                .map(|standing| mapping::payment_status(*standing))
                .collect();
            let (is, needs) = (mapping::payment_status(*standing), words(allowed));
            detail(400, format!("The invoice is {is}; this needs {needs}."))
        }
        Refusal::HasPayments { .. } => detail(400, "The invoice has payments."),
        Refusal::HasCredits { .. } => detail(400, "The invoice has credit memos."),
        Refusal::HasRefunds { .. } => detail(400, "The invoice has refunds."),
        Refusal::HasWriteOffs { .. } => detail(400, "Part of the invoice is written off."),
        Refusal::HasWitnessedMoney { .. } => detail(400, "A bank or provider vouches for a payment of the invoice."),
        Refusal::ContentErased { .. } => absent(DocumentKind::Invoice),
        Refusal::NumberTaken { .. } => about("invoice_number", "Invoice with this invoice_number already exists."),
        Refusal::ExternalIdTaken { kind, .. } => about(
            "external_id",
            format!("{} with this external_id already exists.", model(*kind)),
        ),
        Refusal::UnknownReference { kind, reference } => about(member(*kind), unknown_pk(book, reference)),
        Refusal::Ledger(refusal) => ledger(refusal),
        Refusal::ControlAccount { .. } => about("account_id", "This account takes no payments of its own."),
        Refusal::Exchange(refusal) => exchange(refusal),
        Refusal::NoLines => about("lines", "This list may not be empty."),
        Refusal::TooMany { most, .. } => about(
            crowded(*most),
            format!("Ensure this field has no more than {most} elements."),
        ),
        Refusal::NegativeTotal { .. } => about("non_field_errors", "The lines come to less than zero."),
        Refusal::AmountTooLarge => about("non_field_errors", "An amount is larger than the books can hold."),
        Refusal::AmountNotPositive { .. } => about("amount", "Ensure this value is greater than 0."),
        Refusal::Overpayment { .. } => detail(400, "The payment is more than the amount due."),
        Refusal::OverAllocated { .. } => detail(400, "This is more than the payment has left."),
        Refusal::Underpayment { .. } => detail(400, "The payment is less than the amount due."),
        Refusal::RevisionMoved { .. } => detail(409, "The invoice has changed meanwhile."),
        Refusal::HasAllocations { .. } => detail(409, "It is applied to invoices."),
        Refusal::IsVoid { kind, on } => detail(400, format!("This {} was voided on {on}.", model(*kind))),
        Refusal::InUse { kind, by, .. } => detail(
            409,
            format!("This {} is protected by a related {}.", model(*kind), model(*by)),
        ),
        Refusal::BelowSettled { .. } => detail(400, "The total would be less than the amount paid."),
        Refusal::CustomerDiffers { .. } => detail(400, "The invoice belongs to another client."),
        Refusal::OverCredit { .. } => detail(400, "The credit is more than the invoice."),
        Refusal::OverRefund { .. } => detail(400, "The refund is more than was paid."),
        Refusal::CannotClose { .. } => detail(400, "The books cannot be closed through this date."),
        Refusal::CannotReopen { .. } => detail(400, "The books cannot be reopened to this date."),
    }
}

/// The ledger's own reasons.
fn ledger(refusal: &LedgerRefusal) -> Problem {
    match refusal {
        LedgerRefusal::AccountTaken { .. } => about("number", "Account with this number already exists."),
        LedgerRefusal::AccountInUse { .. } => detail(409, "The account is in use and cannot be made inactive."),
        LedgerRefusal::AccountInactive { .. } => about("account", "The account is inactive."),
        LedgerRefusal::Unbalanced { .. } => about("transactions", "Debits and credits must be equal."),
        LedgerRefusal::BelongsToDocument { document, .. } => detail(
            409,
            format!("The journal entry is protected by its {}.", model(document.kind)),
        ),
        LedgerRefusal::AlreadyReversed { .. } => detail(409, "The journal entry is protected by its reversal."),
    }
}

/// Lines are the only list of an invoice with a limit in the core as large as theirs.
fn crowded(most: usize) -> &'static str {
    if most == quittance_accounting::invoice::MOST_LINES {
        "lines"
    } else {
        "non_field_errors"
    }
}

/// The framework's words for a reference to nothing; a number of ours is shown as the integer that the client knows.
fn unknown_pk(book: BookKey, reference: &str) -> String {
    let shown = match reference.parse::<i64>() {
        Ok(number) => mapping::integer(book, number).to_string(),
        Err(_) => reference.to_owned(),
    };
    format!("Invalid pk \"{shown}\" - object does not exist.")
}

/// Words in a row, each once: `a`, `a or b`, `a, b or c`.
fn words(mut words: Vec<&str>) -> String {
    words.dedup();
    match words.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, first)) => format!("{} or {last}", first.join(", ")),
    }
}

/// What does not fit in a currency or a rate.
fn exchange(refusal: &ExchangeRefusal) -> Problem {
    match refusal {
        ExchangeRefusal::Differs { document, money } => {
            about("currency", format!("The invoice is in {document}, not in {money}."))
        }
        ExchangeRefusal::NoRate { currency, day } => about(
            "exchange_rate_book",
            format!("No exchange rate of {currency} is known for {day}."),
        ),
        ExchangeRefusal::OwnCurrency { currency } => {
            about("exchange_rate_book", format!("These books are kept in {currency}."))
        }
        ExchangeRefusal::Frozen { currency, .. } => about(
            "currency",
            format!("The invoice was posted in {currency}, which cannot change."),
        ),
    }
}
