//! Profit and loss, and the balance sheet: the accounts by what they are.

use jiff::civil::Date;

use super::{Balances, Report, Section, Span, Value};
use crate::account::{AccountKind, LedgerAccount};
use crate::kept::Turnover;
use crate::money::Currency;

const ACCOUNT_AND_AMOUNT: &[&str] = &["account", "amount"];

/// A turnover as a sum on a side: credits less debits, or the other way round.
fn credit(turnover: Turnover) -> i128 {
    i128::from(turnover.credits) - i128::from(turnover.debits)
}

/// The accounts of some kinds that have moved, each with a signed sum, and what they add up to.
fn section(
    name: &'static str,
    chart: &[LedgerAccount],
    balances: &Balances,
    kinds: &[AccountKind],
    signed: fn(Turnover) -> i128,
) -> (Section, i128) {
    let of_kind = chart.iter().filter(|account| kinds.contains(&account.kind));
    let moved = of_kind.filter_map(|account| {
        let turnover = balances.get(&account.key).filter(|turnover| !turnover.is_zero())?;
        Some((account.key, signed(*turnover)))
    });
    let sums: Vec<_> = moved.collect();
    let rows = sums
        .iter()
        .map(|(account, sum)| vec![Value::Account(*account), Value::Money(*sum)]);
    let rows = rows.collect();
    let sum = sums.iter().map(|(_, sum)| sum).sum();
    let mut section = Section::of(name, ACCOUNT_AND_AMOUNT, rows);
    section.total = Some(vec![Value::None, Value::Money(sum)]);
    (section, sum)
}

fn result_section(name: &'static str, sum: i128) -> Section {
    Section::of(name, &["amount"], vec![vec![Value::Money(sum)]])
}

/// Profit and loss over a span, from the turnover dated in it: revenue less what lessens it, expenses, and the result. Amounts that
/// raise the result are positive among revenue, those that lower it are positive among expenses.
pub fn income_statement(
    from: Date,
    to: Date,
    currency: Currency,
    chart: &[LedgerAccount],
    balances: &Balances,
) -> Report {
    let kinds = [AccountKind::Revenue, AccountKind::ContraRevenue];
    let (revenue, earned) = section("revenue", chart, balances, &kinds, credit);
    let (expenses, spent) = section("expenses", chart, balances, &[AccountKind::Expense], |t| -credit(t));
    Report {
        name: "profit-and-loss",
        span: Span::Between(from, to),
        of: Vec::new(),
        currency,
        sections: vec![revenue, expenses, result_section("result", earned - spent)],
    }
}

/// The balance sheet as of a day, from all turnover dated on or before it: assets, liabilities, equity. What was earned and spent so
/// far belongs to the owners and stands as a line of its own: nothing is ever closed into an account of equity.
pub fn balance_sheet(as_of: Date, currency: Currency, chart: &[LedgerAccount], balances: &Balances) -> Report {
    let (assets, _) = section("assets", chart, balances, &[AccountKind::Asset], |t| -credit(t));
    let (liabilities, owed) = section("liabilities", chart, balances, &[AccountKind::Liability], credit);
    let (equity, own) = section("equity", chart, balances, &[AccountKind::Equity], credit);
    let kinds = [AccountKind::Revenue, AccountKind::ContraRevenue, AccountKind::Expense];
    let (_, earned) = section("", chart, balances, &kinds, credit);
    Report {
        name: "balance-sheet",
        span: Span::AsOf(as_of),
        of: Vec::new(),
        currency,
        sections: vec![
            assets,
            liabilities,
            equity,
            result_section("result_to_date", earned),
            result_section("liabilities_and_equity", owed + own + earned),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::AccountRole;
    use crate::identity::AccountKey;
    use jiff::civil::date;

    #[test]
    fn assets_equal_what_is_owed_and_owned() {
        let kinds = [
            AccountKind::Asset,
            AccountKind::Liability,
            AccountKind::Equity,
            AccountKind::Revenue,
            AccountKind::ContraRevenue,
            AccountKind::Expense,
        ];
        let account = |(key, kind)| LedgerAccount {
            key: AccountKey(key),
            code: String::new(),
            stable_name: String::new(),
            name: String::new(),
            kind,
            role: AccountRole::Ordinary,
            active: true,
        };
        let chart: Vec<LedgerAccount> = (1..).zip(kinds).map(account).collect();
        let of = |debits, credits| Turnover { debits, credits };
        let turnovers = [of(1000, 120), of(0, 80), of(0, 300), of(20, 600), of(50, 0), of(30, 0)];
        let balances: Balances = (1..).map(AccountKey).zip(turnovers).collect();
        let sum = |report: &Report, section: usize| match &report.sections[section] {
            Section { total: Some(total), .. } => total[1].clone(),
            Section { rows, .. } => rows[0][0].clone(),
        };
        let sheet = balance_sheet(date(2026, 12, 31), Currency::USD, &chart, &balances);
        let sums: Vec<Value> = (0..5).map(|at| sum(&sheet, at)).collect();
        assert_eq!(sums, [880, 80, 300, 500, 880].map(Value::Money));
        let income = income_statement(date(2026, 1, 1), date(2026, 12, 31), Currency::USD, &chart, &balances);
        let sums: Vec<Value> = (0..3).map(|at| sum(&income, at)).collect();
        assert_eq!(sums, [530, 30, 500].map(Value::Money));
    }
}
