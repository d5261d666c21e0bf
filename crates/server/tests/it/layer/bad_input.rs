//! Bad input of every kind: refused with a clear error, nothing written.

use serde_json::{Value, json};

use super::{Desk, assert_wire_error, simple};
use crate::golden::json as body_of;

/// The simple invoice with one member changed.
fn with(pointer: &str, value: Value) -> String {
    let mut body = simple("bad", "2026-03-10");
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[name] = value;
    body.to_string()
}

fn invoices() -> Vec<(String, u16)> {
    let long = "x".repeat(300);
    let line = json!({"unit_price": 1, "quantity": 1});
    let mut rows: Vec<(String, u16)> = ["", " ", "{", "[]", "null", "1", "\"x\"", "{\"a\":1,}", "nul"]
        .into_iter()
        .map(|text| (text.to_owned(), 400))
        .collect();
    rows.push((format!("{}{}", "[".repeat(200), "]".repeat(200)), 400));
    rows.push((
        "{\"line_items\":[{\"unit_price\":1e999999,\"quantity\":1}]}".to_owned(),
        400,
    ));
    let changed: [(&str, Value, u16); 48] = [
        ("/external_id", json!(7), 400),
        ("/external_id", json!(long), 400),
        ("/external_id", json!("a\u{0}b"), 400),
        ("/sent_at", Value::Null, 400),
        ("/sent_at", json!("yesterday"), 400),
        ("/sent_at", json!(1_700_000_000), 400),
        ("/sent_at", json!("2026-02-30"), 400),
        ("/sent_at", json!("2026-03-10T09:00:00"), 400),
        ("/sent_at", json!("9999-12-31"), 400),
        ("/sent_at", json!("-009999-01-01"), 400),
        ("/sent_at", json!("0001-01-01T00:00:00Z"), 400),
        ("/due_at", json!("2026-13-01"), 400),
        ("/invoice_number", json!(["A"]), 400),
        ("/customer_external_id", Value::Null, 400),
        ("/customer_id", json!("nobody"), 400),
        ("/customer_id", json!("c4007474-f604-4d57-9690-b7f40f7a1cee"), 404),
        ("/customer_id", json!("01900000-0000-7000-8000-000000000000"), 404),
        ("/line_items", Value::Null, 400),
        ("/line_items", json!([]), 400),
        ("/line_items", json!({}), 400),
        ("/line_items", json!(["x"]), 400),
        ("/line_items", json!(vec![line; 1001]), 400),
        ("/line_items/0/unit_price", Value::Null, 400),
        ("/line_items/0/unit_price", json!("12"), 400),
        ("/line_items/0/unit_price", json!(12.5), 400),
        ("/line_items/0/unit_price", json!(9_223_372_036_854_775_807_i64), 400),
        ("/line_items/0/unit_price", json!(-1), 400),
        ("/line_items/0/quantity", Value::Null, 400),
        ("/line_items/0/quantity", json!("two"), 400),
        ("/line_items/0/quantity", json!(-1), 400),
        ("/line_items/0/quantity", json!("1000000000000"), 400),
        ("/line_items/0/quantity", json!("0.0000000000001"), 400),
        ("/line_items/0/discount_amount", json!(i64::MIN), 400),
        ("/line_items/0/discount_amount", json!(-5), 400),
        ("/line_items/0/discount_amount", json!(99_999_999), 400),
        ("/line_items/0/sales_taxes", json!([{}]), 400),
        (
            "/line_items/0/sales_taxes",
            json!([{"amount": 1, "tax_account": {"type": "Tax_Name"}}]),
            400,
        ),
        (
            "/line_items/0/sales_taxes",
            json!([{"amount": 1, "tax_account": {"type": "stablename", "name": "VAT"}}]),
            400,
        ),
        ("/line_items/0/account_identifier", json!("SALES"), 400),
        (
            "/line_items/0/account_identifier",
            json!({"type": "AccountId", "id": "x"}),
            400,
        ),
        (
            "/line_items/0/account_identifier",
            json!({"type": "StableName", "stable_name": "NO_SUCH"}),
            404,
        ),
        (
            "/line_items/0/prepayment_account_identifier",
            json!({"type": "AccountId"}),
            400,
        ),
        ("/payments", json!([{"amount": 1}]), 400),
        ("/payments", json!({"amount": 1}), 400),
        (
            "/payments",
            json!([{"amount": 25_001, "method": "CASH", "paid_at": "2026-03-11"}]),
            400,
        ),
        ("/voided_at", json!(7), 400),
        ("/metadata", json!({"big": "x".repeat(1100)}), 400),
        ("/tags", json!([{"key": "only"}]), 400),
    ];
    rows.extend(
        changed
            .into_iter()
            .map(|(pointer, value, status)| (with(pointer, value), status)),
    );
    rows
}

#[tokio::test]
async fn invoices_that_cannot_be() {
    let desk = Desk::new().await;
    for (body, status) in invoices() {
        let response = desk.call("POST", "/invoices", &body).await;
        let shown: String = body.chars().take(200).collect();
        assert_eq!(
            response.status,
            status,
            "{shown}: {}",
            String::from_utf8_lossy(&response.body)
        );
        assert_wire_error(&response, status);
    }
    let list = body_of(&desk.call("GET", "/invoices?show_total_count=true", "").await);
    assert_eq!(list["meta"]["pagination"]["total_count"], 0);
}

#[tokio::test]
async fn settlements_that_cannot_be() {
    let desk = Desk::new().await;
    let id = desk.invoice("mine").await;
    let pay = |change: Value| {
        let mut body = json!({"amount": 100, "method": "CASH", "paid_at": "2026-03-12"});
        let members = change.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(members);
        body
    };
    let over = |amount: i64, part: i64, named: Value| {
        let mut part = json!({"amount": part});
        part.as_object_mut().unwrap().extend(named.as_object().unwrap().clone());
        json!({"amount": amount, "method": "CASH", "paid_at": "2026-03-12", "invoice_payments": [part]})
    };
    let (one, off) = (format!("/invoices/{id}/payment"), format!("/invoices/{id}/write-off"));
    let refund = format!("/invoices/{id}/refund");
    let nobody = "01900000-0000-7000-8000-000000000000";
    let rows: Vec<(&str, Value, u16)> = vec![
        (&one, pay(json!({"amount": 0})), 400),
        (&one, pay(json!({"amount": -1})), 400),
        (&one, pay(json!({"amount": null})), 400),
        (&one, pay(json!({"amount": 25001})), 400),
        (&one, pay(json!({"method": "BARTER"})), 400),
        (&one, pay(json!({"method": null})), 400),
        (&one, pay(json!({"paid_at": null})), 400),
        (&one, pay(json!({"fee": -1})), 400),
        (&one, pay(json!({"additional_fees": [{"fee_amount": 1}]})), 400),
        (
            &one,
            pay(
                json!({"payment_clearing_account_identifier": {"type": "StableName", "stable_name": "ACCOUNTS_RECEIVABLE"}}),
            ),
            400,
        ),
        ("/invoices/payments", pay(json!({})), 400),
        ("/invoices/payments", over(100, 99, json!({"invoice_id": id})), 400),
        ("/invoices/payments", over(100, 100, json!({})), 400),
        ("/invoices/payments", over(100, 100, json!({"invoice_id": "x"})), 400),
        ("/invoices/payments", over(100, 100, json!({"invoice_id": nobody})), 404),
        (
            "/invoices/payments",
            over(100, 100, json!({"invoice_external_id": "nobody"})),
            404,
        ),
        (
            "/invoices/payments",
            pay(json!({"invoice_payments": [{"invoice_id": id, "amount": 60}, {"invoice_id": id, "amount": 40}]})),
            400,
        ),
        (&refund, json!({"completed_at": "2026-03-12"}), 400),
        (&refund, json!({}), 400),
        (
            &refund,
            json!({"completed_at": "2026-03-12", "refunded_amount": 0}),
            400,
        ),
        ("/invoices/refunds", json!({"completed_at": "2026-03-12"}), 400),
        (
            "/invoices/refunds",
            json!({"completed_at": "2026-03-12", "invoice_payment_id": nobody}),
            404,
        ),
        (&off, json!({"amount": 0}), 400),
        (&off, json!({"amount": 25001}), 400),
        (&off, json!({"write_off_mode": "LATER"}), 400),
        (
            &off,
            json!({"write_off_mode": "REVENUE_REVERSAL", "destination_ledger_account": {"type": "StableName", "stable_name": "BAD_DEBT"}}),
            400,
        ),
        (
            &off,
            json!({"destination_ledger_account": {"type": "StableName", "stable_name": "CASH"}}),
            400,
        ),
        ("/customers", json!({"individual_name": 7}), 400),
        ("/customers", json!({"email": "x".repeat(300)}), 400),
        ("/customers", json!([]), 400),
    ];
    for (path, body, status) in rows {
        let response = desk.call("POST", path, &body.to_string()).await;
        assert_eq!(
            response.status,
            status,
            "{path} {body}: {}",
            String::from_utf8_lossy(&response.body)
        );
        assert_wire_error(&response, status);
    }
    let shown = desk.expect(200, "GET", &format!("/invoices/{id}"), &Value::Null).await;
    assert_eq!(
        (&shown["status"], &shown["outstanding_balance"]),
        (&json!("SENT"), &json!(25000))
    );
}

#[tokio::test]
async fn bodies_that_cannot_be_read() {
    use quittance_server::http::Request;
    use quittance_server::http::message::Method;
    let desk = Desk::new().await;
    let request = || {
        Request::new(Method::POST, &format!("{}/invoices", desk.base), desk.world.app.now())
            .with_header("authorization", &desk.auth)
    };
    let not_text = request().with_body(vec![b'{', 0xff, b'}']);
    assert_wire_error(&desk.world.app.answer(not_text).await, 400);
    let mut too_large = request();
    too_large.body_too_large = true;
    assert_wire_error(&desk.world.app.answer(too_large).await, 413);
    let mut texts = simple("long", "2026-03-10");
    let line = json!({"unit_price": 1, "quantity": 1, "description": "y".repeat(4000)});
    texts["line_items"] = json!(vec![line; 200]);
    let response = desk.call("POST", "/invoices", &texts.to_string()).await;
    assert_eq!(assert_wire_error(&response, 400)["error_enum"], "InvalidPayload");
}
