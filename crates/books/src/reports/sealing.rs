//! What the reports about a closed period come to: the digests that it is sealed with.
//!
//! A seal holds the reports that cost no more than what was posted in the period and is open at its end. The ledger of every
//! account and the statement of every customer would cost a page each; they stand on the same entries and are the same for ever too.

use jiff::civil::{Date, date};
use quittance_accounting::book::{Period, SealedReport};
use quittance_accounting::content::Digest;
use quittance_accounting::identity::BookKey;
use quittance_accounting::record::Tables;
use quittance_accounting::snapshot::{Counters, Snapshot, Want};
use quittance_store::Reader;
use sha2::{Digest as _, Sha256};

use super::{ReportFault, ReportName, ReportQuery, Sources};
use crate::failure::Failure;

/// The reports that a period is sealed with.
pub const SEALED: [ReportName; 6] = [
    ReportName::TrialBalance,
    ReportName::Aging,
    ReportName::ProfitAndLoss,
    ReportName::BalanceSheet,
    ReportName::Taxes,
    ReportName::Payments,
];

/// The first day of a period that goes back to the beginning: no book is older.
pub const BEGINNING: Date = date(1, 1, 1);

/// The settings and the chart of a book.
pub(crate) fn chart(tables: &Tables) -> Snapshot {
    let mut chart = Snapshot::sparse(Counters::default());
    for settings in tables.settings.values() {
        chart.load(settings.clone().into());
    }
    for account in tables.accounts.values() {
        chart.load(account.clone().into());
    }
    chart.note_gathered(Want::Chart);
    chart
}

/// The digests of the reports about a period, as a reader of the book makes them.
pub(crate) async fn reports(
    reader: &Reader<'_>,
    book: BookKey,
    mut chart: Snapshot,
    period: &Period,
) -> Result<Vec<SealedReport>, Failure> {
    let mut sealed = Vec::with_capacity(SEALED.len());
    for name in SEALED {
        let query = ReportQuery::new(name);
        let currency = chart.settings().map_err(flawed)?.currency;
        let sources = Sources {
            reader,
            live: reader,
            known: 0,
            book,
            chart,
            currency,
            span: (period.first.unwrap_or(BEGINNING), period.through),
            query: &query,
        };
        let digest = digest(&sources).await.map_err(|fault| match fault {
            ReportFault::Failure(failure) => failure,
            // No page, account, customer or seq was asked for.
            ReportFault::NotYet { .. }
            | ReportFault::Backwards { .. }
            | ReportFault::Needs(_)
            | ReportFault::BadCursor(_) => Failure::Unavailable,
        })?;
        sealed.push(SealedReport {
            name: name.word().to_owned(),
            digest,
        });
        chart = sources.chart;
    }
    Ok(sealed)
}

fn flawed(stop: quittance_accounting::refusal::Stop) -> Failure {
    match stop {
        quittance_accounting::refusal::Stop::Flawed(flaw) => Failure::Flawed(flaw),
        quittance_accounting::refusal::Stop::Missing(_) | quittance_accounting::refusal::Stop::Refused(_) => {
            Failure::Unavailable
        }
    }
}

/// The digest of a report with all its pages, one page in memory at a time.
async fn digest(sources: &Sources<'_>) -> Result<Digest, ReportFault> {
    let (page, mut next) = sources.report().await?;
    let mut hasher = Sha256::new();
    hasher.update(page.canonical().as_bytes());
    let mut last = page.sections.last().map(|section| section.name);
    while let Some(after) = next {
        let query = ReportQuery {
            after: Some(after),
            ..sources.query.clone()
        };
        let further = Sources {
            query: &query,
            chart: sources.chart.clone(),
            ..*sources
        };
        let (page, following) = further.report().await?;
        hasher.update(page.canonical_after(last).as_bytes());
        last = page.sections.last().map(|section| section.name).or(last);
        next = following;
    }
    Ok(Digest(hasher.finalize().into()))
}
