//! The figures of a month, in minor units, as each program has them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::civil::Date;
use quittance_accounting::identity::BookKey;
use quittance_accounting::money::Currency;
use quittance_accounting::report::Value;
use quittance_books::Books;
use quittance_books::reports::{ReportName, ReportQuery, ReportView};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// What stands at the end of a month: balances by account code, and what is open by customer in five buckets, in the book's currency;
/// and what is open in other currencies, by currency and customer, in those.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Month {
    pub trial: BTreeMap<String, i128>,
    pub aging: BTreeMap<String, [i128; 5]>,
    pub abroad: BTreeMap<String, [i128; 5]>,
}

/// By the last day of the month.
pub type Months = BTreeMap<Date, Month>;

fn minor(text: &str, currency: Currency) -> i128 {
    let number = text.split_whitespace().next().unwrap();
    let major: Decimal = number.parse().unwrap_or_else(|_| panic!("{text:?} is no amount"));
    let minor = major * Decimal::from(10_i64.pow(currency.exponent()));
    assert!(minor.is_integer(), "{text:?} has more digits than {currency}");
    minor.to_i128().unwrap()
}

/// Ours.
pub async fn ours(books: &Books, book: BookKey, days: impl Iterator<Item = Date>) -> Months {
    let mut months = Months::new();
    for day in days {
        let report = async |name| {
            let mut query = ReportQuery::new(name);
            query.to = Some(day);
            books.report(book, &query).await.unwrap()
        };
        let trial = report(ReportName::TrialBalance).await;
        let aging = report(ReportName::Aging).await;
        let month = Month {
            trial: rows(&trial).iter().filter_map(|row| account(&trial, row)).collect(),
            aging: rows(&aging).iter().map(|row| customer(row)).collect(),
            abroad: aging
                .report
                .sections
                .iter()
                .skip(1)
                .flat_map(|section| &section.rows)
                .map(|row| abroad(row))
                .collect(),
        };
        months.insert(day, month);
    }
    months
}

fn rows(view: &ReportView) -> &[Vec<Value>] {
    &view.report.sections[0].rows
}

fn money(value: &Value) -> i128 {
    match value {
        Value::Money(minor) => *minor,
        Value::None => 0,
        other => panic!("{other:?} is no amount"),
    }
}

fn account(view: &ReportView, row: &[Value]) -> Option<(String, i128)> {
    let Value::Account(key) = &row[0] else {
        panic!("{row:?}")
    };
    let net = money(&row[3]) - money(&row[4]);
    (net != 0).then(|| (view.accounts[key].code.clone(), net))
}

fn customer(row: &[Value]) -> (String, [i128; 5]) {
    let name = match &row[0] {
        Value::Customer(key) => key.0.to_string(),
        other => {
            assert_eq!(other, &Value::None);
            String::new()
        }
    };
    let buckets: [i128; 5] = std::array::from_fn(|at| money(&row[2 + at]));
    assert_eq!(buckets.iter().sum::<i128>(), money(&row[7]));
    (name, buckets)
}

/// What is open in another currency.
fn abroad(row: &[Value]) -> (String, [i128; 5]) {
    let Value::Currency(currency) = &row[0] else {
        panic!("{row:?}")
    };
    let name = match &row[1] {
        Value::Customer(key) => key.0.to_string(),
        _ => String::new(),
    };
    let own = |value: &Value| match value {
        Value::Foreign(known, minor) if known == currency => *minor,
        other => panic!("{other:?} is no amount of {currency}"),
    };
    let buckets: [i128; 5] = std::array::from_fn(|at| own(&row[3 + at]));
    assert_eq!(buckets.iter().sum::<i128>(), own(&row[8]));
    (format!("{currency} {name}"), buckets)
}

/// The days past due after which each bucket ends.
const ENDS: [i64; 4] = [0, 30, 60, 90];

/// What hledger makes of a journal. The due days and customers of invoices come from the export of postings.
pub fn hledger(journal: &Path, postings: &Path, currency: Currency, others: &[Currency]) -> Months {
    let mut known: BTreeMap<String, (String, Option<Date>)> = BTreeMap::new();
    let mut reader = csv::Reader::from_path(postings).unwrap();
    let heading = reader.headers().unwrap().clone();
    let at = |name: &str| heading.iter().position(|column| column == name).unwrap();
    let (invoice, due, customer) = (at("invoice"), at("due"), at("customer"));
    for record in reader.records() {
        let record = record.unwrap();
        known.insert(
            record[invoice].to_owned(),
            (record[customer].to_owned(), record[due].parse().ok()),
        );
    }
    let mut months = Months::new();
    for (day, account, sum) in balances(journal, &["--cost"], currency) {
        let (_, name) = account.split_once(':').unwrap();
        let code = name.split(' ').next().unwrap().to_owned();
        months.entry(day).or_default().trial.insert(code, sum);
    }
    // What has no such tag stands together under no name.
    let named = |invoice: &String| known.get(invoice).filter(|_| !invoice.is_empty());
    let bucket = |due: &Option<Date>, day: Date| {
        let days = due.map_or(0, |due| due.until(day).unwrap().get_days());
        ENDS.iter().filter(|end| i64::from(days) > **end).count()
    };
    for (day, invoice, sum) in balances(journal, &["--cost", "--pivot", "invoice"], currency) {
        let Some((customer, due)) = named(&invoice) else {
            continue;
        };
        let aging = &mut months.entry(day).or_default().aging;
        aging.entry(customer.clone()).or_default()[bucket(due, day)] += sum;
    }
    for other in others {
        let only = format!("cur:{other}");
        for (day, invoice, sum) in balances(journal, &["--pivot", "invoice", &only], *other) {
            let Some((customer, due)) = named(&invoice) else {
                continue;
            };
            let abroad = &mut months.entry(day).or_default().abroad;
            abroad.entry(format!("{other} {customer}")).or_default()[bucket(due, day)] += sum;
        }
    }
    months
}

/// The balance of every account at the end of every month, where it is not zero.
fn balances(journal: &Path, options: &[&str], currency: Currency) -> Vec<(Date, String, i128)> {
    let mut command = Command::new("hledger");
    command.arg("--file").arg(journal);
    command.args(["balance", "--monthly", "--historical", "--flat", "--no-total"]);
    let output = command.args(["--output-format", "csv"]).args(options).output();
    let output = output.expect("hledger cannot be started; `cargo xtask test` installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    let days: Vec<Date> = reader.headers().unwrap().iter().skip(1).map(last_day).collect();
    let mut found = Vec::new();
    for record in reader.records() {
        let record = record.unwrap();
        for (day, cell) in days.iter().zip(record.iter().skip(1)) {
            let sum = minor(cell, currency);
            if sum != 0 {
                found.push((*day, record[0].to_owned(), sum));
            }
        }
    }
    found
}

/// The last day of a month that hledger names by its last day or by year and month.
fn last_day(name: &str) -> Date {
    let day: Date = name.parse().or_else(|_| format!("{name}-01").parse()).unwrap();
    day.last_of_month()
}

/// Where `cargo xtask test` installs beancount, in a virtual environment of its own.
fn python() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/beancount/bin/python")
}

/// What beancount makes of a ledger.
pub fn beancount(ledger: &Path, currency: Currency) -> Months {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agreement/by_beancount.py");
    let output = Command::new(python())
        .arg(script)
        .arg(ledger)
        .arg(currency.exponent().to_string())
        .output();
    let output = output.expect("beancount is not there; `cargo xtask test` installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut months = Months::new();
    for (day, figures) in read.as_object().unwrap() {
        let sum = |value: &serde_json::Value| minor(value.as_str().unwrap(), currency);
        let trial = figures["trial"].as_object().unwrap().iter();
        let aging = figures["aging"].as_object().unwrap().iter();
        let abroad = figures["abroad"].as_object().unwrap().iter();
        let own = |customer: &str, value: &serde_json::Value| {
            let currency = Currency::parse(customer.split(' ').next().unwrap()).unwrap();
            minor(value.as_str().unwrap(), currency)
        };
        let month = Month {
            abroad: abroad
                .map(|(customer, sums)| (customer.clone(), std::array::from_fn(|at| own(customer, &sums[at]))))
                .collect(),
            trial: trial.map(|(code, value)| (code.clone(), sum(value))).collect(),
            aging: aging
                .map(|(customer, sums)| (customer.clone(), std::array::from_fn(|at| sum(&sums[at]))))
                .collect(),
        };
        months.insert(day.parse().unwrap(), month);
    }
    months
}
