//! What a `PUT` or a `PATCH` asks of an invoice.
//!
//! A `PUT` must name what a creation must name; beyond that both change the members that are there and no other. Lines are replaced
//! as a whole.

use std::collections::BTreeSet;

use jiff::civil::Date;
use quittance_accounting::issuing::NumberChoice;
use quittance_accounting::money::Amount;
use quittance_books::input::{Due, InvoiceEdit};
use quittance_books::view::InvoiceView;
use serde_json::{Map, Value};

use super::super::manners::{DIALECT, MOST_NAME, MOST_TEXT};
use super::super::wire::{INVOICE_KEPT, Kind, PAYMENT_STATUS};
use super::entity;
use super::fields::{Fields, Need};
use super::reading::{Setting, currency, lines};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What the invoice says from now on, where that is something else than before.
    pub edit: Option<Box<InvoiceEdit>>,
    /// The status that it is to have.
    pub status: Option<&'static str>,
    /// The day of a void.
    pub voided_on: Option<Date>,
    /// The day on which it is given up.
    pub given_up_on: Option<Date>,
}

/// Reads a change of the invoice that is seen, or all that is wrong with it.
pub fn change(
    body: &Map<String, Value>,
    setting: &Setting<'_>,
    view: &InvoiceView,
    whole: bool,
) -> Result<Asked, Value> {
    let need = if whole { Need::Required } else { Need::Given };
    let setting = &Setting {
        book: &setting.book.in_currency(view.invoice.currency),
        ..*setting
    };
    let mut fields = Fields::of(body);
    let mut edit = InvoiceEdit::of(view);
    if let Some(lines) = lines(&mut fields, need, setting) {
        (edit.lines, edit.content.lines) = lines.into_iter().unzip();
        // What stood on the document as a whole is shown as a line, and so it is among those that were replaced.
        (edit.discount, edit.taxes, edit.tip) = (Amount::ZERO, Vec::new(), Amount::ZERO);
    }
    if let Some(date) = fields.date("invoice_date", need) {
        edit.invoice_date = date;
    }
    if let Some(date) = fields
        .date("due_date", need)
        .filter(|date| view.invoice.due_on != Some(*date))
    {
        edit.due = Some(Due::On(date));
    }
    fields.reference("entity", need, &BTreeSet::from([entity(setting.book.key)]));
    if fields.has("client") {
        let client = fields.reference("client", Need::Optional, &setting.known.customers);
        edit.customer = client.and_then(|id| setting.named(id));
    }
    let own = view.invoice.currency;
    if currency(&mut fields, own).is_some_and(|currency| currency != own) {
        fields.say("currency", "This field cannot be changed.");
    }
    let number = fields.text("invoice_number", Need::Optional, MOST_NAME);
    let other = |number: &String| !number.is_empty() && view.invoice.number.as_ref() != Some(number);
    edit.number = number.filter(other).map(NumberChoice::Explicit);
    let status = fields.choice("payment_status", &PAYMENT_STATUS);
    if fields.has("payment_status") && body.get("payment_status") == Some(&Value::Null) {
        fields.say("payment_status", "This field may not be null.");
    }
    let voided_on = fields.date("voided_date", Need::Optional);
    let given_up_on = fields.date("uncollectible_date", Need::Optional);
    if fields.has("message_on_invoice") {
        edit.content.memo = fields.text("message_on_invoice", Need::Optional, MOST_TEXT);
    }
    keep(&mut fields, &mut edit);
    if let Some(errors) = fields.errors() {
        return Err(errors);
    }
    Ok(Asked {
        edit: (edit != InvoiceEdit::of(view)).then(|| Box::new(edit)),
        status,
        voided_on,
        given_up_on,
    })
}

/// Members that are only kept: those that are there are replaced.
fn keep(fields: &mut Fields<'_>, edit: &mut InvoiceEdit) {
    let named: Vec<(&str, Kind)> = INVOICE_KEPT.into_iter().filter(|(name, _)| fields.has(name)).collect();
    let new = fields.kept(&named);
    if named.is_empty() {
        return;
    }
    let known = edit.content.extra.entry(DIALECT.to_owned()).or_default();
    let mut kept = known.as_object().cloned().unwrap_or_default();
    kept.retain(|name, _| !named.iter().any(|(replaced, _)| replaced == name));
    kept.extend(new);
    *known = Value::Object(kept);
}
