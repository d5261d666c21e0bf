//! Documents from their first draft to their receipt, with nothing but the command line.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use super::{complained, quittance, said};

/// What a command that must go well prints.
fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = quittance(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", complained(&output));
    said(&output)
}

/// The answer to a command as the native API gives it.
fn answer(folder: &Path, arguments: &[&str]) -> Value {
    let mut arguments = arguments.to_vec();
    arguments.push("--json");
    serde_json::from_str(&done(folder, &arguments)).unwrap()
}

fn id(answer: &Value) -> &str {
    answer["id"].as_str().unwrap()
}

/// A book with a customer and two issued invoices of 100.00 and 60.00.
fn two_invoices(folder: &Path) -> (String, String) {
    done(folder, &["book", "create", "Books"]);
    done(
        folder,
        &[
            "customer",
            "add",
            "Ada Marlow",
            "--email",
            "ada@example.com",
            "--external-id",
            "ada",
        ],
    );
    let one = answer(
        folder,
        &[
            "invoice",
            "create",
            "--customer",
            "ada",
            "--line",
            "2 x 45.00 Advice",
            "--line",
            "10 Travel",
            "--issue",
            "--date",
            "2026-01-10",
            "--due",
            "2026-02-09",
        ],
    );
    assert_eq!(
        (&one["number"], &one["total"]["amount"]),
        (&"INV-00001".into(), &"100.00".into())
    );
    let other = answer(
        folder,
        &[
            "invoice",
            "create",
            "--customer",
            "ada",
            "--line",
            "50 Hosting",
            "--tax",
            "7.00",
            "--tip",
            "3",
            "--issue",
            "--date",
            "2026-01-12",
            "--external-id",
            "second",
        ],
    );
    (id(&one).to_owned(), id(&other).to_owned())
}

fn refused(output: &Output, words: &str) {
    assert_eq!(output.status.code(), Some(1), "{}", said(output));
    let told = complained(output);
    assert!(told.contains(words), "{words}: {told}");
}

#[test]
fn one_payment_over_many_invoices_and_everything_that_happens_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (one, other) = two_invoices(folder);
    let paid = answer(
        folder,
        &[
            "payment",
            "record",
            "INV-00001=40.00",
            "second",
            "--amount",
            "120",
            "--on",
            "2026-01-20",
            "--method",
            "check",
        ],
    );
    assert_eq!(paid["unapplied"]["amount"], "20.00");
    let payment = id(&paid);
    let shown = done(folder, &["payment", "show", payment]);
    assert!(
        shown.contains("120.00 USD  20.00 USD unapplied  check, hand"),
        "{shown}"
    );
    assert!(shown.contains(&format!("40.00 USD of invoice {one}")), "{shown}");
    let told = done(folder, &["payment", "allocate", payment, &one]);
    assert!(told.contains("is part paid, 40.00 USD open"), "{told}");
    let told = done(
        folder,
        &["payment", "unallocate", payment, "second", "--on", "2026-01-25"],
    );
    assert!(told.contains("60.00 USD unapplied"), "{told}");
    let back = answer(folder, &["refund", "record", "--payment", payment, "--amount", "15"]);
    let of_invoice = answer(
        folder,
        &[
            "refund",
            "record",
            "--invoice",
            &one,
            "--payment",
            payment,
            "--amount",
            "1",
        ],
    );
    let of_line = answer(
        folder,
        &["refund", "record", "--invoice", &one, "--line", "2", "--amount", "2"],
    );
    assert_eq!(of_line["invoice"]["refunded"]["amount"], "3.00");
    let listed = done(folder, &["refund", "list"]);
    assert!(
        listed.lines().count() == 3 && listed.contains(&format!("of payment {payment}")),
        "{listed}"
    );
    let arguments = ["refund", "record", "--invoice", &one, "--amount", "4"];
    let owed = answer(folder, &[&arguments[..], &["--owed-on", "UNEARNED_REVENUE"]].concat());
    let paid_out = answer(folder, &["refund", "pay-out", id(&owed["refund"]), "--amount", "1"]);
    let shown = done(folder, &["refund", "show", id(&owed["refund"])]);
    assert!(shown.contains("3.00 USD owed"), "{shown}");
    let shown = done(folder, &["refund", "show", id(&paid_out)]);
    assert!(shown.contains(&format!("of refund {}", id(&owed["refund"]))), "{shown}");
    for refund in [
        &back,
        &of_invoice["refund"],
        &of_line["refund"],
        &paid_out,
        &owed["refund"],
    ] {
        assert!(done(folder, &["refund", "show", id(refund)]).contains(" USD"));
        done(folder, &["refund", "delete", id(refund)]);
    }
    done(
        folder,
        &[
            "payment",
            "change",
            payment,
            "INV-00001=100",
            "--amount",
            "100",
            "--memo",
            "found",
        ],
    );
    assert!(done(folder, &["invoice", "show", "INV-00001"]).contains("paid"));
    refused(
        &quittance(folder, &["invoice", "delete", &one]),
        "\"allowed\":[\"draft\"]",
    );
    done(folder, &["payment", "void", payment, "--on", "2026-02-01"]);
    let listed = done(folder, &["payment", "list", "--customer", "ada"]);
    assert!(listed.contains("void as of 2026-02-01"), "{listed}");
    done(folder, &["payment", "delete", payment]);
    assert_eq!(done(folder, &["payment", "list"]), "");
    let lost = answer(
        folder,
        &["write-off", "record", &other, "--amount", "5", "--memo", "a slip"],
    );
    assert_eq!(lost["invoice"]["status"], "part_written_off");
    let told = done(folder, &["write-off", "show", id(&lost["write_off"])]);
    assert!(
        told.contains(&format!("5.00 USD  of invoice {other}  a slip")),
        "{told}"
    );
    assert!(done(folder, &["write-off", "list"]).contains(&format!("of invoice {other}")));
    let told = done(folder, &["write-off", "delete", id(&lost["write_off"])]);
    assert!(told.contains("60.00 USD open"), "{told}");
    // A deposit is money of no invoice yet.
    let deposit = answer(folder, &["payment", "record", "--amount", "30", "--customer", "ada"]);
    assert_eq!(deposit["unapplied"]["amount"], "30.00");
    let statement = done(folder, &["report", "statement", "--customer", "ada"]);
    assert!(
        statement.contains("unapplied") && statement.contains("130.00"),
        "{statement}"
    );
    done(folder, &["verify"]);
}

#[test]
fn a_draft_is_edited_planned_deleted_and_restored() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (one, _) = two_invoices(folder);
    let draft = answer(
        folder,
        &["invoice", "create", "--line", "12.345 x 2 Screws", "--customer", "1"],
    );
    let draft = id(&draft);
    let edited = answer(
        folder,
        &["invoice", "edit", draft, "--memo", "by hand", "--discount", "0.69"],
    );
    assert_eq!(
        (
            &edited["total"]["amount"],
            &edited["lines"][0]["quantity"],
            &edited["memo"]
        ),
        (&"24.00".into(), &"12.345".into(), &"by hand".into())
    );
    done(
        folder,
        &[
            "invoice",
            "hold",
            draft,
            "--until",
            "2999-12-31",
            "--reason",
            "a dispute",
        ],
    );
    let held = quittance(folder, &["invoice", "delete", draft]);
    refused(&held, "\"until\":\"2999-12-31\"");
    refused(&held, "\"reason\":\"a dispute\"");
    let told = complained(&held);
    let way = told
        .lines()
        .find_map(|line| line.trim().strip_prefix("instead: quittance "))
        .unwrap();
    // What is offered can be given as it stands.
    let way = way.split("  #").next().unwrap();
    let (words, body) = way.split_once(" '").unwrap_or((way, ""));
    let mut arguments: Vec<&str> = words.split(' ').collect();
    arguments.push(body.trim_end_matches('\''));
    done(folder, &arguments);
    let plan = answer(folder, &["invoice", "plan", draft]);
    let digest = plan["digest"].as_str().unwrap();
    let receipt = done(
        folder,
        &["invoice", "delete", draft, "--plan", digest, "--reason", "typed twice"],
    );
    assert!(receipt.contains("by command line; receipt "), "{receipt}");
    refused(&quittance(folder, &["invoice", "delete", draft]), "deleted");
    assert!(done(folder, &["invoice", "show", draft]).contains("deleted"));
    done(folder, &["invoice", "restore", draft]);
    done(folder, &["invoice", "send", draft]);
    done(folder, &["invoice", "void", draft]);
    done(folder, &["invoice", "reopen", draft]);
    let planned = done(folder, &["invoice", "plan", &one]);
    assert!(
        planned.starts_with("would be refused\n") && planned.contains("/void"),
        "{planned}"
    );
    let listed = done(
        folder,
        &[
            "invoice",
            "list",
            "--status",
            "open",
            "--customer",
            "ada",
            "--to",
            "2026-01-11",
        ],
    );
    assert!(listed.starts_with(&one) && listed.lines().count() == 1, "{listed}");
    let changed = done(folder, &["customer", "change", "ada", "--phone", "1", "--put-away"]);
    assert!(
        changed.contains("ada@example.com") && changed.contains("put away"),
        "{changed}"
    );
    assert!(done(folder, &["customer", "list"]).contains("Ada Marlow"));
    let log = done(folder, &["api", "GET", "/log?limit=3"]);
    assert!(log.contains("\"source\": \"cli\""), "{log}");
    done(folder, &["verify"]);
}

#[test]
fn credit_notes_take_figures_back_and_settle_others() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (one, other) = two_invoices(folder);
    let line = answer(
        folder,
        &["credit-note", "issue", "--invoice", &one, "--line", "2", "--keep"],
    );
    assert_eq!(
        (&line["number"], &line["unapplied"]["amount"]),
        (&"CN-0001".into(), &"10.00".into())
    );
    let part = answer(
        folder,
        &[
            "credit-note",
            "issue",
            "--invoice",
            &one,
            "--amount",
            "25",
            "--memo",
            "late",
        ],
    );
    assert_eq!(
        (&part["number"], &part["unapplied"]["amount"]),
        (&"CN-0002".into(), &"0.00".into())
    );
    let line = id(&line);
    let applied = done(folder, &["credit-note", "apply", line, "second=4"]);
    assert!(applied.contains("6.00 USD left"), "{applied}");
    done(folder, &["credit-note", "unapply", line, &other]);
    let free = answer(
        folder,
        &[
            "credit-note",
            "issue",
            "--customer",
            "ada",
            "--line",
            "12.50 Goodwill",
            "--external-id",
            "kind",
            "--apply-to",
            "second=2",
        ],
    );
    assert_eq!(free["unapplied"]["amount"], "10.50");
    assert_eq!(
        done(folder, &["credit-note", "list", "--customer", "ada"])
            .lines()
            .count(),
        3
    );
    assert_eq!(
        done(folder, &["credit-note", "list", "--invoice", &one])
            .lines()
            .count(),
        2
    );
    let back = answer(
        folder,
        &["refund", "record", "--credit-note", "kind", "--amount", "0.50"],
    );
    refused(&quittance(folder, &["credit-note", "void", "kind"]), "\"count\":1");
    done(folder, &["refund", "delete", id(&back)]);
    done(folder, &["credit-note", "void", "kind"]);
    let kept = answer(
        folder,
        &["credit-note", "issue", "--invoice", &other, "--amount", "1", "--keep"],
    );
    let line = id(&kept);
    done(
        folder,
        &[
            "credit-note",
            "hold",
            line,
            "--until",
            "2999-12-31",
            "--reason",
            "under audit",
        ],
    );
    refused(&quittance(folder, &["credit-note", "delete", line]), "under audit");
    assert!(done(folder, &["credit-note", "plan", line]).contains("under audit"));
    done(folder, &["credit-note", "release", line]);
    done(folder, &["credit-note", "delete", line, "--reason", "twice"]);
    done(folder, &["credit-note", "restore", line]);
    assert!(done(folder, &["credit-note", "show", line]).contains("open"));
    done(folder, &["credit-note", "hand-over", line]);
    refused(&quittance(folder, &["credit-note", "delete", line]), "handed over");
    done(folder, &["verify"]);
}

#[test]
fn an_amount_is_in_the_currency_of_the_document_that_it_is_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    two_invoices(folder);
    let billed = answer(
        folder,
        &[
            "invoice",
            "create",
            "--customer",
            "ada",
            "--line",
            "100EUR Advice",
            "--issue",
            "--body",
            r#"{"exchange_rate":"1.1"}"#,
        ],
    );
    assert_eq!(
        billed["total"],
        serde_json::json!({"amount": "100.00", "currency": "EUR"})
    );
    let billed = id(&billed);
    let rate = ["--body", r#"{"exchange_rate":"1.2"}"#];
    let paid = answer(
        folder,
        &["payment", "record", billed, "--amount", "40", rate[0], rate[1]],
    );
    assert_eq!(
        paid["amount"],
        serde_json::json!({"amount": "40.00", "currency": "EUR"})
    );
    for arguments in [
        &["credit-note", "issue", "--invoice", billed, "--amount", "5"][..],
        &["credit-note", "issue", "--invoice", billed, "--line", "1=5"],
        &["write-off", "record", billed, "--amount", "5"],
    ] {
        let told = done(folder, arguments);
        assert!(told.contains("5.00 EUR"), "{arguments:?}: {told}");
    }
    let wrong = quittance(folder, &["write-off", "record", billed, "--amount", "5USD"]);
    assert!(!wrong.status.success());
    done(folder, &["verify"]);
}

#[test]
fn what_cannot_be_read_is_said_and_closed_days_are_refused_alike() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (one, other) = two_invoices(folder);
    let draft = answer(folder, &["invoice", "create", "--line", "1", "--date", "2026-01-13"]);
    let clean = answer(
        folder,
        &["invoice", "create", "--line", "9", "--date", "2026-01-13", "--issue"],
    );
    let clean = id(&clean);
    let paid = answer(folder, &["payment", "record", &other, "--on", "2026-01-20"]);
    let credit = answer(
        folder,
        &[
            "credit-note",
            "issue",
            "--invoice",
            &one,
            "--amount",
            "5",
            "--on",
            "2026-01-20",
        ],
    );
    let lost = answer(
        folder,
        &["write-off", "record", &one, "--amount", "5", "--on", "2026-01-20"],
    );
    let back = answer(
        folder,
        &[
            "refund",
            "record",
            "--invoice",
            &other,
            "--amount",
            "5",
            "--on",
            "2026-01-20",
        ],
    );
    done(folder, &["period", "close", "2026-01-31"]);
    let (draft, paid, credit) = (id(&draft), id(&paid), id(&credit));
    let (lost, back) = (id(&lost["write_off"]), id(&back["refund"]));
    let on = ["--on", "2026-01-25"];
    for arguments in [
        &["invoice", "issue", draft][..],
        &["invoice", "void", clean, on[0], on[1]],
        &["payment", "record", clean, "--amount", "5", on[0], on[1]],
        &["payment", "change", paid, "--amount", "50"],
        &["payment", "unallocate", paid, &other, on[0], on[1]],
        &["payment", "delete", paid],
        &["refund", "record", "--invoice", &other, "--amount", "1", on[0], on[1]],
        &["refund", "delete", back],
        &["write-off", "record", clean, on[0], on[1]],
        &["write-off", "delete", lost],
        &[
            "credit-note",
            "issue",
            "--invoice",
            clean,
            "--amount",
            "1",
            on[0],
            on[1],
        ],
        &["credit-note", "void", credit, on[0], on[1]],
        &["credit-note", "delete", credit],
    ] {
        let output = quittance(folder, arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", said(&output));
        let told = complained(&output);
        assert!(
            told.contains("\"closed_through\":\"2026-01-31\""),
            "{arguments:?}: {told}"
        );
    }
    for (arguments, code) in [
        (&["invoice", "show", "nothing"][..], 1),
        (&["invoice", "create", "--line", "a lot"], 2),
        (&["invoice", "create", "--line", "1", "--customer", "nobody"], 1),
        (&["invoice", "create", "--body", "[1]"], 2),
        (&["invoice", "create", "--body", "{\"nothing\":1}"], 2),
        (&["payment", "record"], 2),
        (&["payment", "record", "INV-00001=x"], 2),
        (&["refund", "record", "--amount", "1"], 2),
        (&["credit-note", "issue"], 2),
        (&["credit-note", "issue", "--invoice", "INV-00001", "--line", "x"], 2),
        (&["customer", "show", "nobody"], 1),
        (&["invoice", "list", "--book", "7"], 2),
        (&["api", "GET", "/nothing"], 1),
    ] {
        let output = quittance(folder, arguments);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {}",
            complained(&output)
        );
    }
}

#[test]
fn money_on_its_way_is_said_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| quittance(folder.path(), arguments);
    assert!(run(&["book", "create", "Books"]).status.success());
    let unknown = "0123456789abcdef01234567";
    let refused = run(&["payment", "begin", unknown]);
    assert_eq!(refused.status.code(), Some(1), "{}", complained(&refused));
    let came = run(&[
        "payment",
        "confirm",
        unknown,
        "12.50",
        "--external-id",
        "tr-1",
        "--bank",
    ]);
    assert!(came.status.success(), "{}", complained(&came));
    assert!(
        said(&came).contains("of 12.50 USD: 12.50 USD unapplied"),
        "{}",
        said(&came)
    );
    let again = run(&[
        "payment",
        "confirm",
        unknown,
        "12.50",
        "--external-id",
        "tr-1",
        "--bank",
    ]);
    assert_eq!(said(&again), said(&came));
    for (amount, id) in [("12.505", unknown), ("x", unknown), ("1.00", "x")] {
        let wrong = run(&["payment", "confirm", id, amount]);
        assert_eq!(wrong.status.code(), Some(2), "{}", complained(&wrong));
    }
    assert!(run(&["verify"]).status.success());
}

#[test]
fn rates_are_kept_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    done(folder, &["book", "create", "Books"]);
    for (rate, day) in [("1.0825", "2026-03-01"), ("1.09", "2026-03-01"), ("1.1", "2026-04-01")] {
        let kept = done(folder, &["rate", "set", "EUR", rate, "--from", day]);
        assert_eq!(kept, format!("EUR {day} {rate}\n"));
    }
    assert_eq!(
        done(folder, &["rate", "list"]),
        "EUR 2026-03-01 1.09\nEUR 2026-04-01 1.1\n"
    );
    for (currency, rate, code) in [("EU", "1", 2), ("EUR", "0", 2), ("EUR", "x", 2), ("USD", "1.1", 1)] {
        let refused = quittance(folder, &["rate", "set", currency, rate, "--from", "2026-03-01"]);
        assert_eq!(refused.status.code(), Some(code), "{}", complained(&refused));
    }
    done(folder, &["verify"]);
}
