//! Access for a short time on a token: what an OAuth client asks for.
//!
//! A grant goes through the write path like everything else, so the log says who was let in and until when, every server of a database
//! knows it at once, and it outlives a restart. Its bearer acts as the token it was granted on, within fewer scopes. Deliberately absent:
//! grant types, lifetimes and words, which are the dialects'.

use jiff::{Timestamp, ToSpan};
use quittance_accounting::book::{Grant, GrantKind, Token};
use quittance_accounting::granting::{GrantAsked, NewGrant, leaving};
use quittance_accounting::identity::{BookKey, TokenKey};
use quittance_accounting::snapshot::{Snapshot, Want};

use crate::access::{Actor, EVERY_SCOPE, TokenFault, Verb, actor, home_book, is_grant_text, token_digest};
use crate::books::Books;
use crate::command::Command;
use crate::failure::Failure;
use crate::input::Context;
use crate::queries::gathered;

/// How long what is granted is good for, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The access.
    pub access_seconds: i64,
    /// The refresh; none is granted without it.
    pub refresh_seconds: Option<i64>,
}

/// What was granted. The texts are handed out here once; the store keeps digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The access.
    pub access: String,
    /// When it ends.
    pub access_ends: Timestamp,
    /// How many seconds that is from when it was asked for.
    pub access_seconds: i64,
    /// To be granted anew with.
    pub refresh: Option<String>,
    /// What may be reached.
    pub scopes: Vec<String>,
}

/// What a client wants granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantInput {
    /// What may be reached: no more than the token.
    pub scopes: Vec<String>,
    /// How long.
    pub terms: Terms,
    /// The refresh that is used up by it.
    pub spent: Option<String>,
}

impl Books {
    /// The actor that a text names as a client: the bearer of a token that was made, not of something granted.
    pub async fn client(&self, text: &str) -> Result<Result<Actor, TokenFault>, Failure> {
        if is_grant_text(text) {
            return Ok(Err(TokenFault::Unknown));
        }
        self.authenticate(text).await
    }

    /// Whom a refresh speaks for, in the hands of the client that it was given to, with the scopes of the refresh.
    pub async fn refreshing(&self, text: &str) -> Result<Result<Actor, TokenFault>, Failure> {
        self.bearer(text, GrantKind::Refresh).await
    }

    /// The actor that something granted names, if it is good for this.
    pub(crate) async fn bearer(&self, text: &str, kind: GrantKind) -> Result<Result<Actor, TokenFault>, Failure> {
        let Some(book) = home_book(text) else {
            return Ok(Err(TokenFault::Unknown));
        };
        let Some((grant, token, client)) = self.granted(book, text).await? else {
            return Ok(Err(TokenFault::Unknown));
        };
        let now = self.clock.now();
        if grant.kind != kind {
            return Ok(Err(TokenFault::Unknown));
        }
        if grant.expires_at <= now {
            return Ok(Err(TokenFault::Expired));
        }
        let own = actor(book, token, now);
        let handed = own.and_then(|own| actor(book, client, now).map(|client| own.in_hands_of(&client)));
        Ok(handed.map(|actor| Actor {
            scopes: grant.scopes,
            // A refresh is used up by what it is for; an access must not outlive itself through what it asks for.
            ends: match grant.kind {
                GrantKind::Access => Some(actor.ends.map_or(grant.expires_at, |end| end.min(grant.expires_at))),
                GrantKind::Refresh => actor.ends,
            },
            ..actor
        }))
    }

    /// What was granted under a text, the token that it was granted on, and that of the client it was given to.
    async fn granted(&self, book: BookKey, text: &str) -> Result<Option<(Grant, Token, Token)>, Failure> {
        let digest = token_digest(text);
        let reader = self.store.reader().await?;
        let snapshot = gathered(&reader, book, &[Want::Grant(digest)]).await?;
        let Some(grant) = snapshot.tables().grants.get(&digest) else {
            return Ok(None);
        };
        let wants = [Want::Token(grant.token), Want::Token(grant.client)];
        let on: Snapshot = gathered(&reader, book, &wants).await?;
        let token = |key: TokenKey| on.tables().tokens.get(&key).map(|token| Token::clone(token));
        let both = token(grant.token).zip(token(grant.client));
        Ok(both.map(|(token, client)| (Grant::clone(grant), token, client)))
    }

    /// Grants access to the client that the context names.
    pub async fn grant_access(&self, context: &Context, input: GrantInput) -> Result<Granted, Failure> {
        let (token, client) = parties(context)?;
        if !input.scopes.iter().all(|scope| context.actor.has_scope(scope)) {
            return Err(Failure::Forbidden(Verb::Read));
        }
        let now = self.clock.now();
        let reader = self.store.reader().await?;
        let leaving = leaving(&reader.grants(context.actor.book).await?, token, now);
        drop(reader);
        let last = context.actor.ends.unwrap_or(Timestamp::MAX);
        let end = |seconds: i64| now.checked_add(seconds.seconds()).map_or(last, |end| end.min(last));
        let access = self.grant_text(context.actor.book);
        let access_ends = end(input.terms.access_seconds);
        let refresh = input
            .terms
            .refresh_seconds
            .map(|seconds| (self.grant_text(context.actor.book), end(seconds)));
        let asked = GrantAsked {
            token,
            client,
            scopes: input.scopes.clone(),
            access: NewGrant {
                digest: token_digest(&access),
                expires_at: access_ends,
            },
            refresh: refresh.as_ref().map(|(text, ends)| NewGrant {
                digest: token_digest(text),
                expires_at: *ends,
            }),
            spent: input.spent.as_deref().map(token_digest),
            leaving,
        };
        let command = Command::GrantAccess(Box::new(asked));
        let done = self.act(context, Verb::Read, command).await?;
        // The plan shortens what would outlive the token. What was granted is handed out without another question to the books: a
        // refresh that was spent for it is not there any more.
        let left = done.extract.snapshot();
        let last = left.tables().tokens.get(&token).and_then(|token| token.expires_at);
        let access_ends = last.map_or(access_ends, |last| last.min(access_ends));
        Ok(Granted {
            access,
            access_ends,
            access_seconds: access_ends.as_second() - now.as_second(),
            refresh: refresh.map(|(text, _)| text),
            scopes: input.scopes,
        })
    }

    /// Everything granted on a book's tokens, without the texts.
    pub async fn grants(&self, book: BookKey) -> Result<Vec<Grant>, Failure> {
        Ok(self.store.reader().await?.grants(book).await?)
    }

    /// Takes back what was granted to the client that the context names; refused as not found for anything else.
    pub async fn withdraw_grant(&self, context: &Context, text: &str) -> Result<(), Failure> {
        let (_, client) = parties(context)?;
        let command = Command::WithdrawGrant(client, token_digest(text));
        self.act(context, Verb::Read, command).await.map(|_| ())
    }

    fn grant_text(&self, book: BookKey) -> String {
        let (name, secret) = (self.draw_hex(8), self.draw_hex(24));
        format!("q{}_o{name}_{secret}", book.0)
    }
}

/// The token of whoever asks, and that of the client. The command line has none and needs no grant.
fn parties(context: &Context) -> Result<(TokenKey, TokenKey), Failure> {
    let both = context.actor.token.zip(context.actor.client);
    both.ok_or(Failure::Forbidden(Verb::Read))
}

/// The scopes that a client asks for, separated by spaces, each once; everything that it holds when it names none. The error is one
/// that it does not hold.
pub fn narrowed(actor: &Actor, asked: &str) -> Result<Vec<String>, String> {
    let mut scopes: Vec<String> = Vec::new();
    for scope in asked.split_whitespace() {
        if !actor.has_scope(scope) {
            return Err(scope.to_owned());
        }
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    if scopes.is_empty() {
        scopes.clone_from(&actor.scopes);
    }
    if scopes.is_empty() {
        scopes.push(EVERY_SCOPE.to_owned());
    }
    Ok(scopes)
}
