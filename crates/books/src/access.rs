//! Who may ask.
//!
//! An [`Actor`] is a bearer of a token of one book. Its role says which verbs it may use; its scopes are words of the dialects,
//! which the dialects check. A refusal of access is decided before anything is gathered.

use jiff::Timestamp;
use quittance_accounting::book::{Role, Token};
use quittance_accounting::content::Digest;
use quittance_accounting::identity::{BookKey, TokenKey};
use sha2::{Digest as _, Sha256};

/// The scope that reaches everything.
pub const EVERY_SCOPE: &str = "*";

/// Who sends a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The one book that the token belongs to.
    pub book: BookKey,
    /// The token; `None` for the command line, which acts with the rights of whoever may open the file.
    pub token: Option<TokenKey>,
    /// The token of the client that asks: the same, but for the bearer of what a client was given on another token.
    pub client: Option<TokenKey>,
    /// The token's name, for the log.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// What it may reach.
    pub scopes: Vec<String>,
    /// When what it was named by ends.
    pub ends: Option<Timestamp>,
}

impl Actor {
    /// The command line, acting on a book.
    pub fn command_line(book: BookKey) -> Actor {
        let scopes = vec![EVERY_SCOPE.to_owned()];
        Actor {
            book,
            token: None,
            client: None,
            name: "command line".to_owned(),
            role: Role::Admin,
            scopes,
            ends: None,
        }
    }

    /// The same on whose behalf a client asks: for as long as both are good.
    #[must_use]
    pub fn in_hands_of(self, client: &Actor) -> Actor {
        Actor {
            client: client.client,
            ends: self.ends.into_iter().chain(client.ends).min(),
            ..self
        }
    }

    /// Whether the token reaches a scope.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| held == EVERY_SCOPE || held == scope)
    }

    /// Whether the role allows a verb.
    pub fn may(&self, verb: Verb) -> bool {
        match (self.role, verb) {
            (Role::Admin, _) | (_, Verb::Read) => true,
            (Role::Clerk, Verb::WriteDraft) => true,
            (Role::Clerk, Verb::Post) | (Role::Viewer, Verb::WriteDraft | Verb::Post) => false,
        }
    }
}

/// What a request does, as far as a role is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Looks.
    Read,
    /// Writes what posts nothing.
    WriteDraft,
    /// Posts, withdraws, deletes, closes.
    Post,
}

/// Why a token does not name an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFault {
    /// No such token.
    Unknown,
    /// It ended.
    Expired,
    /// It was revoked.
    Revoked,
}

/// Digest of a token's text: all that is stored of it.
pub fn token_digest(text: &str) -> Digest {
    Digest(Sha256::digest(text.as_bytes()).into())
}

/// The book that a token's text begins with, so that (book, digest) finds it without looking anywhere else. A token reads
/// `q<book>_<name part>_<secret>`.
pub fn home_book(text: &str) -> Option<BookKey> {
    let (book, _) = text.strip_prefix('q')?.split_once('_')?;
    book.parse().ok().filter(|book| *book > 0).map(BookKey)
}

/// Whether a text is of something granted on a token: its name part begins with an `o`, which no hexadecimal digit is.
pub fn is_grant_text(text: &str) -> bool {
    text.split_once('_').is_some_and(|(_, rest)| rest.starts_with('o'))
}

/// The actor that a stored token names at an instant.
pub(crate) fn actor(book: BookKey, token: Token, now: Timestamp) -> Result<Actor, TokenFault> {
    if token.revoked_at.is_some() {
        return Err(TokenFault::Revoked);
    }
    if token.expires_at.is_some_and(|end| end <= now) {
        return Err(TokenFault::Expired);
    }
    Ok(Actor {
        book,
        token: Some(token.key),
        client: Some(token.key),
        name: token.name,
        role: token.role,
        scopes: token.scopes,
        ends: token.expires_at,
    })
}
