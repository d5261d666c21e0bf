//! Delete: every outcome that the page and the contract name, and the state of the books after each.

use quittance_accounting::account::AccountRole;
use quittance_accounting::issuing::AccountChoice;
use quittance_accounting::settlement::{Method, Witness};
use quittance_accounting::settling::Part;
use quittance_books::content::PaymentContent;
use quittance_books::input::PaymentInput;
use serde_json::json;

use super::{Location, NO_INVOICE, NOT_A_DRAFT, assert_bad_request, location_of, named, send_members};
use crate::golden::{Transcript, json as body_of, refund, write_off};
use crate::schema::assert_valid;

#[tokio::test]
async fn a_draft_is_deleted_and_answered_as_it_was() {
    let location = Location::new().await;
    location.paid(None).await;
    let before = location.state().await;
    let id = location.draft().await;
    let mut shown = body_of(&location.send("GET", &location.at(&id), "").await);
    assert_valid("highlevel", "GetInvoiceResponseDto", &shown);
    shown.as_object_mut().unwrap().remove("totalSummary");

    let mut transcript = Transcript::new("highlevel/delete");
    let response = location
        .say(&mut transcript, "delete a draft", "DELETE", &location.at(&id), "")
        .await;
    assert_eq!(response.status, 200);
    let body = body_of(&response);
    assert_valid("highlevel", "DeleteInvoiceResponseDto", &body);
    assert_eq!(body, shown, "the invoice as it was");
    assert_eq!((&body["status"], &body["invoiceNumber"]), (&json!("draft"), &json!(2)));
    let seal = response.header("quittance-receipt").unwrap();
    let head = location
        .world
        .app
        .books
        .head(location.world.book)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(seal, format!("{}:{}", head.seq, head.hash.hex()));

    assert_eq!(location.state().await, before);
    for (title, method, target) in [
        ("read it afterwards", "GET", location.at(&id)),
        ("delete it again", "DELETE", location.at(&id)),
    ] {
        let response = location.say(&mut transcript, title, method, &target, "").await;
        assert_bad_request(&response, NO_INVOICE);
    }
    for (action, more) in [
        ("void", json!({})),
        ("send", send_members()),
        ("record-payment", json!({"mode": "cash"})),
    ] {
        let target = format!("/invoices/{id}/{action}");
        assert_bad_request(&location.send("POST", &target, &location.with(more)).await, NO_INVOICE);
    }
    transcript.check();
    assert_eq!(location.state().await, before);
}

#[tokio::test]
async fn altid_and_alttype_come_from_the_query_or_else_the_body() {
    let location = Location::new().await;
    let mut transcript = Transcript::new("highlevel/delete_alt");
    let alt = location.alt_body().to_string();
    let with_more = location.with(json!({"reason": "duplicate"}));
    let half = json!({"altType": "location"}).to_string();
    let in_query = location.alt();
    let id_in_query = format!("altId={}", location.id);
    let accepted = [
        ("in the body", String::new(), alt.as_str()),
        ("in a body with more members", String::new(), with_more.as_str()),
        ("one in the query, one in the body", id_in_query.clone(), half.as_str()),
        ("in the query, with an empty object", in_query.clone(), "{}"),
        ("in the query, with a body that is no JSON", in_query, "not json"),
    ];
    for (title, query, body) in accepted {
        let id = location.draft().await;
        let target = format!("/invoices/{id}/?{query}");
        let target = target.trim_end_matches('?');
        let response = location.say(&mut transcript, title, "DELETE", target, body).await;
        assert_eq!(response.status, 200, "{title}");
    }
    let id = location.draft().await;
    let target = format!("/invoices/{id}");
    let refused = [
        ("in neither", 422, String::new(), ""),
        ("in an empty object", 422, String::new(), "{}"),
        ("in a body that is no object", 422, String::new(), "[]"),
        ("in a body that is no JSON", 400, String::new(), "{\"altId\""),
        ("one is missing", 422, id_in_query, ""),
        (
            "another type",
            422,
            format!("altId={}&altType=company", location.id),
            "",
        ),
        (
            "a query member nobody knows",
            422,
            format!("{}&invoiceId=x", location.alt()),
            "",
        ),
        (
            "a location that is none",
            403,
            "altId=nowhere&altType=location".to_owned(),
            "",
        ),
    ];
    for (title, status, query, body) in refused {
        let target = format!("{target}?{query}");
        let response = location
            .say(&mut transcript, title, "DELETE", target.trim_end_matches('?'), body)
            .await;
        assert_eq!(response.status, status, "{title}");
        if status == 422 {
            assert_valid("highlevel", "UnprocessableDTO", &body_of(&response));
        }
    }
    let mut headers = location.headers().to_vec();
    headers.push(("Content-Type", "application/json"));
    let title = "as the vendor's client sends it: a content type and no body";
    let response = transcript
        .say(&location.world, title, "DELETE", &location.at(&id), &headers, "")
        .await;
    assert_eq!(response.status, 200);
    transcript.check();
}

#[tokio::test]
async fn nothing_but_a_draft_is_deleted() {
    let location = Location::new().await;
    let void = location.sent().await;
    location.act(&void, "void", json!({})).await;
    let refunded = location.paid(None).await;
    let context = location.world.context(location.world.book);
    let books = &location.world.app.books;
    books
        .record_refund(&context, refund(named(&refunded), None))
        .await
        .unwrap();
    let written_off = location.sent().await;
    books
        .write_off(&context, write_off(named(&written_off), None))
        .await
        .unwrap();
    let held = location.sent().await;
    let until = "2026-12-31".parse().unwrap();
    books
        .hold_invoice(
            &context,
            named(&held),
            quittance_accounting::issuing::Hold::Until(until),
            false,
            None,
        )
        .await
        .unwrap();
    let closed = location.sent().await;
    let cases = [
        ("sent", location.sent().await, "sent"),
        ("partially paid", location.paid(Some("0.01")).await, "partially_paid"),
        ("paid", location.paid(None).await, "paid"),
        ("void", void, "void"),
        ("paid and refunded", refunded, "paid"),
        ("written off", written_off, "void"),
        ("sent and on hold", held, "sent"),
        ("sent in a period that is closed since", closed, "sent"),
    ];
    books
        .close_period(&context, "2026-03-14".parse().unwrap())
        .await
        .unwrap();
    let before = location.state().await;
    let mut transcript = Transcript::new("highlevel/delete_refused");
    for (title, id, status) in cases {
        let response = location
            .say(&mut transcript, title, "DELETE", &location.at(&id), "")
            .await;
        assert_bad_request(&response, NOT_A_DRAFT);
        assert_eq!(location.status(&id).await, status, "{title}");
    }
    transcript.check();
    assert_eq!(location.state().await, before);
}

#[tokio::test]
async fn a_draft_on_hold_stays_and_a_draft_in_a_closed_period_goes() {
    let location = Location::new().await;
    let context = location.world.context(location.world.book);
    let books = &location.world.app.books;
    let mut transcript = Transcript::new("highlevel/delete_guards");

    let held = location.draft().await;
    let until = "2026-03-15".parse().unwrap();
    books
        .hold_invoice(
            &context,
            named(&held),
            quittance_accounting::issuing::Hold::Until(until),
            false,
            None,
        )
        .await
        .unwrap();
    let response = location
        .say(&mut transcript, "on hold", "DELETE", &location.at(&held), "")
        .await;
    assert_bad_request(&response, "Invoice is on hold until 2026-03-15");
    books
        .hold_invoice(
            &context,
            named(&held),
            quittance_accounting::issuing::Hold::Released,
            true,
            None,
        )
        .await
        .unwrap();
    let response = location
        .say(&mut transcript, "handed over", "DELETE", &location.at(&held), "")
        .await;
    assert_bad_request(&response, "Invoice was handed over to an authority");

    let old = location.draft().await;
    books
        .close_period(&context, "2026-03-14".parse().unwrap())
        .await
        .unwrap();
    let title = "a draft that is dated in a closed period";
    let response = location
        .say(&mut transcript, title, "DELETE", &location.at(&old), "")
        .await;
    assert_eq!(response.status, 200);
    transcript.check();
}

#[tokio::test]
async fn ids_that_name_no_invoice_here() {
    let location = Location::new().await;
    let draft = location.draft().await;
    let other = location.world.open_book("Other").await;
    let other_location = location_of(&location.world, other).await;
    let other_token = location
        .world
        .make_token(other, quittance_accounting::book::Role::Admin, &[], None)
        .await;
    let bearer = format!("Bearer {other_token}");
    let stranger = [super::VERSION, ("Authorization", bearer.as_str())];
    let alt = format!("altId={other_location}&altType=location");
    let mut transcript = Transcript::new("highlevel/delete_unknown");
    for (title, id) in [
        ("unknown", "6578278e879ad2646715ba9c"),
        ("malformed", "inv1"),
        ("a number", "1"),
        ("with a slash in it", "inv%201%2F2"),
        ("a UUID", "c4007474-f604-4d57-9690-b7f40f7a1cee"),
        ("with NUL", "%00"),
    ] {
        let response = location
            .say(&mut transcript, title, "DELETE", &location.at(id), "")
            .await;
        assert_bad_request(&response, NO_INVOICE);
    }
    let title = "another tenant's invoice in one's own location";
    let target = format!("/invoices/{draft}?{alt}");
    let response = transcript
        .say(&location.world, title, "DELETE", &target, &stranger, "")
        .await;
    assert_bad_request(&response, NO_INVOICE);
    let title = "another tenant's invoice in its location";
    let target = location.at(&draft);
    let response = transcript
        .say(&location.world, title, "DELETE", &target, &stranger, "")
        .await;
    assert_eq!(response.status, 403);
    transcript.check();
    assert_eq!(location.status(&draft).await, "draft");
}

#[tokio::test]
async fn a_number_is_not_given_twice_and_a_brought_one_is_free_again() {
    let location = Location::new().await;
    let peek = format!("/invoices/generate-invoice-number?{}", location.alt());
    let first = location.draft().await;
    let next = body_of(&location.send("GET", &peek, "").await);
    assert_valid("highlevel", "GenerateInvoiceNumberResponseDto", &next);
    assert_eq!(next, json!({"invoiceNumber": 2}));
    location.send("DELETE", &location.at(&first), "").await;
    assert_eq!(
        body_of(&location.send("GET", &peek, "").await),
        next,
        "peeking takes nothing"
    );

    let mut order = location.order();
    order["invoiceNumber"] = json!("2");
    let brought = location.draft_of(&order).await;
    assert_eq!(
        body_of(&location.send("GET", &peek, "").await),
        json!({"invoiceNumber": 3})
    );
    let again = location.send("POST", "/invoices/", &order.to_string()).await;
    assert_bad_request(&again, "Invoice number 2 is already in use");
    location.send("DELETE", &location.at(&brought), "").await;
    location.draft_of(&order).await;

    order["invoiceNumberPrefix"] = json!("INV-");
    let prefixed = location.draft_of(&order).await;
    let shown = body_of(&location.send("GET", &location.at(&prefixed), "").await);
    assert_eq!(
        (&shown["invoiceNumber"], &shown["invoiceNumberPrefix"]),
        (&json!(2), &json!("INV-"))
    );
    order.as_object_mut().unwrap().remove("invoiceNumber");
    let counted = location.draft_of(&order).await;
    let shown = body_of(&location.send("GET", &location.at(&counted), "").await);
    assert_eq!(
        (&shown["invoiceNumber"], &shown["invoiceNumberPrefix"]),
        (&json!(1), &json!("INV-"))
    );
}

/// Money that a provider vouches for: no request of this dialect records it.
pub fn provider_payment(id: &str) -> PaymentInput {
    PaymentInput {
        currency: None,
        rate: None,
        customer: None,
        paid_on: None,
        paid_at: None,
        amount: None,
        method: Method::Card,
        witness: Witness::Provider,
        clearing: AccountChoice::Role(AccountRole::Clearing),
        parts: vec![(named(id), Part::WhatIsOpen)],
        external_id: None,
        content: PaymentContent::default(),
    }
}
