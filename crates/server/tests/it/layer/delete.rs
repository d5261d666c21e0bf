//! Deletes that succeed, and the world after each.

use quittance_accounting::account::AccountRole;
use quittance_accounting::issuing::{AccountChoice, NumberChoice};
use quittance_accounting::money::{Amount, Currency};
use quittance_books::content::InvoiceContent;
use quittance_books::input::{InvoiceInput, LineInput};
use quittance_server::dialects::layer::RULES;
use serde_json::{Value, json};

use super::{Desk, full};
use crate::golden::{Transcript, json as body_of};
use crate::schema::assert_valid;

/// Deletes, checks both forms, and that nothing of the invoice is left.
async fn delete_and_check(desk: &Desk, id: &str, status: &str, transcript: Option<(&mut Transcript, &str)>) -> Value {
    let path = format!("/invoices/{id}/delete");
    let before = desk.expect(200, "GET", &format!("/invoices/{id}"), &Value::Null).await;
    let response = match transcript {
        None => desk.call("POST", &path, "").await,
        Some((transcript, title)) => {
            let target = format!("{}{path}", desk.base);
            let headers = [("authorization", desk.auth.as_str())];
            transcript.say(&desk.world, title, "POST", &target, &headers, "").await
        }
    };
    let body = body_of(&response);
    assert_eq!(response.status, 200, "{body}");
    assert_valid("layer", "DeleteOk", &body);
    assert_eq!(body["data"], before, "the invoice as it was");
    assert_eq!(body["status"], status);
    assert!(response.header("quittance-receipt").unwrap().contains(':'));

    let gone = desk.call("GET", &format!("/invoices/{id}"), "").await;
    let error = super::assert_wire_error(&gone, 404);
    assert_eq!(error["type"], "ResourceNotFound");
    let again = desk.call("POST", &path, "").await;
    assert_eq!(again.status, 404);
    assert_valid("layer", "DeleteError", &body_of(&again));
    assert_eq!(body_of(&again)["error_enum"], "InvoiceDeleted");
    let list = desk.call("GET", "/invoices?show_total_count=true", "").await;
    let list = body_of(&list);
    assert_valid("layer", "InvoiceListBody", &list);
    let listed = list["data"].as_array().unwrap();
    assert!(listed.iter().all(|invoice| invoice["id"] != id));
    body
}

#[tokio::test]
async fn every_state_that_can_be_deleted() {
    let desk = Desk::new().await;
    let books = &desk.world.app.books;
    let untouched = books.trial_balance(desk.world.book).await.unwrap();
    let mut transcript = Transcript::new("layer/delete");

    let data = desk.expect(201, "POST", "/invoices", &full()).await;
    let id = data["id"].as_str().unwrap().to_owned();
    let sent = delete_and_check(&desk, &id, "SENT", Some((&mut transcript, "a sent invoice"))).await;
    assert_eq!(sent["line_items"][0]["quantity"].to_string(), "2.00");
    assert_eq!(sent["data"]["line_items"][0]["quantity"], "2.00");
    assert_eq!(
        sent["line_items"][0]["ledger_account"]["stable_name"]["type"],
        "StableName"
    );
    assert_eq!(sent["data"]["line_items"][0]["ledger_account"]["stable_name"], "SALES");
    assert_eq!(sent["additional_sales_taxes_total"], 273);
    assert_eq!(sent["data"]["additional_sales_taxes_total"], 55);
    assert!(sent.get("paid_at").is_none() && sent["data"]["paid_at"].is_null());
    assert_eq!(books.trial_balance(desk.world.book).await.unwrap(), untouched);

    let id = desk.invoice("void").await;
    desk.expect(200, "POST", &format!("/invoices/{id}/void"), &Value::Null)
        .await;
    delete_and_check(&desk, &id, "VOIDED", Some((&mut transcript, "a voided invoice"))).await;
    assert_eq!(books.trial_balance(desk.world.book).await.unwrap(), untouched);

    let id = desk.invoice("written-off").await;
    let off = json!({"write_off_at": "2026-03-14T00:00:00Z"});
    desk.expect(201, "POST", &format!("/invoices/{id}/write-off"), &off)
        .await;
    delete_and_check(
        &desk,
        &id,
        "WRITTEN_OFF",
        Some((&mut transcript, "a written-off invoice")),
    )
    .await;
    assert_eq!(books.trial_balance(desk.world.book).await.unwrap(), untouched);

    let id = desk.invoice("part-written-off").await;
    let off = json!({"amount": 1000, "write_off_at": "2026-03-14"});
    desk.expect(201, "POST", &format!("/invoices/{id}/write-off"), &off)
        .await;
    delete_and_check(&desk, &id, "PARTIALLY_WRITTEN_OFF", None).await;
    assert_eq!(books.trial_balance(desk.world.book).await.unwrap(), untouched);
    transcript.check();
}

/// An invoice without anything that this dialect would have kept.
pub fn bare(issue: bool) -> InvoiceInput {
    InvoiceInput {
        rate: None,
        customer: None,
        currency: Currency::USD,
        number: NumberChoice::Counted,
        external_id: None,
        invoice_date: None,
        due: None,
        sent_at: None,
        issue,
        lines: vec![LineInput {
            account: AccountChoice::Role(AccountRole::Sales),
            product: None,
            quantity: "1.5".parse().unwrap(),
            unit_price: "10.005".parse().unwrap(),
            subtotal: None,
            discount: Amount::ZERO,
            taxes: Vec::new(),
        }],
        discount: Amount::ZERO,
        taxes: Vec::new(),
        tip: Amount::ZERO,
        content: InvoiceContent::default(),
    }
}

#[tokio::test]
async fn documents_of_other_dialects_render_and_go() {
    let desk = Desk::new().await;
    let books = &desk.world.app.books;
    let untouched = books.trial_balance(desk.world.book).await.unwrap();
    let context = desk.world.context(desk.world.book);
    let mut transcript = Transcript::new("layer/delete_foreign");
    for (issue, title) in [
        (false, "a draft made elsewhere: SENT without sent_at"),
        (true, "an invoice made elsewhere"),
    ] {
        let view = books.create_invoice(&context, &RULES, bare(issue), None).await.unwrap();
        let id = view.invoice.id.uuid();
        let body = delete_and_check(&desk, &id, "SENT", Some((&mut transcript, title))).await;
        assert_eq!(body["data"]["sent_at"].is_null(), !issue);
        assert_eq!(books.trial_balance(desk.world.book).await.unwrap(), untouched);
    }
    transcript.check();
}

#[tokio::test]
async fn a_body_on_delete_is_not_read() {
    let desk = Desk::new().await;
    for body in ["{}", "not json", "[1", "\u{0}"] {
        let id = desk.invoice("again").await;
        let response = desk
            .call("POST", &format!("/invoices/{id}/delete?force=true"), body)
            .await;
        assert_eq!(response.status, 200);
    }
}

#[tokio::test]
async fn the_external_id_is_free_again() {
    let desk = Desk::new().await;
    let first = desk.invoice("mine").await;
    desk.expect(200, "POST", "/invoices", &super::simple("mine", "2026-03-10"))
        .await;
    desk.call("POST", &format!("/invoices/{first}/delete"), "").await;
    let second = desk.invoice("mine").await;
    assert_ne!(first, second);
}
