//! Every chore of the repository, so that there is one way to run each.
//!
//! `cargo xtask --help` lists them. A chore prints what it starts and stops at the first failure; nothing here knows
//! anything about accounting.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bench;
mod checks;
mod cluster;
mod conformance;
mod demo;
mod environments;
mod fuzz;
mod installs;
mod steps;
mod testing;
mod tidy;

#[derive(Parser)]
#[command(
    name = "xtask",
    bin_name = "cargo xtask",
    about = "Every chore of the repository",
    max_term_width = 100
)]
struct CommandLine {
    #[command(subcommand)]
    chore: Chore,
}

/// One chore per variant; its options live beside the code that runs it.
#[derive(Subcommand)]
enum Chore {
    /// Install what the tests lack, then run the tests of the whole workspace.
    Test(testing::Options),
    /// Lead invoices through their whole life with the vendors' own clients, against a server on a fresh file.
    Conformance(conformance::Options),
    /// Draw requests from the published OpenAPI documents and look for answers that they do not have.
    Fuzz(fuzz::Options),
    /// Measure issuing and deleting invoices beside bare statements, over HTTP, and in growing files.
    Bench(bench::Options),
    /// Read the repository and fail on what a stranger would trip over.
    Tidy,
    /// Everything but the tests: format, lints, dependencies, tidy.
    Check(checks::Options),
    /// What a change must pass: `check`, then `test`.
    Ci(checks::Options),
}

fn main() -> ExitCode {
    let result = match CommandLine::parse().chore {
        Chore::Test(options) => testing::run(&options),
        Chore::Conformance(options) => conformance::run(&options),
        Chore::Fuzz(options) => fuzz::run(&options),
        Chore::Bench(options) => bench::run(&options),
        Chore::Tidy => tidy::run(),
        Chore::Check(options) => checks::check(&options),
        Chore::Ci(options) => checks::ci(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\nxtask: {message}");
            ExitCode::FAILURE
        }
    }
}
