//! Reports in the vendor's shapes: trees of line items, and tables of cells.
//!
//! Sums are the books' own, in cents. Deliberately absent: adding anything up that the books have not added up.

use std::collections::BTreeMap;

use jiff::civil::Date;
use quittance_accounting::account::{AccountKind, LedgerAccount};
use quittance_accounting::kept::{Tally, TallyKey};
use quittance_accounting::report::{Section, Span, Value as Figure};
use quittance_books::reports::ReportView;
use quittance_books::view::BookView;
use serde_json::{Value, json};

use super::super::manners::account_uuid;
use super::super::wire;

/// The buckets of an aging: the vendor's first one has what is not yet due and what has been due for up to 30 days.
const BUCKETS: [(&str, &str); 4] = [
    ("current_0_30", "0-30"),
    ("days_31_60", "31-60"),
    ("days_61_90", "61-90"),
    ("days_90_plus", "90+"),
];

/// Cents as JSON. Sums of amounts are far below 2^63; beyond, the nearest that JSON's whole numbers here can say.
pub fn cents(minor: i128) -> Value {
    Value::from(i64::try_from(minor).unwrap_or(if minor < 0 { i64::MIN } else { i64::MAX }))
}

fn money(figure: Option<&Figure>) -> i128 {
    match figure {
        Some(Figure::Money(minor)) => *minor,
        Some(_) | None => 0,
    }
}

fn section<'a>(view: &'a ReportView, name: &str) -> Option<&'a Section> {
    view.report.sections.iter().find(|section| section.name == name)
}

/// The only figure of a section that has one.
fn result(view: &ReportView, name: &str) -> i128 {
    let row = section(view, name).and_then(|section| section.rows.first());
    money(row.and_then(|row| row.first()))
}

fn last_day(span: Span) -> Option<Date> {
    match span {
        Span::AsOf(day) | Span::Between(_, day) => Some(day),
        Span::Whole => None,
    }
}

fn line(name: &str, display_name: &str, value: i128, is_contra: bool, lines: Vec<Value>) -> Value {
    json!({
        "name": name,
        "display_name": display_name,
        "value": cents(value),
        "is_contra": is_contra,
        "line_items": lines,
    })
}

/// The accounts of a section as line items, and their sum: those that `wanted` takes.
fn accounts(view: &ReportView, name: &str, wanted: impl Fn(&LedgerAccount) -> bool) -> (Vec<Value>, i128) {
    let (mut lines, mut sum) = (Vec::new(), 0);
    for row in section(view, name).map_or(&[][..], |section| &section.rows) {
        let Some(Figure::Account(key)) = row.first() else {
            continue;
        };
        let amount = money(row.get(1));
        if let Some(account) = view.accounts.get(key).filter(|account| wanted(account)) {
            let contra = account.kind == AccountKind::ContraRevenue;
            lines.push(line(&account.stable_name, &account.name, amount, contra, Vec::new()));
            sum += amount;
        }
    }
    (lines, sum)
}

/// Profit and loss.
pub fn profit_and_loss(book: &BookView, view: &ReportView) -> Value {
    let (from, to) = match view.report.span {
        Span::Between(from, to) => (Some(from), Some(to)),
        Span::AsOf(_) | Span::Whole => (None, None),
    };
    let is = |word: &'static str| move |account: &LedgerAccount| account.stable_name == word;
    let (income, earned) = accounts(view, "revenue", |_| true);
    let (goods, sold) = accounts(view, "expenses", is("COST_OF_GOODS_SOLD"));
    let (taxes, taxed) = accounts(view, "expenses", is("TAXES"));
    let others = |account: &LedgerAccount| !["COST_OF_GOODS_SOLD", "TAXES"].contains(&account.stable_name.as_str());
    let (expenses, spent) = accounts(view, "expenses", others);
    json!({
        "type": "Profit_And_Loss",
        "business_id": book.settings.id.uuid(),
        "start_date": from.map(|day| day.to_string()),
        "end_date": to.map(|day| day.to_string()),
        "fully_categorized": true,
        "income": line("INCOME", "Income", earned, false, income),
        "cost_of_goods_sold": line("COGS", "Cost of goods sold", sold, false, goods),
        "gross_profit": cents(earned - sold),
        "expenses": line("EXPENSES", "Expenses", spent, false, expenses),
        "profit_before_taxes": cents(earned - sold - spent),
        "taxes": line("TAXES", "Taxes", taxed, false, taxes),
        "net_profit": cents(result(view, "result")),
        "other_outflows": null,
        "personal_expenses": null,
        "custom_line_items": null,
    })
}

/// The balance sheet, as the trees that clients draw.
pub fn balance_sheet(book: &BookView, view: &ReportView) -> Value {
    let all = |_: &LedgerAccount| true;
    let (assets, owned) = accounts(view, "assets", all);
    let (liabilities, owed) = accounts(view, "liabilities", all);
    let (mut equity, own) = accounts(view, "equity", all);
    let earned = result(view, "result_to_date");
    equity.push(line("NET_INCOME", "Net income to date", earned, false, Vec::new()));
    let parts = vec![
        line("LIABILITIES", "Liabilities", owed, false, liabilities),
        line("EQUITY", "Equity", own + earned, false, equity),
    ];
    let both = result(view, "liabilities_and_equity");
    let day = last_day(view.report.span).map(|day| day.to_string());
    json!({
        "type": "Balance_Sheet",
        "business_id": book.settings.id.uuid(),
        "effective_date": day,
        "start_date": day,
        "end_date": day,
        "fully_categorized": true,
        "assets": line("ASSETS", "Assets", owned, false, assets),
        "liabilities_and_equity": line("LIABILITIES_AND_EQUITY", "Liabilities & equity", both, false, parts),
    })
}

fn column(key: &str, name: &str, first: bool) -> Value {
    json!({"column_key": key, "display_name": name, "is_row_header": first})
}

fn text(words: &str) -> Value {
    json!({"value": {"type": "Text", "value": words}, "report_config": null})
}

fn amount(minor: i128) -> Value {
    json!({"value": {"type": "Currency", "value": cents(minor)}, "report_config": null})
}

fn empty() -> Value {
    json!({"value": {"type": "Empty"}, "report_config": null})
}

fn table(book: &BookView, columns: &[Value], rows: &[Value]) -> Value {
    json!({"business_id": book.settings.id.uuid(), "columns": columns, "rows": rows})
}

/// The trial balance as a table: an account's balance on the side on which it stands, and both sides' sums.
pub fn trial_balance(book: &BookView, view: &ReportView) -> Value {
    let columns = [
        column("account", "Account", true),
        column("account_type", "Account type", false),
        column("debit", "Debit", false),
        column("credit", "Credit", false),
    ];
    let side = |figure: Option<&Figure>| match figure {
        Some(Figure::Money(minor)) => amount(*minor),
        Some(_) | None => empty(),
    };
    let section = section(view, "accounts");
    let mut rows = Vec::new();
    for row in section.map_or(&[][..], |section| &section.rows) {
        let Some(Figure::Account(key)) = row.first() else {
            continue;
        };
        let Some(account) = view.accounts.get(key) else {
            continue;
        };
        rows.push(json!({
            "row_key": account_key(book, account),
            "cells": {
                "account": text(&account.name),
                "account_type": text(wire::account_type(account.kind).display_name),
                "debit": side(row.get(3)),
                "credit": side(row.get(4)),
            },
        }));
    }
    let total = section.and_then(|section| section.total.as_ref());
    let sum = |at: usize| amount(money(total.and_then(|total| total.get(at))));
    rows.push(json!({
        "row_key": "trial_balance_total",
        "cells": {"account": text("Total"), "account_type": empty(), "debit": sum(3), "credit": sum(4)},
    }));
    table(book, &columns, &rows)
}

fn account_key(book: &BookView, account: &LedgerAccount) -> String {
    match account.stable_name.is_empty() {
        true => account_uuid(book, account.key),
        false => account.stable_name.clone(),
    }
}

/// The vendor's four buckets of a row of the books' aging, and its sum.
fn buckets(row: &[Figure]) -> ([i128; 4], i128) {
    let at = |place: usize| money(row.get(place));
    ([at(2) + at(3), at(4), at(5), at(6)], at(7))
}

/// One line of an aging: the customer's id and name, what is in each bucket, the sum.
type Aged = (Option<String>, String, [i128; 4], i128);

fn aged(view: &ReportView) -> (Vec<Aged>, [i128; 4], i128) {
    let section = section(view, "customers");
    let rows = section.map_or(&[][..], |section| &section.rows);
    let line = |row: &Vec<Figure>| {
        let (id, name) = match row.first() {
            Some(Figure::Customer(key)) => {
                let name = view.customers.get(key).cloned().unwrap_or_default();
                (Some(key.0.to_string()), name)
            }
            Some(_) | None => (None, "No customer".to_owned()),
        };
        let (buckets, sum) = buckets(row);
        (id, name, buckets, sum)
    };
    let total = section.and_then(|section| section.total.as_deref()).unwrap_or_default();
    let (sums, sum) = buckets(total);
    (rows.iter().map(line).collect(), sums, sum)
}

/// The aging of receivables, bare, as the vendor's page shows it.
pub fn aging(book: &BookView, view: &ReportView) -> Value {
    let (lines, sums, sum) = aged(view);
    let of = |buckets: [i128; 4]| -> BTreeMap<&str, Value> {
        BUCKETS.iter().map(|(key, _)| *key).zip(buckets.map(cents)).collect()
    };
    let customers: Vec<Value> = lines
        .into_iter()
        .map(|(_, name, buckets, sum)| json!({"customer_name": name, "buckets": of(buckets), "total": cents(sum)}))
        .collect();
    json!({
        "type": "AR_Aging",
        "business_id": book.settings.id.uuid(),
        "effective_date": last_day(view.report.span).map(|day| day.to_string()),
        "customers": customers,
        "buckets": of(sums),
        "total": cents(sum),
    })
}

/// The aging as a table.
pub fn unified_aging(book: &BookView, view: &ReportView) -> Value {
    let (lines, sums, sum) = aged(view);
    let mut columns = vec![column("customer", "Customer", true)];
    columns.extend(BUCKETS.iter().map(|(key, name)| column(key, name, false)));
    columns.push(column("total", "Total", false));
    let row = |key: String, name: &str, buckets: [i128; 4], sum: i128| {
        let mut cells: BTreeMap<&str, Value> = BUCKETS.iter().map(|(key, _)| *key).zip(buckets.map(amount)).collect();
        cells.insert("customer", text(name));
        cells.insert("total", amount(sum));
        json!({"row_key": key, "cells": cells})
    };
    let mut rows: Vec<Value> = lines
        .into_iter()
        .map(|(key, name, buckets, sum)| {
            let key = key.map_or_else(|| "unassigned".to_owned(), |key| format!("customer_{key}"));
            row(key, &name, buckets, sum)
        })
        .collect();
    rows.push(row("ar_aging_total".to_owned(), "Total outstanding", sums, sum));
    table(book, &columns, &rows)
}

/// The figures above the list of invoices.
pub fn summary(tallies: &[(TallyKey, Tally)], settled: i64, today: Date) -> Value {
    let (mut overdue, mut sent) = (Tally::default(), Tally::default());
    for (key, tally) in tallies {
        let TallyKey::Due(_, due) = key else { continue };
        match due {
            Some(due) if *due < today => overdue = overdue.plus(*tally),
            Some(_) | None => sent = sent.plus(*tally),
        }
    }
    json!({
        "invoices": {
            "overdue_count": overdue.count,
            "overdue_total": overdue.booked,
            "sent_count": sent.count,
            "sent_total": sent.booked,
        },
        "invoice_payments": {"sum_total": settled},
    })
}
