//! What a write answers when nothing can be read after it: the database takes every table out of sight in the commit itself.
//!
//! What was done must be answered as done, whole, and not as something that failed.

use serde_json::{Value, json};

use super::credits::{MEMO, billed, by_credit, create, one, parties};
use super::{Client, at, payment};
use crate::golden::World;

#[tokio::test]
async fn what_was_done_is_answered_as_done_though_nothing_can_be_read() {
    let world = World::on_postgres().await;
    let client = Client::new(&world);
    parties(&client).await;
    for _ in 0..3 {
        client.create(&billed()).await;
    }
    // A memo that settles two invoices, one of which was freed; what was overpaid, likewise; money by hand.
    create(&client, MEMO).await;
    client.json("POST", &at(1, "pay/"), &by_credit(1, "5"), 200).await;
    client.json("POST", &at(2, "pay/"), &by_credit(1, "5"), 200).await;
    client.json("POST", &at(3, "pay/"), &payment("60"), 200).await;
    client.json("POST", &at(1, "pay/"), &by_credit(2, "2"), 200).await;
    client.json("POST", &at(2, "pay/"), &by_credit(2, "1"), 200).await;
    client.json("POST", &at(1, "payment/1/void/"), "", 200).await;
    let account = json!({"number": "7777", "name": "Freight", "account_type": "COGS"}).to_string();
    let entry = json!({"date": "2026-03-12", "entity": 1, "reversal_date": "2026-03-14", "transactions": [
        {"account": 1, "debit_amount_native": 5}, {"account": 10, "credit_amount_native": 5}]})
    .to_string();
    let used =
        |of: i64| json!({"transaction_id": of, "account_id": 1, "amount": 1, "payment_date": "2026-03-14"}).to_string();
    let schema = world.schema();
    schema.hide_after_writes();
    let own = |id: i64| one(id, "");
    // Each write, and where its answer is read again; an empty address is an answer that is read nowhere.
    let cases: Vec<(&str, String, String, String)> = vec![
        ("POST", "/coa/api/v1/credit-memo".into(), MEMO.into(), own(3)),
        ("PATCH", own(1), r#"{"message_on_credit_memo":"Words"}"#.into(), own(1)),
        ("POST", one(1, "/mark-used"), used(1), own(1)),
        ("POST", one(2, "/mark-used"), used(2), own(2)),
        ("POST", one(1, "/payment/1026/void"), String::new(), String::new()),
        ("POST", one(2, "/payment/2051/void"), String::new(), String::new()),
        ("POST", one(3, "/void/"), String::new(), own(3)),
        ("POST", one(3, "/reopen/"), String::new(), own(3)),
        ("POST", at(1, "payment/2/void/"), String::new(), String::new()),
        (
            "PATCH",
            at(1, ""),
            r#"{"message_on_invoice":"Words"}"#.into(),
            at(1, ""),
        ),
        ("POST", at(1, "pay/"), by_credit(3, "3"), String::new()),
        ("POST", at(2, "pay/"), payment("99"), String::new()),
        ("POST", at(1, "payment/3/void/"), String::new(), String::new()),
        ("POST", at(1, "void/"), String::new(), at(1, "")),
        ("POST", at(1, "reopen/"), String::new(), at(1, "")),
        (
            "POST",
            "/coa/api/account".into(),
            account,
            "/coa/api/account/{id}".into(),
        ),
        (
            "PATCH",
            "/coa/api/account/1".into(),
            r#"{"name":"Petty cash"}"#.into(),
            "/coa/api/account/1".into(),
        ),
        (
            "POST",
            "/coa/api/journal_entry".into(),
            entry,
            "/coa/api/journal_entry/{id}".into(),
        ),
        ("POST", at(1, "pay/"), by_credit(2, "1"), String::new()),
        ("DELETE", one(2, "/payment/2052/void"), String::new(), String::new()),
        ("PUT", one(2, "/send/"), String::new(), String::new()),
    ];
    for (method, target, body, read) in cases {
        let done = client.call(method, &target, &body).await;
        let lost = client.call("GET", &at(1, ""), "").await;
        let shown = String::from_utf8_lossy(&done.body).into_owned();
        assert!(
            lost.status >= 500,
            "after {method} {target} something could be read: {shown}"
        );
        schema.bring_back();
        assert!(
            (200..300).contains(&done.status),
            "{method} {target}: {} {shown}",
            done.status
        );
        if !read.is_empty() {
            let shown: Value = serde_json::from_str(&shown).unwrap();
            let read = read.replace("{id}", &shown["id"].to_string());
            assert_eq!(client.json("GET", &read, "", 200).await, shown, "{method} {target}");
        }
    }
    let verdict = world.app.books.verify(world.book, None, |_, _| {}).await;
    assert!(verdict.unwrap().is_clean());
}
