//! How a report is shown: as JSON, as CSV, or as a table for a terminal, the same for the command line and the API.
//!
//! The three say the same: every section, every row, every total, what the report knows of, and what was restated since. Deliberately
//! absent: what stands in a report, which the books decide.

mod csv;
mod json;
mod table;

use quittance_accounting::identity::DocumentId;
use quittance_accounting::report::{Report, Span, Value, major};
use quittance_accounting::snapshot::Named;
use quittance_books::reports::ReportView;

pub use self::csv::{heading, lines};
pub use json::json;
pub use table::{table, title};

/// What a report can be shown as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table of at most 80 columns, where the amounts leave that much room.
    Table,
    /// Comma-separated values with one heading.
    Csv,
    /// JSON.
    Json,
}

/// The customer that a text names: an id of 24 hex digits, a number in the book, or the id that a client brought.
pub fn customer_named(text: &str) -> Named {
    if let Some(id) = DocumentId::from_hex(text) {
        return Named::Id(id);
    }
    match text.parse() {
        Ok(number) => Named::Key(number),
        Err(_) => Named::External(text.to_owned()),
    }
}

/// The days of a report in words.
pub fn days(span: Span) -> String {
    match span {
        Span::AsOf(last) => format!("as of {last}"),
        Span::Between(first, last) => format!("{first} to {last}"),
        Span::Whole => "all time".to_owned(),
    }
}

/// An amount in major units with all the digits of its currency.
fn money(report: &Report, minor: i128) -> String {
    report.major(minor).to_string()
}

/// A value as a text; names are added where there is room for them.
pub fn text(view: &ReportView, value: &Value) -> String {
    match value {
        Value::None => String::new(),
        Value::Text(text) => text.clone(),
        Value::Day(day) => day.to_string(),
        Value::At(at) => at.to_string(),
        Value::Count(count) => count.to_string(),
        Value::Money(minor) => money(&view.report, *minor),
        Value::Foreign(currency, minor) => format!("{} {currency}", major(*minor, *currency)),
        Value::Currency(currency) => currency.code().to_owned(),
        Value::Account(key) => match view.accounts.get(key) {
            Some(account) => account.code.clone(),
            None => key.0.to_string(),
        },
        Value::Customer(key) => key.0.to_string(),
    }
}

/// The name that belongs to a value, if it has one.
pub fn name<'a>(view: &'a ReportView, value: &Value) -> Option<&'a str> {
    match value {
        Value::Account(key) => view.accounts.get(key).map(|account| account.name.as_str()),
        Value::Customer(key) => view.customers.get(key).map(String::as_str),
        Value::None
        | Value::Text(_)
        | Value::Day(_)
        | Value::At(_)
        | Value::Count(_)
        | Value::Money(_)
        | Value::Foreign(..)
        | Value::Currency(_) => None,
    }
}
