//! Who may, which method, which path, which form: everything that is decided before a document is looked at.

use jiff::ToSpan;
use quittance_accounting::book::Role;

use super::{Client, DRAFT, INVOICES, ISSUED, at, payment, said};
use crate::golden::{Transcript, World, json};
use crate::schema::assert_valid;

const MEMOS: &str = "/coa/api/v1/credit-memo";

#[tokio::test]
async fn credentials() {
    let world = World::new().await;
    Client::new(&world).create(ISSUED).await;
    let (good, book) = (world.token.clone(), world.book);
    let soon = world.app.now() + 1.minute();
    let expiring = world.make_token(book, Role::Admin, &[], Some(soon)).await;
    let revoked = world.make_token(book, Role::Admin, &[], None).await;
    let key = world.app.books.tokens(book).await.unwrap().last().unwrap().key;
    world.app.books.revoke_token(&world.context(book), key).await.unwrap();
    world.pass_seconds(60);
    let target = at(1, "");
    let mut t = Transcript::new("campfire/credentials");
    for (title, value) in [
        ("Another scheme", format!("Bearer {good}")),
        ("Basic", "Basic cTE6cw==".to_owned()),
        ("A scheme nobody speaks", format!("Knox {good}")),
        ("The scheme alone", "Token".to_owned()),
        ("Several words", "Token a b".to_owned()),
        ("Nobody's", "Token 0123456789abcdef".to_owned()),
        (
            "Nobody's, though it looks like ours",
            "Token q1_0123456789abcdef_00".to_owned(),
        ),
        ("Expired", format!("Token {expiring}")),
        ("Revoked", format!("Token {revoked}")),
    ] {
        let said = t
            .say(&world, title, "DELETE", &target, &[("authorization", &value)], "")
            .await;
        assert_eq!(said.status, 401, "{title}");
        assert_eq!(said.header("www-authenticate"), Some("Token"));
        assert_valid("campfire", "Detail", &json(&said));
    }
    t.say(&world, "None", "DELETE", &target, &[], "").await;
    let twice = format!("Token {good}");
    let twice = [("authorization", twice.as_str()), ("authorization", twice.as_str())];
    t.say(&world, "Two headers", "DELETE", &target, &twice, "").await;
    let lower = format!("token {good}");
    let last = t
        .say(
            &world,
            "In lower case",
            "DELETE",
            &target,
            &[("authorization", &lower)],
            "",
        )
        .await;
    assert_eq!(last.status, 204);
    t.check();
}

#[tokio::test]
async fn roles_and_scopes() {
    let world = World::new().await;
    let admin = Client::new(&world);
    admin.create(ISSUED).await;
    admin.create(DRAFT).await;
    let token = |role, scopes: &'static [&'static str]| world.make_token(world.book, role, scopes, None);
    let viewer = Client::with(&world, &token(Role::Viewer, &[]).await);
    let clerk = Client::with(&world, &token(Role::Clerk, &[]).await);
    let narrow = Client::with(&world, &token(Role::Admin, &["invoices.write"]).await);
    let meant = Client::with(&world, &token(Role::Admin, &["campfire"]).await);
    let mut t = Transcript::new("campfire/roles");
    said(&mut t, &viewer, "A viewer deletes", "DELETE", &at(1, ""), "", "Detail").await;
    said(&mut t, &clerk, "A clerk deletes", "DELETE", &at(1, ""), "", "Detail").await;
    said(&mut t, &clerk, "A clerk posts", "POST", INVOICES, ISSUED, "Detail").await;
    said(
        &mut t,
        &clerk,
        "A clerk writes a draft",
        "POST",
        INVOICES,
        DRAFT,
        "Invoice",
    )
    .await;
    said(
        &mut t,
        &narrow,
        "A token for another dialect",
        "DELETE",
        &at(1, ""),
        "",
        "Detail",
    )
    .await;
    t.check();
    let calls = [
        ("GET", INVOICES.to_owned(), String::new()),
        ("GET", at(1, ""), String::new()),
        ("HEAD", at(1, ""), String::new()),
        ("OPTIONS", at(1, ""), String::new()),
        ("GET", "/coa/api/vendor".to_owned(), String::new()),
        ("GET", "/coa/api/v1/invoice-payments".to_owned(), String::new()),
        ("GET", "/coa/api/journal_entry".to_owned(), String::new()),
        ("GET", MEMOS.to_owned(), String::new()),
        ("GET", format!("{MEMOS}/next-credit-memo-number"), String::new()),
        ("POST", INVOICES.to_owned(), DRAFT.to_owned()),
        ("PATCH", at(3, ""), r#"{"ref_number":"x"}"#.to_owned()),
        ("PATCH", "/coa/api/vendor/1".to_owned(), r#"{"name":"x"}"#.to_owned()),
        ("PUT", "/rr/api/v1/product/1".to_owned(), r#"{"name":"x"}"#.to_owned()),
        (
            "POST",
            format!("{INVOICES}bulk-create"),
            format!(r#"{{"invoices":[{DRAFT}]}}"#),
        ),
        ("POST", format!("{INVOICES}bulk-search"), "{}".to_owned()),
        ("POST", at(1, "calculate-payment"), payment("1")),
        ("POST", at(1, "default-payment"), String::new()),
        ("POST", format!("{MEMOS}/bulk-search"), "{}".to_owned()),
        ("POST", "/coa/api/vendor".to_owned(), r#"{"name":"x"}"#.to_owned()),
        ("POST", "/rr/api/v1/product".to_owned(), r#"{"name":"x"}"#.to_owned()),
        ("POST", INVOICES.to_owned(), ISSUED.to_owned()),
        ("PATCH", at(2, ""), r#"{"payment_status":"open"}"#.to_owned()),
        ("PUT", at(1, ""), ISSUED.to_owned()),
        (
            "POST",
            format!("{INVOICES}bulk-create"),
            format!(r#"{{"invoices":[{ISSUED}]}}"#),
        ),
        ("POST", at(1, "reopen/"), String::new()),
        ("POST", at(1, "payment/1/void/"), String::new()),
        ("DELETE", at(1, "payment/1/void/"), String::new()),
        (
            "POST",
            "/coa/api/account".to_owned(),
            r#"{"number":"6900","name":"Travel","account_type":"COGS"}"#.to_owned(),
        ),
        (
            "PATCH",
            "/coa/api/account/1".to_owned(),
            r#"{"name":"Till"}"#.to_owned(),
        ),
        ("POST", "/coa/api/journal_entry".to_owned(), "{}".to_owned()),
        ("DELETE", "/coa/api/journal_entry/1".to_owned(), String::new()),
        ("POST", MEMOS.to_owned(), "{}".to_owned()),
        ("PUT", format!("{MEMOS}/1"), "{}".to_owned()),
        ("PATCH", format!("{MEMOS}/1"), "{}".to_owned()),
        ("DELETE", format!("{MEMOS}/1"), String::new()),
        ("POST", format!("{MEMOS}/1/void/"), String::new()),
        ("POST", format!("{MEMOS}/1/reopen/"), String::new()),
        ("PUT", format!("{MEMOS}/1/send/"), String::new()),
        ("POST", format!("{MEMOS}/1/payment/1025/void"), String::new()),
        ("DELETE", format!("{MEMOS}/1/payment/1025/void"), String::new()),
        ("PUT", at(2, "send/"), String::new()),
        ("POST", at(1, "pay/"), payment("1")),
        ("POST", at(1, "void/"), String::new()),
        ("DELETE", at(1, ""), String::new()),
        ("DELETE", at(999, ""), String::new()),
        ("PUT", INVOICES.to_owned(), String::new()),
    ];
    for (place, (method, target, body)) in calls.iter().enumerate() {
        for (client, allowed) in [(&viewer, place < 9), (&clerk, place < 20), (&narrow, false)] {
            let status = client.call(method, target, body).await.status;
            assert_eq!(status != 403, allowed, "{method} {target}: {status}");
        }
    }
    assert_eq!(meant.call("DELETE", &at(1, ""), "").await.status, 204);
}

#[tokio::test]
async fn paths_methods_and_forms() {
    let world = World::new().await;
    let client = Client::new(&world);
    client.create(ISSUED).await;
    let mut t = Transcript::new("campfire/manners");
    let s = &mut t;
    for (title, method, target) in [
        ("No slash, nobody asks", "DELETE", "/coa/api/v1/invoice/1"),
        (
            "No slash on the list, the query stays",
            "GET",
            "/coa/api/v1/invoice?limit=2&offset=1",
        ),
        ("A slash too many", "GET", "/coa/api/vendor/"),
        ("No slash and not digits", "GET", "/coa/api/v1/invoice/abc"),
        ("No such route", "GET", "/coa/api/v1/nothing/"),
        ("A slash inside an id", "GET", "/coa/api/v1/invoice/1%2F2/"),
        ("A wrong method, nobody asks", "PUT", "/coa/api/v1/invoice/"),
    ] {
        s.say(&world, title, method, target, &[], "").await;
    }
    for (title, method, target) in [
        ("A method the invoice has not", "POST", at(1, "")),
        ("A method the list has not", "DELETE", INVOICES.to_owned()),
        ("A method of no route", "TRACE", at(1, "pay/")),
        ("Reading what is only done", "GET", at(1, "void/")),
        ("A wrong method before an unknown id", "POST", at(99, "")),
    ] {
        assert_eq!(said(s, &client, title, method, &target, "", "Detail").await.status, 405);
    }
    said(
        s,
        &client,
        "An unknown id before a broken body",
        "PATCH",
        &at(99, ""),
        "{",
        "Detail",
    )
    .await;
    let token = format!("Token {}", world.token);
    let with = |name, value| [("authorization", token.as_str()), (name, value)];
    s.say(
        &world,
        "What can be done",
        "OPTIONS",
        &at(1, ""),
        &with("host", "books.test"),
        "",
    )
    .await;
    s.say(
        &world,
        "No form we have",
        "GET",
        &at(1, ""),
        &with("accept", "text/csv"),
        "",
    )
    .await;
    s.say(
        &world,
        "One of them we have",
        "GET",
        "/coa/api/entity",
        &with("accept", "text/html, application/json;q=0.9"),
        "",
    )
    .await;
    s.say(
        &world,
        "Not JSON",
        "POST",
        INVOICES,
        &with("content-type", "text/plain; charset=utf-8"),
        "x",
    )
    .await;
    s.say(
        &world,
        "Of no kind",
        "POST",
        INVOICES,
        &with("host", "books.test"),
        "{}",
    )
    .await;
    s.say(
        &world,
        "A form",
        "POST",
        INVOICES,
        &with("content-type", "application/x-www-form-urlencoded"),
        "entity=1",
    )
    .await;
    t.check();
    let page = world.send("GET", "/rr/nothing", &[], "").await;
    assert_eq!((page.status, page.body.len(), page.header("allow")), (404, 179, None));
}
