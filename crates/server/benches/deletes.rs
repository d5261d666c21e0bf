//! The benchmark: what issuing and deleting invoices costs beside the bare statements, over HTTP, and in books of growing size.
//!
//! Absolute figures say more about a disk than about a program, so each is shown beside the bare loop's: the very statements of a
//! recorded run, repeated on a fresh file with the same settings, in turns with the runs that are measured. Run it with
//! `cargo xtask bench`; `docs/benchmarks.md` keeps the last figures. No test runs it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark that cannot go on has nothing to report"
)]

#[path = "deletes/comparison.rs"]
mod comparison;
#[path = "deletes/http.rs"]
mod http;
#[path = "deletes/lists.rs"]
mod lists;
#[path = "deletes/options.rs"]
mod options;
#[path = "deletes/postgres.rs"]
mod postgres;
#[path = "deletes/report.rs"]
mod report;
#[path = "deletes/reports.rs"]
mod reports;
#[path = "deletes/scene.rs"]
mod scene;
#[path = "deletes/sizes.rs"]
mod sizes;

use comparison::{Road, compare};
use options::{Engine, Options};
use report::Report;

fn main() {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}\n\n{}", options::USAGE);
            std::process::exit(2);
        }
    };
    // As many threads as the server has.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut report = Report::begin(&options);
    if options.does("books") {
        report.table("The books, 64 commands in flight", &comparison::COLUMNS);
        for row in runtime.block_on(compare(Road::Books, 64, &options)) {
            report.row(row);
        }
    }
    if options.does("http") {
        report.table("Over HTTP (Campfire), keep-alive connections", &comparison::COLUMNS);
        for connections in [1, 64, 256] {
            for row in runtime.block_on(compare(Road::Http, connections, &options)) {
                report.row(row);
            }
        }
    }
    if options.does("sizes") || options.does("lists") {
        let [of_calls, of_lists, of_narrowed] = runtime.block_on(sizes::measure(&options));
        if options.does("sizes") {
            report.table("One call at a time, in a file that grows", &sizes::COLUMNS);
            of_calls.into_iter().for_each(|row| report.row(row));
        }
        if options.does("lists") {
            report.table("A list of a hundred in each dialect, over HTTP", &lists::COLUMNS);
            of_lists.into_iter().for_each(|row| report.row(row));
            report.table("A list of a hundred that is narrowed, over HTTP", &lists::NARROWED);
            of_narrowed.into_iter().for_each(|row| report.row(row));
        }
    }
    if options.does("reports") {
        let (of_reports, of_exports) = runtime.block_on(reports::measure(&options));
        report.table(
            "Reports of a book of two years, nine invoices of ten paid",
            &reports::COLUMNS,
        );
        of_reports.into_iter().for_each(|row| report.row(row));
        report.table("Export as a journal", &reports::EXPORTS);
        of_exports.into_iter().for_each(|row| report.row(row));
    }
    if options.engine == Engine::Postgres {
        report.table("PostgreSQL: issue, 3 lines", &postgres::COLUMNS);
        runtime.block_on(postgres::measure(&options, |row| report.row(row)));
    }
    report.end(&options);
}
