//! Items and contacts that are handed back as they were shown.
//!
//! Another dialect says what has no words here: a line below zero, an amount that is not price times quantity, a tax that is a sum, an
//! invoice of nobody. It is shown as nearly as can be, and whoever edits an invoice hands it back with the rest. So an item that says of its
//! line what was shown stands for the line itself, and the contact that was shown for whoever has the invoice. Deliberately absent: whether
//! the edit is allowed.

use std::collections::BTreeMap;

use quittance_accounting::invoice::LineItem;
use quittance_books::content::LineContent;
use quittance_books::view::InvoiceView;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::super::manners::NAME;
use super::super::wire::shape::{decimal, flag, list, text};
use super::outgoing;
use crate::http::numbers;

type Members = Map<String, Value>;

/// What an item of a request hands back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedBack<'v> {
    /// The line that it names.
    pub line: &'v LineItem,
    /// What the line says.
    content: LineContent,
    /// Whether it comes to what was shown.
    pub figures: bool,
    /// Whether it says all that was shown, and nothing else.
    whole: bool,
}

impl HandedBack<'_> {
    /// The texts of the line: those it has where nothing was changed, else the item's, beside what only other dialects know of a line that
    /// comes to the same.
    pub fn texts(&self, said: LineContent) -> LineContent {
        if self.whole {
            return self.content.clone();
        }
        let mut said = said;
        if self.figures {
            let others = self.content.extra.iter().filter(|(dialect, _)| *dialect != NAME);
            said.extra
                .extend(others.map(|(name, kept)| (name.clone(), kept.clone())));
        }
        said
    }
}

/// What each of the items hands back, by the ids that answers name lines by; no line is handed back twice.
pub fn handed_back<'v>(view: &'v InvoiceView, items: &[&Members]) -> Vec<Option<HandedBack<'v>>> {
    let mut shown = BTreeMap::new();
    for (line, item) in view.lines.iter().zip(outgoing::items(view)) {
        let id = item.id.clone();
        if let Ok(Value::Object(members)) = serde_json::to_value(item) {
            shown.insert(id, (line, members));
        }
    }
    let handed = |item: &&Members| {
        let (line, before) = shown.remove(text(item, "_id")?)?;
        Some(HandedBack {
            line,
            content: view.line_content(line.place),
            figures: comes_to(item) == comes_to(&before),
            whole: is_same(&given(item), &given(&before)),
        })
    };
    items.iter().map(handed).collect()
}

/// Whether a contact is the one that was shown.
pub fn is_same_contact(view: &InvoiceView, details: &Members) -> bool {
    let shown = outgoing::contact_details(view);
    let shown = shown.as_object().map(given);
    shown.is_some_and(|shown| is_same(&given(details), &shown))
}

/// Whether the items hand back every line, in order, each coming to what was shown.
pub fn is_unchanged(view: &InvoiceView, handed: &[Option<HandedBack<'_>>]) -> bool {
    let same = |(line, handed): (&LineItem, &Option<HandedBack<'_>>)| {
        let own = handed.as_ref().filter(|handed| handed.figures);
        own.is_some_and(|handed| handed.line.place == line.place)
    };
    view.lines.len() == handed.len() && view.lines.iter().zip(handed).all(same)
}

/// What an item says of figures: price, quantity, the rates of its taxes, and whether the price holds these.
fn comes_to(item: &Members) -> (Option<Decimal>, Option<Decimal>, Vec<Option<Decimal>>, bool) {
    let rates = list(item, "taxes").iter().filter_map(Value::as_object);
    (
        decimal(item, "amount"),
        decimal(item, "qty"),
        rates.map(|tax| decimal(tax, "rate")).collect(),
        flag(item, "taxInclusive") == Some(true),
    )
}

/// The members that are given.
fn given(members: &Members) -> Value {
    let given = members.iter().filter(|(_, value)| !value.is_null());
    Value::Object(given.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// Whether two values say the same: numbers may be written in other digits.
pub fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(_), Value::Number(_)) => {
            let number = |value: &Value| numbers::read_decimal(value).ok();
            one == other || number(one).is_some_and(|one| number(other) == Some(one))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same = |(name, value): (&String, &Value)| other.get(name).is_some_and(|other| is_same(value, other));
            one.len() == other.len() && one.iter().all(same)
        }
        _ => one == other,
    }
}
