//! Ledger entries in the vendor's shape, and how they are named.
//!
//! An entry has no id of its own in the books, only its number; its UUID is made of the book's id and that number, and read back
//! without a table. Version 8, so that no document's UUID is ever one of these.

use quittance_accounting::identity::{DocumentId, EntryKey};
use quittance_accounting::journal::EntryKind;
use quittance_books::export::JournalPosting;
use quittance_books::journal::JournalView;
use quittance_books::view::BookView;
use serde_json::{Value, json};

use super::fields::beginning;
use super::manual::{self, Parties};
use super::output::{self, instant};
use crate::dialects::layer::manners;

/// What begins the UUIDs of a book's entries and of their postings: of its id what fits.
fn stem(book: &BookView) -> String {
    let id: String = book.settings.id.hex();
    let part = |from: usize, to: usize| id.get(from..to).unwrap_or_default();
    format!("{}-{}-8{}", part(0, 8), part(8, 12), part(12, 15))
}

/// The UUID of an entry.
pub fn uuid(book: &BookView, entry: EntryKey) -> String {
    let digits = format!("{:015x}", entry.0);
    let (middle, end) = digits.split_at(3);
    format!("{}-8{middle}-{end}", stem(book))
}

/// Who makes entries, in the vendor's word.
pub const AGENT: &str = "API";

/// The UUID of a posting: 44 bits of the entry's number and 16 of its place.
pub fn uuid_of_posting(book: &BookView, entry: EntryKey, place: usize) -> String {
    let digits = format!("{:011x}{:04x}", entry.0, place & 0xffff);
    let (middle, end) = digits.split_at(3);
    format!("{}-9{middle}-{end}", stem(book))
}

/// The entry that a UUID names.
pub fn entry_of_uuid(book: &BookView, text: &str) -> Option<EntryKey> {
    let text = text.to_ascii_lowercase();
    let rest = text.strip_prefix(&stem(book))?.strip_prefix("-8")?;
    let (middle, end) = rest.split_once('-')?;
    let number = i64::from_str_radix(&format!("{middle}{end}"), 16).ok()?;
    (number > 0)
        .then_some(EntryKey(number))
        .filter(|key| uuid(book, *key) == text)
}

/// The vendor's word for what an entry records.
fn entry_type(view: &JournalView) -> &'static str {
    match view.line.entry.kind {
        EntryKind::Issue => "INVOICE",
        EntryKind::Void | EntryKind::PaymentVoid | EntryKind::CreditVoid => "REVERSAL",
        EntryKind::Allocation => "INVOICE_PAYMENT",
        EntryKind::Receipt | EntryKind::Unallocation | EntryKind::CreditNote => "CUSTOMER_CREDIT",
        EntryKind::Refund if is_owed(view) => "REFUND_ALLOCATION",
        EntryKind::Refund | EntryKind::Payout => "REFUND_PAYMENT",
        EntryKind::WriteOff => "INVOICE_WRITE_OFF",
        EntryKind::Manual => "MANUAL",
        EntryKind::Reversal => "REVERSAL",
    }
}

/// Whether the entry is of a refund that was not paid when it was recorded.
fn is_owed(view: &JournalView) -> bool {
    view.refund.as_ref().is_some_and(|refund| refund.owed.is_some())
}

/// What the entry is of, in the vendor's words.
fn source(view: &JournalView, amount: i64) -> Value {
    let invoice = view.invoice.as_ref();
    let invoice_id = invoice.map(|invoice| invoice.id.uuid());
    let number = invoice.and_then(|invoice| invoice.number.clone());
    let name = view.customer.as_ref().map(|known| known.content.name.clone());
    let document = view.document.map(DocumentId::uuid);
    let identifiers = json!({"id": invoice_id, "external_id": invoice.and_then(|invoice| invoice.external_id.clone())});
    let (kind, entity, own) = match view.line.entry.kind {
        EntryKind::Issue | EntryKind::Void => (
            "Invoice_Ledger_Entry_Source",
            "Invoice",
            json!({"amount": amount, "date": view.line.entry.date.to_string()}),
        ),
        EntryKind::Allocation
        | EntryKind::Receipt
        | EntryKind::Unallocation
        | EntryKind::PaymentVoid
        | EntryKind::CreditNote
        | EntryKind::CreditVoid => (
            "Invoice_Payment_Ledger_Entry_Source",
            "Payment",
            json!({"invoice_payment_id": document, "amount": amount, "invoice_identifiers": [identifiers]}),
        ),
        EntryKind::Refund if is_owed(view) => (
            "Refund_Allocation_Ledger_Entry_Source",
            "Refund",
            json!({"refund_id": document, "refund_allocation_id": view.document.map(|id| id.uuid_of_part(1)),
                "refunded_to_customer_amount": amount, "customer_refund_identifiers": {"id": document}}),
        ),
        EntryKind::Payout => {
            let refund = view.paid_refund.map(DocumentId::uuid);
            (
                "Refund_Payment_Ledger_Entry_Source",
                "Refund",
                json!({"refund_id": refund, "refund_payment_id": document,
                    "refunded_to_customer_amount": amount, "customer_refund_identifiers": {"id": refund}}),
            )
        }
        EntryKind::Refund => (
            "Refund_Payment_Ledger_Entry_Source",
            "Refund",
            json!({"refund_id": document, "refund_payment_id": view.document.map(|id| id.uuid_of_part(2)),
                "refunded_to_customer_amount": amount, "customer_refund_identifiers": {"id": document}}),
        ),
        EntryKind::WriteOff => (
            "Invoice_Write_Off_Ledger_Entry_Source",
            "Write-off",
            json!({"write_off_date": view.line.entry.date.to_string(), "write_off_amount": amount,
                "invoice_identifiers": identifiers}),
        ),
        EntryKind::Manual | EntryKind::Reversal => (
            "Manual_Ledger_Entry_Source",
            "Manual entry",
            json!({"manual_entry_id": document, "memo": view.content.memo}),
        ),
    };
    let described = number
        .as_ref()
        .map_or_else(|| entity.to_owned(), |number| format!("{entity} {number}"));
    let mut shown = json!({
        "type": kind,
        "display_description": described,
        "entity_name": entity,
        "invoice_id": invoice_id,
        "invoice_number": number,
        "recipient_name": name,
        "customer_description": name.clone().unwrap_or_default(),
        "external_id": null,
        "memo": null,
        "metadata": null,
        "reference_number": null,
    });
    if let (Some(shown), Value::Object(own)) = (shown.as_object_mut(), own) {
        shown.extend(own);
    }
    shown
}

/// When an entry counts and when it was recorded. Only an entry by hand has more than a day.
fn instants(book: &BookView, view: &JournalView) -> (String, String) {
    let at = instant(beginning(view.line.entry.date, &manners::zone(book)));
    let said = output::kept(&view.content.extra, "entry_at").and_then(Value::as_str);
    match &view.manual {
        None => (at.clone(), at),
        Some(manual) => (said.map_or(at, str::to_owned), instant(manual.created_at)),
    }
}

/// An entry.
pub fn entry(book: &BookView, view: &JournalView, parties: &Parties) -> Value {
    let head = &view.line.entry;
    let (at, recorded_at) = instants(book, view);
    let customer = view.customer.as_ref().map(|known| output::customer(book, known));
    let customer = customer.map(|shown| output::value(&shown));
    let customer = customer.or_else(|| manual::of_entry(book, view, parties));
    let signed = |posting: &JournalPosting| posting.sum.booked.minor();
    let total: i64 = view.line.postings.iter().map(|posting| signed(posting).max(0)).sum();
    let postings = view.line.postings.iter().enumerate().map(|(place, posting)| {
        let signed = signed(posting);
        let account = book
            .account(posting.account)
            .map(|account| output::account(book, account));
        json!({
            "id": uuid_of_posting(book, head.key, place + 1),
            "entry_id": uuid(book, head.key),
            "account": account,
            "amount": signed.unsigned_abs(),
            "direction": if signed >= 0 { "DEBIT" } else { "CREDIT" },
            "customer": customer.clone().or_else(|| manual::of_line(book, view, place, parties)),
            "vendor": null,
            "entry_at": at,
            "createdAt": recorded_at,
            "entry_reversal_of": null,
            "entry_reversed_by": null,
        })
    });
    let named = |entry: Option<EntryKey>| entry.map(|entry| uuid(book, entry));
    let (reversal_of, reversal) = (named(reverses(view)), named(reversed_by(view)));
    json!({
        "type": "Ledger_Entry",
        "id": uuid(book, head.key),
        "business_id": book.settings.id.uuid(),
        "ledger_id": book.settings.id.uuid(),
        "entry_number": head.key.0,
        "agent": AGENT,
        "entry_type": entry_type(view),
        "customer": customer,
        "vendor": null,
        "date": recorded_at,
        "entry_at": at,
        "reversal_of_id": reversal_of,
        "reversal_id": reversal,
        "line_items": postings.collect::<Vec<Value>>(),
        "source": source(view, total),
        "transaction_tags": tags(book, view),
        "memo": view.content.memo,
        "metadata": output::kept(&view.content.extra, "metadata"),
        "reference_number": output::kept(&view.content.extra, "reference_number"),
    })
}

/// The entry that an entry reverses.
fn reverses(view: &JournalView) -> Option<EntryKey> {
    match view.line.entry.kind {
        EntryKind::Void => view.invoice.as_ref()?.issue_entry(),
        EntryKind::Manual | EntryKind::Reversal => view.manual.as_ref()?.reverses,
        EntryKind::Issue
        | EntryKind::Allocation
        | EntryKind::Receipt
        | EntryKind::Unallocation
        | EntryKind::PaymentVoid
        | EntryKind::CreditNote
        | EntryKind::CreditVoid
        | EntryKind::Refund
        | EntryKind::Payout
        | EntryKind::WriteOff => None,
    }
}

/// The entry that reverses an entry.
pub fn reversed_by(view: &JournalView) -> Option<EntryKey> {
    match view.line.entry.kind {
        EntryKind::Issue => view.invoice.as_ref()?.void_entry(),
        EntryKind::Manual | EntryKind::Reversal => view.manual.as_ref()?.reversed_by,
        EntryKind::Void
        | EntryKind::Allocation
        | EntryKind::Receipt
        | EntryKind::Unallocation
        | EntryKind::PaymentVoid
        | EntryKind::CreditNote
        | EntryKind::CreditVoid
        | EntryKind::Refund
        | EntryKind::Payout
        | EntryKind::WriteOff => None,
    }
}

fn tags(book: &BookView, view: &JournalView) -> Value {
    let Some(manual) = &view.manual else {
        return json!([]);
    };
    let tags = output::tags(book, &manual.id.uuid(), &view.content.extra, manual.created_at);
    output::value(&tags)
}
