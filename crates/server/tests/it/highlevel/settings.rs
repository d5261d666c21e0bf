//! The settings of a location, and what a create takes from them.

use serde_json::json;

use super::Location;
use super::editing::late_fees;
use crate::golden::{Transcript, json as body_of};
use crate::schema::assert_valid;

#[tokio::test]
async fn settings_are_read_and_written() {
    let location = Location::new().await;
    let mut transcript = Transcript::new("highlevel/settings");
    let read = format!("/invoices/settings?{}", location.alt());
    let shipped = location.say(&mut transcript, "as shipped", "GET", &read, "").await;
    assert_valid("highlevel", "GetInvoiceSettingsResponseDto", &body_of(&shipped));
    let mut wanted = late_fees();
    for (name, value) in [
        ("title", json!("RECHNUNG")),
        ("termsNote", json!("net 14")),
        ("invoiceNumberPrefix", json!("R-")),
        ("dueAfterXDays", json!(14)),
        (
            "tipsConfiguration",
            json!({"tipsEnabled": true, "tipsPercentage": [5, 10]}),
        ),
        ("customFields", json!(["a", "b", "c"])),
        ("minimumPercentagePartialPayment", json!(12.5)),
        (
            "senderConfiguration",
            json!({"fromName": "Acme", "fromEmail": "billing@example.com"}),
        ),
    ] {
        wanted[name] = value;
    }
    let body = location.with(wanted);
    let written = location
        .say(&mut transcript, "written", "PUT", "/invoices/settings", &body)
        .await;
    assert_eq!(written.status, 200);
    assert_valid("highlevel", "GetInvoiceSettingsResponseDto", &body_of(&written));
    let body = location.with(json!({"title": null, "estimatesTitle": "QUOTE"}));
    location
        .say(
            &mut transcript,
            "one taken back, one more",
            "PUT",
            "/invoices/settings",
            &body,
        )
        .await;
    let shown = location.say(&mut transcript, "read", "GET", &read, "").await;
    let shown = body_of(&shown);
    assert_eq!(
        (&shown["title"], &shown["dueAfterXDays"]),
        (&json!("INVOICE"), &json!(14))
    );
    for (title, body) in [
        ("a title too long", json!({"title": "t".repeat(41)})),
        ("four fields", json!({"customFields": ["a", "b", "c", "d"]})),
        ("half a day", json!({"dueAfterXDays": 0.5})),
        ("too many days", json!({"dueAfterXDays": 3661})),
        ("another location type", json!({"altType": "company"})),
        ("nobody's member", json!({"colour": "red"})),
        (
            "half a notification",
            json!({"customNotification": {"customerSendInvoice": {"enabled": true}}}),
        ),
        (
            "no reminders",
            json!({"reminderSettings": {"defaultEmailTemplateId": "t"}, "productSettings": []}),
        ),
    ] {
        let body = location.with(body);
        let response = location
            .say(&mut transcript, title, "PUT", "/invoices/settings", &body)
            .await;
        assert_eq!(response.status, 422, "{title}");
    }
    let other = "/invoices/settings?altId=nowhere&altType=location";
    let response = location
        .say(&mut transcript, "of another location", "GET", other, "")
        .await;
    assert_eq!(response.status, 403);
    transcript.check();
}

#[tokio::test]
async fn a_create_takes_from_them_what_it_leaves_out() {
    let location = Location::new().await;
    let first = location.draft().await;
    let mut wanted = late_fees();
    wanted["title"] = json!("RECHNUNG");
    wanted["invoiceNumberPrefix"] = json!("R-");
    wanted["dueAfterXDays"] = json!(14);
    let body = location.with(wanted.clone());
    assert_eq!(location.send("PUT", "/invoices/settings", &body).await.status, 200);
    let peek = format!("/invoices/generate-invoice-number?{}", location.alt());
    assert_eq!(
        body_of(&location.send("GET", &peek, "").await),
        json!({"invoiceNumber": 1})
    );
    let mut order = location.order();
    order.as_object_mut().unwrap().remove("dueDate");
    let id = location.draft_of(&order).await;
    let shown = body_of(&location.send("GET", &location.at(&id), "").await);
    assert_eq!(
        (&shown["title"], &shown["dueDate"]),
        (&json!("RECHNUNG"), &json!("2026-03-24"))
    );
    assert_eq!(
        (&shown["invoiceNumber"], &shown["invoiceNumberPrefix"]),
        (&json!(1), &json!("R-"))
    );
    assert_eq!(shown["lateFeesConfiguration"], wanted["lateFeesConfiguration"]);
    assert_eq!(
        body_of(&location.send("GET", &peek, "").await),
        json!({"invoiceNumber": 2})
    );
    // What a request says goes before, and what is there already does not change.
    let mut order = location.order();
    order["title"] = json!("BILL");
    order["invoiceNumberPrefix"] = json!("");
    let id = location.draft_of(&order).await;
    let shown = body_of(&location.send("GET", &location.at(&id), "").await);
    assert_eq!(
        (&shown["title"], &shown["dueDate"]),
        (&json!("BILL"), &json!("2026-04-09"))
    );
    assert_eq!(shown["invoiceNumber"], json!(2));
    let shown = body_of(&location.send("GET", &location.at(&first), "").await);
    assert_eq!(shown["title"], json!("INVOICE"));
}
