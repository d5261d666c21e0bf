//! Cursors: what is deleted while a client pages moves nothing.

use serde_json::{Value, json};

use super::Desk;
use crate::golden::json as body_of;

const NONE: Value = Value::Null;

/// A page: the ids on it, and the cursor to the next one.
async fn page(desk: &Desk, list: &str, query: &str, cursor: Option<&str>) -> (Vec<String>, Option<String>) {
    let cursor = cursor.map_or(String::new(), |cursor| format!("&cursor={cursor}"));
    let response = desk.call("GET", &format!("{list}?limit=2&{query}{cursor}"), "").await;
    let body = body_of(&response);
    assert_eq!(response.status, 200, "{body}");
    let ids = body["data"].as_array().unwrap().iter();
    let ids = ids.map(|shown| shown["id"].as_str().unwrap().to_owned());
    let paging = &body["meta"]["pagination"];
    assert_eq!(paging["has_more"], !paging["cursor"].is_null());
    (ids.collect(), paging["cursor"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn a_deleted_invoice_moves_nothing() {
    for order in ["imported_at", "sent_at", "updated_at"] {
        for direction in ["ASC", "DESC"] {
            let desk = Desk::new().await;
            let mut ids = Vec::new();
            for at in 0..7 {
                desk.world.pass_seconds(1);
                // Several of one instant: their numbers decide.
                let sent_at = format!("2026-03-0{}T09:00:00Z", 1 + at / 2);
                ids.push(desk.invoice_on(&format!("invoice-{at}"), &sent_at).await);
            }
            let mut expected = ids.clone();
            if direction == "DESC" {
                expected.reverse();
            }
            let query = format!("sort_by={order}&sort_order={direction}");
            let (mut seen, mut cursor) = page(&desk, "/invoices", &query, None).await;
            // What was seen goes, and what comes at the other end comes.
            desk.expect(200, "POST", &format!("/invoices/{}/delete", seen[0]), &NONE)
                .await;
            while let Some(next) = cursor {
                let (more, then) = page(&desk, "/invoices", &query, Some(&next)).await;
                seen.extend(more);
                cursor = then;
            }
            assert_eq!(seen, expected, "{query}");
        }
    }
}

#[tokio::test]
async fn other_lists_go_on_where_they_ended() {
    let desk = Desk::new().await;
    let (mut customers, mut payments) = (Vec::new(), Vec::new());
    let invoice = desk.invoice("one").await;
    for at in 0..5 {
        let customer = json!({"external_id": format!("c-{at}"), "individual_name": "Birch"});
        let made = desk.expect(201, "POST", "/customers", &customer).await;
        customers.push(made["id"].as_str().unwrap().to_owned());
        let pay = json!({"amount": 100 + at, "method": "CASH", "paid_at": "2026-03-12"});
        let path = format!("/invoices/{invoice}/payment");
        let made = desk.expect(201, "POST", &path, &pay).await;
        payments.push(made["id"].as_str().unwrap().to_owned());
    }
    let (first, cursor) = page(&desk, "/invoices/payments", "sort_order=DESC", None).await;
    assert_eq!(first, [payments[4].clone(), payments[3].clone()]);
    let gone = format!("/invoices/payments/{}/delete", payments[4]);
    desk.expect(200, "POST", &gone, &NONE).await;
    let (next, _) = page(&desk, "/invoices/payments", "sort_order=DESC", cursor.as_deref()).await;
    assert_eq!(next, [payments[2].clone(), payments[1].clone()]);
    let (first, cursor) = page(&desk, "/invoices/payments", "method=CASH", None).await;
    let (next, _) = page(&desk, "/invoices/payments", "method=CASH", cursor.as_deref()).await;
    assert_eq!((first, next), (payments[0..2].to_vec(), payments[2..4].to_vec()));
    // The customer of the invoice came first.
    let (first, cursor) = page(&desk, "/customers", "sort_order=DESC", None).await;
    let (next, _) = page(&desk, "/customers", "sort_order=DESC", cursor.as_deref()).await;
    assert_eq!(first, [customers[4].clone(), customers[3].clone()]);
    assert_eq!(next, [customers[2].clone(), customers[1].clone()]);
    let (first, cursor) = page(&desk, "/customers", "", None).await;
    let (next, _) = page(&desk, "/customers", "", cursor.as_deref()).await;
    assert_eq!((&first[1], &next[0]), (&customers[0], &customers[1]));
}
