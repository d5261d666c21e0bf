//! The live records of a book, and the tables that hold them.
//!
//! A record is a value with a key. The log says which records were put and which removed; a store keeps each kind in a table
//! of its own; a [`crate::snapshot::Snapshot`] holds some or all of them in memory. All three are the same list, written once,
//! here. Deliberately absent: how a record is spelled in SQL or JSON, which is the store's affair.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use crate::account::LedgerAccount;
use crate::book::{
    BookSettings, Customer, Grant, IdempotencyRecord, NumberUse, Period, Product, Series, Token, Tombstone,
};
use crate::content::{Content, Digest};
use crate::exchange::KeptRate;
use crate::identity::{
    AccountKey, CreditNoteKey, CustomerKey, DocumentRef, EntryKey, InvoiceKey, PaymentKey, ProductKey, RefundKey,
    ResourceKey, TokenKey, WriteOffKey,
};
use crate::invoice::{Invoice, LineItem};
use crate::journal::{Entry, ManualEntry, Posting};
use crate::money::Currency;
use crate::resource::Resource;
use crate::settlement::{Allocation, CreditLine, CreditNote, FormerAllocation, Payment, Refund, WriteOff};

macro_rules! records {
    ($($(#[$doc:meta])* $kind:ident($record:ty) in $table:ident by $key:ty = $name:ident => $expr:expr;)*) => {
        /// A live record of any kind.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Record {
            $($(#[$doc])* $kind($record),)*
        }

        /// The key of a record of any kind.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RecordKey {
            $($(#[$doc])* $kind($key),)*
        }

        /// Every live record of a book, or those of them that were loaded.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Tables {
            $($(#[$doc])* pub $table: BTreeMap<$key, $record>,)*
        }

        impl Record {
            /// Its key.
            pub fn key(&self) -> RecordKey {
                match self {
                    $(Record::$kind($name) => RecordKey::$kind($expr),)*
                }
            }
        }

        $(impl From<$record> for Record {
            fn from(record: $record) -> Record {
                Record::$kind(record)
            }
        })*

        impl Tables {
            /// Puts a record and hands back the one that it replaces.
            pub fn put(&mut self, record: Record) -> Option<Record> {
                match record {
                    $(Record::$kind($name) => self.$table.insert($expr, $name).map(Record::$kind),)*
                }
            }

            /// Removes a record and hands it back.
            pub fn remove(&mut self, key: &RecordKey) -> Option<Record> {
                match key {
                    $(RecordKey::$kind(key) => self.$table.remove(key).map(Record::$kind),)*
                }
            }

            /// A copy of the record with this key.
            pub fn get(&self, key: &RecordKey) -> Option<Record> {
                match key {
                    $(RecordKey::$kind(key) => self.$table.get(key).cloned().map(Record::$kind),)*
                }
            }

            /// How many records there are.
            pub fn len(&self) -> usize {
                0 $(+ self.$table.len())*
            }

            /// Whether there are none.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Every record, table by table, in order of key.
            pub fn iter(&self) -> impl Iterator<Item = Record> + '_ {
                std::iter::empty()$(.chain(self.$table.values().cloned().map(Record::$kind)))*
            }
        }
    };
}

records! {
    /// The settings of the book.
    Settings(Arc<BookSettings>) in settings by () = record => { let _ = &record; };
    /// What one closing closed.
    Period(Arc<Period>) in periods by i64 = record => record.closing;
    /// A ledger account.
    Account(LedgerAccount) in accounts by AccountKey = record => record.key;
    /// A customer.
    Customer(Arc<Customer>) in customers by CustomerKey = record => record.key;
    /// A product.
    Product(Product) in products by ProductKey = record => record.key;
    /// An invoice.
    Invoice(Arc<Invoice>) in invoices by InvoiceKey = record => record.key;
    /// A line of an invoice.
    Line(Arc<LineItem>) in lines by (InvoiceKey, i64) = record => (record.invoice, record.place);
    /// The head of a journal entry.
    Entry(Entry) in entries by EntryKey = record => record.key;
    /// A posting of a journal entry.
    Posting(Posting) in postings by (EntryKey, i64) = record => (record.entry, record.place);
    /// What is known of an entry that no document made.
    ManualEntry(Arc<ManualEntry>) in manual_entries by EntryKey = record => record.key;
    /// A payment.
    Payment(Arc<Payment>) in payments by PaymentKey = record => record.key;
    /// An allocation of a payment to an invoice.
    Allocation(Allocation) in allocations by (PaymentKey, i64) = record => (record.payment, record.place);
    /// A part of a payment that settled an invoice and no longer does.
    FormerAllocation(FormerAllocation) in former_allocations by (PaymentKey, i64) = record => (record.payment, record.place);
    /// A credit note.
    CreditNote(Arc<CreditNote>) in credit_notes by CreditNoteKey = record => record.key;
    /// A line of a credit note.
    CreditLine(CreditLine) in credit_lines by (CreditNoteKey, i64) = record => (record.credit_note, record.place);
    /// A refund.
    Refund(Arc<Refund>) in refunds by RefundKey = record => record.key;
    /// A write-off.
    WriteOff(Arc<WriteOff>) in write_offs by WriteOffKey = record => record.key;
    /// A number series.
    Series(Series) in series by String = record => record.prefix.clone();
    /// A line of the number register.
    Number(NumberUse) in numbers by String = record => record.number.clone();
    /// What remains of a deleted document.
    Tombstone(Arc<Tombstone>) in tombstones by DocumentRef = record => record.document;
    /// A carried-out idempotency key.
    Idempotency(IdempotencyRecord) in idempotency by String = record => record.key.clone();
    /// An access token.
    Token(Arc<Token>) in tokens by TokenKey = record => record.key;
    /// A thing that only one dialect knows.
    Resource(Arc<Resource>) in resources by ResourceKey = record => record.key;
    /// What was granted on a token.
    Grant(Arc<Grant>) in grants by Digest = record => record.digest;
    /// A rate kept in the book.
    Rate(KeptRate) in rates by (Currency, Date) = record => (record.currency, record.day);
    /// The texts of a document: in the store, never in the log.
    Content(Arc<Content>) in contents by DocumentRef = record => record.document;
}

macro_rules! shared {
    ($($kind:ident($record:ty)),*) => {
        $(impl From<$record> for Record {
            fn from(record: $record) -> Record {
                Record::$kind(Arc::new(record))
            }
        })*
    };
}

// The large ones are shared: a record goes through a plan, the snapshot, the commit and the answer, and is written once. That holds for
// the rare ones too, because every record takes the room of the largest kind.
shared! {
    Customer(Customer), Invoice(Invoice), Line(LineItem), Payment(Payment), Tombstone(Tombstone), Content(Content),
    Settings(BookSettings), Period(Period), ManualEntry(ManualEntry), CreditNote(CreditNote),
    Refund(Refund), WriteOff(WriteOff), Token(Token), Resource(Resource), Grant(Grant)
}

/// One step of a plan: what happens to one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The record is now this.
    Put(Record),
    /// The record is gone.
    Remove(RecordKey),
}

impl Change {
    /// The key of the record that it is about.
    pub fn key(&self) -> RecordKey {
        match self {
            Change::Put(record) => record.key(),
            Change::Remove(key) => key.clone(),
        }
    }
}
