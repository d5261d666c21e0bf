//! What the books show, in the vendor's shapes.
//!
//! Promise: any invoice can be shown, also one that was made through another dialect; what this dialect does not know of it falls
//! back to the shared fields. Deliberately absent: envelopes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use quittance_accounting::account::LedgerAccount;
use quittance_accounting::invoice::{LineItem, Standing};
use quittance_accounting::money::{Amount, Currency};
use quittance_books::view::{BookView, CustomerView, InvoiceView, PaymentView};
use serde_json::{Map, Value};

use super::transactions::transaction_id;
use super::{category_id, day, instant, major, money_account_id};
use crate::dialects::bookeeping::rules::DIALECT;
use crate::dialects::bookeeping::wire::{
    Calculated, Counterparty, EmbeddedCounterparty, Invoice, LineItem as WireLine, MoneyAccount, Rate, RateType, Status,
};
use crate::http::numbers;

/// What this dialect keeps among the texts of a document.
pub(super) fn kept<'a>(extra: &'a BTreeMap<String, Value>, member: &str) -> Option<&'a Value> {
    extra.get(DIALECT)?.get(member)
}

pub(in crate::dialects::bookeeping) fn kept_text(extra: &BTreeMap<String, Value>, member: &str) -> Option<String> {
    kept(extra, member)?.as_str().map(str::to_owned)
}

fn kept_object(extra: &BTreeMap<String, Value>, member: &str) -> Map<String, Value> {
    kept(extra, member)
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default()
}

fn kept_rate(extra: &BTreeMap<String, Value>, member: &str) -> Option<Rate> {
    let rate = kept(extra, member)?;
    let kind = match rate.get("type")?.as_str()? {
        "PERCENTAGE" => RateType::Percentage,
        "FIXED" => RateType::Fixed,
        _ => return None,
    };
    let value = numbers::number(numbers::read_decimal(rate.get("value")?).ok()?);
    Some(Rate { kind, value })
}

fn fixed(amount: Amount, currency: Currency) -> Rate {
    Rate {
        kind: RateType::Fixed,
        value: major(amount, currency),
    }
}

/// The state that a standing shows as.
pub fn status(view: &InvoiceView) -> Status {
    match view.invoice.standing() {
        Standing::Draft => Status::Draft,
        Standing::Open | Standing::PartPaid | Standing::PartWrittenOff if view.is_overdue() => Status::Overdue,
        Standing::Open | Standing::PartPaid | Standing::PartWrittenOff => Status::Sent,
        Standing::Paid | Standing::Refunded => Status::Paid,
        Standing::WrittenOff | Standing::Void => Status::Cancelled,
    }
}

/// An invoice.
pub fn invoice(view: &InvoiceView) -> Invoice {
    let (record, extra) = (&view.invoice, &view.content.extra);
    let (currency, own) = (record.currency, view.book.settings.currency);
    let status = status(view);
    let invoice_date = kept_text(extra, "invoiceDate").unwrap_or_else(|| day(record.invoice_date));
    let cancelled_at = record
        .voided_at()
        .or_else(|| view.write_offs.last().map(|known| known.write_off.created_at))
        .filter(|_| status == Status::Cancelled);
    let payment = view.payments.last().filter(|_| status == Status::Paid);
    let paid_at = payment.map(|payment| record.paid_at.unwrap_or(payment.payment.paid_at));
    Invoice {
        id: record.id.hex(),
        project_id: view.book.settings.id.hex(),
        status,
        invoice_id: record.number.clone().unwrap_or_default(),
        discount: kept_rate(extra, "discount").unwrap_or_else(|| fixed(record.document_discount, currency)),
        amount: major(record.total, currency),
        due_date: record.due_at.map_or_else(|| invoice_date.clone(), instant),
        invoice_date,
        currency: currency.code().to_owned(),
        line_items: view.lines.iter().map(|line| wire_line(view, line)).collect(),
        note: view.content.memo.clone().unwrap_or_default(),
        calculated: calculated(view),
        attachments: vec![],
        created_at: instant(record.created_at),
        updated_at: instant(record.updated_at),
        purchase_order_id: kept_text(extra, "purchaseOrderId"),
        counter_party: view.customer.as_ref().map(embedded),
        converted_amount: record.exchange.map(|exchange| major(exchange.total, own)),
        converted_currency: record.exchange.map(|_| own.code().to_owned()),
        send_date: record.sent_at.map(instant),
        send_by: kept_text(extra, "sendBy"),
        cancellation_reason: kept_text(extra, "cancellationReason"),
        cancellation_date: cancelled_at.map(instant),
        cancellation_by: kept_text(extra, "cancellationBy"),
        paid_marked_by: payment.and_then(|payment| kept_text(&payment.content.extra, "markedBy")),
        paid_marked_date: paid_at.map(instant),
        attached_transaction_id: payment.and_then(|payment| settling_entry(view, payment)),
        pay_via_stripe_account_connection_id: kept_text(extra, "payViaStripeAccountConnectionId"),
    }
}

/// The transaction by which a payment settled the invoice.
fn settling_entry(view: &InvoiceView, payment: &PaymentView) -> Option<String> {
    let mut parts = payment.allocations.iter();
    let part = parts.rfind(|part| part.invoice == view.invoice.key)?;
    Some(transaction_id(view.book.key, part.entry))
}

/// The sums. The core's discount holds those of the lines too; here those are part of the sub-total.
fn calculated(view: &InvoiceView) -> Calculated {
    let (record, currency) = (&view.invoice, view.invoice.currency);
    let of_lines = record.discount.minus(record.document_discount).unwrap_or(Amount::ZERO);
    let sub_total = record.subtotal.minus(of_lines).unwrap_or(Amount::ZERO);
    Calculated {
        grand_total: major(record.total, currency),
        tax: major(record.tax, currency),
        discount: major(record.document_discount, currency),
        sub_total: major(sub_total, currency),
    }
}

fn wire_line(view: &InvoiceView, line: &LineItem) -> WireLine {
    let (texts, currency) = (view.line_content(line.place), view.invoice.currency);
    let product = line.product.and_then(|key| view.product(key));
    let name = texts
        .name
        .or_else(|| product.map(|product| product.content.name.clone()));
    let some_fixed = |amount: Amount| (!amount.is_zero()).then(|| fixed(amount, currency));
    WireLine {
        name: name.or_else(|| texts.description.clone()).unwrap_or_default(),
        description: texts.description,
        quantity: numbers::number(line.quantity),
        unit_price: numbers::number(line.unit_price),
        discount: kept_rate(&texts.extra, "discount").or_else(|| some_fixed(line.discount)),
        tax: kept_rate(&texts.extra, "tax").or_else(|| some_fixed(line.tax())),
        category: category_id(view.book.key, line.account),
        unknown: kept_object(&texts.extra, "unknown"),
    }
}

/// A counterparty as it stands in an invoice.
pub fn embedded(view: &CustomerView) -> EmbeddedCounterparty {
    let (content, extra) = (&view.content, &view.content.extra);
    let others = kept(extra, "otherEmails").and_then(Value::as_array);
    let mut address = kept_object(extra, "address");
    if let (true, Some(text)) = (address.is_empty(), &content.address) {
        address.insert("line1".to_owned(), Value::from(text.clone()));
    }
    EmbeddedCounterparty {
        id: view.customer.id.hex(),
        account_name: content.name.clone(),
        account_number: kept_text(extra, "accountNumber")
            .or_else(|| view.customer.external_id.clone())
            .unwrap_or_else(|| view.customer.key.0.to_string()),
        email: content.email.clone(),
        phone: content.phone.clone(),
        kind: kept_text(extra, "type").unwrap_or_else(|| "customer".to_owned()),
        other_emails: others
            .into_iter()
            .flatten()
            .filter_map(|text| text.as_str().map(str::to_owned))
            .collect(),
        address,
    }
}

/// A counterparty on its own.
pub fn counterparty(view: &CustomerView, project_id: &str) -> Counterparty {
    Counterparty {
        embedded: embedded(view),
        tax_id: kept_text(&view.content.extra, "taxId"),
        project_id: project_id.to_owned(),
        created_at: instant(view.customer.created_at),
        updated_at: instant(view.customer.updated_at),
    }
}

/// An account where money arrives.
pub fn money_account(book: &BookView, account: &LedgerAccount) -> MoneyAccount {
    let made: Timestamp = book.settings.created_at;
    MoneyAccount {
        id: money_account_id(book.key, account.key),
        project_id: book.settings.id.hex(),
        account_type: "Depository",
        nick_name: account.name.clone(),
        account_name: account.name.clone(),
        account_number: account.code.clone(),
        created_at: instant(made),
        updated_at: instant(made),
    }
}
