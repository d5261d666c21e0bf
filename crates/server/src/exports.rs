//! A book written out whole: as a journal for hledger or beancount, as CSV of its postings, or as JSON with its documents.
//!
//! Everything is written page by page from one state of the book, entries in the order they were recorded, so that memory holds one
//! page and the same book is always the same bytes. Drafts and deleted documents have no entries and are in no journal. Deliberately
//! absent: the log, whose copy is a backup and not an export.

mod beancount;
mod hledger;
mod json;
mod postings;

use std::io::{self, Write};

use quittance_accounting::account::{AccountKind, AccountRole, LedgerAccount};
use quittance_accounting::exchange::Valued;
use quittance_accounting::identity::{AccountKey, BookKey, EntryKey};
use quittance_accounting::journal::EntryKind;
use quittance_accounting::money::Currency;
use quittance_books::export::{Export, JournalLine, JournalPosting};
use quittance_books::{Books, Failure};
use rust_decimal::Decimal;

/// What a book can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ExportFormat {
    /// A journal for hledger.
    Hledger,
    /// A ledger for beancount.
    Beancount,
    /// One line per posting.
    Csv,
    /// The chart, the customers, the documents and the entries.
    Json,
}

/// How an export ends other than well.
#[derive(Debug)]
pub enum ExportFault {
    /// The books failed.
    Failure(Failure),
    /// The reader of the output did.
    Io(io::Error),
}

impl From<Failure> for ExportFault {
    fn from(failure: Failure) -> ExportFault {
        ExportFault::Failure(failure)
    }
}

impl From<io::Error> for ExportFault {
    fn from(error: io::Error) -> ExportFault {
        ExportFault::Io(error)
    }
}

/// Writes a book out.
pub async fn export(
    books: &Books,
    book: BookKey,
    format: ExportFormat,
    out: &mut (impl Write + Send),
) -> Result<(), ExportFault> {
    let export = books.export(book).await?;
    match format {
        ExportFormat::Hledger => hledger::write(&export, out).await?,
        ExportFormat::Beancount => beancount::write(&export, out).await?,
        ExportFormat::Csv => postings::write(&export, out).await?,
        ExportFormat::Json => json::write(&export, out).await?,
    }
    out.flush()?;
    Ok(())
}

/// Hands every entry to `each`, page by page.
async fn each_entry(
    export: &Export<'_>,
    mut each: impl FnMut(&JournalLine) -> io::Result<()>,
) -> Result<(), ExportFault> {
    let mut after = EntryKey(0);
    loop {
        let page = export.entries(after).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.entry.key;
        page.iter().try_for_each(&mut each)?;
    }
}

/// The word of a kind of entry.
fn kind_word(kind: EntryKind) -> &'static str {
    EntryKind::ALL
        .iter()
        .find(|(known, _)| *known == kind)
        .map_or("", |(_, word)| word)
}

/// Minor units in major ones, with all the digits of the currency.
fn major(minor: i64, currency: Currency) -> Decimal {
    Decimal::new(minor, currency.exponent())
}

/// A sum as plain-text accounting writes it: in the document's currency at what it is in the book's; in the book's alone where that is
/// the document's, or where only that moved.
fn priced(posting: &JournalPosting, book: Currency) -> String {
    let Valued { amount, booked } = posting.sum;
    match posting.currency.filter(|_| !amount.is_zero()) {
        Some(currency) => {
            let (own, booked) = (major(amount.minor(), currency), major(booked.minor().abs(), book));
            format!("{own} {currency} @@ {booked} {book}")
        }
        None => format!("{} {book}", major(booked.minor(), book)),
    }
}

/// The root under which plain-text accounting keeps accounts of a kind.
fn root(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Asset => "Assets",
        AccountKind::Liability => "Liabilities",
        AccountKind::Equity => "Equity",
        AccountKind::Revenue | AccountKind::ContraRevenue => "Income",
        AccountKind::Expense => "Expenses",
    }
}

/// The names of all accounts, made by `of`; those that nobody knows go by their number.
struct Names {
    names: Vec<(AccountKey, String)>,
    receivable: Option<AccountKey>,
}

impl Names {
    fn of(export: &Export<'_>, of: fn(&LedgerAccount) -> String) -> Names {
        let accounts = &export.book.accounts;
        let receivable = accounts.iter().find(|account| account.role == AccountRole::Receivable);
        Names {
            names: accounts.iter().map(|account| (account.key, of(account))).collect(),
            receivable: receivable.map(|account| account.key),
        }
    }

    fn get(&self, key: AccountKey) -> &str {
        let found = self.names.binary_search_by_key(&key, |(known, _)| *known);
        found.ok().map_or("Equity:Unknown", |at| self.names[at].1.as_str())
    }
}

/// A text of the book's own on one line of a journal, without what ends a comment's tag or a description there.
fn plain(text: &str) -> String {
    let plain = text.chars().map(|letter| match letter {
        '"' | '\\' | ',' | ';' | '|' | ':' => ' ',
        letter if letter.is_control() => ' ',
        letter => letter,
    });
    plain
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
