//! Taking what is shown of a document out of a snapshot.
//!
//! The writer only takes the records along ([`Extract`]); reading their texts and putting a view together happens after it has
//! answered.

use std::sync::Arc;

use jiff::Timestamp;
use quittance_accounting::account::LedgerAccount;
use quittance_accounting::book::{BookSettings, Tombstone};
use quittance_accounting::identity::{
    BookKey, CreditNoteKey, CustomerKey, DocumentKind, DocumentRef, EntryKey, InvoiceKey, PaymentKey, ProductKey,
    RefundKey, ResourceKey, TokenKey, WriteOffKey,
};
use quittance_accounting::invoice::{Invoice, LineItem};
use quittance_accounting::journal::{JournalEntry, ManualEntry};
use quittance_accounting::ledger::manual_ref;
use quittance_accounting::record::{Record, RecordKey};
use quittance_accounting::refusal::Stop;
use quittance_accounting::settlement::{CreditNote, Payment, Refund, WriteOff};
use quittance_accounting::snapshot::{Counters, Named, Snapshot};

use crate::content::open;
use crate::failure::Failure;
use crate::view::{
    BookView, CreditNoteView, CustomerView, EntryView, InvoiceView, PaymentView, ProductView, RefundView, WriteOffView,
};

/// The view of a book, from a snapshot with its chart.
pub(crate) fn book(key: BookKey, snapshot: &Snapshot) -> Option<BookView> {
    let settings: BookSettings = snapshot.settings().ok()?.clone();
    let accounts: Vec<LedgerAccount> = snapshot.tables().accounts.values().cloned().collect();
    Some(BookView {
        key,
        settings,
        accounts,
    })
}

/// The view of a live invoice whose case or view was gathered.
pub(crate) fn invoice(
    snapshot: &Snapshot,
    key: InvoiceKey,
    book: Arc<BookView>,
    now: Timestamp,
) -> Option<InvoiceView> {
    let invoice = Invoice::clone(snapshot.tables().invoices.get(&key)?);
    let lines = snapshot.tables().lines.range((key, i64::MIN)..=(key, i64::MAX));
    let lines: Vec<LineItem> = lines.map(|(_, line)| LineItem::clone(line)).collect();
    let mut view = shown(snapshot, invoice, lines, book, now);
    view.payments = snapshot
        .allocations(key)
        .filter(|(_, payment)| payment.witness.is_money())
        .map(|(allocation, payment)| PaymentView {
            payment: payment.clone(),
            content: open(snapshot.content(payment.key)).unwrap_or_default(),
            allocations: vec![*allocation],
            former: Vec::new(),
        })
        .collect();
    view.former_payments = snapshot
        .former_allocations(key)
        .filter(|(_, payment)| payment.witness.is_money())
        .map(|(part, payment)| PaymentView {
            payment: payment.clone(),
            content: open(snapshot.content(payment.key)).unwrap_or_default(),
            allocations: Vec::new(),
            former: vec![*part],
        })
        .collect();
    view.credits = snapshot
        .allocations(key)
        .filter(|(_, credit)| !credit.witness.is_money())
        .filter_map(|(part, credit)| {
            let shown = credit_note(snapshot, CreditNoteKey(credit.key.0))?;
            Some(CreditNoteView {
                lines: Vec::new(),
                allocations: vec![*part],
                former: Vec::new(),
                ..shown
            })
        })
        .collect();
    view.former_credits = snapshot
        .former_allocations(key)
        .filter(|(_, credit)| !credit.witness.is_money())
        .filter_map(|(part, credit)| {
            let shown = credit_note(snapshot, CreditNoteKey(credit.key.0))?;
            Some(CreditNoteView {
                lines: Vec::new(),
                allocations: Vec::new(),
                former: vec![*part],
                ..shown
            })
        })
        .collect();
    let (payouts, refunds) = snapshot.refund_records(key).partition(|record| record.pays.is_some());
    let views = |records: Vec<&Refund>| records.into_iter().map(|record| refund(snapshot, record)).collect();
    (view.refunds, view.payouts) = (views(refunds), views(payouts));
    view.write_offs = snapshot
        .write_offs(key)
        .map(|record| write_off(snapshot, record))
        .collect();
    Some(view)
}

/// The view of a deleted invoice whose tombstone kept its records.
pub(crate) fn deleted(
    snapshot: &Snapshot,
    stone: &Tombstone,
    book: Arc<BookView>,
    now: Timestamp,
) -> Option<InvoiceView> {
    let mut lines = Vec::new();
    let mut found: Option<Invoice> = None;
    for record in &stone.removed {
        match record {
            Record::Invoice(invoice) => found = Some(Invoice::clone(invoice)),
            Record::Line(line) => lines.push(LineItem::clone(line)),
            _ => {}
        }
    }
    let mut view = shown(snapshot, found?, lines, book, now);
    view.deleted = Some(stone.clone());
    Some(view)
}

fn shown(
    snapshot: &Snapshot,
    invoice: Invoice,
    lines: Vec<LineItem>,
    book: Arc<BookView>,
    now: Timestamp,
) -> InvoiceView {
    let customer = invoice.customer.and_then(|key| customer(snapshot, &Named::Key(key.0)));
    let mut products: Vec<ProductView> = Vec::new();
    for key in lines.iter().filter_map(|line| line.product) {
        if !products.iter().any(|known| known.product.key == key) {
            products.extend(product(snapshot, &Named::Key(key.0)));
        }
    }
    let (own, document): (Vec<LineItem>, Vec<LineItem>) = lines.into_iter().partition(|line| line.place > 0);
    InvoiceView {
        book,
        content: open(snapshot.content(invoice.key)).unwrap_or_default(),
        invoice,
        lines: own,
        document_line: document.into_iter().next(),
        customer,
        products,
        payments: Vec::new(),
        former_payments: Vec::new(),
        credits: Vec::new(),
        former_credits: Vec::new(),
        refunds: Vec::new(),
        payouts: Vec::new(),
        write_offs: Vec::new(),
        deleted: None,
        now,
    }
}

/// The view of a customer that was gathered.
pub(crate) fn customer(snapshot: &Snapshot, named: &Named) -> Option<CustomerView> {
    let customer = snapshot.customer(named).ok()??.clone();
    Some(CustomerView {
        content: open(snapshot.content(customer.key)).unwrap_or_default(),
        customer,
    })
}

/// The view of a product that was gathered.
pub(crate) fn product(snapshot: &Snapshot, named: &Named) -> Option<ProductView> {
    let product = snapshot.product(named).ok()??.clone();
    Some(ProductView {
        content: open(snapshot.content(product.key)).unwrap_or_default(),
        product,
    })
}

/// The view of a payment that was gathered, with its allocations.
pub(crate) fn payment(snapshot: &Snapshot, key: PaymentKey) -> Option<PaymentView> {
    let payment = Payment::clone(snapshot.tables().payments.get(&key)?);
    let allocations = snapshot.tables().allocations.range((key, i64::MIN)..=(key, i64::MAX));
    let allocations = allocations.map(|(_, allocation)| *allocation).collect();
    let former = &snapshot.tables().former_allocations;
    let former = former.range((key, i64::MIN)..=(key, i64::MAX)).map(|(_, part)| *part);
    Some(PaymentView {
        former: former.collect(),
        content: open(snapshot.content(key)).unwrap_or_default(),
        payment,
        allocations,
    })
}

/// The view of a credit note that was gathered, with its lines and what it settles.
pub(crate) fn credit_note(snapshot: &Snapshot, key: CreditNoteKey) -> Option<CreditNoteView> {
    let tables = snapshot.tables();
    let credit = key.credit();
    let parts = (credit, i64::MIN)..=(credit, i64::MAX);
    Some(CreditNoteView {
        note: CreditNote::clone(tables.credit_notes.get(&key)?),
        credit: Payment::clone(tables.payments.get(&credit)?),
        lines: snapshot.credit_lines(key).cloned().collect(),
        content: open(snapshot.content(key)).unwrap_or_default(),
        allocations: tables.allocations.range(parts.clone()).map(|(_, part)| *part).collect(),
        former: tables.former_allocations.range(parts).map(|(_, part)| *part).collect(),
        deleted: None,
    })
}

/// The view of a deleted credit note whose tombstone kept its records.
pub(crate) fn deleted_credit_note(snapshot: &Snapshot, stone: &Tombstone) -> Option<CreditNoteView> {
    let (mut note, mut credit, mut lines) = (None, None, Vec::new());
    for record in &stone.removed {
        match record {
            Record::CreditNote(found) => note = Some(CreditNote::clone(found)),
            Record::Payment(found) => credit = Some(Payment::clone(found)),
            Record::CreditLine(line) => lines.push(line.clone()),
            _ => {}
        }
    }
    Some(CreditNoteView {
        note: note?,
        credit: credit?,
        lines,
        content: open(snapshot.content(stone.document)).unwrap_or_default(),
        allocations: Vec::new(),
        former: Vec::new(),
        deleted: Some(stone.clone()),
    })
}

/// The view of a refund.
pub(crate) fn refund(snapshot: &Snapshot, refund: &Refund) -> RefundView {
    RefundView {
        content: open(snapshot.content(refund.key)).unwrap_or_default(),
        refund: refund.clone(),
    }
}

/// The view of a write-off.
pub(crate) fn write_off(snapshot: &Snapshot, write_off: &WriteOff) -> WriteOffView {
    WriteOffView {
        content: open(snapshot.content(write_off.key)).unwrap_or_default(),
        write_off: write_off.clone(),
    }
}

/// The view of an entry that was gathered.
pub(crate) fn entry(snapshot: &Snapshot, key: EntryKey) -> Result<EntryView, Failure> {
    match snapshot.journal_entry(key) {
        Ok(entry) => Ok(entry_view(snapshot, entry)),
        Err(Stop::Flawed(flaw)) => Err(Failure::Flawed(flaw)),
        Err(Stop::Missing(_) | Stop::Refused(_)) => Err(Failure::Unavailable),
    }
}

/// The view of an entry; what is known of it besides is in the snapshot, if anything is.
pub(crate) fn entry_view(snapshot: &Snapshot, entry: JournalEntry) -> EntryView {
    let key = entry.entry().key;
    EntryView {
        manual: snapshot
            .tables()
            .manual_entries
            .get(&key)
            .map(|manual| ManualEntry::clone(manual)),
        content: open(snapshot.content(manual_ref(key))).unwrap_or_default(),
        entry,
    }
}

/// The records that the view of a command's outcome needs.
#[derive(Clone, Debug)]
pub(crate) struct Extract {
    counters: Counters,
    records: Vec<Record>,
}

impl Extract {
    /// Takes what is there of the invoices named, and of further documents.
    pub(crate) fn of(snapshot: &Snapshot, invoices: &[InvoiceKey], others: &[DocumentRef]) -> Extract {
        let mut records = Vec::with_capacity(8);
        let tables = snapshot.tables();
        let mut documents: Vec<DocumentRef> = others.to_vec();
        for key in invoices {
            let Some(invoice) = tables.invoices.get(key) else {
                continue;
            };
            records.push(invoice.clone().into());
            documents.push((*key).into());
            documents.extend(invoice.customer.map(DocumentRef::from));
            for (_, line) in tables.lines.range((*key, i64::MIN)..=(*key, i64::MAX)) {
                records.push(line.clone().into());
                documents.extend(line.product.map(DocumentRef::from));
            }
            for (allocation, payment) in snapshot.allocations(*key) {
                records.push((*allocation).into());
                documents.push(payment.document());
            }
            for (part, payment) in snapshot.former_allocations(*key) {
                records.push((*part).into());
                documents.push(payment.document());
            }
            let refunds = snapshot.refund_records(*key);
            documents.extend(refunds.map(|refund| DocumentRef::from(refund.key)));
            let write_offs = snapshot.write_offs(*key);
            documents.extend(write_offs.map(|write_off| DocumentRef::from(write_off.key)));
        }
        for document in documents {
            push_document(snapshot, document, &mut records);
        }
        Extract {
            counters: snapshot.counters(),
            records,
        }
    }

    /// The records, to look things up in.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::sparse(self.counters);
        for record in &self.records {
            snapshot.load(record.clone());
        }
        snapshot
    }
}

/// Takes the head of an entry, if it is at hand: the day of a part stands there. Those that a command posted always are.
fn push_entry(from: &Snapshot, entry: EntryKey, into: &mut Vec<Record>) {
    into.extend(from.tables().entries.get(&entry).map(|entry| Record::from(*entry)));
}

/// Takes a document that is no invoice, and the texts of any.
fn push_document(from: &Snapshot, document: DocumentRef, into: &mut Vec<Record>) {
    let tables = from.tables();
    let number = document.number;
    let key = match document.kind {
        DocumentKind::Customer => Some(RecordKey::Customer(CustomerKey(number))),
        DocumentKind::Product => Some(RecordKey::Product(ProductKey(number))),
        DocumentKind::Payment => Some(RecordKey::Payment(PaymentKey(number))),
        DocumentKind::Token => Some(RecordKey::Token(TokenKey(number))),
        DocumentKind::Resource => Some(RecordKey::Resource(ResourceKey(number))),
        DocumentKind::Refund => Some(RecordKey::Refund(RefundKey(number))),
        DocumentKind::WriteOff => Some(RecordKey::WriteOff(WriteOffKey(number))),
        DocumentKind::ManualEntry => Some(RecordKey::ManualEntry(EntryKey(number))),
        DocumentKind::CreditNote => Some(RecordKey::CreditNote(CreditNoteKey(number))),
        DocumentKind::Book
        | DocumentKind::Account
        | DocumentKind::Invoice
        | DocumentKind::Line
        | DocumentKind::Request => None,
    };
    into.extend(key.and_then(|key| tables.get(&key)));
    if document.kind == DocumentKind::ManualEntry
        && let Ok(entry) = from.journal_entry(EntryKey(number))
    {
        into.push((*entry.entry()).into());
        into.extend(entry.postings().iter().map(|posting| Record::Posting(*posting)));
    }
    if document.kind == DocumentKind::CreditNote {
        let lines = from.credit_lines(CreditNoteKey(number));
        into.extend(lines.cloned().map(Record::from));
        into.extend(tables.get(&RecordKey::Payment(PaymentKey(number))));
    }
    if matches!(document.kind, DocumentKind::Payment | DocumentKind::CreditNote) {
        let key = PaymentKey(number);
        for (_, part) in tables.allocations.range((key, i64::MIN)..=(key, i64::MAX)) {
            into.push((*part).into());
            push_entry(from, part.entry, into);
        }
        for (_, part) in tables.former_allocations.range((key, i64::MIN)..=(key, i64::MAX)) {
            into.push((*part).into());
            for entry in std::iter::once(part.entry).chain(part.undone) {
                push_entry(from, entry, into);
            }
        }
    }
    if document.kind == DocumentKind::Refund
        && let Some(refund) = tables.refunds.get(&RefundKey(number))
        && let Some(payment) = refund.payment.and_then(|key| tables.payments.get(&key))
    {
        push_document(from, payment.document(), into);
    }
    into.extend(tables.get(&RecordKey::Content(document)));
}
