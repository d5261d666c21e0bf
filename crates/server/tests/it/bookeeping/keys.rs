//! Keys, what they reach, call limits, and paths that lead nowhere.

use quittance_accounting::book::Role;
use quittance_accounting::identity::TokenKey;
use quittance_server::config::MinuteAndDay;
use quittance_server::http::Response;
use quittance_server::http::message::Method;
use serde_json::json;

use super::super::golden::{LIMITS, Transcript, World, json};
use super::super::schema::assert_valid;
use super::{Desk, INVOICES, message};

const LIMITER: [&str; 5] = [
    "x-rate-limiter-daily-limit",
    "x-rate-limiter-minutely-limit",
    "x-rate-limiter-daily-usage",
    "x-rate-limiter-minutely-usage",
    "x-rate-limiter-operation-type",
];

fn limiter(response: &Response) -> Vec<&str> {
    LIMITER.iter().filter_map(|name| response.header(name)).collect()
}

#[tokio::test]
async fn keys_that_do_not_do() {
    let desk = Desk::new().await;
    let id = desk.draft(json!({})).await;
    let path = format!("{INVOICES}/{id}");
    let world = &desk.world;
    let soon = "2026-03-15T12:00:01Z".parse().unwrap();
    let expired = world.make_token(world.book, Role::Admin, &[], Some(soon)).await;
    let revoked = desk.token(Role::Admin, &[]).await;
    let context = world.context(world.book);
    let last = world
        .app
        .books
        .tokens(world.book)
        .await
        .unwrap()
        .iter()
        .map(|token| token.key.0)
        .max()
        .unwrap();
    world.app.books.revoke_token(&context, TokenKey(last)).await.unwrap();
    world.pass_seconds(2);
    let of = |scheme: &str, token: &str| format!("{scheme} {token}");
    let mut said = Transcript::new("bookeeping/keys");
    let wrong = format!("{}0", world.token);
    let (user, secret) = world.token.rsplit_once('_').unwrap();
    let basic = format!("Basic {}", base64(&format!("{user}:{secret}")));
    for (title, header) in [
        ("no credentials", None),
        ("another scheme", Some(of("Token", &world.token))),
        ("basic", Some(basic)),
        ("nothing behind the scheme", Some("Bearer".to_owned())),
        ("two words", Some(of("Bearer", "a b"))),
        ("a made-up key", Some(of("Bearer", "sk_live_1"))),
        ("a wrong key", Some(of("Bearer", &wrong))),
        ("an expired key", Some(of("Bearer", &expired))),
        ("a revoked key", Some(of("Bearer", &revoked))),
    ] {
        let header: Vec<(&str, &str)> = header.iter().map(|text| ("authorization", text.as_str())).collect();
        let refused = said.say(world, title, "DELETE", &path, &header, "").await;
        assert_eq!(refused.status, 401, "{title}");
        assert!(limiter(&refused).is_empty(), "{title}");
        assert_valid("bookeeping", "Error401", &json(&refused));
    }
    assert_eq!(desk.status(&id).await, "DRAFT");
    said.check();
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            out.push(char::from(DIGITS[(bits >> (18 - 6 * place)) as usize & 63]));
        }
    }
    out
}

#[tokio::test]
async fn keys_that_reach_less() {
    let desk = Desk::new().await;
    let id = desk.draft(json!({})).await;
    let (path, draft) = (format!("{INVOICES}/{id}"), desk.draft_body(json!({})));
    let send = format!("{path}/send");
    let mut said = Transcript::new("bookeeping/reach");
    // Role, scopes, and the statuses of: read, create, send, delete.
    let table: [(Role, &[&str], [u16; 4]); 6] = [
        (Role::Viewer, &[], [200, 401, 401, 401]),
        (Role::Clerk, &[], [200, 200, 401, 401]),
        (Role::Admin, &["invoices.readonly"], [401, 401, 401, 401]),
        (Role::Admin, &["bookeeping.read"], [200, 401, 401, 401]),
        (Role::Clerk, &["bookeeping.write"], [401, 200, 401, 401]),
        (
            Role::Admin,
            &["bookeeping.read", "bookeeping.write"],
            [200, 200, 200, 400],
        ),
    ];
    for (role, scopes, expected) in table {
        let token = desk.token(role, scopes).await;
        let bearer = format!("Bearer {token}");
        let header = [("authorization", bearer.as_str())];
        let mut found = [0; 4];
        let calls = [
            ("GET", &path, ""),
            ("POST", &INVOICES.to_owned(), &draft),
            ("POST", &send, ""),
            ("DELETE", &path, ""),
        ];
        for (at, (method, target, body)) in calls.into_iter().enumerate() {
            let title = format!("{role:?} {scopes:?}");
            let answer = said.say(&desk.world, &title, method, target, &header, body).await;
            found[at] = answer.status;
            assert_eq!(limiter(&answer).len(), 5);
            assert_eq!(answer.status == 401, answer.header("www-authenticate").is_some());
        }
        assert_eq!(found, expected, "{role:?} {scopes:?}");
    }
    said.check();
}

#[tokio::test]
async fn limits_per_minute_and_day() {
    let mut limits = LIMITS;
    limits.bookeeping_write = MinuteAndDay {
        per_minute: 3,
        per_day: 5,
    };
    limits.bookeeping_read = MinuteAndDay {
        per_minute: 4,
        per_day: 100,
    };
    let desk = Desk::over(World::with(limits).await).await;
    let mut said = Transcript::new("bookeeping/limits");
    let missing = format!("{INVOICES}/666666666666666666666666");
    let say = async |said: &mut Transcript, title: &str, method: &str, status: u16| {
        let header = [("authorization", desk.bearer.as_str())];
        let answer = said.say(&desk.world, title, method, &missing, &header, "").await;
        assert_eq!(answer.status, status, "{title}");
        assert_eq!(limiter(&answer).len(), 5, "{title}");
        answer
    };
    // The desk has written once and read twice.
    for title in ["second write", "third write"] {
        say(&mut said, title, "DELETE", 400).await;
    }
    let refused = say(&mut said, "over the minute", "DELETE", 429).await;
    assert_valid("bookeeping", "Error429", &json(&refused));
    assert_eq!(refused.header("retry-after"), Some("60"));
    say(&mut said, "reads are counted apart", "GET", 400).await;
    let other = desk.token(Role::Admin, &[]).await;
    let bearer = format!("Bearer {other}");
    let header = [("authorization", bearer.as_str())];
    let answer = said
        .say(&desk.world, "another key", "DELETE", &missing, &header, "")
        .await;
    assert_eq!(answer.status, 400);
    desk.world.pass_seconds(60);
    for title in ["fourth write", "fifth write"] {
        say(&mut said, title, "DELETE", 400).await;
    }
    let refused = say(&mut said, "over the day", "DELETE", 429).await;
    assert!(message(&refused).contains("daily"));
    desk.world.pass_seconds(43_200);
    say(&mut said, "the next day", "DELETE", 400).await;
    said.check();
}

#[tokio::test]
async fn the_headers_of_the_vendors_example() {
    let desk = Desk::new().await;
    let id = desk.draft(json!({})).await;
    let deleted = desk.send("DELETE", &format!("{INVOICES}/{id}"), "").await;
    assert_eq!(limiter(&deleted), ["1500", "25", "3", "3", "write"]);
    let read = desk.send("GET", INVOICES, "").await;
    assert_eq!(limiter(&read), ["6000", "100", "3", "3", "read"]);
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there() {
    let desk = Desk::new().await;
    let id = desk.draft(json!({})).await;
    let mut said = Transcript::new("bookeeping/no_route");
    for (method, target) in [
        ("DELETE", INVOICES.to_owned()),
        ("DELETE", format!("{INVOICES}/{id}/lines")),
        ("PUT", format!("{INVOICES}/{id}")),
        ("HEAD", format!("{INVOICES}/{id}")),
        ("GET", format!("{INVOICES}/{id}/send")),
        ("POST", format!("{INVOICES}/{id}/delete")),
        ("DELETE", format!("/public-api/v2/invoices/{id}")),
        ("DELETE", "/public-api".to_owned()),
    ] {
        assert!(Method::from_bytes(method.as_bytes()).is_ok());
        let answer = desk.say(&mut said, "no route", [method, &target, ""], "Error404").await;
        assert_eq!((answer.status, limiter(&answer).len()), (404, 5), "{method} {target}");
    }
    let unknown = desk.world.send("GET", "/public-api/v1/nothing", &[], "").await;
    assert_eq!(unknown.status, 401);
    assert_eq!(desk.status(&id).await, "DRAFT");
    let path = format!("{INVOICES}/{id}/");
    let deleted = desk
        .say(&mut said, "a slash at the end", ["DELETE", &path, ""], "Deleted")
        .await;
    assert_eq!(deleted.status, 200);
    said.check();
}
