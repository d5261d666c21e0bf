//! Values out of bytes: mostly small and alike, so that they meet, and now and then at the ends of what they can be.

use arbitrary::Unstructured;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use quittance_accounting::account::AccountRole;
use quittance_accounting::content::Digest;
use quittance_accounting::exchange::Rate;
use quittance_accounting::identity::{AccountKey, DocumentId, DocumentKind, DocumentRef};
use quittance_accounting::issuing::{AccountChoice, NewContent, NumberChoice};
use quittance_accounting::money::{Amount, Currency, LARGEST_AMOUNT};
use quittance_accounting::plan::Moment;
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;
use rust_decimal::Decimal;

/// The words of names, numbers and ids that clients bring.
const WORDS: [&str; 8] = [
    "",
    "INV-1",
    "INV-00002",
    "INV-99999999999999999999",
    "e-1",
    "e-2",
    "-9223372036854775808",
    "é\n\t",
];

/// Bytes that are taken from the front; behind their end everything is zero.
pub struct Source<'a>(Unstructured<'a>);

impl<'a> Source<'a> {
    pub fn new(bytes: &'a [u8]) -> Source<'a> {
        Source(Unstructured::new(bytes))
    }

    /// A number from 0 up to but not `n`.
    pub fn below(&mut self, n: usize) -> usize {
        self.0.int_in_range(0..=n - 1).unwrap_or(0)
    }

    /// True once in `n` times.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    /// One of these.
    pub fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    /// The first of a pair out of a list of words.
    pub fn kind<T: Copy>(&mut self, all: &[(T, &'static str)]) -> T {
        all[self.below(all.len())].0
    }

    /// Nothing, one time in three.
    pub fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (!self.once_in(3)).then(|| value(self))
    }

    /// A few of them.
    pub fn some<T>(&mut self, most: usize, mut value: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| value(self)).collect()
    }

    /// The number of a record: one of a few, or at an end of what a number can be.
    pub fn number(&mut self) -> i64 {
        match self.below(40) {
            0 => i64::MAX,
            1 => i64::MIN,
            2 => -1,
            n => (n % 4) as i64 + 1,
        }
    }

    pub fn amount(&mut self) -> Amount {
        let minor = match self.below(12) {
            0 => 0,
            1 => LARGEST_AMOUNT,
            2 => -LARGEST_AMOUNT,
            3 => -100,
            4 => self.below(1 << 20) as i64,
            _ => 100,
        };
        Amount::new(minor).unwrap_or_default()
    }

    pub fn decimal(&mut self) -> Decimal {
        match self.below(8) {
            0 => Decimal::MAX,
            1 => Decimal::MIN,
            2 => Decimal::new(1, 28),
            3 => Decimal::ZERO,
            4 => Decimal::new(-5, 3),
            _ => Decimal::ONE,
        }
    }

    pub fn day(&mut self) -> Date {
        match self.below(16) {
            0 => Date::MIN,
            1 => Date::MAX,
            2 => date(1, 1, 1),
            n => date(2026, 5, 1 + n as i8),
        }
    }

    pub fn at(&mut self) -> Timestamp {
        match self.below(12) {
            0 => Timestamp::MIN,
            1 => Timestamp::MAX,
            n => Timestamp::from_second(1_780_000_000 + n as i64 * 86_400).unwrap_or_default(),
        }
    }

    pub fn moment(&mut self) -> Moment {
        Moment {
            at: self.at(),
            today: if self.once_in(4) { self.day() } else { date(2026, 6, 15) },
        }
    }

    pub fn id(&mut self) -> DocumentId {
        DocumentId::new(0, self.below(6) as u64)
    }

    pub fn word(&mut self) -> String {
        self.of(&WORDS).to_owned()
    }

    pub fn named(&mut self) -> Named {
        match self.below(6) {
            0 => Named::External(self.word()),
            1 => Named::Id(self.id()),
            _ => Named::Key(self.number()),
        }
    }

    pub fn digest(&mut self) -> Digest {
        Digest([self.below(3) as u8; 32])
    }

    pub fn document(&mut self) -> DocumentRef {
        DocumentRef {
            kind: self.kind(&DocumentKind::ALL),
            number: self.number(),
        }
    }

    pub fn content(&mut self) -> NewContent {
        NewContent {
            salt: self.word(),
            body: self.word(),
            digest: self.digest(),
        }
    }

    pub fn account(&mut self) -> AccountKey {
        match self.below(3) {
            0 => AccountKey(self.number()),
            _ => AccountKey(1 + self.below(15) as i64),
        }
    }

    pub fn choice(&mut self) -> AccountChoice {
        match self.below(4) {
            0 => AccountChoice::Key(self.account()),
            1 => AccountChoice::Role(self.kind(&AccountRole::ALL)),
            2 => AccountChoice::StableName(self.word()),
            _ => AccountChoice::StableName("SALES".to_owned()),
        }
    }

    pub fn numbering(&mut self) -> NumberChoice {
        match self.below(4) {
            0 => NumberChoice::CountedIn(self.word()),
            1 => NumberChoice::Explicit(self.word()),
            _ => NumberChoice::Counted,
        }
    }

    pub fn currency(&mut self) -> Currency {
        let code = self.of(&["USD", "USD", "USD", "JPY", "KWD"]);
        Currency::parse(code).unwrap_or(Currency::USD)
    }

    pub fn rate(&mut self) -> Rate {
        let text = self.of(&["1", "2", "0.0067123", "1000000000", "0.000000001", "1.2345678901234"]);
        text.parse().ok().and_then(Rate::new).unwrap_or(Rate::ONE)
    }

    pub fn part(&mut self) -> Part {
        match self.below(3) {
            0 => Part::WhatIsOpen,
            _ => Part::Exactly(self.amount()),
        }
    }
}
