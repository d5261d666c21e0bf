//! kill -9 under load: nothing acknowledged is lost, nothing unacknowledged is there in part, and the books verify.
//!
//! `QUITTANCE_CRASH_ROUNDS` sets how often. The server is killed after a number of acknowledgements that differs from round to round,
//! not after a time, so a slow machine changes nothing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

/// How often the server is killed unless the environment says otherwise.
const ROUNDS: usize = 50;
/// How many clients load the server at once.
const CLIENTS: usize = 8;

fn quittance(db: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_quittance"))
        .args(arguments)
        .arg("--db")
        .arg(db)
        .current_dir(db.parent().unwrap())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// A server in a process of its own.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(db: &Path) -> Server {
        let mut process = Command::new(env!("CARGO_BIN_EXE_quittance"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "error", "--db"])
            .arg(db)
            .current_dir(db.parent().unwrap())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().rsplit("http://").next().unwrap().to_owned();
        Server { process, address }
    }

    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// One kept-alive connection.
struct Client {
    stream: BufReader<TcpStream>,
    token: String,
}

impl Client {
    fn new(address: &str, token: &str) -> std::io::Result<Client> {
        Ok(Client {
            stream: BufReader::new(TcpStream::connect(address)?),
            token: token.to_owned(),
        })
    }

    /// The status and the body of the answer, or how the connection broke.
    fn send(&mut self, method: &str, target: &str, body: &str) -> std::io::Result<(u16, String)> {
        let token = &self.token;
        let request = format!(
            "{method} {target} HTTP/1.1\r\nhost: local\r\nauthorization: Token {token}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut length = 0;
        let mut status = 0;
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if status == 0 {
                status = line.split(' ').nth(1).unwrap().parse().unwrap();
            } else if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok((status, String::from_utf8(body).unwrap()))
    }
}

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
    let mut client = Client::new(address, token)?;
    let invoice = r#"{"entity":1,"invoice_date":"2026-01-05","due_date":"2026-02-04",
        "lines":[{"quantity":2,"rate":50,"amount":100,"tax":5,"description":"Work"},{"amount":7.5},{"amount":1}]}"#;
    loop {
        let mut ids = [0; 2];
        for id in &mut ids {
            let (status, body) = client.send("POST", "/coa/api/v1/invoice/", invoice)?;
            assert_eq!(status, 201, "{body}");
            let body: serde_json::Value = serde_json::from_str(&body).unwrap();
            *id = body["id"].as_i64().unwrap();
            let _killed = told.send(Acknowledged::Created(*id));
        }
        let _killed = asked.send(ids[1]);
        let (status, body) = client.send("DELETE", &format!("/coa/api/v1/invoice/{}/", ids[1]), "")?;
        assert_eq!(status, 204, "{body}");
        let _killed = told.send(Acknowledged::Deleted(ids[1]));
    }
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let rounds = std::env::var("QUITTANCE_CRASH_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("crash.db");
    quittance(&db, &["book", "create", "Crash"]);
    let token = quittance(&db, &["token", "create", "load"]).trim().to_owned();
    for round in 0..rounds {
        let server = Server::start(&db);
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
        let verdict = quittance(&db, &["verify"]);
        assert!(verdict.contains("sound"), "round {round}: {verdict}");
        check(&db, &token, round, &events, &deletes_asked.iter().collect::<Vec<i64>>());
    }
}

/// Every acknowledged invoice is there, unless its delete was asked for; every acknowledged delete is done.
fn check(db: &Path, token: &str, round: usize, events: &[Acknowledged], deletes_asked: &[i64]) {
    let server = Server::start(db);
    let mut client = Client::new(&server.address, token).unwrap();
    for event in events {
        match *event {
            Acknowledged::Created(id) if !deletes_asked.contains(&id) => {
                let (status, body) = client.send("GET", &format!("/coa/api/v1/invoice/{id}/"), "").unwrap();
                assert_eq!(status, 200, "round {round}: invoice {id} was acknowledged: {body}");
            }
            Acknowledged::Created(_) => {}
            Acknowledged::Deleted(id) => {
                let (status, body) = client.send("GET", &format!("/coa/api/v1/invoice/{id}/"), "").unwrap();
                assert_eq!(
                    status, 404,
                    "round {round}: the delete of {id} was acknowledged: {body}"
                );
            }
        }
    }
    server.kill();
}
