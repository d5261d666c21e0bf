//! The live tables: each record's table, key columns and columns, written once.
//!
//! From this list follow the SQL of every insert, update, delete and read, the spelling of a record in an event, and what `verify`
//! compares. A column marked *derived* is written for indexes and readers and checked against the record on every read, so it can
//! never say something else than the record. Deliberately absent: the log, the head and the kept figures, which are not records
//! and stand in `beside.rs`.

mod invoice;
mod payment;
mod period;
mod together;

use quittance_accounting::account::LedgerAccount;
use quittance_accounting::book::{
    BookSettings, Customer, Grant, IdempotencyRecord, NumberUse, Period, Product, Series, Token, Tombstone,
};
use quittance_accounting::content::Content;
use quittance_accounting::exchange::KeptRate;
use quittance_accounting::identity::DocumentRef;
use quittance_accounting::invoice::{Invoice, LineItem};
use quittance_accounting::journal::{Entry, ManualEntry, Posting};
use quittance_accounting::record::{Record, RecordKey};
use quittance_accounting::resource::Resource;
use quittance_accounting::rounding::Rounding;
use quittance_accounting::settlement::{
    Allocation, CreditLine, CreditNote, FormerAllocation, Payment, Refund, WriteOff,
};

use crate::error::StoreError;
use crate::field::{Cell, Field, Row, Sink, key_text};

pub(crate) use together::{take_together, write_together};

/// A live table.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns without the book: key columns first, derived columns last.
    pub columns: &'static [&'static str],
    /// How many of the columns are the key.
    pub keys: usize,
    /// How many of the columns are derived from the others.
    pub derived: usize,
}

impl Table {
    /// Its key columns, without the book.
    pub fn key(&self) -> &'static [&'static str] {
        self.columns.split_at(self.keys).0
    }
}

/// A record that lives in a table.
pub trait Stored: Row + Sized {
    /// Its table.
    const TABLE: Table;
    /// Its cells, in order of the table's columns.
    fn cells(&self) -> Vec<Cell> {
        let mut cells = Vec::with_capacity(Self::TABLE.columns.len());
        self.write(&mut cells);
        cells
    }
    /// Reads it from the cells of its columns.
    fn from_cells(cells: &[Cell]) -> Result<Self, StoreError>;
}

/// Takes cells one after the other and says which one is wrong.
pub(crate) struct Cells<'a> {
    pub(crate) table: &'static Table,
    pub(crate) cells: &'a [Cell],
    pub(crate) next: usize,
}

impl Cells<'_> {
    pub(crate) fn wrong(&self, column: usize) -> StoreError {
        let key = &self.cells[..self.table.keys.min(self.cells.len())];
        StoreError::CorruptRow {
            table: self.table.name,
            column: self.table.columns.get(column).copied().unwrap_or("?"),
            row: key_text(key),
            found: self.cells.get(column).unwrap_or(&Cell::Null).to_string(),
        }
    }

    pub(crate) fn take<T: Field>(&mut self) -> Result<T, StoreError> {
        let at = self.next;
        self.next += 1;
        self.cells.get(at).and_then(T::read).ok_or_else(|| self.wrong(at))
    }

    /// Checks a derived column against what the record says.
    pub(crate) fn check<T: Field + PartialEq>(&mut self, derived: T) -> Result<(), StoreError> {
        let at = self.next;
        if self.take::<T>()? == derived {
            Ok(())
        } else {
            Err(self.wrong(at))
        }
    }
}

/// Refuses a row that spells what it says otherwise than it is written: `again` are the cells as they would be written. Texts
/// are compared and ordered as they stand, and a hash is made of one spelling, so there must be no second one.
pub(crate) fn spelled(table: &'static Table, cells: &[Cell], again: &[Cell]) -> Result<(), StoreError> {
    match cells.iter().zip(again).position(|(found, written)| found != written) {
        Some(column) => Err(Cells { table, cells, next: 0 }.wrong(column)),
        None => Ok(()),
    }
}

macro_rules! stored {
    ($($record:ident in $table:literal key($($key:ident),*) fields($($field:ident),*)
        $(together($both:ident: $($column:literal),*))? derived($($derived:ident = $value:expr),*);)*) => {$(
        impl Row for $record {
            fn write(&self, to: &mut impl Sink) {
                $(self.$key.write(to);)* $(self.$field.write(to);)* $(write_together(&self.$both, to);)?
                $({ let value: fn(&$record) -> Cell = $value; [value(self)].write(to); })*
            }
        }
        impl Stored for $record {
            const TABLE: Table = Table {
                name: $table,
                columns: &[$(stringify!($key),)* $(stringify!($field),)* $($($column,)*)? $(stringify!($derived),)*],
                keys: [$(stringify!($key)),*].len(),
                derived: <[&str]>::len(&[$(stringify!($derived)),*]),
            };
            fn from_cells(cells: &[Cell]) -> Result<Self, StoreError> {
                let mut cells = Cells { table: &Self::TABLE, cells, next: 0 };
                let record = $record { $($key: cells.take()?,)* $($field: cells.take()?,)* $($both: take_together(&mut cells)?,)? };
                $(
                    let value: fn(&$record) -> Cell = $value;
                    let (at, expected) = (cells.next, value(&record));
                    cells.next += 1;
                    if cells.cells.get(at) != Some(&expected) {
                        let _ = stringify!($derived);
                        return Err(cells.wrong(at));
                    }
                )*
                Ok(record)
            }
        }
    )*};
}

stored! {
    LedgerAccount in "account" key(key) fields(code, stable_name, name, kind, role, active) derived();
    Customer in "customer" key(key) fields(id, external_id, created_at, updated_at, archived_at, content) derived();
    Product in "product" key(key) fields(id, account, created_at, content) derived();
    LineItem in "line" key(invoice, place) fields(account, product, quantity, unit_price, subtotal, discount, taxes) derived();
    Posting in "posting" key(entry, place) fields(account, date, side, amount)
        together(foreign: "currency", "foreign_amount")
        derived();
    ManualEntry in "manual_entry" key(key) fields(id, external_id, reverses, reversed_by, created_at, content) derived();
    Allocation in "allocation" key(payment, place) fields(invoice, amount, from_unapplied, entry)
        together(exchange: "received", "settled")
        derived();
    FormerAllocation in "former_allocation" key(payment, place)
        fields(invoice, amount, from_unapplied, entry, undone)
        together(exchange: "received", "settled")
        derived();
    CreditNote in "credit_note" key(key)
        fields(id, source, number, external_id, invoice, tax, held_until, handed_over_at, content)
        derived();
    CreditLine in "credit_line" key(credit_note, place) fields(line, account, product, amount, taxes) derived();
    Refund in "refund" key(key)
        fields(id, invoice, line, payment, customer, pays, amount, owed, refunded_on, refunded_at, clearing, entry, external_id, created_at, content)
        together(exchange: "currency", "rate", "booked")
        derived();
    WriteOff in "write_off" key(key)
        fields(id, invoice, amount, written_off_on, written_off_at, account, entry, external_id, created_at, content)
        together(exchange: "currency", "booked")
        derived();
    Series in "series" key(prefix) fields(next) derived();
    Resource in "resource" key(key) fields(id, kind, name, belongs_to, created_at, updated_at, content) derived();
    Token in "token" key(key) fields(digest, name, role, scopes, created_at, expires_at, revoked_at) derived();
    KeptRate in "exchange_rate" key(currency, day) fields(rate) derived();
    Grant in "access_grant" key(digest) fields(token, client, kind, scopes, granted_at, expires_at) derived();
}

impl Row for BookSettings {
    fn write(&self, to: &mut impl Sink) {
        let BookSettings {
            id,
            name,
            currency,
            zone,
            closed_through,
            retention_days,
            rounding,
            created_at,
        } = self;
        id.write(to);
        name.write(to);
        currency.write(to);
        zone.write(to);
        closed_through.write(to);
        retention_days.write(to);
        rounding.per.write(to);
        rounding.half.write(to);
        created_at.write(to);
    }
}

impl Stored for BookSettings {
    const TABLE: Table = Table {
        name: "book",
        columns: &[
            "id",
            "name",
            "currency",
            "zone",
            "closed_through",
            "retention_days",
            "rounded_per",
            "rounded_half",
            "created_at",
        ],
        keys: 0,
        derived: 0,
    };
    fn from_cells(cells: &[Cell]) -> Result<Self, StoreError> {
        let mut cells = Cells {
            table: &Self::TABLE,
            cells,
            next: 0,
        };
        Ok(BookSettings {
            id: cells.take()?,
            name: cells.take()?,
            currency: cells.take()?,
            zone: cells.take()?,
            closed_through: cells.take()?,
            retention_days: cells.take()?,
            rounding: Rounding {
                per: cells.take()?,
                half: cells.take()?,
            },
            created_at: cells.take()?,
        })
    }
}

/// The document that a row names with two columns.
fn document(cells: &mut Cells<'_>) -> Result<DocumentRef, StoreError> {
    Ok(DocumentRef {
        kind: cells.take()?,
        number: cells.take()?,
    })
}

impl Row for Entry {
    fn write(&self, to: &mut impl Sink) {
        let Entry {
            key,
            date,
            kind,
            document,
            invoice,
            postings,
        } = self;
        key.write(to);
        date.write(to);
        kind.write(to);
        document.kind.write(to);
        document.number.write(to);
        invoice.write(to);
        postings.write(to);
    }
}

impl Stored for Entry {
    const TABLE: Table = Table {
        name: "entry",
        columns: &[
            "key",
            "date",
            "kind",
            "document_kind",
            "document_number",
            "invoice",
            "postings",
        ],
        keys: 1,
        derived: 0,
    };
    fn from_cells(cells: &[Cell]) -> Result<Self, StoreError> {
        let mut cells = Cells {
            table: &Self::TABLE,
            cells,
            next: 0,
        };
        Ok(Entry {
            key: cells.take()?,
            date: cells.take()?,
            kind: cells.take()?,
            document: document(&mut cells)?,
            invoice: cells.take()?,
            postings: cells.take()?,
        })
    }
}

impl Row for NumberUse {
    fn write(&self, to: &mut impl Sink) {
        let NumberUse {
            number,
            counted,
            document,
            state,
        } = self;
        number.write(to);
        counted.write(to);
        document.kind.write(to);
        document.number.write(to);
        state.write(to);
    }
}

impl Stored for NumberUse {
    const TABLE: Table = Table {
        name: "number_use",
        columns: &["number", "counted", "document_kind", "document_number", "state"],
        keys: 1,
        derived: 0,
    };
    fn from_cells(cells: &[Cell]) -> Result<Self, StoreError> {
        let mut cells = Cells {
            table: &Self::TABLE,
            cells,
            next: 0,
        };
        Ok(NumberUse {
            number: cells.take()?,
            counted: cells.take()?,
            document: document(&mut cells)?,
            state: cells.take()?,
        })
    }
}

impl Row for Tombstone {
    fn write(&self, to: &mut impl Sink) {
        let Tombstone {
            document,
            id,
            seq,
            deleted_at,
            rules,
            readable,
            fate,
            removed,
        } = self;
        let removed = crate::codec::records_text(removed);
        document.kind.write(to);
        document.number.write(to);
        id.write(to);
        seq.write(to);
        deleted_at.write(to);
        rules.write(to);
        readable.write(to);
        fate.write(to);
        to.text(&removed);
    }
}

impl Stored for Tombstone {
    const TABLE: Table = Table {
        name: "tombstone",
        columns: &[
            "kind",
            "number",
            "id",
            "seq",
            "deleted_at",
            "rules",
            "readable",
            "fate",
            "removed",
        ],
        keys: 2,
        derived: 0,
    };
    fn from_cells(cells: &[Cell]) -> Result<Self, StoreError> {
        let mut cells = Cells {
            table: &Self::TABLE,
            cells,
            next: 0,
        };
        Ok(Tombstone {
            document: document(&mut cells)?,
            id: cells.take()?,
            seq: cells.take()?,
            deleted_at: cells.take()?,
            rules: cells.take()?,
            readable: cells.take()?,
            fate: cells.take()?,
            removed: {
                let text: String = cells.take()?;
                crate::codec::records_from_text(&text).ok_or_else(|| cells.wrong(cells.next - 1))?
            },
        })
    }
}

impl Row for IdempotencyRecord {
    fn write(&self, to: &mut impl Sink) {
        let IdempotencyRecord {
            key,
            seq,
            request,
            subject,
            recorded_at,
        } = self;
        key.write(to);
        seq.write(to);
        request.write(to);
        subject.kind.write(to);
        subject.number.write(to);
        recorded_at.write(to);
    }
}

impl Stored for IdempotencyRecord {
    const TABLE: Table = Table {
        name: "idempotency",
        columns: &["key", "seq", "request", "subject_kind", "subject_number", "recorded_at"],
        keys: 1,
        derived: 0,
    };
    fn from_cells(cells: &[Cell]) -> Result<Self, StoreError> {
        let mut cells = Cells {
            table: &Self::TABLE,
            cells,
            next: 0,
        };
        Ok(IdempotencyRecord {
            key: cells.take()?,
            seq: cells.take()?,
            request: cells.take()?,
            subject: document(&mut cells)?,
            recorded_at: cells.take()?,
        })
    }
}

impl Row for Content {
    fn write(&self, to: &mut impl Sink) {
        let Content { document, salt, body } = self;
        document.kind.write(to);
        document.number.write(to);
        salt.write(to);
        body.write(to);
    }
}

impl Stored for Content {
    const TABLE: Table = Table {
        name: "content",
        columns: &["kind", "number", "salt", "body"],
        keys: 2,
        derived: 0,
    };
    fn from_cells(cells: &[Cell]) -> Result<Self, StoreError> {
        let mut cells = Cells {
            table: &Self::TABLE,
            cells,
            next: 0,
        };
        Ok(Content {
            document: document(&mut cells)?,
            salt: cells.take()?,
            body: cells.take()?,
        })
    }
}

macro_rules! tables {
    ($($kind:ident($record:ty)),* $(,)?) => {
        /// Every live table, in the order in which rows are written.
        pub const TABLES: &[Table] = &[$(<$record as Stored>::TABLE),*];

        /// The table of a record.
        pub fn table_of(record: &Record) -> &'static Table {
            match record {
                $(Record::$kind(_) => &<$record as Stored>::TABLE,)*
            }
        }

        impl Row for Record {
            fn write(&self, to: &mut impl Sink) {
                match self {
                    $(Record::$kind(record) => record.write(to),)*
                }
            }
        }

        /// The cells of a record.
        pub fn cells_of(record: &Record) -> Vec<Cell> {
            match record {
                $(Record::$kind(record) => record.cells(),)*
            }
        }

        /// Reads a record of a table from its cells.
        pub fn record_of(table: &str, cells: &[Cell]) -> Result<Option<Record>, StoreError> {
            $(if table == <$record as Stored>::TABLE.name {
                return <$record as Stored>::from_cells(cells).map(|record| Some(record.into()));
            })*
            Ok(None)
        }

        /// The table that a key belongs to.
        pub fn table_of_key(key: &RecordKey) -> &'static Table {
            match key {
                $(RecordKey::$kind(_) => &<$record as Stored>::TABLE,)*
            }
        }
    };
}

tables! {
    Settings(BookSettings), Period(Period), Account(LedgerAccount), Customer(Customer), Product(Product), Invoice(Invoice), Line(LineItem),
    Entry(Entry), Posting(Posting), ManualEntry(ManualEntry), Payment(Payment), Allocation(Allocation), FormerAllocation(FormerAllocation),
    CreditNote(CreditNote), CreditLine(CreditLine), Refund(Refund), WriteOff(WriteOff),
    Series(Series), Number(NumberUse), Tombstone(Tombstone), Idempotency(IdempotencyRecord), Token(Token), Resource(Resource),
    Grant(Grant), Rate(KeptRate), Content(Content),
}

impl Row for RecordKey {
    fn write(&self, to: &mut impl Sink) {
        match self {
            RecordKey::Settings(()) => {}
            RecordKey::Period(closing) => {
                closing.write(to);
            }
            RecordKey::Account(key) => {
                key.write(to);
            }
            RecordKey::Customer(key) => {
                key.write(to);
            }
            RecordKey::Product(key) => {
                key.write(to);
            }
            RecordKey::Invoice(key) => {
                key.write(to);
            }
            RecordKey::Line((invoice, place)) => {
                invoice.write(to);
                place.write(to);
            }
            RecordKey::Entry(key) | RecordKey::ManualEntry(key) => {
                key.write(to);
            }
            RecordKey::Posting((entry, place)) => {
                entry.write(to);
                place.write(to);
            }
            RecordKey::Payment(key) => {
                key.write(to);
            }
            RecordKey::Allocation((payment, place)) | RecordKey::FormerAllocation((payment, place)) => {
                payment.write(to);
                place.write(to);
            }
            RecordKey::CreditNote(key) => {
                key.write(to);
            }
            RecordKey::CreditLine((credit_note, place)) => {
                credit_note.write(to);
                place.write(to);
            }
            RecordKey::Refund(key) => {
                key.write(to);
            }
            RecordKey::WriteOff(key) => {
                key.write(to);
            }
            RecordKey::Series(prefix) => {
                prefix.write(to);
            }
            RecordKey::Number(number) => {
                number.write(to);
            }
            RecordKey::Tombstone(document) | RecordKey::Content(document) => {
                document.kind.write(to);
                document.number.write(to);
            }
            RecordKey::Idempotency(key) => {
                key.write(to);
            }
            RecordKey::Token(key) => {
                key.write(to);
            }
            RecordKey::Resource(key) => {
                key.write(to);
            }
            RecordKey::Grant(digest) => {
                digest.write(to);
            }
            RecordKey::Rate((currency, day)) => {
                currency.write(to);
                day.write(to);
            }
        }
    }
}

/// The key cells of a record key.
pub fn key_cells(key: &RecordKey) -> Vec<Cell> {
    let mut cells = Vec::with_capacity(2);
    key.write(&mut cells);
    cells
}

/// Reads a record key of a table from its key cells.
pub fn key_of(table: &str, cells: &[Cell]) -> Option<RecordKey> {
    let one = || cells.first();
    let number = |at: usize| cells.get(at).and_then(i64::read);
    let document = || {
        Some(DocumentRef {
            kind: Field::read(one()?)?,
            number: number(1)?,
        })
    };
    Some(match table {
        "book" => RecordKey::Settings(()),
        "period" => RecordKey::Period(number(0)?),
        "account" => RecordKey::Account(Field::read(one()?)?),
        "customer" => RecordKey::Customer(Field::read(one()?)?),
        "product" => RecordKey::Product(Field::read(one()?)?),
        "invoice" => RecordKey::Invoice(Field::read(one()?)?),
        "line" => RecordKey::Line((Field::read(one()?)?, number(1)?)),
        "entry" => RecordKey::Entry(Field::read(one()?)?),
        "posting" => RecordKey::Posting((Field::read(one()?)?, number(1)?)),
        "manual_entry" => RecordKey::ManualEntry(Field::read(one()?)?),
        "payment" => RecordKey::Payment(Field::read(one()?)?),
        "former_allocation" => RecordKey::FormerAllocation((Field::read(one()?)?, number(1)?)),
        "allocation" => RecordKey::Allocation((Field::read(one()?)?, number(1)?)),
        "credit_note" => RecordKey::CreditNote(Field::read(one()?)?),
        "credit_line" => RecordKey::CreditLine((Field::read(one()?)?, number(1)?)),
        "refund" => RecordKey::Refund(Field::read(one()?)?),
        "write_off" => RecordKey::WriteOff(Field::read(one()?)?),
        "series" => RecordKey::Series(Field::read(one()?)?),
        "number_use" => RecordKey::Number(Field::read(one()?)?),
        "tombstone" => RecordKey::Tombstone(document()?),
        "idempotency" => RecordKey::Idempotency(Field::read(one()?)?),
        "token" => RecordKey::Token(Field::read(one()?)?),
        "resource" => RecordKey::Resource(Field::read(one()?)?),
        "access_grant" => RecordKey::Grant(Field::read(one()?)?),
        "exchange_rate" => RecordKey::Rate((Field::read(one()?)?, Field::read(cells.get(1)?)?)),
        "content" => RecordKey::Content(document()?),
        _ => return None,
    })
}
