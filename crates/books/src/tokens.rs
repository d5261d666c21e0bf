//! Tokens: made by whoever keeps the book, made for a while by whoever has one, revoked.

use jiff::Timestamp;
use quittance_accounting::book::Token;
use quittance_accounting::identity::{BookKey, TokenKey};
use quittance_accounting::keeping::NewToken;

use crate::access::{EVERY_SCOPE, Verb, token_digest};
use crate::books::{Books, TokenInput};
use crate::command::Command;
use crate::failure::Failure;
use crate::input::Context;

impl Books {
    pub(crate) fn new_token_text(&self, book: BookKey) -> String {
        let draw = |bytes| self.draw_hex(bytes);
        format!("q{}_{}_{}", book.0, draw(8), draw(24))
    }

    /// Makes a token. Its text is handed out here once; the store keeps a digest.
    pub async fn make_token(&self, context: &Context, input: TokenInput) -> Result<(String, Token), Failure> {
        let text = self.new_token_text(context.actor.book);
        let scopes = if input.scopes.is_empty() {
            vec![EVERY_SCOPE.to_owned()]
        } else {
            input.scopes
        };
        let command = Command::MakeToken(NewToken {
            digest: token_digest(&text),
            name: input.name,
            role: input.role,
            scopes,
            expires_at: input.expires_at,
        });
        let done = self.act(context, Verb::Post, command).await?;
        let token = done
            .extract
            .snapshot()
            .tables()
            .tokens
            .get(&TokenKey(done.subject.number))
            .cloned();
        token.map(|token| (text, token)).ok_or(Failure::Unavailable)
    }

    /// Revokes a token.
    pub async fn revoke_token(&self, context: &Context, key: TokenKey) -> Result<(), Failure> {
        self.act(context, Verb::Post, Command::RevokeToken(key))
            .await
            .map(|_| ())
    }

    /// Makes a token that may do what its maker may, until an instant and no longer than the maker's own. It widens nothing, so every
    /// role may ask for one.
    pub async fn make_session(&self, context: &Context, ends: Timestamp) -> Result<(String, Token), Failure> {
        let tokens = self.tokens(context.actor.book).await?;
        let own = tokens.iter().find(|token| Some(token.key) == context.actor.token);
        let own_end = own.and_then(|token| token.expires_at);
        let scopes = match context.actor.scopes.is_empty() {
            true => vec![EVERY_SCOPE.to_owned()],
            false => context.actor.scopes.clone(),
        };
        let text = self.new_token_text(context.actor.book);
        let command = Command::MakeToken(NewToken {
            digest: token_digest(&text),
            name: context.actor.name.clone(),
            role: context.actor.role,
            scopes,
            expires_at: Some(own_end.map_or(ends, |own_end| own_end.min(ends))),
        });
        let done = self.act(context, Verb::Read, command).await?;
        let key = TokenKey(done.subject.number);
        let made = done.extract.snapshot().tables().tokens.get(&key).cloned();
        made.map(|token| (text, token)).ok_or(Failure::Unavailable)
    }
}
