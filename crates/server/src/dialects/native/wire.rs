//! The words of the native API, and how a body is read member by member.
//!
//! Money is `{"amount":"12.50","currency":"USD"}`, an id is 24 hex digits, a day is `2026-03-15`, an instant is RFC 3339. Whatever
//! cannot be read names the member it stands in. Deliberately absent: which member belongs to which document (`mapping`).

pub mod members;

use jiff::{Timestamp, civil::Date};
use quittance_accounting::account::{AccountKind, AccountRole, Side};
use quittance_accounting::book::{NumberState, Role};
use quittance_accounting::identity::DocumentKind;
use quittance_accounting::journal::EntryKind;
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::settlement::{Method, Witness};
use serde_json::{Value, json};

use crate::http::numbers::fixed_text;

pub use members::{Invalid, Members};

/// The first day that a document may be dated: before it a date is a slip of the finger.
pub const FIRST_DAY: Date = Date::constant(1900, 1, 1);

/// The last day that a document may be dated.
pub const LAST_DAY: Date = Date::constant(2999, 12, 31);

/// An amount on the wire.
pub fn money(amount: Amount, currency: Currency) -> Value {
    minor(amount.minor(), currency)
}

/// A sum of any length on the wire.
pub fn wide(minor: i128, currency: Currency) -> Value {
    let major = rust_decimal::Decimal::try_from_i128_with_scale(minor, currency.exponent());
    json!({"amount": major.unwrap_or_default().to_string(), "currency": currency.code()})
}

/// A sum of amounts on the wire: it may pass the largest amount of one document.
pub fn minor(minor: i64, currency: Currency) -> Value {
    json!({"amount": fixed_text(minor, currency.exponent()), "currency": currency.code()})
}

/// A day on the wire.
pub fn day(date: Date) -> Value {
    Value::from(date.to_string())
}

/// An instant on the wire.
pub fn instant(at: Timestamp) -> Value {
    Value::from(at.to_string())
}

/// An optional value on the wire: `null` where there is none.
pub fn optional<T>(value: Option<T>, shown: impl Fn(T) -> Value) -> Value {
    value.map_or(Value::Null, shown)
}

/// The word that a list of words has for a value.
fn word<T: PartialEq>(all: &[(T, &'static str)], value: &T) -> &'static str {
    all.iter()
        .find(|(known, _)| known == value)
        .map_or("unknown", |(_, word)| word)
}

/// A word that names itself on the wire.
pub trait Word {
    /// The word.
    fn word(&self) -> &'static str;
}

macro_rules! words {
    ($($kind:ty),* $(,)?) => {$(
        impl Word for $kind {
            fn word(&self) -> &'static str {
                word(&<$kind>::ALL, self)
            }
        }
    )*};
}

words!(
    AccountKind,
    AccountRole,
    DocumentKind,
    EntryKind,
    Method,
    NumberState,
    Role,
    Witness
);

impl Word for Side {
    fn word(&self) -> &'static str {
        match self {
            Side::Debit => "debit",
            Side::Credit => "credit",
        }
    }
}
