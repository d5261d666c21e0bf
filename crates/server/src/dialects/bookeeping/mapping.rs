//! Between the vendor's shapes and the core's, by hand: ids, instants and dates here, bodies in `incoming`, answers in `outgoing`, the
//! chart in `categories`, the journal in `transactions`.
//!
//! Promise: money goes from digits to minor units and back without a binary float, and an id that is not one of ours is told apart
//! from one that is malformed. Deliberately absent: asking the books.

pub mod categories;
pub mod incoming;
pub mod outgoing;
mod rates;
pub mod transactions;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use quittance_accounting::account::LedgerAccount;
use quittance_accounting::identity::{AccountKey, BookKey, DocumentId};
use quittance_accounting::money::{Amount, Currency};
use quittance_books::view::BookView;
use serde_json::Number;

use self::categories::Chart;
use super::errors::Problem;
use crate::http::numbers;

/// The years a date may lie in: outside of them it is a slip of the keyboard.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2999;
/// The time part of a category's id: documents are made long after 1970, so no document can have it.
const CATEGORY_TIME: u64 = 0;
/// The time part of the id of an account where money arrives.
const ACCOUNT_TIME: u64 = 1;

/// An id of 24 hex digits, in either case.
pub fn id(text: &str, name: &str) -> Result<DocumentId, Problem> {
    DocumentId::from_hex(text).ok_or_else(|| Problem::bad(format!("{name} must be an id of 24 hexadecimal digits")))
}

/// The id of a ledger account as a category: twelve zeros, six digits of the book's slot, six of the account's number.
pub fn category_id(book: BookKey, account: AccountKey) -> String {
    account_id(CATEGORY_TIME, book, account)
}

/// The id of a ledger account as a place where money arrives: the same, with a one before the book.
pub fn money_account_id(book: BookKey, account: AccountKey) -> String {
    account_id(ACCOUNT_TIME, book, account)
}

fn account_id(time: u64, book: BookKey, account: AccountKey) -> String {
    let low24 = |number: i64| u64::try_from(number).unwrap_or(0) & 0xff_ffff;
    DocumentId::new(time, low24(book.0) << 24 | low24(account.0)).hex()
}

/// The ledger account of a category's id.
pub fn category(book: &BookView, id: DocumentId) -> Option<&LedgerAccount> {
    book.accounts
        .iter()
        .find(|account| category_id(book.key, account.key) == id.hex())
}

/// The ledger account of the id of an account where money arrives.
pub fn money_account(chart: &Chart, id: DocumentId) -> Option<&LedgerAccount> {
    let named = |account: &&LedgerAccount| money_account_id(chart.key, account.key) == id.hex();
    chart.money_accounts().find(named)
}

/// An instant as the vendor writes it: UTC, with milliseconds.
pub fn instant(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// A day as the vendor writes it: its first instant.
pub fn day(date: Date) -> String {
    format!("{date}T00:00:00.000Z")
}

/// An amount in major units, in its shortest exact form.
pub fn major(amount: Amount, currency: Currency) -> Number {
    numbers::number(amount.in_major_units(currency))
}

/// A date as a client wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    /// The instant, unless only a day was given.
    pub at: Option<Timestamp>,
    /// The day it stands for.
    pub day: Date,
}

impl When {
    /// Reads an RFC 3339 date-time or a bare date. A date-time stands for its day in the book's zone; one at midnight of its own
    /// offset is how clients write a bare date, and stands for the day as written.
    pub fn read(text: &str, name: &str, zone: &TimeZone) -> Result<When, Problem> {
        let fault = || Problem::bad(format!("{name} must be an RFC 3339 date-time or a date"));
        let written: Date = text.get(..10).and_then(|day| day.parse().ok()).ok_or_else(fault)?;
        let when = match text.get(10..) {
            Some("") => When { at: None, day: written },
            Some(rest) if rest.starts_with(['T', 't']) && rest.len() <= 40 && !rest.contains('[') => {
                let at: Timestamp = text.parse().map_err(|_| fault())?;
                let time: Option<civil::DateTime> = text.get(..19).and_then(|text| text.parse().ok());
                let at_midnight = time.is_some_and(|time| time.time() == civil::Time::midnight());
                let day = if at_midnight {
                    written
                } else {
                    zone.to_datetime(at).date()
                };
                When { at: Some(at), day }
            }
            Some(_) | None => return Err(fault()),
        };
        if YEARS.contains(&when.day.year()) && YEARS.contains(&written.year()) {
            Ok(when)
        } else {
            Err(Problem::bad(format!(
                "{name} must lie in the years {} to {}",
                YEARS.start(),
                YEARS.end()
            )))
        }
    }

    /// Whether it is before another: by instants when both have one, else by days.
    pub fn is_before(&self, other: &When) -> bool {
        match (self.at, other.at) {
            (Some(own), Some(other)) => own < other,
            _ => self.day < other.day,
        }
    }
}

/// The book's time zone; opening a book refuses one that is not known.
pub fn zone(book: &BookView) -> TimeZone {
    TimeZone::get(&book.settings.zone).unwrap_or(TimeZone::UTC)
}
