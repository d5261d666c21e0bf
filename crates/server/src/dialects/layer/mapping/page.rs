//! The page's form of an invoice, made from the wire's by the tables in `wire.rs`.

use quittance_books::view::InvoiceView;
use serde_json::{Map, Value, json};

use super::super::wire::{OnPage, PAGE_INVOICE};
use super::output;

/// The body of a delete: the page's invoice, and the wire's beside it under `data`.
pub fn both(view: &InvoiceView) -> Value {
    let wire = output::value(&output::invoice(view));
    let mut body = shaped(&wire, PAGE_INVOICE);
    // The page counts the taxes of lines in; the wire's samples count those of the document alone.
    body.insert(
        "additional_sales_taxes_total".to_owned(),
        Value::from(view.invoice.tax.minor()),
    );
    body.insert("data".to_owned(), wire);
    Value::Object(body)
}

fn shaped(wire: &Value, members: &[(&str, OnPage)]) -> Map<String, Value> {
    let known = |(name, form): &(&str, OnPage)| Some(((*name).to_owned(), formed(wire.get(*name)?, *form)?));
    members.iter().filter_map(known).collect()
}

/// `None` leaves the member out.
fn formed(value: &Value, form: OnPage) -> Option<Value> {
    match form {
        OnPage::Nullable => Some(value.clone()),
        _ if value.is_null() => None,
        OnPage::Set => Some(value.clone()),
        OnPage::Number => value.as_str()?.parse().ok().map(Value::Number),
        OnPage::Object(members) => Some(Value::Object(shaped(value, members))),
        OnPage::Each(members) => {
            let items = value.as_array()?.iter();
            Some(items.map(|item| Value::Object(shaped(item, members))).collect())
        }
        OnPage::AccountId => Some(json!({"type": "AccountId", "id": value})),
        OnPage::StableName => Some(json!({"type": "StableName", "stable_name": value})),
    }
}
