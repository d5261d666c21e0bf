//! What the texts of documents say, as conditions of a list. Texts are JSON, which the engines read in words of their own; those stand
//! side by side here.
//!
//! A condition on texts is answered from the texts themselves, which no index covers: whatever else is asked for is what keeps a list
//! of them short. Letters are compared without regard to case where they are ASCII, in every engine alike.

use quittance_accounting::identity::DocumentKind;
use quittance_accounting::invoice::Invoice;
use quittance_accounting::record::Tables;
use serde_json::{Map, Value};

use crate::listing::{TextCondition, TextPath};

/// Whose words a statement is put into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Spelling {
    Sqlite,
    Postgres,
}

/// The texts of the invoice at hand.
const OF_INVOICE: &str =
    "(select c.body from content c where c.book = ?1 and c.kind = 'invoice' and c.number = invoice.key)";

/// The texts of its customer.
const OF_CUSTOMER: &str =
    "(select c.body from content c where c.book = ?1 and c.kind = 'customer' and c.number = invoice.customer)";

impl Spelling {
    /// A member of texts, as a text.
    pub(super) fn member(self, body: &str, path: TextPath) -> String {
        match self {
            Spelling::Sqlite => format!("cast(json_extract({body}, '$.{}') as text)", path.join(".")),
            Spelling::Postgres => format!("(cast({body} as json) #>> '{{{}}}')", path.join(",")),
        }
    }

    /// The condition that a text holds another one, which is in small letters.
    pub(super) fn holds(self, text: &str, sought: &str) -> String {
        match self {
            Spelling::Sqlite => format!("instr(lower(coalesce({text}, '')), {sought}) > 0"),
            Spelling::Postgres => format!("strpos(lower(coalesce({text}, '') collate \"C\"), {sought}) > 0"),
        }
    }

    /// The name of the customer, to be in order of.
    pub(super) fn customer_name(self) -> String {
        let name = self.member(OF_CUSTOMER, &["name"]);
        match self {
            Spelling::Sqlite => name,
            Spelling::Postgres => format!("{name} collate \"C\""),
        }
    }

    /// A condition, its values bound by `bind`.
    pub(super) fn condition(self, condition: &TextCondition, mut bind: impl FnMut(String) -> String) -> String {
        match condition {
            TextCondition::Is(path, value) => {
                let value = bind(value.clone());
                format!("{} = {value}", self.member(OF_INVOICE, path))
            }
            TextCondition::IsOneOf(path, values) => {
                let places: Vec<String> = values.iter().map(|value| bind(value.clone())).collect();
                match places.as_slice() {
                    [] => "1 = 0".to_owned(),
                    _ => format!("{} in ({})", self.member(OF_INVOICE, path), places.join(", ")),
                }
            }
            TextCondition::Holds(path, text) => {
                let sought = bind(text.to_ascii_lowercase());
                self.holds(&self.member(OF_INVOICE, path), &sought)
            }
            TextCondition::LineHolds(path, number) => match self {
                Spelling::Sqlite => {
                    let number = bind(number.to_string());
                    format!(
                        "exists (select 1 from json_each({OF_INVOICE}, '$.lines') as l, json_each(l.value, '$.{}') as t \
                         where cast(t.value as text) = {number})",
                        path.join(".")
                    )
                }
                Spelling::Postgres => {
                    let line = path.iter().rev().fold(Value::from(vec![*number]), |inner, name| {
                        Value::Object(Map::from_iter([((*name).to_owned(), inner)]))
                    });
                    let sought = bind(serde_json::json!({ "lines": [line] }).to_string());
                    format!("cast({OF_INVOICE} as jsonb) @> cast(cast({sought} as text) as jsonb)")
                }
            },
            TextCondition::Mentions(paths, text) => {
                let sought = bind(text.to_ascii_lowercase());
                let own = paths.iter().map(|path| self.member(OF_INVOICE, path));
                let others = ["invoice.number".to_owned(), self.member(OF_CUSTOMER, &["name"])];
                let any: Vec<String> = own.chain(others).map(|text| self.holds(&text, &sought)).collect();
                format!("({})", any.join(" or "))
            }
        }
    }
}

/// The texts of a document in the model.
pub(in crate::engine) fn texts(tables: &Tables, kind: DocumentKind, number: i64) -> Value {
    let document = quittance_accounting::identity::DocumentRef { kind, number };
    let content = tables.contents.get(&document);
    content
        .and_then(|content| serde_json::from_str(&content.body).ok())
        .unwrap_or_default()
}

pub(in crate::engine) fn member(texts: &Value, path: TextPath) -> Option<String> {
    match path.iter().try_fold(texts, |value, name| value.get(name))? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The name of an invoice's customer in the model.
pub(in crate::engine) fn customer_name(tables: &Tables, invoice: &Invoice) -> Option<String> {
    let customer = invoice.customer?;
    member(&texts(tables, DocumentKind::Customer, customer.0), &["name"])
}

/// Whether a condition holds in the model.
pub(in crate::engine) fn is_said(tables: &Tables, invoice: &Invoice, condition: &TextCondition) -> bool {
    let own = || texts(tables, DocumentKind::Invoice, invoice.key.0);
    match condition {
        TextCondition::Is(path, value) => member(&own(), path).as_ref() == Some(value),
        TextCondition::IsOneOf(path, values) => member(&own(), path).is_some_and(|value| values.contains(&value)),
        TextCondition::Holds(path, text) => {
            let value = member(&own(), path).unwrap_or_default();
            value.to_ascii_lowercase().contains(&text.to_ascii_lowercase())
        }
        TextCondition::LineHolds(path, number) => {
            let texts = own();
            let mut lines = texts.get("lines").and_then(Value::as_array).into_iter().flatten();
            lines.any(|line| {
                let list = path.iter().try_fold(line, |value, name| value.get(name));
                let list = list.and_then(Value::as_array);
                list.is_some_and(|list| list.iter().any(|item| item.as_i64() == Some(*number)))
            })
        }
        TextCondition::Mentions(paths, text) => {
            let (texts, sought) = (own(), text.to_ascii_lowercase());
            let own = paths.iter().map(|path| member(&texts, path));
            let others = [invoice.number.clone(), customer_name(tables, invoice)];
            own.chain(others)
                .any(|text| text.unwrap_or_default().to_ascii_lowercase().contains(&sought))
        }
    }
}
