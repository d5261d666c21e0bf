//! `cargo xtask conformance`: the vendors' own clients against a running server.
//!
//! Each client is a published package, pinned by version, and a script in `conformance/` that leads invoices through their whole life
//! with it and asserts the client's own typed errors. All of them talk to one server on a fresh file.

use crate::demo::Demo;
use crate::environments::{Environment, Language};
use crate::steps::{self, Outcome};

/// The options of `cargo xtask conformance`.
#[derive(clap::Args, Default)]
pub struct Options {
    /// Only the clients whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

/// A client with its script.
struct Client {
    environment: Environment,
    script: &'static str,
}

const CLIENTS: &[Client] = &[
    Client {
        environment: Environment {
            name: "moov-python-26.8.6",
            language: Language::Python,
            packages: &["moovio_sdk==26.8.6"],
        },
        script: "conformance/moov/life.py",
    },
    Client {
        environment: Environment {
            name: "moov-python-26.7.6",
            language: Language::Python,
            packages: &["moovio_sdk==26.7.6"],
        },
        script: "conformance/moov/life.py",
    },
    Client {
        environment: Environment {
            name: "moov-node-26.7.1",
            language: Language::Node,
            packages: &["@moovio/sdk@26.7.1"],
        },
        script: "conformance/moov/life.js",
    },
    Client {
        environment: Environment {
            name: "highlevel-python-3.0.0",
            language: Language::Python,
            packages: &["gohighlevel-api-client==3.0.0"],
        },
        script: "conformance/highlevel/life.py",
    },
    Client {
        environment: Environment {
            name: "highlevel-node-3.1.0",
            language: Language::Node,
            packages: &["@gohighlevel/api-client@3.1.0"],
        },
        script: "conformance/highlevel/life.js",
    },
];

/// Runs every client, even if one fails on the way.
pub fn run(options: &Options) -> Outcome {
    let wanted = |client: &&Client| {
        let only = options.only.as_deref().unwrap_or_default();
        client.environment.name.contains(only)
    };
    let clients: Vec<&Client> = CLIENTS.iter().filter(wanted).collect();
    if clients.is_empty() {
        return Err("no client has such a name".to_owned());
    }
    let demo = Demo::start("conformance")?;
    let outcomes: Vec<Outcome> = clients
        .into_iter()
        .map(|client| steps::step(client.environment.name, || converse(client, &demo)))
        .collect();
    outcomes.into_iter().collect()
}

fn converse(client: &Client, demo: &Demo) -> Outcome {
    client.environment.ensure()?;
    let mut command = client.environment.interpreter();
    command
        .arg(client.script)
        .env("QUITTANCE_ACCESS", demo.access())
        .env("PYTHONDONTWRITEBYTECODE", "1");
    steps::run(command)
}
