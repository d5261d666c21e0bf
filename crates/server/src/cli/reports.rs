//! `quittance report` and `quittance export`: what leaves the books, page after page.

use std::io::Write as _;

use jiff::civil::Date;
use quittance_accounting::identity::BookKey;
use quittance_books::Books;
use quittance_books::reports::{MOST_ROWS, ReportFault, ReportName, ReportQuery, ReportView};

use super::CommandError;
use crate::exports::{self, ExportFault, ExportFormat};
use crate::reports::{self, Format};

/// What `report` takes.
#[derive(Debug, clap::Args)]
pub(super) struct ReportArguments {
    /// trial-balance, aging, profit-and-loss, balance-sheet, ledger, statement, tax-summary, payment-register, number-register,
    /// deletion-register
    #[arg(value_parser = known_name)]
    name: ReportName,
    /// The book's slot; may be left out when there is one book
    #[arg(long)]
    book: Option<i64>,
    /// The first day; else the first of January of the last day's year
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<Date>,
    /// The last day; else today
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "as_of")]
    to: Option<Date>,
    /// The day as of which: the same as the last day
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<Date>,
    /// Read the book as it was known when its log ended at this seq, and name what was restated since
    #[arg(long, value_name = "SEQ")]
    known_at: Option<i64>,
    /// The account of a ledger: its code or stable name
    #[arg(long, value_name = "CODE")]
    account: Option<String>,
    /// The customer of a statement: its id, its number in the book, or the id a client brought
    #[arg(long, value_name = "CUSTOMER")]
    customer: Option<String>,
    /// How to show it
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

/// What `export` takes.
#[derive(Debug, clap::Args)]
pub(super) struct ExportArguments {
    /// The book's slot; may be left out when there is one book
    #[arg(long)]
    book: Option<i64>,
    /// What to write
    #[arg(long, value_enum)]
    format: ExportFormat,
}

fn known_name(word: &str) -> Result<ReportName, String> {
    let words = ReportName::ALL.map(|(_, word)| word).join(", ");
    ReportName::parse(word).ok_or_else(|| format!("there are {words}"))
}

/// The book that is meant: the one named, or the only one.
pub(super) async fn book_meant(books: &Books, named: Option<i64>) -> Result<BookKey, CommandError> {
    let listed = books.directory().await?;
    match (named, listed.as_slice()) {
        (Some(slot), _) if listed.iter().any(|entry| entry.book.0 == slot) => Ok(BookKey(slot)),
        (Some(slot), _) => Err(super::chores::no_book(slot)),
        (None, [only]) => Ok(only.book),
        (None, []) => Err(CommandError::Argument(
            "there is no book yet; `quittance book create` opens one".to_owned(),
        )),
        (None, _) => Err(CommandError::Argument(
            "there are several books: name one with --book; `quittance book list` shows them".to_owned(),
        )),
    }
}

fn fault(fault: ReportFault) -> CommandError {
    match fault {
        ReportFault::Failure(failure) => CommandError::Books(failure),
        ReportFault::Needs(_)
        | ReportFault::NotYet { .. }
        | ReportFault::Backwards { .. }
        | ReportFault::BadCursor(_) => CommandError::Argument(fault.to_string()),
    }
}

/// Writes what a page puts on the terminal.
pub(super) fn written(outcome: std::io::Result<()>) -> Result<(), CommandError> {
    outcome.map_err(|error| CommandError::Io {
        doing: "writing".to_owned(),
        error,
    })
}

/// What went wrong beneath a writer of comma-separated values; nothing else can, as all rows are of one length.
fn io_of(error: csv::Error) -> std::io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    }
}

/// Prints a report.
pub(super) async fn report(books: &Books, arguments: ReportArguments) -> Result<(), CommandError> {
    let book = book_meant(books, arguments.book).await?;
    let mut query = ReportQuery {
        name: arguments.name,
        from: arguments.from,
        to: arguments.to.or(arguments.as_of),
        known_at: arguments.known_at,
        account: arguments.account,
        customer: arguments.customer.as_deref().map(reports::customer_named),
        after: None,
        limit: MOST_ROWS,
    };
    let mut first = books.report(book, &query).await.map_err(fault)?;
    if arguments.format == Format::Csv {
        return csv(books, book, query, first).await;
    }
    while let Some(after) = first.next.take() {
        query.after = Some(after);
        let page = books.report(book, &query).await.map_err(fault)?;
        join(&mut first, page);
    }
    let mut out = std::io::stdout().lock();
    written(match arguments.format {
        Format::Json => writeln!(out, "{:#}", reports::json(&first)),
        Format::Table | Format::Csv => write!(out, "{}", reports::table(&first)),
    })
}

/// Adds a page to the pages before it. The digest is then that of all of them.
fn join(view: &mut ReportView, page: ReportView) {
    for section in page.report.sections {
        match view.report.sections.iter_mut().find(|known| known.name == section.name) {
            Some(known) => known.rows.extend(section.rows),
            None => view.report.sections.push(section),
        }
    }
    view.customers.extend(page.customers);
    view.next = page.next;
    view.digest = quittance_books::reports::digest(&view.report);
}

/// Writes page after page, so that memory holds one.
async fn csv(books: &Books, book: BookKey, mut query: ReportQuery, mut page: ReportView) -> Result<(), CommandError> {
    let heading = reports::heading(&page.report);
    let mut out = csv::Writer::from_writer(std::io::stdout().lock());
    written(out.write_record(&heading).map_err(io_of))?;
    loop {
        for line in reports::lines(&page, &heading) {
            written(out.write_record(&line).map_err(io_of))?;
        }
        let Some(after) = page.next.take() else { break };
        query.after = Some(after);
        page = books.report(book, &query).await.map_err(fault)?;
        page.restated.clear();
    }
    written(out.flush())
}

/// How much is written at once.
const BUFFER: usize = 1 << 16;

/// Writes a book to standard output.
pub(super) async fn export(books: &Books, arguments: ExportArguments) -> Result<(), CommandError> {
    let book = book_meant(books, arguments.book).await?;
    let mut out = std::io::BufWriter::with_capacity(BUFFER, std::io::stdout());
    match exports::export(books, book, arguments.format, &mut out).await {
        Ok(()) => Ok(()),
        Err(ExportFault::Failure(failure)) => Err(failure.into()),
        Err(ExportFault::Io(error)) => {
            // What is left in the buffer has nowhere to go.
            let _unwritten = out.into_parts();
            written(Err(error))
        }
    }
}
