//! The life of an invoice, from draft to paid or canceled.

use serde_json::json;

use super::{NEWEST, Shop, assert_error, id_of};
use crate::golden::{Transcript, json as body_of};
use crate::schema::assert_valid;

#[tokio::test]
async fn a_draft_is_sent_paid_in_parts_and_listed_with_its_payments() {
    let shop = Shop::open().await;
    let id = shop.draft().await;
    shop.world.pass_seconds(1);
    let sent = shop.set_status(&id, "unpaid").await;
    assert_eq!(
        (&sent["status"], &sent["sentOn"]),
        (&json!("unpaid"), &json!("2026-03-15T12:00:01Z"))
    );
    let first = json!({
        "amount": {"currency": "usd", "valueDecimal": "40.0"},
        "foreignID": "check 17", "description": "by mail", "paymentDate": "2026-03-01T08:00:00.123456789Z",
    });
    let made = shop.call("POST", &format!("/{id}/payments"), &first.to_string()).await;
    assert_eq!(made.status, 200);
    let made = body_of(&made);
    assert_valid("moov", "InvoicePayment", &made);
    assert_eq!(made["amount"]["valueDecimal"], "40.00");
    assert_eq!(made["external"]["paymentDate"], "2026-03-01T08:00:00.123456789Z");
    let partly = shop.get(&id).await;
    assert_eq!(
        (&partly["status"], &partly["paidAmount"]["valueDecimal"]),
        (&json!("unpaid"), &json!("40.00"))
    );
    let second = shop.pay(&id, "60.00").await;
    let paid = shop.get(&id).await;
    assert_eq!(
        (&paid["status"], &paid["paidOn"]),
        (&json!("paid"), &json!("2026-03-15T12:00:01Z"))
    );
    let listed = shop.call("GET", &format!("/{id}/payments"), "").await;
    let listed = body_of(&listed);
    assert_valid("moov", "InvoicePayments", &listed);
    assert_eq!(listed, json!([made, second]));
    assert_eq!(paid["invoicePayments"], listed);
}

#[tokio::test]
async fn moov_go_is_answered_201_for_a_payment() {
    let shop = Shop::open().await;
    let id = shop.unpaid().await;
    let headers = [
        ("Authorization", shop.bearer.as_str()),
        ("User-Agent", "moov-go/v0.60.0"),
    ];
    let body = r#"{"amount":{"currency":"USD","valueDecimal":"1.00"}}"#;
    let path = shop.path(&format!("/{id}/payments"));
    assert_eq!(shop.world.send("POST", &path, &headers, body).await.status, 201);
}

#[tokio::test]
async fn payments_that_do_not_fit_are_refused() {
    let shop = Shop::open().await;
    let draft = shop.draft().await;
    let sent = shop.unpaid().await;
    shop.pay(&sent, "99.99").await;
    let paid = shop.unpaid().await;
    shop.pay(&paid, "100.00").await;
    let canceled = shop.unpaid().await;
    shop.set_status(&canceled, "canceled").await;
    let before = shop.balances().await;
    for (id, value, words) in [
        (&draft, "1.00", "the invoice is draft"),
        (&sent, "0.02", "0.01 USD is open, which is less than 0.02 USD"),
        (&paid, "0.01", "the invoice is paid"),
        (&canceled, "0.01", "the invoice is canceled"),
    ] {
        let body = json!({"amount": {"currency": "USD", "valueDecimal": value}}).to_string();
        let message = assert_error(&shop.call("POST", &format!("/{id}/payments"), &body).await, 409);
        assert!(message.contains(words), "{message}");
    }
    let closed = jiff::civil::date(2026, 2, 28);
    let context = shop.world.context(shop.world.book);
    shop.world.app.books.close_period(&context, closed).await.unwrap();
    let body = json!({
        "amount": {"currency": "USD", "valueDecimal": "0.01"}, "paymentDate": "2026-02-01T00:00:00Z",
    });
    let message = assert_error(
        &shop.call("POST", &format!("/{sent}/payments"), &body.to_string()).await,
        409,
    );
    assert!(message.contains("closed through 2026-02-28"), "{message}");
    assert_eq!(shop.balances().await, before);
}

#[tokio::test]
async fn only_a_draft_is_sent_and_only_what_is_owed_is_canceled() {
    let shop = Shop::open().await;
    let sent = shop.unpaid().await;
    let part_paid = shop.unpaid().await;
    shop.pay(&part_paid, "1.00").await;
    let paid = shop.unpaid().await;
    shop.pay(&paid, "100.00").await;
    let canceled = shop.draft().await;
    let done = shop.set_status(&canceled, "canceled").await;
    assert!(done["canceledOn"].is_string() && done.get("sentOn").is_none(), "{done}");
    let before = shop.balances().await;
    for (id, status, words) in [
        (&sent, "unpaid", "the invoice is unpaid"),
        (&paid, "unpaid", "the invoice is paid"),
        (&canceled, "unpaid", "the invoice is canceled"),
        (&part_paid, "canceled", "Payments of 1.00 USD"),
        (&paid, "canceled", "the invoice is paid"),
        (&canceled, "canceled", "the invoice is canceled"),
    ] {
        let body = json!({"status": status}).to_string();
        let message = assert_error(&shop.call("PATCH", &format!("/{id}"), &body).await, 409);
        assert!(message.contains(words), "{message}");
    }
    assert_eq!(shop.balances().await, before);
    let done = shop.set_status(&sent, "canceled").await;
    assert_eq!(
        (&done["status"], done["canceledOn"].is_string()),
        (&json!("canceled"), true)
    );
    assert!(shop.ids("").await.contains(&sent), "a canceled invoice stays in lists");
}

#[tokio::test]
async fn an_update_says_what_it_cannot_change() {
    let shop = Shop::open().await;
    let id = shop.draft().await;
    let as_it_was = shop.get(&id).await;
    let rest = format!("/{id}");
    for body in [r#"{"invoiceNumber":"X"}"#, "[]", "", "{", r#"{"status":1}"#] {
        assert_error(&shop.call("PATCH", &rest, body).await, 400);
    }
    for status in ["draft", "paid", "overdue", "payment-pending", "gone", ""] {
        let answer = shop.call("PATCH", &rest, &json!({"status": status}).to_string()).await;
        assert_eq!(answer.status, 422, "{answer:?}");
        assert_valid("moov", "UpdateInvoiceError", &body_of(&answer));
    }
    let nothing = shop.call("PATCH", &rest, "{}").await;
    assert_eq!((nothing.status, body_of(&nothing)), (200, as_it_was));
}

#[tokio::test]
async fn due_is_an_instant_to_the_nanosecond() {
    let shop = Shop::open().await;
    let mut body = shop.new_invoice();
    body["dueDate"] = json!("2026-03-15T14:00:02.000000001+02:00");
    let id = id_of(&shop.create(&body).await);
    shop.set_status(&id, "unpaid").await;
    assert_eq!(shop.get(&id).await["dueDate"], "2026-03-15T12:00:02.000000001Z");
    shop.world.pass_seconds(2);
    assert_eq!(shop.get(&id).await["status"], "unpaid");
    shop.world.pass_seconds(1);
    assert_eq!(shop.get(&id).await["status"], "overdue");
    let done = shop.set_status(&id, "canceled").await;
    assert_eq!(done["status"], "canceled");
}

#[tokio::test]
async fn numbers_are_counted_or_brought() {
    let shop = Shop::open().await;
    let number = |number: &'static str| {
        let mut body = shop.new_invoice();
        body["invoiceNumber"] = json!(number);
        let shop = &shop;
        async move { shop.call("POST", "", &body.to_string()).await }
    };
    assert_eq!(body_of(&number("  ").await)["invoiceNumber"], "INV-1");
    assert_eq!(body_of(&number("A-7").await)["invoiceNumber"], "A-7");
    let message = assert_error(&number("A-7").await, 409);
    assert_eq!(message, "The invoice number A-7 is taken.");
    assert_eq!(body_of(&number("").await)["invoiceNumber"], "INV-2");
}

#[tokio::test]
async fn exchanges() {
    let shop = Shop::open().await;
    let world = &shop.world;
    let mut said = Transcript::new("moov/life");
    let headers = [("Authorization", shop.bearer.as_str()), NEWEST];
    let body = json!({
        "customerAccountID": shop.customer,
        "customerEmail": "billing@example.com",
        "description": "March",
        "invoiceDate": "2026-03-15T09:00:00.5Z",
        "dueDate": "2026-03-15T12:00:01Z",
        "amountDetails": {
            "tax": {"currency": "USD", "valueDecimal": "1.23"},
            "surcharge": {"currency": "USD", "valueDecimal": "0.50"},
        },
        "payment": {"allowedMethods": ["card-payment"], "cardDetails": {"dynamicDescriptor": "ACME MARCH"}},
        "lineItems": {"items": [{
            "name": "Class", "basePrice": {"currency": "USD", "valueDecimal": "0.03"}, "quantity": 2,
            "options": [{
                "name": "Mat", "quantity": 2, "group": "Extras",
                "priceModifier": {"currency": "USD", "valueDecimal": "0.01"},
            }],
        }]},
    });
    let made = said
        .say(world, "create", "POST", &shop.path(""), &headers, &body.to_string())
        .await;
    let made = body_of(&made);
    assert_valid("moov", "Invoice", &made);
    let path = shop.path(&format!("/{}", id_of(&made)));
    said.say(world, "in the older shape", "GET", &path, &headers[..1], "")
        .await;
    said.say(world, "send", "PATCH", &path, &headers, r#"{"status":"unpaid"}"#)
        .await;
    world.pass_seconds(1);
    said.say(world, "overdue", "GET", &shop.path("?status=overdue"), &headers, "")
        .await;
    let pay = |value: &str| json!({"amount": {"currency": "USD", "valueDecimal": value}}).to_string();
    let payments = format!("{path}/payments");
    said.say(world, "pay too much", "POST", &payments, &headers, &pay("2.00"))
        .await;
    said.say(world, "pay", "POST", &payments, &headers, &pay("1.83")).await;
    said.say(world, "the payments", "GET", &payments, &headers, "").await;
    said.say(world, "paid", "GET", &path, &headers, "").await;
    said.say(world, "cancel", "PATCH", &path, &headers, r#"{"status":"canceled"}"#)
        .await;
    said.check();
}
