//! The chart, entries by hand, the ledger of an account, and money on its way, over the wire.

use serde_json::{Value, json};

use super::exchanges::{Talk, talk};
use super::worlds::{invoice, usd};
use crate::golden::World;
use crate::schema::assert_valid;

fn rent(amount: &str) -> Value {
    json!({"date": "2026-03-02", "memo": "March", "external_id": format!("rent-{amount}"),
    "postings": [
        {"account": "OFFICE_RENT", "side": "debit", "amount": usd(amount), "memo": "second floor"},
        {"account": "CASH", "side": "credit", "amount": usd(amount)},
    ]})
}

async fn chart(talk: &mut Talk<'_>) {
    let account = json!({"code": "6300", "name": "Office rent", "kind": "expense"});
    let made = talk
        .say("an account", "POST", "/api/v1/accounts", account.clone())
        .await;
    assert_valid("native", "ChartAccount", &made);
    talk.say("the same again", "POST", "/api/v1/accounts", account).await;
    let name = json!({"code": "6301", "name": "Rent", "kind": "expense", "stable_name": "a/b"});
    talk.say("a name that no path holds", "POST", "/api/v1/accounts", name)
        .await;
    let path = "/api/v1/accounts/OFFICE_RENT";
    talk.say("renamed", "PATCH", path, json!({"name": "Rent of offices"}))
        .await;
    talk.say("nothing to change", "PATCH", path, json!({})).await;
    talk.say("read", "GET", path, Value::Null).await;
    talk.say("unknown", "GET", "/api/v1/accounts/NOWHERE", Value::Null)
        .await;
}

#[tokio::test]
async fn the_ledger_by_hand() {
    let world = World::new().await;
    let mut talk = talk(&world, "ledger");
    chart(&mut talk).await;
    let entry = talk.say("recorded", "POST", "/api/v1/entries", rent("900.00")).await;
    assert_valid("native", "Entry", &entry);
    let id = entry["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/entries/{id}");
    let mut one_sided = rent("10.00");
    one_sided["postings"][1]["amount"] = usd("9.00");
    talk.say("not balanced", "POST", "/api/v1/entries", one_sided).await;
    let mut control = rent("10.00");
    control["postings"][1]["account"] = json!("ACCOUNTS_RECEIVABLE");
    talk.say("a control account", "POST", "/api/v1/entries", control).await;
    let mut side = rent("10.00");
    side["postings"][0]["side"] = json!("left");
    talk.say("no side", "POST", "/api/v1/entries", side).await;
    invoice(&world, true).await;
    talk.say("of a document", "POST", "/api/v1/entries/2/reversal", Value::Null)
        .await;
    let retire = json!({"active": false});
    let account = "/api/v1/accounts/OFFICE_RENT";
    talk.say("in use", "PATCH", account, retire.clone()).await;
    let reversal = talk
        .say(
            "reversed",
            "POST",
            &format!("{path}/reversal"),
            json!({"memo": "not ours"}),
        )
        .await;
    assert_valid("native", "Entry", &reversal);
    talk.say("reversed twice", "POST", &format!("{path}/reversal"), Value::Null)
        .await;
    talk.say("read", "GET", &path, Value::Null).await;
    let listed = talk.say("listed", "GET", "/api/v1/entries?limit=2", Value::Null).await;
    for entry in listed["data"].as_array().unwrap() {
        assert_valid("native", "Entry", entry);
    }
    talk.say(
        "by kind",
        "GET",
        "/api/v1/entries?kind=reversal&order=descending",
        Value::Null,
    )
    .await;
    talk.say("no kind", "GET", "/api/v1/entries?kind=nothing", Value::Null)
        .await;
    let on_account = talk
        .say(
            "on an account",
            "GET",
            &format!("{account}/postings?from=2026-03-01"),
            Value::Null,
        )
        .await;
    for row in on_account["data"].as_array().unwrap() {
        assert_valid("native", "AccountPosting", row);
    }
    let number = reversal["number"].as_i64().unwrap();
    talk.say(
        "the reversal deleted",
        "DELETE",
        &format!("/api/v1/entries/{number}"),
        Value::Null,
    )
    .await;
    talk.say("deleted", "DELETE", &path, Value::Null).await;
    talk.say("deleted again", "DELETE", &path, Value::Null).await;
    talk.say("retired", "PATCH", account, retire).await;
    talk.say("retired already", "POST", "/api/v1/entries", rent("5.00"))
        .await;
    talk.say("malformed", "GET", "/api/v1/entries/x", Value::Null).await;
    talk.say("another method", "PUT", &path, Value::Null).await;
    talk.transcript.check();
}

#[tokio::test]
async fn money_on_its_way() {
    let world = World::new().await;
    let mut talk = talk(&world, "arriving");
    let awaited = invoice(&world, true).await;
    let path = format!("/api/v1/invoices/{awaited}");
    let begun = format!("{path}/payment-begun");
    talk.say("begun", "POST", &begun, json!({"amount": usd("60.00")})).await;
    talk.say("more than is open", "POST", &begun, json!({"amount": usd("60.00")}))
        .await;
    talk.say(
        "another currency",
        "POST",
        &begun,
        json!({"amount": {"amount": "1.00", "currency": "EUR"}}),
    )
    .await;
    talk.say("in progress", "POST", &format!("{path}/void"), Value::Null)
        .await;
    talk.say(
        "failed",
        "POST",
        &format!("{path}/payment-failed"),
        json!({"amount": usd("20.00")}),
    )
    .await;
    let fact = |invoice: &str, amount: &str, id: &str| {
        json!({"invoice": invoice, "amount": usd(amount), "value_date": "2026-03-10", "method": "card",
            "external_id": id, "memo": "payout 7"})
    };
    let confirm = "/api/v1/confirmations";
    let first = talk
        .say("confirmed", "POST", confirm, fact(&awaited, "40.00", "tr-1"))
        .await;
    let again = talk
        .say("the same fact", "POST", confirm, fact(&awaited, "40.00", "tr-1"))
        .await;
    assert_eq!(first["id"], again["id"]);
    let gone = super::worlds::delete_posted(&world).await;
    let late = talk
        .say("for what was deleted", "POST", confirm, fact(&gone, "60.00", "tr-2"))
        .await;
    assert_eq!((&late["meant_for"], &late["unapplied"]), (&json!(gone), &usd("60.00")));
    let unknown = "0123456789abcdef01234567";
    talk.say(
        "for what was never there",
        "POST",
        confirm,
        fact(unknown, "5.00", "tr-3"),
    )
    .await;
    talk.say("for no invoice", "POST", confirm, json!({"amount": usd("5.00")}))
        .await;
    talk.say(
        "nothing in progress",
        "POST",
        &format!("{path}/payment-failed"),
        Value::Null,
    )
    .await;
    talk.transcript.check();
}
