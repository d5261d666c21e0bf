//! Credit notes across dialects: what one settles is settled everywhere, and the native API and Campfire show the same ones.

use quittance_accounting::snapshot::Named;
use serde_json::{Value, json};

use super::office::{ALL, Dialect, Office, State, is_clean, text};

#[tokio::test]
async fn what_a_credit_note_settles_is_settled_everywhere() {
    let office = Office::open().await;
    for dialect in ALL {
        // Made natively, and seen in Campfire.
        let id = office.make(dialect, false).await;
        let what = format!("made in {dialect:?}, credited natively");
        let usd = |value: &str| json!({"amount": value, "currency": "USD"});
        let part = json!({"invoice": id.hex(), "amount": usd("40.00")});
        let note = office.native("POST", "/api/v1/credit-notes", part).await;
        office.assert_shown(&what, id, State::PartPaid, 4_000).await;
        let rest = office
            .native("POST", "/api/v1/credit-notes", json!({"invoice": id.hex()}))
            .await;
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
            office.native("DELETE", &path, Value::Null).await;
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
    let notes = office.native("GET", "/api/v1/credit-notes", Value::Null).await;
    assert_eq!(notes["data"][0]["number"], memo["credit_memo_number"]);
    assert_eq!(notes["data"][0]["made_in"], "campfire");
    assert!(is_clean(&office).await);
}

#[tokio::test]
async fn what_is_overpaid_in_campfire_is_unapplied_money_everywhere_else() {
    let office = Office::open().await;
    let usd = |value: &str| json!({"amount": value, "currency": "USD"});
    // An invoice that Campfire makes here has no client, who could have credit.
    for dialect in ALL.into_iter().filter(|dialect| *dialect != Dialect::Campfire) {
        let what = format!("made in {dialect:?}, overpaid in Campfire");
        let (first, second) = (office.make(dialect, false).await, office.make(dialect, false).await);
        let (target, body) = office.payment(Dialect::Campfire, first, 15_000).await;
        let paid = office.good(Dialect::Campfire, "POST", &target, &body).await;
        office.assert_shown(&what, first, State::Paid, 10_000).await;
        let memo = paid["auto_created_credit_memos"][0]["id"].as_i64().unwrap();
        let memo = format!("/coa/api/v1/credit-memo/{memo}");
        let left = async || {
            let memo = office.good(Dialect::Campfire, "GET", &memo, &Value::Null).await;
            ["amount_used", "amount_remaining"].map(|name| memo[name].as_f64().unwrap())
        };
        assert_eq!(left().await, [0.0, 50.0], "{what}");
        let key = Named::Key(paid["payment_ids"][0].as_i64().unwrap());
        let payment = office.world.app.books.payment(office.world.book, &key).await;
        let payment = format!("/api/v1/payments/{}", payment.unwrap().unwrap().payment.id.hex());
        let shown = office.native("GET", &payment, Value::Null).await;
        assert_eq!(
            (&shown["amount"], &shown["unapplied"]),
            (&usd("150.00"), &usd("50.00")),
            "{what}"
        );
        // Applied there it is used here, and the other way round.
        let part = json!({"invoices": [{"invoice": second.hex(), "amount": usd("20.00")}]});
        office.native("POST", &format!("{payment}/allocate"), part).await;
        office.assert_shown(&what, second, State::PartPaid, 2_000).await;
        assert_eq!(left().await, [20.0, 30.0], "{what}");
        let credit = json!({"credit_memos": [{"credit_memo_id": paid["auto_created_credit_memos"][0]["id"], "amount": 30,
            "posted_at": "2026-03-14"}]});
        let (target, _) = office.payment(Dialect::Campfire, second, 1).await;
        office.good(Dialect::Campfire, "POST", &target, &credit).await;
        office.assert_shown(&what, second, State::PartPaid, 5_000).await;
        let shown = office.native("GET", &payment, Value::Null).await;
        assert_eq!(shown["unapplied"], usd("0.00"), "{what}");
        // The payment goes, and the memo with it.
        office.native("DELETE", &payment, Value::Null).await;
        let gone = office.send(Dialect::Campfire, "GET", &memo, &Value::Null).await;
        assert_eq!(gone.status, 404, "{what}");
        for invoice in [first, second] {
            office.assert_shown(&what, invoice, State::Sent, 0).await;
        }
    }
    assert!(is_clean(&office).await);
}
