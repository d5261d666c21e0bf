//! Reports: the folds of `accounting::report`, fed from one consistent state, with names beside them.
//!
//! [`Books::report`] reads the book as it is, or as it was known when the log ended at an earlier seq (`known_at`): then the log is
//! replayed up to there and the same questions are asked of the replay. What was recorded or withdrawn since, dated in the days of
//! the report, is named. Deliberately absent: formats; a report is handed out as sections, columns and values.

mod known;
mod ledger;
mod registers;
pub mod sealing;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use quittance_accounting::account::{AccountRole, LedgerAccount};
use quittance_accounting::content::Digest;
use quittance_accounting::identity::{AccountKey, BookKey, CustomerKey, DocumentKind};
use quittance_accounting::money::Currency;
use quittance_accounting::refusal::Refusal;
use quittance_accounting::report::{self, Report, Value};
use quittance_accounting::snapshot::{Named, Snapshot, Want};
use quittance_store::{Reader, StoreError};
use sha2::{Digest as _, Sha256};

use crate::books::Books;
use crate::content::{CustomerContent, open};
use crate::failure::Failure;
use crate::queries::gathered;
use crate::source::{day_in, zone};
use crate::view::Seal;

pub use known::Restated;

/// The most rows of one page of a report that comes in pages.
pub const MOST_ROWS: i64 = 1000;

/// The reports there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportName {
    /// Every account's balance as of a day.
    TrialBalance,
    /// What is open, by customer and by how long it has been due, as of a day.
    Aging,
    /// Revenue, expenses and the result of a span.
    ProfitAndLoss,
    /// What the book owns and owes as of a day.
    BalanceSheet,
    /// The postings of one account in a span, with its balance before and after.
    Ledger,
    /// What one customer owed, was charged and settled in a span.
    Statement,
    /// What was taxed in a span, by tax account, beside what the ledger says.
    Taxes,
    /// The payments dated in a span.
    Payments,
    /// Every series of numbers, and every gap explained.
    Numbers,
    /// The deletions of a span: who, when, why, and what each moved.
    Deletions,
}

impl ReportName {
    /// Every report with the word that names it on the command line and in the API.
    pub const ALL: [(ReportName, &'static str); 10] = [
        (ReportName::TrialBalance, "trial-balance"),
        (ReportName::Aging, "aging"),
        (ReportName::ProfitAndLoss, "profit-and-loss"),
        (ReportName::BalanceSheet, "balance-sheet"),
        (ReportName::Ledger, "ledger"),
        (ReportName::Statement, "statement"),
        (ReportName::Taxes, "tax-summary"),
        (ReportName::Payments, "payment-register"),
        (ReportName::Numbers, "number-register"),
        (ReportName::Deletions, "deletion-register"),
    ];

    /// The report of this word.
    pub fn parse(word: &str) -> Option<ReportName> {
        ReportName::ALL
            .iter()
            .find(|(_, known)| *known == word)
            .map(|(name, _)| *name)
    }

    /// The word that names it.
    pub fn word(self) -> &'static str {
        ReportName::ALL
            .iter()
            .find(|(name, _)| *name == self)
            .map_or("", |(_, word)| word)
    }
}

/// What is asked of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportQuery {
    /// Which.
    pub name: ReportName,
    /// The first day of a span; else the first of January of the last day's year. Reports as of a day take none.
    pub from: Option<Date>,
    /// The last day, or the day as of which; else today in the book's zone.
    pub to: Option<Date>,
    /// The seq of the last event to know of; else all.
    pub known_at: Option<i64>,
    /// The account of a ledger, by code or stable name.
    pub account: Option<String>,
    /// The customer of a statement.
    pub customer: Option<Named>,
    /// Where to go on: what the page before named as next.
    pub after: Option<String>,
    /// The most rows of a report that comes in pages.
    pub limit: i64,
}

impl ReportQuery {
    /// A report as of now, its first page.
    pub fn new(name: ReportName) -> ReportQuery {
        ReportQuery {
            name,
            from: None,
            to: None,
            known_at: None,
            account: None,
            customer: None,
            after: None,
            limit: MOST_ROWS,
        }
    }
}

/// Why there is no such report.
#[derive(Clone, Debug, PartialEq)]
pub enum ReportFault {
    /// The books refused or failed.
    Failure(Failure),
    /// The log does not reach so far.
    NotYet {
        /// The seq asked for.
        asked: i64,
        /// The last seq.
        last: i64,
    },
    /// The span ends before it begins.
    Backwards {
        /// Its first day.
        from: Date,
        /// Its last day.
        to: Date,
    },
    /// The report is of one account or of one customer, and none was named.
    Needs(&'static str),
    /// What to go on after is not what a page named.
    BadCursor(String),
}

impl<T: Into<Failure>> From<T> for ReportFault {
    fn from(failure: T) -> ReportFault {
        ReportFault::Failure(failure.into())
    }
}

impl std::fmt::Display for ReportFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ReportFault::Failure(failure) => write!(f, "{failure}"),
            ReportFault::NotYet { asked, last } => write!(f, "the log ends at {last}; there is no event {asked}"),
            ReportFault::Backwards { from, to } => write!(f, "a report from {from} cannot end on {to}"),
            ReportFault::Needs(what) => write!(f, "this report is of one {what}: name it"),
            ReportFault::BadCursor(text) => write!(f, "{text:?} is not what a page named as next"),
        }
    }
}

/// A report with what belongs beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportView {
    /// The report.
    pub report: Report,
    /// Digest of its canonical bytes.
    pub digest: Digest,
    /// The end of the log that it knows of.
    pub known_at: Seal,
    /// What was recorded or withdrawn behind that, dated in its days: the first [`known::MOST_RESTATED`].
    pub restated: Vec<Restated>,
    /// How many more.
    pub more_restated: i64,
    /// The accounts that it may name.
    pub accounts: BTreeMap<AccountKey, LedgerAccount>,
    /// The names of the customers in it.
    pub customers: BTreeMap<CustomerKey, String>,
    /// Where the next page goes on, if there is one.
    pub next: Option<String>,
}

/// What a report is made from.
struct Sources<'a> {
    reader: &'a Reader<'a>,
    /// The book as it is, for its log.
    live: &'a Reader<'a>,
    /// The last seq to know of.
    known: i64,
    book: BookKey,
    chart: Snapshot,
    currency: Currency,
    /// The first and the last day.
    span: (Date, Date),
    query: &'a ReportQuery,
}

impl Sources<'_> {
    fn account_of(&self, role: AccountRole) -> Result<AccountKey, ReportFault> {
        match self.chart.account_of(role) {
            Ok(account) => Ok(account),
            Err(_) => Err(Failure::Flawed(quittance_accounting::refusal::Flaw::NoAccountOf(role)).into()),
        }
    }

    fn accounts(&self) -> Vec<LedgerAccount> {
        self.chart.tables().accounts.values().cloned().collect()
    }

    /// The account that the query names.
    fn account(&self) -> Result<AccountKey, ReportFault> {
        let name = self.query.account.as_ref().ok_or(ReportFault::Needs("account"))?;
        let is = |account: &&LedgerAccount| account.code == *name || account.stable_name == *name;
        match self.chart.tables().accounts.values().find(is) {
            Some(account) => Ok(account.key),
            None => Err(unknown(DocumentKind::Account, name).into()),
        }
    }

    /// The customer that the query names.
    async fn customer(&self) -> Result<CustomerKey, ReportFault> {
        let named = self.query.customer.as_ref().ok_or(ReportFault::Needs("customer"))?;
        let found = gathered(self.reader, self.book, &[Want::Customer(named.clone())]).await?;
        match found.customer(named) {
            Ok(Some(customer)) => Ok(customer.key),
            Ok(None) | Err(_) => {
                let name = match named {
                    Named::Id(id) => id.hex(),
                    Named::Key(number) => number.to_string(),
                    Named::External(text) => text.clone(),
                };
                Err(unknown(DocumentKind::Customer, &name).into())
            }
        }
    }

    /// The report, and where its next page goes on.
    async fn report(&self) -> Result<(Report, Option<String>), ReportFault> {
        let (reader, book, currency, (from, to)) = (self.reader, self.book, self.currency, self.span);
        let whole = |report: Report| (report, None);
        Ok(match self.query.name {
            ReportName::TrialBalance => whole(report::trial_balance(to, currency, &reader.turnovers(book, to).await?)),
            ReportName::Aging => {
                let receivable = self.account_of(AccountRole::Receivable)?;
                let items = reader.open_items(book, receivable, to).await?;
                whole(report::aging(to, currency, items))
            }
            ReportName::ProfitAndLoss => {
                let turnovers = reader.turnovers_between(book, from, to).await?;
                whole(report::income_statement(
                    from,
                    to,
                    currency,
                    &self.accounts(),
                    &turnovers,
                ))
            }
            ReportName::BalanceSheet => {
                let turnovers = reader.turnovers(book, to).await?;
                whole(report::balance_sheet(to, currency, &self.accounts(), &turnovers))
            }
            ReportName::Ledger => self.ledger().await?,
            ReportName::Statement => whole(self.statement().await?),
            ReportName::Taxes => whole(self.taxes().await?),
            ReportName::Payments => self.payments().await?,
            ReportName::Numbers => whole(self.numbers().await?),
            ReportName::Deletions => self.deletions().await?,
        })
    }
}

fn unknown(kind: DocumentKind, name: &str) -> Failure {
    let reference = name.to_owned();
    Refusal::UnknownReference { kind, reference }.into()
}

/// Digest of the canonical bytes of a report: what a period is sealed with.
pub fn digest(report: &Report) -> Digest {
    Digest(Sha256::digest(report.canonical().as_bytes()).into())
}

impl Books {
    /// A report of a book, or a page of one.
    pub async fn report(&self, book: BookKey, query: &ReportQuery) -> Result<ReportView, ReportFault> {
        let live = self.store.reader().await?;
        let head = live.head(book).await?;
        let head = head.ok_or_else(|| {
            Failure::from(Refusal::NotFound {
                kind: DocumentKind::Book,
            })
        })?;
        let known = query.known_at.unwrap_or(head.seq);
        if known > head.seq || known < 1 {
            let (asked, last) = (known, head.seq);
            return Err(ReportFault::NotYet { asked, last });
        }
        let replay = match known < head.seq {
            true => Some(known::replay(&live, book, known).await?),
            false => None,
        };
        let chart = match &replay {
            Some(replay) => replay.chart(),
            None => gathered(&live, book, &[Want::Chart]).await?,
        };
        let settings = match chart.settings() {
            Ok(settings) => settings.clone(),
            Err(_) => return Err(Failure::Flawed(quittance_accounting::refusal::Flaw::NoSettings).into()),
        };
        let to = query
            .to
            .unwrap_or_else(|| day_in(&zone(&settings.zone), self.clock.now()));
        let from = query.from.unwrap_or_else(|| to.first_of_year());
        if from > to {
            return Err(ReportFault::Backwards { from, to });
        }
        let seal = match &replay {
            Some(replay) => replay.seal(),
            None => Seal {
                seq: head.seq,
                hash: head.hash,
            },
        };
        let (restated, more_restated) = match &replay {
            Some(replay) => known::restated(&live, book, replay, span_of(query.name, from, to)).await?,
            None => (Vec::new(), 0),
        };
        let replayed = replay.map(known::Known::into_reader);
        let sources = Sources {
            reader: replayed.as_ref().unwrap_or(&live),
            live: &live,
            known,
            book,
            chart,
            currency: settings.currency,
            span: (from, to),
            query,
        };
        let (report, next) = sources.report().await?;
        let customers = names(&live, book, &report).await?;
        Ok(ReportView {
            digest: digest(&report),
            report,
            known_at: seal,
            restated,
            more_restated,
            accounts: sources.chart.tables().accounts.clone(),
            customers,
            next,
        })
    }
}

/// The days that a report of this name is about.
fn span_of(name: ReportName, from: Date, to: Date) -> report::Span {
    match name {
        ReportName::TrialBalance | ReportName::Aging | ReportName::BalanceSheet => report::Span::AsOf(to),
        ReportName::ProfitAndLoss
        | ReportName::Ledger
        | ReportName::Statement
        | ReportName::Taxes
        | ReportName::Payments
        | ReportName::Deletions => report::Span::Between(from, to),
        ReportName::Numbers => report::Span::Whole,
    }
}

/// The names of the customers in a report, as they are today: the log has none.
async fn names(live: &Reader<'_>, book: BookKey, report: &Report) -> Result<BTreeMap<CustomerKey, String>, StoreError> {
    let values = report.sections.iter().flat_map(|section| section.rows.iter().flatten());
    let of = report.of.iter().map(|(_, value)| value);
    let keys: BTreeSet<i64> = values
        .chain(of)
        .filter_map(|value| match value {
            Value::Customer(key) => Some(key.0),
            _ => None,
        })
        .collect();
    let wants: Vec<Want> = keys.iter().map(|key| Want::Customer(Named::Key(*key))).collect();
    let mut snapshot = Snapshot::sparse(quittance_accounting::snapshot::Counters::default());
    live.gather(book, &wants, &mut snapshot).await?;
    let name = |key: i64| {
        let content: Option<CustomerContent> = open(snapshot.content(CustomerKey(key)));
        content.map(|content| (CustomerKey(key), content.name))
    };
    Ok(keys.into_iter().filter_map(name).collect())
}
