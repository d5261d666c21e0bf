//! Between the vendor's shapes and the core's, by hand.
//!
//! Ids: an integer is the book's slot, counted from nought, times 2^29 plus the document's number, so that the first book counts
//! 1, 2, 3 and an id of another book never hits one's own.

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};
use quittance_accounting::identity::BookKey;
use quittance_accounting::invoice::Standing;
use quittance_accounting::money::{Amount, Currency};
use rust_decimal::Decimal;
use serde_json::Number;

use crate::http::numbers;

pub mod credits;
pub mod editing;
pub mod fields;
pub mod filters;
pub mod ledger;
pub mod overpaid;
pub mod parties;
pub mod paying;
pub mod reading;
pub mod showing;

/// Documents of one kind that a book can number.
const PER_BOOK: i64 = 1 << 29;

/// The integer of a document.
pub fn integer(book: BookKey, number: i64) -> i64 {
    (book.0 - 1).saturating_mul(PER_BOOK).saturating_add(number)
}

/// The number in its book of the document with this integer; `None` when it is not this book's.
pub fn number_of(book: BookKey, integer: i64) -> Option<i64> {
    let number = integer.checked_sub((book.0 - 1).checked_mul(PER_BOOK)?)?;
    (1..PER_BOOK).contains(&number).then_some(number)
}

/// The integer of a book's one entity.
pub fn entity(book: BookKey) -> i64 {
    integer(book, 1)
}

/// The vendor's word for a standing, without regard to sending.
pub fn payment_status(standing: Standing) -> &'static str {
    match standing {
        Standing::Draft => "draft",
        Standing::Open => "open",
        Standing::PartPaid | Standing::PartWrittenOff => "partial",
        Standing::Paid | Standing::Refunded => "paid",
        Standing::WrittenOff => "uncollectible",
        Standing::Void => "voided",
    }
}

/// `2026-03-15T12:00:00+0000`: no colon, no fraction, never `Z`.
pub fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

/// The day of an instant in a zone.
pub fn day_in(zone: &str, at: Timestamp) -> Date {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    zone.to_datetime(at).date()
}

/// An amount as Python writes it.
pub fn money(amount: Amount, currency: Currency) -> Number {
    numbers::python_float(amount.minor(), currency.exponent())
}

/// A decimal as Python writes it: `50.0`, `0.125`.
pub fn number(decimal: Decimal) -> Number {
    let exact = numbers::number(decimal);
    let text = exact.to_string();
    if text.contains('.') {
        return exact;
    }
    format!("{text}.0").parse().unwrap_or(exact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_two_books_never_meet() {
        let (first, second) = (BookKey(1), BookKey(2));
        assert_eq!((integer(first, 3), integer(second, 3)), (3, (1 << 29) + 3));
        assert_eq!(number_of(first, 3), Some(3));
        for foreign in [0, -1, 1 << 29, integer(second, 3), i64::MAX, i64::MIN] {
            assert_eq!(number_of(first, foreign), None, "{foreign}");
        }
        assert_eq!(number_of(second, 3), None);
    }

    #[test]
    fn numbers_read_as_python_writes_them() {
        for (decimal, text) in [("50", "50.0"), ("-0.125", "-0.125"), ("2.50", "2.5"), ("0", "0.0")] {
            assert_eq!(number(decimal.parse().unwrap()).to_string(), text);
        }
    }
}
