//! From the core's records to the wire's shapes.
//!
//! A document that another dialect made renders from its shared texts alone; nothing here fails.

use std::collections::BTreeMap;

use jiff::Timestamp;
use quittance_accounting::account::{AccountKind, AccountRole, LedgerAccount, Side};
use quittance_accounting::identity::{AccountKey, PaymentKey};
use quittance_accounting::invoice::{LineItem, Standing, TaxShare};
use quittance_accounting::money::Amount;
use quittance_accounting::settlement::Refund;
use quittance_books::view::{BookView, CustomerView, InvoiceView, PaymentView, RefundView, WriteOffView};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};

use super::super::manners::{NAME, account_uuid, derived_uuid};
use super::super::wire;
use super::refunds;
use crate::http::numbers::minor_units;

/// A shape as JSON. These shapes have text keys and no floats, so writing them cannot fail.
pub fn value<T: Serialize>(shape: &T) -> Value {
    serde_json::to_value(shape).unwrap_or_default()
}

pub fn instant(at: Timestamp) -> String {
    at.to_string()
}

/// A member of what only this dialect knows.
pub fn kept<'a>(extra: &'a BTreeMap<String, Value>, member: &str) -> Option<&'a Value> {
    extra.get(NAME)?.get(member).filter(|value| !value.is_null())
}

fn kept_text(extra: &BTreeMap<String, Value>, member: &str) -> Option<String> {
    kept(extra, member)?.as_str().map(str::to_owned)
}

/// An account.
pub fn account(book: &BookView, account: &LedgerAccount) -> wire::Account {
    wire::Account {
        id: account_uuid(book, account.key),
        name: account.name.clone(),
        account_number: (!account.code.is_empty()).then(|| account.code.clone()),
        stable_name: (!account.stable_name.is_empty()).then(|| account.stable_name.clone()),
        normality: match account.kind.normal_side() {
            Side::Debit => "DEBIT",
            Side::Credit => "CREDIT",
        },
        account_type: wire::account_type(account.kind),
        account_subtype: wire::account_subtype(account),
    }
}

fn account_by_key(book: &BookView, key: AccountKey) -> Option<wire::Account> {
    book.account(key).map(|found| account(book, found))
}

fn identifier(book: &BookView, key: AccountKey) -> Value {
    json!({"type": "AccountId", "id": account_uuid(book, key)})
}

fn identifier_of_role(book: &BookView, role: AccountRole) -> Option<Value> {
    let found = book.accounts.iter().find(|account| account.role == role)?;
    Some(identifier(book, found.key))
}

/// An invoice.
pub fn invoice(view: &InvoiceView) -> wire::Invoice {
    let (invoice, book, extra) = (&view.invoice, view.book.as_ref(), &view.content.extra);
    let standing = invoice.standing();
    // Nothing is owed on a draft, but it reads SENT here and takes payments: what it would be owed is what a client can use.
    let outstanding = match standing {
        Standing::Draft => invoice.total,
        Standing::Open
        | Standing::PartPaid
        | Standing::Paid
        | Standing::PartWrittenOff
        | Standing::WrittenOff
        | Standing::Refunded
        | Standing::Void => invoice.open(),
    };
    let document_taxes = view.document_line.as_ref().map_or(&[][..], |line| &line.taxes);
    let recipient = view.customer.as_ref().map(|view| view.content.name.clone());
    wire::Invoice {
        id: invoice.id.uuid(),
        kind: "Invoice",
        business_id: book.settings.id.uuid(),
        external_id: invoice.external_id.clone(),
        status: wire::status(standing),
        // Another dialect may issue without sending; here an issued invoice is a sent one.
        sent_at: invoice.sent_at.or(invoice.issued_at()).map(instant),
        due_at: invoice.due_at.map(instant),
        paid_at: invoice.paid_at.map(instant),
        voided_at: invoice.voided_at().map(instant),
        invoice_number: invoice.number.clone(),
        recipient_name: recipient.filter(|name| !name.is_empty()),
        customer: view.customer.as_ref().map(|known| customer(&view.book, known)),
        line_items: view.lines.iter().map(|item| line(view, item)).collect(),
        subtotal: invoice.subtotal.minor(),
        additional_discount: invoice.document_discount.minor(),
        additional_sales_taxes_total: invoice.document_tax.minor(),
        additional_sales_taxes: taxes(book, document_taxes, extra),
        tips: invoice.tip.minor(),
        tips_account: (!invoice.tip.is_zero())
            .then(|| identifier_of_role(book, AccountRole::Tips))
            .flatten(),
        total_amount: invoice.total.minor(),
        outstanding_balance: outstanding.minor(),
        memo: view.content.memo.clone(),
        custom_payment_instructions: kept(extra, "custom_payment_instructions").cloned(),
        payment_allocations: payment_allocations(view),
        refund_allocations: refund_allocations(view, |_| true),
        write_offs: view.write_offs.iter().map(|known| write_off(view, known)).collect(),
        imported_at: instant(invoice.created_at),
        updated_at: instant(invoice.updated_at),
        transaction_tags: tags(book, &invoice.id.uuid(), extra, invoice.created_at),
        metadata: kept(extra, "metadata").cloned(),
        reference_number: kept(extra, "reference_number").cloned(),
    }
}

fn line(view: &InvoiceView, line: &LineItem) -> wire::LineItem {
    let book = view.book.as_ref();
    let content = view.line_content(line.place);
    let id = view.invoice.id.uuid_of_part(u32::try_from(line.place).unwrap_or(0));
    let product = line.product.and_then(|key| view.product(key));
    let product_name = || product.map(|view| view.content.name.clone());
    wire::LineItem {
        external_id: kept(&content.extra, "external_id").cloned(),
        invoice_id: view.invoice.id.uuid(),
        account_identifier: Some(identifier(book, line.account)),
        ledger_account: account_by_key(book, line.account),
        prepayment_account: None,
        description: content.description.clone(),
        product: content.name.clone().or_else(product_name),
        unit_price: cents(line.unit_price, view.invoice.currency.exponent()),
        quantity: quantity(line.quantity),
        subtotal: line.subtotal.minor(),
        discount_amount: line.discount.minor(),
        sales_taxes_total: line.tax().minor(),
        sales_taxes: taxes(book, &line.taxes, &content.extra),
        total_amount: line.total().minor(),
        memo: None,
        refund_allocations: refund_allocations(view, |refund| refund.line == Some(line.place)),
        transaction_tags: tags(book, &id, &content.extra, view.invoice.created_at),
        id,
    }
}

/// A price of another dialect may have parts of a cent, which this wire cannot show: it is rounded half away from zero.
fn cents(price: Decimal, exponent: u32) -> i64 {
    let strategy = rust_decimal::RoundingStrategy::MidpointAwayFromZero;
    minor_units(price.round_dp_with_strategy(exponent, strategy), exponent).unwrap_or_default()
}

/// At least two places, as in the vendor's samples; more where there are more.
fn quantity(quantity: Decimal) -> String {
    let mut shown = quantity.normalize();
    if shown.scale() < 2 {
        shown.rescale(2);
    }
    shown.to_string()
}

fn taxes(book: &BookView, shares: &[TaxShare], extra: &BTreeMap<String, Value>) -> Vec<wire::TaxLine> {
    let named = kept(extra, "tax_accounts").and_then(Value::as_array);
    let share = |(at, share): (usize, &TaxShare)| {
        let name = named.and_then(|names| names.get(at)).filter(|name| name.is_object());
        wire::TaxLine {
            tax_account: name.cloned().unwrap_or_else(|| identifier(book, share.account)),
            tax_ledger_account: account_by_key(book, share.account),
            amount: share.amount.minor(),
        }
    };
    shares.iter().enumerate().map(share).collect()
}

/// Tags with ids derived from their words: a dimension by its key, a definition by key and value, a tag by its document too.
pub fn tags(book: &BookView, owner: &str, extra: &BTreeMap<String, Value>, since: Timestamp) -> Vec<wire::Tag> {
    let business = book.settings.id.hex();
    let tag = |(at, tag): (usize, &Value)| {
        let text = |member: &str| tag.get(member).and_then(Value::as_str).map(str::to_owned);
        let (key, value) = (text("key").unwrap_or_default(), text("value").unwrap_or_default());
        wire::Tag {
            id: derived_uuid(&["tag", owner, &at.to_string(), &key, &value]),
            dimension_display_name: text("dimension_display_name"),
            value_display_name: text("value_display_name"),
            dimension_id: derived_uuid(&["dimension", &business, &key]),
            definition_id: derived_uuid(&["definition", &business, &key, &value]),
            key,
            value,
            created_at: instant(since),
            updated_at: instant(since),
            archived_at: None,
        }
    };
    let kept = kept(extra, "tags").and_then(Value::as_array);
    kept.into_iter().flatten().enumerate().map(tag).collect()
}

/// A refund of one payment lessens that payment, the others lessen the payments from the oldest on.
fn payment_allocations(view: &InvoiceView) -> Vec<wire::PaymentAllocation> {
    let sum = |of: Option<PaymentKey>| {
        let refunds = view.refunds.iter().filter(|known| known.refund.payment == of);
        Amount::sum(refunds.map(|known| known.refund.amount)).unwrap_or(Amount::ZERO)
    };
    let mut refunded = sum(None);
    let mut shown = Vec::new();
    for payment in &view.payments {
        let mut own = sum(Some(payment.payment.key));
        for allocation in &payment.allocations {
            let mut net = allocation.amount;
            for left in [&mut own, &mut refunded] {
                let back = net.min(*left);
                *left = left.minus(back).unwrap_or(Amount::ZERO);
                net = net.minus(back).unwrap_or(Amount::ZERO);
            }
            shown.push(payment_allocation(view, payment, allocation.amount, net));
        }
    }
    shown
}

fn payment_allocation(
    view: &InvoiceView,
    payment: &PaymentView,
    amount: Amount,
    net: Amount,
) -> wire::PaymentAllocation {
    wire::PaymentAllocation {
        invoice_id: view.invoice.id.uuid(),
        payment_id: payment.payment.id.uuid(),
        amount: amount.minor(),
        amount_net_of_refunds: net.minor(),
        transaction_tags: Vec::new(),
        memo: None,
        metadata: None,
        reference_number: None,
    }
}

/// A customer as a refund shows it.
fn refunded(book: &BookView, view: &CustomerView) -> wire::Customer {
    let external_id = view.customer.external_id.clone().map(Some);
    wire::Customer {
        external_id,
        ..customer(book, view)
    }
}

/// A part of a refund that is of a customer alone.
fn customer_allocation(book: &BookView, of: &CustomerView, known: &RefundView) -> wire::RefundAllocation {
    let (refund, extra) = (&known.refund, &known.content.extra);
    let id = refund.id.uuid_of_part(1);
    wire::RefundAllocation {
        invoice_id: None,
        amount: refund.amount.minor(),
        account_identifier: identifier_of_role(book, AccountRole::Refunds),
        invoice_external_id: None,
        invoice_line_item_id: None,
        invoice_line_item_external_id: None,
        invoice_payment_id: None,
        invoice_payment_external_id: None,
        customer: Some(refunded(book, of)),
        transaction_tags: tags(book, &id, extra, refund.created_at),
        memo: known.content.memo.clone(),
        metadata: kept(extra, "metadata").cloned(),
        reference_number: kept_text(extra, "reference_number"),
        id,
    }
}

/// What was given back on an invoice, as far as it is meant.
fn refund_allocations(view: &InvoiceView, is_meant: impl Fn(&Refund) -> bool) -> Vec<wire::RefundAllocation> {
    let meant = view.refunds.iter().filter(|known| is_meant(&known.refund));
    meant.map(|known| refund_allocation(view, known)).collect()
}

fn refund_allocation(view: &InvoiceView, known: &RefundView) -> wire::RefundAllocation {
    let (refund, extra) = (&known.refund, &known.content.extra);
    let id = refund.id.uuid_of_part(1);
    let of_payment = refund
        .payment
        .and_then(|key| view.payments.iter().find(|known| known.payment.key == key));
    wire::RefundAllocation {
        invoice_id: Some(view.invoice.id.uuid()),
        amount: refund.amount.minor(),
        account_identifier: identifier_of_role(&view.book, AccountRole::Refunds),
        invoice_external_id: view.invoice.external_id.clone(),
        invoice_line_item_id: refund
            .line
            .map(|place| view.invoice.id.uuid_of_part(u32::try_from(place).unwrap_or(0))),
        invoice_line_item_external_id: None,
        invoice_payment_id: of_payment.map(|known| known.payment.id.uuid()),
        invoice_payment_external_id: of_payment.and_then(|known| known.payment.external_id.clone()),
        customer: view.customer.as_ref().map(|known| refunded(&view.book, known)),
        transaction_tags: tags(&view.book, &id, extra, refund.created_at),
        memo: known.content.memo.clone(),
        metadata: kept(extra, "metadata").cloned(),
        reference_number: kept_text(extra, "reference_number"),
        id,
    }
}

/// A payment, with the invoices that it settles.
pub fn payment(book: &BookView, view: &PaymentView, invoices: &[InvoiceView]) -> wire::Payment {
    let (payment, extra) = (&view.payment, &view.content.extra);
    let allocations = view.allocations.iter().filter_map(|allocation| {
        let settled = invoices.iter().find(|known| known.invoice.key == allocation.invoice)?;
        let shown = payment_allocations(settled);
        let id = payment.id.uuid();
        shown.into_iter().find(|known| known.payment_id == id)
    });
    wire::Payment {
        id: payment.id.uuid(),
        kind: "Payment",
        external_id: payment.external_id.clone(),
        at: instant(payment.paid_at),
        method: wire::method_word(payment.method),
        fee: kept(extra, "fee").and_then(Value::as_i64).unwrap_or(0),
        amount: payment.amount.minor(),
        processor: kept(extra, "processor").cloned(),
        imported_at: instant(payment.created_at),
        allocations: allocations.collect(),
        refund_allocations: invoices
            .iter()
            .flat_map(|settled| refund_allocations(settled, |refund| refund.payment == Some(payment.key)))
            .collect(),
        payouts: Vec::new(),
        additional_fees: Vec::new(),
        prepayment_account: None,
        payment_clearing_account: account_by_key(book, payment.clearing),
        transaction_tags: tags(book, &payment.id.uuid(), extra, payment.created_at),
        memo: view.content.memo.clone(),
        metadata: kept(extra, "metadata").cloned(),
        reference_number: kept(extra, "reference_number").cloned(),
    }
}

/// A payment of a refund: when, how and why, and how much.
pub fn refund_payment(book: &BookView, id: String, known: &RefundView, amount: Amount) -> wire::RefundPayment {
    let (refund, extra) = (&known.refund, &known.content.extra);
    // The texts of one that came with its refund are that one's.
    let own = refund.pays.is_some();
    wire::RefundPayment {
        external_id: refund.external_id.clone().filter(|_| own),
        refunded_amount: amount.minor(),
        refunded_payment_amount: amount.minor(),
        fee: kept(extra, "fee").and_then(Value::as_i64).unwrap_or(0),
        method: kept_text(extra, "method"),
        processor: kept_text(extra, "processor"),
        completed_at: instant(refund.refunded_at),
        payment_clearing_account: account_by_key(book, refund.clearing),
        transaction_tags: match own {
            true => tags(book, &id, extra, refund.created_at),
            false => Vec::new(),
        },
        memo: known.content.memo.clone().filter(|_| own),
        metadata: kept(extra, "metadata").filter(|_| own).cloned(),
        reference_number: kept_text(extra, "reference_number").filter(|_| own),
        id,
    }
}

/// The status word of a refund: by what of it is not paid yet.
pub fn refund_status(parts: &[refunds::Part]) -> &'static str {
    let owes = |part: &refunds::Part| part.refund.refund.owed.unwrap_or(Amount::ZERO);
    match parts {
        _ if parts.iter().all(|part| owes(part).is_zero()) => "PAID",
        _ if parts.iter().all(|part| owes(part) == part.refund.refund.amount) => "SENT",
        _ => "PARTIALLY_PAID",
    }
}

/// A refund with its parts: the first says when and why, and whose id it is.
pub fn refund(book: &BookView, parts: &[refunds::Part]) -> Option<wire::Refund> {
    let known = &parts.first()?.refund;
    let (refund, extra) = (&known.refund, &known.content.extra);
    let total = refunds::total_of(parts);
    let payments = match refunds::is_owed(parts) {
        false => vec![refund_payment(book, refund.id.uuid_of_part(2), known, total)],
        true => refunds::grouped(parts)
            .into_iter()
            .map(|(first, amount)| refund_payment(book, first.refund.id.uuid(), first, amount))
            .collect(),
    };
    let allocation = |part: &refunds::Part| match &part.of {
        refunds::Of::Invoice(view) => refund_allocation(view, &part.refund),
        refunds::Of::Customer(of) => customer_allocation(book, of, &part.refund),
    };
    Some(wire::Refund {
        id: refund.id.uuid(),
        kind: "Customer_Refund",
        external_id: refund.external_id.clone(),
        refunded_amount: total.minor(),
        status: refund_status(parts),
        completed_at: instant(refund.refunded_at),
        is_dedicated: refunds::is_dedicated(known),
        allocations: parts.iter().map(allocation).collect(),
        payments,
        payouts: Vec::new(),
        transaction_tags: tags(book, &refund.id.uuid(), extra, refund.created_at),
        memo: known.content.memo.clone(),
        metadata: kept(extra, "metadata").cloned(),
        reference_number: kept_text(extra, "reference_number"),
    })
}

/// A write-off.
pub fn write_off(view: &InvoiceView, known: &WriteOffView) -> wire::WriteOff {
    let (write_off, extra) = (&known.write_off, &known.content.extra);
    wire::WriteOff {
        id: write_off.id.uuid(),
        kind: "Api_Invoice_Write_Off",
        invoice_id: view.invoice.id.uuid(),
        external_id: write_off.external_id.clone(),
        amount: write_off.amount.minor(),
        write_off_mode: match view.book.account(write_off.account).map(|account| account.kind) {
            Some(AccountKind::Revenue) => "REVENUE_REVERSAL",
            Some(
                AccountKind::Asset
                | AccountKind::Liability
                | AccountKind::Equity
                | AccountKind::ContraRevenue
                | AccountKind::Expense,
            )
            | None => "EXPENSE",
        },
        write_off_at: instant(write_off.written_off_at),
        destination_ledger_account: account_by_key(&view.book, write_off.account),
        memo: known.content.memo.clone(),
        transaction_tags: tags(&view.book, &write_off.id.uuid(), extra, write_off.created_at),
        metadata: kept(extra, "metadata").cloned(),
        reference_number: kept_text(extra, "reference_number"),
    }
}

/// A customer.
pub fn customer(book: &BookView, view: &CustomerView) -> wire::Customer {
    let (content, extra) = (&view.content, &view.content.extra);
    let ours = extra.contains_key(NAME);
    let name = (!content.name.is_empty()).then(|| content.name.clone());
    let individual = kept_text(extra, "individual_name");
    wire::Customer {
        id: view.customer.id.uuid(),
        kind: "CustomerData",
        external_id: Some(view.customer.external_id.clone()),
        // A name that repeats the company's is the company's.
        individual_name: individual.or_else(|| name.filter(|name| content.company.as_ref() != Some(name))),
        company_name: content.company.clone(),
        email: content.email.clone(),
        mobile_phone: kept_text(extra, "mobile_phone"),
        office_phone: kept_text(extra, "office_phone").or_else(|| content.phone.clone().filter(|_| !ours)),
        address_string: content.address.clone(),
        memo: kept_text(extra, "memo"),
        status: match view.customer.archived_at {
            Some(_) => "ARCHIVED",
            None => "ACTIVE",
        },
        transaction_tags: tags(book, &view.customer.id.uuid(), extra, view.customer.created_at),
    }
}
