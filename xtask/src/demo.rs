//! A server on a fresh file with the demo's book, for programs that talk to it from outside.
//!
//! It listens on a free port of the loopback and ends with the value that stands for it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::steps;

/// Longest time that the demo may take to make its book on a busy machine, in a build without optimization.
const PATIENCE: Duration = Duration::from_secs(180);

/// How often to look whether it is ready.
const PAUSE: Duration = Duration::from_millis(100);

/// Limits on calls that no client of ours reaches: what is looked for is not how much a vendor allows.
const NO_LIMITS: &[&str] = &[
    "--bookeeping-read-per-minute=1000000",
    "--bookeeping-read-per-day=1000000",
    "--bookeeping-write-per-minute=1000000",
    "--bookeeping-write-per-day=1000000",
    "--highlevel-burst=1000000",
    "--highlevel-daily=1000000",
    "--moov-per-second=1000000",
    "--layer-per-second=1000000",
];

/// A running server.
pub struct Demo {
    child: Child,
    access: PathBuf,
    log: PathBuf,
}

impl Demo {
    /// Builds the server, starts it on a file that was not there, and waits until it serves.
    pub fn start(name: &str) -> Result<Demo, String> {
        steps::run(steps::command(&[
            "cargo",
            "build",
            "--quiet",
            "--package",
            "quittance-server",
        ]))?;
        let folder = steps::root().join("target/demos").join(name);
        let fault = |error: std::io::Error| format!("{}: {error}", folder.display());
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(fault)?;
        }
        std::fs::create_dir_all(&folder).map_err(fault)?;
        let (access, log) = (folder.join("access.json"), folder.join("log"));
        let output = std::fs::File::create(&log).map_err(fault)?;
        let errors = output.try_clone().map_err(fault)?;
        // Beside the running chore, wherever cargo was told to build.
        let chore = std::env::current_exe().map_err(|error| format!("where this program is: {error}"))?;
        let program = chore.with_file_name("quittance");
        let mut command = Command::new(&program);
        command.args(["demo", "--listen", "127.0.0.1:0", "--db"]);
        command
            .arg(folder.join("demo.db"))
            .arg("--json")
            .arg(&access)
            .args(NO_LIMITS);
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        let mut demo = Demo { child, access, log };
        demo.wait()?;
        Ok(demo)
    }

    fn wait(&mut self) -> Result<(), String> {
        let started = Instant::now();
        loop {
            // The last thing it says before it serves.
            if std::fs::read_to_string(&self.log).is_ok_and(|said| said.contains("Serving on")) {
                return Ok(());
            }
            let ended = self.child.try_wait().map_err(|error| error.to_string())?;
            if ended.is_some() || started.elapsed() > PATIENCE {
                return Err(format!("the demo does not serve; see {}", self.log.display()));
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// The file with its addresses, credentials and fixtures.
    pub fn access(&self) -> &Path {
        &self.access
    }

    /// Its address.
    pub fn base_url(&self) -> Result<String, String> {
        let text = std::fs::read_to_string(&self.access).map_err(|error| error.to_string())?;
        let address = text
            .split("\"base_url\":")
            .nth(1)
            .and_then(|rest| rest.split('"').nth(1));
        address
            .map(str::to_owned)
            .ok_or_else(|| "the access file names no base_url".to_owned())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing left to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
