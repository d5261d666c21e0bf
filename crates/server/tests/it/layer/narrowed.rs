//! Lists of ledger entries and of payments, narrowed: by customer, tag and basis, by payout and bank match.

use quittance_accounting::snapshot::Named;
use serde_json::{Value, json};

use super::editing::say;
use super::{Desk, assert_wire_error, simple};
use crate::golden::{Transcript, json as body_of};

const NONE: Value = Value::Null;

fn each<'a>(page: &'a Value, member: &str) -> Vec<&'a Value> {
    page.as_array().unwrap().iter().map(|row| &row[member]).collect()
}

/// An entry of 5.00 about a customer.
fn fees(external_id: &str, customer: &str, store: &str) -> Value {
    let line = |account: &str, direction: &str| {
        json!({
            "account_identifier": {"type": "StableName", "stable_name": account},
            "amount": 500, "direction": direction,
        })
    };
    json!({
        "external_id": external_id, "entry_at": "2026-03-14", "created_by": "jsmith", "memo": "Fees",
        "customer_external_id": customer, "tags": [{"key": "store", "value": store}],
        "line_items": [line("FEES", "DEBIT"), line("CASH", "CREDIT")],
    })
}

#[tokio::test]
async fn entries_are_those_of_a_customer_or_of_a_tag() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/entries_narrowed");
    for (number, customer) in [("i-1", "cust-1"), ("i-2", "cust-2")] {
        let mut body = simple(number, "2026-03-10T09:00:00Z");
        body["customer_external_id"] = json!(customer);
        let id = desk.expect(201, "POST", "/invoices", &body).await["id"].clone();
        let id = id.as_str().unwrap();
        desk.pay(id, 20_000).await;
        let back = json!({"completed_at": "2026-03-13", "method": "ACH", "refunded_amount": 700});
        desk.expect(201, "POST", &format!("/invoices/{id}/refund"), &back).await;
        desk.expect(
            201,
            "POST",
            &format!("/invoices/{id}/write-off"),
            &json!({"amount": 100}),
        )
        .await;
    }
    for (number, customer, store) in [("e-1", "cust-1", "Oakland"), ("e-2", "cust-2", "Reno")] {
        let body = fees(number, customer, store);
        desk.expect(201, "POST", "/custom-journal-entries", &body).await;
    }
    let path = "/ledger/entries?customer_external_id=cust-2&reporting_basis=ACCRUAL&show_total_count=true";
    let theirs = say(&mut said, &desk, "of a customer", ("GET", path), &NONE, 200).await;
    let kinds = [
        "INVOICE",
        "INVOICE_PAYMENT",
        "REFUND_PAYMENT",
        "INVOICE_WRITE_OFF",
        "MANUAL",
    ];
    assert_eq!(each(&theirs, "entry_type"), kinds.map(Value::from).each_ref());
    for entry in theirs.as_array().unwrap() {
        assert_eq!(entry["customer"]["external_id"], "cust-2", "{entry}");
    }
    let path = "/ledger/entries?customer_external_id=cust-2&sort_by=entry_at&sort_order=DESC&limit=2";
    let last = say(&mut said, &desk, "the last of them", ("GET", path), &NONE, 200).await;
    assert_eq!(each(&last, "entry_number").len(), 2);
    let path = "/ledger/entries?tag_key=store&tag_values=oakland,Fresno";
    let tagged = say(&mut said, &desk, "of a tag", ("GET", path), &NONE, 200).await;
    assert_eq!(each(&tagged, "memo"), [&json!("Fees")]);
    let all = desk.expect(200, "GET", "/ledger/entries?tag_key=store", &NONE).await;
    assert_eq!(each(&all, "memo").len(), 2);
    for (query, status, kind) in [
        ("tag_values=Oakland", 400, "InvalidParameters"),
        ("tag_key=store&show_total_count=true", 400, "InvalidParameters"),
        ("reporting_basis=CASH", 400, "InvalidParameters"),
        ("customer_external_id=nobody", 404, "ResourceNotFound"),
    ] {
        let answer = desk.call("GET", &format!("/ledger/entries?{query}"), "").await;
        assert_eq!(assert_wire_error(&answer, status)["type"], kind, "{query}");
    }
    said.check();
}

#[tokio::test]
async fn payments_are_those_that_a_bank_vouches_for() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/payments_narrowed");
    desk.pay(&desk.invoice("i-1").await, 5_000).await;
    desk.invoice("i-2").await;
    let (books, named) = (&desk.world.app.books, Named::External("i-2".to_owned()));
    let hex = books
        .invoice(desk.world.book, &named)
        .await
        .unwrap()
        .unwrap()
        .invoice
        .id
        .hex();
    let body = json!({"invoices": [{"invoice": hex}], "witness": "bank", "paid_on": "2026-03-12"});
    let headers = [("authorization", desk.auth.as_str())];
    let paid = desk
        .world
        .send("POST", "/api/v1/payments", &headers, &body.to_string())
        .await;
    assert_eq!(paid.status, 201, "{}", body_of(&paid));
    for (title, query, count) in [
        ("matched", "matched=true", 1),
        ("not matched", "matched=false", 1),
        ("in a payout", "in_payout=true", 0),
        ("in no payout", "in_payout=false", 2),
    ] {
        let path = format!("/invoices/payments?{query}");
        let page = say(&mut said, &desk, title, ("GET", &path), &NONE, 200).await;
        assert_eq!(each(&page, "id").len(), count, "{title}");
    }
    let answer = desk.call("GET", "/invoices/payments?matched=maybe", "").await;
    assert_wire_error(&answer, 400);
    said.check();
}
