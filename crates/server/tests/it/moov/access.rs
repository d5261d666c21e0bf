//! Who may call what, how often, and under which route.

use quittance_accounting::book::Role;
use quittance_books::queries::TrialLine;

use super::{NEWEST, Shop, assert_bare, assert_error, basic, viewer};
use crate::golden::{LIMITS, World, json as body_of};
use crate::schema::assert_valid;
use quittance_server::app::CallLimits;

/// Every operation on an invoice, with a body that would do.
const OPERATIONS: [(&str, &str, &str); 8] = [
    ("POST", "", "{}"),
    ("GET", "", ""),
    ("GET", "/ID", ""),
    ("PATCH", "/ID", "{\"status\":\"unpaid\"}"),
    ("DELETE", "/ID", ""),
    ("GET", "/ID/payments", ""),
    ("POST", "/ID/payments", "{}"),
    ("POST", "/ID/notifications", "{\"channels\":[\"email\"]}"),
];

async fn untouched(shop: &Shop, id: &str, before: &[TrialLine]) {
    assert_eq!(shop.get(id).await["status"], "draft");
    assert_eq!(shop.balances().await, before);
}

#[tokio::test]
async fn without_good_credentials_nothing_is_answered() {
    let shop = Shop::open().await;
    let (id, before) = (shop.draft().await, shop.balances().await);
    let book = shop.world.book;
    let end = "2026-03-15T12:00:01Z".parse().unwrap();
    let expired = shop.world.make_token(book, Role::Admin, &[], Some(end)).await;
    shop.world.pass_seconds(1);
    let revoked = shop.world.make_token(book, Role::Admin, &[], None).await;
    let tokens = shop.world.app.books.tokens(book).await.unwrap();
    let context = shop.world.context(book);
    let key = tokens.last().unwrap().key;
    shop.world.app.books.revoke_token(&context, key).await.unwrap();
    let wrong = format!("{}0", shop.world.token);
    let headers = [
        String::new(),
        "Bearer".to_owned(),
        "Bearer nobody".to_owned(),
        format!("Bearer {wrong}"),
        format!("Bearer {expired}"),
        format!("Bearer {revoked}"),
        format!("Token {}", shop.world.token),
        format!("Digest {}", shop.world.token),
        "Basic ***".to_owned(),
        basic(&wrong),
        basic(&revoked),
    ];
    for header in &headers {
        for (method, rest, body) in OPERATIONS {
            let path = shop.path(&rest.replace("ID", &id));
            let headers = [("Authorization", header.as_str()), NEWEST];
            assert_bare(&shop.world.send(method, &path, &headers, body).await, 401);
        }
        for (method, path) in [("GET", "/ping"), ("POST", "/accounts"), ("GET", "/accounts")] {
            let headers = [("Authorization", header.as_str())];
            assert_bare(&shop.world.send(method, path, &headers, "{}").await, 401);
        }
    }
    untouched(&shop, &id, &before).await;
}

#[tokio::test]
async fn scopes_bind_a_token_and_the_same_token_as_a_key_pair() {
    let shop = Shop::open().await;
    let (id, before) = (shop.draft().await, shop.balances().await);
    let scope = |kind: &str| format!("/accounts/{}/invoices.{kind}", shop.account);
    let (reads, writes) = (scope("read"), scope("write"));
    let other = "/accounts/019cf1b4-2a00-7000-8000-000000000000/invoices.write";
    for (scopes, method, allowed) in [
        (vec![reads.as_str()], "GET", true),
        (vec![reads.as_str()], "DELETE", false),
        (vec![writes.as_str()], "GET", false),
        (vec![other, "/ping.read"], "DELETE", false),
        (vec![other, "/ping.read"], "GET", false),
    ] {
        let token = shop.world.make_token(shop.world.book, Role::Admin, &scopes, None).await;
        let header = format!("Bearer {token}");
        let headers = [("Authorization", header.as_str())];
        let answer = shop
            .world
            .send(method, &shop.path(&format!("/{id}")), &headers, "")
            .await;
        if allowed {
            assert_eq!(answer.status, 200, "{scopes:?} {method}");
        } else {
            assert_bare(&answer, 403);
        }
    }
    untouched(&shop, &id, &before).await;
    for (scopes, status) in [(&[other][..], 403), (&[reads.as_str()][..], 403), (&["*"][..], 204)] {
        let token = shop.world.make_token(shop.world.book, Role::Admin, scopes, None).await;
        let header = basic(&token);
        let headers = [("authorization", header.as_str())];
        let done = shop
            .world
            .send("DELETE", &shop.path(&format!("/{id}")), &headers, "")
            .await;
        assert_bare(&done, status);
    }
    let token = shop
        .world
        .make_token(shop.world.book, Role::Admin, &[&writes], None)
        .await;
    let header = format!("Bearer {token}");
    let headers = [("Authorization", header.as_str())];
    let id = shop.draft().await;
    let done = shop
        .world
        .send("DELETE", &shop.path(&format!("/{id}")), &headers, "")
        .await;
    assert_bare(&done, 204);
}

#[tokio::test]
async fn roles_read_and_write_as_far_as_they_reach() {
    let shop = Shop::open().await;
    let (id, before) = (shop.draft().await, shop.balances().await);
    for (role, create) in [(Role::Viewer, 403), (Role::Clerk, 201)] {
        let header = viewer(&shop, role).await;
        let headers = [("Authorization", header.as_str()), NEWEST];
        let path = shop.path(&format!("/{id}"));
        for (method, rest, body) in OPERATIONS {
            let path = shop.path(&rest.replace("ID", &id));
            let body = if rest.is_empty() {
                shop.new_invoice().to_string()
            } else {
                body.to_owned()
            };
            let answer = shop.world.send(method, &path, &headers, &body).await;
            match (method, rest) {
                ("GET", _) => assert_eq!(answer.status, 200),
                ("POST", "") => assert_eq!(answer.status, create),
                _ => assert_bare(&answer, 403),
            }
        }
        assert_bare(&shop.world.send("DELETE", &path, &headers, "").await, 403);
    }
    untouched(&shop, &id, &before).await;
}

#[tokio::test]
async fn a_clerk_changes_drafts_and_nothing_that_was_sent() {
    let shop = Shop::open().await;
    let (draft, sent) = (shop.draft().await, shop.unpaid().await);
    let header = viewer(&shop, Role::Clerk).await;
    let headers = [("Authorization", header.as_str()), NEWEST];
    let change = async |id: &str, body: &str| {
        let path = shop.path(&format!("/{id}"));
        shop.world.send("PATCH", &path, &headers, body).await
    };
    let words = r#"{"description":"as agreed"}"#;
    let changed = change(&draft, words).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(body_of(&changed)["description"], "as agreed");
    assert_error(&change(&sent, words).await, 409);
    for body in [
        r#"{"status":"canceled"}"#,
        r#"{"description":"else","status":"unpaid"}"#,
    ] {
        assert_bare(&change(&draft, body).await, 403);
    }
    assert_eq!(body_of(&changed), shop.get(&draft).await);
}

#[tokio::test]
async fn calls_are_counted_by_the_second() {
    let limits = CallLimits {
        moov_per_second: 3,
        ..LIMITS
    };
    let shop = Shop::over(World::with(limits).await).await;
    let id = shop.draft().await;
    shop.world.pass_seconds(1);
    for _ in 0..3 {
        shop.get(&id).await;
    }
    let refused = shop.call("DELETE", &format!("/{id}"), "").await;
    assert_bare(&refused, 429);
    assert_eq!(refused.header("retry-after"), Some("1"));
    shop.world.pass_seconds(1);
    assert_bare(&shop.call("DELETE", &format!("/{id}"), "").await, 204);
}

#[tokio::test]
async fn routes_that_are_not_there_are_forbidden() {
    let shop = Shop::open().await;
    let (id, before) = (shop.draft().await, shop.balances().await);
    let own = format!("/{id}");
    for (method, rest) in [
        ("PUT", own.as_str()),
        ("POST", own.as_str()),
        ("HEAD", own.as_str()),
        ("DELETE", ""),
        ("PATCH", ""),
        ("DELETE", "/"),
        ("GET", "/"),
        ("DELETE", &format!("{own}/")),
        ("DELETE", &format!("/{own}")),
        ("POST", &format!("{own}/delete")),
        ("PUT", &format!("{own}/mark-paid")),
        ("POST", &format!("{own}/send")),
        ("DELETE", &format!("{own}/payments")),
        ("GET", &format!("{own}/notifications")),
    ] {
        assert_bare(&shop.call(method, rest, "{}").await, 403);
    }
    let headers = [("Authorization", shop.bearer.as_str())];
    for (method, path) in [
        ("POST", format!("/accounts/{}/payment-links", shop.account)),
        ("DELETE", format!("/accounts/{}/payment-links/0000000001", shop.account)),
        ("DELETE", format!("/accounts/{}", shop.account)),
        ("POST", "/ping".to_owned()),
        ("GET", "/oauth2/token".to_owned()),
        ("GET", "/accounts/nope/invoices".to_owned()),
    ] {
        assert_bare(&shop.world.send(method, &path, &headers, "{}").await, 403);
    }
    untouched(&shop, &id, &before).await;
}

#[tokio::test]
async fn ping_and_versions() {
    let shop = Shop::open().await;
    let headers = [("Authorization", shop.bearer.as_str())];
    assert_bare(&shop.world.send("GET", "/ping", &headers, "").await, 200);
    let narrow = shop
        .world
        .make_token(shop.world.book, Role::Viewer, &["/accounts.read"], None)
        .await;
    let header = format!("Bearer {narrow}");
    let headers = [("Authorization", header.as_str())];
    assert_bare(&shop.world.send("GET", "/ping", &headers, "").await, 403);
    let id = shop.draft().await;
    for (version, schema) in [
        ("", "Invoice_v2026_04"),
        ("v2024.01.00", "Invoice_v2026_04"),
        ("v2026.06.00", "Invoice_v2026_04"),
        ("v2026.07.00", "Invoice"),
        ("v9000.00.00", "Invoice"),
        ("dev", "Invoice"),
    ] {
        let headers = [("Authorization", shop.bearer.as_str()), ("x-moov-version", version)];
        let found = shop
            .world
            .send("GET", &shop.path(&format!("/{id}")), &headers, "")
            .await;
        assert_eq!(found.status, 200);
        assert_valid("moov", schema, &body_of(&found));
    }
    let headers = [("Authorization", shop.bearer.as_str()), ("x-moov-version", "<value>")];
    let message = assert_error(
        &shop
            .world
            .send("DELETE", &shop.path(&format!("/{id}")), &headers, "")
            .await,
        400,
    );
    assert!(message.contains("X-Moov-Version"), "{message}");
    assert_eq!(shop.get(&id).await["status"], "draft");
}
