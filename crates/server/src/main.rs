//! The `quittance` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    quittance_server::cli::run()
}
