//! Deletes that are refused, each in both forms, in the documented order.

use jiff::civil::date;
use quittance_accounting::book::Role;
use quittance_accounting::identity::{DocumentId, TokenKey, UuidReading};
use quittance_accounting::snapshot::Named;
use serde_json::{Value, json};

use super::{Desk, base_of};
use crate::golden::{Transcript, json as body_of};
use crate::schema::assert_valid;

/// One refused delete, written down.
async fn refused(
    transcript: &mut Transcript,
    desk: &Desk,
    title: &str,
    target: &str,
    auth: Option<&str>,
    expected: (u16, &str, Option<&str>),
) {
    let headers: Vec<(&str, &str)> = auth.iter().map(|auth| ("authorization", *auth)).collect();
    let response = transcript.say(&desk.world, title, "POST", target, &headers, "").await;
    let body = body_of(&response);
    let (status, kind, code) = expected;
    assert_eq!(response.status, status, "{title}: {body}");
    assert_valid("layer", "DeleteError", &body);
    assert_eq!(body["type"], kind, "{title}");
    assert_eq!(body.get("error_enum").and_then(Value::as_str), code, "{title}");
    assert_eq!(body["errors"][0]["type"], body["type"]);
    assert!(response.header("quittance-receipt").is_none());
}

const STATE: (u16, &str, Option<&str>) = (400, "InvalidState", Some("InvoiceStateError"));

#[tokio::test]
async fn states_that_forbid_it() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/refused_states");
    let context = desk.world.context(desk.world.book);
    let books = &desk.world.app.books;
    let delete = |id: &str| format!("{}/invoices/{id}/delete", desk.base);
    let auth = Some(desk.auth.as_str());

    let part_paid = desk.invoice("part-paid").await;
    desk.pay(&part_paid, 1000).await;
    refused(
        &mut said,
        &desk,
        "a partially paid invoice",
        &delete(&part_paid),
        auth,
        STATE,
    )
    .await;
    let paid = desk.invoice("paid").await;
    desk.pay(&paid, 25000).await;
    refused(&mut said, &desk, "a paid invoice", &delete(&paid), auth, STATE).await;
    let refund = json!({"completed_at": "2026-03-13T00:00:00Z", "method": "CASH"});
    desk.expect(201, "POST", &format!("/invoices/{paid}/refund"), &refund)
        .await;
    refused(&mut said, &desk, "a refunded invoice", &delete(&paid), auth, STATE).await;

    let held = desk.invoice("held").await;
    let UuidReading::Document(id) = DocumentId::from_uuid(&held) else {
        panic!("{held}")
    };
    let until = Some(date(2026, 12, 31));
    books
        .hold_invoice(
            &context,
            Named::Id(id),
            until.map_or(
                quittance_accounting::issuing::Hold::Released,
                quittance_accounting::issuing::Hold::Until,
            ),
            false,
            None,
        )
        .await
        .unwrap();
    refused(&mut said, &desk, "on hold", &delete(&held), auth, STATE).await;
    books
        .hold_invoice(
            &context,
            Named::Id(id),
            quittance_accounting::issuing::Hold::AsItIs,
            true,
            None,
        )
        .await
        .unwrap();
    refused(
        &mut said,
        &desk,
        "handed over to an authority",
        &delete(&held),
        auth,
        STATE,
    )
    .await;

    let old = desk.invoice_on("old", "2026-02-10").await;
    let old_paid = desk.invoice_on("old-paid", "2026-02-11").await;
    desk.pay(&old_paid, 500).await;
    books.close_period(&context, date(2026, 2, 28)).await.unwrap();
    let closed = (400, "LedgerOperationFailed", Some("PeriodIsClosed"));
    refused(&mut said, &desk, "in a closed period", &delete(&old), auth, closed).await;
    refused(
        &mut said,
        &desk,
        "payments are named before the closed period",
        &delete(&old_paid),
        auth,
        STATE,
    )
    .await;
    books.reopen_period(&context, None, "a test").await.unwrap();
    assert_eq!(
        desk.call("POST", &format!("/invoices/{old}/delete"), "").await.status,
        200
    );
    said.check();
}

#[tokio::test]
async fn names_that_are_not_there() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/refused_names");
    let auth = Some(desk.auth.as_str());
    let id = desk.invoice("mine").await;
    let base = &desk.base;
    let unknown = (404, "ResourceNotFound", Some("InvoiceNotFound"));
    let malformed = (400, "InvalidParameters", None);
    let target = format!("{base}/invoices/01900000-0000-7000-8000-000000000000/delete");
    refused(&mut said, &desk, "an unknown id", &target, auth, unknown).await;
    let target = format!("{base}/invoices/c4007474-f604-4d57-9690-b7f40f7a1cee/delete");
    refused(&mut said, &desk, "a UUID of another form", &target, auth, unknown).await;
    let target = format!("{base}/invoices/not-a-uuid/delete");
    refused(&mut said, &desk, "a malformed id", &target, auth, malformed).await;
    let deleted = format!("{base}/invoices/{id}/delete");
    assert_eq!(
        desk.call("POST", &format!("/invoices/{id}/delete"), "").await.status,
        200
    );
    let gone = (404, "ResourceNotFound", Some("InvoiceDeleted"));
    refused(&mut said, &desk, "already deleted", &deleted, auth, gone).await;

    let other = desk.world.open_book("Somebody else").await;
    let other_base = base_of(&desk.world, other).await;
    let other_token = desk.world.make_token(other, Role::Admin, &[], None).await;
    let theirs = super::Desk {
        world: desk.world,
        base: other_base.clone(),
        auth: format!("Bearer {other_token}"),
    };
    let their_id = theirs.invoice("theirs").await;
    let desk = Desk {
        base: desk.base.clone(),
        auth: desk.auth.clone(),
        world: theirs.world,
    };
    let auth = Some(desk.auth.as_str());
    let no_business = (404, "ResourceNotFound", Some("SpecifiedIdNotFound"));
    let target = format!("{}/invoices/{their_id}/delete", desk.base);
    refused(&mut said, &desk, "another business's invoice", &target, auth, unknown).await;
    let target = format!("{other_base}/invoices/{their_id}/delete");
    refused(&mut said, &desk, "another business", &target, auth, no_business).await;
    let target = format!("/v1/businesses/01900000-0000-7000-8000-000000000000/invoices/{their_id}/delete");
    refused(&mut said, &desk, "an unknown business", &target, auth, no_business).await;
    let target = format!("/v1/businesses/acme/invoices/{their_id}/delete");
    refused(&mut said, &desk, "a malformed business id", &target, auth, malformed).await;
    said.check();
}

#[tokio::test]
async fn callers_that_may_not() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/refused_callers");
    let (world, book) = (&desk.world, desk.world.book);
    let id = desk.invoice("mine").await;
    let target = format!("{}/invoices/{id}/delete", desk.base);
    let failure = (401, "AuthFailure", None);
    let forbidden = (403, "AuthFailure", None);
    let soon = "2026-03-15T12:00:01Z".parse().unwrap();
    let expired = world.make_token(book, Role::Admin, &[], Some(soon)).await;
    world.pass_seconds(5);
    let revoked = world.make_token(book, Role::Admin, &[], None).await;
    let context = world.context(book);
    let tokens = world.app.books.tokens(book).await.unwrap();
    let last: TokenKey = tokens.iter().map(|token| token.key).max().unwrap();
    world.app.books.revoke_token(&context, last).await.unwrap();
    let elsewhere = world.make_token(book, Role::Admin, &["invoices.write"], None).await;
    let viewer = world.make_token(book, Role::Viewer, &[], None).await;
    let clerk = world.make_token(book, Role::Clerk, &[], None).await;
    let rows = [
        ("no credentials", None, failure),
        ("another scheme", Some("Basic aWQ6c2VjcmV0".to_owned()), failure),
        ("an empty Bearer", Some("Bearer".to_owned()), failure),
        ("an unknown token", Some("Bearer q1_0000_1111".to_owned()), failure),
        ("an expired token", Some(format!("Bearer {expired}")), failure),
        ("a revoked token", Some(format!("Bearer {revoked}")), failure),
        (
            "a token for other things",
            Some(format!("Bearer {elsewhere}")),
            forbidden,
        ),
        ("a token that only reads", Some(format!("Bearer {viewer}")), forbidden),
        ("a token that writes drafts", Some(format!("Bearer {clerk}")), forbidden),
    ];
    for (title, auth, expected) in rows {
        refused(&mut said, &desk, title, &target, auth.as_deref(), expected).await;
    }
    let scoped = ["https://sandbox.layerfi.com/sandbox"];
    let scoped = world.make_token(book, Role::Admin, &scoped, None).await;
    let auth = format!("Bearer {scoped}");
    let headers = [("authorization", auth.as_str())];
    let response = said
        .say(world, "the vendor's own scope", "POST", &target, &headers, "")
        .await;
    assert_eq!(response.status, 200);
    said.check();
}

#[tokio::test]
async fn limits_and_paths() {
    let desk = Desk::limited(2).await;
    let mut said = Transcript::new("layer/refused_paths");
    let auth = Some(desk.auth.as_str());
    let target = format!("{}/invoices/01900000-0000-7000-8000-000000000000/delete", desk.base);
    let unknown = (404, "ResourceNotFound", Some("InvoiceNotFound"));
    refused(&mut said, &desk, "the first call of a second", &target, auth, unknown).await;
    refused(&mut said, &desk, "the last call of a second", &target, auth, unknown).await;
    let limited = (429, "BadRequest", Some("ManualRateLimit"));
    refused(&mut said, &desk, "one call too many", &target, auth, limited).await;
    desk.world.pass_seconds(1);
    refused(&mut said, &desk, "the next second", &target, auth, unknown).await;
    let headers = [("authorization", desk.auth.as_str())];
    for method in ["GET", "DELETE", "PUT"] {
        desk.world.pass_seconds(1);
        let title = format!("the wrong method {method}");
        let response = said.say(&desk.world, &title, method, &target, &headers, "").await;
        assert_eq!(response.status, 405);
        assert_eq!(response.header("allow"), Some("POST"));
        assert_valid("layer", "DeleteError", &body_of(&response));
    }
    desk.world.pass_seconds(1);
    let slash = format!("{target}/");
    let none = (404, "ResourceNotFound", None);
    refused(
        &mut said,
        &desk,
        "a slash at the end is another path",
        &slash,
        auth,
        none,
    )
    .await;
    let path = format!("{}/invoices/batch/all", desk.base);
    let response = said
        .say(
            &desk.world,
            "an operation that is not served",
            "POST",
            &path,
            &headers,
            "[]",
        )
        .await;
    super::assert_wire_error(&response, 404);
    said.check();
}
