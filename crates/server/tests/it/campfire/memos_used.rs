//! Credit memos as they are used: the entries of what they settle, and credit that a bank transaction gave back.

use quittance_accounting::snapshot::Named;
use serde_json::{Value, json};

use super::credits::{MEMO, MEMOS, billed, by_credit, create, one, parties};
use super::{Client, at, balances, said};
use crate::golden::{Transcript, World};

async fn types(client: &Client<'_>, kind: &str) -> Vec<Value> {
    let target = format!("/coa/api/journal_entry?type={kind}");
    let shown = client.json("GET", &target, "", 200).await;
    let rows = shown["results"].as_array().unwrap();
    rows.iter().map(|entry| entry["type"].clone()).collect()
}

#[tokio::test]
async fn what_a_memo_settles_has_entries_of_its_own_type() {
    let world = World::new().await;
    let client = Client::new(&world);
    parties(&client).await;
    client.create(&billed()).await;
    create(&client, MEMO).await;
    let by_hand =
        r#"{"empty_transactions":[{"account_id":null,"account_name":null,"amount":5,"payment_date":"2026-03-13"}]}"#;
    let by_memo = by_credit(1, "10");
    let paid = client.json("POST", &at(1, "pay/"), &by_memo, 200).await;
    client.json("POST", &at(1, "pay/"), by_hand, 200).await;
    let freed = format!("{MEMOS}/1/payment/1025/void");
    let mut t = Transcript::new("campfire/credit_memo_entries");
    let s = &mut t;
    let of_memos = "/coa/api/journal_entry?type=credit_memo_payment";
    said(s, &client, "What memos settle", "GET", of_memos, "", "EntryPage").await;
    let entry = format!("/coa/api/journal_entry/{}", paid["journal_entry_ids"][0]);
    said(s, &client, "One of them", "GET", &entry, "", "Entry").await;
    client.json("POST", &freed, "", 200).await;
    let undone = "/coa/api/journal_entry?type=void_credit_memo_payment";
    said(s, &client, "What was undone", "GET", undone, "", "EntryPage").await;
    t.check();
    for (kind, count) in [
        ("credit_memo_payment", 1),
        ("void_credit_memo_payment", 1),
        ("invoice_payment", 1),
        ("void_invoice_payment", 0),
        ("credit_memo", 1),
    ] {
        assert_eq!(types(&client, kind).await, vec![json!(kind); count], "{kind}");
    }
}

/// Says it, whatever the answer; its status.
async fn told(s: &mut Transcript, client: &Client<'_>, title: &str, call: (&str, &str), body: &str) -> u16 {
    let token = format!("Token {}", client.token);
    let mut headers = vec![("authorization", token.as_str()), ("host", "books.test")];
    if !body.is_empty() {
        headers.push(("content-type", "application/json"));
    }
    s.say(client.world, title, call.0, call.1, &headers, body).await.status
}

fn used(transaction: i64, amount: &str) -> String {
    format!(
        r#"{{"transaction_id":{transaction},"account_id":1,"amount":{amount},"payment_date":"2026-03-13","memo":"Sent back"}}"#
    )
}

#[tokio::test]
async fn a_memo_is_used_by_money_that_left() {
    let world = World::new().await;
    let client = Client::new(&world);
    parties(&client).await;
    create(&client, MEMO).await;
    let mark = one(1, "/mark-used");
    let mut t = Transcript::new("campfire/credit_memo_used");
    let s = &mut t;
    said(
        s,
        &client,
        "Part of it",
        "POST",
        &mark,
        &used(771, "12.40"),
        "CreditMemo",
    )
    .await;
    let before = balances(&world, world.book).await;
    for (title, target, body, status) in [
        ("The same transaction again", mark.clone(), used(771, "12.40"), 409),
        ("More than is left", mark.clone(), used(772, "20.01"), 400),
        ("Nothing", mark.clone(), used(772, "0"), 400),
        ("Nothing said", mark.clone(), "{}".to_owned(), 400),
        (
            "No transaction",
            mark.clone(),
            used(772, "1").replace("772", "\"soon\""),
            400,
        ),
        (
            "A control account",
            mark.clone(),
            used(772, "1").replace(r#""account_id":1"#, r#""account_id":4"#),
            400,
        ),
        ("No such memo", one(9, "/mark-used"), used(772, "1"), 404),
    ] {
        assert_eq!(
            told(s, &client, title, ("POST", &target), &body).await,
            status,
            "{title}"
        );
    }
    assert_eq!(balances(&world, world.book).await, before);
    said(s, &client, "The rest", "POST", &mark, &used(773, "20"), "CreditMemo").await;
    let more = used(774, "1");
    assert_eq!(told(s, &client, "Nothing is left", ("POST", &mark), &more).await, 400);
    let gone = told(s, &client, "What was given back stays", ("DELETE", &one(1, "")), "").await;
    assert_eq!(gone, 409);
    t.check();
    let shown = client.json("GET", &one(1, ""), "", 200).await;
    let figures = ["application_status", "amount_used", "amount_remaining"].map(|name| shown[name].clone());
    assert_eq!(figures, [json!("used"), json!(32.4), json!(0.0)]);
    // Every dialect sees money that went back to the customer.
    let refund = world
        .app
        .books
        .find_refund(world.book, &Named::Key(1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (refund.refund.amount.minor(), refund.content.memo.as_deref()),
        (1_240, Some("Sent back"))
    );
    assert!(
        world
            .app
            .books
            .verify(world.book, None, |_, _| {})
            .await
            .unwrap()
            .is_clean()
    );
}
