//! What a flaw is about, in the words and keys that stand in the tables, so that an auditor finds the row.
//!
//! Not here: the sentences, which stand with the flaws.

use quittance_accounting::account::AccountRole;
use quittance_accounting::identity::{DocumentKind, DocumentRef};
use quittance_accounting::journal::EntryError;
use quittance_accounting::kept::{Tally, Turnover};
use quittance_accounting::plan::BalanceEffect;

use super::flaw::ReceiptPart;

/// A document by its kind and number.
pub(super) fn document(document: &DocumentRef) -> String {
    let word = DocumentKind::ALL.iter().find(|(kind, _)| *kind == document.kind);
    format!("{} {}", word.map_or("", |(_, word)| word), document.number)
}

/// An account's part in the books.
pub(super) fn role(role: AccountRole) -> &'static str {
    let word = AccountRole::ALL.iter().find(|(known, _)| *known == role);
    word.map_or("", |(_, word)| word)
}

/// Both sides of an account.
pub(super) fn turnover(Turnover { debits, credits }: Turnover) -> String {
    format!("debits {debits} and credits {credits}")
}

/// What is tallied.
pub(super) fn tally(Tally { count, open, booked }: Tally) -> String {
    format!("count {count}, open {open} and booked {booked}")
}

/// What is wrong with an entry.
pub(super) fn entry(error: &EntryError) -> String {
    match error {
        EntryError::Unbalanced { debits, credits } => {
            format!("it does not balance: debits of {debits}, credits of {credits}")
        }
        EntryError::NotPositive { place } => format!("posting {place} is of nothing or less"),
        EntryError::Mixed { place } => format!("posting {place} is of another side or currency than it must be"),
        EntryError::Incomplete { expected, found } => format!("it has {found} postings instead of {expected}"),
    }
}

/// The part of a receipt that is wrong.
pub(super) fn part(part: &ReceiptPart) -> String {
    match part {
        ReceiptPart::All => "there is none".to_owned(),
        ReceiptPart::Balance { expected, found } => {
            let of = |effect: &Option<BalanceEffect>| effect.as_ref().map_or("nothing".to_owned(), effects);
            format!("{} instead of {}", of(found), of(expected))
        }
        ReceiptPart::Entry(key) => format!("entry {}", key.0),
        ReceiptPart::Payment(key) => format!("payment {}", key.0),
        ReceiptPart::CreditNote(key) => format!("credit note {}", key.0),
        ReceiptPart::Invoice(key) => format!("invoice {}", key.0),
    }
}

fn effects(effect: &BalanceEffect) -> String {
    let day = effect.day.map(|day| format!(" on {day}")).unwrap_or_default();
    let currency = effect.currency.map(|code| format!(" in {code}")).unwrap_or_default();
    let (before, after) = (turnover(effect.before), turnover(effect.after));
    format!("account {}{day}{currency} from {before} to {after}", effect.account.0)
}
