//! Bad input of every kind: an error of the vendor's form, and nothing changed.

use quittance_server::app::CallLimits;
use quittance_server::config::MinuteAndDay;
use quittance_server::http::Request;
use quittance_server::http::message::Method;
use serde_json::{Value, json};

use super::super::golden::{LIMITS, World, json};
use super::super::schema::assert_valid;
use super::{Desk, INVOICES, message, text, trial};

/// Limits that no test meets.
pub fn roomy() -> CallLimits {
    let many = MinuteAndDay {
        per_minute: 10_000,
        per_day: 10_000,
    };
    CallLimits {
        bookeeping_read: many,
        bookeeping_write: many,
        ..LIMITS
    }
}

async fn roomy_desk() -> Desk {
    Desk::over(World::with(roomy()).await).await
}

fn rate(kind: Value, value: Value) -> Value {
    json!({"type": kind, "value": value})
}

/// Faults of an invoice.
fn invoice_faults(desk: &Desk) -> Vec<Value> {
    let long = "x".repeat(256);
    let many: Vec<Value> = vec![json!({"name": "n", "quantity": 1, "unitPrice": 1}); 1001];
    let huge: Vec<Value> =
        vec![json!({"name": "n", "description": "d".repeat(9_000), "quantity": 1, "unitPrice": 1}); 100];
    vec![
        json!({"currency": null}),
        json!({"currency": "EUR"}),
        json!({"currency": "dollars"}),
        json!({"currency": 5}),
        json!({"counterParty": null}),
        json!({"counterParty": "1"}),
        json!({"counterParty": "666666666666666666666666"}),
        json!({"counterParty": {"_id": desk.counterparty}}),
        json!({"invoiceDate": null}),
        json!({"invoiceDate": 1_700_000_000}),
        json!({"invoiceDate": "2026-02-30"}),
        json!({"invoiceDate": "2026-03-01T00:00:00"}),
        json!({"invoiceDate": "2026-03-01 00:00:00Z"}),
        json!({"invoiceDate": "1026-03-01"}),
        json!({"invoiceDate": "9999-12-31T23:59:59Z"}),
        json!({"invoiceDate": "ééééééééééé"}),
        json!({"dueDate": null}),
        json!({"dueDate": "2026-02-28T23:59:59Z"}),
        json!({"invoiceDate": "2026-03-01T10:00:00Z", "dueDate": "2026-03-01T09:59:59Z"}),
        json!({"dueDate": "tomorrow"}),
        json!({"lineItems": null}),
        json!({"lineItems": []}),
        json!({"lineItems": {}}),
        json!({"lineItems": [1]}),
        json!({"lineItems": [{}]}),
        json!({"lineItems": many}),
        json!({"lineItems": huge}),
        json!({"note": 5}),
        json!({"note": "x".repeat(10_001)}),
        json!({"note": "a\u{0}b"}),
        json!({"a\u{0}b": 1}),
        json!({"invoiceId": ""}),
        json!({"invoiceId": 7}),
        json!({"invoiceId": long}),
        json!({"purchaseOrderId": {}}),
        json!({"discount": 5}),
        json!({"discount": {}}),
        json!({"discount": rate(json!("fixed"), json!(1))}),
        json!({"discount": rate(json!("FIXED"), json!("1"))}),
        json!({"discount": rate(json!("FIXED"), json!(-1))}),
        json!({"discount": rate(json!("FIXED"), json!(100.01))}),
        json!({"discount": rate(json!("PERCENTAGE"), json!(100.01))}),
        json!({"discount": {"type": "FIXED", "value": 1, "reason": "kind"}}),
    ]
}

/// Faults of a line.
fn line_faults(desk: &Desk) -> Vec<Value> {
    let line = |member: &str, value: Value| {
        let mut line = json!({"name": "Work", "quantity": 1, "unitPrice": 1});
        line[member] = value;
        json!({"lineItems": [line]})
    };
    let long = "x".repeat(256);
    let big: Value = serde_json::from_str("1e400").unwrap();
    let fine: Value = serde_json::from_str(&format!("0.{}1", "0".repeat(40))).unwrap();
    vec![
        line("name", json!(null)),
        line("name", json!(" ")),
        line("name", json!(long)),
        line("quantity", json!("1")),
        line("quantity", json!(-1)),
        line("quantity", big.clone()),
        line("unitPrice", json!(true)),
        line("unitPrice", big),
        line("unitPrice", fine),
        line("unitPrice", json!(100_000_000_000_u64 + 1)),
        line("unitPrice", json!(-1)),
        line("discount", rate(json!("FIXED"), json!(1.01))),
        line("tax", rate(json!("PERCENTAGE"), json!(101))),
        line("tax", rate(json!("FIXED"), json!(100_000_000_001_u64))),
        line("category", json!("x")),
        line("category", json!("666666666666666666666666")),
        line("category", json!(desk.bank)),
        line("description", json!([])),
        line("extra", json!("\u{0}")),
    ]
}

#[tokio::test]
async fn invoices() {
    let desk = roomy_desk().await;
    let before = desk.world.app.books.head(desk.world.book).await.unwrap().unwrap().seq;
    for members in [invoice_faults(&desk), line_faults(&desk)].concat() {
        let answer = desk.send("POST", INVOICES, &desk.draft_body(members.clone())).await;
        let shown: String = members.to_string().chars().take(200).collect();
        assert_eq!(answer.status, 400, "{shown}: {}", String::from_utf8_lossy(&answer.body));
        assert_valid("bookeeping", "Error400", &json(&answer));
        assert!(message(&answer).len() < 600, "{shown}");
    }
    let after = desk.world.app.books.head(desk.world.book).await.unwrap().unwrap().seq;
    assert_eq!(after, before);
}

#[tokio::test]
async fn every_category_that_earns_nothing() {
    let desk = Desk::new().await;
    let all = json(&desk.send("GET", "/public-api/v1/categories?limit=250", "").await);
    let mut taken = Vec::new();
    for category in all["data"]["categories"].as_array().unwrap() {
        let line = json!({"name": "Work", "quantity": 1, "unitPrice": 1, "category": category["_id"]});
        let answer = desk
            .send("POST", INVOICES, &desk.draft_body(json!({"lineItems": [line]})))
            .await;
        if answer.status == 200 {
            taken.push(text(category, "/number"));
        } else {
            assert_eq!(answer.status, 400);
        }
    }
    assert_eq!(taken, ["2400", "4000", "4010", "4020", "4900"]);
}

#[tokio::test]
async fn bodies_that_are_no_object() {
    let desk = roomy_desk().await;
    let sent = desk.sent(json!({})).await;
    let before = trial(&desk.world, desk.world.book).await;
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    let targets = [
        INVOICES.to_owned(),
        "/public-api/v1/counterparties".to_owned(),
        "/public-api/v1/categories".to_owned(),
        format!("{INVOICES}/{sent}/mark-as-paid"),
        format!("{INVOICES}/{sent}/cancel"),
    ];
    for target in &targets {
        for body in [
            "[]",
            "null",
            "1",
            "\"x\"",
            "{",
            "{\"a\":}",
            "nonsense",
            &deep,
            "{\"a\":\"\\u0000\"}",
        ] {
            let answer = desk.send("POST", target, body).await;
            assert_eq!(answer.status, 400, "{target} {body}");
            assert_valid("bookeeping", "Error400", &json(&answer));
        }
        for (body, too_large) in [(vec![0xff, 0xfe], false), (vec![], true)] {
            let mut request = Request::new(Method::POST, target, desk.world.app.now())
                .with_header("authorization", &desk.bearer)
                .with_body(body);
            request.body_too_large = too_large;
            let answer = desk.world.app.answer(request).await;
            assert_eq!(answer.status, 400, "{target} {too_large}");
            assert_valid("bookeeping", "Error400", &json(&answer));
        }
    }
    for target in &targets[..4] {
        let answer = desk.send("POST", target, "").await;
        assert_eq!(answer.status, 400, "{target}");
    }
    assert_eq!(desk.status(&sent).await, "SENT");
    assert_eq!(trial(&desk.world, desk.world.book).await, before);
}

#[tokio::test]
async fn counterparties_and_payments() {
    let desk = roomy_desk().await;
    for members in [
        json!({"accountName": null}),
        json!({"accountName": "x".repeat(256)}),
        json!({"accountNumber": 7}),
        json!({"type": "friend"}),
        json!({"email": []}),
        json!({"otherEmails": "a@example.com"}),
        json!({"otherEmails": [1]}),
        json!({"address": "1 Road"}),
        json!({"address": {"city": "x".repeat(256)}}),
        json!({"taxId": {}}),
    ] {
        let mut body = json!({"accountName": "A", "accountNumber": "1", "type": "customer"});
        for (name, value) in members.as_object().unwrap() {
            body[name] = value.clone();
        }
        let answer = desk
            .send("POST", "/public-api/v1/counterparties", &body.to_string())
            .await;
        assert_eq!(answer.status, 400, "{members}");
    }
    let sent = desk.sent(json!({})).await;
    let whole: Value = serde_json::from_str(&desk.payment_body()).unwrap();
    for (pointer, value) in [
        ("/strategyData", json!(null)),
        ("/strategyData/strategy", json!("ATTACH")),
        ("/strategyData/data", json!([])),
        ("/strategyData/data/category", json!(null)),
        ("/strategyData/data/category", json!("x")),
        ("/strategyData/data/category", json!(desk.bank)),
        ("/strategyData/data/account", json!(desk.sales)),
        ("/strategyData/data/account", json!(null)),
        ("/strategyData/data/counterParty", json!("x")),
        ("/strategyData/data/counterParty", json!("666666666666666666666666")),
        ("/strategyData/data/transactionRefNo", json!(1)),
        ("/strategyData/data/transactionNote", json!("x".repeat(10_001))),
    ] {
        let mut body = whole.clone();
        *body.pointer_mut(pointer).unwrap() = value.clone();
        let target = format!("{INVOICES}/{sent}/mark-as-paid");
        let answer = desk.send("POST", &target, &body.to_string()).await;
        assert_eq!(answer.status, 400, "{pointer} {value}");
        assert_valid("bookeeping", "Error400", &json(&answer));
    }
    for body in [r#"{"cancellationReason":5}"#, r#"{"reason":[]}"#] {
        let answer = desk.send("POST", &format!("{INVOICES}/{sent}/cancel"), body).await;
        assert_eq!(answer.status, 400, "{body}");
    }
    assert_eq!(desk.status(&sent).await, "SENT");
}
