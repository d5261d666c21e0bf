//! What was paid too much, as the credit memo that it is here and the money that it is everywhere else.

use quittance_accounting::identity::PaymentKey;
use quittance_accounting::snapshot::Named;
use serde_json::{Value, json};

use super::credits::{MEMO, MEMOS, billed, by_credit, create, one, parties};
use super::{Client, ISSUED, at, balances, payment, said};
use crate::golden::{Transcript, World};
use crate::schema::assert_valid;

/// 100.00 for the first invoice, of which 55.00 is due: the first payment of the book.
async fn overpay(client: &Client<'_>) -> Value {
    let paid = client.json("POST", &at(1, "pay/"), &payment("100"), 200).await;
    assert_valid("campfire", "Paid", &paid);
    paid
}

async fn begin(client: &Client<'_>) {
    parties(client).await;
    for _ in 0..3 {
        client.create(&billed()).await;
    }
}

fn figures(memo: &Value) -> [String; 4] {
    ["application_status", "total_amount", "amount_used", "amount_remaining"]
        .map(|name| memo[name].to_string().trim_matches('"').to_owned())
}

async fn is_clean(world: &World) -> bool {
    let verdict = world.app.books.verify(world.book, None, |_, _| {}).await;
    verdict.unwrap().is_clean()
}

#[tokio::test]
async fn from_payment_to_use() {
    let world = World::new().await;
    let client = Client::new(&world);
    begin(&client).await;
    let mut t = Transcript::new("campfire/overpaid");
    let s = &mut t;
    let target = at(1, "calculate-payment");
    said(
        s,
        &client,
        "What it would come to",
        "POST",
        &target,
        &payment("100"),
        "Calculated",
    )
    .await;
    said(
        s,
        &client,
        "Pay too much",
        "POST",
        &at(1, "pay/"),
        &payment("100"),
        "Paid",
    )
    .await;
    said(s, &client, "The invoice", "GET", &at(1, ""), "", "Invoice").await;
    said(s, &client, "The memo", "GET", &one(1, ""), "", "CreditMemo").await;
    create(&client, MEMO).await;
    said(s, &client, "Among the others", "GET", MEMOS, "", "CreditMemoPage").await;
    let search = r#"{"credit_memos":[{"credit_memo_number":"OP-1"},{"credit_memo_number":"OP-2"}]}"#;
    let bulk = format!("{MEMOS}/bulk-search");
    said(s, &client, "By number", "POST", &bulk, search, "FoundCreditMemos").await;
    let use_of_it = by_credit(1, "25");
    let target = at(2, "calculate-payment");
    said(
        s,
        &client,
        "What credit would come to",
        "POST",
        &target,
        &use_of_it,
        "Calculated",
    )
    .await;
    said(s, &client, "Use it", "POST", &at(2, "pay/"), &use_of_it, "Paid").await;
    said(s, &client, "What it settles", "GET", &at(2, ""), "", "Invoice").await;
    let used = r#"{"transaction_id":771,"account_id":1,"amount":10,"payment_date":"2026-03-14","memo":"Sent back"}"#;
    said(
        s,
        &client,
        "Give some back",
        "POST",
        &one(1, "/mark-used"),
        used,
        "CreditMemo",
    )
    .await;
    said(s, &client, "Send it", "PUT", &one(1, "/send/"), "", "").await;
    said(s, &client, "As it stands", "GET", &one(1, ""), "", "CreditMemo").await;
    let freed = format!("{MEMOS}/1/payment/1026/void");
    let day = r#"{"void_date":"2026-03-14"}"#;
    said(
        s,
        &client,
        "Free what it settles",
        "POST",
        &freed,
        day,
        "CreditMemoPayment",
    )
    .await;
    said(
        s,
        &client,
        "All payments",
        "GET",
        "/coa/api/v1/invoice-payments",
        "",
        "PaymentPage",
    )
    .await;
    t.check();
    // The other dialects have one payment of 100.00, and 35.00 of it settle nothing.
    let paid = world
        .app
        .books
        .payment(world.book, &Named::Key(1))
        .await
        .unwrap()
        .unwrap();
    let minor = [paid.payment.amount, paid.payment.unallocated, paid.payment.refunded].map(|amount| amount.minor());
    assert_eq!((paid.payment.key, minor), (PaymentKey(1), [10_000, 3_500, 1_000]));
    assert!(is_clean(&world).await);
}

#[tokio::test]
async fn refused() {
    let world = World::new().await;
    let client = Client::new(&world);
    begin(&client).await;
    client.create(ISSUED).await;
    overpay(&client).await;
    let mut t = Transcript::new("campfire/overpaid_refusals");
    let s = &mut t;
    let open = balances(&world, world.book).await;
    let used = |amount: &str| {
        format!(r#"{{"transaction_id":771,"account_id":1,"amount":{amount},"payment_date":"2026-03-14","memo":null}}"#)
    };
    let row = format!("{MEMOS}/1/payment/1026/void");
    for (title, method, target, body, status) in [
        (
            "No client could have the rest",
            "POST",
            at(4, "pay/"),
            payment("55.01"),
            400,
        ),
        ("An invoice that is paid", "POST", at(1, "pay/"), payment("1"), 400),
        (
            "More than it has left",
            "POST",
            at(2, "pay/"),
            by_credit(1, "45.01"),
            400,
        ),
        ("Of another client", "POST", at(4, "pay/"), by_credit(2, "1"), 400),
        (
            "Change it",
            "PATCH",
            one(1, ""),
            r#"{"message_on_credit_memo":"x"}"#.to_owned(),
            409,
        ),
        ("Replace it", "PUT", one(1, ""), MEMO.to_owned(), 409),
        ("Void it", "POST", one(1, "/void/"), String::new(), 409),
        ("Reopen it", "POST", one(1, "/reopen/"), String::new(), 409),
        (
            "Give more back than it has",
            "POST",
            one(1, "/mark-used"),
            used("45.01"),
            400,
        ),
        ("It settles nothing yet", "POST", row.clone(), String::new(), 404),
        ("Nor did it", "DELETE", row.clone(), String::new(), 404),
        (
            "No memo, a payment that was not too much",
            "GET",
            one(2, ""),
            String::new(),
            404,
        ),
    ] {
        let response = said(s, &client, title, method, &target, &body, "").await;
        assert_eq!(response.status, status, "{title}");
    }
    assert_eq!(balances(&world, world.book).await, open);
    client.json("POST", &at(2, "pay/"), &by_credit(1, "5"), 200).await;
    let applied = said(
        s,
        &client,
        "Delete what is applied",
        "DELETE",
        &one(1, ""),
        "",
        "Detail",
    )
    .await;
    assert_eq!(applied.status, 409);
    assert_eq!(client.call("DELETE", &row, "").await.status, 204);
    client.json("POST", &one(1, "/mark-used"), &used("5"), 200).await;
    let given = said(
        s,
        &client,
        "Delete what was given back",
        "DELETE",
        &one(1, ""),
        "",
        "Detail",
    )
    .await;
    assert_eq!(given.status, 409);
    let through = "2026-03-12".parse().unwrap();
    world
        .app
        .books
        .close_period(&world.context(world.book), through)
        .await
        .unwrap();
    let paid = at(1, "payment/1/void/");
    let closed = said(
        s,
        &client,
        "Delete the payment of closed days",
        "DELETE",
        &paid,
        "",
        "Detail",
    )
    .await;
    assert_eq!(closed.status, 400);
    t.check();
}

#[tokio::test]
async fn as_long_as_its_payment_is_there() {
    let world = World::new().await;
    let client = Client::new(&world);
    begin(&client).await;
    let before = balances(&world, world.book).await;
    // Deleted, what settled the invoice goes, and the rest stays; then that goes too.
    overpay(&client).await;
    assert_eq!(client.call("DELETE", &at(1, "payment/1/void/"), "").await.status, 204);
    let memo = client.json("GET", &one(1, ""), "", 200).await;
    assert_eq!(figures(&memo), ["open", "45.0", "0.0", "45.0"]);
    let mut t = Transcript::new("campfire/overpaid_deleted");
    let s = &mut t;
    said(s, &client, "Delete what is left", "DELETE", &one(1, ""), "", "").await;
    said(s, &client, "It is gone", "GET", &one(1, ""), "", "Detail").await;
    t.check();
    assert_eq!(balances(&world, world.book).await, before);
    // The other way round.
    overpay(&client).await;
    assert_eq!(client.call("DELETE", &one(2, ""), "").await.status, 204);
    client.json("GET", &one(2, ""), "", 404).await;
    let invoice = client.json("GET", &at(1, ""), "", 200).await;
    assert_eq!(invoice["amount_paid"].to_string(), "55.0");
    assert_eq!(client.call("DELETE", &at(1, "payment/2/void/"), "").await.status, 204);
    assert_eq!(balances(&world, world.book).await, before);
    // Voided, what settled the invoice is credit as well.
    overpay(&client).await;
    let void = r#"{"void_date":"2026-03-13"}"#;
    let voided = client.json("POST", &at(1, "payment/3/void/"), void, 200).await;
    assert_eq!(
        (&voided["voided_date"], &voided["payment_type"]),
        (&json!("2026-03-13"), &json!("MANUAL_TRANSACTION"))
    );
    let memo = client.json("GET", &one(3, ""), "", 200).await;
    assert_eq!(figures(&memo), ["open", "100.0", "0.0", "100.0"]);
    // Applied on an invoice, it is freed there and not voided.
    client.json("POST", &at(2, "pay/"), &by_credit(3, "55"), 200).await;
    client.json("POST", &at(3, "pay/"), &by_credit(3, "45"), 200).await;
    let memo = client.json("GET", &one(3, ""), "", 200).await;
    assert_eq!(figures(&memo), ["used", "100.0", "100.0", "0.0"]);
    let freed = client.json("POST", &at(2, "payment/3/void/"), "", 200).await;
    assert_eq!(
        (&freed["payment_type"], &freed["credit_memo"], &freed["payment_date"]),
        (&json!("CREDIT_MEMO"), &json!(3), &json!("2026-03-12"))
    );
    // The invoice goes, and its credit stays.
    assert_eq!(client.call("DELETE", &at(3, ""), "").await.status, 204);
    let memo = client.json("GET", &one(3, ""), "", 200).await;
    assert_eq!(figures(&memo), ["open", "100.0", "0.0", "100.0"]);
    // Another dialect voids the payment: the memo is void, and can be deleted.
    let context = world.context(world.book);
    world
        .app
        .books
        .void_payment(&context, Named::Key(3), None)
        .await
        .unwrap();
    let memo = client.json("GET", &one(3, ""), "", 200).await;
    assert_valid("campfire", "CreditMemo", &memo);
    assert_eq!(figures(&memo), ["voided", "45.0", "0.0", "0.0"]);
    client.json("POST", &at(2, "pay/"), &by_credit(3, "1"), 400).await;
    assert_eq!(client.call("DELETE", &one(3, ""), "").await.status, 204);
    // An invoice that was overpaid takes along what settled it, and leaves the rest.
    overpay(&client).await;
    assert_eq!(client.call("DELETE", &at(1, ""), "").await.status, 204);
    let memo = client.json("GET", &one(4, ""), "", 200).await;
    assert_eq!(figures(&memo), ["open", "45.0", "0.0", "45.0"]);
    assert!(is_clean(&world).await);
}

#[tokio::test]
async fn listed_with_the_others() {
    let world = World::new().await;
    let client = Client::new(&world);
    begin(&client).await;
    overpay(&client).await;
    create(&client, MEMO).await;
    // A deposit of another dialect is credit as well; of nobody it is not.
    for customer in [Some(Named::Key(2)), None] {
        let input = quittance_books::input::PaymentInput {
            currency: None,
            rate: None,
            customer,
            paid_on: Some("2026-03-09".parse().unwrap()),
            paid_at: None,
            amount: quittance_accounting::money::Amount::new(700),
            method: quittance_accounting::settlement::Method::Cash,
            witness: quittance_accounting::settlement::Witness::Hand,
            clearing: quittance_accounting::issuing::AccountChoice::Role(
                quittance_accounting::account::AccountRole::Clearing,
            ),
            parts: Vec::new(),
            external_id: None,
            content: Default::default(),
        };
        let rules = &quittance_server::dialects::campfire::rules::OVERPAID;
        let context = world.context(world.book);
        world
            .app
            .books
            .record_payment(&context, rules, input, None)
            .await
            .unwrap();
    }
    client.json("POST", &at(2, "pay/"), &by_credit(1, "25"), 200).await;
    for (query, expected) in [
        ("", vec![1, 2, 3]),
        ("?sort=credit_memo_date", vec![3, 2, 1]),
        ("?sort=-total_amount", vec![1, 2, 3]),
        ("?sort=-amount_used", vec![1, 3, 2]),
        ("?sort=client_name", vec![3, 1, 2]),
        ("?status=open", vec![2, 3]),
        ("?status=partially_used", vec![1]),
        ("?status=used", vec![]),
        ("?client=1", vec![1, 2]),
        ("?q=op-", vec![1, 3]),
        ("?q=towing", vec![3]),
        ("?start_date=2026-03-12", vec![1]),
        ("?end_date=2026-03-09", vec![3]),
        ("?limit=1&offset=1", vec![2]),
    ] {
        let page = client.json("GET", &format!("{MEMOS}{query}"), "", 200).await;
        assert_valid("campfire", "CreditMemoPage", &page);
        let rows = page["results"].as_array().unwrap().iter();
        let ids: Vec<i64> = rows.map(|row| row["id"].as_i64().unwrap()).collect();
        assert_eq!(ids, expected, "{query}");
        let all = if query.contains("limit") { 3 } else { expected.len() };
        assert_eq!(page["count"], json!(all), "{query}");
    }
}

#[tokio::test]
async fn several_payments_of_one_call() {
    let world = World::new().await;
    let client = Client::new(&world);
    begin(&client).await;
    let two = json!({"empty_transactions": [
        {"account_id": null, "account_name": null, "amount": 55, "payment_date": "2026-03-12"},
        {"account_id": 2, "account_name": "Bank", "amount": "10", "payment_date": "2026-03-13", "memo": "Twice"},
    ]});
    let paid = client.json("POST", &at(1, "pay/"), &two.to_string(), 200).await;
    assert_valid("campfire", "Paid", &paid);
    assert_eq!(
        paid["auto_created_credit_memos"],
        json!([{"id": 2, "credit_memo_number": "OP-2"}])
    );
    assert_eq!(paid["payment_ids"], json!([1, 2]));
    let memo = client.json("GET", &one(2, ""), "", 200).await;
    assert_eq!(figures(&memo), ["open", "10.0", "0.0", "10.0"]);
    assert_eq!(memo["journal_entry"], paid["journal_entry_ids"][1]);
    assert_eq!(memo["lines"][0]["account"], json!(2));
    // Credit and money in one call: what is due after the credit is what the money settles.
    let both = json!({
        "credit_memos": [{"credit_memo_id": 2, "amount": 10, "posted_at": "2026-03-14"}],
        "empty_transactions": [{"account_id": null, "account_name": null, "amount": 50, "payment_date": "2026-03-14"}],
    });
    let paid = client.json("POST", &at(2, "pay/"), &both.to_string(), 200).await;
    assert_eq!(
        paid["auto_created_credit_memos"],
        json!([{"id": 3, "credit_memo_number": "OP-3"}])
    );
    let memo = client.json("GET", &one(3, ""), "", 200).await;
    assert_eq!(figures(&memo), ["open", "5.0", "0.0", "5.0"]);
    assert!(is_clean(&world).await);
}
