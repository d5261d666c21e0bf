//! Many clients of one dialect at once: whoever changes the same thing gets their turn, whoever makes different things gets them, and of
//! the same thing there is one. Nobody is told that the server is at fault.

mod changing;
mod making;
mod reading;

use std::sync::Arc;

use quittance_server::app::CallLimits;
use quittance_server::config::MinuteAndDay;
use quittance_server::http::Response;
use serde_json::Value;

use crate::golden::{LIMITS, World, json as body_of};

/// How many come at once: more than any loop may try anew that each overtakes once.
const CROWD: usize = 40;

/// A request of one of the crowd.
type Said = (&'static str, String, Value);

/// A server, and where the book is in each dialect.
struct Square {
    world: Arc<World>,
    /// Under the business of Layer.
    business: String,
    /// The location of HighLevel, which is the project of Bookeeping.ai too.
    location: String,
    /// Under the account of Moov.
    account: String,
}

impl Square {
    async fn new() -> Square {
        let many = MinuteAndDay {
            per_minute: 100_000,
            per_day: 100_000,
        };
        let limits = CallLimits {
            bookeeping_read: many,
            bookeeping_write: many,
            highlevel_burst: 100_000,
            moov_per_second: 100_000,
            layer_per_second: 100_000,
            ..LIMITS
        };
        let world = World::with(limits).await;
        let settings = world.app.books.settings(world.book).await.unwrap().unwrap();
        Square {
            world: Arc::new(world),
            business: format!("/v1/businesses/{}", settings.id.uuid()),
            location: settings.id.hex(),
            account: format!("/accounts/{}", settings.id.uuid()),
        }
    }

    /// Says it, in the words of whatever dialect the target is of.
    async fn answer(world: &World, key: Option<&str>, (method, target, body): Said) -> Response {
        let auth = match target.split('/').nth(1) {
            Some("coa" | "rr") => format!("Token {}", world.token),
            Some("oauth2") => basic(&world.token),
            _ => format!("Bearer {}", world.token),
        };
        let mut headers = vec![
            ("authorization", auth.as_str()),
            ("content-type", "application/json"),
            ("version", "2021-07-28"),
            ("x-moov-version", "v2026.07.00"),
        ];
        headers.extend(key.map(|key| ("idempotency-key", key)));
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        world.send(method, &target, &headers, &body).await
    }

    /// Says it alone, and hands back what is answered.
    async fn say(&self, method: &'static str, target: &str, body: Value) -> Value {
        let answer = Square::answer(&self.world, None, (method, target.to_owned(), body.clone())).await;
        let shown = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(
            answer.status < 300,
            "{method} {target} {body}: {} {shown}",
            answer.status
        );
        match answer.body.is_empty() {
            true => Value::Null,
            false => body_of(&answer),
        }
    }

    /// Says all of it at once, and hands back what is answered in the same order.
    async fn at_once(&self, said: Vec<Said>) -> Vec<(u16, Value)> {
        self.at_once_under(None, said).await
    }

    /// The same under one key.
    async fn at_once_under(&self, key: Option<&'static str>, said: Vec<Said>) -> Vec<(u16, Value)> {
        let send = |said: Said| {
            let world = Arc::clone(&self.world);
            tokio::spawn(async move {
                let answer = Square::answer(&world, key, said).await;
                let body = match answer.body.is_empty() {
                    true => Value::Null,
                    false => body_of(&answer),
                };
                (answer.status, body)
            })
        };
        let sent: Vec<_> = said.into_iter().map(send).collect();
        let mut answers = Vec::with_capacity(sent.len());
        for sent in sent {
            answers.push(sent.await.unwrap());
        }
        answers
    }

    /// The same of a crowd, each with a body of its own.
    async fn crowd(&self, method: &'static str, target: &str, body: impl Fn(usize) -> Value) -> Vec<(u16, Value)> {
        let said = (0..CROWD).map(|who| (method, target.to_owned(), body(who)));
        self.at_once(said.collect()).await
    }
}

/// A token as the id and the secret of a client.
fn basic(token: &str) -> String {
    use base64::Engine as _;
    let (id, secret) = token.rsplit_once('_').unwrap();
    let pair = format!("{id}:{secret}");
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}

/// How many were answered so.
fn count(answers: &[(u16, Value)], status: u16) -> usize {
    answers.iter().filter(|(found, _)| *found == status).count()
}

/// Fails unless all were answered so.
fn all_are(answers: &[(u16, Value)], status: u16, what: &str) {
    let other = answers.iter().find(|(found, _)| *found != status);
    let found = count(answers, status);
    assert!(
        other.is_none(),
        "{what}: {found} of {} are {status}, one is {other:?}",
        answers.len()
    );
}

fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found
        .unwrap_or_else(|| panic!("no text at {pointer} of {value:#}"))
        .to_owned()
}

/// Several threads, as a server has them.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap()
}
