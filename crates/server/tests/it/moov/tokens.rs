//! Access that is granted to a key pair, granted anew, and taken back.

use quittance_accounting::book::Role;
use quittance_accounting::granting::MOST_GRANTS;
use quittance_server::http::Response;
use serde_json::{Value, json};

use super::{Shop, assert_bare, assert_error, basic};
use crate::golden::{Transcript, json as body_of};
use crate::schema::assert_valid;

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A shop with a key pair that holds some scopes.
struct Counter {
    shop: Shop,
    pair: String,
    write: String,
    read: String,
}

impl Counter {
    async fn open() -> Counter {
        let shop = Shop::open().await;
        let scope = |kind: &str| format!("/accounts/{}/invoices.{kind}", shop.account);
        let (write, read) = (scope("write"), scope("read"));
        let end = "2026-03-20T00:00:00Z".parse().unwrap();
        let book = shop.world.book;
        let token = shop
            .world
            .make_token(book, Role::Admin, &[&write, &read], Some(end))
            .await;
        let pair = basic(&token);
        Counter {
            shop,
            pair,
            write,
            read,
        }
    }

    async fn post(&self, path: &str, authorization: &str, body: &Value) -> Response {
        let headers = [("Authorization", authorization), JSON];
        let headers = if authorization.is_empty() {
            &headers[1..]
        } else {
            &headers[..]
        };
        self.shop.world.send("POST", path, headers, &body.to_string()).await
    }

    async fn granted(&self, scope: &str) -> Value {
        let body = json!({"grant_type": "client_credentials", "scope": scope});
        let made = self.post("/oauth2/token", &self.pair, &body).await;
        assert_eq!(made.status, 200, "{made:?}");
        let made = body_of(&made);
        assert_valid("moov", "AuthToken", &made);
        made
    }

    async fn refreshed(&self, token: &Value) -> Response {
        let body = json!({"grant_type": "refresh_token", "refresh_token": token});
        self.post("/oauth2/token", "", &body).await
    }

    async fn lists(&self, token: &Value) -> u16 {
        let bearer = format!("Bearer {}", token.as_str().unwrap());
        let headers = [("Authorization", bearer.as_str())];
        self.shop
            .world
            .send("GET", &self.shop.path(""), &headers, "")
            .await
            .status
    }

    async fn deletes(&self, token: &Value) -> u16 {
        let bearer = format!("Bearer {}", token.as_str().unwrap());
        let headers = [("Authorization", bearer.as_str())];
        let path = self.shop.path(&format!("/{}", self.shop.draft().await));
        self.shop.world.send("DELETE", &path, &headers, "").await.status
    }
}

#[tokio::test]
async fn what_is_granted_reaches_what_was_asked_for_and_ends() {
    let counter = Counter::open().await;
    let made = counter.granted(&counter.read).await;
    assert_eq!(made["scope"], counter.read.as_str());
    // An hour from noon of 2026-03-15.
    assert_eq!(made["expires_in"], 1_773_579_600);
    let access = &made["access_token"];
    assert_eq!((counter.lists(access).await, counter.deletes(access).await), (200, 403));
    let both = counter.granted(&format!("{} {}", counter.write, counter.read)).await;
    assert_eq!(counter.deletes(&both["access_token"]).await, 204);
    // A refresh is no access, and an access token is no key pair.
    assert_eq!(counter.lists(&made["refresh_token"]).await, 401);
    let as_pair = basic(access.as_str().unwrap());
    let body = json!({"grant_type": "client_credentials", "scope": counter.read});
    assert_bare(&counter.post("/oauth2/token", &as_pair, &body).await, 401);
    counter.shop.world.pass_seconds(3_599);
    assert_eq!(counter.lists(access).await, 200);
    counter.shop.world.pass_seconds(1);
    assert_eq!(counter.lists(access).await, 401);
}

#[tokio::test]
async fn a_refresh_works_once_and_ends_with_the_key_pair() {
    let counter = Counter::open().await;
    let made = counter.granted(&counter.read).await;
    let again = counter.refreshed(&made["refresh_token"]).await;
    assert_eq!(again.status, 200, "{again:?}");
    let again = body_of(&again);
    assert_eq!(again["scope"], counter.read.as_str());
    assert_eq!(counter.lists(&again["access_token"]).await, 200);
    assert_eq!(counter.refreshed(&made["refresh_token"]).await.status, 422);
    // Somebody else's key pair beside it: it is told what it would be told of one that nobody was granted.
    let other = counter
        .shop
        .world
        .make_token(counter.shop.world.book, Role::Admin, &[], None)
        .await;
    let body = json!({"grant_type": "refresh_token", "refresh_token": again["refresh_token"]});
    let stolen = counter.post("/oauth2/token", &basic(&other), &body).await;
    assert_eq!(stolen.status, 422);
    let unknown = json!({"grant_type": "refresh_token", "refresh_token": "nobody"});
    assert_eq!(
        stolen.body,
        counter.post("/oauth2/token", &basic(&other), &unknown).await.body
    );
    // The pair ends on 2026-03-20, long before the month is over, and what was granted shortly before ends with it.
    counter.shop.world.pass_seconds(4 * 86_400 + 42_000);
    let last = body_of(&counter.refreshed(&again["refresh_token"]).await);
    assert_eq!(last["expires_in"], 1_773_964_800);
    counter.shop.world.pass_seconds(1_200);
    assert_eq!(counter.lists(&last["access_token"]).await, 401);
    assert_eq!(counter.refreshed(&last["refresh_token"]).await.status, 422);
}

#[tokio::test]
async fn revoking_the_key_pair_ends_what_was_granted_on_it() {
    let counter = Counter::open().await;
    let made = counter.granted(&counter.read).await;
    let books = &counter.shop.world.app.books;
    let key = books.tokens(counter.shop.world.book).await.unwrap().last().unwrap().key;
    books
        .revoke_token(&counter.shop.world.context(counter.shop.world.book), key)
        .await
        .unwrap();
    assert_eq!(counter.lists(&made["access_token"]).await, 401);
    assert_eq!(counter.refreshed(&made["refresh_token"]).await.status, 422);
}

#[tokio::test]
async fn what_is_kept_is_bounded() {
    let counter = Counter::open().await;
    let first = counter.granted(&counter.read).await;
    for _ in 0..MOST_GRANTS {
        counter.shop.world.pass_seconds(1);
        counter.granted(&counter.read).await;
    }
    assert_eq!(counter.lists(&first["access_token"]).await, 401, "the oldest has left");
    let books = &counter.shop.world.app.books;
    let kept = books.grants(counter.shop.world.book).await.unwrap();
    assert_eq!(kept.len(), MOST_GRANTS);
    counter.shop.world.pass_seconds(4_000);
    counter.granted(&counter.read).await;
    let kept = books.grants(counter.shop.world.book).await.unwrap();
    // Only refreshes had not ended; the new pair is beside them.
    assert_eq!(kept.len(), MOST_GRANTS / 2 + 2);
}

#[tokio::test]
async fn requests_that_do_not_do_are_refused() {
    let counter = Counter::open().await;
    let good = json!({"grant_type": "client_credentials", "scope": counter.write});
    for (change, status) in [
        (json!({"scope": "/accounts.write"}), 422),
        (json!({"scope": null}), 422),
        (json!({"scope": "  "}), 422),
        (json!({"scope": "x ".repeat(51)}), 422),
        (json!({"grant_type": "password"}), 400),
        (json!({"grant_type": 1}), 400),
        (json!({"grant_type": null}), 400),
        (json!({"client_id": "another"}), 401),
        (json!({"grant_type": "refresh_token"}), 422),
        (json!({"grant_type": "refresh_token", "refresh_token": "nobody"}), 422),
    ] {
        let mut body = good.clone();
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let answer = counter.post("/oauth2/token", &counter.pair, &body).await;
        match status {
            400 => drop(assert_error(&answer, 400)),
            422 => {
                assert_eq!(answer.status, 422, "{body}");
                assert_valid("moov", "AuthTokenRequestError", &body_of(&answer));
            }
            _ => assert_bare(&answer, status),
        }
    }
    for header in ["", "Basic ***", "Bearer x", &basic("q1_nobody_secret")] {
        assert_bare(&counter.post("/oauth2/token", header, &good).await, 401);
        let body = json!({"token": "x"});
        assert_bare(&counter.post("/oauth2/revoke", header, &body).await, 401);
    }
}

#[tokio::test]
async fn exchanges() {
    let counter = Counter::open().await;
    let world = &counter.shop.world;
    let mut said = Transcript::new("moov/tokens");
    let headers = [("Authorization", counter.pair.as_str()), JSON];
    let body = json!({"grant_type": "client_credentials", "scope": counter.read}).to_string();
    let made = said
        .say(world, "access", "POST", "/oauth2/token", &headers, &body)
        .await;
    let made = body_of(&made);
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let body = format!(
        "grant_type=refresh_token&refresh_token={}",
        made["refresh_token"].as_str().unwrap()
    );
    let again = said
        .say(world, "anew, as a form", "POST", "/oauth2/token", &form, &body)
        .await;
    said.say(world, "the same refresh again", "POST", "/oauth2/token", &form, &body)
        .await;
    let again = body_of(&again);
    let bearer = format!("Bearer {}", again["access_token"].as_str().unwrap());
    let list = counter.shop.path("?count=1");
    said.say(world, "a call with it", "GET", &list, &[("Authorization", &bearer)], "")
        .await;
    let body = json!({"token": again["access_token"], "token_type_hint": "access_token"}).to_string();
    said.say(world, "taken back", "POST", "/oauth2/revoke", &headers, &body)
        .await;
    said.say(world, "taken back again", "POST", "/oauth2/revoke", &headers, &body)
        .await;
    said.say(
        world,
        "a call afterwards",
        "GET",
        &list,
        &[("Authorization", &bearer)],
        "",
    )
    .await;
    said.check();
}
