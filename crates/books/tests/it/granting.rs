//! What is granted: to whom, on whose token, and until when, on every engine.

use quittance_accounting::book::Role;
use quittance_accounting::refusal::Refusal;
use quittance_books::books::TokenInput;
use quittance_books::granting::{GrantInput, Granted, Terms};
use quittance_books::input::Context;
use quittance_books::{Actor, Failure, TokenFault};

use crate::setup::*;

/// The actor of a new token, which ends so many seconds from now.
async fn token(bench: &Bench, ends: i64) -> Actor {
    use quittance_books::source::Clock as _;
    let input = TokenInput {
        name: "a client".to_owned(),
        role: Role::Admin,
        scopes: vec![],
        expires_at: Some(bench.clock.now() + jiff::SignedDuration::from_secs(ends)),
    };
    let (text, _) = bench.books.make_token(&bench.context(), input).await.unwrap();
    bench.books.client(&text).await.unwrap().unwrap()
}

/// An hour for a client on a token, for a refresh if there is one.
async fn grant(bench: &Bench, on: &Actor, client: &Actor, spent: Option<&str>) -> Result<Granted, Failure> {
    let context = Context {
        actor: on.clone().in_hands_of(client),
        ..bench.context()
    };
    let input = GrantInput {
        scopes: vec!["reading".to_owned()],
        terms: Terms {
            access_seconds: 3_600,
            refresh_seconds: Some(86_400),
        },
        spent: spent.map(str::to_owned),
    };
    bench.books.grant_access(&context, input).await
}

#[test]
fn what_a_client_is_given_is_its_own() {
    for bench in Bench::everywhere(30) {
        run(async {
            let (person, app) = (token(&bench, 90_000).await, token(&bench, 1_000).await);
            let given = grant(&bench, &person, &app, None).await.unwrap();
            // It ends with the client, who ends first.
            assert_eq!(given.access_seconds, 1_000);
            let refresh = given.refresh.as_deref().unwrap();
            let bearer = bench.books.refreshing(refresh).await.unwrap().unwrap();
            assert_eq!((bearer.token, bearer.client), (person.token, app.token));
            let unknown = |found: Result<Granted, Failure>| match found {
                Err(Failure::Refused(refusals)) => assert!(matches!(refusals.first(), Refusal::NotFound { .. })),
                other => panic!("{other:?}"),
            };
            unknown(grant(&bench, &person, &person, Some(refresh)).await);
            unknown(grant(&bench, &app, &app, Some(refresh)).await);
            let again = grant(&bench, &person, &app, Some(refresh)).await.unwrap();
            unknown(grant(&bench, &person, &app, Some(refresh)).await);
            // It is the client's to give back, and not the person's, who can revoke the token instead.
            let as_client = |actor: &Actor| Context {
                actor: actor.clone(),
                ..bench.context()
            };
            let refused = bench.books.withdraw_grant(&as_client(&person), &again.access).await;
            assert!(matches!(refused, Err(Failure::Refused(_))), "{refused:?}");
            let withdrawn = bench.books.withdraw_grant(&as_client(&app), &again.access).await;
            withdrawn.unwrap();
            let key = app.token.unwrap();
            bench.books.revoke_token(&bench.context(), key).await.unwrap();
            let refresh = again.refresh.unwrap();
            let found = bench.books.refreshing(&refresh).await.unwrap();
            assert_eq!(found, Err(TokenFault::Revoked));
            bench.verified_async().await;
        });
    }
}
