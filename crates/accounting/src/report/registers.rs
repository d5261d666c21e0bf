//! The number register, the tax summary: folds of pages.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Balances, Report, Section, Span, Value};
use crate::book::NumberState;
use crate::identity::AccountKey;
use crate::invoice::TaxShare;
use crate::money::Currency;

/// What became of a number that is on no live invoice, or of a run of numbers that never were on any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The number; of a run, the first.
    pub first: String,
    /// The last of a run.
    pub last: Option<String>,
    /// What became of it.
    pub what: GapKind,
    /// The event that deleted its invoice.
    pub seq: Option<i64>,
    /// When its invoice was voided.
    pub voided_at: Option<Timestamp>,
}

/// Why a number is on no live invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GapKind {
    /// Its invoice is void, and still to be seen.
    Void,
    /// Its invoice was deleted.
    Deleted,
    /// Nobody got it: an explicit number moved the count past it.
    PassedOver,
}

impl GapKind {
    /// The word that names it.
    pub fn word(self) -> &'static str {
        match self {
            GapKind::Void => "void",
            GapKind::Deleted => "deleted",
            GapKind::PassedOver => "passed over",
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Series {
    counted: bool,
    /// Every count given out, in no order: eight bytes a number, as one series is spelled in several widths.
    values: Vec<i64>,
    digits: usize,
    used: i64,
    void: i64,
    deleted: i64,
}

/// The number register, line by line.
#[derive(Clone, Debug, Default)]
pub struct NumberRegister {
    series: BTreeMap<String, Series>,
    gaps: Vec<Gap>,
}

/// A number as what stands before its count, and its count. More digits than a count has are no count.
fn split(number: &str) -> (&str, Option<i64>) {
    let prefix = number.trim_end_matches(|letter: char| letter.is_ascii_digit());
    match number[prefix.len()..].parse() {
        Ok(count) => (prefix, Some(count)),
        Err(_) => (number, None),
    }
}

impl NumberRegister {
    /// Takes the next line, in any order.
    pub fn push(
        &mut self,
        number: String,
        counted: bool,
        state: NumberState,
        seq: Option<i64>,
        voided_at: Option<Timestamp>,
    ) {
        let (prefix, count) = split(&number);
        let series = self.series.entry(prefix.to_owned()).or_default();
        series.counted |= counted;
        series.values.extend(count);
        series.digits = series.digits.max(number.len() - prefix.len());
        let what = match state {
            NumberState::Used => {
                series.used += 1;
                return;
            }
            NumberState::Void => {
                series.void += 1;
                GapKind::Void
            }
            NumberState::Deleted => {
                series.deleted += 1;
                GapKind::Deleted
            }
        };
        self.gaps.push(Gap {
            first: number,
            last: None,
            what,
            seq,
            voided_at,
        });
    }

    /// The series, and every number that is on no live invoice with the reason.
    pub fn finish(mut self) -> (Section, Vec<Gap>) {
        let mut rows = Vec::new();
        for (prefix, series) in &mut self.series {
            series.values.sort_unstable();
            series.values.dedup();
            let spelled = |count: i64| format!("{prefix}{count:0width$}", width = series.digits);
            let mut missing = 0;
            // Numbers that clients bring on their own need not be without gaps.
            if series.counted {
                let mut expected = 1;
                for value in series.values.iter().filter(|value| **value > 0) {
                    if *value > expected {
                        missing += value - expected;
                        self.gaps.push(Gap {
                            first: spelled(expected),
                            last: (value - 1 > expected).then(|| spelled(value - 1)),
                            what: GapKind::PassedOver,
                            seq: None,
                            voided_at: None,
                        });
                    }
                    // Beyond the highest count there is no other.
                    let Some(next) = value.checked_add(1) else { break };
                    expected = next;
                }
            }
            let edge = |value: Option<&i64>| value.map_or(Value::None, |value| Value::Count(*value));
            rows.push(vec![
                Value::Text(prefix.clone()),
                edge(series.values.first()),
                edge(series.values.last()),
                Value::Count(series.used),
                Value::Count(series.void),
                Value::Count(series.deleted),
                Value::Count(missing),
            ]);
        }
        let columns = &["series", "first", "last", "used", "void", "deleted", "passed_over"];
        (Section::of("series", columns, rows), self.gaps)
    }
}

/// The tax summary, line by line.
#[derive(Clone, Debug, Default)]
pub struct TaxSummary {
    taxes: BTreeMap<AccountKey, (i128, i128)>,
    untaxed: i128,
    /// Of the invoice at hand: the net of its own lines, of those that carry no tax, and its sign.
    nets: (i128, i128),
    own: Vec<TaxShare>,
    sign: i128,
}

impl TaxSummary {
    /// Takes the document's own line of the next entry, or begins it without one: its discount and taxes. An issue counts, a void
    /// counts back.
    pub fn begin(&mut self, issued: bool, discount: i64, own: &[TaxShare]) {
        self.end();
        self.sign = if issued { 1 } else { -1 };
        self.nets = (-i128::from(discount), -i128::from(discount));
        self.own = own.to_vec();
    }

    /// Takes the next line of the entry at hand.
    pub fn line(&mut self, net: i64, taxes: &[TaxShare]) {
        let net = i128::from(net);
        self.nets.0 += net;
        if taxes.is_empty() {
            self.nets.1 += net;
        }
        for tax in taxes {
            let sums = self.taxes.entry(tax.account).or_default();
            sums.0 += self.sign * net;
            sums.1 += self.sign * i128::from(tax.amount.minor());
        }
    }

    fn end(&mut self) {
        if self.own.is_empty() {
            self.untaxed += self.sign * self.nets.1;
        }
        for tax in std::mem::take(&mut self.own) {
            let sums = self.taxes.entry(tax.account).or_default();
            sums.0 += self.sign * self.nets.0;
            sums.1 += self.sign * i128::from(tax.amount.minor());
        }
        self.sign = 0;
    }

    /// The report: by tax account what was taxed and the tax on invoices, beside what the ledger says of the account. Both differ where
    /// tax was posted by something else than an invoice.
    pub fn finish(
        mut self,
        from: Date,
        to: Date,
        currency: Currency,
        balances: &Balances,
        known: &[AccountKey],
    ) -> Report {
        self.end();
        for account in known.iter().filter(|account| balances.contains_key(account)) {
            self.taxes.entry(*account).or_default();
        }
        let rows = self.taxes.iter().map(|(account, (net, tax))| {
            let turnover = balances.get(account).copied().unwrap_or_default();
            let (debits, credits) = (i128::from(turnover.debits), i128::from(turnover.credits));
            vec![
                Value::Account(*account),
                Value::Money(*net),
                Value::Money(*tax),
                Value::Money(credits),
                Value::Money(debits),
                Value::Money(credits - debits),
            ]
        });
        let columns = &["account", "taxed_net", "tax", "credits", "debits", "owed"];
        let untaxed = vec![vec![Value::Money(self.untaxed)]];
        Report {
            name: "tax-summary",
            span: Span::Between(from, to),
            of: Vec::new(),
            currency,
            sections: vec![
                Section::of("taxes", columns, rows.collect()).with_total(),
                Section::of("untaxed", &["net"], untaxed),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kept::Turnover;
    use crate::money::Amount;

    #[test]
    fn every_number_that_is_on_no_live_invoice_is_explained() {
        let mut register = NumberRegister::default();
        let lines = [
            ("A-9", true, NumberState::Used),
            ("A-0010", true, NumberState::Deleted),
            ("A-0012", false, NumberState::Used),
            ("A-0002", true, NumberState::Void),
            ("A-0001", true, NumberState::Used),
            ("X", false, NumberState::Used),
            ("Z-7", false, NumberState::Used),
        ];
        for (number, counted, state) in lines {
            let seq = (state == NumberState::Deleted).then_some(40);
            register.push(number.to_owned(), counted, state, seq, None);
        }
        let (series, gaps) = register.finish();
        let told: Vec<_> = gaps
            .iter()
            .map(|gap| (gap.first.as_str(), gap.last.as_deref(), gap.what.word(), gap.seq))
            .collect();
        assert_eq!(
            told,
            [
                ("A-0010", None, "deleted", Some(40)),
                ("A-0002", None, "void", None),
                ("A-0003", Some("A-0008"), "passed over", None),
                ("A-0011", None, "passed over", None),
            ]
        );
        let counts = [1, 12, 3, 1, 1, 7].map(Value::Count);
        assert_eq!(series.rows[0][1..], counts);
        assert_eq!(series.rows.len(), 3);
    }

    #[test]
    fn the_highest_number_that_can_be_counted_ends_its_series() {
        let mut register = NumberRegister::default();
        for number in ["A-1", "A-9223372036854775807"] {
            register.push(number.to_owned(), true, NumberState::Used, None, None);
        }
        let (series, gaps) = register.finish();
        let told: Vec<_> = gaps
            .iter()
            .map(|gap| (gap.first.as_str(), gap.last.as_deref()))
            .collect();
        assert_eq!(told, [("A-0000000000000000002", Some("A-9223372036854775806"))]);
        assert_eq!(series.rows[0][6], Value::Count(9_223_372_036_854_775_805));
    }

    #[test]
    fn a_void_counts_back_and_a_document_s_own_tax_is_on_all_of_it() {
        let share = |account, minor| TaxShare {
            account: AccountKey(account),
            amount: Amount::new(minor).unwrap(),
        };
        let mut summary = TaxSummary::default();
        summary.begin(true, 100, &[share(2, 90)]);
        summary.line(600, &[share(1, 60)]);
        summary.line(400, &[]);
        summary.begin(true, 0, &[]);
        summary.line(500, &[]);
        summary.line(300, &[share(1, 30)]);
        summary.begin(false, 0, &[]);
        summary.line(200, &[share(1, 20)]);
        let day = jiff::civil::date(2026, 5, 1);
        let turnover = Turnover {
            debits: 20,
            credits: 90,
        };
        let balances = Balances::from([(AccountKey(1), turnover)]);
        let report = summary.finish(day, day, Currency::USD, &balances, &[AccountKey(1)]);
        let rows = &report.sections[0].rows;
        assert_eq!(rows[0][1..], [700, 70, 90, 20, 70].map(Value::Money));
        assert_eq!(rows[1][1..], [900, 90, 0, 0, 0].map(Value::Money));
        assert_eq!(report.sections[1].rows, [[Value::Money(500)]]);
    }
}
