//! A server that is told to end under load, and clients that hang up in the middle: what was acknowledged is there, what was not is there
//! whole or not at all, and a repeat under its key comes to the one document that there is.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::sync::mpsc;

use crate::postgres::Database;
use crate::process::{Client, Server, quittance};

/// How many clients load the server at once.
const CLIENTS: usize = 6;
/// After how many acknowledgements the server is told to end.
const ENOUGH: usize = 120;
/// How many clients hang up without an answer.
const HANGING_UP: usize = 24;

/// What every request sends.
const BODY: &str = r#"{"issue":true,"lines":[{"name":"Work","unit_price":{"amount":"12.50","currency":"USD"}}]}"#;

#[test]
fn what_was_acknowledged_survives_an_orderly_end() {
    let folder = tempfile::tempdir().unwrap();
    ends_well(folder.path(), "ending.db");
}

#[test]
fn what_was_acknowledged_survives_an_orderly_end_on_postgresql() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::ready(folder.path());
    ends_well(folder.path(), &database.server);
}

/// Makes an invoice under a key; its id.
fn make(client: &mut Client, key: &str) -> std::io::Result<String> {
    let made = client.send_with("POST", "/api/v1/invoices", &[("idempotency-key", key)], BODY)?;
    assert!(
        [200, 201].contains(&made.status),
        "{key}: {} {}",
        made.status,
        made.body
    );
    Ok(made.json()["id"].as_str().unwrap().to_owned())
}

/// Sends a request but for so many bytes at its end, and hangs up.
fn hang_up(address: &str, authorization: &str, key: &str, missing: usize) {
    let request = format!(
        "POST /api/v1/invoices HTTP/1.1\r\nhost: local\r\nauthorization: {authorization}\r\nidempotency-key: {key}\r\n\
         content-length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(&request.as_bytes()[..request.len() - missing])
        .unwrap();
}

fn ends_well(folder: &Path, db: &str) {
    quittance(folder, db, &["book", "create", "Ending"]);
    let token = quittance(folder, db, &["token", "create", "load"]).trim().to_owned();
    let authorization = format!("Bearer {token}");
    let mut server = Server::start(folder, db);
    let mut keys: Vec<String> = Vec::new();
    for n in 0..HANGING_UP {
        let key = format!("gone-{n}");
        // Every third in the middle of its body.
        let missing = if n % 3 == 0 { 20 } else { 0 };
        hang_up(&server.address, &authorization, &key, missing);
        keys.push(key);
    }
    let (told, acknowledged) = mpsc::channel();
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let mut status = None;
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (told, address, authorization) = (told.clone(), server.address.clone(), authorization.as_str());
                scope.spawn(move || {
                    let mut connection = Client::new(&address, authorization).unwrap();
                    for n in 0.. {
                        let key = format!("{client}-{n}");
                        match make(&mut connection, &key) {
                            Ok(id) => told.send((key, id)).unwrap(),
                            Err(_) => return Some(key),
                        }
                    }
                    None
                })
            })
            .collect();
        drop(told);
        known.extend(acknowledged.iter().take(ENOUGH));
        status = Some(server.terminate());
        known.extend(acknowledged.iter());
        keys.extend(clients.into_iter().filter_map(|client| client.join().unwrap()));
    });
    assert!(status.is_some_and(|status| status.success()), "{status:?}");
    let verdict = quittance(folder, db, &["verify"]);
    assert!(verdict.contains("sound"), "{verdict}");
    repeats(folder, db, &authorization, &known, &keys);
}

/// Under every key there is one invoice, and it is the one that was acknowledged.
fn repeats(folder: &Path, db: &str, authorization: &str, known: &BTreeMap<String, String>, unknown: &[String]) {
    let server = Server::start(folder, db);
    let mut client = Client::new(&server.address, authorization).unwrap();
    assert!(known.len() >= ENOUGH);
    for (key, id) in known {
        assert_eq!(&make(&mut client, key).unwrap(), id, "{key}");
    }
    for key in unknown {
        let once = make(&mut client, key).unwrap();
        assert_eq!(make(&mut client, key).unwrap(), once, "{key}");
    }
    let list = client.send("GET", "/api/v1/invoices?limit=1", "").unwrap();
    assert_eq!(list.json()["total"], known.len() + unknown.len());
}
