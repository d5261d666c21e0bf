//! Ledger entries: listed page by page, and read.

use serde_json::{Value, json};

use super::editing::say;
use super::{Desk, assert_wire_error};
use crate::golden::{Transcript, json as body_of};

const NONE: Value = Value::Null;

#[tokio::test]
async fn entries_are_listed_and_read() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/entries");
    let one = desk.invoice("one").await;
    desk.pay(&one, 25000).await;
    let refund = json!({"completed_at": "2026-03-13", "refunded_amount": 500});
    desk.expect(201, "POST", &format!("/invoices/{one}/refund"), &refund)
        .await;
    let two = desk.invoice("two").await;
    desk.expect(
        201,
        "POST",
        &format!("/invoices/{two}/write-off"),
        &json!({"amount": 100}),
    )
    .await;
    let three = desk.invoice("three").await;
    desk.expect(200, "POST", &format!("/invoices/{three}/void"), &NONE)
        .await;
    let all = say(&mut said, &desk, "all of them", ("GET", "/ledger/entries"), &NONE, 200).await;
    let all = all.as_array().unwrap();
    let kinds: Vec<&str> = all.iter().map(|entry| entry["entry_type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "INVOICE",
            "INVOICE_PAYMENT",
            "REFUND_PAYMENT",
            "INVOICE",
            "INVOICE_WRITE_OFF",
            "INVOICE",
            "REVERSAL"
        ]
    );
    assert_eq!(
        (&all[6]["reversal_of_id"], &all[5]["reversal_id"]),
        (&all[5]["id"], &all[6]["id"])
    );
    for entry in all {
        let sum = |side: &str| -> i64 {
            let lines = entry["line_items"].as_array().unwrap().iter();
            lines
                .filter(|line| line["direction"] == side)
                .map(|line| line["amount"].as_i64().unwrap())
                .sum()
        };
        assert_eq!(sum("DEBIT"), sum("CREDIT"));
        let path = format!("/ledger/entries/{}", entry["id"].as_str().unwrap());
        assert_eq!(&desk.expect(200, "GET", &path, &NONE).await, entry);
    }
    let first = format!("/ledger/entries/{}", all[0]["id"].as_str().unwrap());
    say(&mut said, &desk, "one of them", ("GET", &first), &NONE, 200).await;
    let page = body_of(&desk.call("GET", "/ledger/entries?limit=3", "").await);
    let cursor = page["meta"]["pagination"]["cursor"].as_str().unwrap();
    let next = body_of(
        &desk
            .call("GET", &format!("/ledger/entries?limit=3&cursor={cursor}"), "")
            .await,
    );
    assert_eq!(next["data"][0], all[3]);
    desk.expect(200, "POST", &format!("/invoices/{two}/delete"), &NONE)
        .await;
    let left = desk.expect(200, "GET", "/ledger/entries", &NONE).await;
    assert_eq!(
        left.as_array().unwrap().len(),
        5,
        "what a delete withdrew is in no list"
    );
    let gone = format!("/ledger/entries/{}", all[3]["id"].as_str().unwrap());
    say(&mut said, &desk, "withdrawn", ("GET", &gone), &NONE, 404).await;
    for (path, status) in [
        ("/ledger/entries/x", 400),
        ("/ledger/entries/01900000-0000-7000-8000-000000000000", 404),
        ("/ledger/entries/01900000-0000-8000-8000-000000000001", 404),
        ("/ledger/entries?sort_by=amount", 400),
        ("/ledger/entries?sort_order=UP", 400),
        ("/ledger/entries?cursor=@", 400),
    ] {
        assert_wire_error(&desk.call("GET", path, "").await, status);
    }
    said.check();
}
