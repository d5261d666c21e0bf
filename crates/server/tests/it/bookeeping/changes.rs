//! Changes of a draft: what is named, and nothing else.

use serde_json::{Value, json};

use super::super::golden::{Transcript, json};
use super::{Desk, INVOICES, message, text, trial};
use crate::schema::assert_valid;
use quittance_accounting::book::Role;

fn rich(desk: &Desk) -> Value {
    json!({
        "note": "Net 30", "purchaseOrderId": "PO-1", "discount": {"type": "PERCENTAGE", "value": 10},
        "lineItems": [
            {"name": "Work", "quantity": 2, "unitPrice": 50, "category": desk.sales, "sku": {"code": 1},
             "tax": {"type": "PERCENTAGE", "value": 8}},
            {"name": "Parts", "quantity": 1, "unitPrice": 10, "discount": {"type": "FIXED", "value": 0.5}}
        ]
    })
}

fn but(mut invoice: Value, names: &[&str]) -> Value {
    for name in names {
        invoice.as_object_mut().unwrap().remove(*name);
    }
    invoice
}

#[tokio::test]
async fn only_what_is_named_changes() {
    let desk = Desk::new().await;
    let body = json!({"accountName": "Other", "accountNumber": "9", "type": "vendor"}).to_string();
    let made = desk.send("POST", "/public-api/v1/counterparties", &body).await;
    let other = text(&json(&made), "/data/_id");
    let sums = |sub: Value, discount: Value, tax: Value, total: Value| json!({"subTotal": sub, "discount": discount, "tax": tax, "grandTotal": total});
    let cases: Vec<(Value, &[&str], Value)> = vec![
        (json!({"note": "Net 60"}), &["note"], json!({"note": "Net 60"})),
        (json!({"note": null}), &["note"], json!({"note": ""})),
        (
            json!({"purchaseOrderId": null}),
            &["purchaseOrderId"],
            json!({"purchaseOrderId": null}),
        ),
        (json!({"invoiceId": "A-7"}), &["invoiceId"], json!({"invoiceId": "A-7"})),
        (
            json!({"invoiceDate": "2026-02-01T08:00:00.5+01:00"}),
            &["invoiceDate"],
            json!({"invoiceDate": "2026-02-01T07:00:00.500Z"}),
        ),
        (
            json!({"dueDate": "2026-04-01T00:00:00Z"}),
            &["dueDate"],
            json!({"dueDate": "2026-04-01T00:00:00.000Z"}),
        ),
        (
            json!({"discount": null}),
            &["discount", "calculated", "amount"],
            json!({"discount": {"type": "FIXED", "value": 0},
                "calculated": sums(json!(109.5), json!(0), json!(8), json!(117.5)), "amount": 117.5}),
        ),
        (
            json!({"lineItems": [{"name": "Less", "quantity": 1, "unitPrice": 20}]}),
            &["lineItems", "calculated", "amount"],
            json!({"calculated": sums(json!(20), json!(2), json!(0), json!(18)), "amount": 18}),
        ),
        (json!({"currency": "USD"}), &[], json!({})),
        (json!({}), &[], json!({})),
    ];
    for (change, names, becomes) in cases {
        // A minute has so many calls.
        desk.world.pass_seconds(60);
        let id = desk.draft(rich(&desk)).await;
        let path = format!("{INVOICES}/{id}");
        let before = json(&desk.send("GET", &path, "").await)["data"].clone();
        let done = desk.send("PATCH", &path, &change.to_string()).await;
        assert_eq!(done.status, 200, "{change} {}", String::from_utf8_lossy(&done.body));
        assert_valid("bookeeping", "InvoiceAnswer", &json(&done));
        let after = json(&desk.send("GET", &path, "").await)["data"].clone();
        assert_eq!(json(&done)["data"], after);
        assert_eq!(but(after.clone(), names), but(before, names), "{change}");
        for (name, value) in becomes.as_object().unwrap() {
            assert_eq!(&after[name], value, "{change} {name}");
        }
        desk.send("DELETE", &path, "").await;
    }
    let id = desk.draft(rich(&desk)).await;
    let change = json!({"counterParty": other}).to_string();
    let done = desk.send("PATCH", &format!("{INVOICES}/{id}"), &change).await;
    assert_eq!(text(&json(&done), "/data/counterParty/accountName"), "Other");
}

#[tokio::test]
async fn only_a_draft_changes() {
    let desk = Desk::new().await;
    let sent = desk.sent(json!({})).await;
    let before = trial(&desk.world, desk.world.book).await;
    for change in [
        json!({"note": "x"}),
        json!({"lineItems": [{"name": "x", "quantity": 1, "unitPrice": 1}]}),
    ] {
        let answer = desk
            .send("PATCH", &format!("{INVOICES}/{sent}"), &change.to_string())
            .await;
        assert_eq!(answer.status, 400);
        assert_eq!(message(&answer), "Only invoices in draft status can be updated.");
    }
    assert_eq!(trial(&desk.world, desk.world.book).await, before);
}

#[tokio::test]
async fn a_clerk_changes_a_draft_and_a_viewer_does_not() {
    let desk = Desk::new().await;
    let id = desk.draft(json!({})).await;
    for (role, status) in [(Role::Clerk, 200), (Role::Viewer, 401)] {
        let bearer = format!("Bearer {}", desk.token(role, &[]).await);
        let headers = [("authorization", bearer.as_str())];
        let path = format!("{INVOICES}/{id}");
        let answer = desk.world.send("PATCH", &path, &headers, r#"{"note":"x"}"#).await;
        assert_eq!(answer.status, status);
    }
}

#[tokio::test]
async fn exchanges() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("bookeeping/changes");
    let taken = desk.draft(json!({"invoiceId": "A-1"})).await;
    let id = desk.draft(rich(&desk)).await;
    let path = format!("{INVOICES}/{id}");
    let change = json!({
        "discount": {"type": "FIXED", "value": 1}, "dueDate": "2026-04-30", "note": "Net 60", "invoiceId": "A-2",
        "lineItems": [{"name": "Work", "quantity": 3, "unitPrice": 50}], "colour": "red"
    });
    let change = change.to_string();
    desk.say(&mut said, "changed", ["PATCH", &path, &change], "InvoiceAnswer")
        .await;
    for (what, body) in [
        ("due before its date", json!({"dueDate": "2026-02-01"})),
        ("dated after it is due", json!({"invoiceDate": "2026-05-01T00:00:00Z"})),
        (
            "no such counterparty",
            json!({"counterParty": "666666666666666666666666"}),
        ),
        ("another currency", json!({"currency": "EUR"})),
        ("no lines", json!({"lineItems": []})),
        (
            "a line without a price",
            json!({"lineItems": [{"name": "x", "quantity": 1}]}),
        ),
        (
            "more discount than there is",
            json!({"discount": {"type": "FIXED", "value": 150.01}}),
        ),
    ] {
        let body = body.to_string();
        desk.say(&mut said, what, ["PATCH", &path, &body], "Error400").await;
    }
    desk.say(
        &mut said,
        "a number that is taken",
        ["PATCH", &path, r#"{"invoiceId":"A-1"}"#],
        "Error409",
    )
    .await;
    desk.say(&mut said, "nothing is named", ["PATCH", &path, "{}"], "InvoiceAnswer")
        .await;
    desk.say(&mut said, "no object", ["PATCH", &path, "[]"], "Error400")
        .await;
    desk.say(
        &mut said,
        "no such invoice",
        ["PATCH", &format!("{INVOICES}/666666666666666666666666"), "{}"],
        "Error400",
    )
    .await;
    desk.send("POST", &format!("{INVOICES}/{taken}/send"), "").await;
    let sent = format!("{INVOICES}/{taken}");
    desk.say(&mut said, "sent", ["PATCH", &sent, r#"{"note":"x"}"#], "Error400")
        .await;
    said.check();
}
