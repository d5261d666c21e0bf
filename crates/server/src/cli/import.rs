//! `quittance import csv`: a file is rehearsed as a whole, then written row by row.
//!
//! The rehearsal carries every row out in memory, on the book as its log says it is, through the same decisions as the deed; it
//! lists every row that would be refused, with its line, and nothing is written if there is one. What was there already (its id is
//! taken) is passed over, so an import that was interrupted is finished by running it again.

use std::fs::File;
use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use quittance_accounting::identity::BookKey;
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::money::Currency;
use quittance_accounting::snapshot::Named;
use quittance_books::input::Context;
use quittance_books::openings::{Opening, OpeningOf};
use quittance_books::{Actor, Books, Failure};

use super::CommandError;
use super::reports::{book_meant, written};
use crate::dialects::native::rules::RULES;
use crate::imports::{Item, Items, Kind, Wrong};

/// What `import` takes.
#[derive(Debug, clap::Subcommand)]
pub(super) enum ImportCommand {
    /// Read a file of comma-separated values: customers, invoices or opening balances
    Csv {
        /// What the file holds
        #[arg(value_enum)]
        kind: Kind,
        /// The file
        file: PathBuf,
        /// The book's slot; may be left out when there is one book
        #[arg(long)]
        book: Option<i64>,
        /// List every row that would be refused and why, and write nothing
        #[arg(long)]
        dry_run: bool,
        /// The day that opening balances are of, as YYYY-MM-DD
        #[arg(long, required_if_eq("kind", "openings"))]
        date: Option<Date>,
    },
}

/// What an item came to.
enum Done {
    Written,
    There,
}

/// How many items came to what.
#[derive(Default)]
struct Counts {
    written: u64,
    there: u64,
}

/// Where a file is read into.
struct Target<'a> {
    books: &'a Books,
    book: BookKey,
    currency: Currency,
    kind: Kind,
    file: &'a Path,
}

/// Imports a file.
pub(super) async fn import(books: &Books, command: ImportCommand) -> Result<(), CommandError> {
    let ImportCommand::Csv {
        kind,
        file,
        book,
        dry_run,
        date,
    } = command;
    let book = book_meant(books, book).await?;
    let settings = books
        .settings(book)
        .await?
        .ok_or_else(|| super::chores::no_book(book.0))?;
    if kind == Kind::Openings {
        let date = date.ok_or_else(|| CommandError::Argument("opening balances are of a day: --date".to_owned()))?;
        let target = Target {
            books,
            book,
            currency: settings.currency,
            kind,
            file: &file,
        };
        return openings(&target, date, dry_run).await;
    }
    let rehearsal = books.rehearsal(book).await?;
    let mut target = Target {
        books: &rehearsal,
        book,
        currency: settings.currency,
        kind,
        file: &file,
    };
    let mut counts = rehearse(&target).await?;
    let would = if dry_run { "would be " } else { "" };
    if !dry_run {
        target.books = books;
        counts = write(&target).await?;
    }
    rehearsal.finish();
    let mut out = std::io::stdout().lock();
    written(writeln!(
        out,
        "{} {would}written, {} there already",
        counts.written, counts.there
    ))
}

/// Brings opening balances in, all or none, and lists the rows that are refused.
async fn openings(target: &Target<'_>, date: Date, dry_run: bool) -> Result<(), CommandError> {
    let book = target.books.book(target.book).await?;
    let chart = book.as_ref().map_or(&[][..], |view| &view.accounts);
    let mut rows: Vec<Opening> = Vec::new();
    let mut refused: Vec<(u64, String)> = Vec::new();
    for (line, item) in target.items()? {
        match item {
            Ok(Item::Opening(mut opening)) => {
                if let OpeningOf::Account(AccountChoice::StableName(name)) = &opening.of
                    && let Some(account) = chart.iter().find(|account| account.code == *name)
                {
                    opening.of = OpeningOf::Account(AccountChoice::Key(account.key));
                }
                rows.push(opening);
            }
            Ok(Item::Customer(_) | Item::Invoice(_)) => refused.push((line, "it is no opening balance".to_owned())),
            Err(wrong) => refused.push((wrong.line, wrong.problem)),
        }
    }
    let trial = dry_run || !refused.is_empty();
    let context = target.context();
    let outcome = target.books.open_balances(&context, &RULES, date, &rows, trial).await?;
    // Where a row cannot be read, the whole balances only by accident.
    let unread = !refused.is_empty();
    let told = outcome.refused.into_iter().filter(|(line, _)| *line > 0 || !unread);
    refused.extend(told.map(|(line, failure)| (line, CommandError::from(failure).to_string())));
    refused.sort();
    let mut out = std::io::stdout().lock();
    for (line, why) in &refused {
        let place = if *line == 0 {
            "the whole".to_owned()
        } else {
            format!("line {line}")
        };
        written(writeln!(out, "{place}: {why}"))?;
    }
    if !refused.is_empty() {
        let count = refused.len();
        return Err(CommandError::Refused(format!(
            "{count} would be refused, so nothing was written"
        )));
    }
    let would = if outcome.written { "" } else { "would be " };
    written(writeln!(
        out,
        "{} opening balances {would}written as of {date}",
        rows.len()
    ))
}

/// Carries every item out where nothing stays, and lists those that are refused.
async fn rehearse(target: &Target<'_>) -> Result<Counts, CommandError> {
    let (mut refused, mut counts) = (0_u64, Counts::default());
    let bar = counting("rehearsed");
    for (line, item) in target.items()? {
        bar.inc(1);
        let (line, why) = match target.item(item).await {
            Ok(done) => {
                counts.add(&done);
                continue;
            }
            Err(Stopped::Wrong(wrong)) => (wrong.line, wrong.problem),
            Err(Stopped::Failure(failure)) => (line, CommandError::from(failure).to_string()),
        };
        refused += 1;
        bar.suspend(|| written(writeln!(std::io::stdout(), "line {line}: {why}")))?;
    }
    bar.finish_and_clear();
    if refused == 0 {
        return Ok(counts);
    }
    Err(CommandError::Refused(format!(
        "{refused} would be refused, so nothing was written; {} would be, {} are there already",
        counts.written, counts.there
    )))
}

/// Writes every item.
async fn write(target: &Target<'_>) -> Result<Counts, CommandError> {
    let mut counts = Counts::default();
    let bar = counting("written");
    for (line, item) in target.items()? {
        bar.inc(1);
        let why = match target.item(item).await {
            Ok(done) => {
                counts.add(&done);
                continue;
            }
            Err(Stopped::Wrong(wrong)) => wrong.problem,
            Err(Stopped::Failure(failure)) => CommandError::from(failure).to_string(),
        };
        bar.finish_and_clear();
        return Err(CommandError::Refused(format!(
            "line {line}: {why}. The book or the file changed since the rehearsal. {} were written before; running the import \
             again passes over them",
            counts.written
        )));
    }
    bar.finish_and_clear();
    Ok(counts)
}

/// How far an import is, for whoever watches: how many items there are is known at the end only.
fn counting(what: &'static str) -> indicatif::ProgressBar {
    let style = indicatif::ProgressStyle::with_template("{pos} {msg}, {elapsed}");
    let bar = indicatif::ProgressBar::new_spinner().with_message(what);
    bar.set_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_spinner()));
    bar
}

/// Why an item was not recorded.
enum Stopped {
    Wrong(Wrong),
    Failure(Failure),
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Stopped {
        Stopped::Failure(failure)
    }
}

impl Counts {
    fn add(&mut self, done: &Done) {
        match done {
            Done::Written => self.written += 1,
            Done::There => self.there += 1,
        }
    }
}

impl Target<'_> {
    fn items(&self) -> Result<Items<BufReader<File>>, CommandError> {
        let file = File::open(self.file).map_err(|error| CommandError::Io {
            doing: format!("reading {}", self.file.display()),
            error,
        })?;
        let items = Items::of(self.kind, self.currency, BufReader::new(file));
        items.map_err(|wrong| CommandError::Argument(format!("line {}: {}", wrong.line, wrong.problem)))
    }

    fn context(&self) -> Context {
        Context {
            actor: Actor::command_line(self.book),
            source: "cli",
            request_id: self.books.new_request_id(),
        }
    }

    async fn item(&self, item: Result<Item, Wrong>) -> Result<Done, Stopped> {
        let named = |id: &Option<String>| Named::External(id.clone().unwrap_or_default());
        match item.map_err(Stopped::Wrong)? {
            Item::Customer(input) => {
                if self
                    .books
                    .customer(self.book, &named(&input.external_id))
                    .await?
                    .is_some()
                {
                    return Ok(Done::There);
                }
                self.books.add_customer(&self.context(), input).await?;
            }
            Item::Invoice(input) => {
                if self
                    .books
                    .invoice(self.book, &named(&input.external_id))
                    .await?
                    .is_some()
                {
                    return Ok(Done::There);
                }
                self.books.create_invoice(&self.context(), &RULES, input, None).await?;
            }
            // They are brought in together.
            Item::Opening(opening) => {
                let problem = "an opening balance stands alone".to_owned();
                return Err(Stopped::Wrong(Wrong {
                    line: opening.line,
                    problem,
                }));
            }
        }
        Ok(Done::Written)
    }
}
