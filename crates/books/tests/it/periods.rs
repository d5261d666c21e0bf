//! Periods: what a closed one's reports say for ever, the seals that hold them to it, and what reopening leaves.

use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use quittance_accounting::content::Digest;
use quittance_accounting::refusal::Refusal;
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;
use quittance_books::reports::sealing::{BEGINNING, SEALED};
use quittance_books::reports::{ReportName, ReportQuery};
use quittance_books::verify::{LogFlaw, VerifyFlaw};

use crate::histories::History;
use crate::setup::*;

fn closed_through(bench: &Bench) -> Option<Date> {
    run(bench.books.settings(bench.book)).unwrap().unwrap().closed_through
}

/// Everything that can be asked about the days up to a day: every report with days, every account, every customer there is now.
fn queries(bench: &Bench, through: Date) -> Vec<ReportQuery> {
    let chart = run(bench.books.book(bench.book)).unwrap().unwrap();
    let customers = run(bench.books.customers(bench.book, 0, 3)).unwrap();
    let mut queries = Vec::new();
    for from in [BEGINNING, date(2026, 5, 6).min(through)] {
        for (name, _) in ReportName::ALL {
            let mut query = ReportQuery::new(name);
            (query.from, query.to) = (Some(from), Some(through));
            match name {
                ReportName::Ledger => queries.extend(chart.accounts.iter().map(|account| ReportQuery {
                    account: Some(account.code.clone()),
                    ..query.clone()
                })),
                ReportName::Statement => queries.extend(customers.iter().map(|customer| ReportQuery {
                    customer: Some(Named::Key(customer.customer.key.0)),
                    ..query.clone()
                })),
                // It is of no days.
                ReportName::Numbers => {}
                ReportName::TrialBalance
                | ReportName::Aging
                | ReportName::ProfitAndLoss
                | ReportName::BalanceSheet
                | ReportName::Taxes
                | ReportName::Payments
                | ReportName::Deletions => queries.push(query),
            }
        }
    }
    queries
}

fn digests(bench: &Bench, queries: &[ReportQuery]) -> Vec<Digest> {
    let digest = |query| {
        let view = run(bench.books.report(bench.book, query)).unwrap();
        assert_eq!(view.next, None, "the page is the whole report");
        view.digest
    };
    queries.iter().map(digest).collect()
}

/// What the reports of closed days were, and whether they are.
struct Noted {
    through: Date,
    queries: Vec<ReportQuery>,
    digests: Vec<Digest>,
}

impl Noted {
    fn of(bench: &Bench, through: Date) -> Noted {
        let queries = queries(bench, through);
        let digests = digests(bench, &queries);
        Noted {
            through,
            queries,
            digests,
        }
    }

    fn still_holds(&self, bench: &Bench, after: &str) {
        for (query, then) in self.queries.iter().zip(&self.digests) {
            let now = run(bench.books.report(bench.book, query)).unwrap();
            assert_eq!(
                now.digest,
                *then,
                "closed through {}: {query:?} after {after}\n{}",
                self.through,
                now.report.canonical()
            );
        }
    }
}

fn goes_on(bench: &Bench, seed: u64) -> usize {
    let mut history = History::new(seed);
    let (mut noted, mut accepted) = (Vec::<Noted>::new(), 0);
    for round in 0..5 {
        for step in 0..60 {
            let before = closed_through(bench);
            let answer = run(history.step(bench));
            let after = closed_through(bench);
            accepted += usize::from(!noted.is_empty() && answer.starts_with("Ok"));
            noted.retain(|noted| after.is_some_and(|after| noted.through <= after));
            if after > before {
                noted.extend(after.map(|through| Noted::of(bench, through)));
            }
            if step % 6 == 0 {
                noted.iter().for_each(|noted| noted.still_holds(bench, &answer));
            }
        }
        // Closed a little further every time; in the end through yesterday, with every day that the history writes to.
        let day = match round {
            4 => bench.clock_day().yesterday().unwrap(),
            _ => date(2026, 5, 8).saturating_add((5 * round).days()),
        };
        if run(bench.books.close_period(&bench.context(), day)).is_ok() {
            noted.push(Noted::of(bench, day));
        }
    }
    for _ in 0..40 {
        let answer = run(history.step(bench));
        let after = closed_through(bench);
        noted.retain(|noted| after.is_some_and(|after| noted.through <= after));
        noted.iter().for_each(|noted| noted.still_holds(bench, &answer));
    }
    bench.verified();
    accepted
}

#[test]
fn reports_of_closed_days_are_the_same_whatever_happens_after() {
    let accepted: usize = [3, 14, 159, 26]
        .map(|seed| goes_on(&Bench::in_memory(0), seed))
        .iter()
        .sum();
    assert!(accepted > 80, "{accepted}");
}

#[test]
fn reports_of_closed_days_are_the_same_whatever_happens_after_in_a_file() {
    goes_on(&Bench::at(Place::file(), 0), 26);
}

#[test]
fn a_period_is_sealed_when_it_is_closed_and_its_seal_is_what_is_reported() {
    for bench in Bench::everywhere(0) {
        let mut history = History::new(21);
        for _ in 0..60 {
            run(history.step(&bench));
        }
        let _open_already = run(bench.books.reopen_period(&bench.context(), None, "a test"));
        let through = date(2026, 5, 20);
        run(bench.books.close_period(&bench.context(), through)).unwrap();
        let periods = run(bench.books.periods(bench.book)).unwrap();
        let last = &periods.last().unwrap().period;
        let seal = last.seal.as_ref().unwrap();
        assert_eq!((last.first, last.through, last.reopened), (None, through, None));
        assert_eq!(seal.known_seq, last.closing);
        for (name, sealed) in SEALED.iter().zip(&seal.reports) {
            let mut query = ReportQuery::new(*name);
            (query.from, query.to) = (Some(BEGINNING), Some(through));
            let report = run(bench.books.report(bench.book, &query)).unwrap();
            assert_eq!((name.word(), report.digest), (sealed.name.as_str(), sealed.digest));
        }
        assert_eq!(run(bench.books.seal_due()), Ok(0));
        bench.verified();
    }
}

#[test]
fn what_is_reopened_says_why_and_what_stays_closed_is_sealed_anew() {
    let bench = Bench::in_memory(0);
    let context = bench.context();
    let [april, may] = [date(2026, 4, 30), date(2026, 5, 31)];
    for through in [april, may] {
        run(bench.books.close_period(&context, through)).unwrap();
    }
    let middle = date(2026, 5, 15);
    run(bench
        .books
        .reopen_period(&context, Some(middle), "an invoice was forgotten"))
    .unwrap();
    let periods = run(bench.books.periods(bench.book)).unwrap();
    let days: Vec<_> = periods
        .iter()
        .map(|view| (view.period.first, view.period.through, view.reopening.is_some()))
        .collect();
    let may_1 = Some(date(2026, 5, 1));
    assert_eq!(days, [(None, april, false), (may_1, may, true), (may_1, middle, false)]);
    let reopening = periods[1].reopening.as_ref().unwrap();
    assert_eq!(reopening.reason.as_deref(), Some("an invoice was forgotten"));
    assert_eq!(reopening.seq, periods[2].period.closing);
    assert!(periods.iter().all(|view| view.period.seal.is_some()));
    let asked = Some(may);
    assert_eq!(
        run(bench.books.reopen_period(&context, asked, "again")),
        Err(Failure::from(Refusal::CannotReopen {
            closed_through: Some(middle),
            asked
        }))
    );
    bench.verified();
}

#[test]
fn a_seal_that_says_something_else_is_found() {
    let original = crate::tamper::Original::new();
    let events = original.events();
    let sealed = events
        .iter()
        .position(|event| event.kind == quittance_accounting::plan::EventKind::PeriodSealed)
        .unwrap();
    for name in SEALED.map(ReportName::word) {
        let mut forged = events.clone();
        let body = &mut forged[sealed].body;
        let at = body.find(&format!("{name}:")).unwrap() + name.len() + 1;
        let digit = if &body[at..=at] == "0" { "1" } else { "0" };
        body.replace_range(at..=at, digit);
        crate::rewrites::rewrite(&original, forged);
        let first = original.verify(None).flaws.remove(0);
        assert!(
            matches!(&first, VerifyFlaw::Log(LogFlaw::SealDiffers { report, .. }) if report == name),
            "{first:?}"
        );
    }
}
