//! Reports: what each says, as folds of rows that a store adds up.
//!
//! A fold decides buckets, signs, grouping and order; it asks no clock and reads nothing. What comes out is one plain form, a
//! [`Report`] of sections, columns and typed values, so that every report has the same renderings, the same canonical bytes and with
//! them a digest. Canonical bytes hold numbers of accounts, customers and entries and never a name: names may change and be erased,
//! and a closed period's report reads the same for ever. Deliberately absent: names, formats, and the queries that feed the folds.

mod aging;
mod registers;
mod statements;
mod trial_balance;

use std::fmt::Write as _;

use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;

use crate::identity::{AccountKey, CustomerKey};
use crate::money::Currency;

pub use aging::{Bucket, OpenItem, aging};
pub use registers::{Gap, GapKind, NumberRegister, TaxSummary};
pub use statements::{balance_sheet, income_statement};
pub use trial_balance::{Balances, trial_balance};

/// The days that a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Everything dated on or before a day.
    AsOf(Date),
    /// Everything dated from a day to a day, both included.
    Between(Date, Date),
    /// No days: everything.
    Whole,
}

impl Span {
    /// Whether a day belongs to it.
    pub fn holds(self, day: Date) -> bool {
        match self {
            Span::AsOf(last) => day <= last,
            Span::Between(first, last) => first <= day && day <= last,
            Span::Whole => true,
        }
    }
}

/// What stands in one place of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    None,
    /// A word or a text of the book's own, such as a document number; never a person's.
    Text(String),
    /// A day.
    Day(Date),
    /// An instant.
    At(Timestamp),
    /// How many, or a number of the log or of an entry.
    Count(i64),
    /// Minor units of the report's currency. Wider than an amount, so that no sum of amounts is too large.
    Money(i128),
    /// Minor units of another currency.
    Foreign(Currency, i128),
    /// A currency.
    Currency(Currency),
    /// A ledger account.
    Account(AccountKey),
    /// A customer.
    Customer(CustomerKey),
}

impl Value {
    /// A text, if there is one.
    pub fn text(text: Option<String>) -> Value {
        text.map_or(Value::None, Value::Text)
    }

    /// A customer, if one is named.
    pub fn customer(customer: Option<CustomerKey>) -> Value {
        customer.map_or(Value::None, Value::Customer)
    }

    /// An amount where it is more than zero, else nothing: for columns of one side.
    pub fn side(minor: i128) -> Value {
        if minor > 0 { Value::Money(minor) } else { Value::None }
    }

    fn push_canonical(&self, out: &mut String) {
        // Writing to a string never fails.
        let _always = match self {
            Value::None => write!(out, "-"),
            Value::Text(text) => {
                out.push('=');
                push_escaped(out, text);
                Ok(())
            }
            Value::Day(day) => write!(out, "{day}"),
            Value::At(at) => write!(out, "{at:.9}"),
            Value::Count(count) => write!(out, "{count}"),
            Value::Money(minor) => write!(out, "{minor}"),
            Value::Foreign(currency, minor) => write!(out, "{currency} {minor}"),
            Value::Currency(currency) => write!(out, "currency {currency}"),
            Value::Account(AccountKey(key)) => write!(out, "account {key}"),
            Value::Customer(CustomerKey(key)) => write!(out, "customer {key}"),
        };
    }
}

/// A text in one line and one field.
fn push_escaped(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            other => out.push(other),
        }
    }
}

/// A table of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name, in lower case with underscores.
    pub name: &'static str,
    /// The names of its columns.
    pub columns: &'static [&'static str],
    /// Its rows, each with a value per column.
    pub rows: Vec<Vec<Value>>,
    /// What the rows add up to: a value per column, [`Value::None`] where nothing is added.
    pub total: Option<Vec<Value>>,
}

impl Section {
    /// A section without a total.
    pub fn of(name: &'static str, columns: &'static [&'static str], rows: Vec<Vec<Value>>) -> Section {
        Section {
            name,
            columns,
            rows,
            total: None,
        }
    }

    /// Adds up every column that holds amounts.
    pub fn with_total(mut self) -> Section {
        let total = (0..self.columns.len()).map(|column| {
            let amounts = self.rows.iter().filter_map(|row| match row.get(column) {
                Some(Value::Money(minor)) => Some(*minor),
                _ => None,
            });
            amounts
                .reduce(|sum, minor| sum + minor)
                .map_or(Value::None, Value::Money)
        });
        self.total = Some(total.collect());
        self
    }
}

/// A report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its name, in lower case with hyphens.
    pub name: &'static str,
    /// The days it is about.
    pub span: Span,
    /// What it was narrowed to, such as an account: name and value.
    pub of: Vec<(&'static str, Value)>,
    /// The currency of its amounts.
    pub currency: Currency,
    /// Its tables, in order.
    pub sections: Vec<Section>,
}

impl Report {
    /// A minor sum in major units, exactly.
    pub fn major(&self, minor: i128) -> Decimal {
        major(minor, self.currency)
    }

    /// The canonical bytes, version 1: lines of fields between tabs. The same report has the same bytes wherever and whenever it is
    /// made, and a digest of them is what a period is sealed with.
    pub fn canonical(&self) -> String {
        let mut out = format!("quittance report 1\t{}\t{}\t", self.name, self.currency);
        let _always = match self.span {
            Span::AsOf(last) => write!(out, "as of {last}"),
            Span::Between(first, last) => write!(out, "{first} to {last}"),
            Span::Whole => write!(out, "whole"),
        };
        out.push('\n');
        for (name, value) in &self.of {
            let _always = write!(out, "of\t{name}\t");
            value.push_canonical(&mut out);
            out.push('\n');
        }
        self.push_sections(&mut out, None);
        out
    }

    /// The canonical bytes of a further page: what follows those of the pages before it, the last section of which was this one.
    pub fn canonical_after(&self, last: Option<&'static str>) -> String {
        let mut out = String::new();
        self.push_sections(&mut out, last);
        out
    }

    /// Writes sections; the first without its head where it goes on.
    fn push_sections(&self, out: &mut String, goes_on: Option<&'static str>) {
        for (place, section) in self.sections.iter().enumerate() {
            if place > 0 || goes_on != Some(section.name) {
                let _always = writeln!(out, "section\t{}\t{}", section.name, section.columns.join("\t"));
            }
            for row in &section.rows {
                push_row(out, "row", row);
            }
            if let Some(total) = &section.total {
                push_row(out, "total", total);
            }
        }
    }
}

/// A minor sum of a currency in major units, exactly.
pub fn major(minor: i128, currency: Currency) -> Decimal {
    Decimal::try_from_i128_with_scale(minor, currency.exponent()).unwrap_or(Decimal::MAX)
}

fn push_row(out: &mut String, word: &str, row: &[Value]) {
    out.push_str(word);
    for value in row {
        out.push('\t');
        value.push_canonical(out);
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn canonical_bytes_tell_everything_apart() {
        let rows = vec![
            vec![Value::Text("-\ta\\\n".to_owned()), Value::None, Value::Money(-5)],
            vec![
                Value::Account(AccountKey(3)),
                Value::Customer(CustomerKey(3)),
                Value::Money(7),
            ],
        ];
        let report = Report {
            name: "a-report",
            span: Span::Between(date(2026, 1, 1), date(2026, 1, 31)),
            of: vec![("customer", Value::Customer(CustomerKey(9)))],
            currency: Currency::USD,
            sections: vec![Section::of("lines", &["a", "b", "c"], rows).with_total()],
        };
        assert_eq!(
            report.canonical(),
            "quittance report 1\ta-report\tUSD\t2026-01-01 to 2026-01-31\nof\tcustomer\tcustomer 9\nsection\tlines\ta\tb\tc\n\
             row\t=-\\ta\\\\\\n\t-\t-5\nrow\taccount 3\tcustomer 3\t7\ntotal\t-\t-\t2\n"
        );
        assert_eq!(report.major(-12345).to_string(), "-123.45");
    }
}
