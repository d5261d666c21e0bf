//! Ledger accounts: added, changed, retired, and what stands on one; the journal in other orders.

use serde_json::{Value, json};

use super::editing::say;
use super::{Desk, assert_wire_error};
use crate::golden::{Transcript, json as body_of};

const NONE: Value = Value::Null;
const ACCOUNTS: &str = "/ledger/accounts";

fn consulting() -> Value {
    json!({"name": "Consulting", "normality": "CREDIT", "account_type": "REVENUE", "account_subtype": "SALES",
        "parent_id": {"type": "StableName", "stable_name": "SALES"}, "stable_name": "CONSULTING"})
}

/// An entry of so many cents between two accounts.
async fn move_cents(desk: &Desk, from: &str, to: &str, cents: i64, day: &str) {
    let account = |name: &str| json!({"type": "StableName", "stable_name": name});
    let body = json!({"entry_at": day, "created_by": "me", "memo": "moved", "line_items": [
        {"account_identifier": account(to), "amount": cents, "direction": "DEBIT"},
        {"account_identifier": account(from), "amount": cents, "direction": "CREDIT"}]});
    desk.expect(201, "POST", "/ledger/journal-entries", &body).await;
}

#[tokio::test]
async fn accounts_are_added_changed_and_retired() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/accounts");
    let made = say(
        &mut said,
        &desk,
        "add an account",
        ("POST", ACCOUNTS),
        &consulting(),
        201,
    )
    .await;
    assert_eq!(
        (&made["account_number"], &made["stable_name"]),
        (&json!("4910"), &json!("CONSULTING"))
    );
    say(
        &mut said,
        &desk,
        "the same again",
        ("POST", ACCOUNTS),
        &consulting(),
        200,
    )
    .await;
    let mut other = consulting();
    other["name"] = json!("Another");
    say(
        &mut said,
        &desk,
        "its stable name, another name",
        ("POST", ACCOUNTS),
        &other,
        409,
    )
    .await;
    let by_id = format!("{ACCOUNTS}/{}", made["id"].as_str().unwrap());
    let mut renamed = consulting();
    renamed["name"] = json!("Advice");
    renamed["account_number"] = json!("4015");
    let changed = say(
        &mut said,
        &desk,
        "rename and renumber it",
        ("PUT", &by_id),
        &renamed,
        200,
    )
    .await;
    assert_eq!(
        (&changed["id"], &changed["name"], &changed["account_number"]),
        (&made["id"], &json!("Advice"), &json!("4015"))
    );
    let mut kind = renamed.clone();
    kind["normality"] = json!("DEBIT");
    say(&mut said, &desk, "what it is stays", ("PUT", &by_id), &kind, 400).await;
    let balances = desk.expect(200, "GET", ACCOUNTS, &NONE).await;
    let deletable = |name: &str| {
        let found = balances["accounts"]
            .as_array()
            .unwrap()
            .iter()
            .find(|known| known["stable_name"] == name);
        found.unwrap()["is_deletable"].clone()
    };
    assert_eq!(
        (deletable("CONSULTING"), deletable("SALES")),
        (json!(true), json!(false))
    );
    let by_name = format!("{ACCOUNTS}/CONSULTING");
    say(&mut said, &desk, "retire it", ("DELETE", &by_name), &NONE, 200).await;
    say(&mut said, &desk, "it is gone", ("DELETE", &by_id), &NONE, 404).await;
    let chart = desk.expect(200, "GET", "/ledger/chart", &NONE).await;
    let names: Vec<&Value> = chart["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|known| &known["stable_name"])
        .collect();
    assert!(names.contains(&&json!("SALES")) && !names.contains(&&json!("CONSULTING")));
    move_cents(&desk, "CASH", "FEES", 100, "2026-03-12").await;
    say(
        &mut said,
        &desk,
        "one that is in use",
        ("DELETE", &format!("{ACCOUNTS}/FEES")),
        &NONE,
        400,
    )
    .await;
    said.check();
}

#[tokio::test]
async fn accounts_that_cannot_be() {
    let desk = Desk::new().await;
    let with = |member: &str, value: Value| {
        let mut body = consulting();
        body[member] = value;
        body
    };
    let rows: Vec<(Value, u16)> = vec![
        (json!({}), 400),
        (json!([]), 400),
        (with("name", NONE), 400),
        (with("name", json!("x".repeat(300))), 400),
        (with("normality", json!("UP")), 400),
        (with("normality", NONE), 400),
        (with("account_type", json!("MAGIC")), 400),
        (
            json!({"name": "Contra", "normality": "CREDIT", "account_type": "ASSET"}),
            400,
        ),
        (
            with("parent_id", json!({"type": "StableName", "stable_name": "CASH"})),
            400,
        ),
        (
            with("parent_id", json!({"type": "StableName", "stable_name": "NO_SUCH"})),
            404,
        ),
        (with("parent_id", json!("SALES")), 400),
        (with("stable_name", json!("a/b")), 400),
        (
            with("stable_name", json!({"type": "StableName", "stable_name": "SALES"})),
            409,
        ),
        (with("account_number", json!("x".repeat(21))), 400),
        (with("account_number", json!("1000")), 409),
        (with("description", json!("About it")), 400),
    ];
    for (body, status) in rows {
        let response = desk.call("POST", ACCOUNTS, &body.to_string()).await;
        assert_eq!(
            response.status,
            status,
            "{body}: {}",
            String::from_utf8_lossy(&response.body)
        );
        assert_wire_error(&response, status);
    }
    let nobody = "01900000-0000-7000-8000-000000000000";
    for (method, path, status) in [
        ("PUT", format!("{ACCOUNTS}/{nobody}"), 404),
        ("DELETE", format!("{ACCOUNTS}/x"), 404),
        ("GET", format!("{ACCOUNTS}/x/lines"), 404),
        ("DELETE", format!("{ACCOUNTS}/SALES"), 400),
        ("POST", format!("{ACCOUNTS}/SALES"), 405),
        ("GET", format!("{ACCOUNTS}/SALES/lines?sort_by=amount"), 400),
        ("GET", format!("{ACCOUNTS}/SALES/lines?start_date=x"), 400),
        ("GET", format!("{ACCOUNTS}/SALES/lines?cursor=@"), 400),
        ("GET", "/ledger/entries?end_date=x".to_owned(), 400),
    ] {
        assert_wire_error(&desk.call(method, &path, &consulting().to_string()).await, status);
    }
}

#[tokio::test]
async fn what_stands_on_an_account() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/account_lines");
    for (cents, day) in [
        (300, "2026-03-12"),
        (100, "2026-03-10"),
        (200, "2026-03-11"),
        (400, "2026-03-12"),
    ] {
        move_cents(&desk, "CASH", "FEES", cents, day).await;
    }
    let lines = format!("{ACCOUNTS}/FEES/lines");
    let all = say(&mut said, &desk, "in order of day", ("GET", &lines), &NONE, 200).await;
    let amounts = |data: &Value| -> Vec<i64> {
        let all = data.as_array().unwrap().iter();
        all.map(|line| line["amount"].as_i64().unwrap()).collect()
    };
    assert_eq!(amounts(&all), [100, 200, 300, 400]);
    let walked = async |path: &str, query: &str| {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = body_of(&desk.call("GET", &format!("{path}?limit=1&{query}{cursor}"), "").await);
            let data = page["data"].as_array().unwrap().clone();
            seen.extend(data);
            match page["meta"]["pagination"]["cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Value::Array(seen),
            }
        }
    };
    assert_eq!(amounts(&walked(&lines, "sort_order=DESC").await), [400, 300, 200, 100]);
    assert_eq!(
        amounts(&walked(&lines, "start_date=2026-03-11&end_date=2026-03-11").await),
        [200]
    );

    let totals = |data: &Value| -> Vec<i64> {
        let all = data.as_array().unwrap().iter();
        all.map(|entry| entry["line_items"][0]["amount"].as_i64().unwrap())
            .collect()
    };
    let entries = "/ledger/entries";
    assert_eq!(totals(&walked(entries, "").await), [300, 100, 200, 400]);
    assert_eq!(totals(&walked(entries, "sort_order=DESC").await), [400, 200, 100, 300]);
    assert_eq!(totals(&walked(entries, "sort_by=entry_at").await), [100, 200, 300, 400]);
    assert_eq!(
        totals(&walked(entries, "sort_by=entry_at&sort_order=DESC").await),
        [400, 300, 200, 100]
    );
    assert_eq!(totals(&walked(entries, "start_date=2026-03-12").await), [300, 400]);
    let counted = body_of(
        &desk
            .call(
                "GET",
                "/ledger/entries?limit=1&show_total_count=true&end_date=2026-03-11",
                "",
            )
            .await,
    );
    assert_eq!(counted["meta"]["pagination"]["total_count"], 2);
    let cursor = counted["meta"]["pagination"]["cursor"].as_str().unwrap();
    let other = format!("/ledger/entries?sort_by=entry_at&cursor={cursor}");
    assert_eq!(
        assert_wire_error(&desk.call("GET", &other, "").await, 400)["error_enum"],
        "InvalidPaginationCursor"
    );
    said.check();
}
