//! The ledger: the chart of accounts, with or without balances.

use jiff::civil::Date;
use quittance_accounting::account::LedgerAccount;
use quittance_books::Verb;
use quittance_books::reports::{ReportName, ReportQuery};
use serde_json::{Value, json};

use super::super::errors::Fault;
use super::super::manners;
use super::super::mapping::{output, statements};
use super::invoices::known_pairs;
use super::{Call, of_method, reports};
use crate::http::Response;

/// What can be asked of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Chart,
    Accounts,
    Balances,
}

/// What stands at a path under the business.
pub fn find(method: &str, rest: &[&str]) -> Result<Option<Operation>, Fault> {
    use Operation as O;
    let there = match *rest {
        ["ledger", "chart"] => of_method(method, &[("GET", O::Chart)]),
        ["ledger", "accounts"] => of_method(method, &[("GET", O::Accounts)]),
        ["ledger", "balances"] => of_method(method, &[("GET", O::Balances)]),
        _ => return Ok(None),
    };
    there.map(Some)
}

impl Operation {
    /// What it does, as far as the token's role is concerned.
    pub fn verb(self) -> Verb {
        match self {
            Operation::Chart | Operation::Accounts | Operation::Balances => Verb::Read,
        }
    }

    /// Answers it.
    pub async fn answer(self, call: &Call<'_>) -> Result<Response, Fault> {
        match self {
            Operation::Chart => Ok(chart(call)),
            Operation::Accounts => {
                known_pairs(call, &[])?;
                balances(call, None, None).await
            }
            Operation::Balances => {
                let pairs = known_pairs(call, &["start_date", "end_date"])?;
                let from = reports::day(call, &pairs, "start_date")?;
                let to = reports::day(call, &pairs, "end_date")?;
                balances(call, from, to).await
            }
        }
    }
}

/// The chart of accounts. Accounts here have no children.
fn chart(call: &Call<'_>) -> Response {
    let account = |account| {
        let mut shown = output::value(&output::account(&call.book, account));
        shown["sub_accounts"] = json!([]);
        shown
    };
    let accounts: Vec<Value> = call.book.accounts.iter().map(account).collect();
    manners::enveloped(200, json!({"type": "Chart_Of_Accounts", "accounts": accounts}))
}

/// The accounts with their balances as of a day; between two days, with what moved in them.
async fn balances(call: &Call<'_>, from: Option<Date>, to: Option<Date>) -> Result<Response, Fault> {
    let as_of = |to: Option<Date>| ReportQuery {
        to,
        ..ReportQuery::new(ReportName::TrialBalance)
    };
    let mut sums = statements::balances(call.book(), &reports::ask(call, &as_of(to)).await?);
    if let Some(before) = from.and_then(|from| from.yesterday().ok()) {
        let earlier = reports::ask(call, &as_of(Some(before))).await?;
        for (account, balance) in statements::balances(call.book(), &earlier) {
            *sums.entry(account).or_default() -= balance;
        }
    }
    let account = |account: &LedgerAccount| {
        let mut shown = output::value(&output::account(&call.book, account));
        shown["balance"] = statements::cents(sums.get(&account.key).copied().unwrap_or_default());
        shown["is_deletable"] = json!(false);
        shown["sub_accounts"] = json!([]);
        shown
    };
    let accounts: Vec<Value> = call.book.accounts.iter().map(account).collect();
    Ok(manners::enveloped(
        200,
        json!({"type": "Ledger_Balances", "accounts": accounts}),
    ))
}
