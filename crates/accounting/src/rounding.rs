//! How exact values become amounts, be they price times quantity or a percentage: the rule of a book, and the one place that follows
//! it.
//!
//! A rule says what is rounded and which way a half goes. *Per line*, every line is rounded by itself and the document is the sum of
//! its lines. *Per document*, the document is the rounded sum of the exact lines, and each line gets what it adds to the rounded sum
//! of the lines before it: the lines come to the document, and none is more than a minor unit away from its exact value. What comes as
//! an amount, a line's sum or a tax, is taken as it comes. Taxes that come as percentages of several lines are a list of exact values like
//! the lines themselves; a discount, and whatever else is one value, is rounded by itself. The rule of the book is the rule of documents
//! made or edited from then on; what is there keeps its figures. What a document in another currency is in the book's is rounded half
//! away from zero, whatever the rule, one sum at a time ([`crate::exchange`]). Deliberately absent: splitting an amount, where nothing is rounded
//! and the parts come to the whole.

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};

use crate::money::{Amount, Currency};

/// What is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoundedPer {
    /// Every line by itself.
    Line,
    /// The sum of the lines.
    Document,
}

impl RoundedPer {
    /// Each with the word that names it.
    pub const ALL: [(RoundedPer, &'static str); 2] = [(RoundedPer::Line, "line"), (RoundedPer::Document, "document")];

    /// The word that names it.
    pub fn word(self) -> &'static str {
        match self {
            RoundedPer::Line => "line",
            RoundedPer::Document => "document",
        }
    }
}

/// Which way a half goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Half {
    /// Away from zero.
    Up,
    /// To the even neighbour.
    Even,
}

impl Half {
    /// Each with the word that names it.
    pub const ALL: [(Half, &'static str); 2] = [(Half::Up, "half_up"), (Half::Even, "half_even")];

    /// The word that names it.
    pub fn word(self) -> &'static str {
        match self {
            Half::Up => "half_up",
            Half::Even => "half_even",
        }
    }
}

/// The rule of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rounding {
    /// What is rounded.
    pub per: RoundedPer,
    /// Which way a half goes.
    pub half: Half,
}

impl Rounding {
    /// What a book rounds by unless it is told otherwise.
    pub const USUAL: Rounding = Rounding {
        per: RoundedPer::Line,
        half: Half::Up,
    };

    /// Major units to an amount; `None` beyond the largest.
    pub fn round(self, major: Decimal, currency: Currency) -> Option<Amount> {
        let strategy = match self.half {
            Half::Up => RoundingStrategy::MidpointAwayFromZero,
            Half::Even => RoundingStrategy::MidpointNearestEven,
        };
        let exponent = currency.exponent();
        let rounded = major.round_dp_with_strategy(exponent, strategy);
        let minor = rounded.checked_mul(Decimal::from(10_i64.pow(exponent)))?.to_i64()?;
        Amount::new(minor)
    }

    /// The amounts of exact values, in their order; `None` when one of them or their sum is beyond the largest.
    pub fn amounts(self, exact: &[Decimal], currency: Currency) -> Option<Vec<Amount>> {
        match self.per {
            RoundedPer::Line => exact.iter().map(|value| self.round(*value, currency)).collect(),
            RoundedPer::Document => {
                let (mut sum, mut before) = (Decimal::ZERO, Amount::ZERO);
                let mut amounts = Vec::with_capacity(exact.len());
                for value in exact {
                    sum = sum.checked_add(*value)?;
                    let through = self.round(sum, currency)?;
                    amounts.push(through.minus(before)?);
                    before = through;
                }
                Some(amounts)
            }
        }
    }
}

/// What makes amounts of one currency by the rule of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The rule.
    pub rounding: Rounding,
    /// The currency.
    pub currency: Currency,
}

impl Figures {
    /// Major units as an amount, by itself; `None` beyond the largest.
    pub fn amount(self, major: Decimal) -> Option<Amount> {
        self.rounding.round(major, self.currency)
    }

    /// Price times quantity, by itself.
    pub fn line(self, unit_price: Decimal, quantity: Decimal) -> Option<Amount> {
        self.amount(unit_price.checked_mul(quantity)?)
    }

    /// A percentage of an amount in major units, exactly.
    pub fn percentage(self, amount: Amount, percent: Decimal) -> Option<Decimal> {
        let hundredfold = amount.in_major_units(self.currency).checked_mul(percent)?;
        hundredfold.checked_div(Decimal::ONE_HUNDRED)
    }

    /// A percentage of an amount, by itself.
    pub fn share(self, amount: Amount, percent: Decimal) -> Option<Amount> {
        self.amount(self.percentage(amount, percent)?)
    }

    /// The amounts of exact values of one document, in their order.
    pub fn amounts(self, exact: &[Decimal]) -> Option<Vec<Amount>> {
        self.rounding.amounts(exact, self.currency)
    }
}

/// The part of a sum that `part` is of `whole`, half away from zero; all of it where they are equal. `None` for a part of nothing.
pub fn proportion(sum: Amount, part: Amount, whole: Amount) -> Option<Amount> {
    if part == whole {
        return Some(sum);
    }
    // Each has at most fourteen digits: the product is exact, and 28 digits of the quotient are enough to see a half.
    let exact = Decimal::from(sum.minor())
        .checked_mul(Decimal::from(part.minor()))?
        .checked_div(Decimal::from(whole.minor()))?;
    let rounded = exact.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    Amount::new(rounded.to_i64()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::LARGEST_AMOUNT;

    fn rule(per: RoundedPer, half: Half) -> Rounding {
        Rounding { per, half }
    }

    fn minor(rule: Rounding, exact: &[&str], currency: Currency) -> Vec<i64> {
        let exact: Vec<Decimal> = exact.iter().map(|text| text.parse().unwrap()).collect();
        rule.amounts(&exact, currency)
            .unwrap()
            .iter()
            .map(|amount| amount.minor())
            .collect()
    }

    #[test]
    fn what_each_rule_makes_of_the_same_lines() {
        use Half::{Even, Up};
        use RoundedPer::{Document, Line};
        let table: [(&[&str], [&[i64]; 4]); 7] = [
            // Exact values; then per line up, per line even, per document up, per document even.
            (&["0.005"], [&[1], &[0], &[1], &[0]]),
            (&["0.015"], [&[2], &[2], &[2], &[2]]),
            (&["-0.005"], [&[-1], &[0], &[-1], &[0]]),
            (&["0.005", "0.005"], [&[1, 1], &[0, 0], &[1, 0], &[0, 1]]),
            (
                &["0.333", "0.333", "0.333"],
                [&[33, 33, 33], &[33, 33, 33], &[33, 34, 33], &[33, 34, 33]],
            ),
            (
                &["1.004", "1.004", "1.004"],
                [&[100, 100, 100], &[100, 100, 100], &[100, 101, 100], &[100, 101, 100]],
            ),
            (
                &["10.005", "-10.005"],
                [&[1001, -1001], &[1000, -1000], &[1001, -1001], &[1000, -1000]],
            ),
        ];
        let rules = [
            rule(Line, Up),
            rule(Line, Even),
            rule(Document, Up),
            rule(Document, Even),
        ];
        for (exact, expected) in table {
            for (rule, expected) in rules.into_iter().zip(expected) {
                assert_eq!(minor(rule, exact, Currency::USD), expected, "{rule:?} of {exact:?}");
            }
        }
        let yen = Currency::parse("JPY").unwrap();
        assert_eq!(minor(rule(Document, Even), &["0.5", "0.5", "1.5"], yen), [0, 1, 1]);
        assert_eq!(minor(rule(Line, Even), &["0.5", "1.5", "2.5"], yen), [0, 2, 2]);
        let dinar = Currency::parse("KWD").unwrap();
        assert_eq!(minor(rule(Line, Up), &["0.0005"], dinar), [1]);
    }

    #[test]
    fn per_document_the_lines_come_to_the_rounded_sum() {
        let rule = rule(RoundedPer::Document, Half::Even);
        let mut state = 17_u64;
        for length in 1..40 {
            let mut draw = || {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                Decimal::new((state >> 40) as i64 - (1 << 22), 4)
            };
            let exact: Vec<Decimal> = (0..length).map(|_| draw()).collect();
            let amounts = rule.amounts(&exact, Currency::USD).unwrap();
            let whole = rule.round(exact.iter().sum(), Currency::USD);
            assert_eq!(Amount::sum(amounts.iter().copied()), whole);
            for (amount, exact) in amounts.iter().zip(exact) {
                let off = amount.in_major_units(Currency::USD) - exact;
                assert!(off.abs() <= Decimal::new(1, 2), "{amount:?} of {exact}");
            }
        }
    }

    #[test]
    fn prices_and_percentages_are_rounded_by_the_same_rule() {
        let dec = |text: &str| text.parse::<Decimal>().unwrap();
        let figures = |half, code| Figures {
            rounding: rule(RoundedPer::Line, half),
            currency: Currency::parse(code).unwrap(),
        };
        for (price, quantity, up, even) in [
            ("0.005", "1", 1, 0),
            ("-0.005", "1", -1, 0),
            ("0.333", "3", 100, 100),
            ("19.99", "2.5", 4998, 4998),
            ("1", "0.001", 0, 0),
        ] {
            let line = |half| figures(half, "USD").line(dec(price), dec(quantity)).unwrap().minor();
            assert_eq!((line(Half::Up), line(Half::Even)), (up, even), "{price} x {quantity}");
        }
        assert_eq!(figures(Half::Up, "JPY").line(dec("1.5"), dec("3")).unwrap().minor(), 5);
        assert_eq!(figures(Half::Up, "USD").line(dec("100000000000.01"), dec("1")), None);
        let ten = Amount::new(1_050).unwrap();
        let share = |half| figures(half, "USD").share(ten, dec("5")).unwrap().minor();
        assert_eq!((share(Half::Up), share(Half::Even)), (53, 52));
    }

    #[test]
    fn what_is_too_large_is_no_amount() {
        for per in [RoundedPer::Line, RoundedPer::Document] {
            let rule = rule(per, Half::Up);
            assert_eq!(rule.amounts(&[Decimal::MAX, Decimal::MAX], Currency::USD), None);
            assert_eq!(rule.amounts(&[Decimal::MIN], Currency::USD), None);
            assert_eq!(rule.amounts(&[], Currency::USD), Some(vec![]));
        }
    }

    #[test]
    fn a_proportion_of_all_is_all_and_of_nothing_none() {
        let of = |sum, part, whole| {
            let [sum, part, whole] = [sum, part, whole].map(|units| Amount::new(units).unwrap());
            proportion(sum, part, whole).map(Amount::minor)
        };
        assert_eq!(of(101, 1, 2), Some(51));
        assert_eq!(of(-101, 1, 2), Some(-51));
        assert_eq!(of(7, 3, 3), Some(7));
        assert_eq!(of(7, 0, 3), Some(0));
        assert_eq!(of(7, 1, 0), None);
        assert_eq!(
            of(LARGEST_AMOUNT, LARGEST_AMOUNT - 1, LARGEST_AMOUNT),
            Some(LARGEST_AMOUNT - 1)
        );
    }
}
