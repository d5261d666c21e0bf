//! `cargo xtask check` and `cargo xtask ci`: the steps every change passes, in order of what they cost.

use crate::steps::{self, Outcome, step};
use crate::{installs, testing, tidy};

/// The options of `check` and `ci`.
#[derive(clap::Args)]
pub struct Options {
    /// Also look the dependencies up in the advisory database, which has to be reachable.
    #[arg(long)]
    advisories: bool,
}

/// Format, lints, dependencies, tidy. Stops at the first that fails.
pub fn check(options: &Options) -> Outcome {
    step("fmt", || cargo(&["fmt", "--all", "--check"]))?;
    step("clippy", || {
        cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
    })?;
    step("deny", || {
        installs::ensure(installs::FOR_CHECKS)?;
        cargo(&[
            "deny",
            "--workspace",
            "check",
            "--hide-inclusion-graph",
            "bans",
            "licenses",
            "sources",
        ])?;
        if options.advisories {
            cargo(&["deny", "--workspace", "check", "advisories"])
        } else {
            Ok(())
        }
    })?;
    step("tidy", tidy::run)
}

/// What a change must pass.
pub fn ci(options: &Options) -> Outcome {
    check(options)?;
    step("test", || testing::run(&testing::Options::default()))
}

fn cargo(arguments: &[&str]) -> Outcome {
    steps::run(steps::command(&[&["cargo"], arguments].concat()))
}
