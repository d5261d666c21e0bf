//! Access tokens: granted to a key pair, granted anew for a refresh token, and taken back.
//!
//! A key pair is a token of the book. What it is granted reaches the scopes that were asked for and no others, lasts an hour, and ends
//! with the pair; a refresh token works once. Deliberately absent: a user's consent, because a key pair speaks for the account.

use quittance_accounting::money::Currency;
use quittance_books::Actor;
use quittance_books::granting::{GrantInput, Terms, narrowed};

use super::{context, shown};
use crate::app::App;
use crate::dialects::moov::errors::{self, Deed};
use crate::dialects::moov::manners::{self, Caller};
use crate::dialects::moov::wire::AuthToken;
use crate::http::oauth::{Asked, Client, MOST_SCOPES, Unread};
use crate::http::{Request, Response};

/// An hour of access, and a month in which it can be granted anew.
const TERMS: Terms = Terms {
    access_seconds: 3_600,
    refresh_seconds: Some(30 * 86_400),
};

/// Answers a request for a token.
pub async fn token(app: &App, request: &Request) -> Result<Response, Response> {
    let asked = read(request)?;
    let client = client(app, request, &asked).await?;
    let (actor, spent) = match (asked.get("grant_type"), client) {
        (Some("client_credentials"), Some(actor)) => (actor, None),
        (Some("client_credentials"), None) => return Err(errors::unauthorized()),
        (Some("refresh_token"), client) => {
            let (actor, text) = refreshed(app, &asked, client).await?;
            (actor, Some(text))
        }
        (Some(_) | None, _) => {
            return Err(errors::bad_request(
                "grant_type must be client_credentials or refresh_token.",
            ));
        }
    };
    manners::count_call(app, request, &actor)?;
    let scopes = scopes(&actor, &asked, spent.is_some())?;
    let input = GrantInput {
        scopes,
        terms: TERMS,
        spent,
    };
    let granted = app.books.grant_access(&context(Caller { actor }, request), input).await;
    let granted = granted.map_err(|failure| match failure {
        // Spent by another call in between.
        quittance_books::Failure::Refused(_) => errors::invalid_at(&["refresh_token"], "is not known"),
        failure => errors::failure(&failure, Deed::Look, Currency::USD),
    })?;
    let token = AuthToken {
        token_type: "Bearer",
        access_token: granted.access,
        refresh_token: granted.refresh.unwrap_or_default(),
        expires_in: granted.access_ends.as_second(),
        scope: granted.scopes.join(" "),
    };
    Ok(shown(200, &token))
}

/// Takes back what was granted. What is not known is refused: a client that got the wrong text wants to know.
pub async fn revoke(app: &App, request: &Request) -> Result<Response, Response> {
    let asked = read(request)?;
    let actor = client(app, request, &asked).await?.ok_or_else(errors::unauthorized)?;
    manners::count_call(app, request, &actor)?;
    if let Some(hint) = asked.get("token_type_hint")
        && !["access_token", "refresh_token"].contains(&hint)
    {
        return Err(errors::invalid_at(
            &["token_type_hint"],
            "must be access_token or refresh_token",
        ));
    }
    let Some(text) = asked.get("token") else {
        return Err(errors::invalid_at(&["token"], "is required"));
    };
    match app
        .books
        .withdraw_grant(&context(Caller { actor }, request), text)
        .await
    {
        Ok(()) => Ok(Response::empty(204)),
        Err(quittance_books::Failure::Refused(_)) => Err(errors::invalid_at(
            &["token"],
            "is not one that these credentials were granted",
        )),
        Err(failure) => Err(errors::failure(&failure, Deed::Look, Currency::USD)),
    }
}

fn read(request: &Request) -> Result<Asked, Response> {
    Asked::read(request).map_err(|why| match why {
        Unread::Body(error) => errors::bad_body(&error),
        Unread::NoObject => errors::bad_request("The body must be an object or a form."),
        Unread::Member(name) => errors::bad_request(&format!("{name} must be a text of a sane length.")),
    })
}

/// The client that the request names, if it names one.
async fn client(app: &App, request: &Request, asked: &Asked) -> Result<Option<Actor>, Response> {
    match asked.client(request, "client_id", "client_secret") {
        Client::Pair { id, secret } => {
            let actor = app.identify_client(&id, &secret).await;
            actor.map(Some).map_err(|why| errors::unidentified(&why))
        }
        Client::Nobody => Ok(None),
        Client::Unclear => Err(errors::unauthorized()),
    }
}

/// Whom a refresh token speaks for. A client that is named beside it must be the one it was given to; what another was given is to it as
/// what nobody was given.
async fn refreshed(app: &App, asked: &Asked, client: Option<Actor>) -> Result<(Actor, String), Response> {
    let Some(text) = asked.get("refresh_token") else {
        return Err(errors::invalid_at(&["refresh_token"], "is required"));
    };
    let found = app.books.refreshing(text).await;
    let found = found.map_err(|failure| errors::failure(&failure, Deed::Look, Currency::USD))?;
    let own = |actor: &Actor| {
        let named = client.as_ref().map(|client| (client.book, client.client));
        named.is_none_or(|named| named == (actor.book, actor.client))
    };
    match found.ok().filter(own) {
        Some(actor) => Ok((actor, text.to_owned())),
        None => Err(errors::invalid_at(&["refresh_token"], "is not known")),
    }
}

/// The scopes that are asked for; a refresh may leave them out and then keeps those it has.
fn scopes(actor: &Actor, asked: &Asked, refreshing: bool) -> Result<Vec<String>, Response> {
    let scope = asked.get("scope").unwrap_or_default();
    if scope.split_whitespace().next().is_none() && !refreshing {
        return Err(errors::invalid_at(&["scope"], "is required"));
    }
    if scope.split_whitespace().count() > MOST_SCOPES {
        return Err(errors::invalid_at(&["scope"], "names too many scopes"));
    }
    narrowed(actor, scope).map_err(|missing| {
        let missing: String = missing.chars().take(120).collect();
        errors::invalid_at(&["scope"], &format!("{missing} is not held by these credentials"))
    })
}
