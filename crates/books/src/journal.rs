//! The journal, page by page, each entry with the documents that it is of.

use quittance_accounting::identity::{BookKey, DocumentId, DocumentKind, EntryKey, InvoiceKey, PaymentKey};
use quittance_accounting::identity::{CreditNoteKey, RefundKey, WriteOffKey};
use quittance_accounting::invoice::Invoice;
use quittance_accounting::journal::ManualEntry;
use quittance_accounting::ledger::manual_ref;
use quittance_accounting::snapshot::{Named, Snapshot, Want};
use quittance_store::reports::JournalLine;

use crate::books::Books;
use crate::content::{EntryContent, open};
use crate::extract;
use crate::failure::Failure;
use crate::queries::gathered;
use crate::view::CustomerView;

/// An entry as a list shows it.
#[derive(Clone, Debug)]
pub struct JournalView {
    /// The entry with its postings.
    pub line: JournalLine,
    /// The id of the document that it is of, while that is live.
    pub document: Option<DocumentId>,
    /// The invoice whose receivable it moves.
    pub invoice: Option<Invoice>,
    /// The customer of that invoice; of the payment where it moves no invoice.
    pub customer: Option<CustomerView>,
    /// What is known of an entry that no document made.
    pub manual: Option<ManualEntry>,
    /// The texts of such an entry.
    pub content: EntryContent,
}

impl Books {
    /// Entries after one, in the order they were recorded.
    pub async fn journal(&self, book: BookKey, after: EntryKey, limit: i64) -> Result<Vec<JournalView>, Failure> {
        let reader = self.store.reader().await?;
        let lines = reader.journal(book, after, limit).await?;
        let mut wants: Vec<Want> = lines.iter().flat_map(wants_of).collect();
        wants.sort();
        wants.dedup();
        let snapshot = gathered(&reader, book, &wants).await?;
        Ok(lines.into_iter().map(|line| view(&snapshot, line)).collect())
    }
}

fn wants_of(line: &JournalLine) -> Vec<Want> {
    let named = Named::Key(line.entry.document.number);
    let mut wants: Vec<Want> = Vec::new();
    match line.entry.document.kind {
        DocumentKind::Invoice => wants.push(Want::InvoiceView(named)),
        DocumentKind::Payment => wants.push(Want::Payment(named)),
        DocumentKind::Refund => wants.push(Want::Refund(named)),
        DocumentKind::WriteOff => wants.push(Want::WriteOff(named)),
        DocumentKind::ManualEntry => wants.push(Want::ManualEntry(named)),
        DocumentKind::CreditNote => wants.push(Want::CreditNote(named)),
        DocumentKind::Book
        | DocumentKind::Account
        | DocumentKind::Customer
        | DocumentKind::Product
        | DocumentKind::Line
        | DocumentKind::Token
        | DocumentKind::Request
        | DocumentKind::Resource => {}
    }
    wants.extend(line.entry.invoice.map(|key| Want::InvoiceView(Named::Key(key.0))));
    wants.extend(line.customer.map(|key| Want::Customer(Named::Key(key.0))));
    wants
}

fn view(snapshot: &Snapshot, line: JournalLine) -> JournalView {
    let (tables, number) = (snapshot.tables(), line.entry.document.number);
    let invoice_of = |key: InvoiceKey| tables.invoices.get(&key).map(|invoice| Invoice::clone(invoice));
    let manual = tables.manual_entries.get(&line.entry.key).cloned();
    let document = match line.entry.document.kind {
        DocumentKind::Invoice => invoice_of(InvoiceKey(number)).map(|found| found.id),
        DocumentKind::Payment => tables.payments.get(&PaymentKey(number)).map(|found| found.id),
        DocumentKind::Refund => tables.refunds.get(&RefundKey(number)).map(|found| found.id),
        DocumentKind::WriteOff => tables.write_offs.get(&WriteOffKey(number)).map(|found| found.id),
        DocumentKind::ManualEntry => manual.as_ref().map(|found| found.id),
        DocumentKind::CreditNote => tables.credit_notes.get(&CreditNoteKey(number)).map(|found| found.id),
        DocumentKind::Book
        | DocumentKind::Account
        | DocumentKind::Customer
        | DocumentKind::Product
        | DocumentKind::Line
        | DocumentKind::Token
        | DocumentKind::Request
        | DocumentKind::Resource => None,
    };
    JournalView {
        document,
        content: open(snapshot.content(manual_ref(line.entry.key))).unwrap_or_default(),
        manual,
        invoice: line.entry.invoice.and_then(invoice_of),
        customer: line
            .customer
            .and_then(|key| extract::customer(snapshot, &Named::Key(key.0))),
        line,
    }
}
