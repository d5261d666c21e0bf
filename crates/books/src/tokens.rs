//! Tokens: made by whoever keeps the book, and revoked. What is granted on them for a while is `granting.rs`.

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
        let snapshot = done.extract.snapshot();
        let token = snapshot.tables().tokens.get(&TokenKey(done.subject.number));
        token
            .map(|token| (text, Token::clone(token)))
            .ok_or(Failure::Unavailable)
    }

    /// Revokes a token.
    pub async fn revoke_token(&self, context: &Context, key: TokenKey) -> Result<(), Failure> {
        self.act(context, Verb::Post, Command::RevokeToken(key))
            .await
            .map(|_| ())
    }
}
