//! Amounts.
//!
//! An [`Amount`] is a checked number of minor units; the record that holds it names the [`Currency`]. Unit prices,
//! quantities and rates are exact decimals and become an amount once, in [`crate::rounding`]. Deliberately absent: rounding, binary
//! floats, implicit conversions, and rates between currencies ([`crate::exchange`]).

use std::fmt;

use rust_decimal::{Decimal, prelude::ToPrimitive};

/// The largest amount one document may carry, in minor units: a hundred billion of a two-digit currency. With it, the sum over
/// 90,000 of the largest documents still fits a 64-bit column.
pub const LARGEST_AMOUNT: i64 = 10_000_000_000_000;

/// An ISO 4217 code with a known number of minor digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// Currencies without minor units (ISO 4217, exponent 0).
const WITHOUT_MINOR_UNITS: [&str; 16] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF",
];
/// Currencies with three minor digits (ISO 4217, exponent 3).
const WITH_THREE_DIGITS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

impl Currency {
    /// The US dollar, the currency of the demo book.
    pub const USD: Currency = Currency(*b"USD");

    /// Reads a code of three letters in either case; `None` for anything else.
    pub fn parse(text: &str) -> Option<Currency> {
        let bytes: [u8; 3] = text.as_bytes().try_into().ok()?;
        bytes
            .iter()
            .all(u8::is_ascii_alphabetic)
            .then(|| Currency(bytes.map(|b| b.to_ascii_uppercase())))
    }

    /// The code in capitals.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// How many decimal digits a minor unit has: 2 unless ISO 4217 says otherwise.
    pub fn exponent(&self) -> u32 {
        match self.code() {
            code if WITHOUT_MINOR_UNITS.contains(&code) => 0,
            code if WITH_THREE_DIGITS.contains(&code) => 3,
            _ => 2,
        }
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Minor units of the currency that the holding record names. Arithmetic is checked: it answers `None` instead of wrapping.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(i64);

impl Amount {
    /// Nothing.
    pub const ZERO: Amount = Amount(0);

    /// An amount of so many minor units; `None` beyond [`LARGEST_AMOUNT`].
    pub fn new(minor: i64) -> Option<Amount> {
        (-LARGEST_AMOUNT..=LARGEST_AMOUNT)
            .contains(&minor)
            .then_some(Amount(minor))
    }

    /// The number of minor units.
    pub fn minor(self) -> i64 {
        self.0
    }

    /// The sum, or `None` beyond [`LARGEST_AMOUNT`].
    pub fn plus(self, other: Amount) -> Option<Amount> {
        self.0.checked_add(other.0).and_then(Amount::new)
    }

    /// The difference, or `None` beyond [`LARGEST_AMOUNT`].
    pub fn minus(self, other: Amount) -> Option<Amount> {
        self.0.checked_sub(other.0).and_then(Amount::new)
    }

    /// The same amount with the other sign.
    pub fn negated(self) -> Amount {
        Amount(-self.0)
    }

    /// The sum of many, or `None` when it passes [`LARGEST_AMOUNT`] on the way.
    pub fn sum(amounts: impl IntoIterator<Item = Amount>) -> Option<Amount> {
        amounts.into_iter().try_fold(Amount::ZERO, Amount::plus)
    }

    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether it is more than zero.
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Whether it is less than zero.
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The amount in major units, exactly.
    pub fn in_major_units(self, currency: Currency) -> Decimal {
        Decimal::new(self.0, currency.exponent())
    }
}

/// An amount that is at home outside a record, so it carries its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// Minor units.
    pub amount: Amount,
    /// Of this currency.
    pub currency: Currency,
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount.in_major_units(self.currency), self.currency)
    }
}

/// Major units to an amount without rounding: `None` when there are more digits than the currency has, or beyond
/// [`LARGEST_AMOUNT`]. What is rounded is rounded in [`crate::rounding`].
pub fn exact(major: Decimal, currency: Currency) -> Option<Amount> {
    let minor = major.checked_mul(Decimal::from(10_i64.pow(currency.exponent())))?;
    minor
        .is_integer()
        .then(|| minor.to_i64())
        .flatten()
        .and_then(Amount::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_refuse_to_pass_the_largest_amount() {
        let largest = Amount::new(LARGEST_AMOUNT).unwrap();
        assert_eq!(largest.plus(Amount::new(1).unwrap()), None);
        assert_eq!(Amount::new(LARGEST_AMOUNT + 1), None);
        assert_eq!(Amount::new(-LARGEST_AMOUNT), Some(largest.negated()));
        assert_eq!(Amount::new(-LARGEST_AMOUNT - 1), None);
        assert_eq!(Amount::new(i64::MAX), None);
        assert_eq!(Amount::new(i64::MIN), None);
        assert_eq!(largest.minus(largest), Some(Amount::ZERO));
    }

    #[test]
    fn exact_refuses_what_rounding_would_change() {
        assert_eq!(exact("1.005".parse().unwrap(), Currency::USD), None);
        assert_eq!(exact("1.050".parse().unwrap(), Currency::USD).unwrap().minor(), 105);
        assert_eq!(exact("-0.01".parse().unwrap(), Currency::USD).unwrap().minor(), -1);
        assert_eq!(exact(Decimal::MAX, Currency::USD), None);
        assert_eq!(exact("100000000000.01".parse().unwrap(), Currency::USD), None);
    }
}
