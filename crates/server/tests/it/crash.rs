//! kill -9 under load: nothing acknowledged is lost, nothing unacknowledged is there in part, and the books verify.
//!
//! `QUITTANCE_TEST_CRASH_ROUNDS` sets how often. The server is killed after a number of acknowledgements that differs from round to round,
//! not after a time, so a slow machine changes nothing.

use std::path::Path;
use std::sync::mpsc;

use crate::postgres::Database;
use crate::process::{Client, Server, quittance};

/// How often the server is killed unless the environment says otherwise.
const ROUNDS: usize = 50;
/// As often on PostgreSQL, where the database goes on and only what was under way is lost.
const ROUNDS_ON_POSTGRES: usize = 8;
/// How many clients load the server at once.
const CLIENTS: usize = 8;

/// What a client was told.
#[derive(Clone, Copy, Debug)]
enum Acknowledged {
    Created(i64),
    Deleted(i64),
}

/// Creates invoices and deletes every second one until the connection breaks. The last delete may be unacknowledged and yet done.
fn load(
    address: &str,
    token: &str,
    told: &mpsc::Sender<Acknowledged>,
    asked: &mpsc::Sender<i64>,
) -> std::io::Result<()> {
    let mut client = Client::new(address, &format!("Token {token}"))?;
    let invoice = r#"{"entity":1,"invoice_date":"2026-01-05","due_date":"2026-02-04",
        "lines":[{"quantity":2,"rate":50,"amount":100,"tax":5,"description":"Work"},{"amount":7.5},{"amount":1}]}"#;
    loop {
        let mut ids = [0; 2];
        for id in &mut ids {
            let made = client.send("POST", "/coa/api/v1/invoice/", invoice)?;
            assert_eq!(made.status, 201, "{}", made.body);
            *id = made.json()["id"].as_i64().unwrap();
            let _killed = told.send(Acknowledged::Created(*id));
        }
        let _killed = asked.send(ids[1]);
        let deleted = client.send("DELETE", &format!("/coa/api/v1/invoice/{}/", ids[1]), "")?;
        assert_eq!(deleted.status, 204, "{}", deleted.body);
        let _killed = told.send(Acknowledged::Deleted(ids[1]));
    }
}

fn rounds(usual: usize) -> usize {
    std::env::var("QUITTANCE_TEST_CRASH_ROUNDS").map_or(usual, |rounds| rounds.parse().unwrap())
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    survives(folder.path(), "crash.db", rounds(ROUNDS));
}

#[test]
fn what_was_acknowledged_survives_kill_9_of_a_server_on_postgresql() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::ready(folder.path());
    survives(folder.path(), &database.server, rounds(ROUNDS_ON_POSTGRES));
}

fn survives(folder: &Path, db: &str, rounds: usize) {
    quittance(folder, db, &["book", "create", "Crash"]);
    let token = quittance(folder, db, &["token", "create", "load"]).trim().to_owned();
    for round in 0..rounds {
        let mut server = Server::start(folder, db);
        let (told, acknowledged) = mpsc::channel();
        let (asked, deletes_asked) = mpsc::channel();
        let mut events = Vec::new();
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                let (told, asked, address, token) =
                    (told.clone(), asked.clone(), server.address.clone(), token.as_str());
                scope.spawn(move || load(&address, token, &told, &asked).unwrap_err());
            }
            drop((told, asked));
            let enough = 3 + round * 37 % 150;
            events.extend(acknowledged.iter().take(enough));
            server.kill();
            events.extend(acknowledged.iter());
        });
        let verdict = quittance(folder, db, &["verify"]);
        assert!(verdict.contains("sound"), "round {round}: {verdict}");
        check(
            folder,
            db,
            &token,
            round,
            &events,
            &deletes_asked.iter().collect::<Vec<i64>>(),
        );
    }
}

/// Every acknowledged invoice is there, unless its delete was asked for; every acknowledged delete is done.
fn check(folder: &Path, db: &str, token: &str, round: usize, events: &[Acknowledged], deletes_asked: &[i64]) {
    let server = Server::start(folder, db);
    let mut client = Client::new(&server.address, &format!("Token {token}")).unwrap();
    for event in events {
        match *event {
            Acknowledged::Created(id) if !deletes_asked.contains(&id) => {
                let found = client.send("GET", &format!("/coa/api/v1/invoice/{id}/"), "").unwrap();
                assert_eq!(
                    found.status, 200,
                    "round {round}: invoice {id} was acknowledged: {found:?}"
                );
            }
            Acknowledged::Created(_) => {}
            Acknowledged::Deleted(id) => {
                let found = client.send("GET", &format!("/coa/api/v1/invoice/{id}/"), "").unwrap();
                assert_eq!(
                    found.status, 404,
                    "round {round}: the delete of {id} was acknowledged: {found:?}"
                );
            }
        }
    }
}
