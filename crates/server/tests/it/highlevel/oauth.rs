//! Tokens of a client: granted, granted anew, and what they reach.

use quittance_accounting::book::Role;
use serde_json::json;

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
