//! Tokens of a client: granted, granted anew, and what they reach.

use quittance_accounting::book::Role;
use serde_json::{Value, json};

use super::{Location, VERSION};
use crate::golden::{Transcript, json as body_of};
use crate::schema::assert_valid;

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const READ: &str = "invoices.readonly";

#[tokio::test]
async fn exchanges() {
    let location = Location::new().await;
    let world = &location.world;
    let token = world
        .make_token(world.book, Role::Admin, &[READ, "invoices.write"], None)
        .await;
    let (id, secret) = token.rsplit_once('_').unwrap();
    let pair = format!("client_id={id}&client_secret={secret}");
    let mut said = Transcript::new("highlevel/oauth");
    let body = format!("{pair}&grant_type=client_credentials&scope={READ}&user_type=Location");
    let made = said.say(world, "access", "POST", "/oauth/token", &[FORM], &body).await;
    let made = body_of(&made);
    assert_valid("highlevel", "Token", &made);
    assert_eq!(
        (&made["expires_in"], &made["locationId"]),
        (&json!(86_400), &json!(location.id))
    );
    let list = format!("/invoices/?{}&limit=1&offset=0", location.alt());
    let bearer = format!("Bearer {}", made["access_token"].as_str().unwrap());
    let headers = [VERSION, ("Authorization", bearer.as_str())];
    assert_eq!(said.say(world, "a list", "GET", &list, &headers, "").await.status, 200);
    let order = location.order().to_string();
    let refused = said
        .say(world, "more than was asked for", "POST", "/invoices/", &headers, &order)
        .await;
    assert_eq!(refused.status, 401);
    // As the vendor's Python client spells it.
    let refresh = made["refresh_token"].as_str().unwrap();
    let body =
        format!("refreshToken={refresh}&clientId={id}&clientSecret={secret}&grantType=refresh_token&userType=Location");
    let again = said.say(world, "anew", "POST", "/oauth/token", &[FORM], &body).await;
    assert_eq!(body_of(&again)["scope"], READ);
    said.say(world, "a refresh works once", "POST", "/oauth/token", &[FORM], &body)
        .await;
    let code = format!("{pair}&grant_type=authorization_code&code={token}");
    let by_code = said
        .say(world, "for a code", "POST", "/oauth/token/", &[FORM], &code)
        .await;
    assert_eq!(by_code.status, 200);
    said.check();
}

/// What was given for a code is bound to the client it was given to, whoever's the code was, wherever it is presented, and ends with
/// that client.
#[tokio::test]
async fn a_refresh_is_bound_to_the_client_it_was_given_to() {
    let location = Location::new().await;
    let world = &location.world;
    let app = world.make_token(world.book, Role::Admin, &[], None).await;
    let consent = world.make_token(world.book, Role::Admin, &[READ], None).await;
    let pair = |token: &str| {
        let (id, secret) = token.rsplit_once('_').unwrap();
        format!("client_id={id}&client_secret={secret}")
    };
    let ask = async |path: &str, body: String| {
        let answer = world.send("POST", path, &[FORM], &body).await;
        (answer.status, body_of(&answer))
    };
    let refreshing = |refresh: &Value| format!("grant_type=refresh_token&refresh_token={}", refresh.as_str().unwrap());
    let code = format!("{}&grant_type=authorization_code&code={consent}", pair(&app));
    let (status, given) = ask("/oauth/token", code).await;
    assert_eq!((status, &given["scope"]), (200, &json!(READ)), "{given}");
    let refresh = refreshing(&given["refresh_token"]);
    let invented = refreshing(&json!("q1_onobody_0"));
    // Another client of the location, and the token that was the code.
    for other in [&world.token, &consent] {
        for path in ["/oauth/token", "/oauth2/token"] {
            let answer = ask(path, format!("{}&{refresh}", pair(other))).await;
            assert_eq!(answer, ask(path, format!("{}&{invented}", pair(other))).await);
            assert_eq!(answer.0, if path == "/oauth/token" { 401 } else { 422 }, "{answer:?}");
        }
    }
    let (status, again) = ask("/oauth/token", format!("{}&{refresh}", pair(&app))).await;
    assert_eq!((status, &again["scope"]), (200, &json!(READ)), "{again}");
    // What was granted anew is bound as well.
    let refresh = refreshing(&again["refresh_token"]);
    let answer = ask("/oauth/token", format!("{}&{refresh}", pair(&consent))).await;
    assert_eq!(answer.0, 401, "{answer:?}");
    // Once the client is revoked, so is what it was given, for whoever presents it.
    let tokens = world.app.books.tokens(world.book).await.unwrap();
    let key = tokens[tokens.len() - 2].key;
    let revoked = world.app.books.revoke_token(&world.context(world.book), key).await;
    revoked.unwrap();
    let bearer = format!("Bearer {}", again["access_token"].as_str().unwrap());
    let list = format!("/invoices/?{}&limit=1&offset=0", location.alt());
    let headers = [VERSION, ("Authorization", bearer.as_str())];
    assert_eq!(world.send("GET", &list, &headers, "").await.status, 401);
    assert_eq!(ask("/oauth2/token", refresh).await.0, 422);
}

#[tokio::test]
async fn requests_that_do_not_do_are_refused() {
    let location = Location::new().await;
    let world = &location.world;
    let (id, secret) = world.token.rsplit_once('_').unwrap();
    let pair = format!("client_id={id}&client_secret={secret}");
    let narrow = world.make_token(world.book, Role::Admin, &[READ], None).await;
    let (narrow_id, narrow_secret) = narrow.rsplit_once('_').unwrap();
    let narrow = format!("client_id={narrow_id}&client_secret={narrow_secret}");
    let elsewhere = world.open_book("Elsewhere").await;
    let foreign = world.make_token(elsewhere, Role::Admin, &[], None).await;
    for (body, status) in [
        (String::new(), 401),
        (
            format!("client_id={id}&client_secret=wrong&grant_type=client_credentials"),
            401,
        ),
        (pair.clone(), 422),
        (format!("{pair}&grant_type=password"), 422),
        (format!("{pair}&grant_type=refresh_token"), 422),
        (format!("{pair}&grant_type=refresh_token&refresh_token=nobody"), 401),
        (format!("{pair}&grant_type=authorization_code"), 422),
        (format!("{pair}&grant_type=authorization_code&code={foreign}"), 401),
        (format!("{pair}&grant_type=client_credentials&user_type=Company"), 422),
        (
            format!("{narrow}&grant_type=client_credentials&scope=invoices.write"),
            401,
        ),
    ] {
        let answer = world.send("POST", "/oauth/token", &[FORM], &body).await;
        assert_eq!(
            answer.status,
            status,
            "{body} {}",
            String::from_utf8_lossy(&answer.body)
        );
        assert_eq!(body_of(&answer)["statusCode"], status);
    }
    assert_eq!(world.send("GET", "/oauth/token", &[VERSION], "").await.status, 404);
}
