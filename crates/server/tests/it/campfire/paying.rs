//! Payments in their forms, what they would come to, and what becomes of them afterwards.

use quittance_accounting::account::AccountRole;
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::settlement::{Method, Witness};
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;
use quittance_books::input::PaymentInput;
use serde_json::{Value, json};

use super::{Client, DRAFT, ISSUED, at, balances, payment, said};
use crate::golden::{Transcript, World};
use crate::schema::assert_valid;

const FEED: &str = "/coa/api/v1/invoice-payments";

/// Records money that came, of which these parts settle invoices.
async fn money(world: &World, minor: i64, witness: Witness, parts: &[(i64, i64)]) -> i64 {
    let amount = |minor| quittance_accounting::money::Amount::new(minor).unwrap();
    let part = |(invoice, minor): &(i64, i64)| (Named::Key(*invoice), Part::Exactly(amount(*minor)));
    let input = PaymentInput {
        currency: None,
        rate: None,
        customer: None,
        paid_on: Some("2026-03-12".parse().unwrap()),
        paid_at: None,
        amount: Some(amount(minor)),
        method: Method::BankTransfer,
        witness,
        clearing: AccountChoice::Role(AccountRole::Clearing),
        parts: parts.iter().map(part).collect(),
        external_id: None,
        content: Default::default(),
    };
    const KEEPING: quittance_accounting::rules::Rules = quittance_accounting::rules::Rules {
        payment: quittance_accounting::rules::PaymentRules {
            excess: quittance_accounting::rules::Excess::Unallocated,
            ..super::OTHER.payment
        },
        ..super::OTHER
    };
    let context = world.context(world.book);
    let recorded = world.app.books.record_payment(&context, &KEEPING, input, None);
    recorded.await.unwrap().0.payment.key.0
}

#[tokio::test]
async fn by_hand_and_out_of_transactions() {
    let world = World::new().await;
    let client = Client::new(&world);
    for _ in 0..3 {
        client.create(ISSUED).await;
    }
    client.create(DRAFT).await;
    let (bank, other) = (
        money(&world, 4000, Witness::Bank, &[]).await,
        money(&world, 500, Witness::Bank, &[]).await,
    );
    let mut t = Transcript::new("campfire/paying");
    let s = &mut t;
    let forms = json!({
        "transactions": [{"amount": 10, "transaction_id": bank}, {"amount": "33", "transaction_ids": [bank, other], "writeoff_account_id": 15}],
        "empty_transactions": [],
    });
    let two = json!({"empty_transactions": [
        {"account_id": null, "account_name": null, "amount": 5, "payment_date": "2026-03-12"},
        {"account_id": 2, "account_name": "Bank", "amount": "15.5", "payment_date": "2026-03-13", "memo": "Cheque"},
    ]});
    said(
        s,
        &client,
        "What is due",
        "POST",
        &at(1, "default-payment"),
        r#"{"posted_at":"2026-03-12"}"#,
        "DefaultPayment",
    )
    .await;
    said(
        s,
        &client,
        "What it would come to",
        "POST",
        &at(1, "calculate-payment"),
        &forms.to_string(),
        "Calculated",
    )
    .await;
    let head = world.app.books.head(world.book).await.unwrap();
    said(
        s,
        &client,
        "Nothing asked for",
        "POST",
        &at(1, "calculate-payment"),
        "",
        "Calculated",
    )
    .await;
    assert_eq!(world.app.books.head(world.book).await.unwrap(), head);
    said(
        s,
        &client,
        "Two transactions, the rest given up",
        "POST",
        &at(1, "pay/"),
        &forms.to_string(),
        "Paid",
    )
    .await;
    said(s, &client, "Paid so", "GET", &at(1, ""), "", "Invoice").await;
    said(
        s,
        &client,
        "Two by hand",
        "POST",
        &at(2, "pay/"),
        &two.to_string(),
        "Paid",
    )
    .await;
    for (title, target, body) in [
        ("More than is due", at(3, "calculate-payment"), payment("55.01")),
        ("A draft", at(4, "calculate-payment"), payment("1")),
        ("Nothing is due of a draft", at(4, "default-payment"), String::new()),
        (
            "No such day",
            at(3, "default-payment"),
            r#"{"posted_at":"soon"}"#.to_owned(),
        ),
        ("Nothing at all", at(3, "pay/"), "{}".to_owned()),
        (
            "Lists of nothing",
            at(3, "pay/"),
            r#"{"transactions":[],"empty_transactions":[]}"#.to_owned(),
        ),
        (
            "Out of a credit memo",
            at(3, "pay/"),
            r#"{"credit_memos":[{"credit_memo_id":1,"amount":1,"posted_at":"2026-03-12"}]}"#.to_owned(),
        ),
        (
            "No transaction named",
            at(3, "pay/"),
            r#"{"transactions":[{"amount":1}]}"#.to_owned(),
        ),
        (
            "No such transaction",
            at(3, "pay/"),
            r#"{"transactions":[{"amount":1,"transaction_id":77}]}"#.to_owned(),
        ),
        (
            "None of several",
            at(3, "pay/"),
            r#"{"transactions":[{"amount":1,"transaction_ids":[77,78]}]}"#.to_owned(),
        ),
        (
            "More than it has left",
            at(3, "pay/"),
            json!({"transactions": [{"amount": 3, "transaction_id": other}]}).to_string(),
        ),
        (
            "More than it has left after the one before",
            at(3, "pay/"),
            json!({"transactions": [{"amount": 2, "transaction_id": other}, {"amount": 0.5, "transaction_id": other}]})
                .to_string(),
        ),
        (
            "Given up on receivables",
            at(3, "pay/"),
            json!({"transactions": [{"amount": 1, "transaction_id": other, "writeoff_account_id": 4}]}).to_string(),
        ),
        (
            "The second is too much: none is recorded",
            at(3, "pay/"),
            json!({"empty_transactions": [
                {"account_id": null, "account_name": null, "amount": 50, "payment_date": "2026-03-12"},
                {"account_id": null, "account_name": null, "amount": 6, "payment_date": "2026-03-12"},
            ]})
            .to_string(),
        ),
    ] {
        let refused = said(s, &client, title, "POST", &target, &body, "").await;
        assert_eq!(refused.status, 400, "{title}");
    }
    said(
        s,
        &client,
        "Of an unknown invoice",
        "POST",
        &at(99, "calculate-payment"),
        "",
        "Detail",
    )
    .await;
    t.check();
    assert_eq!(
        client.json("GET", &at(3, ""), "", 200).await["amount_paid"].to_string(),
        "0.0"
    );
}

#[tokio::test]
async fn voided_and_deleted() {
    let world = World::new().await;
    let client = Client::new(&world);
    for _ in 0..3 {
        client.create(ISSUED).await;
    }
    let open = balances(&world, world.book).await;
    client.pay(1, "20").await;
    client.pay(1, "35").await;
    let mut t = Transcript::new("campfire/payments");
    let s = &mut t;
    said(
        s,
        &client,
        "Void",
        "POST",
        &at(1, "payment/1/void/"),
        r#"{"void_date":"2026-03-13"}"#,
        "InvoicePayment",
    )
    .await;
    said(
        s,
        &client,
        "Void today",
        "POST",
        &at(1, "payment/2/void/"),
        "",
        "InvoicePayment",
    )
    .await;
    said(
        s,
        &client,
        "The invoice is open again",
        "GET",
        &at(1, ""),
        "",
        "Invoice",
    )
    .await;
    for (title, method, target) in [
        ("Void again", "POST", at(1, "payment/1/void/")),
        ("Of another invoice", "POST", at(2, "payment/1/void/")),
        ("No such payment", "POST", at(1, "payment/9/void/")),
        (
            "More digits than any id has",
            "DELETE",
            at(1, "payment/99999999999999999999/void/"),
        ),
        ("Not digits", "DELETE", at(1, "payment/x/void/")),
        ("No slash", "DELETE", at(1, "payment/1/void")),
        ("Delete one of another invoice", "DELETE", at(2, "payment/1/void/")),
        ("Of an unknown invoice", "DELETE", at(9, "payment/1/void/")),
        ("Read it", "GET", at(1, "payment/1/void/")),
    ] {
        said(s, &client, title, method, &target, "", "").await;
    }
    said(
        s,
        &client,
        "On no day",
        "POST",
        &at(1, "payment/1/void/"),
        r#"{"void_date":"soon"}"#,
        "FieldErrors",
    )
    .await;
    said(
        s,
        &client,
        "Delete a void one",
        "DELETE",
        &at(1, "payment/1/void/"),
        "",
        "",
    )
    .await;
    said(
        s,
        &client,
        "It is gone",
        "DELETE",
        &at(1, "payment/1/void/"),
        "",
        "Detail",
    )
    .await;
    client.call("DELETE", &at(1, "payment/2/void/"), "").await;
    assert_eq!(
        balances(&world, world.book).await,
        open,
        "as if they had never been recorded"
    );
    client.pay(1, "55").await;
    let context = world.context(world.book);
    let through = "2026-03-12".parse().unwrap();
    world.app.books.close_period(&context, through).await.unwrap();
    said(
        s,
        &client,
        "In a closed period",
        "DELETE",
        &at(1, "payment/3/void/"),
        "",
        "Detail",
    )
    .await;
    let void = r#"{"void_date":"2026-03-12"}"#;
    said(
        s,
        &client,
        "Void in a closed period",
        "POST",
        &at(1, "payment/3/void/"),
        void,
        "Detail",
    )
    .await;
    t.check();
}

#[tokio::test]
async fn money_that_is_more_than_one_invoices() {
    let world = World::new().await;
    let client = Client::new(&world);
    for _ in 0..3 {
        client.create(ISSUED).await;
    }
    let bank = money(&world, 6000, Witness::Bank, &[(1, 5500)]).await;
    let hand = money(&world, 3000, Witness::Hand, &[(2, 1000), (3, 2000)]).await;
    let before = balances(&world, world.book).await;
    // A bank transaction is never voided: it is freed, or was never applied.
    let voided = client
        .json("POST", &at(1, &format!("payment/{bank}/void/")), "", 200)
        .await;
    assert_valid("campfire", "InvoicePayment", &voided);
    assert_eq!(
        (&voided["voided_date"], &voided["payment_transaction"]),
        (&json!("2026-03-15"), &json!(bank))
    );
    client
        .json("DELETE", &at(1, &format!("payment/{bank}/void/")), "", 409)
        .await;
    let again = json!({"transactions": [{"amount": 55, "transaction_id": bank}]}).to_string();
    client.json("POST", &at(1, "pay/"), &again, 200).await;
    assert_eq!(
        client
            .call("DELETE", &at(1, &format!("payment/{bank}/void/")), "")
            .await
            .status,
        204
    );
    client.json("POST", &at(1, "pay/"), &again, 200).await;
    assert_eq!(balances(&world, world.book).await.len(), before.len());
    // Of a payment of two invoices the part on this one goes, and the other stays as it is.
    let other = client.json("GET", &at(3, ""), "", 200).await;
    assert_eq!(
        client
            .call("DELETE", &at(2, &format!("payment/{hand}/void/")), "")
            .await
            .status,
        204
    );
    assert_eq!(
        client.json("GET", &at(2, ""), "", 200).await["amount_due"].to_string(),
        "55.0"
    );
    let after = client.json("GET", &at(3, ""), "", 200).await;
    assert_eq!(after["amount_paid"], other["amount_paid"]);
    let voided = client
        .json("POST", &at(3, &format!("payment/{hand}/void/")), "", 200)
        .await;
    assert_eq!(voided["amount"].to_string(), "20.0");
    assert_eq!(client.call("DELETE", &at(3, ""), "").await.status, 204);
    assert_eq!(client.call("DELETE", &at(1, ""), "").await.status, 204);
}

fn rows(page: &Value) -> Vec<(i64, i64, bool)> {
    let row = |row: &Value| {
        (
            row["id"].as_i64().unwrap(),
            row["invoice"].as_i64().unwrap(),
            row["voided_date"].is_string(),
        )
    };
    page["results"].as_array().unwrap().iter().map(row).collect()
}

#[tokio::test]
async fn the_feed() {
    let world = World::new().await;
    let client = Client::new(&world);
    for _ in 0..4 {
        client.create(ISSUED).await;
    }
    client.pay(1, "10").await;
    world.pass_seconds(60);
    let with_id = payment("20").replace("account_id", r#"external_id":"x-7","account_id"#);
    client.json("POST", &at(2, "pay/"), &with_id, 200).await;
    world.pass_seconds(60);
    let both = money(&world, 3000, Witness::Bank, &[(3, 1000), (4, 2000)]).await;
    money(&world, 700, Witness::Bank, &[]).await;
    client.pay(4, "5").await;
    world.pass_seconds(60);
    client.json("POST", &at(1, "payment/1/void/"), "", 200).await;
    let freed = at(3, &format!("payment/{both}/void/"));
    client.json("POST", &freed, "", 200).await;
    let mut t = Transcript::new("campfire/feed");
    let s = &mut t;
    said(s, &client, "All of them", "GET", FEED, "", "PaymentPage").await;
    let by_cursor = format!("{FEED}?cursor=&limit=2&skip_count=true");
    said(s, &client, "By cursor", "GET", &by_cursor, "", "PaymentPage").await;
    for (title, query) in [
        ("Whether it is void is neither", "?voided=perhaps"),
        ("No number", "?invoice_id=x"),
        ("A NUL", "?external_id=%00"),
        ("No instant", "?last_modified_at__gte=soon"),
        ("No cursor of ours", "?cursor=x"),
        ("A slash too many", "/"),
    ] {
        said(s, &client, title, "GET", &format!("{FEED}{query}"), "", "").await;
    }
    t.check();
    let all = vec![
        (2, 2, false),
        (5, 4, false),
        (1, 1, true),
        (both, 3, true),
        (both, 4, false),
    ];
    for (query, expected) in [
        ("", all.clone()),
        ("?voided=true", vec![(1, 1, true), (both, 3, true)]),
        ("?voided=false", vec![(2, 2, false), (5, 4, false), (both, 4, false)]),
        ("?invoice_id=4", vec![(5, 4, false), (both, 4, false)]),
        ("?invoice_id=1&voided=false", vec![]),
        ("?invoice_id=536870913", vec![]),
        ("?external_id=x-7", vec![(2, 2, false)]),
        ("?external_id=y", vec![]),
        ("?last_modified_at__gte=2026-03-15T12:03:00%2B0000", all[2..].to_vec()),
        ("?last_modified_at__lte=2026-03-15T12:02:00Z", all[..2].to_vec()),
        ("?last_modified_at__lte=2026-03-15T12:01:00+0000", all[..1].to_vec()),
        ("?last_modified_at__lte=2026-03-15T12:01:00", all[..1].to_vec()),
        ("?limit=2&offset=3", all[3..].to_vec()),
        ("?offset=99", vec![]),
    ] {
        let page = client.json("GET", &format!("{FEED}{query}"), "", 200).await;
        assert_valid("campfire", "PaymentPage", &page);
        assert_eq!(rows(&page), expected, "{query}");
    }
    let mut seen = Vec::new();
    let mut next = Some(format!("{FEED}?cursor=&limit=2"));
    while let Some(target) = next {
        let page = client.json("GET", &target, "", 200).await;
        assert_eq!((&page["count"], &page["previous"]), (&json!(5), &Value::Null));
        seen.extend(rows(&page));
        next = page["next"]
            .as_str()
            .map(|next| next.trim_start_matches("http://books.test").to_owned());
    }
    assert_eq!(seen, all);
}
