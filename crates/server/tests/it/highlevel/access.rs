//! Versions, tokens, scopes, roles, limits, routes: everything before the books are asked.

use quittance_accounting::book::Role;
use quittance_accounting::identity::TokenKey;
use serde_json::json;

use super::{Location, NO_SCOPE, VERSION, send_members};
use crate::golden::{LIMITS, Transcript, World, json as body_of};
use crate::schema::assert_valid;

const LIMIT_HEADERS: [&str; 5] = [
    "X-RateLimit-Limit-Daily",
    "X-RateLimit-Daily-Remaining",
    "X-RateLimit-Interval-Milliseconds",
    "X-RateLimit-Max",
    "X-RateLimit-Remaining",
];

#[tokio::test]
async fn versions() {
    let location = Location::new().await;
    let id = location.draft().await;
    let bearer = ("Authorization", location.bearer.as_str());
    for version in ["v3", "2023-02-21", "2021-07-28", "2021-04-15", "legacy"] {
        let headers = [("version", version), bearer];
        let response = location.world.send("GET", &location.at(&id), &headers, "").await;
        assert_eq!(response.status, 200, "{version}");
    }
    let mut transcript = Transcript::new("highlevel/versions");
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);
    // The version is looked at before the token, and neither before the route.
    let cases: [Case<'_>; 4] = [
        ("none", &[bearer], "version header was not found."),
        (
            "unknown",
            &[bearer, ("Version", "2020-01-01")],
            "version header is invalid",
        ),
        (
            "of another product",
            &[bearer, ("Version", "v2")],
            "version header is invalid",
        ),
        ("none, and no token", &[], "version header was not found."),
    ];
    for (title, headers, message) in cases {
        let response = transcript
            .say(&location.world, title, "DELETE", &location.at(&id), headers, "")
            .await;
        assert_eq!(
            (response.status, &body_of(&response)["message"]),
            (401, &json!(message))
        );
        assert_valid("highlevel", "UnauthorizedDTO", &body_of(&response));
    }
    transcript.check();
    let blank = [bearer, ("Version", "")];
    let response = location.world.send("DELETE", &location.at(&id), &blank, "").await;
    assert_eq!(body_of(&response)["message"], json!("version header is invalid"));
    assert_eq!(location.status(&id).await, "draft");
}

#[tokio::test]
async fn tokens() {
    let location = Location::new().await;
    let world = &location.world;
    let id = location.draft().await;
    let soon = Some("2026-03-15T12:00:01Z".parse().unwrap());
    let expired = world.make_token(world.book, Role::Admin, &[], soon).await;
    let revoked = world.make_token(world.book, Role::Admin, &[], None).await;
    world
        .app
        .books
        .revoke_token(&world.context(world.book), TokenKey(3))
        .await
        .unwrap();
    world.pass_seconds(2);
    let mut transcript = Transcript::new("highlevel/tokens");
    let cases = [
        ("none", None),
        ("another scheme", Some(format!("Token {}", world.token))),
        ("basic", Some("Basic aWQ6c2VjcmV0".to_owned())),
        ("no text", Some("Bearer".to_owned())),
        ("two words", Some("Bearer a b".to_owned())),
        ("unknown", Some("Bearer pit-abc".to_owned())),
        ("the wrong secret", Some("Bearer q1_0123456789abcdef_0123".to_owned())),
        (
            "of a book that is none",
            Some("Bearer q99_0123456789abcdef_0123".to_owned()),
        ),
        ("expired", Some(format!("Bearer {expired}"))),
        ("revoked", Some(format!("Bearer {revoked}"))),
    ];
    for (title, credentials) in cases {
        let mut headers = vec![VERSION];
        headers.extend(credentials.as_deref().map(|text| ("Authorization", text)));
        let response = transcript
            .say(world, title, "DELETE", &location.at(&id), &headers, "")
            .await;
        let body = body_of(&response);
        let message = json!("Invalid token: access token is invalid");
        assert_eq!((response.status, &body["message"]), (401, &message), "{title}");
        assert_valid("highlevel", "UnauthorizedDTO", &body);
        assert_eq!(response.header("x-ratelimit-max"), None, "{title}");
    }
    transcript.check();
    assert_eq!(location.status(&id).await, "draft");
}

#[tokio::test]
async fn scopes_and_roles() {
    let location = Location::new().await;
    let world = &location.world;
    let id = location.draft().await;
    let sent = location.sent().await;
    let order = location.order().to_string();
    let alt = location.alt_body().to_string();
    let send = location.with(send_members());
    let list = format!("/invoices/?{}&limit=1&offset=0", location.alt());
    let number = format!("/invoices/generate-invoice-number?{}", location.alt());
    let mut update = location.order();
    let items = update.as_object_mut().unwrap().remove("items").unwrap();
    for name in ["sentTo", "discount"] {
        update.as_object_mut().unwrap().remove(name);
    }
    update["invoiceItems"] = items;
    let update = update.to_string();
    let mut text2pay = location.order();
    text2pay["action"] = json!("draft");
    text2pay["userId"] = json!("user-1");
    let text2pay = text2pay.to_string();
    let late_fees = location.with(super::editing::late_fees());
    let visited = json!({"invoiceId": id}).to_string();
    let settings = format!("/invoices/settings?{}", location.alt());
    // What it takes: to look, to write drafts, to post, or, with any scope, to post.
    let (look, write, post, any) = (0, 1, 2, 3);
    let calls = [
        (look, "GET", location.at(&id), ""),
        (look, "GET", list, ""),
        (look, "GET", number, ""),
        (look, "GET", settings, ""),
        (write, "POST", "/invoices/".to_owned(), order.as_str()),
        (write, "PUT", format!("/invoices/{id}"), update.as_str()),
        (write, "POST", "/invoices/text2pay".to_owned(), text2pay.as_str()),
        (
            any,
            "PATCH",
            format!("/invoices/{id}/late-fees-configuration"),
            late_fees.as_str(),
        ),
        (
            any,
            "PATCH",
            "/invoices/stats/last-visited-at".to_owned(),
            visited.as_str(),
        ),
        (post, "PUT", "/invoices/settings".to_owned(), alt.as_str()),
        (post, "POST", format!("/invoices/{id}/send"), send.as_str()),
        (post, "POST", format!("/invoices/{sent}/void"), alt.as_str()),
        (post, "POST", format!("/invoices/{sent}/record-payment"), alt.as_str()),
        (post, "DELETE", location.at(&id), ""),
        (post, "DELETE", "/invoices/nothing?altId=nowhere".to_owned(), ""),
    ];
    // Role and scopes; then which kinds of calls get past both.
    let cases: [(Role, &[&str], [bool; 4]); 7] = [
        (Role::Viewer, &[], [true, false, false, false]),
        (Role::Viewer, &["invoices.write"], [false; 4]),
        (Role::Admin, &["invoices.readonly"], [true, false, false, true]),
        (Role::Admin, &["invoices/schedule.write"], [false, false, false, true]),
        (Role::Clerk, &[], [true, true, false, false]),
        (Role::Clerk, &["invoices.write"], [false, true, false, false]),
        (Role::Admin, &["native.read", "bookeeping.write"], [false; 4]),
    ];
    let mut transcript = Transcript::new("highlevel/scopes");
    for (role, scopes, passes) in cases {
        let token = format!("Bearer {}", world.make_token(world.book, role, scopes, None).await);
        let headers = [VERSION, ("Authorization", token.as_str())];
        for (kind, method, target, body) in &calls {
            let title = format!("{role:?} with {scopes:?}");
            let response = if *method == "DELETE" {
                transcript.say(world, &title, method, target, &headers, body).await
            } else {
                world.send(method, target, &headers, body).await
            };
            let refused = response.status == 401 && body_of(&response)["message"] == NO_SCOPE;
            assert_eq!(refused, !passes[*kind], "{title} {method} {target}");
        }
    }
    transcript.check();
    let writer = world
        .make_token(world.book, Role::Admin, &["invoices.write"], None)
        .await;
    let bearer = format!("Bearer {writer}");
    let headers = [VERSION, ("Authorization", bearer.as_str())];
    assert_eq!(world.send("DELETE", &location.at(&id), &headers, "").await.status, 200);
}

/// Every operation of templates, schedules and estimates: the scope it takes, and which of the roles may use it.
#[tokio::test]
async fn scopes_and_roles_of_what_is_stored() {
    let location = Location::new().await;
    let world = &location.world;
    let (template, schedule, estimate) = ("invoices/template", "invoices/schedule", "invoices/estimate");
    let (read, write) = ("readonly", "write");
    let (viewer, clerk, admin) = (0, 1, 2);
    let calls = [
        (template, write, clerk, "POST", "/invoices/template"),
        (template, read, viewer, "GET", "/invoices/template"),
        (template, read, viewer, "GET", "/invoices/template/x"),
        (template, write, clerk, "PUT", "/invoices/template/x"),
        (template, write, clerk, "DELETE", "/invoices/template/x"),
        ("", "", clerk, "PATCH", "/invoices/template/x/late-fees-configuration"),
        (
            "",
            "",
            clerk,
            "PATCH",
            "/invoices/template/x/payment-methods-configuration",
        ),
        (schedule, write, clerk, "POST", "/invoices/schedule"),
        (schedule, read, viewer, "GET", "/invoices/schedule"),
        (schedule, read, viewer, "GET", "/invoices/schedule/x"),
        (schedule, write, admin, "PUT", "/invoices/schedule/x"),
        (schedule, write, admin, "DELETE", "/invoices/schedule/x"),
        (schedule, write, admin, "POST", "/invoices/schedule/x/schedule"),
        (schedule, write, admin, "POST", "/invoices/schedule/x/updateAndSchedule"),
        (schedule, write, admin, "POST", "/invoices/schedule/x/auto-payment"),
        (schedule, write, admin, "POST", "/invoices/schedule/x/cancel"),
        (estimate, write, clerk, "POST", "/invoices/estimate"),
        (estimate, write, clerk, "PUT", "/invoices/estimate/x"),
        (estimate, write, clerk, "DELETE", "/invoices/estimate/x"),
        (estimate, write, clerk, "POST", "/invoices/estimate/x/send"),
        (estimate, write, clerk, "POST", "/invoices/estimate/x/invoice"),
        (estimate, read, viewer, "GET", "/invoices/estimate/list"),
        (estimate, read, viewer, "GET", "/invoices/estimate/number/generate"),
        ("", "", clerk, "PATCH", "/invoices/estimate/stats/last-visited-at"),
        (estimate, write, clerk, "POST", "/invoices/estimate/template"),
        (estimate, read, viewer, "GET", "/invoices/estimate/template"),
        (estimate, read, viewer, "GET", "/invoices/estimate/template/preview"),
        (estimate, write, clerk, "PUT", "/invoices/estimate/template/x"),
        (estimate, write, clerk, "DELETE", "/invoices/estimate/template/x"),
    ];
    let mut scopes: Vec<String> = vec!["invoices.write".to_owned()];
    for noun in [template, schedule, estimate] {
        scopes.extend([read, write].map(|kind| format!("{noun}.{kind}")));
    }
    for (place, role) in [Role::Viewer, Role::Clerk, Role::Admin].into_iter().enumerate() {
        for scope in &scopes {
            let token = world.make_token(world.book, role, &[scope.as_str()], None).await;
            let bearer = format!("Bearer {token}");
            let headers = [VERSION, ("Authorization", bearer.as_str())];
            for (noun, kind, least, method, path) in calls {
                let response = world.send(method, path, &headers, "").await;
                let refused = response.status == 401 && body_of(&response)["message"] == NO_SCOPE;
                let reaches = noun.is_empty() || *scope == format!("{noun}.{kind}");
                assert_eq!(
                    refused,
                    !reaches || place < least,
                    "{role:?} with {scope}: {method} {path}"
                );
                // Nothing stands in the request: whatever gets past access is told so.
                let told = [400, 422].contains(&response.status);
                assert!(refused || told, "{method} {path}: {}", response.status);
            }
        }
    }
}

#[tokio::test]
async fn the_location_comes_before_the_members_and_these_before_the_invoice() {
    let location = Location::new().await;
    let foreign = super::location_of(&location.world, location.world.open_book("Other").await).await;
    let cases = [
        (format!("altId={foreign}"), 403),
        (format!("altId={foreign}&altType=location"), 403),
        ("altType=location".to_owned(), 422),
        (format!("altId={}&altType=x", location.id), 422),
        (location.alt(), 400),
    ];
    for (query, status) in cases {
        let response = location.send("DELETE", &format!("/invoices/unknown?{query}"), "").await;
        assert_eq!(response.status, status, "{query}");
        if status == 403 {
            let message = "The token does not have access to this location.";
            assert_eq!(body_of(&response), json!({"statusCode": 403, "message": message}));
        }
    }
    let settings = location
        .world
        .app
        .books
        .settings(location.world.book)
        .await
        .unwrap()
        .unwrap();
    let id = location.draft().await;
    let target = format!("/invoices/{id}?altId={}&altType=location", settings.id.uuid());
    assert_eq!(
        location.send("GET", &target, "").await.status,
        200,
        "the other spelling"
    );
}

#[tokio::test]
async fn call_limits() {
    let mut limits = LIMITS;
    limits.highlevel_burst = 2;
    limits.highlevel_daily = 4;
    let location = Location::in_world(World::with(limits).await).await;
    let mut transcript = Transcript::new("highlevel/call_limits");
    let target = location.at("6578278e879ad2646715ba9c");
    // Title, seconds to wait before, status, left of the day, left of the interval.
    let cases = [
        ("first", 0, 400, "3", "1"),
        ("second", 0, 400, "2", "0"),
        ("third in ten seconds", 0, 429, "2", "0"),
        ("after ten seconds", 10, 400, "1", "1"),
        ("the last of the day", 0, 400, "0", "0"),
        ("one more", 10, 429, "0", "2"),
    ];
    for (title, seconds, status, day, burst) in cases {
        location.world.pass_seconds(seconds);
        let response = location.say(&mut transcript, title, "DELETE", &target, "").await;
        let headers = LIMIT_HEADERS.map(|name| response.header(name).unwrap().to_owned());
        assert_eq!(response.status, status, "{title}");
        assert_eq!(headers, ["4", day, "10000", "2", burst].map(str::to_owned), "{title}");
    }
    transcript.check();
}

#[tokio::test]
async fn routes_that_do_not_exist() {
    let location = Location::new().await;
    let id = location.draft().await;
    let mut transcript = Transcript::new("highlevel/routes");
    let cases = [
        ("PATCH", format!("/invoices/{id}")),
        ("POST", format!("/invoices/{id}")),
        ("DELETE", "/invoices/".to_owned()),
        ("DELETE", "/invoices".to_owned()),
        ("DELETE", "/invoices//".to_owned()),
        ("DELETE", "/invoices/settings".to_owned()),
        ("DELETE", "/invoices/generate-invoice-number".to_owned()),
        ("GET", "/invoices/estimate/x".to_owned()),
        ("GET", "/invoices/estimate".to_owned()),
        ("DELETE", "/invoices/estimate/template/preview".to_owned()),
        ("POST", "/invoices/estimate/stats/send".to_owned()),
        ("PATCH", "/invoices/schedule/x".to_owned()),
        ("DELETE", "/invoices/schedule".to_owned()),
        ("POST", "/invoices/template/x".to_owned()),
        ("POST", "/invoices/settings".to_owned()),
        ("POST", "/invoices/generate-invoice-number".to_owned()),
        ("PUT", "/invoices/stats".to_owned()),
        ("GET", "/invoices/text2pay".to_owned()),
        ("PATCH", "/invoices/stats/late-fees-configuration".to_owned()),
        ("DELETE", format!("/invoices/{id}/void")),
    ];
    for (method, path) in cases {
        let target = format!("{path}?{}", location.alt());
        let response = transcript
            .say(&location.world, "no such route", method, &target, &[], "")
            .await;
        let message = format!("Cannot {method} {path}");
        assert_eq!(
            (response.status, &body_of(&response)["message"]),
            (404, &json!(message))
        );
    }
    transcript.check();
    for path in ["/invoices", "/invoices/"] {
        let created = location.send("POST", path, &location.order().to_string()).await;
        assert_eq!(created.status, 201, "{path}");
        let listed = format!("{path}?{}&limit=1&offset=0", location.alt());
        assert_eq!(location.send("GET", &listed, "").await.status, 200, "{path}");
    }
}
