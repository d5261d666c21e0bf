//! The seam between the books and whatever stores them.
//!
//! A [`Store`] hands out units of work and readers. A [`Unit`] sees the newest state, gathers what decisions want, and commits
//! events with the net change of the live tables, all or nothing. A [`Reader`] sees one consistent state for as long as it lives.
//! Both engines answer every call alike; one conformance suite runs on both.

mod credits;
mod journal;
mod list;
mod memory;
mod migrations;
mod payments;
mod postgres;
mod said;
mod sqlite;
mod texts;

use std::path::Path;

use jiff::civil::Date;
use quittance_accounting::book::{Grant, Token};
use quittance_accounting::content::Digest;
use quittance_accounting::identity::{BookKey, DocumentId, DocumentKind, DocumentRef};
use quittance_accounting::kept::{BalanceKey, Deltas, Tally, TallyKey, Turnover};
use quittance_accounting::record::Record;
use quittance_accounting::snapshot::{NetChange, Snapshot, Want};

use crate::error::StoreError;
use crate::field::Cell;
use crate::listing::{AccountQuery, AccountRow, EntryQuery, EntryRows};
use crate::listing::{InvoicePage, InvoiceQuery, PaymentPage, PaymentQuery, ResourceQuery};
use crate::log::{Event, Head};
use crate::reports::Asked;
use crate::tables::Table;

pub use memory::{MemoryStore, Replay};
pub use postgres::PostgresStore;
#[cfg(feature = "scratch")]
pub use postgres::scratch::{Carried as CarriedOut, Scratch};
#[cfg(feature = "tamper")]
pub use sqlite::tamper::{Tampered, tamper};
pub use sqlite::{Bare, SqliteStore};

/// A book in the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookEntry {
    /// Its slot.
    pub book: BookKey,
    /// Its id everywhere.
    pub id: DocumentId,
}

/// What a unit of work commits for one book.
#[derive(Clone, Debug)]
pub struct BookCommit {
    /// The book.
    pub book: BookKey,
    /// Set when the book is new: its line in the directory.
    pub opened: Option<BookEntry>,
    /// The head that the unit started from.
    pub head_before: Head,
    /// The head after the events.
    pub head_after: Head,
    /// The events, in order.
    pub events: Vec<Event>,
    /// What became of the live records.
    pub net: Vec<NetChange>,
    /// What that does to the kept figures.
    pub deltas: Deltas,
}

/// What the directory says of a slot, or of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// The book is there.
    Listed(BookEntry),
    /// The book is being moved here. Its rows are there in part, it has no head, and nobody is served from it.
    Arriving(BookEntry),
    /// Passed over when a book with a higher slot was moved here: no book was ever there.
    Vacant {
        /// The first of the slots.
        first: BookKey,
        /// The last of them.
        last: BookKey,
    },
}

/// What becomes of a line of the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineChange {
    /// A new one.
    Put(Line),
    /// It goes.
    Remove(Line),
    /// The book that was arriving is there.
    List(BookEntry),
}

/// A step of moving a book here: carried out all or nothing, like a commit, but the rows are another store's.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The book.
    pub book: BookKey,
    /// What becomes of the directory.
    pub lines: Vec<LineChange>,
    /// Events, in order, as they are elsewhere.
    pub events: Vec<Event>,
    /// Live records to put and remove.
    pub net: Vec<NetChange>,
    /// What is added to the kept figures.
    pub deltas: Deltas,
    /// With the last step: the end of the log, from which the book is there.
    pub head: Option<Head>,
}

/// Where the books are.
#[derive(Debug)]
pub enum Store {
    /// In an SQLite file.
    Sqlite(SqliteStore),
    /// In a PostgreSQL database.
    Postgres(Box<PostgresStore>),
    /// In memory, for tests and the simulator.
    Memory(MemoryStore),
}

impl Store {
    /// Opens an SQLite file, making it if it is not there, and brings its tables to this program's version.
    pub fn open_sqlite(path: &Path) -> Result<Store, StoreError> {
        SqliteStore::open(path).map(Store::Sqlite)
    }

    /// Opens an SQLite file that is there, to read it and never to write it.
    pub fn open_sqlite_for_reading(path: &Path) -> Result<Store, StoreError> {
        SqliteStore::open_for_reading(path).map(Store::Sqlite)
    }

    /// Opens the PostgreSQL database at a `postgres://` address. Tables of an older version, or none, are brought to this program's
    /// version if the role may do that.
    pub async fn open_postgres(address: &str) -> Result<Store, StoreError> {
        let store = PostgresStore::open(address, true).await?;
        Ok(Store::Postgres(Box::new(store)))
    }

    /// Opens the PostgreSQL database at a `postgres://` address if its tables are at this program's version: none are made.
    pub async fn open_postgres_as_it_is(address: &str) -> Result<Store, StoreError> {
        let store = PostgresStore::open(address, false).await?;
        Ok(Store::Postgres(Box::new(store)))
    }

    /// Brings the tables at a `postgres://` address to this program's version as the role that owns them, and gives another role
    /// what a server needs.
    pub async fn migrate_postgres(address: &str, servers: Option<&str>) -> Result<(), StoreError> {
        PostgresStore::migrate(address, servers).await
    }

    /// Whether an address is one of PostgreSQL.
    pub fn is_postgres(address: &str) -> bool {
        postgres::is_address(address)
    }

    /// Which units of work may be under way at once.
    pub fn lanes(&self) -> Lanes {
        match self {
            Store::Sqlite(_) | Store::Memory(_) => Lanes::One,
            Store::Postgres(store) => {
                let (most, runtime) = store.lanes();
                Lanes::PerBook {
                    most,
                    runtime: runtime.clone(),
                }
            }
        }
    }

    /// An empty store in memory.
    pub fn in_memory() -> Store {
        Store::Memory(MemoryStore::default())
    }

    /// Begins a unit of work. How many may be under way at a time, [`Store::lanes`] says.
    pub async fn begin(&self) -> Result<Unit<'_>, StoreError> {
        match self {
            Store::Sqlite(store) => store.begin().map(Unit::Sqlite),
            Store::Postgres(store) => store.begin().await.map(Unit::Postgres),
            Store::Memory(store) => Ok(Unit::Memory(store.begin())),
        }
    }

    /// Opens a reader on the newest committed state.
    pub async fn reader(&self) -> Result<Reader<'_>, StoreError> {
        match self {
            Store::Sqlite(store) => store.reader().map(Reader::Sqlite),
            Store::Postgres(store) => store.reader().await.map(Reader::Postgres),
            Store::Memory(store) => Ok(Reader::Memory(store.reader())),
        }
    }

    /// The head of a book, newest state: as a reader's, but SQLite need not open one for a single question.
    pub async fn head(&self, book: BookKey) -> Result<Option<Head>, StoreError> {
        match self {
            Store::Sqlite(store) => store.head(book),
            Store::Postgres(_) | Store::Memory(_) => self.reader().await?.head(book).await,
        }
    }

    /// The token with this digest, of a book that is there, newest state.
    pub async fn token(&self, book: BookKey, digest: Digest) -> Result<Option<Token>, StoreError> {
        match self {
            Store::Sqlite(store) => store.token(book, digest),
            Store::Postgres(_) | Store::Memory(_) => self.reader().await?.token(book, digest).await,
        }
    }

    /// Makes sure that what was removed from the live tables is nowhere in the store's files any more: true when it is, false when
    /// a reader is in the way and it must be tried again.
    pub async fn scrub(&self) -> Result<bool, StoreError> {
        match self {
            Store::Sqlite(store) => store.scrub(),
            Store::Postgres(store) => store.scrub().await,
            Store::Memory(_) => Ok(true),
        }
    }

    /// From now on keeps every statement that commits carry out on SQLite, for a benchmark.
    pub fn record_statements(&self) {
        if let Store::Sqlite(store) = self {
            store.record_statements();
        }
    }

    /// Every statement that one connection to write and one to read have carried out on PostgreSQL so far, with its plan.
    #[cfg(feature = "scratch")]
    pub async fn carried_out(&self) -> Result<Vec<CarriedOut>, StoreError> {
        match self {
            Store::Postgres(store) => store.carried().await,
            Store::Sqlite(_) | Store::Memory(_) => Ok(Vec::new()),
        }
    }

    /// Hands out the statements kept so far, in order.
    pub fn take_recorded(&self) -> Vec<Carried> {
        match self {
            Store::Sqlite(store) => store.take_recorded(),
            Store::Memory(_) | Store::Postgres(_) => Vec::new(),
        }
    }
}

/// Which units of work may be under way at once.
#[derive(Clone, Debug)]
pub enum Lanes {
    /// One, of whatever books: whoever writes has the whole store.
    One,
    /// One per book: whoever writes has that book and no other.
    PerBook {
        /// How many at most.
        most: usize,
        /// The runtime that drives the engine's connections: lanes on it wait least.
        runtime: tokio::runtime::Handle,
    },
}

/// A unit of work. What waits for PostgreSQL is boxed here, as in a reader.
#[derive(Debug)]
pub enum Unit<'a> {
    /// On SQLite.
    Sqlite(sqlite::SqliteUnit<'a>),
    /// On PostgreSQL.
    Postgres(postgres::PostgresUnit<'a>),
    /// In memory.
    Memory(memory::MemoryUnit<'a>),
}

impl Unit<'_> {
    /// The slot that the next new book takes.
    pub async fn next_book(&mut self) -> Result<BookKey, StoreError> {
        match self {
            Unit::Sqlite(unit) => unit.next_book(),
            Unit::Postgres(unit) => Box::pin(unit.next_book()).await,
            Unit::Memory(unit) => Ok(unit.next_book()),
        }
    }

    /// The head of a book; `None` when there is no such book.
    pub async fn head(&mut self, book: BookKey) -> Result<Option<Head>, StoreError> {
        match self {
            Unit::Sqlite(unit) => unit.head(book),
            Unit::Postgres(unit) => Box::pin(unit.head(book)).await,
            Unit::Memory(unit) => Ok(unit.head(book)),
        }
    }

    /// Takes hold of a book and loads what is wanted into a snapshot, in one go: the head of the book, or `None` when there is no such
    /// book. What is loaded is of that head, whatever the snapshot knew before.
    pub async fn enter(
        &mut self,
        book: BookKey,
        wants: &[Want],
        into: &mut Snapshot,
    ) -> Result<Option<Head>, StoreError> {
        let asks = !wants.is_empty() || into.settings().is_err();
        if asks && let Unit::Postgres(unit) = self {
            return Box::pin(unit.enter(book, wants, into)).await;
        }
        let head = self.head(book).await?;
        if asks && head.is_some() {
            self.gather(book, wants, into).await?;
        }
        Ok(head)
    }

    /// Takes a book to be at a head, instead of taking hold of it: true where the engine can do that. If it is wrong, the unit fails
    /// with [`StoreError::Moved`] before anything is committed: when it reads, when it commits or when it is confirmed.
    pub fn assume(&mut self, book: BookKey, head: Head) -> Result<bool, StoreError> {
        match self {
            Unit::Sqlite(_) | Unit::Memory(_) => Ok(false),
            Unit::Postgres(unit) => unit.assume(book, head).map(|()| true),
        }
    }

    /// Whether the unit takes a book to be at a head without holding it. If no answer comes to its commit, that may still take place
    /// after the log was asked, as long as the book is at that head; never when it has gone on.
    pub fn assumes(&self) -> bool {
        match self {
            Unit::Sqlite(_) | Unit::Memory(_) => false,
            Unit::Postgres(unit) => unit.assumes(),
        }
    }

    /// Makes sure that what was assumed is so, where nothing is going to be committed.
    pub async fn confirm(&mut self) -> Result<(), StoreError> {
        match self {
            Unit::Sqlite(_) | Unit::Memory(_) => Ok(()),
            Unit::Postgres(unit) => Box::pin(unit.confirm()).await,
        }
    }

    /// The hash of an event; `None` when the log has none at this seq. Asked to find out what became of a commit in doubt: nobody
    /// else changes the book meanwhile.
    pub async fn event_hash(&mut self, book: BookKey, seq: i64) -> Result<Option<Digest>, StoreError> {
        match self {
            Unit::Sqlite(unit) => unit.event_hash(book, seq),
            Unit::Postgres(unit) => Box::pin(unit.event_hash(book, seq)).await,
            Unit::Memory(unit) => Ok(unit.event_hash(book, seq)),
        }
    }

    /// Loads what is wanted into the snapshot; the settings of the book come along always.
    pub async fn gather(&mut self, book: BookKey, wants: &[Want], into: &mut Snapshot) -> Result<(), StoreError> {
        match self {
            Unit::Sqlite(unit) => unit.gather(book, wants, into),
            Unit::Postgres(unit) => Box::pin(unit.gather(book, wants, into)).await,
            Unit::Memory(unit) => {
                unit.gather(book, wants, into);
                Ok(())
            }
        }
    }

    /// Loads kept balances into the snapshot, zero where there are none.
    pub async fn load_balances(
        &mut self,
        book: BookKey,
        keys: &[BalanceKey],
        into: &mut Snapshot,
    ) -> Result<(), StoreError> {
        match self {
            Unit::Sqlite(unit) => unit.load_balances(book, keys, into),
            Unit::Postgres(unit) => Box::pin(unit.load_balances(book, keys, into)).await,
            Unit::Memory(unit) => {
                unit.gather(book, &as_wants(keys), into);
                Ok(())
            }
        }
    }

    /// Carries a step of moving a book here out, durably, all or nothing. Nothing is moved into memory.
    pub async fn arrive(self, arrival: &Arrival) -> Result<(), StoreError> {
        match self {
            Unit::Sqlite(unit) => unit.arrive(arrival),
            Unit::Postgres(unit) => Box::pin(unit.arrive(arrival)).await,
            Unit::Memory(_) => Err(StoreError::Engine {
                doing: "moving a book",
                message: "books in memory have no address".to_owned(),
            }),
        }
    }

    /// Commits durably, all or nothing.
    pub async fn commit(self, commits: Vec<BookCommit>) -> Result<(), StoreError> {
        match self {
            Unit::Sqlite(unit) => unit.commit(commits),
            Unit::Postgres(unit) => Box::pin(unit.commit(commits)).await,
            Unit::Memory(unit) => unit.commit(commits),
        }
    }
}

/// In memory a balance is found like anything else.
fn as_wants(keys: &[BalanceKey]) -> Vec<Want> {
    keys.iter().copied().map(Want::Turnover).collect()
}

/// A reader of one consistent state.
#[derive(Debug)]
pub enum Reader<'a> {
    /// On SQLite.
    Sqlite(sqlite::SqliteReader<'a>),
    /// On PostgreSQL.
    Postgres(postgres::PostgresReader<'a>),
    /// In memory.
    Memory(memory::MemoryReader),
}

macro_rules! read {
    ($self:ident, $reader:ident => $call:expr) => {
        match $self {
            Reader::Sqlite($reader) => $call,
            // Boxed, because whoever waits for any engine would be as large as what waits for this one, and is moved about.
            Reader::Postgres($reader) => Box::pin($call).await,
            Reader::Memory($reader) => $call,
        }
    };
}

impl Reader<'_> {
    /// Every book, in order of slot.
    pub async fn directory(&self) -> Result<Vec<BookEntry>, StoreError> {
        read!(self, reader => reader.directory())
    }

    /// Every line of the directory in order of slot, those of books on their way and of slots passed over as well.
    pub async fn lines(&self) -> Result<Vec<Line>, StoreError> {
        match self {
            Reader::Sqlite(reader) => reader.lines(),
            Reader::Postgres(reader) => reader.lines().await,
            Reader::Memory(reader) => reader
                .directory()
                .map(|all| all.into_iter().map(Line::Listed).collect()),
        }
    }

    /// The head of a book; `None` when there is no such book.
    pub async fn head(&self, book: BookKey) -> Result<Option<Head>, StoreError> {
        read!(self, reader => reader.head(book))
    }

    /// Loads what is wanted into the snapshot; the settings of the book come along always.
    pub async fn gather(&self, book: BookKey, wants: &[Want], into: &mut Snapshot) -> Result<(), StoreError> {
        read!(self, reader => reader.gather(book, wants, into))
    }

    /// Loads kept balances into the snapshot, zero where there are none.
    pub async fn load_balances(
        &self,
        book: BookKey,
        keys: &[BalanceKey],
        into: &mut Snapshot,
    ) -> Result<(), StoreError> {
        match self {
            Reader::Sqlite(reader) => reader.load_balances(book, keys, into),
            Reader::Postgres(reader) => reader.load_balances(book, keys, into).await,
            Reader::Memory(reader) => reader.gather(book, &as_wants(keys), into),
        }
    }

    /// The token with this digest, of a book that is there.
    pub async fn token(&self, book: BookKey, digest: Digest) -> Result<Option<Token>, StoreError> {
        read!(self, reader => reader.token(book, digest))
    }

    /// Every token of a book, in order of number.
    pub async fn tokens(&self, book: BookKey) -> Result<Vec<Token>, StoreError> {
        read!(self, reader => reader.tokens(book))
    }

    /// Everything granted on a book's tokens, in order of digest.
    pub async fn grants(&self, book: BookKey) -> Result<Vec<Grant>, StoreError> {
        read!(self, reader => reader.grants(book))
    }

    /// A page of invoices on one side of those without the value that they are in order of; in memory of both.
    pub(crate) async fn invoices_on_a_side(
        &self,
        book: BookKey,
        query: &InvoiceQuery,
    ) -> Result<InvoicePage, StoreError> {
        read!(self, reader => reader.invoices(book, query))
    }

    /// A page of payments.
    pub async fn payments(&self, book: BookKey, query: &PaymentQuery) -> Result<PaymentPage, StoreError> {
        read!(self, reader => reader.payments(book, query))
    }

    /// The numbers of the documents of a kind in order of creation, after passing over `offset` of them.
    pub async fn documents(
        &self,
        book: BookKey,
        kind: DocumentKind,
        offset: i64,
        limit: i64,
    ) -> Result<Vec<i64>, StoreError> {
        read!(self, reader => reader.documents(book, kind, offset, limit))
    }

    /// The numbers of resources, in order.
    pub async fn resources(&self, book: BookKey, query: &ResourceQuery) -> Result<Vec<i64>, StoreError> {
        read!(self, reader => reader.resources(book, query))
    }

    /// A page of journal entries with their postings.
    pub async fn entries(&self, book: BookKey, query: &EntryQuery) -> Result<Vec<EntryRows>, StoreError> {
        read!(self, reader => reader.entries(book, query))
    }

    /// A page of the postings of an account.
    pub async fn postings_of(&self, book: BookKey, query: &AccountQuery) -> Result<Vec<AccountRow>, StoreError> {
        read!(self, reader => reader.postings_of(book, query))
    }

    /// The kept balances of a book, in order of account, grain and start.
    pub async fn balances(&self, book: BookKey) -> Result<Vec<(BalanceKey, Turnover)>, StoreError> {
        read!(self, reader => reader.balances(book))
    }

    /// The kept tallies of a book.
    pub async fn tallies(&self, book: BookKey) -> Result<Vec<(TallyKey, Tally)>, StoreError> {
        read!(self, reader => reader.tallies(book))
    }

    /// The events after a seq, in order, at most `limit`.
    pub async fn events(&self, book: BookKey, after: i64, limit: i64) -> Result<Vec<Event>, StoreError> {
        read!(self, reader => reader.events(book, after, limit))
    }

    /// The newest events of a kind, newest first, at most `limit`.
    pub async fn newest_events(&self, book: BookKey, kind: Option<&str>, limit: i64) -> Result<Vec<Event>, StoreError> {
        read!(self, reader => reader.newest_events(book, kind, limit))
    }

    /// Deleted documents whose texts are due to go, or left and are not yet confirmed gone: at most `limit`.
    pub async fn texts_to_go(&self, book: BookKey, today: Date, limit: i64) -> Result<Vec<DocumentRef>, StoreError> {
        read!(self, reader => reader.texts_to_go(book, today, limit))
    }

    /// The rows that a report's statement finds. In memory there are no statements: the caller folds the records instead.
    pub(crate) async fn report_rows(
        &self,
        asked: &'static Asked,
        arguments: &[Cell],
    ) -> Result<Vec<Vec<Cell>>, StoreError> {
        self.asked_rows(&asked.columns, asked.sql, arguments).await
    }

    /// What a statement that was put together finds; in memory nothing, which has no statements.
    pub(crate) async fn asked_rows(
        &self,
        columns: &'static Table,
        sql: &str,
        arguments: &[Cell],
    ) -> Result<Vec<Vec<Cell>>, StoreError> {
        match self {
            Reader::Sqlite(reader) => reader.asked_rows(columns, sql, arguments),
            Reader::Postgres(reader) => reader.asked_rows(sql, arguments).await,
            Reader::Memory(_) => Ok(Vec::new()),
        }
    }

    /// How many journal entries match, whatever the page.
    pub async fn count_entries(&self, book: BookKey, query: &EntryQuery) -> Result<i64, StoreError> {
        match self {
            Reader::Memory(reader) => {
                let (offset, limit) = (0, i64::MAX);
                let all = EntryQuery {
                    after: None,
                    offset,
                    limit,
                    ..query.clone()
                };
                reader.entries(book, &all).map(|found| found.len() as i64)
            }
            Reader::Sqlite(_) | Reader::Postgres(_) => {
                let spelling = match self {
                    Reader::Sqlite(_) | Reader::Memory(_) => said::Spelling::Sqlite,
                    Reader::Postgres(_) => said::Spelling::Postgres,
                };
                let (sql, arguments) = journal::count(book, query, spelling);
                let rows = self.asked_rows(&journal::COUNT, &sql, &arguments).await?;
                match rows.first().map(Vec::as_slice) {
                    Some([Cell::Int(count)]) => Ok(*count),
                    Some(_) | None => Ok(0),
                }
            }
        }
    }

    /// Every row of a live table, in order of key: the record, or what is wrong with the row.
    pub async fn scan(
        &self,
        book: BookKey,
        table: &'static str,
    ) -> Result<Vec<Result<Record, StoreError>>, StoreError> {
        read!(self, reader => reader.scan(book, table))
    }
}

/// A statement as it was carried out, for a benchmark that repeats it bare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Its text.
    pub sql: String,
    /// Its arguments.
    pub arguments: Vec<Cell>,
}
