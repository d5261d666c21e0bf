//! Access tokens for a key pair.
//!
//! A token of this server is at once a key pair and an access token, so what is handed out is the token itself: no more and no
//! fewer scopes than it has. A scope it does not hold is refused rather than dropped. Deliberately absent: revoking, which is the
//! command line's.

use quittance_books::Actor;

use super::shown;
use crate::app::App;
use crate::dialects::moov::errors::{self, Deed};
use crate::dialects::moov::manners;
use crate::dialects::moov::mapping::reading::Fields;
use crate::dialects::moov::wire::AuthToken;
use crate::http::{Credentials, Request, Response};

/// What the vendor's clients can hold in `expires_in`; it stands for a token without an end.
const LAST_SECOND: i64 = i32::MAX as i64;

/// Answers a request for a token.
pub async fn token(app: &App, request: &Request) -> Result<Response, Response> {
    let asked = Asked::read(request)?;
    let (text, actor) = match asked.grant_type.as_deref() {
        Some("client_credentials") => by_key_pair(app, request, &asked).await?,
        Some("refresh_token") => {
            let Some(text) = asked.refresh_token.clone() else {
                return Err(errors::invalid_at(&["refresh_token"], "is required"));
            };
            let actor = app.identify(&text).await.map_err(|why| errors::unidentified(&why))?;
            (text, actor)
        }
        Some(_) | None => {
            return Err(errors::bad_request(
                "grant_type must be client_credentials or refresh_token.",
            ));
        }
    };
    manners::count_call(app, request, &actor)?;
    let scope = match (&asked.scope, asked.grant_type.as_deref()) {
        (Some(scope), _) => scope.split_whitespace().collect::<Vec<_>>().join(" "),
        (None, Some("refresh_token")) => actor.scopes.join(" "),
        (None, _) => String::new(),
    };
    if scope.is_empty() {
        return Err(errors::invalid_at(&["scope"], "is required"));
    }
    if let Some(missing) = scope.split(' ').find(|scope| !actor.has_scope(scope)) {
        let message = format!("{missing} is not held by these credentials");
        return Err(errors::invalid_at(&["scope"], &message));
    }
    let token = AuthToken {
        token_type: "Bearer",
        access_token: text.clone(),
        refresh_token: text,
        expires_in: expiry(app, &actor).await?,
        scope,
    };
    Ok(shown(200, &token))
}

async fn by_key_pair(app: &App, request: &Request, asked: &Asked) -> Result<(String, Actor), Response> {
    let (user, password) = match (
        Credentials::of(&request.headers),
        &asked.client_id,
        &asked.client_secret,
    ) {
        (Credentials::Basic { user, password }, _, _) => (user, password),
        (Credentials::None, Some(id), Some(secret)) => (id.clone(), secret.clone()),
        _ => return Err(errors::unauthorized()),
    };
    let actor = app.identify_pair(&user, &password).await;
    let actor = actor.map_err(|why| errors::unidentified(&why))?;
    Ok((format!("{user}_{password}"), actor))
}

async fn expiry(app: &App, actor: &Actor) -> Result<i64, Response> {
    let tokens = app.books.tokens(actor.book).await;
    let tokens =
        tokens.map_err(|failure| errors::failure(&failure, Deed::Look, quittance_accounting::money::Currency::USD))?;
    let own = tokens.iter().find(|token| Some(token.key) == actor.token);
    let end = own.and_then(|token| token.expires_at);
    Ok(end.map_or(LAST_SECOND, |end| end.as_second().min(LAST_SECOND)))
}

/// What was asked for, as JSON or as a form.
#[derive(Default)]
struct Asked {
    grant_type: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    scope: Option<String>,
    refresh_token: Option<String>,
}

impl Asked {
    fn read(request: &Request) -> Result<Asked, Response> {
        if request.media_type().as_deref() == Some("application/x-www-form-urlencoded") {
            let pairs = request.form().map_err(|error| errors::bad_body(&error))?;
            let pairs = pairs.unwrap_or_default();
            return Asked::of(|name| {
                let found = pairs.iter().find(|(key, _)| key == name);
                Ok(found.map(|(_, value)| value.clone()))
            });
        }
        let body = request.json().map_err(|error| errors::bad_body(&error))?;
        let body = Fields::of(body.as_ref()).map_err(|why| errors::unreadable(&why))?;
        Asked::of(|name| {
            let text = body.text(name).map_err(|why| errors::unreadable(&why))?;
            Ok(text.map(str::to_owned))
        })
    }

    fn of(member: impl Fn(&str) -> Result<Option<String>, Response>) -> Result<Asked, Response> {
        let member = |name: &str| Ok(member(name)?.filter(|text| !text.is_empty()));
        Ok(Asked {
            grant_type: member("grant_type")?,
            client_id: member("client_id")?,
            client_secret: member("client_secret")?,
            scope: member("scope")?,
            refresh_token: member("refresh_token")?,
        })
    }
}
