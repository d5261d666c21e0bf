//! Credit notes across dialects: what one settles is settled everywhere, and the native API and Campfire show the same ones.

use serde_json::{Value, json};

use super::{ALL, Dialect, Office, State, body_of, is_clean, text};

#[tokio::test]
async fn what_a_credit_note_settles_is_settled_everywhere() {
    let office = Office::open().await;
    let native = async |method: &str, target: &str, body: Value| {
        let authorization = format!("Bearer {}", office.world.token);
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
        ];
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let done = office.world.send(method, target, &headers, &body).await;
        assert!((200..300).contains(&done.status), "{method} {target}: {done:?}");
        body_of(&done)
    };
    for dialect in ALL {
        // Made natively, and seen in Campfire.
        let id = office.make(dialect, false).await;
        let what = format!("made in {dialect:?}, credited natively");
        let usd = |value: &str| json!({"amount": value, "currency": "USD"});
        let part = json!({"invoice": id.hex(), "amount": usd("40.00")});
        let note = native("POST", "/api/v1/credit-notes", part).await;
        office.assert_shown(&what, id, State::PartPaid, 4_000).await;
        let rest = native("POST", "/api/v1/credit-notes", json!({"invoice": id.hex()})).await;
        office.assert_shown(&what, id, State::Paid, 10_000).await;
        let memos = office.good(
            Dialect::Campfire,
            "GET",
            "/coa/api/v1/credit-memo?sort=total_amount",
            &Value::Null,
        );
        let memos = memos.await;
        let number = |memo: &Value| memo["credit_memo_number"].clone();
        let seen: Vec<Value> = memos["results"].as_array().unwrap().iter().map(number).collect();
        assert!(
            seen.contains(&note["number"]) && seen.contains(&rest["number"]),
            "{what}: {memos:#}"
        );
        for made in [&note, &rest] {
            let path = format!("/api/v1/credit-notes/{}", text(made, "/id"));
            native("DELETE", &path, Value::Null).await;
        }
        office.assert_shown(&what, id, State::Sent, 0).await;
    }
    // Made in Campfire, and seen natively.
    let client = json!({"name": "Globex"});
    let client = office.good(Dialect::Campfire, "POST", "/coa/api/vendor", &client).await;
    let memo = json!({"lines": [{"account": 10, "amount": 25}], "credit_memo_date": "2026-03-11", "entity": 1,
        "client": client["id"]});
    let memo = office
        .good(Dialect::Campfire, "POST", "/coa/api/v1/credit-memo", &memo)
        .await;
    let notes = native("GET", "/api/v1/credit-notes", Value::Null).await;
    assert_eq!(notes["data"][0]["number"], memo["credit_memo_number"]);
    assert_eq!(notes["data"][0]["made_in"], "campfire");
    assert!(is_clean(&office).await);
}
