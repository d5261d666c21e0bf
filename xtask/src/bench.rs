//! `cargo xtask bench`: the benchmark of issuing and deleting, in release, from a bare machine.
//!
//! It is a bench target of the server, started as another program, so that chores depend on nothing of the product.

use crate::cluster::Cluster;
use crate::installs;
use crate::steps::{self, Outcome};

/// Which engine is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Engine {
    /// SQLite beside its bare statements, and everything above it.
    Sqlite,
    /// PostgreSQL beside pgbench, on a private cluster that is started for it.
    Postgres,
}

/// The options of `cargo xtask bench`.
#[derive(clap::Args)]
pub struct Options {
    /// Which engine.
    #[arg(long, value_enum, default_value_t = Engine::Sqlite)]
    engine: Engine,
    /// Fewer rounds and smaller files: a minute instead of a quarter of an hour.
    #[arg(long)]
    quick: bool,
    /// How many invoices the file holds at each step, separated by commas.
    #[arg(long, value_name = "N,...")]
    sizes: Option<String>,
    /// Only these parts: books, http, sizes, lists, reports.
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
    let cluster = match options.engine {
        Engine::Sqlite => None,
        Engine::Postgres => {
            installs::ensure(installs::FOR_POSTGRES)?;
            command.args(["--engine", "postgres"]);
            Cluster::for_a_benchmark()?
        }
    };
    let environment = cluster.as_ref().map_or(&[][..], Cluster::environment);
    command.envs(environment.iter().map(|(name, value)| (name, value)));
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
