//! What is done is answered as done: no read that fails afterwards makes an error of it.

use serde_json::{Value, json};

use super::super::golden::{World, json};
use super::{Desk, INVOICES, text};
use crate::trouble;

/// Sends what writes, in books that nobody can read afterwards; `data` of the answer.
async fn done(desk: &Desk, method: &str, target: &str, body: &str) -> Value {
    let response = trouble::send(&desk.world, method, target, &desk.bearer, body).await;
    let said = json(&response);
    assert_eq!(response.status, 200, "{method} {target}: {said}");
    said["data"].clone()
}

#[tokio::test]
async fn everything_that_writes_is_answered() {
    let desk = Desk::over(World::on_postgres().await).await;
    trouble::prepare(&desk.world);
    let body = json!({"accountName": "Zebra", "accountNumber": "9", "type": "vendor"}).to_string();
    done(&desk, "POST", "/public-api/v1/counterparties", &body).await;
    let body = json!({"name": "Advice", "parentCategory": "SALES", "group": "Services"}).to_string();
    let category = done(&desk, "POST", "/public-api/v1/categories", &body).await;
    assert_eq!(
        (&category["group"], &category["number"]),
        (&json!("Services"), &json!("4801"))
    );
    let made = done(&desk, "POST", INVOICES, &desk.draft_body(json!({}))).await;
    let one = format!("{INVOICES}/{}", text(&made, "/_id"));
    done(&desk, "PATCH", &one, r#"{"note": "Changed"}"#).await;
    done(&desk, "POST", &format!("{one}/send"), "").await;
    let paid = done(&desk, "POST", &format!("{one}/mark-as-paid"), &desk.payment_body()).await;
    assert_eq!(paid["status"], "PAID");
    let other = desk.sent(json!({})).await;
    done(&desk, "POST", &format!("{INVOICES}/{other}/cancel"), "").await;
    let third = desk.draft(json!({})).await;
    done(&desk, "DELETE", &format!("{INVOICES}/{third}"), "").await;
    let entries = json!([
        {"amount": 10, "type": "CREDIT", "category": category["_id"], "isMain": true},
        {"amount": 10, "type": "DEBIT", "category": desk.sales}
    ]);
    let body = json!({
        "totalAmount": 10, "transactionDate": "2026-03-10", "paymentMethod": "CASH", "isReconciled": true,
        "counterParty": desk.counterparty, "entries": entries
    });
    let recorded = done(&desk, "POST", "/public-api/v1/transactions", &body.to_string()).await;
    let path = format!("/public-api/v1/transactions/{}", text(&recorded, "/transaction/_id"));
    let read = json(&desk.send("GET", &path, "").await);
    assert_eq!(read["data"], recorded["transaction"]);
    assert_eq!(text(&read, "/data/counterParty/_id"), desk.counterparty);
}
