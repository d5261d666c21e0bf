//! The PostgreSQL engine: connections to write and to read, and any number of servers beside this one.
//!
//! A unit of work is one book. Its first statement locks the book's head row and everything it reads is read after that, so that
//! whoever holds the head has the book to itself; there are no other row locks, and none is ever waited for while one is held.
//! Opening a book is the one unit that writes to the directory, under a lock that orders whoever opens books. What can be asked
//! together is sent together: a unit costs as many waits as gathering has rounds, and one for writing and committing. A unit that
//! takes a book to be at a head it knows, and need not read, does not lock it first: its first write does, or fails.
//! A reader is a snapshot that nothing can be written in. Deliberately absent: deciding, retrying a unit, and any lock across books.

mod address;
mod apply;
mod cells;
mod connections;
mod gather;
mod journal;
mod migrate;
mod query;
#[cfg(feature = "scratch")]
pub(super) mod scratch;
mod scrub;
mod texts;
mod tls;
mod whole;

use std::time::{Duration, Instant};

use deadpool_postgres::Client;
use quittance_accounting::content::Digest;
use quittance_accounting::identity::BookKey;
use quittance_accounting::kept::BalanceKey;
use quittance_accounting::snapshot::{Snapshot, Want};
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use super::texts::{LAST_BOOK, dollars, select};
use super::{Arrival, BookCommit};
use crate::beside::{EVENT, HEAD, read_event, read_head};
use crate::error::StoreError;
use crate::field::{Cell, Field};
use crate::gathering::Gathering;
use crate::log::Head;
use apply::{Outcome, Writing};
use cells::{Argument, Call, Said, failed, flight};
use connections::{Connections, close};
use texts::Texts;
use whole::Wholes;

pub(super) use address::is_address;

/// READ COMMITTED, so that what follows the lock of the head sees what the one who held it before wrote.
const BEGIN: &str = "begin isolation level read committed";

const BEGIN_TO_READ: &str = "begin isolation level repeatable read, read only";

/// Orders whoever opens books: slots are given in order and without gaps. "opening" as a number.
const LOCK_OPENING: &str = "select pg_advisory_xact_lock(31367656037543527)";

/// What readers do, in errors.
const READING: &str = "reading";

/// How long a reader looks for a connection that answers, while a leader is being replaced.
const READER_PATIENCE: Duration = Duration::from_secs(20);

/// How long it waits between two looks.
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// Books in a PostgreSQL database.
#[derive(Debug)]
pub struct PostgresStore {
    connections: Connections,
    texts: Texts,
    wholes: Wholes,
}

impl PostgresStore {
    /// Opens a database. Tables of an older version, or none, are brought to this program's if the role may do that and `making` is
    /// set; else they are refused.
    pub(super) async fn open(text: &str, making: bool) -> Result<PostgresStore, StoreError> {
        let connections = connect(text)?;
        let client = connections.writer().await?;
        if making {
            migrate::migrate(&client).await?;
        } else {
            migrate::current(&client).await?;
        }
        let texts = Texts::of(&client).await?;
        drop(client);
        Ok(PostgresStore {
            connections,
            texts,
            wholes: Wholes::default(),
        })
    }

    /// Brings the tables of a database to this program's version, and gives a role of servers what it needs.
    pub(super) async fn migrate(text: &str, servers: Option<&str>) -> Result<(), StoreError> {
        let connections = connect(text)?;
        let client = connections.writer().await?;
        migrate::migrate(&client).await?;
        if let Some(role) = servers {
            migrate::grant(&client, role).await?;
        }
        Ok(())
    }

    /// How many units of work can be under way at once, and the runtime they are best driven on.
    pub(super) fn lanes(&self) -> (usize, &Handle) {
        (self.connections.most_units(), self.connections.handle())
    }

    pub(super) async fn scrub(&self) -> Result<bool, StoreError> {
        scrub::scrub(&self.connections).await
    }

    pub(super) async fn begin(&self) -> Result<PostgresUnit<'_>, StoreError> {
        Ok(PostgresUnit {
            store: self,
            client: Some(self.connections.writer().await?),
            begun: false,
            book: None,
            held: false,
            assumed: None,
        })
    }

    pub(super) async fn reader(&self) -> Result<PostgresReader<'_>, StoreError> {
        Ok(PostgresReader {
            store: self,
            held: Mutex::new(Held::Nothing),
        })
    }
}

fn connect(text: &str) -> Result<Connections, StoreError> {
    let address = address::read(text, |name| std::env::var(name).ok())?;
    Connections::to(&address)
}

/// Cells as arguments.
fn ones<const N: usize>(cells: [Cell; N]) -> Vec<Argument> {
    cells.into_iter().map(Argument::One).collect()
}

/// A unit of work on PostgreSQL. Its transaction begins with its first statement.
#[derive(Debug)]
pub struct PostgresUnit<'a> {
    store: &'a PostgresStore,
    client: Option<Client>,
    begun: bool,
    /// The book it is of.
    book: Option<BookKey>,
    /// Whether it has locked that book's head.
    held: bool,
    /// The head that it takes that book to be at.
    assumed: Option<Box<Head>>,
}

impl PostgresUnit<'_> {
    async fn flight(&mut self, calls: &[Call<'_>], doing: &'static str) -> Result<Vec<Said>, StoreError> {
        let client = self.client.as_ref().ok_or_else(gone)?;
        let first = (!self.begun).then_some(BEGIN);
        // Whatever comes of it, it may have begun.
        self.begun = true;
        flight(client, first, calls, doing).await
    }

    /// A unit of work is one book.
    fn enter_one(&mut self, book: BookKey) -> Result<(), StoreError> {
        match self.book {
            Some(other) if other != book => Err(StoreError::Engine {
                doing: "a unit of work",
                message: format!("it is of book {}, not of book {}", other.0, book.0),
            }),
            Some(_) | None => {
                self.book = Some(book);
                Ok(())
            }
        }
    }

    pub(super) async fn next_book(&mut self) -> Result<BookKey, StoreError> {
        let last = dollars(LAST_BOOK);
        let calls = [LOCK_OPENING, &last].map(|sql| Call {
            sql,
            arguments: Vec::new(),
        });
        let said = self.flight(&calls, "opening a book").await?;
        let last = said.last().map(Said::cells).transpose()?.unwrap_or_default();
        let last = last.first().and_then(|cells| cells.first()).and_then(i64::read);
        Ok(BookKey(last.map_or(1, |last| last + 1)))
    }

    pub(super) async fn head(&mut self, book: BookKey) -> Result<Option<Head>, StoreError> {
        self.enter_one(book)?;
        let said = self.flight(&[lock_of(book)], "locking a book").await?;
        self.holds(head_of(said.first())?)
    }

    /// The book is locked now, and its head is this.
    fn holds(&mut self, head: Option<Head>) -> Result<Option<Head>, StoreError> {
        self.held = true;
        match (self.book, self.assumed.take()) {
            (Some(book), Some(assumed)) if head != Some(*assumed) => Err(StoreError::Moved { book: book.0 }),
            _ => Ok(head),
        }
    }

    /// Makes sure that the book is locked.
    async fn hold(&mut self, book: BookKey) -> Result<(), StoreError> {
        if self.book != Some(book) || !self.held {
            self.head(book).await?;
        }
        Ok(())
    }

    /// Takes the book to be at a head. Whatever the unit does next tells if that was wrong.
    pub(super) fn assume(&mut self, book: BookKey, head: Head) -> Result<(), StoreError> {
        self.enter_one(book)?;
        self.assumed = Some(Box::new(head));
        Ok(())
    }

    /// Makes sure that what was assumed is so, for a unit that has nothing to write.
    pub(super) async fn confirm(&mut self) -> Result<(), StoreError> {
        let (Some(book), Some(assumed)) = (self.book, self.assumed.take()) else {
            return Ok(());
        };
        let client = self.client.as_ref().ok_or_else(gone)?;
        let sql = dollars(select!(HEAD, "where book = ?1"));
        let arguments = ones([Cell::Int(book.0)]);
        let said = flight(client, None, &[Call { sql: &sql, arguments }], "looking at a head").await?;
        match head_of(said.first())? == Some(*assumed) {
            true => Ok(()),
            false => Err(StoreError::Moved { book: book.0 }),
        }
    }

    /// Locks a book and sends the first round of lookups along.
    pub(super) async fn enter(
        &mut self,
        book: BookKey,
        wants: &[Want],
        into: &mut Snapshot,
    ) -> Result<Option<Head>, StoreError> {
        self.enter_one(book)?;
        let mut gathering = Gathering::of(wants);
        let round = gathering.round();
        let mut calls = gather::calls(&self.store.texts, book, &round)?;
        calls.insert(0, lock_of(book));
        let said = self.flight(&calls, "locking a book").await?;
        let Some(head) = self.holds(head_of(said.first())?)? else {
            return Ok(None);
        };
        gather::take_in(&mut gathering, &round, said.get(1..).unwrap_or_default(), into)?;
        self.rest(book, &mut gathering, into).await?;
        gathering.finish(wants, into);
        Ok(Some(head))
    }

    async fn rest(&mut self, book: BookKey, gathering: &mut Gathering, into: &mut Snapshot) -> Result<(), StoreError> {
        let client = self.client.as_ref().ok_or_else(gone)?;
        gather::carry_out(client, &self.store.texts, book, gathering, into).await
    }

    pub(super) async fn gather(
        &mut self,
        book: BookKey,
        wants: &[Want],
        into: &mut Snapshot,
    ) -> Result<(), StoreError> {
        self.hold(book).await?;
        let mut gathering = Gathering::of(wants);
        self.rest(book, &mut gathering, into).await?;
        gathering.finish(wants, into);
        Ok(())
    }

    pub(super) async fn load_balances(
        &mut self,
        book: BookKey,
        keys: &[BalanceKey],
        into: &mut Snapshot,
    ) -> Result<(), StoreError> {
        self.hold(book).await?;
        let mut gathering = Gathering::of_balances(keys);
        self.rest(book, &mut gathering, into).await?;
        gathering.finish(&[], into);
        Ok(())
    }

    /// The hash of an event, read while the book's head is held.
    pub(super) async fn event_hash(&mut self, book: BookKey, seq: i64) -> Result<Option<Digest>, StoreError> {
        self.hold(book).await?;
        let sql = dollars(select!(EVENT, "where book = ?1 and seq = ?2"));
        let arguments = ones([Cell::Int(book.0), Cell::Int(seq)]);
        let said = self
            .flight(&[Call { sql: &sql, arguments }], "looking for an event")
            .await?;
        let found = said.first().map(Said::cells).transpose()?.unwrap_or_default();
        let event = found.first().map(|cells| read_event(book, cells)).transpose()?;
        Ok(event.map(|event| event.hash))
    }

    pub(super) async fn arrive(mut self, arrival: &Arrival) -> Result<(), StoreError> {
        self.enter_one(arrival.book)?;
        let lock = Call {
            sql: LOCK_OPENING,
            arguments: Vec::new(),
        };
        self.flight(&[lock], "moving a book").await?;
        let client = self.client.as_ref().ok_or_else(gone)?;
        apply::arrive(client, &self.store.texts, arrival).await?;
        self.end().await
    }

    /// Whether the book is taken to be at a head and not held.
    pub(super) fn assumes(&self) -> bool {
        self.assumed.is_some()
    }

    pub(super) async fn commit(mut self, commits: Vec<BookCommit>) -> Result<(), StoreError> {
        let store = self.store;
        for commit in &commits {
            self.enter_one(commit.book)?;
            let writing = apply::of_commit(&store.texts, commit)?;
            if let ([_], Some(sql)) = (&commits[..], store.wholes.of(writing.parts()))
                && self.commit_whole(commit, &writing, &sql).await?
            {
                return Ok(());
            }
            let begin = (!self.begun).then_some(BEGIN);
            // Whatever comes of it, it may have begun.
            self.begun = true;
            let client = self.client.as_ref().ok_or_else(gone)?;
            match writing.carry_out(client, begin).await {
                // Its event would have followed another one's event, which the key of the log refuses: nothing else was written.
                Err(StoreError::RowCount {
                    table: "head",
                    found: 0,
                    ..
                }) if self.assumes() => return Err(StoreError::Moved { book: commit.book.0 }),
                other => other?,
            }
        }
        if commits.is_empty() {
            return Ok(());
        }
        self.end().await
    }

    /// Commits with one statement. Where the book is not held, it takes hold of the book itself. False if it must be done part by part.
    async fn commit_whole(
        &mut self,
        commit: &BookCommit,
        writing: &Writing<'_>,
        sql: &str,
    ) -> Result<bool, StoreError> {
        let client = self.client.as_ref().ok_or_else(gone)?;
        match writing.carry_out_whole(client, sql, self.begun).await? {
            Outcome::Committed => {
                self.begun = false;
                Ok(true)
            }
            Outcome::Moved if self.assumes() => Err(StoreError::Moved { book: commit.book.0 }),
            Outcome::Moved => Err(StoreError::RowCount {
                table: "head",
                expected: 1,
                found: 0,
            }),
            Outcome::Apart => {
                self.store.wholes.take_apart(writing.parts());
                // What was held is held no more, so that the book is only taken to be where it was.
                client.batch_execute("rollback").await.map_err(failed("committing"))?;
                self.begun = false;
                self.assumed = Some(Box::new(commit.head_before));
                Ok(false)
            }
        }
    }

    async fn end(&mut self) -> Result<(), StoreError> {
        let client = self.client.as_ref().ok_or_else(gone)?;
        let committed = apply::commit(client).await;
        if committed.is_ok() {
            // The connection goes back to the others as it is.
            self.begun = false;
        }
        committed
    }
}

fn gone() -> StoreError {
    StoreError::Engine {
        doing: "a unit of work",
        message: "it has no connection".to_owned(),
    }
}

fn lock_of(book: BookKey) -> Call<'static> {
    static SQL: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    Call {
        sql: SQL.get_or_init(|| dollars(select!(HEAD, "where book = ?1 for update"))),
        arguments: ones([Cell::Int(book.0)]),
    }
}

fn head_of(said: Option<&Said>) -> Result<Option<Head>, StoreError> {
    let found = said.map(Said::cells).transpose()?.unwrap_or_default();
    found.first().map(|cells| read_head(cells)).transpose()
}

impl Drop for PostgresUnit<'_> {
    /// Rolls back what was not committed.
    fn drop(&mut self) {
        if let Some(client) = self.client.take()
            && self.begun
        {
            self.store.connections.roll_back(client);
        }
    }
}

/// A reader on PostgreSQL: a connection inside a transaction that sees one state, fixed by its first read.
///
/// A connection that is lost on the way does not end it: another one is as good, as long as the book that it reads has the head that
/// it had, because whatever is written to a book moves its head.
#[derive(Debug)]
pub struct PostgresReader<'a> {
    store: &'a PostgresStore,
    /// Behind a lock, because a reader may be shared.
    held: Mutex<Held>,
}

/// What a reader reads with.
#[derive(Debug)]
enum Held {
    /// Nothing yet: no state has been seen.
    Nothing,
    Open(Box<Open>),
    /// The state that it saw cannot be seen any more.
    Lost,
}

#[derive(Debug)]
struct Open {
    client: Client,
    /// The book that it read first, and the row of its head; none where there is no such book or no book was asked about.
    seen: Option<(Cell, Vec<Cell>)>,
}

/// The book that calls ask about.
fn book_of(calls: &[Call<'_>]) -> Option<Cell> {
    match calls.first()?.arguments.first()? {
        Argument::One(book @ Cell::Int(_)) => Some(book.clone()),
        Argument::One(_) | Argument::Many(_) => None,
    }
}

impl PostgresReader<'_> {
    /// Sends calls. Where no state has been seen, or only one that is still the newest, any connection that answers will do.
    async fn flight(&self, calls: &[Call<'_>]) -> Result<Vec<Said>, StoreError> {
        let book = book_of(calls);
        let mut held = self.held.lock().await;
        let expected = match std::mem::replace(&mut *held, Held::Lost) {
            Held::Nothing => None,
            Held::Lost => return Err(moved_on()),
            Held::Open(open) => {
                let said = flight(&open.client, None, calls, READING).await;
                match (&said, &open.seen) {
                    (Err(StoreError::Interrupted { .. }), Some((seen, _))) if book.as_ref() == Some(seen) => {}
                    (Ok(_), _) | (Err(_), _) => {
                        *held = Held::Open(open);
                        return said;
                    }
                }
                let Open { client, seen } = *open;
                close(client);
                seen
            }
        };
        let began = Instant::now();
        loop {
            match self.first(calls, book.as_ref()).await {
                Ok((open, said)) if expected.is_none() || expected == open.seen => {
                    *held = Held::Open(Box::new(open));
                    return Ok(said);
                }
                Ok((open, _)) => {
                    self.store.connections.roll_back(open.client);
                    return Err(moved_on());
                }
                Err(StoreError::Interrupted { .. }) if began.elapsed() < READER_PATIENCE => {
                    tokio::time::sleep(BETWEEN_LOOKS).await;
                }
                Err(error) => {
                    if expected.is_none() {
                        *held = Held::Nothing;
                    }
                    return Err(error);
                }
            }
        }
    }

    /// The first flight on a connection: the head of the book comes with it.
    async fn first(&self, calls: &[Call<'_>], book: Option<&Cell>) -> Result<(Open, Vec<Said>), StoreError> {
        let head = dollars(select!(HEAD, "where book = ?1"));
        let mut calls = calls.to_vec();
        calls.extend(book.map(|book| Call {
            sql: &head,
            arguments: ones([book.clone()]),
        }));
        let client = self.store.connections.reader().await?;
        let said = flight(&client, Some(BEGIN_TO_READ), &calls, READING).await;
        let seen = said.and_then(|mut said| {
            let Some(book) = book else { return Ok((said, None)) };
            let head = said.pop().map(|said| said.cells()).transpose()?.unwrap_or_default();
            Ok((said, head.into_iter().next().map(|row| (book.clone(), row))))
        });
        match seen {
            Ok((said, seen)) => Ok((Open { client, seen }, said)),
            Err(error) => {
                close(client);
                Err(error)
            }
        }
    }
}

fn moved_on() -> StoreError {
    StoreError::Interrupted {
        doing: READING,
        message: "the connection was lost, and what it saw cannot be seen any more".to_owned(),
    }
}

impl Drop for PostgresReader<'_> {
    /// Lets go of the state it saw.
    fn drop(&mut self) {
        match std::mem::replace(self.held.get_mut(), Held::Lost) {
            Held::Open(open) => self.store.connections.roll_back(open.client),
            Held::Nothing | Held::Lost => {}
        }
    }
}
