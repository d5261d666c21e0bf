//! The journal, page by page, each entry with the documents that it is of.

use quittance_accounting::identity::{
    BookKey, CreditNoteKey, CustomerKey, DocumentId, DocumentKind, DocumentRef, EntryKey, InvoiceKey, PaymentKey,
    RefundKey, WriteOffKey,
};
use quittance_accounting::invoice::Invoice;
use quittance_accounting::journal::{Entry, JournalEntry, ManualEntry, Posting};
use quittance_accounting::ledger::manual_ref;
use quittance_accounting::settlement::Refund;
use quittance_accounting::snapshot::{Named, Snapshot, Want};
use quittance_store::documents::DocumentQuery;
use quittance_store::listing::EntryQuery;
use quittance_store::reports::{JournalLine, JournalPosting};

use crate::books::Books;
use crate::content::{EntryContent, open};
use crate::extract;
use crate::failure::Failure;
use crate::queries::gathered;
use crate::view::{CustomerView, EntryView};

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
    /// The refund that it is of.
    pub refund: Option<Refund>,
    /// The id of the refund that one pays.
    pub paid_refund: Option<DocumentId>,
    /// What is known of an entry that no document made.
    pub manual: Option<ManualEntry>,
    /// The texts of such an entry.
    pub content: EntryContent,
}

/// An entry that was recorded by hand, with what reverses it.
#[derive(Clone, Debug)]
pub struct ManualView {
    /// The entry.
    pub entry: JournalView,
    /// The reversal, if there is one.
    pub reversal: Option<ManualEntry>,
}

impl From<EntryView> for JournalView {
    /// An entry by hand as it was answered when it was recorded: it is of no document, invoice or customer.
    fn from(view: EntryView) -> JournalView {
        JournalView {
            line: bare_line(*view.entry.entry(), view.entry.postings()),
            document: view.manual.as_ref().map(|manual| manual.id),
            invoice: None,
            customer: None,
            refund: None,
            paid_refund: None,
            manual: view.manual,
            content: view.content,
        }
    }
}

impl ManualView {
    /// The same, reversed by an entry as it was answered when it was recorded.
    pub fn reversed_by(mut self, reversal: &EntryView) -> ManualView {
        if let Some(manual) = &mut self.entry.manual {
            manual.reversed_by = Some(reversal.entry.entry().key);
        }
        ManualView {
            reversal: reversal.manual.clone(),
            ..self
        }
    }
}

impl Books {
    /// A page of the entries that were recorded by hand, in order of recording, after one of them; what reverses another is left out.
    pub async fn manual_entries(
        &self,
        book: BookKey,
        descending: bool,
        after: Option<EntryKey>,
        limit: i64,
    ) -> Result<Vec<ManualView>, Failure> {
        let reader = self.store.reader().await?;
        let query = DocumentQuery {
            kind: DocumentKind::ManualEntry,
            descending,
            after: after.map(|key| key.0),
            limit,
        };
        let keys = reader.documents_after(book, &query).await?;
        let mut wants: Vec<Want> = keys.iter().map(|key| Want::ManualEntry(Named::Key(*key))).collect();
        let found = gathered(&reader, book, &wants).await?;
        let reversed = found.tables().manual_entries.values();
        let reversals: Vec<EntryKey> = reversed.filter_map(|manual| manual.reversed_by).collect();
        wants.extend(reversals.iter().map(|key| Want::ManualEntry(Named::Key(key.0))));
        let snapshot = match reversals.is_empty() {
            true => found,
            false => gathered(&reader, book, &wants).await?,
        };
        Ok(keys
            .into_iter()
            .filter_map(|key| manual_view(&snapshot, EntryKey(key)))
            .collect())
    }

    /// An entry that was recorded by hand, by its id, its external id or its number.
    pub async fn manual_entry(&self, book: BookKey, named: &Named) -> Result<Option<ManualView>, Failure> {
        let reader = self.store.reader().await?;
        let want = Want::ManualEntry(named.clone());
        let found = gathered(&reader, book, std::slice::from_ref(&want)).await?;
        let Some(manual) = found.manual_entry(named).ok().flatten() else {
            return Ok(None);
        };
        let key = manual.key;
        let snapshot = match manual.reversed_by {
            None => found,
            Some(by) => gathered(&reader, book, &[want, Want::ManualEntry(Named::Key(by.0))]).await?,
        };
        Ok(manual_view(&snapshot, key))
    }

    /// Entries after one, in the order they were recorded.
    pub async fn journal(&self, book: BookKey, after: EntryKey, limit: i64) -> Result<Vec<JournalView>, Failure> {
        let reader = self.store.reader().await?;
        let lines = reader.journal(book, after, limit).await?;
        let snapshot = gathered(&reader, book, &wants_of_all(&lines)).await?;
        Ok(lines.into_iter().map(|line| view(&snapshot, line)).collect())
    }

    /// A page of the journal in an order and of days that the query names.
    pub async fn journal_of(&self, book: BookKey, query: &EntryQuery) -> Result<Vec<JournalView>, Failure> {
        let reader = self.store.reader().await?;
        let found = reader.entries(book, query).await?;
        let mut lines: Vec<JournalLine> = found
            .into_iter()
            .map(|(entry, postings)| bare_line(entry, &postings))
            .collect();
        let mut wants = wants_of_all(&lines);
        let mut known = gathered(&reader, book, &wants).await?;
        let behind: Vec<Want> = known
            .tables()
            .refunds
            .values()
            .flat_map(|refund| given_back_on(refund))
            .collect();
        if !behind.is_empty() {
            wants.extend(behind.iter().cloned());
            known = gathered(&reader, book, &wants).await?;
        }
        let tables = known.tables();
        for line in &mut lines {
            let invoice = line.entry.invoice.and_then(|key| tables.invoices.get(&key));
            line.customer = match invoice {
                Some(invoice) => invoice.customer,
                None => customer_behind(&known, line.entry.document),
            };
            line.number = invoice.and_then(|invoice| invoice.number.clone());
        }
        let mut wants = wants_of_all(&lines);
        wants.extend(behind.into_iter().filter(|want| matches!(want, Want::Refund(_))));
        let snapshot = gathered(&reader, book, &wants).await?;
        Ok(lines.into_iter().map(|line| view(&snapshot, line)).collect())
    }
}

/// What a refund gave money back on, whose customer it went to, and the refund that it pays.
fn given_back_on(refund: &Refund) -> Vec<Want> {
    let on = match (refund.invoice, refund.payment) {
        (Some(key), _) => Some(Want::InvoiceView(Named::Key(key.0))),
        (None, key) => key.map(|key| Want::Payment(Named::Key(key.0))),
    };
    let paid = refund.pays.map(|key| Want::Refund(Named::Key(key.0)));
    on.into_iter().chain(paid).collect()
}

/// The customer of a document whose entry moves no invoice.
fn customer_behind(known: &Snapshot, document: DocumentRef) -> Option<CustomerKey> {
    let tables = known.tables();
    let paid = |key: PaymentKey| tables.payments.get(&key).and_then(|payment| payment.customer);
    match document.kind {
        // A credit note has the number of its payment.
        DocumentKind::Payment | DocumentKind::CreditNote => paid(PaymentKey(document.number)),
        DocumentKind::Refund => {
            let refund = tables.refunds.get(&RefundKey(document.number))?;
            match refund.invoice {
                Some(key) => tables.invoices.get(&key)?.customer,
                None => refund.payment.and_then(paid).or(refund.customer),
            }
        }
        DocumentKind::Invoice
        | DocumentKind::WriteOff
        | DocumentKind::ManualEntry
        | DocumentKind::Book
        | DocumentKind::Account
        | DocumentKind::Customer
        | DocumentKind::Product
        | DocumentKind::Line
        | DocumentKind::Token
        | DocumentKind::Request
        | DocumentKind::Resource => None,
    }
}

/// An entry as far as it says itself.
fn bare_line(entry: Entry, postings: &[Posting]) -> JournalLine {
    let postings = postings.iter();
    let postings = postings.map(|own| JournalPosting::of(own.account, own.side, own.amount, own.foreign));
    JournalLine {
        entry,
        number: None,
        due_on: None,
        customer: None,
        postings: postings.collect(),
    }
}

/// An entry that was recorded by hand: it is of no invoice and of no customer.
fn manual_view(snapshot: &Snapshot, key: EntryKey) -> Option<ManualView> {
    let manual = snapshot.tables().manual_entries.get(&key)?;
    let whole: JournalEntry = snapshot.journal_entry(key).ok()?;
    let line = bare_line(*whole.entry(), whole.postings());
    let reversal = manual
        .reversed_by
        .and_then(|by| snapshot.tables().manual_entries.get(&by));
    Some(ManualView {
        reversal: reversal.map(|manual| ManualEntry::clone(manual)),
        entry: view(snapshot, line),
    })
}

/// The wants of entries, each once.
fn wants_of_all(lines: &[JournalLine]) -> Vec<Want> {
    let mut wants: Vec<Want> = lines.iter().flat_map(wants_of).collect();
    wants.sort();
    wants.dedup();
    wants
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
    let of_refund = line.entry.document.kind == DocumentKind::Refund;
    let refund = tables.refunds.get(&RefundKey(number)).filter(|_| of_refund);
    let paid = refund.and_then(|refund| tables.refunds.get(&refund.pays?));
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
        paid_refund: paid.map(|paid| paid.id),
        refund: refund.map(|refund| Refund::clone(refund)),
        content: open(snapshot.content(manual_ref(line.entry.key))).unwrap_or_default(),
        manual: manual.map(|manual| ManualEntry::clone(&manual)),
        invoice: line.entry.invoice.and_then(invoice_of),
        customer: line
            .customer
            .and_then(|key| extract::customer(snapshot, &Named::Key(key.0))),
        line,
    }
}
