//! `cargo xtask fuzz`: requests drawn from each published OpenAPI document, against a running server.
//!
//! Looked for are answers of 500 and above, and answers that the document does not have: status, media type, headers, body. The
//! documents themselves are checked against the specification first. The seed is fixed, so that a run can be repeated.

use crate::demo::Demo;
use crate::environments::{Environment, Language};
use crate::steps::{self, Outcome};

/// The documents. The native API comes last, because it can close periods.
const DOCUMENTS: &[&str] = &["campfire", "bookeeping", "layer", "moov", "highlevel", "native"];

/// Operations that are left out: their path is another document's too, and what tells whose it is may be missing from a drawn request.
const LEFT_OUT: &[(&str, &str)] = &[("layer", "exchangeCredentials")];

const FUZZER: Environment = Environment {
    name: "fuzzer",
    language: Language::Python,
    packages: &["schemathesis==4.32.5", "openapi-spec-validator==0.9.0"],
};

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";

/// The options of `cargo xtask fuzz`.
#[derive(clap::Args)]
pub struct Options {
    /// Only this dialect.
    #[arg(long, value_name = "DIALECT")]
    only: Option<String>,
    /// How many requests to draw for each operation.
    #[arg(long, value_name = "N", default_value_t = 10)]
    examples: u32,
    /// How long to go on with one document.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    seconds: u32,
    /// What the requests are drawn with.
    #[arg(long, value_name = "N", default_value_t = 20)]
    seed: u32,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            only: None,
            examples: 10,
            seconds: 30,
            seed: 20,
        }
    }
}

/// Fuzzes every document, even if one fails on the way.
pub fn run(options: &Options) -> Outcome {
    FUZZER.ensure()?;
    let wanted = |name: &&&str| options.only.as_deref().is_none_or(|only| only == **name);
    let documents: Vec<&str> = DOCUMENTS.iter().filter(wanted).copied().collect();
    if documents.is_empty() {
        return Err(format!("the documents are {}", DOCUMENTS.join(", ")));
    }
    for name in &documents {
        let mut validator = FUZZER.program("openapi-spec-validator");
        validator.arg(format!("crates/server/openapi/{name}.json"));
        steps::run(validator)?;
    }
    let demo = Demo::start("fuzz")?;
    let outcomes: Vec<Outcome> = documents
        .into_iter()
        .map(|name| steps::step(&format!("fuzz {name}"), || fuzz(name, options, &demo)))
        .collect();
    outcomes.into_iter().collect()
}

fn fuzz(name: &str, options: &Options, demo: &Demo) -> Outcome {
    let base = demo.base_url()?;
    let mut fuzzer = FUZZER.program("schemathesis");
    fuzzer
        .arg("run")
        .arg(format!("{base}/openapi/{name}.json"))
        .args(["--url", &base, "--checks", CHECKS])
        .args(["--phases", "examples,coverage,fuzzing", "--warnings", "off"])
        .args([
            "--no-color",
            "--continue-on-failure",
            "--seed",
            &options.seed.to_string(),
        ])
        .args(["--max-examples", &options.examples.to_string()])
        .args(["--max-time", &options.seconds.to_string()]);
    for (document, operation) in LEFT_OUT {
        if *document == name {
            fuzzer.args(["--exclude-operation-id", operation]);
        }
    }
    // Its own database of examples would make one run depend on the one before.
    fuzzer.args(["--generation-database", "none"]);
    fuzzer
        // It leaves a folder of its own wherever it runs.
        .current_dir(steps::root().join("target/demos"))
        .env("QUITTANCE_ACCESS", demo.access())
        .env("QUITTANCE_DIALECT", name)
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("PYTHONPATH", steps::root().join("conformance/fuzz"))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    steps::run(fuzzer)
}
