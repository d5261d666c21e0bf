//! Gathering: the rows that decisions want, by key or by index, and nothing else of the book.

use std::collections::HashSet;
use std::sync::OnceLock;

use quittance_accounting::account::LedgerAccount;
use quittance_accounting::book::{Customer, Product, Tombstone};
use quittance_accounting::identity::{
    BookKey, CustomerKey, DocumentKind, DocumentRef, EntryKey, InvoiceKey, PaymentKey, ProductKey,
};
use quittance_accounting::invoice::{Invoice, LineItem};
use quittance_accounting::journal::Posting;
use quittance_accounting::kept::{BalanceKey, Deltas};
use quittance_accounting::record::{Record, RecordKey};
use quittance_accounting::settlement::{Allocation, Payment, Refund, WriteOff};
use quittance_accounting::snapshot::{Named, Snapshot, Want};
use rusqlite::Connection;

use super::query::balance;
use super::rows::{record, rows, statements};
use crate::error::StoreError;
use crate::field::{Cell, Field};
use crate::tables::{Stored, Table, key_cells, table_of_key};

/// Loads what is wanted into the snapshot; the settings of the book come along always.
pub(super) fn gather(
    connection: &Connection,
    book: BookKey,
    wants: &[Want],
    into: &mut Snapshot,
) -> Result<(), StoreError> {
    let mut gatherer = Gatherer {
        connection,
        book: Cell::Int(book.0),
        into,
        loaded: HashSet::new(),
        balances: HashSet::new(),
    };
    gatherer.key(RecordKey::Settings(()))?;
    for want in wants {
        gatherer.want(want)?;
    }
    for want in wants {
        into.note_gathered(want.clone());
    }
    Ok(())
}

struct Gatherer<'a> {
    connection: &'a Connection,
    book: Cell,
    into: &'a mut Snapshot,
    /// What was looked for in this round: wants overlap, and nothing changes while they are gathered.
    loaded: HashSet<RecordKey>,
    balances: HashSet<BalanceKey>,
}

fn tombstone_by_id() -> &'static str {
    static SQL: OnceLock<String> = OnceLock::new();
    SQL.get_or_init(|| {
        let columns = Tombstone::TABLE.columns.join(", ");
        format!("select {columns} from tombstone where book = ?1 and kind = ?2 and id = ?3")
    })
}

impl Gatherer<'_> {
    fn find(&self, table: &'static Table, sql: &str, arguments: &[Cell]) -> Result<Vec<Record>, StoreError> {
        let found = rows(
            self.connection,
            table,
            sql,
            std::iter::once(&self.book).chain(arguments),
        )?;
        found.into_iter().map(|cells| record(table, &cells?)).collect()
    }

    /// The records with a value in a column.
    fn by(&self, table: &'static Table, column: &'static str, value: Cell) -> Result<Vec<Record>, StoreError> {
        self.find(table, statements(table)?.by(column)?, &[value])
    }

    /// The record with a key.
    fn get(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        let table = table_of_key(key);
        Ok(self.find(table, &statements(table)?.by_key, &key_cells(key))?.pop())
    }

    fn load(&mut self, record: Record) {
        self.loaded.insert(record.key());
        self.into.load(record);
    }

    fn key(&mut self, key: RecordKey) -> Result<(), StoreError> {
        if self.loaded.contains(&key) {
            return Ok(());
        }
        if let Some(record) = self.get(&key)? {
            self.into.load(record);
        }
        self.loaded.insert(key);
        Ok(())
    }

    fn content(&mut self, document: impl Into<DocumentRef>) -> Result<(), StoreError> {
        self.key(RecordKey::Content(document.into()))
    }

    fn document(&mut self, key: RecordKey, document: impl Into<DocumentRef>) -> Result<(), StoreError> {
        self.key(key)?;
        self.content(document)
    }

    /// The live record of this name.
    fn named(
        &self,
        table: &'static Table,
        named: &Named,
        by_number: impl FnOnce(i64) -> RecordKey,
    ) -> Result<Option<Record>, StoreError> {
        match named {
            Named::Key(number) => self.get(&by_number(*number)),
            Named::Id(id) => Ok(self.by(table, "id", id.cell())?.pop()),
            Named::External(_) if !table.columns.contains(&"external_id") => Ok(None),
            Named::External(text) => Ok(self.by(table, "external_id", text.cell())?.pop()),
        }
    }

    fn want(&mut self, want: &Want) -> Result<(), StoreError> {
        match want {
            Want::Invoice(named) => self.invoice(named, true),
            Want::InvoiceView(named) => self.invoice(named, false),
            Want::Customer(named) => {
                let by_number = |number| RecordKey::Customer(CustomerKey(number));
                self.texts_along(self.named(&Customer::TABLE, named, by_number)?)
            }
            Want::Product(named) => {
                let by_number = |number| RecordKey::Product(ProductKey(number));
                self.texts_along(self.named(&Product::TABLE, named, by_number)?)
            }
            Want::Payment(named) => {
                let found = self.named(&Payment::TABLE, named, |number| RecordKey::Payment(PaymentKey(number)))?;
                let Some(Record::Payment(payment)) = found else {
                    return Ok(());
                };
                let key = payment.key;
                self.load(payment.into());
                self.content(key)?;
                self.all(self.by(&Allocation::TABLE, "payment", key.cell())?)
            }
            Want::External(DocumentKind::Refund, text) => {
                self.all(self.by(&Refund::TABLE, "external_id", text.cell())?)
            }
            Want::External(DocumentKind::WriteOff, text) => {
                self.all(self.by(&WriteOff::TABLE, "external_id", text.cell())?)
            }
            Want::External(_, _) => Ok(()),
            Want::Chart => self.all(self.find(&LedgerAccount::TABLE, &statements(&LedgerAccount::TABLE)?.scan, &[])?),
            Want::Series(prefix) => self.key(RecordKey::Series(prefix.clone())),
            Want::Number(number) => self.key(RecordKey::Number(number.clone())),
            Want::Idempotency(key) => self.key(RecordKey::Idempotency(key.clone())),
            Want::Token(key) => self.key(RecordKey::Token(*key)),
        }
    }

    fn all(&mut self, records: Vec<Record>) -> Result<(), StoreError> {
        records.into_iter().for_each(|record| self.load(record));
        Ok(())
    }

    /// Loads a customer or a product with its texts.
    fn texts_along(&mut self, found: Option<Record>) -> Result<(), StoreError> {
        let document: DocumentRef = match &found {
            Some(Record::Customer(customer)) => customer.key.into(),
            Some(Record::Product(product)) => product.key.into(),
            _ => return Ok(()),
        };
        self.all(found.into_iter().collect())?;
        self.content(document)
    }

    fn invoice(&mut self, named: &Named, whole: bool) -> Result<(), StoreError> {
        let found = self.named(&Invoice::TABLE, named, |number| RecordKey::Invoice(InvoiceKey(number)))?;
        let Some(Record::Invoice(invoice)) = found else {
            return self.buried(named);
        };
        let key = invoice.key;
        let mut entries: Vec<EntryKey> = invoice.issue_entry().into_iter().chain(invoice.void_entry()).collect();
        let invoice = Record::Invoice(invoice);
        self.named_by(&invoice)?;
        self.load(invoice);
        self.content(key)?;
        for line in self.by(&LineItem::TABLE, "invoice", key.cell())? {
            self.named_by(&line)?;
            self.load(line);
        }
        for found in self.by(&Allocation::TABLE, "invoice", key.cell())? {
            let Record::Allocation(allocation) = &found else {
                continue;
            };
            let payment = RecordKey::Payment(allocation.payment);
            self.document(payment.clone(), allocation.payment)?;
            if self.into.tables().payments.contains_key(&allocation.payment) {
                entries.push(allocation.entry);
                self.load(found);
            }
        }
        for found in self.by(&Refund::TABLE, "invoice", key.cell())? {
            if let Record::Refund(refund) = &found {
                entries.push(refund.entry);
            }
            self.load(found);
        }
        for found in self.by(&WriteOff::TABLE, "invoice", key.cell())? {
            if let Record::WriteOff(write_off) = &found {
                entries.push(write_off.entry);
            }
            self.load(found);
        }
        if whole {
            for entry in entries {
                self.entry(entry)?;
            }
        }
        Ok(())
    }

    /// The tombstone of an invoice that is not live, its texts, and the customer, products and number that it named.
    fn buried(&mut self, named: &Named) -> Result<(), StoreError> {
        let found = match named {
            Named::Key(number) => self.get(&RecordKey::Tombstone(InvoiceKey(*number).into()))?,
            Named::Id(id) => {
                let arguments = [DocumentKind::Invoice.cell(), id.cell()];
                self.find(&Tombstone::TABLE, tombstone_by_id(), &arguments)?.pop()
            }
            Named::External(_) => None,
        };
        let Some(Record::Tombstone(tombstone)) = found else {
            return Ok(());
        };
        self.content(InvoiceKey(tombstone.document.number))?;
        for removed in &tombstone.removed {
            self.named_by(removed)?;
        }
        self.load(tombstone.into());
        Ok(())
    }

    /// The customer or the product that a record names, and its register line.
    fn named_by(&mut self, record: &Record) -> Result<(), StoreError> {
        if let Record::Invoice(invoice) = record {
            if let Some(customer) = invoice.customer {
                self.document(RecordKey::Customer(customer), customer)?;
                self.into.note_gathered(Want::Customer(Named::Key(customer.0)));
            }
            if let Some(number) = &invoice.number {
                self.key(RecordKey::Number(number.clone()))?;
                self.into.note_gathered(Want::Number(number.clone()));
            }
        } else if let Record::Line(line) = record
            && let Some(product) = line.product
        {
            self.document(RecordKey::Product(product), product)?;
        }
        Ok(())
    }

    /// An entry, its postings and the kept balances that they stand in.
    fn entry(&mut self, entry: EntryKey) -> Result<(), StoreError> {
        self.key(RecordKey::Entry(entry))?;
        let postings = self.by(&Posting::TABLE, "entry", entry.cell())?;
        let mut moved = Deltas::default();
        for posting in postings {
            moved.replace(None, Some(&posting));
            self.load(posting);
        }
        for key in moved.balances.into_keys() {
            if self.balances.insert(key) {
                let kept = balance(self.connection, &self.book, key)?;
                self.into.load_balance(key, kept);
            }
        }
        Ok(())
    }
}
