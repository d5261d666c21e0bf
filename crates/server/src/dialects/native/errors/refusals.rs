//! Every reason to refuse, in the native API's words. Each has a code of its own and its facts as the books know them.

use jiff::civil::Date;
use quittance_accounting::identity::DocumentKind;
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::refusal::Refusal;
use serde_json::Value;

use super::Fault;
use crate::dialects::native::wire::{Word, day, instant, money, optional};

/// A reason with its status, code, message and facts. `currency` is the book's.
pub fn worded(refusal: &Refusal, currency: Currency) -> Fault {
    match refusal {
        Refusal::NotFound { kind } => {
            Fault::new(404, "not_found", format!("The book has no such {}.", named(*kind))).fact("kind", kind.word())
        }
        Refusal::AlreadyDeleted { seq, at } => Fault::new(410, "already_deleted", "The document was deleted.")
            .fact("seq", *seq)
            .fact("at", instant(*at)),
        Refusal::KeyReused { subject } => {
            Fault::new(409, "key_reused", "The idempotency key was used for another request.").fact("subject", *subject)
        }
        Refusal::PlanMoved => Fault::new(
            409,
            "plan_moved",
            "What the plan was made from has changed since; look at a new plan first.",
        ),
        Refusal::Held { until } => Fault::new(
            409,
            "held",
            format!("A retention hold forbids deletion through {until}."),
        )
        .fact("until", day(*until)),
        Refusal::HandedOver { at } => {
            Fault::new(409, "handed_over", "The document was handed over to an authority.").fact("at", instant(*at))
        }
        Refusal::PaymentInProgress { pending } => Fault::new(
            409,
            "payment_in_progress",
            "A provider is collecting money for the invoice right now.",
        )
        .fact("pending", money(*pending, currency)),
        Refusal::PeriodClosed {
            entry_date,
            closed_through,
        } => Fault::new(
            409,
            "period_closed",
            format!("An entry of {entry_date} lies in a period that is closed through {closed_through}."),
        )
        .fact("entry_date", day(*entry_date))
        .fact("closed_through", day(*closed_through)),
        Refusal::WrongStanding { standing, allowed } => {
            let words: Vec<&str> = allowed.iter().map(|standing| standing.word()).collect();
            let message = format!("The invoice is {}; this is for: {}.", standing.word(), words.join(", "));
            let message = message.replace('_', " ");
            Fault::new(409, "wrong_standing", message)
                .fact("standing", standing.word())
                .fact("allowed", words)
        }
        Refusal::HasPayments { .. }
        | Refusal::HasRefunds { .. }
        | Refusal::HasWriteOffs { .. }
        | Refusal::HasWitnessedMoney { .. } => settled(refusal, currency),
        Refusal::ContentErased { seq } => {
            Fault::new(410, "content_erased", "Its texts are gone, so it cannot be restored.").fact("seq", *seq)
        }
        Refusal::NumberTaken { number, invoice } => Fault::new(409, "number_taken", "Another invoice has the number.")
            .fact("number", number.as_str())
            .fact("invoice", invoice.0),
        Refusal::ExternalIdTaken { kind, external_id } => Fault::new(
            409,
            "external_id_taken",
            format!("Another {} has the external id.", named(*kind)),
        )
        .fact("kind", kind.word())
        .fact("external_id", external_id.as_str()),
        Refusal::CannotClose { .. } | Refusal::CannotReopen { .. } => period(refusal),
        Refusal::UnknownReference { .. }
        | Refusal::ControlAccount { .. }
        | Refusal::CurrencyDiffers { .. }
        | Refusal::NoLines
        | Refusal::TooMany { .. } => shape(refusal),
        Refusal::NegativeTotal { .. }
        | Refusal::AmountTooLarge
        | Refusal::AmountNotPositive { .. }
        | Refusal::Overpayment { .. }
        | Refusal::Underpayment { .. }
        | Refusal::OverAllocated { .. }
        | Refusal::OverRefund { .. } => sum(refusal, currency),
    }
}

/// What hangs on the invoice.
fn settled(refusal: &Refusal, currency: Currency) -> Fault {
    let counted = |code, message: &str, count: i64, sum: Amount| {
        Fault::new(409, code, message)
            .fact("count", count)
            .fact("sum", money(sum, currency))
    };
    match refusal {
        Refusal::HasPayments { count, sum } => counted("has_payments", "Payments settle the invoice.", *count, *sum),
        Refusal::HasRefunds { count, sum } => {
            counted("has_refunds", "Money of the invoice was given back.", *count, *sum)
        }
        Refusal::HasWriteOffs { count, sum } => {
            counted("has_write_offs", "Part of the invoice was given up.", *count, *sum)
        }
        Refusal::HasWitnessedMoney { sum } => Fault::new(
            409,
            "has_witnessed_money",
            "Money that a provider or a bank vouches for settles the invoice.",
        )
        .fact("sum", money(*sum, currency)),
        _ => Fault::internal(),
    }
}

fn period(refusal: &Refusal) -> Fault {
    let shown = |date: &Option<Date>| optional(*date, day);
    match refusal {
        Refusal::CannotClose {
            closed_through,
            asked,
            today,
        } => Fault::new(
            409,
            "cannot_close",
            "A period is closed forward only, and only through a day that is over.",
        )
        .fact("closed_through", shown(closed_through))
        .fact("asked", day(*asked))
        .fact("today", day(*today)),
        Refusal::CannotReopen { closed_through, asked } => Fault::new(
            409,
            "cannot_reopen",
            "A period is reopened back to an earlier day only.",
        )
        .fact("closed_through", shown(closed_through))
        .fact("asked", shown(asked)),
        _ => Fault::internal(),
    }
}

/// What the request is made of.
fn shape(refusal: &Refusal) -> Fault {
    match refusal {
        Refusal::UnknownReference { kind, reference } => Fault::new(
            422,
            "unknown_reference",
            format!("The request refers to a {} that does not exist.", named(*kind)),
        )
        .fact("kind", kind.word())
        .fact("reference", reference.as_str()),
        Refusal::ControlAccount { role } => Fault::new(
            422,
            "control_account",
            "A control account takes postings of documents only.",
        )
        .fact("role", role.word()),
        Refusal::CurrencyDiffers { book, document } => {
            Fault::new(422, "currency_differs", format!("The book is kept in {book}."))
                .fact("book", book.code())
                .fact("document", document.code())
        }
        Refusal::NoLines => Fault::new(422, "no_lines", "An invoice needs a line."),
        Refusal::TooMany { most, found } => Fault::new(422, "too_many", format!("{found} parts are more than {most}."))
            .fact("most", *most)
            .fact("found", *found),
        _ => Fault::internal(),
    }
}

/// Sums that do not do.
fn sum(refusal: &Refusal, currency: Currency) -> Fault {
    let money = |amount: &Amount| -> Value { money(*amount, currency) };
    match refusal {
        Refusal::NegativeTotal { total } => {
            Fault::new(422, "negative_total", "The total of an invoice cannot be below zero.")
                .fact("total", money(total))
        }
        Refusal::AmountTooLarge => Fault::new(422, "amount_too_large", "A sum passes the largest amount."),
        Refusal::AmountNotPositive { amount } => {
            Fault::new(422, "amount_not_positive", "The amount must be more than zero.").fact("amount", money(amount))
        }
        Refusal::Overpayment { open, offered } => Fault::new(422, "overpayment", "This is more than is open.")
            .fact("open", money(open))
            .fact("offered", money(offered)),
        Refusal::Underpayment { open, offered } => Fault::new(422, "underpayment", "This is less than is open.")
            .fact("open", money(open))
            .fact("offered", money(offered)),
        Refusal::OverAllocated { amount, allocated } => Fault::new(
            422,
            "over_allocated",
            "The parts of the payment are more than the payment.",
        )
        .fact("amount", money(amount))
        .fact("allocated", money(allocated)),
        Refusal::OverRefund { refundable, asked } => {
            Fault::new(422, "over_refund", "This is more than was paid and not given back.")
                .fact("refundable", money(refundable))
                .fact("asked", money(asked))
        }
        _ => Fault::internal(),
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
        DocumentKind::Token => "token",
    }
}
