//! The SQLite engine: one writer connection, a pool of snapshot readers, one file.
//!
//! A unit of work takes the writer connection out, holds the file's write lock from its first read on, and puts the connection
//! back when it ends; statements stay prepared because the connection stays. A reader holds one deferred transaction. A second
//! process may have the same file open: the write lock orders both, and whoever waits does so for up to ten seconds.
//! Deliberately absent: any decision, and any SQL of a single live table, which follows from `tables.rs`.

mod apply;
mod bare;
mod gather;
mod journal;
mod query;
mod rows;
#[cfg(feature = "tamper")]
pub(super) mod tamper;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use quittance_accounting::book::Token;
use quittance_accounting::content::Digest;
use quittance_accounting::identity::BookKey;
use quittance_accounting::kept::BalanceKey;
use quittance_accounting::snapshot::{Snapshot, Want};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::migrations::{CURRENT, GIVEN_UP, MIGRATIONS, known};
use super::{Arrival, BookCommit, Carried};
use crate::error::StoreError;
use crate::log::Head;
use rows::{failed, run};

pub use bare::Bare;

/// How long a statement waits for another process that holds the file.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a scrub waits for readers that still look into the write-ahead log. Readers that begin meanwhile are not in its way.
const SCRUB_PATIENCE: Duration = Duration::from_millis(200);

/// How many idle readers are kept open.
const IDLE_READERS: usize = 32;

/// What every connection is set to. The cache is 64 MiB. A checkpoint syncs the whole file once and writes a page once however
/// often it changed, so it comes every 4000 pages (16 MiB) instead of every 1000: the top pages of every index change in every
/// commit. Much more would slow readers, who look each page up in the log first.
const SETTINGS: &str = "
    pragma synchronous = full;
    pragma secure_delete = on;
    pragma foreign_keys = off;
    pragma cache_size = -65536;
    pragma temp_store = memory;
    pragma wal_autocheckpoint = 4000;
";

/// What a reader is set to besides. What it reads the system keeps in memory anyway, so its cache is for what lists read again and
/// again: 6 MiB, in which the ends of a thousand due days have room. A larger one saves calls and is slower, because it does not stay in
/// the cache of the processor.
const READER_SETTINGS: &str = "pragma query_only = on; pragma cache_size = -6144;";

/// More than all statements together; those of lists come in many forms.
const STATEMENTS: usize = 512;

/// What marks a file as one of ours, "QTNC", in the place that SQLite keeps for that: a version alone is any program's.
const APPLICATION: i64 = 0x5154_4e43;

/// Books in an SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    read_only: bool,
    writer: Mutex<Writer>,
    readers: Mutex<Vec<Connection>>,
    recording: AtomicBool,
    recorded: Mutex<Vec<Carried>>,
}

/// The connection that writes, unless a unit of work has it.
#[derive(Debug, Default)]
struct Writer {
    connection: Option<Connection>,
    taken: bool,
}

/// Locks what no panic can leave half done: each of these is changed in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SqliteStore {
    /// Opens a file, making it if it is not there, and brings its tables to this program's version.
    pub fn open(path: &Path) -> Result<SqliteStore, StoreError> {
        let mut connection = connect(path)?;
        migrate(&mut connection)?;
        Ok(SqliteStore {
            path: path.to_owned(),
            read_only: false,
            writer: Mutex::new(Writer {
                connection: Some(connection),
                taken: false,
            }),
            readers: Mutex::default(),
            recording: AtomicBool::new(false),
            recorded: Mutex::default(),
        })
    }

    /// Opens a file that is there with tables of this program's version, and never writes it.
    pub fn open_for_reading(path: &Path) -> Result<SqliteStore, StoreError> {
        let connection = connect_for_reading(path)?;
        Ok(SqliteStore {
            path: path.to_owned(),
            read_only: true,
            writer: Mutex::default(),
            readers: Mutex::new(vec![connection]),
            recording: AtomicBool::new(false),
            recorded: Mutex::default(),
        })
    }

    pub(super) fn begin(&self) -> Result<SqliteUnit<'_>, StoreError> {
        let doing = "beginning a unit of work";
        if self.read_only {
            return Err(StoreError::Engine {
                doing,
                message: "the file was opened to be read".to_owned(),
            });
        }
        let kept = {
            let mut writer = lock(&self.writer);
            if writer.taken {
                return Err(StoreError::Engine {
                    doing,
                    message: "another one is under way".to_owned(),
                });
            }
            writer.taken = true;
            writer.connection.take()
        };
        // From here on the unit puts the connection back, whatever happens.
        let mut unit = SqliteUnit {
            store: self,
            connection: kept,
        };
        if unit.connection.is_none() {
            unit.connection = Some(connect(&self.path)?);
        }
        let begun = run(unit.connection()?, apply::BEGIN);
        begun.map_err(failed(doing))?;
        Ok(unit)
    }

    pub(super) fn reader(&self) -> Result<SqliteReader<'_>, StoreError> {
        let connection = self.reading()?;
        // The first read fixes what all later ones see.
        let begun = run(&connection, "begin deferred").and_then(|()| look(&connection));
        begun.map_err(failed("beginning to read"))?;
        Ok(SqliteReader {
            store: self,
            connection: Mutex::new(Some(connection)),
        })
    }

    /// A connection to read with: an idle one, or a new one.
    fn reading(&self) -> Result<Connection, StoreError> {
        if let Some(idle) = lock(&self.readers).pop() {
            return Ok(idle);
        }
        if self.read_only {
            return connect_for_reading(&self.path);
        }
        let connection = connect(&self.path)?;
        connection
            .execute_batch(READER_SETTINGS)
            .map_err(failed("opening a reader"))?;
        Ok(connection)
    }

    /// Keeps a connection for the next reader, unless it is stuck in a transaction.
    fn has_read(&self, connection: Connection) {
        let mut readers = lock(&self.readers);
        if connection.is_autocommit() && readers.len() < IDLE_READERS {
            readers.push(connection);
        }
    }

    /// Asks one question. One statement sees one state without a transaction around it.
    fn ask<T>(&self, question: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let connection = self.reading()?;
        let answer = question(&connection);
        self.has_read(connection);
        answer
    }

    pub(super) fn head(&self, book: BookKey) -> Result<Option<Head>, StoreError> {
        self.ask(|connection| query::head(connection, book))
    }

    pub(super) fn token(&self, book: BookKey, digest: Digest) -> Result<Option<Token>, StoreError> {
        self.ask(|connection| query::token(connection, book, digest))
    }

    /// Moves everything from the write-ahead log into the file, where freed space is zeroed, and cuts the log to nothing.
    pub(super) fn scrub(&self) -> Result<bool, StoreError> {
        let doing = "emptying the write-ahead log";
        let writer = lock(&self.writer);
        let Some(connection) = &writer.connection else {
            return Ok(false);
        };
        connection.busy_timeout(SCRUB_PATIENCE).map_err(failed(doing))?;
        let answer = connection.query_row("pragma wal_checkpoint(truncate)", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        });
        connection.busy_timeout(PATIENCE).map_err(failed(doing))?;
        match answer {
            Ok((busy, frames)) => Ok(busy == 0 && frames == 0),
            Err(error) if is_busy(&error) => Ok(false),
            Err(error) => Err(failed(doing)(error)),
        }
    }

    /// From now on keeps every statement that commits carry out.
    pub fn record_statements(&self) {
        self.recording.store(true, Ordering::Relaxed);
    }

    /// Hands out the statements kept so far, in order.
    pub fn take_recorded(&self) -> Vec<Carried> {
        std::mem::take(&mut *lock(&self.recorded))
    }

    /// Takes the writer's connection back; one that is stuck in a transaction is closed, which rolls it back.
    fn put_back(&self, connection: Option<Connection>) {
        let mut writer = lock(&self.writer);
        writer.connection = connection.filter(Connection::is_autocommit);
        writer.taken = false;
    }
}

/// Reads something, no matter what.
fn look(connection: &Connection) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached("select 1 from directory limit 1")?;
    statement.exists([]).map(|_| ())
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// Opens a connection and sets it up. The first one turns write-ahead logging on, which the file remembers; two at once may find
/// each other in the way without being made to wait, so that is tried again.
fn connect(path: &Path) -> Result<Connection, StoreError> {
    let doing = "opening the file";
    let connection = Connection::open(path).map_err(failed(doing))?;
    connection.busy_timeout(PATIENCE).map_err(failed(doing))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    version(&connection).and_then(known)?;
    let began = Instant::now();
    loop {
        let switched = connection.query_row("pragma journal_mode = wal", [], |row| row.get::<_, String>(0));
        match switched {
            Ok(mode) if mode == "wal" => break,
            Ok(mode) => {
                return Err(StoreError::Engine {
                    doing,
                    message: format!("no write-ahead log, but {mode}"),
                });
            }
            Err(error) if is_busy(&error) && began.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(error) => return Err(failed(doing)(error)),
        }
    }
    connection.execute_batch(SETTINGS).map_err(failed(doing))?;
    plan_once(&connection)?;
    Ok(connection)
}

/// Else SQLite peeks at arguments when it plans, and plans a statement anew each time that one of them changes: a fifth of what a
/// delete took. No plan here depends on an argument, and none may.
fn plan_once(connection: &Connection) -> Result<(), StoreError> {
    let set = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true);
    set.map(|_| ()).map_err(failed("setting the planner up"))
}

/// Opens a connection that cannot write to a file whose tables are of this program's version.
fn connect_for_reading(path: &Path) -> Result<Connection, StoreError> {
    let doing = "opening the file to read it";
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed(doing))?;
    let (connection, found) = match (version(&connection), at_rest(path)) {
        (Err(StoreError::Engine { .. }), Some(address)) => {
            let connection = Connection::open_with_flags(address, flags | OpenFlags::SQLITE_OPEN_URI);
            let connection = connection.map_err(failed(doing))?;
            let found = version(&connection)?;
            (connection, found)
        }
        (found, _) => (connection, found?),
    };
    connection.busy_timeout(PATIENCE).map_err(failed(doing))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    if known(found)? < MIGRATIONS.len() {
        return Err(StoreError::WrongVersion { found, known: CURRENT });
    }
    connection.execute_batch(READER_SETTINGS).map_err(failed(doing))?;
    plan_once(&connection)?;
    Ok(connection)
}

/// The address of a file that nobody writes and that has all of itself in it: no write-ahead log beside it. SQLite makes two files
/// beside one that it reads, which it cannot where an auditor may only look.
fn at_rest(path: &Path) -> Option<String> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return None;
    }
    let path = path
        .to_str()?
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    Some(format!("file:{path}?immutable=1"))
}

/// The version of a file's tables; 0 where there is nothing in it yet. A file that is not ours is refused before anything of it is
/// changed. One statement, so that a file that is being made is seen before or after.
fn version(connection: &Connection) -> Result<i64, StoreError> {
    let marks = "select (select application_id from pragma_application_id), (select user_version from pragma_user_version), \
        exists (select 1 from sqlite_schema)";
    let marks = connection.query_row(marks, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    match marks {
        Ok((APPLICATION, found, _)) => Ok(found),
        Ok((0, 0, false)) => Ok(0),
        Ok((_, _, _)) => Err(StoreError::ForeignFile),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => Err(StoreError::ForeignFile),
        Err(error) => Err(failed("reading the version of the tables")(error)),
    }
}

/// Brings the tables to this program's version, one version per transaction. The version is read again under the write lock, so
/// that two programs that open the file at once do each step once.
fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let doing = "bringing the tables to this version";
    while known(version(connection)?)? < MIGRATIONS.len() {
        let begun = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate);
        let transaction = begun.map_err(failed(doing))?;
        let at = known(version(&transaction)?)?;
        if let Some(migration) = MIGRATIONS.get(at) {
            transaction
                .execute_batch(&migration.for_sqlite())
                .map_err(failed(doing))?;
            for (mark, value) in [
                ("application_id", APPLICATION),
                ("user_version", at as i64 + 1 + GIVEN_UP),
            ] {
                transaction.pragma_update(None, mark, value).map_err(failed(doing))?;
            }
        }
        transaction.commit().map_err(failed(doing))?;
    }
    Ok(())
}

/// A unit of work on SQLite: the writer's connection inside a transaction.
#[derive(Debug)]
pub struct SqliteUnit<'a> {
    store: &'a SqliteStore,
    connection: Option<Connection>,
}

impl SqliteUnit<'_> {
    fn connection(&self) -> Result<&Connection, StoreError> {
        let gone = || StoreError::Engine {
            doing: "a unit of work",
            message: "it has no connection".to_owned(),
        };
        self.connection.as_ref().ok_or_else(gone)
    }

    pub(super) fn next_book(&mut self) -> Result<BookKey, StoreError> {
        query::next_book(self.connection()?)
    }

    pub(super) fn head(&mut self, book: BookKey) -> Result<Option<Head>, StoreError> {
        query::head(self.connection()?, book)
    }

    pub(super) fn event_hash(&mut self, book: BookKey, seq: i64) -> Result<Option<Digest>, StoreError> {
        query::event_hash(self.connection()?, book, seq)
    }

    pub(super) fn gather(&mut self, book: BookKey, wants: &[Want], into: &mut Snapshot) -> Result<(), StoreError> {
        gather::gather(self.connection()?, book, wants, into)
    }

    pub(super) fn load_balances(
        &mut self,
        book: BookKey,
        keys: &[BalanceKey],
        into: &mut Snapshot,
    ) -> Result<(), StoreError> {
        gather::balances(self.connection()?, book, keys, into)
    }

    pub(super) fn arrive(self, arrival: &Arrival) -> Result<(), StoreError> {
        apply::arrive(self.connection()?, arrival)
    }

    pub(super) fn commit(self, commits: Vec<BookCommit>) -> Result<(), StoreError> {
        let recording = self.store.recording.load(Ordering::Relaxed);
        let carried = apply::commit(self.connection()?, &commits, recording)?;
        if recording {
            lock(&self.store.recorded).extend(carried);
        }
        Ok(())
    }
}

impl Drop for SqliteUnit<'_> {
    /// Rolls back what was not committed.
    fn drop(&mut self) {
        let connection = self.connection.take();
        if let Some(connection) = connection.as_ref().filter(|connection| !connection.is_autocommit()) {
            // A failure is seen by `put_back`, which closes the connection then.
            let _ = connection.execute_batch("rollback");
        }
        self.store.put_back(connection);
    }
}

/// A reader on SQLite: a connection inside a transaction that sees one state.
#[derive(Debug)]
pub struct SqliteReader<'a> {
    store: &'a SqliteStore,
    /// Behind a lock only because a reader may be shared by threads and a connection may not.
    connection: Mutex<Option<Connection>>,
}

impl SqliteReader<'_> {
    fn on<T>(&self, read: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let gone = || StoreError::Engine {
            doing: "reading",
            message: "the reader has no connection".to_owned(),
        };
        let connection = lock(&self.connection);
        read(connection.as_ref().ok_or_else(gone)?)
    }
}

impl Drop for SqliteReader<'_> {
    /// Lets go of the state it saw.
    fn drop(&mut self) {
        let Some(connection) = lock(&self.connection).take() else {
            return;
        };
        if run(&connection, "rollback").is_ok() {
            self.store.has_read(connection);
        }
    }
}
