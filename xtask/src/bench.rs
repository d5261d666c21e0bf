//! `cargo xtask bench`: the benchmark of issuing and deleting, in release, from a bare machine.
//!
//! It is a bench target of the server, started as another program, so that chores depend on nothing of the product.

use crate::steps::{self, Outcome};

/// The options of `cargo xtask bench`.
#[derive(clap::Args)]
pub struct Options {
    /// Fewer rounds and smaller files: a minute instead of a quarter of an hour.
    #[arg(long)]
    quick: bool,
    /// How many invoices the file holds at each step, separated by commas.
    #[arg(long, value_name = "N,...")]
    sizes: Option<String>,
    /// Only these parts: books, http, sizes, reports.
    #[arg(long, value_name = "PART,...")]
    only: Option<String>,
    /// Keep the figures in docs/benchmarks.md.
    #[arg(long)]
    write: bool,
}

/// Builds it and runs it.
pub fn run(options: &Options) -> Outcome {
    let mut command = steps::command(&[
        "cargo",
        "bench",
        "--package",
        "quittance-server",
        "--bench",
        "deletes",
        "--",
    ]);
    for (flag, given) in [("--quick", options.quick), ("--write", options.write)] {
        if given {
            command.arg(flag);
        }
    }
    for (flag, value) in [("--sizes", &options.sizes), ("--only", &options.only)] {
        if let Some(value) = value {
            command.args([flag, value]);
        }
    }
    steps::run(command)
}
