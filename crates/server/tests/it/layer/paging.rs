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

#[tokio::test]
async fn lists_are_narrowed() {
    let desk = Desk::new().await;
    for (name, number, memo, cents) in [
        ("one", "A-1", "First of May", 100),
        ("two", "A-2", "Second", 200),
        ("three", "A-1", "first", 300),
    ] {
        let body = json!({"external_id": name, "sent_at": "2026-03-10", "customer_external_id": format!("c-{name}"), "memo": memo,
            "reference_number": number, "line_items": [{"product": "Widget", "unit_price": cents, "quantity": 1}]});
        let made = desk.expect(201, "POST", "/invoices", &body).await;
        let pay = json!({"amount": 50, "method": "CASH", "paid_at": "2026-03-12", "reference_number": number});
        let path = format!("/invoices/{}/payment", made["id"].as_str().unwrap());
        desk.expect(201, "POST", &path, &pay).await;
    }
    let found = async |list: &str, query: &str, member: &str| -> Vec<String> {
        let data = desk.expect(200, "GET", &format!("{list}?{query}"), &NONE).await;
        let all = data.as_array().unwrap().iter();
        all.map(|shown| shown[member].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    for (query, expected) in [
        ("reference_number=A-1", vec!["one", "three"]),
        ("reference_number=A-1,A-2&min_total_amount=150", vec!["two", "three"]),
        ("reference_number=A-9&reference_number=A-2", vec!["two"]),
        ("max_total_amount=100", vec!["one"]),
        ("memo=Second", vec!["two"]),
        ("memo_contains=FIRST", vec!["one", "three"]),
        ("q=c-two", vec!["two"]),
        ("q=INV-0003", vec!["three"]),
        ("memo=nothing", vec![]),
    ] {
        assert_eq!(found("/invoices", query, "external_id").await, expected, "{query}");
    }
    assert_eq!(
        found("/invoices/payments", "reference_number=A-2,A-9", "reference_number").await,
        ["A-2"]
    );
    for (query, expected) in [
        ("name=c-two", vec!["c-two"]),
        ("name_contains=C-T", vec!["c-two", "c-three"]),
        ("external_id_contains=three", vec!["c-three"]),
        ("q=c-o", vec!["c-one"]),
        ("name_contains=x", vec![]),
    ] {
        assert_eq!(found("/customers", query, "external_id").await, expected, "{query}");
    }
    let (first, cursor) = page(&desk, "/customers", "name_contains=c-", None).await;
    let (rest, last) = page(&desk, "/customers", "name_contains=c-", cursor.as_deref()).await;
    assert_eq!((first.len(), rest.len(), last), (2, 1, None));
    for query in ["min_total_amount=-1", "max_total_amount=x", "min_total_amount=1.5"] {
        let response = desk.call("GET", &format!("/invoices?{query}"), "").await;
        assert_eq!(response.status, 400, "{query}");
    }
}
