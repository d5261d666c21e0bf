//! What is shown of documents: the accounting's records with their texts, put together.
//!
//! Views are the core's own types; a dialect's mapping turns them into its wire shapes. Deliberately absent: anything a single
//! dialect calls by its own name.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use quittance_accounting::account::LedgerAccount;
use quittance_accounting::book::{BookSettings, Customer, Product, Tombstone};
use quittance_accounting::content::Digest;
use quittance_accounting::identity::{AccountKey, BookKey, InvoiceKey, ProductKey};
use quittance_accounting::invoice::{Invoice, LineItem};
use quittance_accounting::journal::{JournalEntry, ManualEntry};
use quittance_accounting::money::Currency;
use quittance_accounting::plan::Receipt;
use quittance_accounting::refusal::{ExchangeRefusal, Refusal};
use quittance_accounting::settlement::{
    Allocation, CreditLine, CreditNote, FormerAllocation, Payment, Refund, WriteOff,
};

use crate::content::{
    CreditNoteContent, CustomerContent, EntryContent, InvoiceContent, PaymentContent, ProductContent, RefundContent,
    WriteOffContent,
};
use crate::extract::{self, Extract};
use crate::failure::Failure;

/// A book and its chart, as of one read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookView {
    /// Its slot.
    pub key: BookKey,
    /// Its settings.
    pub settings: BookSettings,
    /// Its ledger accounts, in order of number.
    pub accounts: Vec<LedgerAccount>,
}

impl BookView {
    /// The same book as if it were kept in another currency: what amounts of a document in that one are read against.
    pub fn in_currency(&self, currency: Currency) -> Cow<'_, BookView> {
        if self.settings.currency == currency {
            return Cow::Borrowed(self);
        }
        let mut abroad = self.clone();
        abroad.settings.currency = currency;
        Cow::Owned(abroad)
    }

    /// Refuses a document in another currency than the book's, for clients whose sums name none.
    pub fn refuse_abroad(&self, document: Currency) -> Result<(), Failure> {
        let money = self.settings.currency;
        match document == money {
            true => Ok(()),
            false => Err(Refusal::from(ExchangeRefusal::Differs { document, money }).into()),
        }
    }

    /// The account with this number.
    pub fn account(&self, key: AccountKey) -> Option<&LedgerAccount> {
        self.accounts.iter().find(|account| account.key == key)
    }
}

/// A customer with its texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerView {
    /// The record.
    pub customer: Customer,
    /// The texts.
    pub content: CustomerContent,
}

/// A product with its texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductView {
    /// The record.
    pub product: Product,
    /// The texts.
    pub content: ProductContent,
}

/// A payment with its texts and its allocations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentView {
    /// The record.
    pub payment: Payment,
    /// The texts.
    pub content: PaymentContent,
    /// The allocations that were gathered with it: all of them after recording it, one where it is shown with its invoice.
    pub allocations: Vec<Allocation>,
    /// The parts that settled an invoice and no longer do, as far as they were gathered with it.
    pub former: Vec<FormerAllocation>,
}

/// A credit note with its texts, its lines and what it settles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditNoteView {
    /// The record.
    pub note: CreditNote,
    /// What it comes to, its customer, its day, what of it is left, its void.
    pub credit: Payment,
    /// Its lines, in order of place; none where it is shown with an invoice that it settles.
    pub lines: Vec<CreditLine>,
    /// The texts.
    pub content: CreditNoteContent,
    /// What it settles: all of it, or the part of the invoice with which it is shown.
    pub allocations: Vec<Allocation>,
    /// The parts that settled an invoice and no longer do.
    pub former: Vec<FormerAllocation>,
    /// Its tombstone, when it was deleted and its texts were kept.
    pub deleted: Option<Tombstone>,
}

/// The answer to the deletion of a credit note: it as it was, and the receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditNoteDeleted {
    /// The credit note as it was just before.
    pub before: CreditNoteView,
    /// What the delete did.
    pub receipt: Receipt,
    /// Where the log has it.
    pub seal: Seal,
    /// When.
    pub at: Timestamp,
    /// The book, as it was shown when the delete was decided.
    pub book: Arc<BookView>,
}

/// A refund with its texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundView {
    /// The record.
    pub refund: Refund,
    /// The texts.
    pub content: RefundContent,
}

/// A write-off with its texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteOffView {
    /// The record.
    pub write_off: WriteOff,
    /// The texts.
    pub content: WriteOffContent,
}

/// A journal entry; one that was recorded by hand with what is known of it besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryView {
    /// The entry with its postings.
    pub entry: JournalEntry,
    /// Of an entry that no document made.
    pub manual: Option<ManualEntry>,
    /// The texts of such an entry.
    pub content: EntryContent,
}

/// An invoice with everything a client may be shown of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceView {
    /// Its book.
    pub book: Arc<BookView>,
    /// The record.
    pub invoice: Invoice,
    /// Its own lines, in order of place from 1.
    pub lines: Vec<LineItem>,
    /// Line 0: the document's own discount, taxes and tip, when it has any.
    pub document_line: Option<LineItem>,
    /// The texts.
    pub content: InvoiceContent,
    /// Its customer.
    pub customer: Option<CustomerView>,
    /// Products that its lines name.
    pub products: Vec<ProductView>,
    /// The payments that settle it, each with its allocation to it, oldest first.
    pub payments: Vec<PaymentView>,
    /// The payments that settled it and no longer do, each with the parts that did: void ones, and those that were freed.
    pub former_payments: Vec<PaymentView>,
    /// The credit notes that settle it, each with its part of it, oldest first.
    pub credits: Vec<CreditNoteView>,
    /// The credit notes that settled it and no longer do, each with the part that did.
    pub former_credits: Vec<CreditNoteView>,
    /// Its refunds.
    pub refunds: Vec<RefundView>,
    /// What was paid of its refunds that were owed.
    pub payouts: Vec<RefundView>,
    /// Its write-offs.
    pub write_offs: Vec<WriteOffView>,
    /// Its tombstone, when it was deleted and may still be read by id.
    pub deleted: Option<Tombstone>,
    /// The instant of the read: "overdue" is as of then.
    pub now: Timestamp,
}

impl InvoiceView {
    /// Whether it is open and past due at the instant of the read.
    pub fn is_overdue(&self) -> bool {
        self.invoice.is_overdue(self.now)
    }

    /// The texts of the line at this place, counted from 1.
    pub fn line_content(&self, place: i64) -> crate::content::LineContent {
        let at = usize::try_from(place - 1).ok();
        at.and_then(|at| self.content.lines.get(at))
            .cloned()
            .unwrap_or_default()
    }

    /// The product with this number.
    pub fn product(&self, key: ProductKey) -> Option<&ProductView> {
        self.products.iter().find(|view| view.product.key == key)
    }
}

/// Where an event stands in its book's log: what a `Quittance-Receipt` header carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Its seq.
    pub seq: i64,
    /// Its hash.
    pub hash: Digest,
}

impl std::fmt::Display for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash.hex())
    }
}

/// The answer to a delete: the receipt, and the invoice as it was for whoever shows it.
#[derive(Clone, Debug)]
pub struct Deleted {
    /// What the delete did.
    pub receipt: Receipt,
    /// Where the log has it.
    pub seal: Seal,
    /// What the invoice as it was is put together from.
    pub(crate) was: Extract,
    pub(crate) key: InvoiceKey,
    pub(crate) book: Arc<BookView>,
    pub(crate) at: Timestamp,
}

impl Deleted {
    /// The book, as it was shown when the delete was decided.
    pub fn book(&self) -> &BookView {
        &self.book
    }

    /// When the log has it.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The invoice as it was just before. Put together when asked for: most dialects answer without it.
    pub fn before(&self) -> Result<InvoiceView, Failure> {
        let book = Arc::clone(&self.book);
        extract::invoice(&self.was.snapshot(), self.key, book, self.at).ok_or(Failure::Unavailable)
    }
}

/// A delete that was planned and not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletionPlan {
    /// The invoice as it is.
    pub invoice: InvoiceView,
    /// What the delete would do, as of now.
    pub receipt: Receipt,
    /// Digest of what the plan was made from: a delete that carries it is refused if any of that moved.
    pub digest: Digest,
}
