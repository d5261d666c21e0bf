//! Edits: an invoice replaced, patched, reset, and created with all that comes with it.

use serde_json::{Value, json};

use super::{Desk, assert_wire_error, full, simple};
use crate::golden::{Transcript, json as body_of};

pub async fn say(
    said: &mut Transcript,
    desk: &Desk,
    title: &str,
    call: (&str, &str),
    body: &Value,
    status: u16,
) -> Value {
    let target = format!("{}{}", desk.base, call.1);
    let headers = [("authorization", desk.auth.as_str())];
    let text = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let response = said.say(&desk.world, title, call.0, &target, &headers, &text).await;
    let shown = body_of(&response);
    assert_eq!(response.status, status, "{title}: {shown}");
    shown["data"].clone()
}

const NONE: Value = Value::Null;

#[tokio::test]
async fn an_invoice_is_changed() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/edited");
    let made = desk.expect(201, "POST", "/invoices", &full()).await;
    let one = format!("/invoices/{}", made["id"].as_str().unwrap());
    desk.world.pass_seconds(60);
    let memo = json!({"memo": "Other words", "due_at": null, "reference_number": null, "sent_at": "2026-03-02"});
    let patched = say(&mut said, &desk, "words and days", ("PATCH", &one), &memo, 200).await;
    assert_eq!(
        (&patched["memo"], &patched["due_at"], &patched["reference_number"]),
        (&json!("Other words"), &NONE, &NONE)
    );
    assert_eq!(
        (&patched["total_amount"], &patched["metadata"]),
        (&made["total_amount"], &made["metadata"])
    );
    assert_eq!(patched["line_items"], made["line_items"]);
    assert_eq!(patched["sent_at"], "2026-03-02T00:00:00Z");
    let lines = json!({"line_items": [{"product": "Widget", "unit_price": 2000, "quantity": "3"}], "additional_discount": 0,
        "additional_sales_taxes": [], "tips": 0, "customer_external_id": "cust-2"});
    let patched = say(&mut said, &desk, "lines and customer", ("PATCH", &one), &lines, 200).await;
    assert_eq!(
        (&patched["total_amount"], &patched["customer"]["external_id"]),
        (&json!(6000), &json!("cust-2"))
    );
    let mut whole = simple("order-77", "2026-03-03");
    whole["memo"] = json!("Anew");
    let replaced = say(&mut said, &desk, "all of it", ("PUT", &one), &whole, 200).await;
    assert_eq!(
        (&replaced["total_amount"], &replaced["invoice_number"]),
        (&json!(25000), &json!("2026-0077"))
    );
    assert_eq!((&replaced["metadata"], &replaced["memo"]), (&NONE, &json!("Anew")));
    let path = format!("{one}/payment");
    desk.expect(
        201,
        "POST",
        &path,
        &json!({"amount": 20000, "method": "CASH", "paid_at": "2026-03-12"}),
    )
    .await;
    let less = json!({"line_items": [{"unit_price": 100, "quantity": 1}]});
    say(&mut said, &desk, "below what is paid", ("PATCH", &one), &less, 400).await;
    let mut stranger = less;
    stranger["customer_external_id"] = json!("cust-8");
    assert_wire_error(&desk.call("PATCH", &one, &stranger.to_string()).await, 400);
    let nobody = desk.expect(200, "GET", "/customers?external_id=cust-8", &NONE).await;
    assert_eq!(nobody, json!([]), "the customer of a refused edit is not there either");
    let other = format!("/invoices/{}", desk.invoice("order-78").await);
    let known = json!({"customer_external_id": "cust-8"});
    let known = desk.expect(200, "PATCH", &other, &known).await;
    assert_eq!(known["customer"]["external_id"], "cust-8");
    let exact = json!({"line_items": [{"unit_price": 20000, "quantity": 1}]});
    let paid = say(&mut said, &desk, "to what is paid", ("PATCH", &one), &exact, 200).await;
    assert_eq!(paid["status"], "PAID");
    for (method, body) in [
        ("PATCH", json!({"sent_at": null})),
        ("PATCH", json!({"line_items": []})),
        ("PATCH", json!({"tips": -1})),
        ("PATCH", json!({"customer_id": "x"})),
        ("PATCH", json!({"invoice_number": 7})),
        ("PATCH", json!([])),
        ("PUT", json!({})),
    ] {
        assert_wire_error(&desk.call(method, &one, &body.to_string()).await, 400);
    }
    let nobody = "/invoices/01900000-0000-7000-8000-000000000000";
    assert_wire_error(&desk.call("PATCH", nobody, "{}").await, 404);
    assert_wire_error(&desk.call("PUT", nobody, "{}").await, 404);
    assert_wire_error(&desk.call("POST", &format!("{nobody}/reset"), "").await, 404);
    said.check();
}

#[tokio::test]
async fn a_void_is_reset() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/reset");
    let id = desk.invoice("again").await;
    let reset = format!("/invoices/{id}/reset");
    say(&mut said, &desk, "nothing to reset", ("POST", &reset), &NONE, 400).await;
    desk.expect(200, "POST", &format!("/invoices/{id}/void"), &NONE).await;
    let back = say(&mut said, &desk, "back to sent", ("POST", &reset), &NONE, 200).await;
    assert_eq!(
        (&back["status"], &back["outstanding_balance"], &back["voided_at"]),
        (&json!("SENT"), &json!(25000), &NONE)
    );
    said.check();
    // An invoice of nothing is paid as soon as it is sent, and by nothing.
    let mut nothing = simple("nothing", "2026-03-10T09:00:00Z");
    nothing["line_items"][0]["unit_price"] = json!(0);
    let made = desk.expect(201, "POST", "/invoices", &nothing).await;
    assert_eq!(made["status"], "PAID");
    let reset = format!("/invoices/{}/reset", made["id"].as_str().unwrap());
    assert_wire_error(&desk.call("POST", &reset, "").await, 400);
}

#[tokio::test]
async fn what_comes_with_an_invoice_is_of_its_commit() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/created_with");
    let mut paid = simple("paid", "2026-03-10");
    paid["payments"] = json!([
        {"paid_at": "2026-03-11", "method": "CASH", "amount": 5000, "external_id": "p-1"},
        {"paid_at": "2026-03-12", "method": "ACH", "amount": 20000}
    ]);
    let made = say(&mut said, &desk, "paid at once", ("POST", "/invoices"), &paid, 201).await;
    assert_eq!(
        (&made["status"], &made["paid_at"]),
        (&json!("PAID"), &json!("2026-03-12T00:00:00Z"))
    );
    let mut void = simple("void", "2026-03-10");
    void["voided_at"] = json!("2026-03-11");
    let made = say(&mut said, &desk, "void at once", ("POST", "/invoices"), &void, 201).await;
    assert_eq!(made["status"], "VOIDED");
    let mut over = simple("over", "2026-03-10");
    over["customer_external_id"] = json!("cust-9");
    over["payments"] = json!([{"paid_at": "2026-03-11", "method": "CASH", "amount": 25001}]);
    say(&mut said, &desk, "paid too much", ("POST", "/invoices"), &over, 400).await;
    let list = desk.expect(200, "GET", "/invoices", &NONE).await;
    assert_eq!(list.as_array().unwrap().len(), 2);
    let nobody = desk.expect(200, "GET", "/customers?external_id=cust-9", &NONE).await;
    assert_eq!(
        nobody,
        json!([]),
        "the customer of a refused invoice is not there either"
    );
    said.check();
}

#[tokio::test]
async fn an_invoice_is_finalized() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/finalized");
    let context = desk.world.context(desk.world.book);
    let (rules, bare) = (&quittance_server::dialects::layer::RULES, super::delete::bare(false));
    let draft = desk
        .world
        .app
        .books
        .create_invoice(&context, rules, bare, None)
        .await
        .unwrap();
    let path = format!("/invoices/{}", draft.invoice.id.uuid());
    let before = desk.expect(200, "GET", &path, &NONE).await;
    assert_eq!(before["sent_at"], NONE);
    let methods = format!("{path}/payment-methods");
    let none = say(
        &mut said,
        &desk,
        "before it is finalized",
        ("GET", &methods),
        &NONE,
        200,
    )
    .await;
    assert_eq!(none, json!({"payment_methods": []}));
    let finalize = format!("{path}/finalize-invoice");
    let body = json!({"payment_methods": ["CREDIT_CARD", "ach"], "custom_payment_instructions": "Or by wire"});
    let done = say(
        &mut said,
        &desk,
        "a draft of another dialect",
        ("PUT", &finalize),
        &body,
        200,
    )
    .await;
    assert_eq!(done["payment_methods"], json!(["CREDIT_CARD", "ACH"]));
    assert_eq!(done["invoice"]["sent_at"], "2026-03-15T12:00:00Z");
    assert_eq!(done["invoice"]["custom_payment_instructions"], "Or by wire");
    let shown = say(
        &mut said,
        &desk,
        "what it may be paid with",
        ("GET", &methods),
        &NONE,
        200,
    )
    .await;
    assert_eq!(shown["payment_methods"], done["payment_methods"]);

    let sent = desk.invoice("one").await;
    let finalize = format!("/invoices/{sent}/finalize-invoice");
    let cash = json!({"payment_methods": ["CASH"]});
    let done = say(&mut said, &desk, "one that was sent", ("PUT", &finalize), &cash, 200).await;
    assert_eq!(done["invoice"]["sent_at"], "2026-03-10T09:00:00Z");
    let whole = desk
        .expect(200, "PUT", &format!("/invoices/{sent}"), &simple("one", "2026-03-11"))
        .await;
    assert_eq!(whole["sent_at"], "2026-03-11T00:00:00Z");
    let kept = desk
        .expect(200, "GET", &format!("/invoices/{sent}/payment-methods"), &NONE)
        .await;
    assert_eq!(kept["payment_methods"], json!(["CASH"]), "a replacement names none");
    desk.expect(200, "POST", &format!("/invoices/{sent}/void"), &NONE).await;
    say(&mut said, &desk, "a void one", ("PUT", &finalize), &cash, 400).await;
    for (body, status) in [
        (json!({}), 400),
        (json!([]), 400),
        (json!({"payment_methods": "CASH"}), 400),
        (json!({"payment_methods": ["BARTER"]}), 400),
        (json!({"payment_methods": [7]}), 400),
        (json!({"payment_methods": vec!["CASH"; 21]}), 400),
        (json!({"payment_methods": [], "custom_payment_instructions": 7}), 400),
    ] {
        assert_wire_error(&desk.call("PUT", &finalize, &body.to_string()).await, status);
    }
    let nobody = "01900000-0000-7000-8000-000000000000";
    for (method, path, status) in [
        ("PUT", format!("/invoices/{nobody}/finalize-invoice"), 404),
        ("GET", format!("/invoices/{nobody}/payment-methods"), 404),
        ("GET", "/invoices/x/payment-methods".to_owned(), 400),
        ("POST", format!("/invoices/{sent}/finalize-invoice"), 405),
    ] {
        assert_wire_error(&desk.call(method, &path, &cash.to_string()).await, status);
    }
    said.check();
}
