//! Vendors of type customer, and products, into what the books take: new ones, and changes of those that are there.
//!
//! A `PUT` must name what a creation must name; beyond that a change is of the members that are there.

use quittance_accounting::account::AccountRole;
use quittance_accounting::issuing::AccountChoice;
use quittance_books::content::ProductContent;
use quittance_books::input::{CustomerEdit, ProductEdit, ProductInput};
use quittance_books::view::{BookView, CustomerView, ProductView};
use serde_json::{Map, Value};

use super::super::manners::{DIALECT, MOST_NAME, MOST_TEXT};
use super::super::wire::Kind;
use super::fields::{Fields, Need};
use super::reading::account;

/// How much a body must name: all that a creation must, or nothing.
fn need(whole: bool) -> Need {
    if whole { Need::Required } else { Need::Given }
}

/// A new customer, or a change of the one that is seen.
pub fn vendor(body: &Map<String, Value>, known: Option<&CustomerView>, whole: bool) -> Result<CustomerEdit, Value> {
    let mut fields = Fields::of(body);
    let mut edit = known.map(CustomerEdit::of).unwrap_or_default();
    if let Some(name) = fields.text("name", need(whole), MOST_NAME) {
        edit.content.name = name;
    }
    fields.choice("vendor_type", &["customer"]);
    for (member, most, into) in [
        ("email", MOST_NAME, &mut edit.content.email),
        ("phone", MOST_NAME, &mut edit.content.phone),
        ("billing_address", MOST_TEXT, &mut edit.content.address),
    ] {
        if fields.has(member) {
            *into = fields.text(member, Need::Optional, most);
        }
    }
    fields.errors().map_or(Ok(edit), Err)
}

/// A new product, or a change of the one that is seen.
pub fn product(
    body: &Map<String, Value>,
    book: &BookView,
    known: Option<&ProductView>,
    whole: bool,
) -> Result<ProductEdit, Value> {
    let mut fields = Fields::of(body);
    let name = fields.text("name", need(whole), MOST_NAME);
    let named: Vec<(&str, Kind)> = [("description", Kind::Text(MOST_TEXT)), ("is_taxable", Kind::Boolean)]
        .into_iter()
        .filter(|(member, _)| fields.has(member))
        .collect();
    let new = fields.kept(&named);
    let account = match (fields.has("invoice_account"), known) {
        (false, Some(view)) => Some(AccountChoice::Key(view.product.account)),
        (true | false, _) => account(&mut fields, "invoice_account", Need::Optional, book),
    };
    if let Some(errors) = fields.errors() {
        return Err(errors);
    }
    let mut content: ProductContent = known.map(|view| view.content.clone()).unwrap_or_default();
    content.name = name.unwrap_or(content.name);
    let mut kept = content
        .extra
        .get(DIALECT)
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    kept.retain(|member, _| !named.iter().any(|(replaced, _)| replaced == member));
    kept.extend(new);
    content.extra.insert(DIALECT.to_owned(), Value::Object(kept));
    Ok(ProductEdit {
        seen: known.map(|view| view.product.clone()),
        product: ProductInput {
            account: account.unwrap_or(AccountChoice::Role(AccountRole::Sales)),
            content,
        },
    })
}
