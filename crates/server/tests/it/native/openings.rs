//! What a book begins with: opening balances, and how it rounds.

use serde_json::{Value, json};

use super::exchanges::talk;
use super::worlds::{id, ok, usd};
use crate::golden::World;

#[tokio::test]
async fn a_book_begins_with_what_an_earlier_system_says() {
    let world = World::new().await;
    let mut talk = talk(&world, "openings");
    let customer = id(&ok(&world, "POST", "/api/v1/customers", json!({"name": "Globex"})).await);
    let rows = json!([
        {"account": "CASH", "debit": usd("150.00")},
        {"customer": customer, "debit": usd("70.00"), "external_id": "old-1", "number": "A-17", "due_on": "2026-01-31",
         "description": "Consulting in December"},
        {"customer": customer, "credit": usd("20.00"), "description": "Paid twice"},
        {"account": "RETAINED_EARNINGS", "credit": usd("200.00")},
    ]);
    let with = |rows: &Value, dry_run: bool| json!({"date": "2026-01-31", "rows": rows, "dry_run": dry_run});
    let mut wrong = rows.clone();
    wrong[0]["account"] = json!("CASHBOX");
    wrong[1]["customer"] = json!("0123456789abcdef01234567");
    wrong[3]["account"] = json!("ACCOUNTS_RECEIVABLE");
    wrong[3]["credit"] = usd("199.00");
    let refused = talk
        .say("what would be refused", "POST", "/api/v1/openings", with(&wrong, true))
        .await;
    let places: Vec<_> = refused["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["row"].clone())
        .collect();
    assert_eq!(places, [0, 1, 2, 4]);
    talk.say("refused as a whole", "POST", "/api/v1/openings", with(&wrong, false))
        .await;
    let dry = talk
        .say("a dry run", "POST", "/api/v1/openings", with(&rows, true))
        .await;
    assert_eq!((&dry["written"], &dry["refused"]), (&json!(false), &json!([])));
    let written = talk
        .say("written", "POST", "/api/v1/openings", with(&rows, false))
        .await;
    assert_eq!(written["written"], json!(true));
    talk.say("written twice", "POST", "/api/v1/openings", with(&rows, false))
        .await;
    let balances = "/api/v1/reports/trial-balance?to=2026-01-31";
    talk.say("what stands then", "GET", balances, Value::Null).await;
    talk.say("who owes", "GET", "/api/v1/reports/aging?to=2026-03-15", Value::Null)
        .await;
    talk.transcript.check();
}

#[tokio::test]
async fn a_book_rounds_as_it_is_told() {
    let world = World::new().await;
    let mut talk = talk(&world, "rounding");
    let lines = json!({"issue": true, "lines": [{"unit_price": usd("0.335")}, {"unit_price": usd("0.335")}]});
    let first = talk.say("per line", "POST", "/api/v1/invoices", lines.clone()).await;
    assert_eq!(first["total"], usd("0.68"));
    let rule = json!({"per": "document", "half": "half_even"});
    talk.say("another rule", "PUT", "/api/v1/rounding", rule).await;
    let second = talk.say("per document", "POST", "/api/v1/invoices", lines).await;
    assert_eq!(second["total"], usd("0.67"));
    let path = format!("/api/v1/invoices/{}", first["id"].as_str().unwrap());
    let kept = talk.say("what was there", "GET", &path, Value::Null).await;
    assert_eq!(kept["total"], usd("0.68"));
    let unknown = json!({"per": "book", "half": "half_up"});
    talk.say("no rule", "PUT", "/api/v1/rounding", unknown).await;
    talk.transcript.check();
}
