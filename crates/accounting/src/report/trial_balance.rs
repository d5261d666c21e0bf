//! The trial balance: every account that has moved, its balance on its side, and both sides equal.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Report, Section, Span, Value};
use crate::identity::AccountKey;
use crate::kept::Turnover;
use crate::money::Currency;

/// The turnover of every account over some span.
pub type Balances = BTreeMap<AccountKey, Turnover>;

/// The trial balance as of a day, from all turnover dated on or before it. An account without turnover has no row, so that adding
/// one changes no report of an earlier day.
pub fn trial_balance(as_of: Date, currency: Currency, balances: &Balances) -> Report {
    let moved = balances.iter().filter(|(_, turnover)| !turnover.is_zero());
    let rows = moved.map(|(account, turnover)| {
        let net = i128::from(turnover.debits) - i128::from(turnover.credits);
        vec![
            Value::Account(*account),
            Value::Money(turnover.debits.into()),
            Value::Money(turnover.credits.into()),
            Value::side(net),
            Value::side(-net),
        ]
    });
    let columns = &["account", "debits", "credits", "debit_balance", "credit_balance"];
    Report {
        name: "trial-balance",
        span: Span::AsOf(as_of),
        of: Vec::new(),
        currency,
        sections: vec![Section::of("accounts", columns, rows.collect()).with_total()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balances_stand_on_their_side_and_unmoved_accounts_nowhere() {
        let of = |debits, credits| Turnover { debits, credits };
        let balances = Balances::from([
            (AccountKey(1), of(500, 200)),
            (AccountKey(2), of(0, 300)),
            (AccountKey(3), of(0, 0)),
            (AccountKey(4), of(70, 70)),
        ]);
        let report = trial_balance(jiff::civil::date(2026, 5, 31), Currency::USD, &balances);
        let section = &report.sections[0];
        assert_eq!(section.rows.len(), 3);
        assert_eq!(section.rows[0][3..], [Value::Money(300), Value::None]);
        assert_eq!(section.rows[1][3..], [Value::None, Value::Money(300)]);
        assert_eq!(section.rows[2][3..], [Value::None, Value::None]);
        let total = section.total.as_ref().unwrap();
        assert_eq!(total[1..], [570, 570, 300, 300].map(Value::Money));
    }
}
