//! `quittance move`: a book, or all of them, from one database to another.
//!
//! The work is `quittance_books::moving`; here are the addresses, the progress and the words. Deliberately absent: any choice of
//! what is moved of a book.

use std::sync::Arc;

use quittance_accounting::identity::BookKey;
use quittance_books::Books;
use quittance_books::moving::{MoveFailure, Moved, Progress, move_book};
use quittance_books::source::{SystemChance, SystemClock};

use super::CommandError;
use crate::config::{Database, PostgresSettings, Settings};

/// What `quittance move` is told.
#[derive(Debug, clap::Args)]
pub(super) struct MoveArguments {
    /// The database the book is in: an SQLite file or a postgres:// address; it is read and never written
    #[arg(long, value_name = "URL")]
    from: String,
    /// The database the book is to be in: an SQLite file or a postgres:// address; its tables are made if they are not there
    #[arg(long, value_name = "URL")]
    to: String,
    /// Only this book (its slot, as `book list` shows it); every book when absent
    #[arg(long)]
    book: Option<i64>,
}

/// Moves what the arguments name, book by book; stops at the first that cannot be moved.
pub(super) async fn run(arguments: &MoveArguments, settings: &Settings) -> Result<(), CommandError> {
    let (from, to) = (Database(arguments.from.clone()), Database(arguments.to.clone()));
    let source = open_source(&from, &settings.postgres).await?;
    let listed = source.directory().await?;
    let chosen: Vec<BookKey> = match arguments.book {
        Some(slot) => vec![BookKey(slot)],
        None => listed.iter().map(|entry| entry.book).collect(),
    };
    if chosen.is_empty() {
        return Err(CommandError::Argument(format!("there is no book in {from:?}")));
    }
    let target = super::opening::open_at(&to, &settings.postgres).await?;
    for book in chosen {
        let bar = indicatif::ProgressBar::new(0);
        let style = indicatif::ProgressStyle::with_template("{msg} [{wide_bar}] {pos}/{len} {eta}");
        bar.set_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()));
        let moved = move_book(&source, &target, book, |progress| {
            tell(&bar, book, progress);
            true
        });
        let moved = moved.await;
        bar.finish_and_clear();
        println!("{}", words(book, moved)?);
    }
    target.finish();
    Ok(())
}

fn tell(bar: &indicatif::ProgressBar, book: BookKey, progress: Progress) {
    let slot = book.0;
    let count = |done: i64, of: i64| {
        bar.set_length(u64::try_from(of).unwrap_or(0));
        bar.set_position(u64::try_from(done).unwrap_or(0));
    };
    match progress {
        Progress::Events(done, of) => {
            bar.set_message(format!("book {slot}: events"));
            count(done, of);
        }
        Progress::Table(name) => bar.set_message(format!("book {slot}: {name}")),
        Progress::Verified(done, of) => {
            bar.set_message(format!("book {slot}: verifying"));
            count(done, of);
        }
    }
}

fn words(book: BookKey, moved: Result<Moved, MoveFailure>) -> Result<String, CommandError> {
    let slot = book.0;
    match moved {
        Ok(Moved::Arrived(verdict)) => Ok(format!(
            "book {slot}: moved and sound. {} events replayed, {} rows compared, head {}:{}",
            verdict.events,
            verdict.rows,
            verdict.seq,
            verdict.hash.hex()
        )),
        Ok(Moved::WasThere(head)) => Ok(format!(
            "book {slot}: is there already, head {}:{}",
            head.seq,
            head.hash.hex()
        )),
        Err(MoveFailure::Failed(failure)) => Err(failure.into()),
        Err(refused) => Err(CommandError::Refused(format!("book {slot} is not moved: {refused}"))),
    }
}

async fn open_source(db: &Database, postgres: &PostgresSettings) -> Result<Books, CommandError> {
    let (clock, chance) = (Arc::new(SystemClock), Arc::new(SystemChance));
    match db.file() {
        Some(path) if path.exists() => Books::open_sqlite_for_reading(path, clock, chance)
            .map_err(|failure| super::opening::not_opened(db, failure)),
        Some(_) | None => super::opening::open_existing_at(db, postgres).await,
    }
}
