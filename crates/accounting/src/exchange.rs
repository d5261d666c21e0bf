//! Documents in another currency than the book's: rates, and sums that are worth something in both.
//!
//! A document in another currency carries a [`Rate`], frozen when it is issued or recorded. Whatever it posts has an amount in its own
//! currency and one in the book's, a [`Valued`] sum, and entries balance in both. Part of a sum is valued at the sum's rate, rounded
//! once; the last part takes what is left, so that nothing remains of a sum that is used up. A document in the book's own
//! currency is the same thing with both amounts equal, and keeps no second one. Deliberately absent: where rates come from, and
//! revaluing what is open: only what is settled gains or loses.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::account::AccountRole;
use crate::identity::AccountKey;
use crate::keeping::BOOK;
use crate::money::{Amount, Currency};
use crate::plan::{EventKind, Plan, Planner};
use crate::refusal::{ExchangeRefusal, Refusal, Stop};
use crate::rounding::{Rounding, proportion};
use crate::snapshot::Snapshot;

/// The most significant digits of a rate: with the fourteen of the largest amount, a product is exact in the 28 digits of a decimal, and
/// is rounded once.
pub const RATE_DIGITS: u32 = 14;

/// The largest rate, and one by it the smallest: a thousandfold beyond any pair of currencies in use.
pub const LARGEST_RATE: i64 = 1_000_000_000;

/// How many units of the book's currency one unit of a document's currency is: an exact decimal, more than zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(Decimal);

impl Rate {
    /// The rate of a currency to itself.
    pub const ONE: Rate = Rate(Decimal::ONE);

    /// A rate; `None` when it is not positive, too large, too small, or has more than [`RATE_DIGITS`] significant digits.
    pub fn new(rate: Decimal) -> Option<Rate> {
        let rate = rate.normalize();
        let largest = Decimal::from(LARGEST_RATE);
        let smallest = Decimal::ONE.checked_div(largest)?;
        let digits = 10_i128.checked_pow(RATE_DIGITS)?;
        (rate >= smallest && rate <= largest && rate.mantissa() < digits).then_some(Rate(rate))
    }

    /// The decimal, without trailing zeros.
    pub fn decimal(self) -> Decimal {
        self.0
    }

    /// An amount in one currency with what it is in the book's, rounded once. `None` beyond the largest amount.
    pub fn value(self, amount: Amount, currency: Currency, book: Currency) -> Option<Valued> {
        let exact = amount.in_major_units(currency).checked_mul(self.0)?;
        Some(Valued {
            amount,
            booked: Rounding::USUAL.round(exact, book)?,
        })
    }
}

/// An amount of a document, and what it is in the book's currency. Both have the same sign, unless one is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Valued {
    /// In the document's currency.
    pub amount: Amount,
    /// In the book's.
    pub booked: Amount,
}

impl Valued {
    /// Nothing.
    pub const ZERO: Valued = Valued::own(Amount::ZERO);

    /// An amount in the book's own currency.
    pub const fn own(amount: Amount) -> Valued {
        Valued { amount, booked: amount }
    }

    /// What is gained or lost: so much of the book's currency, and nothing of the document's.
    pub fn difference(booked: Amount) -> Valued {
        Valued {
            amount: Amount::ZERO,
            booked,
        }
    }

    /// The sum, or `None` beyond the largest amount.
    pub fn plus(self, other: Valued) -> Option<Valued> {
        Some(Valued {
            amount: self.amount.plus(other.amount)?,
            booked: self.booked.plus(other.booked)?,
        })
    }

    /// The difference, or `None` beyond the largest amount.
    pub fn minus(self, other: Valued) -> Option<Valued> {
        self.plus(other.negated())
    }

    /// The same with the other sign.
    pub fn negated(self) -> Valued {
        Valued {
            amount: self.amount.negated(),
            booked: self.booked.negated(),
        }
    }

    /// Whether both amounts are zero.
    pub fn is_zero(self) -> bool {
        self.amount.is_zero() && self.booked.is_zero()
    }

    /// So much of it, with its part of the book's amount, rounded once; all of it with all of that.
    pub fn share(self, amount: Amount) -> Option<Valued> {
        Some(Valued {
            amount,
            booked: proportion(self.booked, amount, self.amount)?,
        })
    }
}

/// What a receivable given up in another currency is in the book's, as its invoice carried it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteOffExchange {
    /// The other currency.
    pub currency: Currency,
    /// The receivable.
    pub booked: Amount,
}

/// A rate kept in the book: it holds from its day until the next that is kept for the currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptRate {
    /// The currency that it is of.
    pub currency: Currency,
    /// The first day that it holds on.
    pub day: Date,
    /// The rate.
    pub rate: Rate,
}

/// What an invoice in another currency is in the book's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvoiceExchange {
    /// Its rate.
    pub rate: Rate,
    /// Its total.
    pub total: Amount,
    /// What of that payments, credits and write-offs settled.
    pub settled: Amount,
}

/// What a payment in another currency is in the book's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentExchange {
    /// Its rate.
    pub rate: Rate,
    /// All of it.
    pub amount: Amount,
    /// What settles nothing yet.
    pub unallocated: Amount,
}

/// What a part of a payment in another currency is in the book's: what came and what it settled, which is the gain or the loss apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchanged {
    /// The money, at the rate of the payment.
    pub received: Amount,
    /// What it settled, as the invoice carries it.
    pub settled: Amount,
}

/// What money given back in another currency is in the book's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundExchange {
    /// The other currency.
    pub currency: Currency,
    /// The rate.
    pub rate: Rate,
    /// The money.
    pub booked: Amount,
}

/// Decides to keep a rate in the book, in place of the one that was kept for the currency and the day. Documents that took another
/// stay as they are: theirs is frozen.
pub fn keep_rate(snapshot: &Snapshot, kept: KeptRate) -> Result<Plan, Stop> {
    if foreign(snapshot, kept.currency)?.is_none() {
        return Err(ExchangeRefusal::OwnCurrency {
            currency: kept.currency,
        }
        .into());
    }
    // The one that it takes the place of must be known to be replaced.
    snapshot.kept_rate(kept.currency, kept.day)?;
    let mut planner = Planner::new(snapshot);
    planner.put(kept);
    Ok(planner.finish(EventKind::RateKept, BOOK))
}

/// The rate of a document in another currency than the book's: its own, else the one kept for its day. `None` for a document in the
/// book's own, which has none but one.
pub fn rate_of(snapshot: &Snapshot, currency: Currency, given: Option<Rate>, day: Date) -> Result<Option<Rate>, Stop> {
    match (foreign(snapshot, currency)?, given) {
        (None, Some(rate)) if rate != Rate::ONE => Err(ExchangeRefusal::OwnCurrency { currency }.into()),
        (None, _) => Ok(None),
        (Some(_), Some(rate)) => Ok(Some(rate)),
        (Some(_), None) => match snapshot.kept_rate(currency, day)? {
            Some(rate) => Ok(Some(rate)),
            None => Err(ExchangeRefusal::NoRate { currency, day }.into()),
        },
    }
}

/// The value of an amount in the book's currency at a rate; as it is without one.
pub(crate) fn valued(
    snapshot: &Snapshot,
    amount: Amount,
    currency: Currency,
    rate: Option<Rate>,
) -> Result<Valued, Stop> {
    let Some(rate) = rate else {
        return Ok(Valued::own(amount));
    };
    let value = rate.value(amount, currency, snapshot.settings()?.currency);
    Ok(value.ok_or(Refusal::AmountTooLarge)?)
}

/// So much of what is left of a sum, at the sum's rate, and no more than is left in the book's currency; all that is left, for all that
/// is left.
pub(crate) fn part_of(
    snapshot: &Snapshot,
    left: Valued,
    amount: Amount,
    currency: Currency,
    rate: Option<Rate>,
) -> Result<Valued, Stop> {
    if amount == left.amount {
        return Ok(left);
    }
    let part = valued(snapshot, amount, currency, rate)?;
    Ok(Valued {
        amount,
        booked: part.booked.min(left.booked),
    })
}

/// Refuses money in another currency than the document that it is for.
pub(crate) fn refuse_other(document: Currency, money: Currency) -> Result<(), Stop> {
    match document == money {
        true => Ok(()),
        false => Err(ExchangeRefusal::Differs { document, money }.into()),
    }
}

/// The currency of a document, when it is not the book's.
pub fn foreign(snapshot: &Snapshot, currency: Currency) -> Result<Option<Currency>, Stop> {
    Ok((currency != snapshot.settings()?.currency).then_some(currency))
}

/// The account and the movement of what a settlement gains or loses: `received` less `settled`. Nothing moves where both are equal.
pub(crate) fn gain(snapshot: &Snapshot, received: Valued, settled: Valued) -> Result<(AccountKey, Valued), Stop> {
    let account = snapshot.account_of(AccountRole::ExchangeDifferences)?;
    let loss = settled.booked.minus(received.booked).ok_or(Refusal::AmountTooLarge)?;
    Ok((account, Valued::difference(loss)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> Option<Rate> {
        Rate::new(text.parse().unwrap())
    }

    fn minor(units: i64) -> Amount {
        Amount::new(units).unwrap()
    }

    #[test]
    fn a_rate_is_positive_and_has_its_limits() {
        for good in [
            "1",
            "0.000000001",
            "1000000000",
            "1.2345678901234",
            "89500.00",
            "0.0000000012345",
        ] {
            assert!(rate(good).is_some(), "{good}");
        }
        for bad in ["0", "-1", "0.0000000009", "1000000000.1", "1.23456789012345"] {
            assert!(rate(bad).is_none(), "{bad}");
        }
        assert_eq!(rate("1.0800").unwrap().decimal().to_string(), "1.08");
    }

    #[test]
    fn a_value_is_rounded_once_by_the_book_s_exponent() {
        let value = |units, from: &str, by: &str, to: &str| {
            let (from, to) = (Currency::parse(from).unwrap(), Currency::parse(to).unwrap());
            rate(by)
                .unwrap()
                .value(minor(units), from, to)
                .map(|v| v.booked.minor())
        };
        assert_eq!(value(10_000, "EUR", "1.0825", "USD"), Some(10_825));
        assert_eq!(value(1, "JPY", "0.005", "USD"), Some(1));
        assert_eq!(value(-1, "JPY", "0.005", "USD"), Some(-1));
        assert_eq!(value(1, "JPY", "0.004999", "USD"), Some(0));
        assert_eq!(value(1_001, "KWD", "3.25", "USD"), Some(325));
        assert_eq!(value(10_050, "USD", "150.005", "JPY"), Some(15_076));
        assert_eq!(
            value(10_000_000_000_000, "USD", "0.12345678901234", "EUR"),
            Some(1_234_567_890_123)
        );
        assert_eq!(value(10_000_000_000_000, "USD", "1.1", "EUR"), None);
    }
}
