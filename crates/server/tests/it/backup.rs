//! The backup drills of `docs/operating.md`, run as they stand there, and that a restore of the wrong thing is noticed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::json;

use crate::postgres::{Database, programs};
use crate::process::{Client, Server, quittance};

/// The commands of a drill: the fenced block of this name.
fn drill(name: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operating.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, from) = page.split_once(&format!("```sh {name}\n")).unwrap();
    let (commands, _) = from.split_once("```").unwrap();
    commands.to_owned()
}

/// Runs commands as a person would: in a folder, with our program and others in the path.
fn run(folder: &Path, commands: &str, settings: &[(&str, &str)], programs: &[PathBuf]) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_quittance")).parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = [program]
        .into_iter()
        .chain(programs.iter().cloned())
        .chain(std::env::split_paths(&path));
    Command::new("sh")
        .args(["-euc", commands])
        .current_dir(folder)
        .env("PATH", std::env::join_paths(path).unwrap())
        .envs(settings.iter().copied())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Creates, pays and deletes; the seal of the last delete.
fn work(server: &Server, token: &str, invoices: usize) -> String {
    let mut client = Client::new(&server.address, &format!("Bearer {token}")).unwrap();
    let mut seal = String::new();
    for _ in 0..invoices {
        let new = json!({"issue": true, "lines": [{"unit_price": {"amount": "10.00", "currency": "USD"}}]});
        assert_eq!(
            client
                .send("POST", "/api/v1/invoices", &new.to_string())
                .unwrap()
                .status,
            201
        );
        let draft = json!({"memo": "Thank you", "lines": [{"unit_price": {"amount": "10.00", "currency": "USD"}}]});
        let draft = client
            .send("POST", "/api/v1/invoices", &draft.to_string())
            .unwrap()
            .json();
        let one = format!("/api/v1/invoices/{}", draft["id"].as_str().unwrap());
        let receipt = client.send("DELETE", &one, "").unwrap().json();
        seal = format!("{}:{}", receipt["seq"], receipt["hash"].as_str().unwrap());
    }
    seal
}

#[test]
fn a_file_is_backed_up_while_it_is_served_and_restored() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    quittance(folder, "books.db", &["book", "create", "Drill"]);
    let token = quittance(folder, "books.db", &["token", "create", "drill"])
        .trim()
        .to_owned();
    let server = Server::start(folder, "books.db");
    let before = work(&server, &token, 5);
    let done = run(folder, &drill("drill-sqlite"), &[], &[]);
    assert!(
        done.status.success() && said(&done).contains(": sound"),
        "{}",
        said(&done)
    );
    // What happened after the backup is not in it, and whoever asks for it is told.
    let after = work(&server, &token, 1);
    quittance(folder, "restored.db", &["verify", "--expect", &before]);
    let wrong = run(
        folder,
        &format!("quittance verify --db restored.db --expect {after}"),
        &[],
        &[],
    );
    assert_eq!(wrong.status.code(), Some(3), "{}", said(&wrong));
}

#[test]
fn a_database_is_dumped_while_it_is_served_and_restored() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (database, elsewhere) = (Database::ready(folder), Database::empty());
    quittance(folder, &database.server, &["book", "create", "Drill"]);
    let token = quittance(folder, &database.server, &["token", "create", "drill"]);
    let server = Server::start(folder, &database.server);
    let before = work(&server, token.trim(), 5);
    let settings = [
        ("OWNER_ADDRESS", database.owner.as_str()),
        ("RESTORED_OWNER_ADDRESS", elsewhere.owner.as_str()),
        ("RESTORED_SERVER_ADDRESS", elsewhere.server.as_str()),
        ("seal", before.as_str()),
    ];
    let done = run(folder, &drill("drill-postgresql"), &settings, &[programs()]);
    assert!(
        done.status.success() && said(&done).contains(": sound"),
        "{}",
        said(&done)
    );
    let after = work(&server, token.trim(), 1);
    let late = format!("quittance verify --db \"$RESTORED_SERVER_ADDRESS\" --expect {after}");
    let wrong = run(folder, &late, &settings, &[]);
    assert_eq!(wrong.status.code(), Some(3), "{}", said(&wrong));
    // What was restored is served and goes on, and its log still cannot be changed.
    let server = Server::start(folder, &elsewhere.server);
    work(&server, token.trim(), 1);
    let change = "do $$ begin update event set actor = 'nobody'; raise exception 'the log was changed'; \
                  exception when restrict_violation then null; end $$";
    elsewhere.ask(change);
}
