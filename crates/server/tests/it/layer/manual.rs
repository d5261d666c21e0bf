//! Custom journal entries: recorded, listed, read and taken back; ledger entries reversed.

use serde_json::{Value, json};

use super::editing::say;
use super::{Desk, assert_wire_error};
use crate::golden::{Transcript, json as body_of};

const NONE: Value = Value::Null;
const ENTRIES: &str = "/custom-journal-entries";

fn account(name: &str) -> Value {
    json!({"type": "StableName", "stable_name": name})
}

/// An entry of 125.00: rent, paid in cash.
fn rent(external_id: &str) -> Value {
    json!({
        "external_id": external_id,
        "entry_at": "2026-03-12T10:00:00Z",
        "created_by": "jsmith",
        "memo": "Rent of March",
        "line_items": [
            {"account_identifier": account("FEES"), "amount": "12500", "direction": "DEBIT", "memo": "Rent", "external_id": "r-1"},
            {"account_identifier": account("CASH"), "amount": 12500, "direction": "CREDIT"},
        ],
    })
}

fn text<'a>(data: &'a Value, member: &str) -> &'a str {
    data[member].as_str().unwrap()
}

#[tokio::test]
async fn entries_by_hand_are_recorded_and_taken_back() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/journal");
    let customer = desk
        .expect(
            201,
            "POST",
            "/customers",
            &json!({"external_id": "cust-9", "company_name": "Elm"}),
        )
        .await;
    let path = "/ledger/journal-entries";
    let made = say(&mut said, &desk, "record an entry", ("POST", path), &rent("je-1"), 201).await;
    assert_eq!(made["entry"]["line_items"][0]["amount"], 12500);
    assert_eq!(made["entry"]["entry_at"], "2026-03-12T10:00:00Z");
    say(&mut said, &desk, "the same again", ("POST", path), &rent("je-1"), 200).await;
    let mut other = rent("je-1");
    other["line_items"][0]["amount"] = json!(12400);
    other["line_items"][1]["amount"] = json!(12400);
    say(&mut said, &desk, "its id, other figures", ("POST", path), &other, 409).await;
    let mut about = rent("je-2");
    about["customer_external_id"] = json!("cust-9");
    about["metadata"] = json!({"batch": 4});
    about["reference_number"] = json!("R-4");
    about["tags"] = json!([{"key": "store", "value": "Oakland"}]);
    let whole = say(
        &mut said,
        &desk,
        "about a customer",
        ("POST", "/custom-journal-entries/"),
        &about,
        201,
    )
    .await;
    assert_eq!(
        (&whole["customer"]["id"], &whole["entry"]["customer"]["id"]),
        (&customer["id"], &customer["id"])
    );
    let mut by_line = rent("je-3");
    by_line["line_items"][1]["customer_id"] = customer["id"].clone();
    by_line["line_items"][1]["tags"] = json!([{"key": "store", "value": "Berkeley"}]);
    let lines = say(
        &mut said,
        &desk,
        "a line about a customer",
        ("POST", ENTRIES),
        &by_line,
        201,
    )
    .await;
    assert_eq!(lines["entry"]["line_items"][1]["customer"]["id"], customer["id"]);
    assert_eq!(
        (&lines["customer"], &lines["line_items"][0]["customer"]),
        (&NONE, &NONE)
    );
    let one = format!("{ENTRIES}/{}", text(&made, "id"));
    say(&mut said, &desk, "read it", ("GET", &one), &NONE, 200).await;
    desk.world.pass_seconds(60);
    let reversed = say(&mut said, &desk, "take it back", ("DELETE", &one), &NONE, 200).await;
    assert_eq!(reversed["reversed_at"], "2026-03-15T12:01:00Z");
    let again = say(&mut said, &desk, "twice changes nothing", ("DELETE", &one), &NONE, 200).await;
    assert_eq!(again, reversed);
    let entry = format!("/ledger/entries/{}", text(&whole, "entry_id"));
    let reversal = say(
        &mut said,
        &desk,
        "reverse the entry",
        ("POST", &format!("{entry}/reverse")),
        &NONE,
        201,
    )
    .await;
    assert_eq!(
        (text(&reversal, "entry_type"), text(&reversal, "entry_at")),
        ("REVERSAL", "2026-03-12T10:00:00Z")
    );
    let known = say(
        &mut said,
        &desk,
        "reversed before",
        ("POST", &format!("{entry}/reverse")),
        &NONE,
        200,
    )
    .await;
    assert_eq!(known, reversal);
    let balances = desk.expect(200, "GET", "/ledger/balances", &NONE).await;
    let cash = balances["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|known| known["stable_name"] == "CASH");
    assert_eq!(cash.unwrap()["balance"], -12500);
    said.check();
}

#[tokio::test]
async fn entries_by_hand_are_listed() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/journal_list");
    let mut ids = Vec::new();
    for name in ["one", "two", "three"] {
        let made = desk.expect(201, "POST", ENTRIES, &rent(name)).await;
        ids.push(made["id"].clone());
        desk.expect(200, "DELETE", &format!("{ENTRIES}/{}", text(&made, "id")), &NONE)
            .await;
    }
    let all = say(
        &mut said,
        &desk,
        "all of them",
        ("GET", "/custom-journal-entries/"),
        &NONE,
        200,
    )
    .await;
    let listed: Vec<&Value> = all.as_array().unwrap().iter().map(|view| &view["id"]).collect();
    assert_eq!(
        listed,
        ids.iter().collect::<Vec<_>>(),
        "what reverses one is none of its own"
    );
    let page = body_of(
        &desk
            .call("GET", &format!("{ENTRIES}?limit=2&sort_order=DESC"), "")
            .await,
    );
    let cursor = text(&page["meta"]["pagination"], "cursor");
    let rest = body_of(
        &desk
            .call("GET", &format!("{ENTRIES}?limit=2&sort_order=DESC&cursor={cursor}"), "")
            .await,
    );
    assert_eq!((&page["data"][0]["id"], &rest["data"][0]["id"]), (&ids[2], &ids[0]));
    assert_eq!(rest["meta"]["pagination"]["has_more"], false);
    let found = desk
        .expect(200, "GET", &format!("{ENTRIES}?external_id=two"), &NONE)
        .await;
    assert_eq!(found[0]["id"], ids[1]);
    said.check();
}

#[tokio::test]
async fn what_cannot_be_recorded_or_taken_back() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/journal_refused");
    let with = |pointer: &str, value: Value| {
        let mut body = rent("bad");
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = value;
        body
    };
    let nobody = "01900000-0000-7000-8000-000000000000";
    let unbalanced = with("/line_items/0/amount", json!(12400));
    say(&mut said, &desk, "unbalanced", ("POST", ENTRIES), &unbalanced, 400).await;
    let control = with("/line_items/1/account_identifier", account("ACCOUNTS_RECEIVABLE"));
    say(
        &mut said,
        &desk,
        "an account kept by documents",
        ("POST", ENTRIES),
        &control,
        400,
    )
    .await;
    let stranger = with("/customer_external_id", json!("nobody"));
    say(
        &mut said,
        &desk,
        "a customer that is not there",
        ("POST", ENTRIES),
        &stranger,
        404,
    )
    .await;
    let rows: Vec<(Value, u16)> = vec![
        (json!({}), 400),
        (json!([]), 400),
        (with("/entry_at", json!("yesterday")), 400),
        (with("/created_by", NONE), 400),
        (with("/memo", json!("")), 400),
        (with("/line_items", json!([])), 400),
        (with("/line_items", json!("x")), 400),
        (with("/line_items", json!(vec![json!({}); 1001])), 400),
        (with("/line_items/0/amount", json!("12.5")), 400),
        (with("/line_items/0/amount", json!(-1)), 400),
        (with("/line_items/0/amount", json!(0)), 400),
        (with("/line_items/0/amount", json!("9223372036854775808")), 400),
        (with("/line_items/0/amount", NONE), 400),
        (with("/line_items/0/direction", json!("LEFT")), 400),
        (with("/line_items/0/account_identifier", NONE), 400),
        (with("/line_items/0/account_identifier", account("NO_SUCH")), 404),
        (with("/customer_id", json!("x")), 400),
        (with("/customer_id", json!(nobody)), 404),
        (with("/vendor_id", json!(nobody)), 400),
        (with("/line_items/0/vendor_external_id", json!("v")), 400),
        (with("/metadata", json!({"big": "x".repeat(1100)})), 400),
        (with("/external_id", json!("a\u{0}b")), 400),
    ];
    for (body, status) in rows {
        assert_wire_error(&desk.call("POST", ENTRIES, &body.to_string()).await, status);
    }
    desk.expect(
        201,
        "POST",
        "/customers",
        &json!({"external_id": "cust-9", "company_name": "Elm"}),
    )
    .await;
    let mut both = with("/customer_external_id", json!("cust-9"));
    both["line_items"][0]["customer_external_id"] = json!("cust-9");
    assert_wire_error(&desk.call("POST", ENTRIES, &both.to_string()).await, 400);
    let list = desk.expect(200, "GET", ENTRIES, &NONE).await;
    assert_eq!(list, json!([]));

    let mut old = rent("old");
    old["entry_at"] = json!("2026-02-10");
    let old = desk.expect(201, "POST", ENTRIES, &old).await;
    let invoice = desk.invoice("one").await;
    let closing = json!({"closing_date": "2026-03-01"});
    desk.expect(200, "PATCH", "/accounting-config", &closing).await;
    let path = format!("{ENTRIES}/{}", text(&old, "id"));
    say(&mut said, &desk, "in a closed period", ("DELETE", &path), &NONE, 400).await;
    let closed = with("/entry_at", json!("2026-02-11"));
    say(
        &mut said,
        &desk,
        "into a closed period",
        ("POST", ENTRIES),
        &closed,
        400,
    )
    .await;
    let entries = desk.expect(200, "GET", "/ledger/entries", &NONE).await;
    let of_invoice = entries
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["entry_type"] == "INVOICE");
    let reverse = format!("/ledger/entries/{}/reverse", text(of_invoice.unwrap(), "id"));
    say(
        &mut said,
        &desk,
        "an entry of a document",
        ("POST", &reverse),
        &NONE,
        400,
    )
    .await;
    desk.expect(200, "POST", &format!("/invoices/{invoice}/void"), &NONE)
        .await;
    let void = desk.expect(200, "POST", &reverse, &NONE).await;
    assert_eq!(void["reversal_of_id"], of_invoice.unwrap()["id"], "a void reversed it");
    say(
        &mut said,
        &desk,
        "nobody's",
        ("GET", &format!("{ENTRIES}/{nobody}")),
        &NONE,
        404,
    )
    .await;
    for (method, path, status) in [
        ("GET", format!("{ENTRIES}/x"), 400),
        ("DELETE", format!("{ENTRIES}/{nobody}"), 404),
        ("PUT", path.clone(), 405),
        ("GET", "/ledger/journal-entries".to_owned(), 405),
        ("POST", format!("/ledger/entries/{nobody}/reverse"), 404),
        ("POST", "/ledger/entries/x/reverse".to_owned(), 400),
        ("GET", format!("{ENTRIES}?sort_by=memo"), 400),
        ("GET", format!("{ENTRIES}?cursor=@"), 400),
        ("GET", format!("{ENTRIES}?created_by=me"), 400),
    ] {
        assert_wire_error(&desk.call(method, &path, "").await, status);
    }
    said.check();
}
