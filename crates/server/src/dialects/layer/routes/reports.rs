//! Reports: aging, profit and loss, balance sheet, trial balance, and the figures above the list of invoices.

use std::sync::Arc;

use jiff::civil::Date;
use quittance_books::reports::{ReportFault, ReportName, ReportQuery, ReportView};
use quittance_books::view::BookView;
use serde_json::Value;

use super::super::errors::{self, Fault};
use super::super::manners;
use super::super::mapping::fields::When;
use super::super::mapping::statements;
use super::invoices::{known_pairs, value};
use super::{Call, of_method};
use crate::http::Response;

/// What can be asked of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    SummaryStats,
    Aging,
    UnifiedAging,
    TrialBalance,
    ProfitAndLoss,
    BalanceSheet,
}

/// What stands at a path under the business.
pub fn find(method: &str, rest: &[&str]) -> Result<Option<Operation>, Fault> {
    use Operation as O;
    let operation = match *rest {
        ["invoices", "summary-stats"] => O::SummaryStats,
        ["invoices", "ar-aging"] => O::Aging,
        ["reports", "unified", "ar-aging"] => O::UnifiedAging,
        ["reports", "unified", "trial-balance"] => O::TrialBalance,
        ["reports", "profit-and-loss"] => O::ProfitAndLoss,
        ["reports", "balance-sheet"] => O::BalanceSheet,
        _ => return Ok(None),
    };
    of_method(method, &[("GET", operation)]).map(Some)
}

impl Operation {
    /// Answers it.
    pub async fn answer(self, call: &Call<'_>) -> Result<Response, Fault> {
        match self {
            Operation::SummaryStats => summary(call).await,
            Operation::Aging => {
                let (view, book) = as_of(call, ReportName::Aging).await?;
                Ok(Response::json(200, &statements::aging(&book, &view)))
            }
            Operation::UnifiedAging => {
                let (view, book) = as_of(call, ReportName::Aging).await?;
                Ok(manners::enveloped(200, statements::unified_aging(&book, &view)))
            }
            Operation::TrialBalance => {
                let (view, book) = as_of(call, ReportName::TrialBalance).await?;
                Ok(manners::enveloped(200, statements::trial_balance(&book, &view)))
            }
            Operation::ProfitAndLoss => profit_and_loss(call).await,
            Operation::BalanceSheet => {
                let (view, book) = as_of(call, ReportName::BalanceSheet).await?;
                Ok(manners::enveloped(200, statements::balance_sheet(&book, &view)))
            }
        }
    }
}

/// The day that a member of the query names: an instant is taken in the book's zone.
pub fn day(call: &Call<'_>, pairs: &[(String, String)], name: &str) -> Result<Option<Date>, Fault> {
    match value(pairs, name) {
        None => Ok(None),
        Some(text) => When::read(text)
            .map(|when| Some(when.day(&call.zone)))
            .ok_or_else(|| errors::query_format(name, "a date or an ISO 8601 instant")),
    }
}

/// The books are kept on the accrual basis; another basis would be another report.
pub fn accrual(pairs: &[(String, String)]) -> Result<(), Fault> {
    match value(pairs, "reporting_basis") {
        None | Some("ACCRUAL") => Ok(()),
        Some(_) => Err(errors::query_format("reporting_basis", "ACCRUAL")),
    }
}

/// A span that ends before it begins.
pub fn backwards() -> Fault {
    errors::conflicting_query("start_date is later than end_date.")
}

async fn ask(call: &Call<'_>, query: &ReportQuery) -> Result<ReportView, Fault> {
    let view = call.app.books.report(call.key(), query).await;
    view.map_err(|fault| match fault {
        ReportFault::Failure(failure) => errors::fault(&failure),
        ReportFault::Backwards { .. } => backwards(),
        ReportFault::NotYet { .. } | ReportFault::Needs(_) | ReportFault::BadCursor(_) => errors::no_route(),
    })
}

/// A report, and the business with every account that is in it: read after the report.
async fn as_of(call: &Call<'_>, name: ReportName) -> Result<(ReportView, Arc<BookView>), Fault> {
    let pairs = known_pairs(call, &["effective_date", "reporting_basis"])?;
    accrual(&pairs)?;
    let to = day(call, &pairs, "effective_date")?;
    let query = ReportQuery {
        to,
        ..ReportQuery::new(name)
    };
    let view = ask(call, &query).await?;
    Ok((view, call.book_now().await?))
}

async fn profit_and_loss(call: &Call<'_>) -> Result<Response, Fault> {
    let pairs = known_pairs(call, &["start_date", "end_date", "reporting_basis"])?;
    accrual(&pairs)?;
    let (from, to) = (day(call, &pairs, "start_date")?, day(call, &pairs, "end_date")?);
    let query = ReportQuery {
        from,
        to,
        ..ReportQuery::new(ReportName::ProfitAndLoss)
    };
    let view = ask(call, &query).await?;
    let book = call.book_now().await?;
    Ok(manners::enveloped(200, statements::profit_and_loss(&book, &view)))
}

/// What is open and due by the end of yesterday, what else is open, and what payments have settled: from kept figures.
async fn summary(call: &Call<'_>) -> Result<Response, Fault> {
    known_pairs(call, &[])?;
    let found = call.app.books.open_and_settled(call.key()).await;
    let (tallies, settled) = found.map_err(|failure| errors::fault(&failure))?;
    let today = call.zone.to_datetime(call.app.now()).date();
    let shown: Value = statements::summary(&tallies, settled, today);
    Ok(manners::enveloped(200, shown))
}
