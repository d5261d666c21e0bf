//! `cargo xtask test`: the tests of the whole workspace, from a bare machine.
//!
//! The runner is nextest where it is installed and cargo's own elsewhere; it is never installed for the purpose. What
//! the runner prints last is the last thing printed. The tests get a PostgreSQL of their own, which ends with them.

use std::process::Command;

use crate::cluster::Cluster;
use crate::conformance;
use crate::fuzz;
use crate::installs;
use crate::steps::{self, Outcome};

/// The options of `cargo xtask test`.
#[derive(clap::Args, Default)]
pub struct Options {
    /// How often the crash test kills and restarts the server (default: the test's own).
    #[arg(long, value_name = "N")]
    crash_rounds: Option<u32>,
    /// How many interleavings the race test plays (default: the test's own).
    #[arg(long, value_name = "N")]
    race_rounds: Option<u32>,
    /// How many commands the histories that hledger and beancount recompute have in all (default: the test's own).
    #[arg(long, value_name = "N")]
    agreement_commands: Option<u32>,
    /// How often the failover test kills the leader of three PostgreSQL nodes (default: the test's own).
    #[arg(long, value_name = "N")]
    failover_rounds: Option<u32>,
    /// Handed to the test runner as they are, for instance a filter; doc tests are then left out.
    #[arg(last = true, value_name = "ARGUMENTS")]
    runner: Vec<String>,
}

/// Where the exchanges and races of the dialects are had again, byte for byte, and their strangers: the main run has them with books in
/// memory.
const ENGINES: [&str; 2] = ["sqlite", "postgres"];
/// What is had again: modules of the server's tests.
const EXCHANGES: [&str; 9] = [
    "bookeeping",
    "campfire",
    "crowds",
    "highlevel",
    "layer",
    "moov",
    "native",
    "races",
    "strangers",
];
/// How many races are run on each of the engines, unless the options say otherwise: each call waits for a disk there.
const RACES_ON_ENGINES: u32 = 100;

/// Installs what is missing, then runs everything even if something fails on the way.
pub fn run(options: &Options) -> Outcome {
    installs::ensure(installs::FOR_TESTS)?;
    let nextest = steps::succeeds(&["cargo", "nextest", "--version"]);
    let cluster = Cluster::for_tests()?;
    let environment = cluster.as_ref().map_or(&[][..], Cluster::environment);
    let mut runs = runs(nextest, options);
    for run in &mut runs {
        run.envs(environment.iter().map(|(name, value)| (name, value)));
    }
    // Every run is made before the first failure is reported, so that one run shows all there is to mend.
    let mut outcomes: Vec<Outcome> = runs.into_iter().map(steps::run).collect();
    if options.runner.is_empty() {
        outcomes.push(conformance::run(&conformance::Options::default()));
        outcomes.push(fuzz::run(&fuzz::Options::default()));
    }
    outcomes.into_iter().collect()
}

fn runs(nextest: bool, options: &Options) -> Vec<Command> {
    let mut runs = Vec::new();
    if nextest {
        // nextest does not run doc tests. They go first, so that its summary closes the output.
        if options.runner.is_empty() {
            runs.push(steps::command(&["cargo", "test", "--quiet", "--workspace", "--doc"]));
        }
        runs.push(steps::command(&[
            "cargo",
            "nextest",
            "run",
            "--workspace",
            "--no-fail-fast",
        ]));
    } else {
        runs.push(steps::command(&["cargo", "test", "--workspace", "--no-fail-fast"]));
    }
    if let Some(main) = runs.last_mut() {
        main.args(&options.runner);
    }
    if options.runner.is_empty() {
        runs.extend(ENGINES.iter().map(|engine| exchanges(nextest, engine)));
    }
    let rounds = [
        ("QUITTANCE_TEST_CRASH_ROUNDS", options.crash_rounds),
        ("QUITTANCE_TEST_RACE_ROUNDS", options.race_rounds),
        ("QUITTANCE_TEST_AGREEMENT_COMMANDS", options.agreement_commands),
        ("QUITTANCE_TEST_FAILOVER_ROUNDS", options.failover_rounds),
    ];
    for (name, rounds) in rounds.into_iter().filter_map(|(name, rounds)| Some((name, rounds?))) {
        for run in &mut runs {
            run.env(name, rounds.to_string());
        }
    }
    runs
}

/// The exchanges of the dialects on an engine.
fn exchanges(nextest: bool, engine: &str) -> Command {
    let mut run = if nextest {
        let modules = EXCHANGES.join("|");
        let only = format!("binary_id(quittance-server::it) and test(/^({modules})::/)");
        let mut run = steps::command(&["cargo", "nextest", "run", "--workspace", "--no-fail-fast", "-E"]);
        run.arg(only);
        run
    } else {
        let mut run = steps::command(&["cargo", "test", "--workspace", "--no-fail-fast", "--test", "it", "--"]);
        run.args(EXCHANGES.map(|module| format!("{module}::")));
        run
    };
    run.env("QUITTANCE_TEST_BOOKS", engine)
        .env("QUITTANCE_TEST_RACE_ROUNDS", RACES_ON_ENGINES.to_string());
    run
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(nextest: bool, options: &Options) -> Vec<String> {
        let line = |command: &Command| {
            let arguments: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
            arguments.join(" ")
        };
        runs(nextest, options).iter().map(line).collect()
    }

    #[test]
    fn doc_tests_run_beside_nextest_and_before_it_and_the_engines_come_last() {
        let with = words(true, &Options::default());
        assert_eq!(
            with[..2],
            [
                "test --quiet --workspace --doc",
                "nextest run --workspace --no-fail-fast"
            ]
        );
        let without = words(false, &Options::default());
        assert_eq!(without[0], "test --workspace --no-fail-fast");
        assert!(with[3].ends_with("|races|strangers)::/)"), "{}", with[3]);
        assert!(without[2].ends_with(" native:: races:: strangers::"), "{}", without[2]);
        assert_eq!((with.len(), without.len()), (4, 3));
    }

    #[test]
    fn arguments_reach_the_runner_alone() {
        let options = Options {
            runner: vec!["deletion".to_owned()],
            ..Options::default()
        };
        assert_eq!(
            words(true, &options),
            ["nextest run --workspace --no-fail-fast deletion"]
        );
        assert_eq!(words(false, &options), ["test --workspace --no-fail-fast deletion"]);
    }

    #[test]
    fn rounds_are_exported_only_when_given() {
        let environment = |options: &Options| -> Vec<(String, String)> {
            let runs = runs(false, options);
            let pairs = runs[0].get_envs().filter_map(|(name, value)| Some((name, value?)));
            pairs
                .map(|(name, value)| (name.to_string_lossy().into(), value.to_string_lossy().into()))
                .collect()
        };
        assert!(environment(&Options::default()).is_empty());
        let options = Options {
            crash_rounds: Some(50),
            ..Options::default()
        };
        assert_eq!(
            environment(&options),
            [("QUITTANCE_TEST_CRASH_ROUNDS".to_owned(), "50".to_owned())]
        );
        let options = Options {
            race_rounds: Some(7),
            ..Options::default()
        };
        assert_eq!(
            environment(&options),
            [("QUITTANCE_TEST_RACE_ROUNDS".to_owned(), "7".to_owned())]
        );
    }
}
