//! A report as JSON: amounts as texts in major units, so that no digit is lost on the way.

use quittance_accounting::report::{Section, Span, Value, major};
use quittance_books::reports::{ReportView, Restated};
use serde_json::{Map, Value as Json, json};

use super::{money, name, text};

/// A report with all that belongs to it.
pub fn json(view: &ReportView) -> Json {
    let report = &view.report;
    let mut shown = Map::new();
    shown.insert("report".to_owned(), report.name.into());
    match report.span {
        Span::AsOf(last) => {
            shown.insert("as_of".to_owned(), last.to_string().into());
        }
        Span::Between(first, last) => {
            shown.insert("from".to_owned(), first.to_string().into());
            shown.insert("to".to_owned(), last.to_string().into());
        }
        Span::Whole => {}
    }
    for (name, narrowed) in &report.of {
        shown.insert((*name).to_owned(), value(view, narrowed));
    }
    shown.insert("currency".to_owned(), report.currency.code().into());
    let known_at = json!({"seq": view.known_at.seq, "hash": view.known_at.hash.hex()});
    shown.insert("known_at".to_owned(), known_at);
    for part in &report.sections {
        shown.insert(part.name.to_owned(), section(view, part));
    }
    shown.insert("restated".to_owned(), view.restated.iter().map(restated).collect());
    shown.insert("more_restated".to_owned(), view.more_restated.into());
    shown.insert(
        "next_after".to_owned(),
        view.next.clone().map_or(Json::Null, Json::from),
    );
    shown.insert("digest".to_owned(), view.digest.hex().into());
    Json::Object(shown)
}

fn section(view: &ReportView, section: &Section) -> Json {
    let row = |row: &Vec<Value>| {
        let members = section.columns.iter().zip(row);
        let members = members.map(|(column, cell)| ((*column).to_owned(), value(view, cell)));
        Json::Object(members.collect())
    };
    let mut shown = Map::new();
    shown.insert("rows".to_owned(), section.rows.iter().map(row).collect());
    if let Some(total) = &section.total {
        let added = section
            .columns
            .iter()
            .zip(total)
            .filter(|(_, cell)| **cell != Value::None);
        let added = added.map(|(column, cell)| ((*column).to_owned(), value(view, cell)));
        shown.insert("total".to_owned(), Json::Object(added.collect()));
    }
    Json::Object(shown)
}

fn value(view: &ReportView, value: &Value) -> Json {
    match value {
        Value::None => Json::Null,
        Value::Count(count) => (*count).into(),
        Value::Money(minor) => money(&view.report, *minor).into(),
        Value::Foreign(currency, minor) => {
            json!({"amount": major(*minor, *currency).to_string(), "currency": currency.code()})
        }
        Value::Account(key) => {
            let account = view.accounts.get(key);
            json!({
                "code": account.map(|account| &account.code),
                "name": account.map(|account| &account.name),
                "stable_name": account.map(|account| &account.stable_name),
            })
        }
        Value::Customer(key) => json!({"number": key.0, "name": name(view, value)}),
        Value::Text(_) | Value::Day(_) | Value::At(_) | Value::Currency(_) => text(view, value).into(),
    }
}

fn restated(restated: &Restated) -> Json {
    json!({
        "seq": restated.seq,
        "recorded_at": restated.at.to_string(),
        "actor": restated.by,
        "kind": restated.kind.word(),
        "entry": restated.entry.0,
        "date": restated.date.to_string(),
        "change": if restated.withdrawn { "withdrawn" } else { "recorded" },
    })
}
