//! Every reason to refuse, in the native API's words. Each has a code of its own and its facts as the books know them.
//!
//! Three tables, each exhaustive: a new reason does not compile until it has a code, a sentence and its facts.

use quittance_accounting::identity::DocumentKind;
use quittance_accounting::money::Currency;
use quittance_accounting::refusal::{ExchangeRefusal, LedgerRefusal, Refusal};
use serde_json::{Map, Value, json};

use super::Fault;
use crate::dialects::native::wire::{Word, day, instant, minor, money, optional};

/// A reason with its status, code, message and facts. `currency` is the book's.
pub fn worded(refusal: &Refusal, currency: Currency) -> Fault {
    let (status, code) = code(refusal);
    let mut fault = Fault::new(status, code, message(refusal));
    *fault.facts = facts(refusal, currency);
    fault
}

/// Status and code: 409 for what the state of the books forbids, 422 for what would be refused in any state.
fn code(refusal: &Refusal) -> (u16, &'static str) {
    match refusal {
        Refusal::NotFound { .. } => (404, "not_found"),
        Refusal::AlreadyDeleted { .. } => (410, "already_deleted"),
        Refusal::KeyReused { .. } => (409, "key_reused"),
        Refusal::PlanMoved => (409, "plan_moved"),
        Refusal::Held { .. } => (409, "held"),
        Refusal::HandedOver { .. } => (409, "handed_over"),
        Refusal::PaymentInProgress { .. } => (409, "payment_in_progress"),
        Refusal::PeriodClosed { .. } => (409, "period_closed"),
        Refusal::WrongStanding { .. } => (409, "wrong_standing"),
        Refusal::HasPayments { .. } => (409, "has_payments"),
        Refusal::HasCredits { .. } => (409, "has_credits"),
        Refusal::HasRefunds { .. } => (409, "has_refunds"),
        Refusal::HasWriteOffs { .. } => (409, "has_write_offs"),
        Refusal::HasWitnessedMoney { .. } => (409, "has_witnessed_money"),
        Refusal::ContentErased { .. } => (410, "content_erased"),
        Refusal::NumberTaken { .. } => (409, "number_taken"),
        Refusal::ExternalIdTaken { .. } => (409, "external_id_taken"),
        Refusal::UnknownReference { .. } => (422, "unknown_reference"),
        Refusal::ControlAccount { .. } => (422, "control_account"),
        Refusal::Ledger(LedgerRefusal::AccountTaken { .. }) => (409, "account_taken"),
        Refusal::Ledger(LedgerRefusal::AccountInUse { .. }) => (409, "account_in_use"),
        Refusal::Ledger(LedgerRefusal::AccountInactive { .. }) => (409, "account_inactive"),
        Refusal::Ledger(LedgerRefusal::Unbalanced { .. }) => (422, "unbalanced"),
        Refusal::Ledger(LedgerRefusal::BelongsToDocument { .. }) => (409, "belongs_to_document"),
        Refusal::Ledger(LedgerRefusal::AlreadyReversed { .. }) => (409, "already_reversed"),
        Refusal::Exchange(ExchangeRefusal::Differs { .. }) => (422, "currency_differs"),
        Refusal::Exchange(ExchangeRefusal::NoRate { .. }) => (422, "rate_missing"),
        Refusal::Exchange(ExchangeRefusal::OwnCurrency { .. }) => (422, "rate_of_own_currency"),
        Refusal::Exchange(ExchangeRefusal::Frozen { .. }) => (409, "rate_frozen"),
        Refusal::NoLines => (422, "no_lines"),
        Refusal::TooMany { .. } => (422, "too_many"),
        Refusal::NegativeTotal { .. } => (422, "negative_total"),
        Refusal::AmountTooLarge => (422, "amount_too_large"),
        Refusal::AmountNotPositive { .. } => (422, "amount_not_positive"),
        Refusal::Overpayment { .. } => (422, "overpayment"),
        Refusal::Underpayment { .. } => (422, "underpayment"),
        Refusal::OverAllocated { .. } => (422, "over_allocated"),
        Refusal::RevisionMoved { .. } => (409, "revision_moved"),
        Refusal::HasAllocations { .. } => (409, "has_allocations"),
        Refusal::IsVoid { .. } => (409, "is_void"),
        Refusal::InUse { .. } => (409, "in_use"),
        Refusal::BelowSettled { .. } => (409, "below_settled"),
        Refusal::CustomerDiffers { .. } => (409, "customer_differs"),
        Refusal::OverCredit { .. } => (422, "over_credit"),
        Refusal::OverRefund { .. } => (422, "over_refund"),
        Refusal::CannotClose { .. } => (409, "cannot_close"),
        Refusal::CannotReopen { .. } => (409, "cannot_reopen"),
    }
}

/// The sentence for people.
fn message(refusal: &Refusal) -> String {
    let plain = match refusal {
        Refusal::NotFound { kind } => return format!("The book has no such {}.", named(*kind)),
        Refusal::AlreadyDeleted { .. } => "The document was deleted.",
        Refusal::KeyReused { .. } => "The idempotency key was used for another request.",
        Refusal::PlanMoved => "What the plan was made from has changed since; look at a new plan first.",
        Refusal::Held { until, .. } => return format!("A retention hold forbids deletion through {until}."),
        Refusal::HandedOver { .. } => "The document was handed over to an authority.",
        Refusal::PaymentInProgress { .. } => "A provider is collecting money for the invoice right now.",
        Refusal::PeriodClosed {
            entry_date,
            closed_through,
        } => {
            return format!("An entry of {entry_date} lies in a period that is closed through {closed_through}.");
        }
        Refusal::WrongStanding { standing, allowed } => {
            let words: Vec<&str> = allowed.iter().map(|standing| standing.word()).collect();
            let message = format!("The invoice is {}; this is for: {}.", standing.word(), words.join(", "));
            return message.replace('_', " ");
        }
        Refusal::HasPayments { .. } => "Payments settle the invoice.",
        Refusal::HasCredits { .. } => "Credit notes settle the invoice, or take figures of it back.",
        Refusal::HasRefunds { .. } => "Money of the invoice was given back.",
        Refusal::HasWriteOffs { .. } => "Part of the invoice was given up.",
        Refusal::HasWitnessedMoney { .. } => "Money that a provider or a bank vouches for settles the invoice.",
        Refusal::ContentErased { .. } => "Its texts are gone, so it cannot be restored.",
        Refusal::NumberTaken { .. } => "Another document has the number.",
        Refusal::ExternalIdTaken { kind, .. } => return format!("Another {} has the external id.", named(*kind)),
        Refusal::UnknownReference { kind, .. } => {
            return format!("The request refers to a {} that does not exist.", named(*kind));
        }
        Refusal::ControlAccount { .. } => "A control account takes postings of documents only.",
        Refusal::Ledger(LedgerRefusal::AccountTaken { .. }) => "Another account has the code or the stable name.",
        Refusal::Ledger(LedgerRefusal::AccountInUse { .. }) => {
            "An account that plays a part, or that something is posted to, cannot be retired."
        }
        Refusal::Ledger(LedgerRefusal::AccountInactive { .. }) => "The account was retired and takes no postings.",
        Refusal::Ledger(LedgerRefusal::Unbalanced { .. }) => "Debits and credits must be the same, and not nothing.",
        Refusal::Ledger(LedgerRefusal::BelongsToDocument { document, .. }) => {
            return format!(
                "The entry belongs to a document of kind {} and stands and falls with it.",
                named(document.kind)
            );
        }
        Refusal::Ledger(LedgerRefusal::AlreadyReversed { .. }) => "The entry was reversed.",
        Refusal::Exchange(refusal) => return exchange_words(refusal),
        Refusal::NoLines => "An invoice needs a line.",
        Refusal::TooMany { most, found } => return format!("{found} parts are more than {most}."),
        Refusal::NegativeTotal { .. } => "The total of an invoice cannot be below zero.",
        Refusal::AmountTooLarge => "A sum passes the largest amount.",
        Refusal::AmountNotPositive { .. } => "The amount must be more than zero.",
        Refusal::Overpayment { .. } => "This is more than is open.",
        Refusal::Underpayment { .. } => "This is less than is open.",
        Refusal::OverAllocated { .. } => "The parts of the payment are more than the payment.",
        Refusal::RevisionMoved { .. } => "The document has changed since it was looked at.",
        Refusal::HasAllocations { .. } => "It settles invoices.",
        Refusal::IsVoid { kind, on } => return format!("The {} was annulled as of {on}.", named(*kind)),
        Refusal::InUse { kind, by, .. } => return format!("The {} is named by a {}.", named(*kind), named(*by)),
        Refusal::BelowSettled { .. } => "The invoice would come to less than what settles it.",
        Refusal::CustomerDiffers { .. } => "The money of one customer cannot settle the invoice of another.",
        Refusal::OverCredit { .. } => "This is more than the invoice comes to.",
        Refusal::OverRefund { .. } => "This is more than was paid and not given back.",
        Refusal::CannotClose { .. } => "A period is closed forward only, and only through a day that is over.",
        Refusal::CannotReopen { .. } => "A period is reopened back to an earlier day only.",
    };
    plain.to_owned()
}

fn exchange_words(refusal: &ExchangeRefusal) -> String {
    match refusal {
        ExchangeRefusal::Differs { document, money } => {
            format!("The document is in {document}; money in {money} cannot be for it.")
        }
        ExchangeRefusal::NoRate { currency, day } => {
            format!("No rate of {currency} is known for {day}: give one, or keep one in the book.")
        }
        ExchangeRefusal::OwnCurrency { currency } => format!("The book is kept in {currency}, whose rate is 1."),
        ExchangeRefusal::Frozen { .. } => "The currency and the rate of what was issued do not change.".to_owned(),
    }
}

fn exchange_facts(refusal: &ExchangeRefusal) -> Value {
    match refusal {
        ExchangeRefusal::Differs { document, money } => json!({"document": document.code(), "money": money.code()}),
        ExchangeRefusal::NoRate { currency, day: on } => json!({"currency": currency.code(), "date": day(*on)}),
        ExchangeRefusal::OwnCurrency { currency } => json!({"currency": currency.code()}),
        ExchangeRefusal::Frozen { currency, rate } => {
            json!({"currency": currency.code(), "exchange_rate": rate.map(|rate| rate.decimal().to_string())})
        }
    }
}

/// The facts, under the names that the books give them.
fn facts(refusal: &Refusal, currency: Currency) -> Map<String, Value> {
    let money = |amount: &quittance_accounting::money::Amount| money(*amount, currency);
    let facts = match refusal {
        Refusal::PlanMoved | Refusal::NoLines | Refusal::AmountTooLarge => json!({}),
        Refusal::NotFound { kind } => json!({"kind": kind.word()}),
        Refusal::AlreadyDeleted { seq, at } => json!({"seq": seq, "at": instant(*at)}),
        Refusal::KeyReused { subject } => json!({"subject": subject}),
        Refusal::Held { until, reason } => json!({"until": day(*until), "reason": reason}),
        Refusal::HandedOver { at } => json!({"at": instant(*at)}),
        Refusal::PaymentInProgress { pending } => json!({"pending": money(pending)}),
        Refusal::PeriodClosed {
            entry_date,
            closed_through,
        } => json!({"entry_date": day(*entry_date), "closed_through": day(*closed_through)}),
        Refusal::WrongStanding { standing, allowed } => {
            let allowed: Vec<&str> = allowed.iter().map(|standing| standing.word()).collect();
            json!({"standing": standing.word(), "allowed": allowed})
        }
        Refusal::HasPayments { count, sum }
        | Refusal::HasCredits { count, sum }
        | Refusal::HasRefunds { count, sum }
        | Refusal::HasWriteOffs { count, sum } => json!({"count": count, "sum": money(sum)}),
        Refusal::HasWitnessedMoney { sum } => json!({"sum": money(sum)}),
        Refusal::ContentErased { seq } => json!({"seq": seq}),
        Refusal::NumberTaken { number, document } => {
            json!({"number": number, "document": {"kind": document.kind.word(), "number": document.number}})
        }
        Refusal::ExternalIdTaken { kind, external_id } => json!({"kind": kind.word(), "external_id": external_id}),
        Refusal::UnknownReference { kind, reference } => json!({"kind": kind.word(), "reference": reference}),
        Refusal::ControlAccount { role } => json!({"role": role.word()}),
        Refusal::Ledger(refusal) => ledger_facts(refusal, currency),
        Refusal::Exchange(refusal) => exchange_facts(refusal),
        Refusal::TooMany { most, found } => json!({"most": most, "found": found}),
        Refusal::NegativeTotal { total } => json!({"total": money(total)}),
        Refusal::AmountNotPositive { amount } => json!({"amount": money(amount)}),
        Refusal::Overpayment { open, offered } | Refusal::Underpayment { open, offered } => {
            json!({"open": money(open), "offered": money(offered)})
        }
        Refusal::OverAllocated { amount, allocated } => {
            json!({"amount": money(amount), "allocated": money(allocated)})
        }
        Refusal::RevisionMoved { expected, found } => json!({"expected": expected, "found": found}),
        Refusal::HasAllocations { count, sum } => json!({"count": count, "sum": money(sum)}),
        Refusal::IsVoid { kind, on } => json!({"kind": kind.word(), "on": day(*on)}),
        Refusal::InUse { kind, by, count } => json!({"kind": kind.word(), "by": by.word(), "count": count}),
        Refusal::BelowSettled { total, settled } => json!({"total": money(total), "settled": money(settled)}),
        Refusal::CustomerDiffers { expected, found } => json!({"expected": expected.0, "found": found.0}),
        Refusal::OverCredit { creditable, asked } => json!({"creditable": money(creditable), "asked": money(asked)}),
        Refusal::OverRefund { refundable, asked } => json!({"refundable": money(refundable), "asked": money(asked)}),
        Refusal::CannotClose {
            closed_through,
            asked,
            today,
        } => json!({"closed_through": optional(*closed_through, day), "asked": day(*asked), "today": day(*today)}),
        Refusal::CannotReopen { closed_through, asked } => {
            json!({"closed_through": optional(*closed_through, day), "asked": optional(*asked, day)})
        }
    };
    match facts {
        Value::Object(facts) => facts,
        // Each of the values above is an object.
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

/// A kind of document as a sentence names it.
fn named(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Book => "book",
        DocumentKind::Account => "ledger account",
        DocumentKind::Customer => "customer",
        DocumentKind::Product => "product",
        DocumentKind::Invoice => "invoice",
        DocumentKind::Payment => "payment",
        DocumentKind::Refund => "refund",
        DocumentKind::WriteOff => "write-off",
        DocumentKind::CreditNote => "credit note",
        DocumentKind::Line => "line",
        DocumentKind::Token => "token",
        DocumentKind::Resource => "resource",
        DocumentKind::ManualEntry => "manual entry",
        DocumentKind::Request => "request",
    }
}

fn ledger_facts(refusal: &LedgerRefusal, currency: Currency) -> Value {
    match refusal {
        LedgerRefusal::AccountTaken { reference } => json!({"reference": reference}),
        LedgerRefusal::AccountInUse { role, debits, credits } => {
            json!({"role": role.word(), "debits": minor(*debits, currency), "credits": minor(*credits, currency)})
        }
        LedgerRefusal::AccountInactive { account } => json!({"account": account.0}),
        LedgerRefusal::Unbalanced { debits, credits } => {
            json!({"debits": money(*debits, currency), "credits": money(*credits, currency)})
        }
        LedgerRefusal::BelongsToDocument { document, kind } => {
            json!({"document": {"kind": document.kind.word(), "number": document.number}, "entry_kind": kind.word()})
        }
        LedgerRefusal::AlreadyReversed { by } => json!({"by": by.0}),
    }
}
