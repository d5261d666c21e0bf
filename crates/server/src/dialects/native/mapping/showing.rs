//! From the books to the wire: documents, accounts, events.
//!
//! A document made in any dialect renders here from the fields that all dialects share.

use std::collections::BTreeMap;

use quittance_accounting::book::BookSettings;
use quittance_accounting::exchange::{KeptRate, Rate, Valued};
use quittance_accounting::identity::{AccountKey, DocumentId, InvoiceKey};
use quittance_accounting::invoice::{Invoice, LineItem, TaxShare};
use quittance_accounting::money::Currency;
use quittance_accounting::settlement::{Allocation, Payment};
use quittance_books::books::PeriodView;
use quittance_books::view::{BookView, CustomerView, InvoiceView, PaymentView, ProductView, RefundView, WriteOffView};
use quittance_books::{Event, Head};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::dialects::native::manners::SOURCE;
use crate::dialects::native::wire::{Word, day, instant, money, optional};

/// What the native API's clients sent along.
pub fn metadata_of(extra: &BTreeMap<String, Value>) -> Value {
    extra.get(SOURCE).cloned().unwrap_or_else(|| Value::Object(Map::new()))
}

/// A text, or nothing.
pub fn text(text: &Option<String>) -> Value {
    optional(text.as_deref(), Value::from)
}

fn decimal(decimal: Decimal) -> Value {
    Value::from(decimal.normalize().to_string())
}

/// A unit price: with the places of its currency at least, and with as many more as it has.
fn price(price: Decimal, currency: Currency) -> Value {
    let mut shown = price.normalize();
    if shown.scale() < currency.exponent() {
        shown.rescale(currency.exponent());
    }
    json!({"amount": shown.to_string(), "currency": currency.code()})
}

/// A ledger account where it is named in passing.
pub fn account_in_passing(book: &BookView, key: AccountKey) -> Value {
    match book.account(key) {
        Some(account) => json!({"code": account.code, "name": account.name, "stable_name": account.stable_name}),
        None => json!({"code": key.0.to_string(), "name": null, "stable_name": null}),
    }
}

/// A book.
pub fn book(settings: &BookSettings, head: Option<&Head>) -> Value {
    json!({
        "id": settings.id.hex(),
        "name": settings.name,
        "currency": settings.currency.code(),
        "zone": settings.zone,
        "closed_through": optional(settings.closed_through, day),
        "retention_days": settings.retention_days,
        "rounding": {"per": settings.rounding.per.word(), "half": settings.rounding.half.word()},
        "created_at": instant(settings.created_at),
        "head": optional(head, |head| json!({
            "seq": head.seq,
            "hash": head.hash.hex(),
            "recorded_at": instant(head.recorded_at),
        })),
    })
}

/// How far a book is closed, and its periods.
pub fn periods(settings: &BookSettings, periods: &[PeriodView]) -> Value {
    json!({
        "closed_through": optional(settings.closed_through, day),
        "periods": periods.iter().map(period).collect::<Vec<_>>(),
    })
}

fn period(view: &PeriodView) -> Value {
    let period = &view.period;
    json!({
        "seq": period.closing,
        "first": optional(period.first, day),
        "through": day(period.through),
        "closed_at": instant(period.closed_at),
        "closed_by": view.by,
        "seal": optional(period.seal.as_ref(), |seal| json!({
            "at": instant(seal.at),
            "known_at": {"seq": seal.known_seq, "hash": seal.known_hash.hex()},
            "reports": seal.reports.iter().map(|report| json!({
                "name": report.name,
                "digest": report.digest.hex(),
            })).collect::<Vec<_>>(),
        })),
        "reopened": optional(view.reopening.as_ref(), |reopening| json!({
            "seq": reopening.seq,
            "at": instant(reopening.at),
            "by": reopening.by,
            "reason": text(&reopening.reason),
        })),
    })
}

/// A customer.
pub fn customer(view: &CustomerView) -> Value {
    let (customer, content) = (&view.customer, &view.content);
    json!({
        "id": customer.id.hex(),
        "external_id": text(&customer.external_id),
        "name": content.name,
        "company": text(&content.company),
        "email": text(&content.email),
        "phone": text(&content.phone),
        "address": text(&content.address),
        "metadata": metadata_of(&content.extra),
        "created_at": instant(customer.created_at),
        "updated_at": instant(customer.updated_at),
        "archived_at": optional(customer.archived_at, instant),
    })
}

/// A product.
pub fn product(view: &ProductView, book: &BookView) -> Value {
    json!({
        "id": view.product.id.hex(),
        "name": view.content.name,
        "account": account_in_passing(book, view.product.account),
        "metadata": metadata_of(&view.content.extra),
        "created_at": instant(view.product.created_at),
    })
}

/// An invoice.
pub fn invoice(view: &InvoiceView) -> Value {
    let mut shown = Map::new();
    names(&mut shown, view);
    figures(&mut shown, view);
    Value::Object(shown)
}

fn put(into: &mut Map<String, Value>, members: Value) {
    if let Value::Object(members) = members {
        into.extend(members);
    }
}

fn names(shown: &mut Map<String, Value>, view: &InvoiceView) {
    let invoice = &view.invoice;
    let customer = |view: &CustomerView| {
        json!({
            "id": view.customer.id.hex(),
            "name": view.content.name,
            "external_id": text(&view.customer.external_id),
        })
    };
    put(
        shown,
        json!({
            "id": invoice.id.hex(),
            "number": text(&invoice.number),
            "status": invoice.standing().word(),
            "overdue": view.deleted.is_none() && view.is_overdue(),
            "customer": optional(view.customer.as_ref(), customer),
            "external_id": text(&invoice.external_id),
            "made_in": invoice.source,
            "title": text(&view.content.title),
            "memo": text(&view.content.memo),
            "invoice_date": day(invoice.invoice_date),
            "due_on": optional(invoice.due_on, day),
            "due_at": optional(invoice.due_at, instant),
            "issued_at": optional(invoice.issued_at(), instant),
            "sent_at": optional(invoice.sent_at, instant),
            "paid_at": optional(invoice.paid_at, instant),
            "voided_at": optional(invoice.voided_at(), instant),
            "created_at": instant(invoice.created_at),
            "updated_at": instant(invoice.updated_at),
            "deleted_at": optional(view.deleted.as_ref(), |stone| instant(stone.deleted_at)),
            "revision": invoice.revision,
            "held_until": optional(invoice.held_until, day),
            "hold_reason": text(&view.content.hold_reason),
            "handed_over_at": optional(invoice.handed_over_at, instant),
        }),
    );
}

fn figures(shown: &mut Map<String, Value>, view: &InvoiceView) {
    let (invoice, currency) = (&view.invoice, view.invoice.currency);
    let own = |lines: &[LineItem]| lines.iter().map(|item| line(view, item)).collect::<Vec<_>>();
    let document_taxes = view.document_line.as_ref().map(|item| taxes(view, &item.taxes));
    if let Some(exchange) = &invoice.exchange {
        let booked = |amount| money(amount, view.book.settings.currency);
        let open = if view.deleted.is_some() {
            Valued::ZERO
        } else {
            invoice.open_valued()
        };
        let (total, open) = (booked(exchange.total), booked(open.booked));
        let exchange = json!({"rate": rate(exchange.rate), "total": total, "open": open});
        shown.insert("exchange".to_owned(), exchange);
    }
    put(
        shown,
        json!({
            "lines": own(&view.lines),
            "document_discount": money(invoice.document_discount, currency),
            "document_taxes": document_taxes.unwrap_or_default(),
            "subtotal": money(invoice.subtotal, currency),
            "discount": money(invoice.discount, currency),
            "tax": money(invoice.tax, currency),
            "tip": money(invoice.tip, currency),
            "total": money(invoice.total, currency),
            "paid": money(invoice.paid, currency),
            "credited": money(invoice.credited, currency),
            "refunded": money(invoice.refunded, currency),
            "written_off": money(invoice.written_off, currency),
            "pending": money(invoice.pending, currency),
            "open": money(if view.deleted.is_some() { quittance_accounting::money::Amount::ZERO } else { invoice.open() }, currency),
            "payments": view.payments.iter().map(|payment| settled_by(payment, currency)).collect::<Vec<_>>(),
            "credits": view.credits.iter().map(super::credits::settles).collect::<Vec<_>>(),
            "refunds": view.refunds.iter().map(|refund| refund_of(refund, &view.book)).collect::<Vec<_>>(),
            "write_offs": view.write_offs.iter().map(|known| write_off(known, &view.book)).collect::<Vec<_>>(),
            "metadata": metadata_of(&view.content.extra),
        }),
    );
}

fn line(view: &InvoiceView, item: &LineItem) -> Value {
    let currency = view.invoice.currency;
    let content = view.line_content(item.place);
    let product = item.product.and_then(|key| view.product(key));
    json!({
        "place": item.place,
        "name": text(&content.name),
        "description": text(&content.description),
        "product": optional(product, |view| Value::from(view.product.id.hex())),
        "account": account_in_passing(&view.book, item.account),
        "quantity": decimal(item.quantity),
        "unit_price": price(item.unit_price, currency),
        "subtotal": money(item.subtotal, currency),
        "discount": money(item.discount, currency),
        "taxes": taxes(view, &item.taxes),
        "total": money(item.total(), currency),
        "metadata": metadata_of(&content.extra),
    })
}

fn taxes(view: &InvoiceView, shares: &[TaxShare]) -> Vec<Value> {
    let share = |share: &TaxShare| {
        json!({
            "account": account_in_passing(&view.book, share.account),
            "amount": money(share.amount, view.invoice.currency),
        })
    };
    shares.iter().map(share).collect()
}

fn settled_by(view: &PaymentView, currency: Currency) -> Value {
    let settled = quittance_accounting::money::Amount::sum(view.allocations.iter().map(|part| part.amount));
    json!({
        "payment": view.payment.id.hex(),
        "paid_on": day(view.payment.paid_on),
        "method": view.payment.method.word(),
        "settled": money(settled.unwrap_or_default(), currency),
    })
}

/// A refund.
pub fn refund_of(view: &RefundView, book: &BookView) -> Value {
    let (refund, own) = (&view.refund, book.settings.currency);
    let currency = refund.exchange.map_or(own, |exchange| exchange.currency);
    let exchange = refund
        .exchange
        .map(|exchange| json!({"rate": rate(exchange.rate), "amount": money(exchange.booked, own)}));
    let mut shown = json!({
        "id": refund.id.hex(),
        "amount": money(refund.amount, currency),
        "line": refund.line,
        "on": day(refund.refunded_on),
        "at": instant(refund.refunded_at),
        "clearing": account_in_passing(book, refund.clearing),
        "external_id": text(&refund.external_id),
        "memo": text(&view.content.memo),
        "created_at": instant(refund.created_at),
        "metadata": metadata_of(&view.content.extra),
    });
    with_exchange(&mut shown, exchange);
    // Only of one that was not paid when it was recorded.
    if let (Some(owed), Value::Object(members)) = (refund.owed, &mut shown) {
        members.insert("owed".to_owned(), money(owed, currency));
    }
    shown
}

/// Puts what a document is in the book's currency beside its own sums, when it is in another.
pub fn with_exchange(shown: &mut Value, exchange: Option<Value>) {
    if let (Some(exchange), Value::Object(members)) = (exchange, shown) {
        members.insert("exchange".to_owned(), exchange);
    }
}

/// What a payment, or the credit of a credit note, is in the book's currency, when it is in another.
pub fn exchange_of(payment: &Payment, book: &BookView) -> Option<Value> {
    let booked = |amount| money(amount, book.settings.currency);
    payment.exchange.map(|exchange| {
        json!({
            "rate": rate(exchange.rate),
            "amount": booked(exchange.amount),
            "unapplied": booked(exchange.unallocated),
        })
    })
}

/// What a part that settles an invoice is in the book's currency, when the invoice is in another, and what was gained by it.
pub fn part_exchange(part: &Allocation, book: &BookView) -> Option<Value> {
    let booked = |amount| money(amount, book.settings.currency);
    part.exchange.map(|exchange| {
        let gained = exchange.received.minus(exchange.settled).unwrap_or_default();
        json!({
            "received": booked(exchange.received),
            "settled": booked(exchange.settled),
            "gained": booked(gained),
        })
    })
}

/// A rate.
pub fn rate(rate: Rate) -> Value {
    decimal(rate.decimal())
}

/// A rate that the book keeps.
pub fn kept_rate(kept: &KeptRate) -> Value {
    json!({"currency": kept.currency.code(), "from": day(kept.day), "exchange_rate": rate(kept.rate)})
}

/// A write-off.
pub fn write_off(view: &WriteOffView, book: &BookView) -> Value {
    let (known, own) = (&view.write_off, book.settings.currency);
    let currency = known.exchange.map_or(own, |exchange| exchange.currency);
    let exchange = known
        .exchange
        .map(|exchange| json!({"amount": money(exchange.booked, own)}));
    let mut shown = json!({
        "id": known.id.hex(),
        "amount": money(known.amount, currency),
        "on": day(known.written_off_on),
        "at": instant(known.written_off_at),
        "account": account_in_passing(book, known.account),
        "external_id": text(&known.external_id),
        "memo": text(&view.content.memo),
        "created_at": instant(known.created_at),
        "metadata": metadata_of(&view.content.extra),
    });
    with_exchange(&mut shown, exchange);
    shown
}

/// A payment. `ids` names the invoices that it settles.
pub fn payment(view: &PaymentView, book: &BookView, ids: &BTreeMap<InvoiceKey, DocumentId>) -> Value {
    let (payment, currency) = (&view.payment, view.payment.currency);
    let part = |part: &Allocation| {
        let mut shown = json!({
            "invoice": optional(ids.get(&part.invoice), |id| Value::from(id.hex())),
            "amount": money(part.amount, currency),
        });
        with_exchange(&mut shown, part_exchange(part, book));
        shown
    };
    let mut shown = json!({
        "id": payment.id.hex(),
        "external_id": text(&payment.external_id),
        "amount": money(payment.amount, currency),
        "unapplied": money(payment.unallocated, currency),
        "refunded": money(payment.refunded, currency),
        "voided_on": optional(payment.voided, |voided| day(voided.on)),
        "paid_on": day(payment.paid_on),
        "paid_at": instant(payment.paid_at),
        "method": payment.method.word(),
        "witness": payment.witness.word(),
        "account": account_in_passing(book, payment.clearing),
        "invoices": view.allocations.iter().map(part).collect::<Vec<_>>(),
        "meant_for": optional(payment.meant_for.and_then(|key| ids.get(&key)), |id| Value::from(id.hex())),
        "memo": text(&view.content.memo),
        "metadata": metadata_of(&view.content.extra),
        "created_at": instant(payment.created_at),
        "updated_at": instant(payment.updated_at),
    });
    with_exchange(&mut shown, exchange_of(payment, book));
    shown
}

/// An event. Its body is text, because its hash covers the text.
pub fn event(event: &Event) -> Value {
    json!({
        "seq": event.seq,
        "recorded_at": instant(event.recorded_at),
        "actor": event.actor,
        "source": event.source,
        "request_id": event.request_id,
        "kind": event.kind.word(),
        "subject": {"kind": event.subject.kind.word(), "number": event.subject.number},
        "body": event.body,
        "prev_hash": event.prev_hash.hex(),
        "hash": event.hash.hex(),
    })
}

/// The standing of an invoice that a payment settled, beside the payment.
pub fn settled_invoice(invoice: &Invoice) -> Value {
    json!({
        "id": invoice.id.hex(),
        "number": text(&invoice.number),
        "status": invoice.standing().word(),
        "open": money(invoice.open(), invoice.currency),
    })
}
