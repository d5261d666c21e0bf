//! Opening the books that a command is about: made if need be, as they are, or only to be asked; and what is said of books that
//! cannot be opened.
//!
//! Whoever mistypes a name hears what is in that place and what to do next, and nothing is made or changed there. Deliberately
//! absent: what is done with the books.

use std::path::Path;
use std::sync::Arc;

use quittance_books::source::{SystemChance, SystemClock};
use quittance_books::{Books, Failure, StoreError};

use super::CommandError;
use crate::config::{Database, PostgresSettings, Settings};

/// Opens the books that the settings name.
pub(crate) async fn open(settings: &Settings) -> Result<Books, CommandError> {
    open_at(&settings.db, &settings.postgres).await
}

/// Opens books that must be there already: a mistyped name must not make an empty file, and verify it.
pub(super) async fn open_existing(settings: &Settings) -> Result<Books, CommandError> {
    open_existing_at(&settings.db, &settings.postgres).await
}

/// Opens books that must be there already for a command that only asks: a file that this user may not write, as an auditor's copy
/// may be, is opened to be read.
pub(super) async fn open_to_ask(settings: &Settings) -> Result<Books, CommandError> {
    let refused = match open_existing(settings).await {
        Err(refused @ CommandError::NotOpened { .. }) => refused,
        other => return other,
    };
    match settings.db.file() {
        Some(path) => {
            let (clock, chance) = (Arc::new(SystemClock), Arc::new(SystemChance));
            Books::open_sqlite_for_reading(path, clock, chance).map_err(|_| refused)
        }
        None => Err(refused),
    }
}

pub(super) async fn open_existing_at(db: &Database, postgres: &PostgresSettings) -> Result<Books, CommandError> {
    let none = || {
        CommandError::Argument(format!(
            "there are no books at {db:?}; `quittance book create` makes them"
        ))
    };
    if Books::is_postgres(&db.0) {
        let (clock, chance) = (Arc::new(SystemClock), Arc::new(SystemChance));
        return match Books::open_postgres_as_it_is(&postgres.complete(db), clock, chance).await {
            Err(Failure::Store(StoreError::WrongVersion { found: 0, .. })) => Err(none()),
            other => other.map_err(|failure| not_opened(db, failure)),
        };
    }
    if db.file().is_some_and(|path| !path.exists()) {
        return Err(none());
    }
    open_at(db, postgres).await
}

pub(super) async fn open_at(db: &Database, postgres: &PostgresSettings) -> Result<Books, CommandError> {
    let (clock, chance) = (Arc::new(SystemClock), Arc::new(SystemChance));
    let opened = if Books::is_postgres(&db.0) {
        Books::open_postgres(&postgres.complete(db), clock, chance).await
    } else if let Some(path) = db.file() {
        Books::open_sqlite(path, clock, chance)
    } else {
        Err(Failure::Store(StoreError::UnknownEngine {
            address: format!("{db:?}"),
        }))
    };
    opened.map_err(|failure| not_opened(db, failure))
}

/// What is said of books that cannot be opened.
pub(super) fn not_opened(db: &Database, failure: Failure) -> CommandError {
    let Failure::Store(error) = &failure else {
        return CommandError::Books(failure);
    };
    let next = match error {
        // These say all that there is to say.
        StoreError::Address { .. } => return CommandError::Books(failure),
        StoreError::UnknownEngine { .. } => Some("name an SQLite file or a postgres:// address".to_owned()),
        StoreError::ForeignFile => Some("name another file with --db".to_owned()),
        StoreError::WrongVersion { found, known } if found > known => {
            Some("a newer program made it: use that one; it was left as it is".to_owned())
        }
        StoreError::WrongVersion { .. } => Some(
            "an earlier build made it, and nothing leads from there to this version: use that build, or another database; \
             it was left as it is"
                .to_owned(),
        ),
        StoreError::Engine { message, .. } | StoreError::Interrupted { message, .. } => {
            db.file().map_or_else(|| of_server(message), |path| of_file(path, message))
        }
        StoreError::Moved { .. }
        | StoreError::InDoubt { .. }
        | StoreError::CorruptRow { .. }
        | StoreError::RowCount { .. }
        | StoreError::CorruptEvent { .. } => None,
    };
    CommandError::NotOpened {
        place: format!("{db:?}"),
        failure,
        next,
    }
}

/// What to do about a file that SQLite cannot open; it says too little itself.
fn of_file(path: &Path, message: &str) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if path.is_dir() {
        Some("it is a folder: name a file".to_owned())
    } else if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        Some(format!("there is no folder {}: make it first", folder.display()))
    } else if message.contains("malformed") {
        Some("the file is damaged: take a backup and verify that".to_owned())
    } else if message.contains("unable to open") || message.contains("readonly") {
        Some("this user must be allowed to write the file, and others beside it in its folder".to_owned())
    } else {
        None
    }
}

/// What to do where PostgreSQL refuses, by the code at the end of what it says.
fn of_server(message: &str) -> Option<String> {
    let next = [
        (
            "(42501)",
            "as the owner of the tables run `quittance migrate --server-role ROLE`, which gives a role what a server needs",
        ),
        (
            "(28P01)",
            "the password comes from the address, QUITTANCE_DB_PASSWORD, PGPASSWORD or the file of --postgres-password-file",
        ),
        (
            "password missing",
            "it comes from the address, QUITTANCE_DB_PASSWORD, PGPASSWORD or the file of --postgres-password-file",
        ),
        ("(3D000)", "make it first: `createdb`, as its owner"),
        ("(42704)", "make it first: `createuser`"),
        (
            "(42P07)",
            "other tables are in the way: use a database of its own, or a schema with options=-csearch_path=NAME in the address",
        ),
        (
            "error connecting to server",
            "look whether PostgreSQL runs there and may be reached from here",
        ),
    ];
    let found = next.iter().find(|(said, _)| message.contains(said));
    found.map(|(_, next)| (*next).to_owned())
}
