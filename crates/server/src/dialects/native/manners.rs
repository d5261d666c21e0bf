//! How the native API behaves around its answers: credentials, scopes, paging, keys, limits.

use quittance_books::input::{Context, IdempotencyKey};
use quittance_books::{Actor, TokenFault};

use super::errors::Fault;
use crate::app::{App, Unidentified};
use crate::http::message::Method;
use crate::http::{Credentials, Request};

/// The dialect's name in the log.
pub const SOURCE: &str = "native";

/// The scope of every read.
pub const READ_SCOPE: &str = "native.read";

/// The scope of everything that writes.
pub const WRITE_SCOPE: &str = "native.write";

/// Documents on a page unless asked for otherwise: what a person reads through.
pub const USUAL_PER_PAGE: i64 = 50;

/// The most documents on a page: an answer stays below a few megabytes.
pub const MOST_PER_PAGE: i64 = 200;

/// The most events on a page: they are small, and read by programs.
pub const MOST_EVENTS: i64 = 500;

/// The longest name or title.
pub const MOST_NAME: usize = 200;

/// The longest memo, description or address.
pub const MOST_MEMO: usize = 4000;

/// The longest id that a client may bring, and the longest number.
pub const MOST_REFERENCE: usize = 120;

/// The longest reason of a delete: it stays in the log for ever and is meant to be a sentence.
pub const MOST_REASON: usize = 500;

/// The longest idempotency key.
pub const MOST_KEY: usize = 255;

/// What a 401 tells the client to bring.
pub const CHALLENGE: &str = "Bearer realm=\"quittance\", Basic realm=\"quittance\", charset=\"UTF-8\"";

/// Who sends a request, or the fault that says why nobody does.
pub async fn caller(app: &App, request: &Request) -> Result<Actor, Fault> {
    let found = match Credentials::of(&request.headers) {
        Credentials::Bearer { text } => app.identify(&text).await,
        Credentials::Basic { user, password } => app.identify_pair(&user, &password).await,
        Credentials::None => {
            return Err(Fault::unauthorized(
                "no_credentials",
                "The request carries no credentials.",
            ));
        }
        Credentials::Malformed => {
            return Err(Fault::unauthorized(
                "malformed_credentials",
                "The Authorization header cannot be read.",
            ));
        }
        Credentials::Token { .. }
        | Credentials::TokenEmpty
        | Credentials::TokenSpaces
        | Credentials::OtherScheme(_) => {
            return Err(Fault::unauthorized(
                "wrong_scheme",
                "The Authorization header must be Bearer or Basic.",
            ));
        }
    };
    let actor = found.map_err(unidentified)?;
    let scope = if is_read(request) { READ_SCOPE } else { WRITE_SCOPE };
    if actor.has_scope(scope) {
        Ok(actor)
    } else {
        Err(Fault::new(403, "missing_scope", format!("The token lacks the scope {scope}.")).fact("scope", scope))
    }
}

/// The fault of a caller who is not known.
pub fn unidentified(reason: Unidentified) -> Fault {
    match reason {
        Unidentified::Token(TokenFault::Unknown) => Fault::unauthorized("unknown_token", "The token is not known."),
        Unidentified::Token(TokenFault::Expired) => Fault::unauthorized("expired_token", "The token has expired."),
        Unidentified::Token(TokenFault::Revoked) => Fault::unauthorized("revoked_token", "The token was revoked."),
        Unidentified::Books(failure) => Fault::of_server(&failure),
    }
}

/// Whether a request only looks.
pub fn is_read(request: &Request) -> bool {
    request.method == Method::GET || request.method == Method::HEAD
}

/// The context of a command.
pub fn context(actor: &Actor, source: &'static str, request: &Request) -> Context {
    Context {
        actor: actor.clone(),
        source,
        request_id: request.request_id.clone(),
    }
}

/// The client's key for a command that must not be carried out twice. Method and path are part of what a repeat must match.
pub fn idempotency_key(request: &Request) -> Result<Option<IdempotencyKey>, Fault> {
    let Some(value) = request.headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default().trim();
    if key.is_empty() || key.len() > MOST_KEY {
        let problem = format!("must be 1 to {MOST_KEY} visible ASCII characters");
        return Err(Fault::invalid("Idempotency-Key", &problem));
    }
    let mut bytes = format!("{} {}\n", request.method, request.path).into_bytes();
    bytes.extend_from_slice(&request.body);
    Ok(Some(IdempotencyKey {
        key: key.to_owned(),
        request: bytes,
    }))
}

/// A page: how many to pass over and how many to hand out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many to pass over.
    pub offset: i64,
    /// How many to hand out.
    pub limit: i64,
}

/// The page that the query asks for; `cursor` is what `next_cursor` of the page before said.
pub fn page(request: &Request) -> Result<Page, Fault> {
    let limit = whole(request, "limit", 1, MOST_PER_PAGE)?.unwrap_or(USUAL_PER_PAGE);
    let offset = whole(request, "offset", 0, i64::from(i32::MAX))?;
    let cursor = whole(request, "cursor", 0, i64::from(i32::MAX))?;
    if offset.is_some() && cursor.is_some() {
        return Err(Fault::invalid("cursor", "cannot stand beside offset"));
    }
    Ok(Page {
        offset: offset.or(cursor).unwrap_or(0),
        limit,
    })
}

/// A whole number of the query within bounds.
pub fn whole(request: &Request, name: &str, least: i64, most: i64) -> Result<Option<i64>, Fault> {
    let Some(text) = request.query_value(name) else {
        return Ok(None);
    };
    match text.parse::<i64>() {
        Ok(number) if (least..=most).contains(&number) => Ok(Some(number)),
        _ => Err(Fault::invalid(
            name,
            &format!("must be a whole number from {least} to {most}"),
        )),
    }
}

/// Refuses members of the query that nobody reads: a filter that is misspelled must not look like one that matched.
pub fn known_query(request: &Request, known: &[&str]) -> Result<(), Fault> {
    let pairs = request.query_pairs();
    match pairs.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        Some((name, _)) => {
            let name: String = name.chars().take(60).collect();
            Err(Fault::invalid(&name, "is not a query member that is known here"))
        }
        None => Ok(()),
    }
}
