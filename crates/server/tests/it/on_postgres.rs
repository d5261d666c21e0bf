//! Every command on PostgreSQL as a person uses it: it says what it says on a file, the password comes from wherever one keeps it,
//! and a database that is away is said to be away.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::postgres::Database;
use crate::process::{Client, Server, quittance};

/// Runs the program; `settings` are environment variables, and no others of ours are set.
fn run(folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_quittance"))
        .args(arguments)
        .current_dir(folder)
        .envs(settings.iter().copied())
        .output()
        .unwrap()
}

/// What a command said and how it ended, without what differs from run to run: ids, hashes, secrets and instants, all of which are
/// longer than any other word of digits.
fn heard(output: &Output, db: &str) -> String {
    let place = db.rsplit('@').next().unwrap_or(db).split('?').next().unwrap_or(db);
    let mut text = format!("ended with {:?}\n", output.status.code());
    for said in [&output.stdout, &output.stderr] {
        text.push_str(&String::from_utf8_lossy(said));
    }
    assert!(!text.contains(&password(db)), "it tells a password: {text}");
    let text = text.replace(&format!("postgres://..@{place}"), "DB").replace(db, "DB");
    let is_part = |c: char| c.is_ascii_hexdigit() || "-:.TZ".contains(c);
    let (mut masked, mut part) = (String::new(), String::new());
    for c in text.chars().chain(['\n']) {
        if is_part(c) {
            part.push(c);
        } else {
            let digits = part.chars().filter(char::is_ascii_hexdigit).count();
            masked.push_str(if digits >= 14 { "#" } else { &part });
            part.clear();
            masked.push(c);
        }
    }
    masked
}

/// What stands between the name and the place of an address.
fn password(db: &str) -> String {
    let place = db.rsplit_once('@').map_or("no password", |(before, _)| before);
    place.rsplit(':').next().unwrap_or_default().to_owned()
}

/// A book's life by the command line, from before it is there to its export.
const COMMANDS: &[&[&str]] = &[
    &["verify"],
    &["book", "list"],
    &["token", "list"],
    &["report", "aging"],
    &[
        "book",
        "create",
        "First & Sons",
        "--currency",
        "eur",
        "--zone",
        "Europe/Berlin",
    ],
    &["book", "create", " "],
    &["book", "list"],
    &[
        "token",
        "create",
        "ci",
        "--role",
        "viewer",
        "--scope",
        "invoices.readonly",
        "--expires-in",
        "30",
    ],
    &["token", "revoke", "1"],
    &["token", "revoke", "1"],
    &["token", "create", "x", "--book", "9"],
    &["import", "csv", "customers", "customers.csv", "--dry-run"],
    &["import", "csv", "customers", "customers.csv"],
    &["import", "csv", "customers", "customers.csv"],
    &["import", "csv", "invoices", "invoices.csv"],
    &["import", "csv", "invoices", "invoices.csv"],
    &["import", "csv", "invoices", "bad.csv"],
    &["payment", "begin", "0123456789abcdef01234567"],
    &[
        "payment",
        "confirm",
        "0123456789abcdef01234567",
        "12.50",
        "--external-id",
        "tr-1",
        "--bank",
        "--value-date",
        "2026-01-20",
    ],
    &[
        "payment",
        "confirm",
        "0123456789abcdef01234567",
        "12.50",
        "--external-id",
        "tr-1",
        "--bank",
        "--value-date",
        "2026-01-20",
    ],
    &["period", "close", "2025-12-31"],
    &["period", "close", "2025-06-30"],
    &["period", "list"],
    &["period", "reopen", "2025-06-30", "--reason", "too early"],
    &["report", "trial-balance", "--as-of", "2026-02-20"],
    &["report", "aging", "--as-of", "2026-02-20", "--format", "csv"],
    &["report", "profit-and-loss", "--to", "2026-02-20"],
    &["report", "balance-sheet", "--as-of", "2026-02-20", "--format", "json"],
    &["report", "ledger", "--account", "1100", "--to", "2026-02-20"],
    &["report", "statement", "--customer", "ada", "--to", "2026-02-20"],
    &["report", "tax-summary", "--to", "2026-02-20"],
    &["report", "payment-register", "--to", "2026-02-20"],
    &["report", "number-register", "--to", "2026-02-20"],
    &["report", "deletion-register"],
    &["report", "trial-balance", "--as-of", "2026-02-20", "--known-at", "5"],
    &["report", "aging", "--known-at", "777"],
    &["export", "--format", "hledger"],
    &["export", "--format", "beancount"],
    &["export", "--format", "csv"],
    &["erase"],
    &["verify"],
    &[
        "verify",
        "--expect",
        "1:0000000000000000000000000000000000000000000000000000000000000000",
    ],
    &["migrate"],
];

fn lives(folder: &Path, db: &str) -> Vec<String> {
    let told = |arguments: &&[&str]| {
        let output = run(folder, &[("QUITTANCE_DB", db)], arguments);
        format!("{arguments:?} {}", heard(&output, db))
    };
    COMMANDS.iter().map(told).collect()
}

fn files(folder: &Path) {
    let file = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    file(
        "customers.csv",
        "external_id,name,email\nada,Ada Marlow,ada@example.com\nbirch,\"Birch, Sons\",\n",
    );
    file(
        "invoices.csv",
        "invoice,number,customer,date,due,description,quantity,unit_price,tax\n\
         old-1,A-17,ada,2026-01-10,2026-02-09,Design,2,100.00,14.00\nold-1,,,,,Hosting,1,4.90,\n\
         old-2,A-18,birch,2026-01-12,,Support,1,50.00,\n",
    );
    file(
        "bad.csv",
        "invoice,number,customer,date,unit_price\nold-3,A-18,birch,2026-01-12,x\n",
    );
}

#[test]
fn every_command_says_what_it_says_on_a_file() {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path());
    let database = Database::empty();
    let (on_a_file, there) = (lives(folder.path(), "books.db"), lives(folder.path(), &database.owner));
    for (expected, found) in on_a_file.iter().zip(&there) {
        assert_eq!(found, expected);
    }
    let done = there.iter().filter(|told| told.contains("ended with Some(0)")).count();
    assert!(done > 30, "only {done} commands were carried out");
}

/// Sends a call and hands out the answer's JSON.
fn said(client: &mut Client, method: &str, target: &str, body: &Value, status: u16) -> Value {
    let text = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let answer = client.send(method, target, &text).unwrap();
    assert_eq!(answer.status, status, "{method} {target}: {}", answer.body);
    if answer.body.is_empty() {
        Value::Null
    } else {
        answer.json()
    }
}

#[test]
fn it_is_served_by_a_role_that_owns_nothing_and_goes_on_when_served_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let database = Database::ready(folder);
    quittance(folder, &database.server, &["book", "create", "Served"]);
    let token = quittance(folder, &database.server, &["token", "create", "load"]);
    let (bearer, campfire) = (format!("Bearer {}", token.trim()), format!("Token {}", token.trim()));
    let server = Server::start(folder, &database.server);
    let mut client = Client::new(&server.address, &bearer).unwrap();
    let draft = json!({"memo": "Thank you", "lines": [{"unit_price": {"amount": "10.00", "currency": "USD"}}]});
    let made = said(&mut client, "POST", "/api/v1/invoices", &draft, 201);
    let one = format!("/api/v1/invoices/{}", made["id"].as_str().unwrap());
    let plan = said(&mut client, "POST", &format!("{one}/deletion-plan"), &Value::Null, 200);
    assert!(plan["digest"].is_string(), "{plan}");
    let receipt = said(&mut client, "DELETE", &one, &Value::Null, 200);
    let seal = format!("{}:{}", receipt["seq"], receipt["hash"].as_str().unwrap());
    let shown = said(&mut client, "GET", &one, &Value::Null, 200);
    assert!(shown["deleted_at"].is_string(), "{shown}");
    drop(server);
    // Another server goes on where the first ended, and two of them see the same.
    let servers = [
        Server::start(folder, &database.server),
        Server::start(folder, &database.server),
    ];
    let mut clients = servers
        .each_ref()
        .map(|server| Client::new(&server.address, &campfire).unwrap());
    let new = json!({"entity": 1, "invoice_date": "2026-10-05", "due_date": "2026-11-05", "lines": [{"amount": 10}]});
    let [first, second] = &mut clients;
    for _ in 0..3 {
        let made = said(first, "POST", "/coa/api/v1/invoice/", &new, 201);
        let one = format!("/coa/api/v1/invoice/{}/", made["id"]);
        said(second, "GET", &one, &Value::Null, 200);
        said(second, "DELETE", &one, &Value::Null, 204);
        said(first, "GET", &one, &Value::Null, 404);
    }
    let verdict = quittance(folder, &database.server, &["verify", "--expect", &seal]);
    assert!(verdict.contains(": sound"), "{verdict}");
    // Its role can change neither the log nor the tables.
    let refused = |statement: &str| {
        let change = format!(
            "set role quittance_server; do $$ begin {statement}; raise exception 'it was done'; \
             exception when insufficient_privilege then null; end $$"
        );
        database.ask(&change);
    };
    for statement in [
        "update event set actor = 'nobody'",
        "delete from event",
        "truncate event",
        "delete from directory",
        "drop table invoice",
        "create table mine (book bigint)",
        "alter table event disable trigger all",
    ] {
        refused(statement);
    }
}

#[test]
fn the_demo_shows_every_dialect_and_can_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::empty();
    for round in 0..2 {
        let arguments = ["demo", "--once", "--listen", "127.0.0.1:0"];
        let shown = quittance(folder.path(), &database.owner, &arguments);
        for words in ["Campfire", "Bookeeping.ai", "Layer", "Moov", "HighLevel", "it balances"] {
            assert!(shown.contains(words), "round {round}: {words} is missing from\n{shown}");
        }
    }
    assert!(quittance(folder.path(), &database.owner, &["verify"]).contains(": sound"));
}

/// Variables, arguments, and whether the password is found by them.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str], bool);

#[test]
fn the_password_comes_from_the_environment_a_file_or_the_settings_and_is_never_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let database = Database::ready(folder);
    let secret = password(&database.server);
    let bare = database.server.replacen(&format!(":{secret}@"), "@", 1);
    std::fs::write(folder.join("password"), format!("{secret}\n")).unwrap();
    let settings = format!("db = \"{bare}\"\n[postgres]\npassword_file = \"password\"\nwriters = 2\nreaders = 1\n");
    std::fs::write(folder.join("there.toml"), settings).unwrap();
    let db = ("QUITTANCE_DB", bare.as_str());
    let wrong = ("QUITTANCE_DB_PASSWORD", "not the password");
    let cases: [Case<'_>; 8] = [
        (&[db, ("QUITTANCE_DB_PASSWORD", &secret)], &[], true),
        (&[db, ("PGPASSWORD", &secret)], &[], true),
        (&[db, ("QUITTANCE_POSTGRES_PASSWORD_FILE", "password")], &[], true),
        (&[db], &["--postgres-password-file", "password"], true),
        (&[], &["--config", "there.toml"], true),
        (&[db, wrong], &[], false),
        (&[db], &[], false),
        (&[db], &["--postgres-password-file", "nowhere"], false),
    ];
    for (settings, arguments, well) in cases {
        let output = run(folder, settings, &[&["verify"], arguments].concat());
        let text = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        // A book is not there yet, which is as far as one gets with the password.
        assert_eq!(
            text.contains("there is no book"),
            well,
            "{settings:?} {arguments:?}: {text}"
        );
        assert!(!text.contains(&secret) && !text.contains("not the password"), "{text}");
    }
}

#[test]
fn what_is_wrong_with_an_address_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::empty();
    let nobody = format!(
        "{}?connect_timeout=1",
        database.owner.replacen("127.0.0.1", "127.0.0.2", 1)
    );
    let wrong = database.owner.replacen(&password(&database.owner), "mistyped", 1);
    let nothing = format!("{}_nowhere", database.owner);
    let another = Database::empty();
    another.ask("create table account (name text)");
    let other = another.owner.clone();
    for (db, arguments, words) in [
        (
            database.owner.as_str(),
            &["verify"][..],
            "there are no books at postgres://..@",
        ),
        (
            &database.owner,
            &["verify", "--postgres-writers", "0"],
            "a number of connections from 1 to 1000",
        ),
        (&database.server, &["serve"], "permission denied"),
        (
            &database.server,
            &["serve"],
            "run `quittance migrate --server-role ROLE`",
        ),
        (&nobody, &["book", "list"], "connecting"),
        (&nobody, &["serve"], "look whether PostgreSQL runs there"),
        (&wrong, &["verify"], "QUITTANCE_DB_PASSWORD"),
        (&nothing, &["verify"], "`createdb`"),
        (&other, &["migrate"], "other tables are in the way"),
        (&other, &["verify"], "there are no books at"),
        (
            &database.owner,
            &["migrate", "--server-role", "no_such_role"],
            "`createuser`",
        ),
        ("postgres://host/books?sslmode=verify-full", &["verify"], "sslrootcert"),
        (
            "postgres://host/books?sslmode=verify-full&sslrootcert=nowhere.pem",
            &["verify"],
            "quittance: the address of the database: the root certificate nowhere.pem",
        ),
        ("mysql://clerk:secret@host/books", &["verify"], "names no database"),
    ] {
        let output = run(folder.path(), &[("QUITTANCE_DB", db)], arguments);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{db}");
        assert!(text.contains(words), "{arguments:?}: {text}");
        assert!(!text.contains(&password(db)), "{text}");
    }
}
