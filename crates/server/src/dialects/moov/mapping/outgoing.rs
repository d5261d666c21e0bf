//! Views to the vendor's shapes, whatever dialect made the document.
//!
//! Where this dialect has no word for something, the shared figures stand in for it: a line whose quantity is no whole number or
//! whose price with discount is no product is shown as one piece at its net, and a tip as part of the surcharge. Promise: total,
//! on any document. Deliberately absent: reading.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use quittance_accounting::book::BookSettings;
use quittance_accounting::invoice::LineItem;
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::rounding::{Figures, Rounding};
use quittance_accounting::settlement::Witness;
use quittance_books::content::LineContent;
use quittance_books::view::{CustomerView, InvoiceView, PaymentView};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value, json};

use super::super::manners::Shape;
use super::super::wire::{self, AmountDecimal, OVERDUE, PAYMENT_PENDING, UNPAID, status_of};
use super::{EXTRA, links};

/// Digits with a point and at least two places, as the vendor writes amounts.
fn decimal_text(value: Decimal) -> String {
    let value = value.normalize();
    let text = if value.is_zero() {
        "0".to_owned()
    } else {
        value.to_string()
    };
    let (whole, places) = text.split_once('.').unwrap_or((&text, ""));
    format!("{whole}.{places:0<2}")
}

fn price(value: Decimal, currency: Currency) -> AmountDecimal {
    AmountDecimal {
        currency: currency.code().to_owned(),
        value_decimal: decimal_text(value),
    }
}

fn amount(amount: Amount, currency: Currency) -> AmountDecimal {
    price(amount.in_major_units(currency), currency)
}

fn kept<'a>(extra: &'a std::collections::BTreeMap<String, Value>, name: &str) -> Option<&'a Value> {
    extra.get(EXTRA)?.get(name)
}

fn kept_text(extra: &std::collections::BTreeMap<String, Value>, name: &str) -> Option<String> {
    kept(extra, name)?.as_str().map(str::to_owned)
}

/// The status of an invoice: of its standing, or what the clock and a payment in progress make of it.
pub fn status(view: &InvoiceView) -> &'static str {
    match status_of(view.invoice.standing()) {
        UNPAID if view.invoice.pending.is_positive() => PAYMENT_PENDING,
        UNPAID if view.is_overdue() => OVERDUE,
        status => status,
    }
}

/// Where the customer of an invoice is written to.
pub fn customer_email(view: &InvoiceView) -> Option<String> {
    let own = kept_text(&view.content.extra, "customerEmail");
    own.or_else(|| view.customer.as_ref().and_then(|known| known.content.email.clone()))
        .filter(|email| !email.is_empty())
}

/// When its customer was last written to at a client's word.
pub fn notified_on(view: &InvoiceView) -> Option<Timestamp> {
    kept_text(&view.content.extra, NOTIFIED_ON)?.parse().ok()
}

/// The member that says so.
pub const NOTIFIED_ON: &str = "notifiedOn";

/// An invoice in the shape of a version, for a client that reached us at `origin`.
pub fn invoice(view: &InvoiceView, shape: Shape, origin: &str) -> wire::Invoice {
    let invoice = &view.invoice;
    let currency = invoice.currency;
    let money = |sum: Amount| amount(sum, currency);
    let extra = &view.content.extra;
    let (items, surcharge) = items(view);
    // A tip has no word of its own here; it is paid on top like a surcharge.
    let surcharge = surcharge.plus(invoice.tip).unwrap_or(surcharge);
    let without_tax = invoice.total.minus(invoice.tax).unwrap_or(invoice.subtotal);
    let subtotal = without_tax.minus(surcharge).unwrap_or(without_tax);
    let shown = |sum: Amount, name: &str| (!sum.is_zero() || kept(extra, name).is_some()).then(|| money(sum));
    let details = wire::AmountDetails {
        tax: shown(invoice.tax, "tax"),
        surcharge: shown(surcharge, "surcharge"),
    };
    let details = (details.tax.is_some() || details.surcharge.is_some()).then_some(details);
    let customer = view.customer.as_ref();
    let instant = |at: Option<Timestamp>| at.map(|at| at.to_string());
    wire::Invoice {
        invoice_id: invoice.id.uuid(),
        invoice_number: invoice.number.clone().unwrap_or_default(),
        customer_account_id: customer.map(|c| c.customer.id.uuid()).unwrap_or_default(),
        customer_display_name: customer.map(|c| c.content.name.clone()).unwrap_or_default(),
        customer_email: customer_email(view).unwrap_or_default(),
        partner_account_id: view.book.settings.id.uuid(),
        status: status(view),
        description: view.content.memo.clone(),
        line_items: wire::LineItems { items },
        subtotal_amount: money(subtotal),
        tax_amount: (shape == Shape::TaxAmount).then(|| money(invoice.tax)),
        amount_details: details.filter(|_| shape == Shape::AmountDetails),
        total_amount: money(invoice.total),
        pending_amount: money(invoice.pending),
        // It has no word for credit: what a credit note settles is not owed any more.
        paid_amount: money(invoice.paid.plus(invoice.credited).unwrap_or(invoice.paid)),
        refunded_amount: money(invoice.refunded),
        disputed_amount: money(Amount::ZERO),
        payment_link_code: links::code_of(view),
        payment_link_url: links::code_of(view).map(|code| links::address(view, &code, origin)),
        payment: kept(extra, "payment").cloned(),
        invoice_payments: payments(view),
        invoice_date: invoice_date(view),
        due_date: instant(invoice.due_at),
        created_on: invoice.created_at.to_string(),
        sent_on: instant(invoice.sent_at),
        paid_on: instant(invoice.paid_at),
        canceled_on: instant(invoice.voided_at()),
        disabled_on: instant(view.deleted.as_ref().map(|stone| stone.deleted_at)),
    }
}

/// This dialect's own members among the texts of an invoice, to write more of them. For an invoice of another dialect they begin with
/// the date that was shown, which would be taken for absent otherwise.
pub fn own_members(view: &InvoiceView) -> Map<String, Value> {
    if let Some(Value::Object(known)) = view.content.extra.get(EXTRA) {
        return known.clone();
    }
    let date = invoice_date(view).map(|at| ("invoiceDate".to_owned(), Value::from(at)));
    date.into_iter().collect()
}

/// The instant that this dialect's client sent, or nothing if it sent none; for other dialects the start of the day.
fn invoice_date(view: &InvoiceView) -> Option<String> {
    if view.content.extra.contains_key(EXTRA) {
        return kept_text(&view.content.extra, "invoiceDate");
    }
    let zone = TimeZone::get(&view.book.settings.zone).unwrap_or(TimeZone::UTC);
    let start = zone.to_timestamp(view.invoice.invoice_date.at(0, 0, 0, 0)).ok()?;
    Some(start.to_string())
}

/// The items, and the sum of the lines that are surcharges.
pub(super) fn items(view: &InvoiceView) -> (Vec<wire::LineItem>, Amount) {
    let mut items = Vec::new();
    let mut surcharge = Amount::ZERO;
    for line in &view.lines {
        let text = view.line_content(line.place);
        if kept(&text.extra, "surcharge").is_some() {
            surcharge = surcharge.plus(line.net()).unwrap_or(surcharge);
        } else {
            items.push(item(view, line, &text));
        }
    }
    (items, surcharge)
}

fn item(view: &InvoiceView, line: &LineItem, text: &LineContent) -> wire::LineItem {
    let currency = view.invoice.currency;
    let product = line.product.and_then(|key| view.product(key));
    let product_name = || product.map(|view| view.content.name.clone());
    let name = text.name.clone().or_else(|| text.description.clone());
    let name = name.filter(|name| !name.is_empty()).or_else(product_name);
    let (quantity, base) = pieces(line, text, currency);
    wire::LineItem {
        name: name.unwrap_or_else(|| "Item".to_owned()),
        base_price: price(base, currency),
        quantity,
        product_id: product.map(|view| view.product.id.uuid()),
        options: options(text, currency),
    }
}

/// How many pieces at which price. What no such pair can say is one piece at the line's net.
fn pieces(line: &LineItem, text: &LineContent, currency: Currency) -> (i64, Decimal) {
    let whole = line.quantity.is_integer().then(|| line.quantity.to_i64()).flatten();
    let whole = whole.filter(|n| (1..=i64::from(i32::MAX)).contains(n));
    let sent = kept_text(&text.extra, "basePrice").and_then(|text| text.parse::<Decimal>().ok());
    match (whole, sent) {
        (Some(quantity), Some(base)) => (quantity, base),
        (Some(quantity), None) => {
            let figures = Figures {
                rounding: Rounding::USUAL,
                currency,
            };
            let fits = line.unit_price.normalize().scale() <= 9
                && figures.line(line.unit_price, line.quantity) == Some(line.net());
            if fits {
                (quantity, line.unit_price)
            } else {
                (1, line.net().in_major_units(currency))
            }
        }
        (None, _) => (1, line.net().in_major_units(currency)),
    }
}

fn options(text: &LineContent, currency: Currency) -> Vec<wire::LineItemOption> {
    let sent = kept(&text.extra, "options").and_then(Value::as_array);
    let option = |option: &Value| {
        let modifier = option.get("priceModifier").and_then(Value::as_str);
        wire::LineItemOption {
            name: option
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            quantity: option.get("quantity").and_then(Value::as_i64).unwrap_or(1),
            price_modifier: modifier
                .and_then(|text| text.parse().ok())
                .map(|value| price(value, currency)),
            group: option.get("group").and_then(Value::as_str).map(str::to_owned),
        }
    };
    sent.map(|sent| sent.iter().map(option).collect()).unwrap_or_default()
}

/// The payments of an invoice, oldest first.
pub fn payments(view: &InvoiceView) -> Vec<wire::InvoicePayment> {
    view.payments
        .iter()
        .map(|payment| self::payment(view, payment))
        .collect()
}

/// A payment, with what of it went to the invoice.
pub fn payment(view: &InvoiceView, payment: &PaymentView) -> wire::InvoicePayment {
    let parts = payment
        .allocations
        .iter()
        .filter(|part| part.invoice == view.invoice.key);
    let sum = Amount::sum(parts.map(|part| part.amount)).unwrap_or(payment.payment.amount);
    let id = payment.payment.id.uuid();
    let extra = &payment.content.extra;
    let made_elsewhere = !extra.contains_key(EXTRA);
    let paid_at = || made_elsewhere.then(|| payment.payment.paid_at.to_string());
    let external = || wire::External {
        description: payment.content.memo.clone(),
        foreign_id: kept_text(extra, "foreignID"),
        payment_date: kept_text(extra, "paymentDate").or_else(paid_at),
    };
    let is_transfer = match payment.payment.witness {
        Witness::Provider => true,
        Witness::Hand | Witness::Bank | Witness::Credit => false,
    };
    wire::InvoicePayment {
        invoice_payment_type: if is_transfer { "transfer" } else { "external" },
        amount: amount(sum, payment.payment.currency),
        transfer: is_transfer.then(|| wire::Transfer {
            transfer_id: id.clone(),
        }),
        external: (!is_transfer).then(external),
        invoice_payment_id: id,
    }
}

/// An account that can be billed.
pub fn account(view: &CustomerView) -> wire::Account {
    let content = &view.content;
    let profile = || {
        json!({"business": {
            "legalBusinessName": content.company.clone().unwrap_or_else(|| content.name.clone()),
            "email": content.email,
        }})
    };
    wire::Account {
        account_id: view.customer.id.uuid(),
        account_type: kept_text(&content.extra, "accountType").unwrap_or_else(|| "business".to_owned()),
        display_name: content.name.clone(),
        profile: kept(&content.extra, "profile").cloned().unwrap_or_else(profile),
        foreign_id: view.customer.external_id.clone(),
        created_on: view.customer.created_at.to_string(),
        updated_on: view.customer.updated_at.to_string(),
    }
}

/// The merchant's own account: what the book says of itself.
pub fn merchant(settings: &BookSettings) -> wire::Account {
    wire::Account {
        account_id: settings.id.uuid(),
        account_type: "business".to_owned(),
        display_name: settings.name.clone(),
        profile: json!({"business": {"legalBusinessName": settings.name}}),
        foreign_id: None,
        created_on: settings.created_at.to_string(),
        updated_on: settings.created_at.to_string(),
    }
}
