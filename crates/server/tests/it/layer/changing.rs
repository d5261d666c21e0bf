//! What was recorded is changed and taken back: payments, refunds, write-offs, and all of them by a reset.

use serde_json::{Value, json};

use super::editing::say;
use super::{Desk, assert_wire_error};
use crate::golden::Transcript;

const NONE: Value = Value::Null;

fn id_of(data: &Value) -> &str {
    data["id"].as_str().unwrap()
}

#[tokio::test]
async fn payments_are_changed_and_deleted() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/payments");
    let (one, two) = (desk.invoice("one").await, desk.invoice("two").await);
    let pay = json!({"amount": 5000, "method": "CASH", "paid_at": "2026-03-12T10:00:00Z", "memo": "first"});
    let path = format!("/invoices/{one}/payment");
    let made = desk.expect(201, "POST", &path, &pay).await;
    let general = format!("/invoices/payments/{}", id_of(&made));
    let change =
        json!({"amount": 6000, "paid_at": "2026-03-13", "method": "CHECK", "memo": null, "reference_number": "R-7"});
    let changed = say(&mut said, &desk, "change a payment", ("PATCH", &general), &change, 200).await;
    assert_eq!(
        (&changed["id"], &changed["allocations"][0]["amount"]),
        (&made["id"], &json!(6000))
    );
    assert_eq!((&changed["method"], &changed["memo"]), (&json!("CHECK"), &NONE));
    let shown = desk.expect(200, "GET", &format!("/invoices/{one}"), &NONE).await;
    assert_eq!(shown["outstanding_balance"], 19000);
    let dedicated = format!("{path}/{}", id_of(&made));
    let replace = json!({"amount": 25000, "method": "ACH", "paid_at": "2026-03-14"});
    let replaced = say(&mut said, &desk, "replace it", ("PUT", &dedicated), &replace, 200).await;
    assert_eq!(
        (&replaced["amount"], &replaced["reference_number"]),
        (&json!(25000), &NONE)
    );
    say(
        &mut said,
        &desk,
        "more than is owed",
        ("PATCH", &general),
        &json!({"amount": 25001}),
        400,
    )
    .await;
    let deleted = say(&mut said, &desk, "delete it", ("DELETE", &dedicated), &NONE, 200).await;
    assert_eq!(
        (&deleted["amount"], &deleted["allocations"][0]["amount"]),
        (&json!(25000), &json!(25000))
    );
    say(&mut said, &desk, "it is gone", ("DELETE", &dedicated), &NONE, 404).await;
    let shown = desk.expect(200, "GET", &format!("/invoices/{one}"), &NONE).await;
    assert_eq!(
        (&shown["status"], &shown["outstanding_balance"]),
        (&json!("SENT"), &json!(25000))
    );

    let both = json!({"amount": 300, "method": "CASH", "paid_at": "2026-03-12",
        "invoice_payments": [{"invoice_id": one, "amount": 100}, {"invoice_id": two, "amount": 200}]});
    let made = desk.expect(201, "POST", "/invoices/payments", &both).await;
    let general = format!("/invoices/payments/{}", id_of(&made));
    say(
        &mut said,
        &desk,
        "of which invoice?",
        ("PATCH", &general),
        &json!({"amount": 400}),
        400,
    )
    .await;
    let parts = json!({"amount": 400, "invoice_payments": [{"invoice_id": one, "amount": 150}, {"invoice_id": two, "amount": 250}]});
    say(&mut said, &desk, "of both", ("PATCH", &general), &parts, 200).await;
    let uneven = json!({"amount": 400, "invoice_payments": [{"invoice_id": one, "amount": 150}]});
    assert_wire_error(&desk.call("PATCH", &general, &uneven.to_string()).await, 400);
    let of_one = format!("/invoices/{one}/payment/{}", id_of(&made));
    assert_wire_error(&desk.call("PUT", &of_one, &replace.to_string()).await, 400);
    let short = format!("/payments/{}/delete", id_of(&made));
    say(
        &mut said,
        &desk,
        "delete it as the page has it",
        ("POST", &short),
        &NONE,
        200,
    )
    .await;
    let again = desk
        .expect(
            201,
            "POST",
            &path,
            &json!({"amount": 100, "method": "CASH", "paid_at": "2026-03-12"}),
        )
        .await;
    let general = format!("/invoices/payments/{}", id_of(&again));
    say(
        &mut said,
        &desk,
        "delete another",
        ("POST", &format!("{general}/delete")),
        &NONE,
        200,
    )
    .await;
    for (method, path, body, status) in [
        ("PATCH", general.clone(), json!({}), 404),
        ("PATCH", "/invoices/payments/x".to_owned(), json!({}), 400),
        ("POST", format!("{general}/delete"), json!({}), 404),
        (
            "PUT",
            format!("/invoices/{two}/payment/{}", id_of(&made)),
            replace.clone(),
            404,
        ),
    ] {
        assert_wire_error(&desk.call(method, &path, &body.to_string()).await, status);
    }
    said.check();
}

#[tokio::test]
async fn a_payment_of_a_closed_period_stays() {
    let desk = Desk::new().await;
    let id = desk.invoice_on("old", "2026-02-10").await;
    let pay = json!({"amount": 100, "method": "CASH", "paid_at": "2026-02-12"});
    let made = desk.expect(201, "POST", &format!("/invoices/{id}/payment"), &pay).await;
    desk.expect(
        200,
        "PATCH",
        "/accounting-config",
        &json!({"closing_date": "2026-03-01"}),
    )
    .await;
    let general = format!("/invoices/payments/{}", id_of(&made));
    for (method, path, body) in [
        ("PATCH", general.clone(), json!({"amount": 200})),
        ("POST", format!("{general}/delete"), NONE),
        ("POST", format!("/invoices/{id}/reset"), NONE),
    ] {
        let response = desk.call(method, &path, &body.to_string()).await;
        assert_eq!(
            assert_wire_error(&response, 400)["error_enum"],
            "PeriodIsClosed",
            "{path}"
        );
    }
}

#[tokio::test]
async fn refunds_and_write_offs_are_taken_back() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/taken_back");
    let one = desk.invoice("one").await;
    let invoice = desk.expect(200, "GET", &format!("/invoices/{one}"), &NONE).await;
    let pay = json!({"amount": 25000, "method": "CASH", "paid_at": "2026-03-12"});
    let paid = desk
        .expect(201, "POST", &format!("/invoices/{one}/payment"), &pay)
        .await;
    let line = json!({"invoice_line_item_id": id_of(&invoice["line_items"][0]), "refunded_amount": 1000, "completed_at": "2026-03-13"});
    let refund = say(
        &mut said,
        &desk,
        "refund of a line",
        ("POST", "/invoices/refunds"),
        &line,
        201,
    )
    .await;
    let of = json!({"invoice_payment_id": id_of(&paid), "refunded_amount": 500, "completed_at": "2026-03-13"});
    say(
        &mut said,
        &desk,
        "refund of a payment",
        ("POST", "/invoices/refunds"),
        &of,
        201,
    )
    .await;
    let two = json!({"invoice_payment_id": id_of(&paid), "invoice_id": one, "completed_at": "2026-03-13"});
    say(
        &mut said,
        &desk,
        "two targets",
        ("POST", "/invoices/refunds"),
        &two,
        400,
    )
    .await;
    let path = format!("/invoices/refunds/{}", id_of(&refund));
    say(&mut said, &desk, "a refund", ("GET", &path), &NONE, 200).await;
    let payment = format!("/invoices/payments/{}/delete", id_of(&paid));
    say(&mut said, &desk, "its payment stays", ("POST", &payment), &NONE, 400).await;
    let nothing = say(&mut said, &desk, "delete the refund", ("DELETE", &path), &NONE, 200).await;
    assert_eq!(nothing, json!({}));
    say(&mut said, &desk, "it is gone", ("GET", &path), &NONE, 404).await;
    let reset = say(
        &mut said,
        &desk,
        "reset drops the rest",
        ("POST", &format!("/invoices/{one}/reset")),
        &NONE,
        200,
    )
    .await;
    assert_eq!(
        (&reset["status"], &reset["outstanding_balance"]),
        (&json!("SENT"), &json!(25000))
    );
    assert_eq!(
        (&reset["payment_allocations"], &reset["refund_allocations"]),
        (&json!([]), &json!([]))
    );

    let off = desk
        .expect(201, "POST", &format!("/invoices/{one}/write-off"), &json!({}))
        .await;
    let path = format!("/invoices/{one}/write-offs/{}", id_of(&off));
    let back = say(&mut said, &desk, "take a write-off back", ("DELETE", &path), &NONE, 200).await;
    assert_eq!(back["amount"], 25000);
    say(&mut said, &desk, "twice", ("DELETE", &path), &NONE, 404).await;
    let shown = desk.expect(200, "GET", &format!("/invoices/{one}"), &NONE).await;
    assert_eq!(shown["status"], "SENT");

    let two = desk.invoice("two").await;
    let both = json!({"amount": 300, "method": "CASH", "paid_at": "2026-03-12",
        "invoice_payments": [{"invoice_id": one, "amount": 100}, {"invoice_id": two, "amount": 200}]});
    desk.expect(201, "POST", "/invoices/payments", &both).await;
    desk.expect(200, "POST", &format!("/invoices/{one}/reset"), &NONE).await;
    let other = desk.expect(200, "GET", &format!("/invoices/{two}"), &NONE).await;
    assert_eq!(
        other["outstanding_balance"], 24800,
        "what settles another invoice stays"
    );
    let nobody = "01900000-0000-7000-8000-000000000000";
    for (method, path, status) in [
        ("GET", format!("/invoices/refunds/{nobody}"), 404),
        ("DELETE", "/invoices/refunds/x".to_owned(), 400),
        ("DELETE", format!("/invoices/{two}/write-offs/{nobody}"), 404),
    ] {
        assert_wire_error(&desk.call(method, &path, "").await, status);
    }
    for target in [
        json!({"invoice_line_item_id": "x"}),
        json!({"invoice_payment_id": nobody}),
        json!({"invoice_line_item_id": nobody}),
    ] {
        let mut body = json!({"completed_at": "2026-03-13"});
        body.as_object_mut()
            .unwrap()
            .extend(target.as_object().unwrap().clone());
        let status = if target["invoice_line_item_id"] == "x" {
            400
        } else {
            404
        };
        assert_wire_error(&desk.call("POST", "/invoices/refunds", &body.to_string()).await, status);
    }
    said.check();
}
