//! What every request is answered with: the books, the call limits, and the address clients reach us at.
//!
//! Deliberately absent: any dialect's words, and which dialect a request speaks (`reception.rs`).

use jiff::Timestamp;
use quittance_books::{Actor, Books, Failure, TokenFault};

use crate::config::MinuteAndDay;
use crate::http::limiter::Limiter;

/// How many calls a token may make, per dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimits {
    /// Bookeeping.ai: reads.
    pub bookeeping_read: MinuteAndDay,
    /// Bookeeping.ai: writes.
    pub bookeeping_write: MinuteAndDay,
    /// HighLevel: calls in ten seconds.
    pub highlevel_burst: u32,
    /// HighLevel: calls in a day.
    pub highlevel_daily: u32,
    /// Moov: calls in a second.
    pub moov_per_second: u32,
    /// Layer: calls in a second.
    pub layer_per_second: u32,
}

/// One limiter for each kind of call that is counted apart.
pub struct Limiters {
    /// Bookeeping.ai reads.
    pub bookeeping_read: Limiter,
    /// Bookeeping.ai writes.
    pub bookeeping_write: Limiter,
    /// HighLevel calls.
    pub highlevel: Limiter,
    /// Moov calls.
    pub moov: Limiter,
    /// Layer calls.
    pub layer: Limiter,
}

/// Who may look at the console page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsoleAccess {
    /// Whoever has a token, as the password of HTTP Basic.
    WithToken,
    /// Everybody: for the demo, whose figures are made up and whose address is the loopback.
    Open,
}

/// What every request is answered with.
pub struct App {
    /// The books.
    pub books: Books,
    /// How many calls a token may make.
    pub limits: CallLimits,
    /// What has been called.
    pub limiters: Limiters,
    /// Who may look at the console page.
    pub console: ConsoleAccess,
}

/// Why a caller is not known: for a dialect's `errors.rs` to word.
#[derive(Clone, Debug, PartialEq)]
pub enum Unidentified {
    /// The token names nobody.
    Token(TokenFault),
    /// The books could not be asked.
    Books(Failure),
}

impl App {
    /// An app over books.
    pub fn new(books: Books, limits: CallLimits, console: ConsoleAccess) -> App {
        let limiters = Limiters {
            bookeeping_read: Limiter::new(),
            bookeeping_write: Limiter::new(),
            highlevel: Limiter::new(),
            moov: Limiter::new(),
            layer: Limiter::new(),
        };
        App {
            books,
            limits,
            limiters,
            console,
        }
    }

    /// The actor that a token's text names.
    pub async fn identify(&self, token: &str) -> Result<Actor, Unidentified> {
        match self.books.authenticate(token).await {
            Ok(Ok(actor)) => Ok(actor),
            Ok(Err(fault)) => Err(Unidentified::Token(fault)),
            Err(failure) => Err(Unidentified::Books(failure)),
        }
    }

    /// The actor that Basic credentials name: the user is the part of the token's text before its secret (`q1_0123456789abcdef`),
    /// the password is the secret.
    pub async fn identify_pair(&self, user: &str, password: &str) -> Result<Actor, Unidentified> {
        self.identify(&format!("{user}_{password}")).await
    }

    /// The actor that a client's id and secret name: the same pair, but never something that was granted.
    pub async fn identify_client(&self, id: &str, secret: &str) -> Result<Actor, Unidentified> {
        match self.books.client(&format!("{id}_{secret}")).await {
            Ok(Ok(actor)) => Ok(actor),
            Ok(Err(fault)) => Err(Unidentified::Token(fault)),
            Err(failure) => Err(Unidentified::Books(failure)),
        }
    }

    /// The instant it is.
    pub fn now(&self) -> Timestamp {
        self.books.now()
    }
}
