//! From views to answers. Total: a document that another dialect made is shown from the shared fields.

use jiff::Timestamp;
use jiff::civil::Date;
use quittance_accounting::invoice::{Invoice as Record, LineItem};
use quittance_accounting::money::{Amount, Currency};
use quittance_books::content::LineContent;
use quittance_books::view::{CustomerView, InvoiceView};
use rust_decimal::Decimal;
use serde_json::{Map, Number, Value, json};

use super::super::manners::{NAME, SAFE_DIGITS};
use super::super::wire::requests::{ITEM_KEPT, KEPT};
use super::super::wire::{Invoice, Item, TotalSummary};
use super::incoming::{discountable, spread};
use super::settings::TITLE;
use super::{BEING_PAID, MAY_BE_PAID, status_of};
use crate::http::numbers;

type Members = Map<String, Value>;

/// The invoice as create, delete, void, send and record-payment answer it.
pub fn invoice(view: &InvoiceView) -> Invoice {
    let empty = Members::new();
    let own = view.content.extra.get(NAME).and_then(Value::as_object);
    let sent = own.unwrap_or(&empty);
    let record = &view.invoice;
    let currency = record.currency;
    let (prefix, number) = number(record.number.as_deref(), own);
    Invoice {
        id: record.id.hex(),
        status: status(view),
        live_mode: is_live(view),
        // What is paid and what is due come to the total: what a credit note settles is not due any more.
        amount_paid: major(record.paid.plus(record.credited).unwrap_or(record.paid), currency),
        alt_id: view.book.settings.id.hex(),
        alt_type: "location",
        name: name(view),
        business_details: object_or(sent, "businessDetails", || json!({"name": view.book.settings.name})),
        invoice_number: number,
        invoice_number_prefix: prefix,
        currency: currency.code().to_owned(),
        contact_details: contact_details(view),
        issue_date: record.invoice_date.to_string(),
        due_date: due_day(record).to_string(),
        discount: discount(sent, view),
        invoice_items: items(view),
        total: major(record.total, currency),
        title: text_or(sent, "title", TITLE),
        amount_due: major(due(view), currency),
        created_at: instant(record.created_at),
        updated_at: instant(record.updated_at),
        kept: kept(sent, KEPT),
        total_summary: None,
    }
}

/// The invoice as reads of one or many answer it.
pub fn invoice_with_summary(view: &InvoiceView) -> Invoice {
    let (record, currency) = (&view.invoice, view.invoice.currency);
    Invoice {
        total_summary: Some(TotalSummary {
            sub_total: major(record.subtotal, currency),
            discount: major(record.discount, currency),
            tax: major(record.tax, currency),
        }),
        ..invoice(view)
    }
}

/// Whether the invoice is real and no test. Those of other dialects are.
pub fn is_live(view: &InvoiceView) -> bool {
    let sent = view.content.extra.get(NAME).and_then(|own| own.get("liveMode"));
    sent.and_then(Value::as_bool).unwrap_or(true)
}

/// The texts that a search looks in.
pub fn searched(view: &InvoiceView) -> Vec<String> {
    let shown = invoice(view);
    let contact = |name: &str| {
        shown
            .contact_details
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let mut texts = vec![shown.id, shown.name];
    texts.extend(view.invoice.number.clone());
    texts.extend(
        ["name", "email", "phoneNo", "companyName"]
            .into_iter()
            .filter_map(contact),
    );
    texts
}

/// A number as the vendor types it: a JSON number when it is digits, so few that every reader keeps them; else a text. An invoice
/// without a number, which another dialect may leave, shows 0: the member is required.
pub fn number_value(number: &str) -> Value {
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    match number.parse::<i64>() {
        Ok(count) if digits && number.len() <= SAFE_DIGITS => Value::from(count),
        Ok(_) | Err(_) => Value::from(number),
    }
}

/// The prefix and the number. A number of another dialect is cut before its last digits.
pub fn number(number: Option<&str>, own: Option<&Members>) -> (Option<String>, Value) {
    let Some(number) = number else {
        return (None, Value::from(0));
    };
    // What only a note was written on was made by another dialect.
    let cut = match own.filter(|own| own.contains_key("liveMode")) {
        Some(own) => own
            .get("invoiceNumberPrefix")
            .and_then(Value::as_str)
            .filter(|prefix| number.starts_with(prefix))
            .map_or(0, str::len),
        None => match number.trim_end_matches(|c: char| c.is_ascii_digit()).len() {
            all if all == number.len() => 0,
            cut => cut,
        },
    };
    let (prefix, rest) = number.split_at(cut);
    ((!prefix.is_empty()).then(|| prefix.to_owned()), number_value(rest))
}

fn status(view: &InvoiceView) -> &'static str {
    let standing = view.invoice.standing();
    if view.invoice.pending.is_positive() && MAY_BE_PAID.contains(&standing) {
        BEING_PAID
    } else {
        status_of(standing)
    }
}

/// The total less what was paid and what was given up; a draft and a void invoice still show what they would ask for.
fn due(view: &InvoiceView) -> Amount {
    let settled = view.invoice.settled();
    settled
        .and_then(|settled| view.invoice.total.minus(settled))
        .unwrap_or(Amount::ZERO)
}

/// The day that is shown as due: every invoice has one.
pub fn due_day(record: &Record) -> Date {
    record.due_on.unwrap_or(record.invoice_date)
}

fn name(view: &InvoiceView) -> String {
    let title = view.content.title.as_ref().or(view.content.memo.as_ref());
    let shown = title.filter(|title| !title.is_empty()).cloned();
    shown.unwrap_or_else(|| match &view.invoice.number {
        Some(number) => format!("Invoice {number}"),
        None => "Invoice".to_owned(),
    })
}

/// The contact, as it was sent; else the customer, or empty texts where there is none: the member is required.
pub fn contact_details(view: &InvoiceView) -> Value {
    let sent = view.content.extra.get(NAME).and_then(|own| own.get("contactDetails"));
    let sent = sent.filter(|sent| sent.is_object()).cloned();
    sent.unwrap_or_else(|| contact(view.customer.as_ref()))
}

fn contact(customer: Option<&CustomerView>) -> Value {
    let Some(view) = customer else {
        return json!({"id": "", "name": "", "phoneNo": "", "email": "", "customFields": []});
    };
    let id = view.customer.external_id.clone();
    let mut contact = json!({
        "id": id.unwrap_or_else(|| view.customer.id.hex()),
        "name": view.content.name,
        "phoneNo": view.content.phone.as_deref().unwrap_or_default(),
        "email": view.content.email.as_deref().unwrap_or_default(),
        "customFields": [],
    });
    if let Some(company) = &view.content.company {
        contact["companyName"] = json!(company);
    }
    if let Some(address) = &view.content.address {
        contact["address"] = json!({"addressLine1": address});
    }
    contact
}

/// As it was sent; else all discounts as one fixed sum.
pub fn discount(sent: &Members, view: &InvoiceView) -> Value {
    match sent.get("discount").and_then(Value::as_object) {
        Some(sent) => {
            let mut discount = json!({"type": "percentage", "value": 0});
            for (name, value) in sent.iter().filter(|(_, value)| !value.is_null()) {
                discount[name] = value.clone();
            }
            discount
        }
        None => json!({"type": "fixed", "value": major(view.invoice.discount, view.invoice.currency)}),
    }
}

/// The items of an invoice, one for each line.
pub fn items(view: &InvoiceView) -> Vec<Item> {
    // What the items say is taken back as an edit: rates are of what is left of an item when all discounts are one for the invoice.
    let subtotals: Vec<Amount> = view.lines.iter().map(|line| discountable(line.subtotal)).collect();
    let shares = spread(view.invoice.discount, &subtotals).unwrap_or_default();
    let item = |(at, line): (usize, &LineItem)| {
        let left = shares.get(at).and_then(|share| line.subtotal.minus(*share));
        item(view, line, left.unwrap_or_else(|| line.net()))
    };
    view.lines.iter().enumerate().map(item).collect()
}

/// An item, of which so much is left to tax.
fn item(view: &InvoiceView, line: &LineItem, left: Amount) -> Item {
    let empty = Members::new();
    let content = view.line_content(line.place);
    let own = content.extra.get(NAME).and_then(Value::as_object);
    let place = u32::try_from(line.place).unwrap_or(0);
    let product = line.product.and_then(|key| view.product(key));
    let mut kept = kept(own.unwrap_or(&empty), ITEM_KEPT);
    if own.is_none() {
        let description = content.description.clone().map(Value::from);
        kept.extend(description.map(|text| ("description".to_owned(), text)));
        let id = product.map(|view| Value::from(view.product.id.hex()));
        kept.extend(id.map(|id| ("productId".to_owned(), id)));
    }
    let LineContent { name, description, .. } = content.clone();
    let name = name.or(description).or(product.map(|view| view.content.name.clone()));
    Item {
        taxes: match own {
            Some(own) => own.get("taxes").cloned().unwrap_or_else(|| json!([])),
            None => taxes(view, line, left),
        },
        id: view.invoice.id.uuid_of_part(place),
        currency: view.invoice.currency.code().to_owned(),
        name: name
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "Item".to_owned()),
        qty: numbers::number(line.quantity),
        amount: numbers::number(line.unit_price),
        kept,
    }
}

/// Taxes of another dialect are sums; the rate is worked back from them, to four places.
fn taxes(view: &InvoiceView, line: &LineItem, left: Amount) -> Value {
    let currency = view.invoice.currency;
    let net = left.in_major_units(currency);
    let tax = |share: &quittance_accounting::invoice::TaxShare| {
        let account = view.book.account(share.account);
        let hundredfold = share.amount.in_major_units(currency) * Decimal::ONE_HUNDRED;
        let rate = hundredfold.checked_div(net).unwrap_or_default().round_dp(4);
        json!({
            "_id": account.map_or("", |account| account.code.as_str()),
            "name": account.map_or("Tax", |account| account.name.as_str()),
            "rate": numbers::number(rate),
            "calculation": "exclusive",
        })
    };
    Value::Array(line.taxes.iter().map(tax).collect())
}

fn kept(sent: &Members, names: &[&str]) -> Members {
    let own = |name: &&str| Some(((*name).to_owned(), sent.get(*name)?.clone()));
    names.iter().filter_map(own).collect()
}

fn object_or(sent: &Members, name: &str, other: impl FnOnce() -> Value) -> Value {
    sent.get(name)
        .filter(|value| value.is_object())
        .cloned()
        .unwrap_or_else(other)
}

fn text_or(sent: &Members, name: &str, other: &str) -> String {
    let text = sent.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.unwrap_or(other).to_owned()
}

/// A sum as the vendor writes it: in major units.
pub fn major(amount: Amount, currency: Currency) -> Number {
    numbers::number(amount.in_major_units(currency))
}

/// An instant as the vendor writes it.
pub fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
