//! `POST /oauth/token`: access of a day for a client, and a refresh of a year that works once.
//!
//! A client's id and secret are the two parts of a token of the location. A code stands for the consent that the vendor's own page
//! would ask for: here it is the text of a token of the same location, whose scopes it then has. What a client is given, a refresh too, is
//! good in its hands alone. Deliberately absent: agencies, which are no location.

use quittance_books::Actor;
use quittance_books::Failure;
use quittance_books::granting::{GrantInput, Terms, narrowed};
use quittance_books::input::Context;
use serde_json::json;

use crate::app::{App, Unidentified};
use crate::dialects::highlevel::errors::Fault;
use crate::dialects::highlevel::manners::{self, NAME};
use crate::http::oauth::{Asked, Client, MOST_SCOPES, Unread};
use crate::http::{Request, Response};

/// The vendor's: a day of access, and a year in which it can be granted anew.
const TERMS: Terms = Terms {
    access_seconds: 86_400,
    refresh_seconds: Some(365 * 86_400),
};

/// A member, in the spelling of the specification or in that of the vendor's Python client.
fn member<'a>(asked: &'a Asked, name: &str, other: &str) -> Option<&'a str> {
    asked.get(name).or_else(|| asked.get(other))
}

/// Answers a request for a token.
pub async fn token(app: &App, request: &Request) -> Response {
    match granted(app, request).await {
        Ok(response) => response,
        Err(fault) => fault.response(),
    }
}

async fn granted(app: &App, request: &Request) -> Result<Response, Fault> {
    let asked = Asked::read(request).map_err(unread)?;
    let client = client(app, request, &asked).await?;
    if member(&asked, "user_type", "userType").is_some_and(|kind| kind != "Location") {
        return Err(wrong("user_type must be Location"));
    }
    let (actor, spent) = match member(&asked, "grant_type", "grantType") {
        Some("client_credentials") => (client, None),
        Some("refresh_token") => {
            let text = member(&asked, "refresh_token", "refreshToken");
            let text = text.ok_or_else(|| wrong("refresh_token should not be empty"))?;
            (refreshed(app, text, &client).await?, Some(text.to_owned()))
        }
        Some("authorization_code") => {
            let code = asked.get("code").ok_or_else(|| wrong("code should not be empty"))?;
            (consented(app, code, &client).await?, None)
        }
        Some(_) | None => {
            return Err(wrong(
                "grant_type must be one of the following values: authorization_code, refresh_token, client_credentials",
            ));
        }
    };
    let verdict = manners::count(app, &actor);
    let answer = match verdict.allowed {
        true => granted_to(app, request, &asked, actor, spent).await,
        false => Err(Fault::TooManyCalls),
    };
    let answer = answer.unwrap_or_else(|fault| fault.response());
    Ok(manners::with_usage(answer, &verdict))
}

/// Grants access to whoever is known, who spends a refresh for it if there is one.
async fn granted_to(
    app: &App,
    request: &Request,
    asked: &Asked,
    actor: Actor,
    spent: Option<String>,
) -> Result<Response, Fault> {
    let scope = asked.get("scope").unwrap_or_default();
    if scope.split_whitespace().count() > MOST_SCOPES {
        return Err(wrong("scope names too many scopes"));
    }
    let scopes = narrowed(&actor, scope).map_err(|_| Fault::Scope)?;
    let settings = app.books.settings(actor.book).await.map_err(Fault::Books)?;
    let location = settings.ok_or(Fault::Location)?.id.hex();
    let context = Context {
        actor,
        source: NAME,
        request_id: request.request_id.clone(),
    };
    let input = GrantInput {
        scopes,
        terms: TERMS,
        spent,
    };
    let granted = app
        .books
        .grant_access(&context, input)
        .await
        .map_err(|failure| match failure {
            // Spent by another call in between.
            Failure::Refused(_) => Fault::BadToken,
            failure => Fault::Books(failure),
        })?;
    Ok(Response::json(
        200,
        &json!({
            "access_token": granted.access,
            "token_type": "Bearer",
            "expires_in": granted.access_seconds,
            "refresh_token": granted.refresh,
            "scope": granted.scopes.join(" "),
            "userType": "Location",
            "locationId": location,
            "userId": context.actor.name,
        }),
    ))
}

fn wrong(problem: &str) -> Fault {
    Fault::Invalid(vec![problem.to_owned()])
}

fn unread(why: Unread) -> Fault {
    match why {
        Unread::Body(error) => Fault::Unreadable(error),
        Unread::NoObject => wrong("the body must be an object"),
        Unread::Member(name) => wrong(&format!("{name} must be a string")),
    }
}

async fn client(app: &App, request: &Request, asked: &Asked) -> Result<Actor, Fault> {
    let pair = match asked.client(request, "client_id", "client_secret") {
        Client::Nobody => asked.client(request, "clientId", "clientSecret"),
        found => found,
    };
    match pair {
        Client::Pair { id, secret } => known(app.identify_client(&id, &secret).await),
        Client::Nobody | Client::Unclear => Err(Fault::BadToken),
    }
}

fn known(found: Result<Actor, Unidentified>) -> Result<Actor, Fault> {
    found.map_err(|unidentified| match unidentified {
        Unidentified::Token(_) => Fault::BadToken,
        Unidentified::Books(failure) => Fault::Books(failure),
    })
}

/// Whom a refresh speaks for: the client itself, or a token of its location that stood for the consent. One that was given to another
/// client is to this one as what nobody was given.
async fn refreshed(app: &App, text: &str, client: &Actor) -> Result<Actor, Fault> {
    let found = app.books.refreshing(text).await.map_err(Fault::Books)?;
    let actor = found.map_err(|_| Fault::BadToken)?;
    let given = (actor.book, actor.client) == (client.book, client.client);
    given.then_some(actor).ok_or(Fault::BadToken)
}

/// Whom a code speaks for, to the client that presents it.
async fn consented(app: &App, code: &str, client: &Actor) -> Result<Actor, Fault> {
    let found = app.books.client(code).await.map_err(Fault::Books)?;
    let actor = found.map_err(|_| Fault::BadToken)?;
    let own = (actor.book == client.book).then_some(actor).ok_or(Fault::BadToken)?;
    Ok(own.in_hands_of(client))
}
