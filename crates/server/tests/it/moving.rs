//! `quittance move` killed again and again: it goes on where it was, nobody is served from half a book, and the whole one arrives.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::postgres::Database;
use crate::process::{Client, Server, quittance};

/// How many invoices the book has: more than a move brings in one step.
const INVOICES: usize = 300;
/// How much longer each try may run than the one before it.
const LONGER: Duration = Duration::from_millis(15);
/// How many tries are enough on any machine.
const MOST_TRIES: u32 = 2000;

/// Issues invoices, pays some and deletes some.
fn fill(server: &Server, token: &str, slot: i64) {
    let mut client = Client::new(&server.address, &format!("Token {token}")).unwrap();
    let new = json!({"entity": ((slot - 1) << 29) + 1, "invoice_date": "2026-10-05", "due_date": "2026-11-05",
        "lines": [{"amount": 10, "description": "Work"}, {"amount": 2.5}]});
    for n in 0..INVOICES {
        let made = client.send("POST", "/coa/api/v1/invoice/", &new.to_string()).unwrap();
        assert_eq!(made.status, 201, "{}", made.body);
        let one = format!("/coa/api/v1/invoice/{}/", made.json()["id"]);
        if n.is_multiple_of(3) {
            assert_eq!(client.send("DELETE", &one, "").unwrap().status, 204);
        }
    }
}

/// Kills a move later and later until it is quicker; hands out how often, and what it said at last.
fn killed_until_done(folder: &Path, from: &str, to: &str) -> (u32, String) {
    for tries in 1..MOST_TRIES {
        let mut process = Command::new(env!("CARGO_BIN_EXE_quittance"))
            .args(["move", "--from", from, "--to", to])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::park_timeout(LONGER * tries);
        if process.try_wait().unwrap().is_none() {
            process.kill().unwrap();
        }
        let output = process.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        if output.status.success() {
            return (tries - 1, said);
        }
    }
    panic!("it was killed {MOST_TRIES} times and never done");
}

#[test]
fn a_move_that_is_killed_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    quittance(folder, "books.db", &["book", "create", "Moving"]);
    let token = quittance(folder, "books.db", &["token", "create", "mover"]);
    let server = Server::start(folder, "books.db");
    fill(&server, token.trim(), 1);
    drop(server);
    let before = std::fs::read(folder.join("books.db")).unwrap();
    let (kills, said) = killed_until_done(folder, "books.db", "there.db");
    assert!(kills > 0 && said.starts_with("book 1: "), "{kills} kills, {said}");
    assert_eq!(
        std::fs::read(folder.join("books.db")).unwrap(),
        before,
        "the source was written to"
    );
    let head = |db| {
        quittance(folder, db, &["verify"])
            .rsplit(' ')
            .next()
            .unwrap()
            .to_owned()
    };
    assert_eq!(head("there.db"), head("books.db"));
    // And it is served, to the same token.
    let server = Server::start(folder, "there.db");
    fill(&server, token.trim(), 1);
}

#[test]
fn a_book_goes_to_postgresql_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for name in ["First", "Second"] {
        quittance(folder, "books.db", &["book", "create", name]);
    }
    let token = quittance(folder, "books.db", &["token", "create", "--book", "2", "mover"]);
    let server = Server::start(folder, "books.db");
    fill(&server, token.trim(), 2);
    drop(server);
    let database = Database::ready(folder);
    let (kills, said) = killed_until_done(folder, "books.db", &database.owner);
    assert!(kills > 0 && said.contains("book 2: "), "{kills} kills, {said}");
    let heads = |db: &str| {
        let verdict = quittance(folder, db, &["verify"]);
        verdict
            .lines()
            .map(|line| line.rsplit(' ').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(heads(&database.server), heads("books.db"));
    // It goes on there, and comes back to a new file.
    let server = Server::start(folder, &database.server);
    fill(&server, token.trim(), 2);
    drop(server);
    let before = database.dumped();
    let (kills, said) = killed_until_done(folder, &database.server, "back.db");
    assert!(kills > 0 && said.contains("book 2: "), "{kills} kills, {said}");
    assert!(database.dumped() == before, "the source was written to");
    assert_eq!(heads("back.db"), heads(&database.server));
    // The file it came from has another head by now, and the slots of a third database are taken.
    let refused = |from: &str, to: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_quittance"))
            .args(["move", "--from", from, "--to", to, "--book", "2"])
            .current_dir(folder)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refused("books.db", &database.owner).contains("it is served from there already"));
    for name in ["Other", "Another"] {
        quittance(folder, "other.db", &["book", "create", name]);
    }
    assert!(refused(&database.server, "other.db").contains("its slot is taken by book"));
}
