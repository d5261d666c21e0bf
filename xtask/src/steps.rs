//! Running other programs from the root of the repository, and announcing what runs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// What a chore ends in: nothing, or the sentence that says why it stopped.
pub type Outcome = Result<(), String>;

/// The root of the repository. Cargo names the manifest when it starts us; without cargo, where we were built holds.
pub fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&manifest)
        .parent()
        .map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// A program with its arguments, set to run in the root.
pub fn command(words: &[&str]) -> Command {
    let (program, arguments) = words.split_first().unwrap_or((&"false", &[]));
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// Runs a program with our own input and output; failing to start and ending badly are both failures.
pub fn run(mut command: Command) -> Outcome {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{status}: {}", shown(&command))),
        Err(error) => Err(format!("cannot start {}: {error}", shown(&command))),
    }
}

/// Whether a program can be started and ends well; what it prints is dropped.
pub fn succeeds(words: &[&str]) -> bool {
    command(words).output().is_ok_and(|output| output.status.success())
}

/// Runs one step under a header line, and says what it took or that it failed.
pub fn step(name: &str, work: impl FnOnce() -> Outcome) -> Outcome {
    println!("== {name}");
    let started = Instant::now();
    let outcome = work();
    let elapsed = started.elapsed();
    let seconds = format!("{}.{} s", elapsed.as_secs(), elapsed.subsec_millis() / 100);
    match outcome {
        Ok(()) => {
            println!("== {name}: ok in {seconds}");
            Ok(())
        }
        Err(message) => Err(format!("{name} failed after {seconds}: {message}")),
    }
}

fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .map(|argument| argument.to_string_lossy().into_owned()),
    );
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(root().join("xtask/Cargo.toml").is_file());
    }

    #[test]
    fn a_failing_program_and_a_missing_one_are_both_failures() {
        assert!(run(command(&["true"])).is_ok());
        assert!(run(command(&["false"])).unwrap_err().ends_with(": false"));
        assert!(
            run(command(&["no-such-program-here"]))
                .unwrap_err()
                .starts_with("cannot start no-such-program-here")
        );
        assert!(!succeeds(&["no-such-program-here"]));
    }

    #[test]
    fn a_failing_step_names_itself() {
        let message = step("lints", || Err("exit status: 1".to_owned())).unwrap_err();
        assert!(
            message.starts_with("lints failed after 0.0 s: exit status: 1"),
            "{message}"
        );
    }
}
