//! Packages of other languages that the tests use, each set in a folder of its own below `target/`.
//!
//! Installed by name and pinned version through pip and npm, as each machine has them set up; nothing is installed twice. Sets are
//! apart because two versions of one client are tried, and because clients disagree about what they build on.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::installs::{self, Need};
use crate::steps::{self, Outcome};

/// What Python's own tool for separate sets of packages needs.
const FOR_PYTHON: &[Need] = &[Need {
    name: "python3-venv",
    reason: "the vendors' Python clients and the API fuzzer are kept apart from the system's packages",
    check: &["python3", "-c", "import venv, ensurepip"],
    install: &["apt-get", "install", "--yes", "--no-install-recommends", "python3-venv"],
}];

/// What runs the vendors' clients for Node.
const FOR_NODE: &[Need] = &[Need {
    name: "npm",
    reason: "the vendors' Node clients come from its registry",
    check: &["npm", "--version"],
    install: &[
        "apt-get",
        "install",
        "--yes",
        "--no-install-recommends",
        "nodejs",
        "npm",
    ],
}];

/// The language of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// CPython with pip.
    Python,
    /// Node with npm.
    Node,
}

/// A set of packages.
#[derive(Clone, Copy, Debug)]
pub struct Environment {
    /// The name of its folder.
    pub name: &'static str,
    /// Its language.
    pub language: Language,
    /// Its packages, each with its version, as the language's tool writes them.
    pub packages: &'static [&'static str],
}

impl Environment {
    fn folder(&self) -> PathBuf {
        steps::root().join("target/environments").join(self.name)
    }

    /// Installs what is not there yet, and does nothing when it is.
    pub fn ensure(&self) -> Outcome {
        let (folder, wanted) = (self.folder(), self.packages.join("\n"));
        let stamp = folder.join("installed");
        if std::fs::read_to_string(&stamp).is_ok_and(|there| there == wanted) {
            return Ok(());
        }
        println!("installing {} for {}", self.packages.join(", "), self.name);
        if folder.exists() {
            // What an earlier list left behind is in the way of pins.
            std::fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        match self.language {
            Language::Python => {
                installs::ensure(FOR_PYTHON)?;
                steps::run(with(&["python3", "-m", "venv"], &[&folder]))?;
                let mut pip = with(&[], &[&folder.join("bin/python")]);
                pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
                steps::run(with_words(pip, self.packages))?;
            }
            Language::Node => {
                installs::ensure(FOR_NODE)?;
                std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
                let mut npm = steps::command(&["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix"]);
                npm.arg(&folder);
                steps::run(with_words(npm, self.packages))?;
            }
        }
        std::fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))
    }

    /// A program of the set; for Node, `node` with the set's packages to be required.
    pub fn program(&self, name: &str) -> Command {
        match self.language {
            Language::Python => with(&[], &[&self.folder().join("bin").join(name)]),
            Language::Node => {
                let mut command = steps::command(&[name]);
                command.env("NODE_PATH", self.folder().join("node_modules"));
                command
            }
        }
    }

    /// What runs a script of the set's language.
    pub fn interpreter(&self) -> Command {
        match self.language {
            Language::Python => self.program("python"),
            Language::Node => self.program("node"),
        }
    }
}

fn with(words: &[&str], paths: &[&Path]) -> Command {
    let mut arguments: Vec<std::ffi::OsString> = words.iter().map(Into::into).collect();
    arguments.extend(paths.iter().map(|path| path.as_os_str().to_owned()));
    let mut arguments = arguments.into_iter();
    let mut command = Command::new(arguments.next().unwrap_or_else(|| "false".into()));
    command.args(arguments).current_dir(steps::root());
    command
}

fn with_words(mut command: Command, words: &[&str]) -> Command {
    command.args(words);
    command
}
