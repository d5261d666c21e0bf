//! What the chores need on the machine beyond a Rust toolchain, a C compiler, Python 3.11 and Node 20.
//!
//! A need has a command that tells whether it is there and one that installs it. Only what is missing is installed, and
//! the package lists are refreshed once, before the first system package and not at all when there is none. What is installed
//! is for the tests alone: no service of a package is started (`installs/quietly.sh`).

use crate::steps::{self, Outcome};

/// One thing a chore cannot do without.
pub struct Need {
    /// What it is called in messages.
    pub name: &'static str,
    /// Why it is needed.
    pub reason: &'static str,
    /// Ends well if and only if it is there.
    pub check: &'static [&'static str],
    /// Brings it. `apt-get` gets `sudo` when we are not root.
    pub install: &'static [&'static str],
}

const POSTGRES: Need = Need {
    name: "PostgreSQL",
    reason: "every test of the store and of the books runs on it too",
    check: &["sh", "-c", "ls /usr/lib/postgresql/*/bin/initdb"],
    install: &["apt-get", "install", "--yes", "--no-install-recommends", "postgresql"],
};

/// What the benchmark of PostgreSQL needs: `pgbench` comes along.
pub const FOR_POSTGRES: &[Need] = &[POSTGRES];

/// What the tests need.
pub const FOR_TESTS: &[Need] = &[
    Need {
        name: "git",
        reason: "tidy is a test and reads the tracked files",
        check: &["git", "--version"],
        install: &["apt-get", "install", "--yes", "--no-install-recommends", "git"],
    },
    POSTGRES,
    Need {
        name: "sqlite3",
        reason: "the backup drill of the documents is run as it stands there",
        check: &["sqlite3", "--version"],
        install: &["apt-get", "install", "--yes", "--no-install-recommends", "sqlite3"],
    },
    Need {
        name: "openssl",
        reason: "makes the certificates that tell whom a client of PostgreSQL trusts",
        check: &["openssl", "version"],
        install: &["apt-get", "install", "--yes", "--no-install-recommends", "openssl"],
    },
    Need {
        name: "Patroni and etcd",
        reason: "the failover test kills the leader of three nodes",
        check: &[
            "sh",
            "-c",
            "command -v patroni && command -v etcd && command -v etcdctl",
        ],
        install: &[
            "apt-get",
            "install",
            "--yes",
            "--no-install-recommends",
            "patroni",
            "etcd-server",
            "etcd-client",
        ],
    },
    Need {
        name: "hledger",
        reason: "it recomputes our reports from our exports",
        check: &["hledger", "--version"],
        install: &["apt-get", "install", "--yes", "--no-install-recommends", "hledger"],
    },
    Need {
        name: "python3-venv",
        reason: "beancount gets an environment of its own",
        check: &["python3", "-c", "import ensurepip, venv"],
        install: &["apt-get", "install", "--yes", "--no-install-recommends", "python3-venv"],
    },
    Need {
        name: "beancount",
        reason: "it recomputes our reports from our exports, as a second witness",
        check: &["sh", "-c", "target/beancount/bin/python -c 'import beancount'"],
        install: &[
            "sh",
            "-c",
            "python3 -m venv target/beancount && target/beancount/bin/python -m pip install --quiet beancount==3.2.3",
        ],
    },
];

/// Stands before every installation of system packages: nothing that the tests bring is to run on its own.
const QUIETLY: &[&str] = &["sh", "-c", include_str!("installs/quietly.sh"), "quietly"];

/// What `cargo xtask check` needs.
pub const FOR_CHECKS: &[Need] = &[Need {
    name: "cargo-deny",
    reason: "it checks licences and sources; building it takes some minutes, once",
    check: &["cargo", "deny", "--version"],
    install: &["cargo", "install", "cargo-deny", "--locked"],
}];

/// Installs those of the needs that are missing.
pub fn ensure(needs: &[Need]) -> Outcome {
    ensure_on(needs, &mut ThisMachine)
}

/// The two things asked of a machine, so that the order of the work can be tested without one.
trait Machine {
    fn succeeds(&mut self, words: &[&str]) -> bool;
    fn run(&mut self, words: &[&str]) -> Outcome;
}

struct ThisMachine;

impl Machine for ThisMachine {
    fn succeeds(&mut self, words: &[&str]) -> bool {
        steps::succeeds(words)
    }

    fn run(&mut self, words: &[&str]) -> Outcome {
        let mut command = steps::command(words);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        steps::run(command)
    }
}

fn ensure_on(needs: &[Need], machine: &mut impl Machine) -> Outcome {
    let mut lists_are_fresh = false;
    for need in needs {
        if machine.succeeds(need.check) {
            continue;
        }
        println!("installing {}: {}", need.name, need.reason);
        let mut install = need.install.to_vec();
        if install.first() == Some(&"apt-get") {
            // `test -w /` is the shortest true answer to "may we write to the system?", in and out of containers.
            let prefix: &[&str] = if machine.succeeds(&["test", "-w", "/"]) {
                &[]
            } else {
                &["sudo", "--preserve-env"]
            };
            if !lists_are_fresh {
                machine.run(&[prefix, &["apt-get", "update"]].concat())?;
                lists_are_fresh = true;
            }
            install = [prefix, QUIETLY, need.install].concat();
        }
        machine
            .run(&install)
            .map_err(|message| format!("cannot install {}: {message}", need.name))?;
        if !machine.succeeds(need.check) {
            return Err(format!(
                "{} is installed, yet `{}` fails",
                need.name,
                need.check.join(" ")
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HAMMER: Need = Need {
        name: "hammer",
        reason: "nails",
        check: &["hammer", "-V"],
        install: &["apt-get", "install", "hammer"],
    };
    const SAW: Need = Need {
        name: "saw",
        reason: "planks",
        check: &["saw", "-V"],
        install: &["apt-get", "install", "saw"],
    };
    const PLANE: Need = Need {
        name: "plane",
        reason: "edges",
        check: &["plane", "-V"],
        install: &["pip", "install", "plane"],
    };

    /// A machine on which an install brings the word it ends in, unless that word is cursed.
    struct Workshop {
        root: bool,
        present: Vec<String>,
        cursed: &'static str,
        ran: Vec<String>,
    }

    impl Machine for Workshop {
        fn succeeds(&mut self, words: &[&str]) -> bool {
            if words[0] == "test" {
                self.root
            } else {
                self.present.iter().any(|there| there == words[0])
            }
        }

        fn run(&mut self, words: &[&str]) -> Outcome {
            self.ran.push(words.join(" ").replace(&QUIETLY.join(" "), "quietly"));
            let last = words[words.len() - 1];
            if last != self.cursed {
                self.present.push(last.to_owned());
            }
            Ok(())
        }
    }

    fn workshop(root: bool, present: &[&str], cursed: &'static str) -> Workshop {
        Workshop {
            root,
            present: present.iter().map(|&name| name.to_owned()).collect(),
            cursed,
            ran: Vec::new(),
        }
    }

    #[test]
    fn nothing_runs_when_nothing_is_missing() {
        let mut machine = workshop(true, &["hammer", "saw", "plane"], "");
        ensure_on(&[HAMMER, SAW, PLANE], &mut machine).unwrap();
        assert!(machine.ran.is_empty());
    }

    #[test]
    fn lists_are_refreshed_once_and_only_what_is_missing_is_installed() {
        let mut machine = workshop(true, &[], "");
        ensure_on(&[PLANE, HAMMER, SAW], &mut machine).unwrap();
        assert_eq!(
            machine.ran,
            [
                "pip install plane",
                "apt-get update",
                "quietly apt-get install hammer",
                "quietly apt-get install saw"
            ]
        );

        let mut machine = workshop(true, &["hammer", "saw"], "");
        ensure_on(&[HAMMER, SAW, PLANE], &mut machine).unwrap();
        assert_eq!(machine.ran, ["pip install plane"]);
    }

    #[test]
    fn system_packages_ask_for_rights_when_we_have_none() {
        let mut machine = workshop(false, &[], "");
        ensure_on(&[HAMMER, PLANE], &mut machine).unwrap();
        assert_eq!(
            machine.ran,
            [
                "sudo --preserve-env apt-get update",
                "sudo --preserve-env quietly apt-get install hammer",
                "pip install plane"
            ]
        );
    }

    #[test]
    fn an_install_that_brings_nothing_is_a_failure() {
        let mut machine = workshop(true, &[], "saw");
        let message = ensure_on(&[SAW, HAMMER], &mut machine).unwrap_err();
        assert_eq!(message, "saw is installed, yet `saw -V` fails");
        assert_eq!(machine.ran, ["apt-get update", "quietly apt-get install saw"]);
    }

    #[test]
    fn every_need_is_filled_in() {
        for need in FOR_TESTS.iter().chain(FOR_CHECKS) {
            assert!(!need.name.is_empty() && !need.reason.is_empty());
            assert!(!need.check.is_empty() && !need.install.is_empty(), "{}", need.name);
        }
    }
}
