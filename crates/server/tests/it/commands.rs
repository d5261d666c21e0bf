//! The command line as a person uses it: what each command prints, and how it ends.

mod documents;
mod strangers;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// Runs the program in a folder, on `books.db` in it unless the arguments say otherwise.
fn quittance(folder: &Path, arguments: &[&str]) -> Output {
    program(folder, arguments).output().unwrap()
}

/// The program as it is run there.
fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_quittance"));
    program
        .args(arguments)
        .current_dir(folder)
        .env("QUITTANCE_DB", "books.db");
    program
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn complained(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The README's first command names no program: there must be exactly one that a bare `cargo run` can mean.
#[test]
fn a_bare_cargo_run_means_this_program() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(&root)
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let default = metadata["workspace_default_members"].as_array().unwrap();
    let packages = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|package| default.contains(&package["id"]));
    let targets = packages.flat_map(|package| package["targets"].as_array().unwrap());
    let programs: Vec<&str> = targets
        .filter(|target| target["kind"][0] == "bin")
        .map(|target| target["name"].as_str().unwrap())
        .collect();
    assert_eq!(programs, ["quittance"]);
}

#[test]
fn help_names_every_command_and_setting() {
    let folder = tempfile::tempdir().unwrap();
    let output = quittance(folder.path(), &["--help"]);
    assert!(output.status.success());
    let help = said(&output);
    for word in [
        "demo",
        "serve",
        "book",
        "token",
        "period",
        "customer",
        "invoice",
        "payment",
        "refund",
        "credit-note",
        "write-off",
        "api",
        "report",
        "move",
        "migrate",
        "erase",
        "verify",
        "--db",
        "postgres://",
        "--listen",
        "QUITTANCE_LISTEN",
        "--config",
    ] {
        assert!(help.contains(word), "{word} is missing from\n{help}");
    }
    assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
}

#[test]
fn a_book_from_opening_to_proof() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| quittance(folder.path(), arguments);
    let opened = run(&[
        "book",
        "create",
        "First & Sons",
        "--currency",
        "eur",
        "--zone",
        "Europe/Berlin",
    ]);
    assert!(opened.status.success(), "{}", complained(&opened));
    assert!(said(&opened).starts_with("book 1 "));
    let list = said(&run(&["book", "list"]));
    assert!(
        list.contains("EUR  open  1:") && list.trim_end().ends_with("First & Sons"),
        "{list}"
    );

    let made = run(&[
        "token",
        "create",
        "ci",
        "--role",
        "viewer",
        "--scope",
        "invoices.readonly",
        "--expires-in",
        "30",
    ]);
    let text = said(&made);
    assert!(text.starts_with("q1_") && text.trim_end().len() > 60, "{text}");
    let tokens = said(&run(&["token", "list"]));
    assert!(
        tokens.contains("viewer") && tokens.contains("invoices.readonly") && tokens.trim_end().ends_with("ci"),
        "{tokens}"
    );
    assert!(
        !tokens.contains(text.trim_end().rsplit('_').next().unwrap()),
        "the secret is shown again: {tokens}"
    );
    assert!(run(&["token", "revoke", "1"]).status.success());
    let again = run(&["token", "revoke", "1"]);
    assert_eq!(again.status.code(), Some(1), "revoking twice is not done twice");

    assert!(run(&["period", "close", "2020-12-31"]).status.success());
    let refused = run(&["period", "close", "2020-06-30"]);
    assert_eq!(refused.status.code(), Some(1));
    let words = complained(&refused);
    assert!(
        words.contains("cannot close through 2020-06-30: the book is closed through 2020-12-31"),
        "{words}"
    );
    let refused = run(&["period", "reopen", "2021-12-31", "--reason", "to be seen"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(complained(&refused).contains("cannot reopen back to 2021-12-31"));
    assert!(said(&run(&["period", "list"])).contains("book 1: closed through 2020-12-31"));
    let without_reason = run(&["period", "reopen", "2019-12-31"]);
    assert_eq!(without_reason.status.code(), Some(2));
    let reason = "a bill was found behind the shelf";
    assert!(
        run(&["period", "reopen", "2019-12-31", "--reason", reason])
            .status
            .success()
    );
    let listed = said(&run(&["period", "list"]));
    for words in [
        reason,
        "the beginning through 2020-12-31",
        "sealed knowing",
        "payment-register",
    ] {
        assert!(listed.contains(words), "{words}: {listed}");
    }

    let verdict = run(&["verify"]);
    assert!(verdict.status.success());
    let verdict = said(&verdict);
    assert!(verdict.contains("sound"), "{verdict}");
    let head = verdict.trim_end().rsplit(' ').next().unwrap();
    assert!(run(&["verify", "--expect", head]).status.success());
    let forged = format!("{}:{}", head.split(':').next().unwrap(), "0".repeat(64));
    assert_eq!(run(&["verify", "--expect", &forged]).status.code(), Some(3));
}

#[test]
fn a_book_moves_to_another_file() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| quittance(folder.path(), arguments);
    for name in ["First", "Second"] {
        assert!(run(&["book", "create", name]).status.success());
    }
    assert!(run(&["token", "create", "--book", "2", "ci"]).status.success());
    let there = ["move", "--from", "books.db", "--to", "sqlite://new.db"];
    let moved = run(&there);
    let text = said(&moved);
    assert!(moved.status.success(), "{}", complained(&moved));
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].starts_with("book 1: moved and sound. 1 events replayed, "),
        "{text}"
    );
    assert!(
        lines[1].starts_with("book 2: moved and sound. 2 events replayed, "),
        "{text}"
    );
    let head = lines[1].rsplit(' ').next().unwrap();
    let verify = run(&["verify", "--db", "new.db", "--book", "2", "--expect", head]);
    assert!(verify.status.success(), "{}", said(&verify));
    let again = run(&there);
    assert!(
        said(&again).contains(&format!("book 2: is there already, head {head}")),
        "{}",
        said(&again)
    );

    assert!(run(&["book", "create", "Other", "--db", "other.db"]).status.success());
    let refused = run(&["move", "--from", "books.db", "--to", "other.db"]);
    assert_eq!(refused.status.code(), Some(1));
    let text = complained(&refused);
    assert!(
        text.contains("book 1 is not moved: its slot is taken by book "),
        "{text}"
    );
    let one = run(&["move", "--from", "books.db", "--to", "other.db", "--book", "2"]);
    assert!(
        said(&one).starts_with("book 2: moved and sound."),
        "{}",
        complained(&one)
    );

    for (from, to, words) in [
        ("nowhere.db", "new.db", "there are no books at nowhere.db"),
        ("mysql://user:secret@host/db", "new.db", "mysql://..@host/db"),
    ] {
        let refused = run(&["move", "--from", from, "--to", to]);
        assert!(!refused.status.success());
        let text = complained(&refused);
        assert!(text.contains(words) && !text.contains("secret"), "{text}");
    }
    assert!(!folder.path().join("nowhere.db").exists());
}

#[test]
fn books_that_are_not_there_are_not_made_by_looking() {
    let folder = tempfile::tempdir().unwrap();
    let seal = format!("1:{}", "0".repeat(64));
    for arguments in [
        &["verify"][..],
        &["verify", "--expect", &seal],
        &["book", "list"],
        &["token", "list"],
        &["period", "list"],
    ] {
        let output = quittance(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let words = complained(&output);
        assert!(
            words.contains("there are no books at books.db"),
            "{arguments:?}: {words}"
        );
    }
    assert!(!folder.path().join("books.db").exists());

    std::fs::write(folder.path().join("books.db"), "").unwrap();
    for arguments in [&["verify"][..], &["verify", "--expect", &seal]] {
        let output = quittance(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(complained(&output).contains("there is no book"), "{arguments:?}");
    }
}

#[test]
fn what_is_wrong_is_said_and_ends_with_its_code() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| quittance(folder.path(), arguments);
    assert!(run(&["book", "create", "First"]).status.success());
    for (arguments, code, words) in [
        (&["book", "create", " "][..], 2, "no name for a book"),
        (&["token", "create", ""], 2, "no name for a token"),
        (&["book", "create", "X", "--currency", "euros"], 2, "no currency code"),
        (&["book", "create", "X", "--zone", "Mars/Olympus"], 2, "no time zone"),
        (&["token", "create", "x", "--book", "9"], 2, "there is no book 9"),
        (&["period", "close", "2020-13-01"], 2, "invalid value"),
        (&["verify", "--expect", "abc"], 2, "not SEQ:HASH"),
        (&["serve", "--listen", "nowhere"], 2, "--listen"),
        (&["serve", "--db", "mysql://x/y"], 1, "names no database"),
        (&["serve", "--db", "postgres://[/y"], 1, "the address of the database"),
        (&["migrate", "--server-role", "clerk"], 2, "has no roles"),
        (&["bogus"], 2, "unrecognized"),
    ] {
        let output = run(arguments);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {}",
            complained(&output)
        );
        assert!(
            complained(&output).contains(words),
            "{arguments:?}: {}",
            complained(&output)
        );
    }
}

#[test]
fn the_demo_shows_every_dialect_and_can_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["demo", "--once", "--json", "access.json", "--listen", "127.0.0.1:0"];
    for round in 0..2 {
        let output = quittance(folder.path(), &arguments);
        assert!(output.status.success(), "round {round}: {}", complained(&output));
        let shown = said(&output);
        for words in [
            "Campfire",
            "Bookeeping.ai",
            "Layer",
            "Moov",
            "HighLevel",
            "withdrawn",
            "receipt",
            "it balances",
        ] {
            assert!(shown.contains(words), "round {round}: {words} is missing from\n{shown}");
        }
        let long: Vec<&str> = shown
            .lines()
            .filter(|line| line.chars().count() > 80 && !line.starts_with('>'))
            .collect();
        assert!(long.is_empty(), "longer than 80 columns: {long:#?}");
        check_access(&folder.path().join("access.json"));
    }
    assert!(
        !folder.path().join("books.db").exists(),
        "the demo never touches the books that a variable names"
    );
    let verdict = quittance(folder.path(), &["verify", "--db", "quittance-demo.db"]);
    assert!(verdict.status.success(), "{}", said(&verdict));
}

/// The members that other programs read.
fn check_access(file: &Path) {
    let access: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert!(access["base_url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    for (dialect, members) in [
        ("native", &["auth", "book_id"][..]),
        ("campfire", &["auth", "entity", "client", "product", "fixtures"]),
        (
            "bookeeping",
            &["auth", "rate_auth", "counter_party", "category", "account", "fixtures"],
        ),
        (
            "layer",
            &["auth", "business_id", "customer_external_id", "customer_id", "fixtures"],
        ),
        (
            "moov",
            &[
                "auth",
                "username",
                "password",
                "account_id",
                "customer_account_id",
                "fixtures",
            ],
        ),
        ("highlevel", &["auth", "alt_id", "contact_id", "user_id", "fixtures"]),
    ] {
        for member in members {
            assert!(!access[dialect][member].is_null(), "{dialect} has no {member}");
        }
        if members.contains(&"fixtures") {
            for state in ["draft", "sent", "paid", "part_paid", "void", "closed"] {
                let ids = access[dialect]["fixtures"][state].as_array().unwrap();
                assert!(ids.len() >= 10, "{dialect} {state}: {}", ids.len());
            }
        }
    }
}

#[test]
fn reports_are_printed_in_every_format_and_an_early_reader_ends_them_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| quittance(folder.path(), arguments);
    assert!(run(&["book", "create", "Books"]).status.success());
    let table = said(&run(&["report", "trial-balance", "--as-of", "2026-05-31"]));
    assert!(table.starts_with("trial balance, as of 2026-05-31, USD\n"), "{table}");
    let json: Value = serde_json::from_str(&said(&run(&["report", "aging", "--format", "json"]))).unwrap();
    assert_eq!(
        (&json["report"], &json["customers"]["rows"]),
        (&"aging".into(), &Value::Array(Vec::new()))
    );
    let csv = said(&run(&["report", "ledger", "--account", "1100", "--format", "csv"]));
    assert!(csv.starts_with("section,date,balance,entry,"), "{csv}");
    for (arguments, code, complaint) in [
        (&["report", "nothing"][..], 2, "there are trial-balance, aging"),
        (&["report", "ledger"], 2, "name it"),
        (&["report", "ledger", "--account", "9"], 1, "9"),
        (&["report", "aging", "--known-at", "77"], 2, "there is no event 77"),
        (&["report", "aging", "--book", "2"], 2, "there is no book 2"),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(complained(&output).contains(complaint), "{}", complained(&output));
    }
    // A pipe whose reader is gone before the first byte.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    for arguments in [
        &["report", "aging"][..],
        &["report", "aging", "--format", "csv"],
        &["book", "list"],
    ] {
        let ended = Command::new(env!("CARGO_BIN_EXE_quittance"))
            .args(arguments)
            .current_dir(folder.path())
            .env("QUITTANCE_DB", "books.db")
            .stdout(writer.try_clone().unwrap())
            .output()
            .unwrap();
        assert!(ended.status.success(), "{arguments:?}");
        assert_eq!(complained(&ended), "", "{arguments:?}");
    }
}

#[test]
fn opening_balances_are_brought_in_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| quittance(folder.path(), arguments);
    let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    assert!(run(&["book", "create", "Books"]).status.success());
    file("customers.csv", "external_id,name\nada,Ada Marlow\nbirch,Birch\n");
    assert!(run(&["import", "csv", "customers", "customers.csv"]).status.success());
    let good = "account,customer,debit,credit,invoice,number,due\n1000,,300.00,,,,\n,ada,120.00,,old-1,A-1,2025-12-15\n\
                ,ada,30.00,,,,\n,birch,,50.00,,,\nRETAINED_EARNINGS,,,400.00,,,\n";
    file("good.csv", good);
    let bad = "account,customer,debit,credit\nCASH,,1.00,\n1100,,5.00,\n,nobody,5.00,\nCASH,,,\nCASH,,,11.00\n";
    file("bad.csv", bad);
    let without_day = run(&["import", "csv", "openings", "good.csv"]);
    assert_eq!(without_day.status.code(), Some(2));
    let import = |name: &str, more: &[&str]| {
        let mut arguments = vec!["import", "csv", "openings", name, "--date", "2025-12-31"];
        arguments.extend(more);
        run(&arguments)
    };
    let refused = import("bad.csv", &["--dry-run"]);
    assert_eq!(refused.status.code(), Some(1));
    let told = said(&refused);
    let places: Vec<&str> = told.lines().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(places, ["line 3", "line 4", "line 5"], "{told}");
    file("uneven.csv", "account,debit,credit\nCASH,5.00,\n");
    assert!(said(&import("uneven.csv", &["--dry-run"])).starts_with("the whole: "));
    let dry = import("good.csv", &["--dry-run"]);
    assert_eq!(
        said(&dry),
        "5 opening balances would be written as of 2025-12-31\n",
        "{}",
        complained(&dry)
    );
    let nothing = said(&run(&["report", "trial-balance"]));
    assert!(!nothing.contains("Cash"), "{nothing}");
    let done = import("good.csv", &[]);
    assert_eq!(
        said(&done),
        "5 opening balances written as of 2025-12-31\n",
        "{}",
        complained(&done)
    );
    let balances = said(&run(&["report", "trial-balance", "--as-of", "2025-12-31"]));
    for words in ["300.00", "150.00", "400.00", "50.00"] {
        assert!(balances.contains(words), "{words}: {balances}");
    }
    let again = import("good.csv", &[]);
    assert_eq!(again.status.code(), Some(1));
    assert!(said(&again).contains("the whole: "), "{}", said(&again));
    assert!(run(&["verify"]).status.success());
}

#[test]
fn an_invoice_is_held_released_and_handed_over() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| quittance(folder.path(), arguments);
    assert!(
        run(&["book", "create", "Books", "--rounding", "document:half_even"])
            .status
            .success()
    );
    assert!(said(&run(&["book", "rounding", "line:half_up"])).contains("per line, half_up"));
    assert_eq!(run(&["book", "rounding", "line:up"]).status.code(), Some(2));
    let rows = "invoice,date,unit_price\nold-1,2026-01-10,1\n";
    std::fs::write(folder.path().join("invoices.csv"), rows).unwrap();
    assert!(run(&["import", "csv", "invoices", "invoices.csv"]).status.success());
    let exported = said(&run(&["export", "--format", "json"]));
    let exported: serde_json::Value = serde_json::from_str(&exported).unwrap();
    let invoice = exported["invoices"][0]["id"].as_str().unwrap();
    let held = run(&[
        "invoice",
        "hold",
        invoice,
        "--until",
        "2030-12-31",
        "--reason",
        "a dispute",
    ]);
    let told = said(&held);
    assert!(
        told.contains("on hold through 2030-12-31: a dispute"),
        "{told} {}",
        complained(&held)
    );
    let handed = said(&run(&["invoice", "hand-over", invoice]));
    assert!(
        handed.contains("on hold through 2030-12-31, handed over at") && handed.contains("a dispute"),
        "{handed}"
    );
    let released = said(&run(&["invoice", "release", invoice]));
    assert!(
        released.contains("not on hold, handed over at") && !released.contains("a dispute"),
        "{released}"
    );
    assert_eq!(run(&["invoice", "release", "nothing"]).status.code(), Some(1));
}

#[test]
fn a_file_is_imported_whole_or_not_at_all_and_twice_is_once() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| quittance(folder.path(), arguments);
    let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    assert!(run(&["book", "create", "Books"]).status.success());
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
    let bad = "invoice,number,customer,date,unit_price\nold-1,A-17,ada,2026-01-10,1\nold-3,A-18,birch,2026-01-12,x\n\
               old-4,A-19,nobody,2026-01-12,1\nold-5,A-20,ada,2026-01-12,1\nold-6,A-20,ada,2026-01-12,1\n";
    file("bad.csv", bad);
    // Without its customers no invoice can be read in, and the dry run of the customers does not bring them.
    let dry = run(&["import", "csv", "customers", "customers.csv", "--dry-run"]);
    assert_eq!(
        said(&dry),
        "2 would be written, 0 there already\n",
        "{}",
        complained(&dry)
    );
    let early = run(&["import", "csv", "invoices", "invoices.csv"]);
    assert_eq!(early.status.code(), Some(1));
    assert!(said(&early).starts_with("line 2: "), "{}", said(&early));
    for (kind, name, told) in [
        ("customers", "customers.csv", "2 written, 0 there already\n"),
        ("customers", "customers.csv", "0 written, 2 there already\n"),
        ("invoices", "invoices.csv", "2 written, 0 there already\n"),
        ("invoices", "invoices.csv", "0 written, 2 there already\n"),
    ] {
        let output = run(&["import", "csv", kind, name]);
        assert_eq!(said(&output), told, "{name}: {}", complained(&output));
    }
    let refused = run(&["import", "csv", "invoices", "bad.csv"]);
    assert_eq!(refused.status.code(), Some(1));
    let lines: Vec<String> = said(&refused)
        .lines()
        .map(|line| line.chars().take(7).collect())
        .collect();
    assert_eq!(lines, ["line 3:", "line 4:", "line 6:"], "{}", said(&refused));
    assert!(complained(&refused).contains("3 would be refused, so nothing was written; 1 would be, 1 are there"));
    let aging = said(&run(&["report", "aging", "--as-of", "2026-02-20"]));
    assert!(aging.contains("1 Ada Marlow      1     0.00  218.90"), "{aging}");
    assert!(aging.contains("2 Birch, Sons     1    50.00"), "{aging}");
    let wrong = run(&["import", "csv", "invoices", "customers.csv"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(complained(&wrong).contains("line 1: there is no column \"external_id\""));
    assert!(said(&run(&["verify"])).contains("sound"));
}
