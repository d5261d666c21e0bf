//! The live tables: each record's table, key columns and columns, written once.
//!
//! From this list follow the SQL of every insert, update, delete and read, the spelling of a record in an event, and what `verify`
//! compares. A column marked *derived* is written for indexes and readers and checked against the record on every read, so it can
//! never say something else than the record. Deliberately absent: the log, the head and the kept figures, which are not records
//! and stand in `beside.rs`.

use quittance_accounting::account::LedgerAccount;
use quittance_accounting::book::{
    BookSettings, Customer, IdempotencyRecord, NumberUse, Product, Series, Token, Tombstone,
};
use quittance_accounting::content::Content;
use quittance_accounting::identity::DocumentRef;
use quittance_accounting::invoice::{Invoice, IssuedThenVoid, LineItem, Stage, Standing};
use quittance_accounting::journal::{Entry, Posting};
use quittance_accounting::money::Amount;
use quittance_accounting::record::{Record, RecordKey};
use quittance_accounting::settlement::{Allocation, Payment, Refund, WriteOff};

use crate::error::StoreError;
use crate::field::{Cell, Field};

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

/// A record that lives in a table.
pub trait Stored: Sized {
    /// Its table.
    const TABLE: Table;
    /// Its cells, in order of the table's columns.
    fn cells(&self) -> Vec<Cell>;
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
            row: format!("{key:?}"),
            found: format!("{:?}", self.cells.get(column)),
        }
    }

    pub(crate) fn take<T: Field>(&mut self) -> Result<T, StoreError> {
        let at = self.next;
        self.next += 1;
        self.cells.get(at).and_then(T::read).ok_or_else(|| self.wrong(at))
    }

    /// Checks a derived column against what the record says.
    fn check<T: Field + PartialEq>(&mut self, derived: T) -> Result<(), StoreError> {
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
    ($($record:ident in $table:literal key($($key:ident),*) fields($($field:ident),*) derived($($derived:ident = $value:expr),*);)*) => {$(
        impl Stored for $record {
            const TABLE: Table = Table {
                name: $table,
                columns: &[$(stringify!($key),)* $(stringify!($field),)* $(stringify!($derived),)*],
                keys: [$(stringify!($key)),*].len(),
                derived: <[&str]>::len(&[$(stringify!($derived)),*]),
            };
            fn cells(&self) -> Vec<Cell> {
                let record = self;
                vec![$(record.$key.cell(),)* $(record.$field.cell(),)* $({ let value: fn(&$record) -> Cell = $value; value(record) },)*]
            }
            fn from_cells(cells: &[Cell]) -> Result<Self, StoreError> {
                let mut cells = Cells { table: &Self::TABLE, cells, next: 0 };
                let record = $record { $($key: cells.take()?,)* $($field: cells.take()?,)* };
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
    LedgerAccount in "account" key(key) fields(code, stable_name, name, kind, role) derived();
    Customer in "customer" key(key) fields(id, external_id, created_at, updated_at, content) derived();
    Product in "product" key(key) fields(id, account, created_at, content) derived();
    LineItem in "line" key(invoice, place) fields(account, product, quantity, unit_price, subtotal, discount, taxes) derived();
    Posting in "posting" key(entry, place) fields(account, date, side, amount) derived();
    Payment in "payment" key(key)
        fields(id, customer, currency, paid_on, paid_at, amount, unallocated, method, witness, clearing, receipt_entry,
            allocations, external_id, created_at, content)
        derived();
    Allocation in "allocation" key(payment, place) fields(invoice, amount, entry) derived();
    Refund in "refund" key(key)
        fields(id, invoice, line, payment, amount, refunded_on, refunded_at, clearing, entry, external_id, created_at, content)
        derived();
    WriteOff in "write_off" key(key)
        fields(id, invoice, amount, written_off_on, written_off_at, account, entry, external_id, created_at, content)
        derived();
    Series in "series" key(prefix) fields(next) derived();
    NumberUse in "number_use" key(number) fields(counted, invoice, state) derived();
    Token in "token" key(key) fields(digest, name, role, scopes, created_at, expires_at, revoked_at) derived();
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
            "created_at",
        ],
        keys: 0,
        derived: 0,
    };
    fn cells(&self) -> Vec<Cell> {
        let BookSettings {
            id,
            name,
            currency,
            zone,
            closed_through,
            retention_days,
            created_at,
        } = self;
        vec![
            id.cell(),
            name.cell(),
            currency.cell(),
            zone.cell(),
            closed_through.cell(),
            retention_days.cell(),
            created_at.cell(),
        ]
    }
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
    fn cells(&self) -> Vec<Cell> {
        let Entry {
            key,
            date,
            kind,
            document,
            invoice,
            postings,
        } = self;
        vec![
            key.cell(),
            date.cell(),
            kind.cell(),
            document.kind.cell(),
            document.number.cell(),
            invoice.cell(),
            postings.cell(),
        ]
    }
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
    fn cells(&self) -> Vec<Cell> {
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
        vec![
            document.kind.cell(),
            document.number.cell(),
            id.cell(),
            seq.cell(),
            deleted_at.cell(),
            rules.cell(),
            readable.cell(),
            fate.cell(),
            Cell::Text(removed),
        ]
    }
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

impl Stored for IdempotencyRecord {
    const TABLE: Table = Table {
        name: "idempotency",
        columns: &["key", "request", "subject_kind", "subject_number", "recorded_at"],
        keys: 1,
        derived: 0,
    };
    fn cells(&self) -> Vec<Cell> {
        let IdempotencyRecord {
            key,
            request,
            subject,
            recorded_at,
        } = self;
        vec![
            key.cell(),
            request.cell(),
            subject.kind.cell(),
            subject.number.cell(),
            recorded_at.cell(),
        ]
    }
    fn from_cells(cells: &[Cell]) -> Result<Self, StoreError> {
        let mut cells = Cells {
            table: &Self::TABLE,
            cells,
            next: 0,
        };
        Ok(IdempotencyRecord {
            key: cells.take()?,
            request: cells.take()?,
            subject: document(&mut cells)?,
            recorded_at: cells.take()?,
        })
    }
}

impl Stored for Content {
    const TABLE: Table = Table {
        name: "content",
        columns: &["kind", "number", "salt", "body"],
        keys: 2,
        derived: 0,
    };
    fn cells(&self) -> Vec<Cell> {
        let Content { document, salt, body } = self;
        vec![document.kind.cell(), document.number.cell(), salt.cell(), body.cell()]
    }
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

/// The words of an invoice's stage.
const STAGES: [&str; 3] = ["draft", "issued", "void"];

impl Stored for Invoice {
    const TABLE: Table = Table {
        name: "invoice",
        columns: &[
            "key",
            "id",
            "source",
            "customer",
            "currency",
            "stage",
            "issued_at",
            "entry",
            "voided_at",
            "void_entry",
            "number",
            "external_id",
            "invoice_date",
            "due_at",
            "due_on",
            "sent_at",
            "paid_at",
            "created_at",
            "updated_at",
            "revision",
            "subtotal",
            "discount",
            "document_discount",
            "tax",
            "document_tax",
            "tip",
            "total",
            "paid",
            "refunded",
            "written_off",
            "pending",
            "held_until",
            "handed_over_at",
            "content",
            "standing",
            "open",
        ],
        keys: 1,
        derived: 2,
    };
    fn cells(&self) -> Vec<Cell> {
        let (stage, issued_at, entry, voided_at, void_entry) = match self.stage {
            Stage::Draft => (STAGES[0], None, None, None, None),
            Stage::Issued { at, entry } => (STAGES[1], Some(at), entry, None, None),
            Stage::Void { at, issued: None } => (STAGES[2], None, None, Some(at), None),
            Stage::Void {
                at,
                issued: Some(issued),
            } => (STAGES[2], Some(issued.at), issued.entry, Some(at), issued.mirror),
        };
        vec![
            self.key.cell(),
            self.id.cell(),
            self.source.cell(),
            self.customer.cell(),
            self.currency.cell(),
            Cell::Text(stage.to_owned()),
            issued_at.cell(),
            entry.cell(),
            voided_at.cell(),
            void_entry.cell(),
            self.number.cell(),
            self.external_id.cell(),
            self.invoice_date.cell(),
            self.due_at.cell(),
            self.due_on.cell(),
            self.sent_at.cell(),
            self.paid_at.cell(),
            self.created_at.cell(),
            self.updated_at.cell(),
            self.revision.cell(),
            self.subtotal.cell(),
            self.discount.cell(),
            self.document_discount.cell(),
            self.tax.cell(),
            self.document_tax.cell(),
            self.tip.cell(),
            self.total.cell(),
            self.paid.cell(),
            self.refunded.cell(),
            self.written_off.cell(),
            self.pending.cell(),
            self.held_until.cell(),
            self.handed_over_at.cell(),
            self.content.cell(),
            self.standing().cell(),
            self.open().cell(),
        ]
    }
    fn from_cells(cells: &[Cell]) -> Result<Self, StoreError> {
        let mut cells = Cells {
            table: &Self::TABLE,
            cells,
            next: 0,
        };
        let (key, id, source, customer, currency) = (
            cells.take()?,
            cells.take()?,
            cells.take()?,
            cells.take()?,
            cells.take()?,
        );
        let invoice = Invoice {
            key,
            id,
            source,
            customer,
            currency,
            stage: read_stage(&mut cells)?,
            number: cells.take()?,
            external_id: cells.take()?,
            invoice_date: cells.take()?,
            due_at: cells.take()?,
            due_on: cells.take()?,
            sent_at: cells.take()?,
            paid_at: cells.take()?,
            created_at: cells.take()?,
            updated_at: cells.take()?,
            revision: cells.take()?,
            subtotal: cells.take()?,
            discount: cells.take()?,
            document_discount: cells.take()?,
            tax: cells.take()?,
            document_tax: cells.take()?,
            tip: cells.take()?,
            total: cells.take()?,
            paid: cells.take()?,
            refunded: cells.take()?,
            written_off: cells.take()?,
            pending: cells.take()?,
            held_until: cells.take()?,
            handed_over_at: cells.take()?,
            content: cells.take()?,
        };
        cells.check::<Standing>(invoice.standing())?;
        cells.check::<Amount>(invoice.open())?;
        Ok(invoice)
    }
}

/// Reads a stage with its evidence; a stage without it, or evidence without its stage, is a corrupt row.
fn read_stage(cells: &mut Cells<'_>) -> Result<Stage, StoreError> {
    let at_stage = cells.next;
    let stage: String = cells.take()?;
    let issued_at = cells.take::<Option<jiff::Timestamp>>()?;
    let entry = cells.take()?;
    let voided_at = cells.take::<Option<jiff::Timestamp>>()?;
    let mirror = cells.take()?;
    match (stage.as_str(), issued_at, entry, voided_at, mirror) {
        ("draft", None, None, None, None) => Ok(Stage::Draft),
        ("issued", Some(at), entry, None, None) => Ok(Stage::Issued { at, entry }),
        ("void", None, None, Some(at), None) => Ok(Stage::Void { at, issued: None }),
        ("void", Some(issued_at), entry, Some(at), mirror) => Ok(Stage::Void {
            at,
            issued: Some(IssuedThenVoid {
                at: issued_at,
                entry,
                mirror,
            }),
        }),
        _ => Err(cells.wrong(at_stage)),
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
    Settings(BookSettings), Account(LedgerAccount), Customer(Customer), Product(Product), Invoice(Invoice), Line(LineItem),
    Entry(Entry), Posting(Posting), Payment(Payment), Allocation(Allocation), Refund(Refund), WriteOff(WriteOff),
    Series(Series), Number(NumberUse), Tombstone(Tombstone), Idempotency(IdempotencyRecord), Token(Token), Content(Content),
}

/// The key cells of a record key.
pub fn key_cells(key: &RecordKey) -> Vec<Cell> {
    match key {
        RecordKey::Settings(()) => vec![],
        RecordKey::Account(key) => vec![key.cell()],
        RecordKey::Customer(key) => vec![key.cell()],
        RecordKey::Product(key) => vec![key.cell()],
        RecordKey::Invoice(key) => vec![key.cell()],
        RecordKey::Line((invoice, place)) => vec![invoice.cell(), place.cell()],
        RecordKey::Entry(key) => vec![key.cell()],
        RecordKey::Posting((entry, place)) => vec![entry.cell(), place.cell()],
        RecordKey::Payment(key) => vec![key.cell()],
        RecordKey::Allocation((payment, place)) => vec![payment.cell(), place.cell()],
        RecordKey::Refund(key) => vec![key.cell()],
        RecordKey::WriteOff(key) => vec![key.cell()],
        RecordKey::Series(prefix) => vec![prefix.cell()],
        RecordKey::Number(number) => vec![number.cell()],
        RecordKey::Tombstone(document) | RecordKey::Content(document) => {
            vec![document.kind.cell(), document.number.cell()]
        }
        RecordKey::Idempotency(key) => vec![key.cell()],
        RecordKey::Token(key) => vec![key.cell()],
    }
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
        "account" => RecordKey::Account(Field::read(one()?)?),
        "customer" => RecordKey::Customer(Field::read(one()?)?),
        "product" => RecordKey::Product(Field::read(one()?)?),
        "invoice" => RecordKey::Invoice(Field::read(one()?)?),
        "line" => RecordKey::Line((Field::read(one()?)?, number(1)?)),
        "entry" => RecordKey::Entry(Field::read(one()?)?),
        "posting" => RecordKey::Posting((Field::read(one()?)?, number(1)?)),
        "payment" => RecordKey::Payment(Field::read(one()?)?),
        "allocation" => RecordKey::Allocation((Field::read(one()?)?, number(1)?)),
        "refund" => RecordKey::Refund(Field::read(one()?)?),
        "write_off" => RecordKey::WriteOff(Field::read(one()?)?),
        "series" => RecordKey::Series(Field::read(one()?)?),
        "number_use" => RecordKey::Number(Field::read(one()?)?),
        "tombstone" => RecordKey::Tombstone(document()?),
        "idempotency" => RecordKey::Idempotency(Field::read(one()?)?),
        "token" => RecordKey::Token(Field::read(one()?)?),
        "content" => RecordKey::Content(document()?),
        _ => return None,
    })
}
