//! An invoice as a document, at a signed address.

use serde_json::{Value, json};

use super::editing::say;
use super::{Desk, assert_wire_error, full, simple};
use crate::golden::Transcript;

const NONE: Value = Value::Null;

/// The path of a signed address.
fn path_in(place: &Value) -> String {
    let url = place["presignedUrl"].as_str().unwrap();
    let (_, path) = url.split_once("localhost").unwrap();
    path.to_owned()
}

#[tokio::test]
async fn an_invoice_is_opened_as_a_document() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/pdf");
    let mut body = full();
    body["memo"] =
        json!("Zahlbar bis Monatsende \u{2013} bitte ohne Abzug; \u{17b}\u{f3}\u{142}w (brackets) \\ and all");
    let made = desk.expect(201, "POST", "/invoices", &body).await;
    let id = made["id"].as_str().unwrap();
    let place = format!("/invoices/{id}/pdf");
    let shown = say(&mut said, &desk, "where it lies", ("GET", &place), &NONE, 200).await;
    assert_eq!(shown["fileName"], "2026-0077.pdf");
    let path = path_in(&shown);
    let opened = said
        .say(&desk.world, "open it without a token", "GET", &path, &[], "")
        .await;
    assert_eq!(opened.status, 200);
    assert!(opened.body.starts_with(b"%PDF-1.7") && opened.body.ends_with(b"%%EOF"));
    let text = String::from_utf8_lossy(&opened.body).into_owned();
    for words in [
        "(Invoice 2026-0077) Tj",
        "Blue widget",
        "Outstanding",
        "(Page 1 of 1) Tj",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    for (path, status) in [
        (path.replace("/pdf/", "/pdf/9"), 403),
        (format!("{path}0"), 403),
        (path.replace(id, "01900000-0000-7000-8000-000000000000"), 403),
        (path.replace(id, "x"), 400),
        // What has no such business and what has no such signature look the same.
        (
            path.replace(&desk.base, "/v1/businesses/01900000-0000-7000-8000-000000000000"),
            403,
        ),
        (path.replace("/pdf/", "/pdf/x"), 403),
        (format!("{path}/"), 401),
    ] {
        assert_wire_error(&desk.world.send("GET", &path, &[], "").await, status);
    }
    assert_wire_error(&desk.world.send("POST", &path, &[], "").await, 405);
    desk.world.pass_seconds(900);
    let late = said.say(&desk.world, "it served its time", "GET", &path, &[], "").await;
    assert_wire_error(&late, 403);
    let path = path_in(&desk.expect(200, "GET", &place, &NONE).await);
    desk.expect(200, "PATCH", &format!("/invoices/{id}"), &json!({"memo": "Other"}))
        .await;
    assert_wire_error(&desk.world.send("GET", &path, &[], "").await, 403);
    let path = path_in(&desk.expect(200, "GET", &place, &NONE).await);
    desk.expect(200, "POST", &format!("/invoices/{id}/delete"), &NONE).await;
    assert_wire_error(&desk.world.send("GET", &path, &[], "").await, 403);
    assert_wire_error(&desk.call("GET", &place, "").await, 404);
    assert_wire_error(&desk.call("GET", "/invoices/x/pdf", "").await, 400);
    said.check();
}

#[tokio::test]
async fn a_long_invoice_has_several_pages() {
    let desk = Desk::new().await;
    let mut body = simple("long", "2026-03-10");
    let line =
        json!({"product": "Widget", "unit_price": 12_345_678, "quantity": "1.5", "description": "word ".repeat(30)});
    body["line_items"] = json!(vec![line; 60]);
    let made = desk.expect(201, "POST", "/invoices", &body).await;
    let place = format!("/invoices/{}/pdf", made["id"].as_str().unwrap());
    let path = path_in(&desk.expect(200, "GET", &place, &NONE).await);
    let opened = desk.world.send("GET", &path, &[], "").await;
    let text = String::from_utf8_lossy(&opened.body).into_owned();
    assert!(
        text.contains("/Count 5") && text.contains("(Page 5 of 5) Tj"),
        "{}",
        text.len()
    );
}
