//! Reports over histories: as known earlier, after delete and restore, and beside the history without an invoice.

use jiff::civil::{Date, date};
use quittance_accounting::issuing::NumberChoice;
use quittance_accounting::report::{Report, Value};
use quittance_accounting::snapshot::Named;
use quittance_books::input::DeleteOptions;
use quittance_books::reports::{ReportFault, ReportName, ReportQuery, ReportView, digest};

use crate::histories::History;
use crate::setup::*;

const DAYS: [Date; 3] = [date(2026, 5, 12), date(2026, 5, 31), date(2026, 7, 31)];

/// What is asked of every report that can be asked about a book with a chart and a few customers.
fn queries(bench: &Bench) -> Vec<ReportQuery> {
    let chart = run(bench.books.book(bench.book)).unwrap().unwrap();
    let customers = run(bench.books.customers(bench.book, 0, 3)).unwrap();
    let mut queries = Vec::new();
    for to in DAYS {
        for (name, _) in ReportName::ALL {
            let mut query = ReportQuery::new(name);
            query.to = Some(to);
            query.from = Some(date(2026, 5, 3));
            query.limit = 7;
            match name {
                ReportName::Ledger => queries.extend(chart.accounts.iter().map(|account| {
                    let mut query = query.clone();
                    query.account = Some(account.code.clone());
                    query
                })),
                ReportName::Statement => queries.extend(customers.iter().map(|customer| {
                    let mut query = query.clone();
                    query.customer = Some(Named::Key(customer.customer.key.0));
                    query
                })),
                _ => queries.push(query),
            }
        }
    }
    queries
}

/// A report with all its pages put together.
fn whole(bench: &Bench, query: &ReportQuery) -> ReportView {
    let ask = |query: &ReportQuery| run(bench.books.report(bench.book, query)).unwrap();
    let mut view = ask(query);
    while let Some(after) = view.next.take() {
        let page = ask(&ReportQuery {
            after: Some(after),
            ..query.clone()
        });
        for section in page.report.sections {
            match view.report.sections.iter_mut().find(|known| known.name == section.name) {
                Some(known) => known.rows.extend(section.rows),
                None => view.report.sections.push(section),
            }
        }
        view.next = page.next;
    }
    view
}

fn reports(bench: &Bench, queries: &[ReportQuery]) -> Vec<Report> {
    queries.iter().map(|query| whole(bench, query).report).collect()
}

fn head(bench: &Bench) -> i64 {
    run(bench.books.head(bench.book)).unwrap().unwrap().seq
}

#[test]
fn a_report_as_known_earlier_is_the_report_of_then() {
    known_earlier(&Bench::at(Place::file(), 0), 260, 100);
    known_earlier(&Bench::in_database(0), 170, 20);
}

fn known_earlier(bench: &Bench, steps: usize, least: usize) {
    let mut history = History::new(11);
    let mut noted = Vec::new();
    for step in 0..steps {
        run(history.step(bench));
        if step % 65 == 40 {
            let queries = queries(bench);
            noted.push((head(bench), reports(bench, &queries), queries));
        }
    }
    assert!(noted.len() > 1);
    let mut restated = 0;
    for (seq, then, queries) in noted {
        for (then, mut query) in then.iter().zip(queries) {
            query.known_at = Some(seq);
            let view = whole(bench, &query);
            assert_eq!(view.report.canonical(), then.canonical(), "known at {seq}: {query:?}");
            assert_eq!(view.known_at.seq, seq);
            restated += view.restated.len();
            let days = view.report.span;
            assert!(
                view.restated
                    .iter()
                    .all(|entry| days.holds(entry.date) && entry.seq > seq)
            );
            // Where nothing was restated the report reads the same today. Drafts have numbers and no entries to restate.
            query.known_at = None;
            if view.restated.is_empty() && query.name != ReportName::Numbers {
                let today = whole(bench, &query);
                assert_eq!(today.digest, view.digest, "{query:?}");
            }
        }
    }
    assert!(restated > least, "{restated}");
}

#[test]
fn delete_then_restore_changes_no_report() {
    comes_and_goes(&Bench::in_memory(0), 12);
    comes_and_goes(&Bench::at(Place::file(), 0), 3);
    comes_and_goes(&Bench::in_database(0), 3);
}

fn comes_and_goes(bench: &Bench, rounds: usize) {
    let mut history = History::new(5);
    for round in 0..rounds {
        for _ in 0..20 {
            run(history.step(bench));
        }
        // Everything is open, so that the delete is not refused for its days.
        let _open_already = run(bench.books.reopen_period(&bench.context(), None, "a test"));
        let mut input = invoice("comes and goes", true);
        let customers = run(bench.books.customers(bench.book, 0, 1)).unwrap();
        input.customer = customers
            .first()
            .filter(|_| round % 2 == 0)
            .map(|customer| Named::Key(customer.customer.key.0));
        let view = run(bench.books.create_invoice(&bench.context(), &LAYER, input, None)).unwrap();
        run(bench.books.write_off(&bench.context(), write_off(named(&view), 300))).unwrap();
        let queries = queries(bench);
        let before = reports(bench, &queries);
        let options = DeleteOptions::default();
        let deleted = run(bench
            .books
            .delete_invoice(&bench.context(), &LAYER, named(&view), options))
        .unwrap();
        assert_ne!(reports(bench, &queries), before);
        run(bench.books.restore_invoice(&bench.context(), named(&view))).unwrap();
        // What the register of deletions is about stays in it: this delete, and not a word besides.
        let told = |report: &Report| section(report, "deletions").is_some_and(|rows| tells_of(rows, deleted.seal.seq));
        let after = reports(bench, &queries);
        let mut registers = after
            .iter()
            .zip(&queries)
            .filter(|(_, query)| query.name == ReportName::Deletions);
        assert!(registers.any(|(report, _)| told(report)));
        let after: Vec<Report> = after
            .into_iter()
            .map(|report| without_event(report, deleted.seal.seq))
            .collect();
        assert_eq!(after, before);
    }
}

/// The rows of a section of a report, if it has one of this name.
fn section<'a>(report: &'a Report, name: &str) -> Option<&'a Vec<Vec<Value>>> {
    let found = report.sections.iter().find(|section| section.name == name);
    found.map(|section| &section.rows)
}

fn tells_of(rows: &[Vec<Value>], seq: i64) -> bool {
    rows.iter().any(|row| row[0] == Value::Count(seq))
}

/// The register of deletions without one of them; any other report as it is.
fn without_event(mut report: Report, seq: i64) -> Report {
    if report.name == "deletion-register" {
        for section in &mut report.sections {
            section.rows.retain(|row| row[0] != Value::Count(seq));
        }
    }
    report
}

/// The register of deletions as if what these events deleted had had nothing to withdraw; any other report as it is.
fn of_drafts(mut report: Report, seqs: &[i64]) -> Report {
    if report.name != "deletion-register" {
        return report;
    }
    let is_one = |row: &[Value]| seqs.iter().any(|seq| row[0] == Value::Count(*seq));
    for section in &mut report.sections {
        if section.name == "moved" {
            section.rows.retain(|row| !is_one(row));
            continue;
        }
        for (at, column) in section.columns.iter().enumerate() {
            if matches!(*column, "entries" | "withdrawn") {
                let rows = section.rows.iter_mut().filter(|row| is_one(row));
                rows.for_each(|row| row[at] = Value::None);
            }
        }
    }
    report
}

/// A report without what differs by right between a history and the one without an invoice: the numbers of entries, events and
/// documents. What a human reads as a number is a text, and stays.
fn plain(mut report: Report) -> Report {
    for section in &mut report.sections {
        for (at, column) in section.columns.iter().enumerate() {
            if matches!(*column, "entry" | "number" | "payment" | "event" | "document") {
                let counts = section.rows.iter_mut().filter(|row| matches!(row[at], Value::Count(_)));
                counts.for_each(|row| row[at] = Value::None);
            }
        }
    }
    report
}

#[test]
fn withdrawing_an_invoice_leaves_the_reports_of_the_history_without_it() {
    as_if_it_never_was(&Bench::in_memory(0), &Bench::in_memory(0), 14);
    // The history with it is PostgreSQL's, the one without it the model's.
    as_if_it_never_was(&Bench::in_database(0), &Bench::in_memory(0), 4);
}

fn as_if_it_never_was(with: &Bench, without: &Bench, rounds: usize) {
    let (mut history, mut twin) = (History::new(9), History::new(9));
    let mut deletes: [Vec<i64>; 2] = Default::default();
    let days = [date(2026, 5, 4), date(2026, 5, 20)];
    for round in 0..rounds {
        for _ in 0..20 {
            assert_eq!(
                run(history.step(with)).starts_with("Ok"),
                run(twin.step(without)).starts_with("Ok")
            );
        }
        let mut input = invoice("never was", true);
        input.number = NumberChoice::Explicit(format!("NEVER-{round}"));
        input.invoice_date = Some(days[round % 2]);
        let delete = |bench: &Bench, named| {
            let options = DeleteOptions::default();
            let deleted = run(bench.books.delete_invoice(&bench.context(), &CAMPFIRE, named, options));
            deleted.unwrap().seal.seq
        };
        for bench in [with, without] {
            let _open_already = run(bench.books.reopen_period(&bench.context(), None, "a test"));
        }
        let view = run(with
            .books
            .create_invoice(&with.context(), &CAMPFIRE, input.clone(), None))
        .unwrap();
        let mut part = payment(named(&view));
        part.amount = Some(minor(4_000));
        part.parts[0].1 = quittance_accounting::settling::Part::Exactly(minor(4_000));
        run(with.books.record_payment(&with.context(), &CAMPFIRE, part, None)).unwrap();
        run(with.books.record_refund(&with.context(), refund(named(&view), 1_000))).unwrap();
        run(with.books.write_off(&with.context(), write_off(named(&view), 500))).unwrap();
        deletes[0].push(delete(with, named(&view)));
        // The twin's has the same number and never posts.
        input.issue = false;
        let view = run(without.books.create_invoice(&without.context(), &CAMPFIRE, input, None)).unwrap();
        deletes[1].push(delete(without, named(&view)));
        let queries = queries(with);
        let both = [(with, &deletes[0]), (without, &deletes[1])].map(|(bench, deletes)| {
            let reports = reports(bench, &queries).into_iter();
            let reports = reports.map(|report| plain(of_drafts(report, deletes)));
            reports.map(|report| report.canonical()).collect::<Vec<_>>()
        });
        assert_eq!(both[0], both[1], "round {round}");
    }
}

#[test]
fn what_cannot_be_reported_is_said() {
    let bench = Bench::in_memory(0);
    let fault = |query: &ReportQuery| run(bench.books.report(bench.book, query)).unwrap_err();
    let mut query = ReportQuery::new(ReportName::Ledger);
    assert_eq!(fault(&query), ReportFault::Needs("account"));
    query.account = Some("1100".to_owned());
    query.known_at = Some(99);
    let last = head(&bench);
    assert_eq!(fault(&query), ReportFault::NotYet { asked: 99, last });
    query.known_at = None;
    query.after = Some("2026-05-01.1".to_owned());
    assert_eq!(fault(&query), ReportFault::BadCursor("2026-05-01.1".to_owned()));
    query.after = None;
    (query.from, query.to) = (Some(DAYS[1]), Some(DAYS[0]));
    let (from, to) = (DAYS[1], DAYS[0]);
    assert_eq!(fault(&query), ReportFault::Backwards { from, to });
    let view = run(bench
        .books
        .report(bench.book, &ReportQuery::new(ReportName::TrialBalance)))
    .unwrap();
    assert_eq!(view.digest, digest(&view.report));
    assert_eq!(view.report.sections[0].rows, Vec::<Vec<Value>>::new());
}
