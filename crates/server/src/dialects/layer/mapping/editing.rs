//! From the vendor's shapes to an edit of an invoice or a payment: all of it anew, or the members that are named.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use quittance_accounting::identity::DocumentKind;
use quittance_accounting::issuing::{AccountChoice, NumberChoice};
use quittance_books::content::{InvoiceContent, PaymentContent};
use quittance_books::input::{Due, InvoiceEdit, PaymentEdit, PaymentInput};
use quittance_books::view::BookView;
use serde_json::{Map, Value};

use super::super::errors::Fault;
use super::super::manners::{MOST_LONG_TEXT, MOST_SHORT_TEXT, NAME};
use super::super::wire;
use super::fields::{Fields, When};
use super::input::{self, CustomerRef};
use super::settling;

/// What replaces an invoice: the same body as creates one. What it does not name is gone, but for the number and the external id.
pub fn replacement(
    book: &BookView,
    body: &Value,
    zone: &TimeZone,
    known: InvoiceEdit,
) -> Result<(InvoiceEdit, CustomerRef), Fault> {
    let new = input::invoice(book, body, zone)?;
    let (input, customer) = (new.input, new.customer);
    let number = match input.number {
        NumberChoice::Explicit(number) => Some(NumberChoice::Explicit(number)),
        NumberChoice::Counted | NumberChoice::CountedIn(_) => None,
    };
    // What other dialects know of it is not this one's to drop, nor what it may be paid with, which no such body names.
    let mut extra = known.content.extra;
    let methods = extra.remove(NAME).and_then(|own| own.get("payment_methods").cloned());
    extra.extend(input.content.extra);
    if let Some(methods) = methods {
        let own = extra
            .entry(NAME.to_owned())
            .or_insert_with(|| Value::Object(Map::new()));
        own["payment_methods"] = methods;
    }
    let edit = InvoiceEdit {
        currency: None,
        rate: None,
        customer: None,
        number,
        external_id: input.external_id.or(known.external_id),
        invoice_date: input.invoice_date.unwrap_or(known.invoice_date),
        due: input.due,
        sent_at: input.sent_at,
        lines: input.lines,
        discount: input.discount,
        taxes: input.taxes,
        tip: input.tip,
        content: InvoiceContent {
            title: known.content.title,
            extra,
            ..input.content
        },
        expected_revision: known.expected_revision,
    };
    Ok((edit, customer))
}

/// The most ways to pay that an invoice may name: as many as there are, and some to spare.
const MOST_METHODS: usize = 20;

/// What an invoice may be paid with, as it is finalized, and how the client says it is to be paid otherwise.
pub fn finalized(body: &Value) -> Result<Map<String, Value>, Fault> {
    let fields = Fields::of(body, "")?;
    let items = fields.list("payment_methods")?;
    if fields.value("payment_methods").is_none() {
        return Err(fields.wrong("payment_methods", "is required"));
    }
    if items.len() > MOST_METHODS {
        return Err(fields.wrong("payment_methods", &format!("must be at most {MOST_METHODS}")));
    }
    let mut methods: Vec<Value> = Vec::with_capacity(items.len());
    for item in items {
        let known = item.as_str().and_then(wire::method).map(wire::method_word);
        let problem = "must hold CASH, CHECK, CREDIT_CARD, ACH, CREDIT_BALANCE or OTHER";
        let word = Value::from(known.ok_or_else(|| fields.wrong("payment_methods", problem))?);
        if !methods.contains(&word) {
            methods.push(word);
        }
    }
    let mut members = Map::new();
    members.insert("payment_methods".to_owned(), Value::Array(methods));
    let instructions = fields.text("custom_payment_instructions", MOST_LONG_TEXT)?;
    members.extend(instructions.map(|text| ("custom_payment_instructions".to_owned(), Value::from(text))));
    Ok(members)
}

/// Changes the members that the body names; null empties one that can be empty.
pub fn patch(
    book: &BookView,
    body: &Value,
    zone: &TimeZone,
    edit: &mut InvoiceEdit,
) -> Result<Option<CustomerRef>, Fault> {
    let fields = Fields::of(body, "")?;
    input::refuse_unserved(book, &fields)?;
    let named = |member: &str| body.get(member).is_some();
    let customer = CustomerRef {
        id: fields.id("customer_id", DocumentKind::Customer)?,
        external_id: fields.text("customer_external_id", MOST_SHORT_TEXT)?,
    };
    if named("sent_at") {
        let sent = fields.required_when("sent_at")?;
        edit.invoice_date = sent.day(zone);
        edit.sent_at = Some(sent.instant(zone));
    }
    if named("due_at") {
        edit.due = fields.when("due_at")?.map(|when| match when {
            When::At(at) => Due::At(at),
            When::On(day) => Due::On(day),
        });
    }
    if let Some(number) = fields.text("invoice_number", MOST_SHORT_TEXT)? {
        edit.number = Some(NumberChoice::Explicit(number));
    }
    if named("external_id") {
        edit.external_id = fields.text("external_id", MOST_SHORT_TEXT)?;
    }
    if named("memo") {
        edit.content.memo = fields.text("memo", MOST_LONG_TEXT)?;
    }
    if named("additional_discount") {
        edit.discount = fields.cents_or_none("additional_discount")?;
    }
    if named("tips") {
        edit.tip = fields.cents_or_none("tips")?;
    }
    if named("line_items") {
        let (lines, texts) = input::lines(book, &fields)?;
        (edit.lines, edit.content.lines) = (lines, texts);
    }
    let mut kept = Map::new();
    if named("additional_sales_taxes") {
        let (taxes, accounts) = input::taxes(book, &fields, "additional_sales_taxes")?;
        edit.taxes = taxes;
        kept.insert("tax_accounts".to_owned(), accounts.unwrap_or_default());
    }
    for (member, most) in [
        ("reference_number", MOST_SHORT_TEXT),
        ("custom_payment_instructions", MOST_LONG_TEXT),
    ] {
        if named(member) {
            kept.insert(member.to_owned(), fields.text(member, most)?.into());
        }
    }
    if named("metadata") {
        kept.insert("metadata".to_owned(), fields.metadata()?.unwrap_or_default());
    }
    if named("tags") {
        kept.insert("tags".to_owned(), fields.tags()?.unwrap_or_default());
    }
    keep(&mut edit.content.extra, kept);
    let is_named = customer.id.is_some() || customer.external_id.is_some();
    Ok(is_named.then_some(customer))
}

/// Joins members to what only this dialect knows; null takes one away.
fn keep(extra: &mut BTreeMap<String, Value>, members: Map<String, Value>) {
    if members.is_empty() {
        return;
    }
    let kept = extra.entry(NAME.to_owned()).or_default();
    if !kept.is_object() {
        *kept = Value::Object(Map::new());
    }
    if let Value::Object(kept) = kept {
        for (name, value) in members {
            match value {
                Value::Null => {
                    kept.remove(&name);
                }
                value => {
                    kept.insert(name, value);
                }
            }
        }
        if kept.is_empty() {
            extra.remove(NAME);
        }
    }
}

/// Changes the members that the body names of a payment; null empties one that can be empty.
pub fn payment(book: &BookView, body: &Value, zone: &TimeZone, edit: &mut PaymentEdit) -> Result<(), Fault> {
    let fields = Fields::of(body, "")?;
    fields.unserved("additional_fees", "this server posts no fees")?;
    let named = |member: &str| body.get(member).is_some();
    if named("paid_at") {
        let at = fields.required_when("paid_at")?;
        (edit.paid_on, edit.paid_at) = (Some(at.day(zone)), at.instant(zone));
    }
    if named("amount") {
        edit.amount = settling::required_amount(&fields)?;
    }
    if let Some(method) = settling::method(&fields)? {
        edit.method = method;
    }
    if let Some(value) = fields.value("payment_clearing_account_identifier") {
        let place = fields.place("payment_clearing_account_identifier");
        edit.clearing = AccountChoice::Key(input::account(book, value, &place)?.key);
    }
    if named("invoice_payments") {
        edit.parts = Some(settling::parts(&fields)?);
    }
    if named("external_id") {
        edit.external_id = fields.text("external_id", MOST_SHORT_TEXT)?;
    }
    if named("memo") {
        edit.content.memo = fields.text("memo", MOST_LONG_TEXT)?;
    }
    let mut kept = Map::new();
    if named("fee") {
        let fee = fields.cents_or_none("fee")?;
        kept.insert("fee".to_owned(), (!fee.is_zero()).then(|| fee.minor()).into());
    }
    for member in ["processor", "reference_number"] {
        if named(member) {
            kept.insert(member.to_owned(), fields.text(member, MOST_SHORT_TEXT)?.into());
        }
    }
    if named("metadata") {
        kept.insert("metadata".to_owned(), fields.metadata()?.unwrap_or_default());
    }
    if named("tags") {
        kept.insert("tags".to_owned(), fields.tags()?.unwrap_or_default());
    }
    keep(&mut edit.content.extra, kept);
    Ok(())
}

/// What replaces a payment of one invoice.
pub fn replaced_payment(new: PaymentInput, known: PaymentEdit) -> PaymentEdit {
    let mut extra = known.content.extra;
    extra.remove(NAME);
    extra.extend(new.content.extra);
    PaymentEdit {
        seen: known.seen,
        rate: None,
        paid_on: new.paid_on,
        paid_at: new.paid_at.unwrap_or(known.paid_at),
        amount: new.amount.unwrap_or(known.amount),
        method: new.method,
        clearing: new.clearing,
        parts: None,
        external_id: new.external_id.or(known.external_id),
        content: PaymentContent {
            memo: new.content.memo,
            extra,
        },
    }
}
