//! A server in process with a clock that stands still and chance that repeats, and transcripts of what was said.
//!
//! A [`Transcript`] is compared with the file `tests/it/golden/<name>.http`; run with `UPDATE_GOLDEN=1` to write it anew, then read
//! the difference. `x-request-id` and every other byte are part of it.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use jiff::{Timestamp, ToSpan};
use quittance_accounting::book::Role;
use quittance_accounting::identity::BookKey;
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::snapshot::Named;
use quittance_books::books::{BookInput, TokenInput};
use quittance_books::input::{Context, RefundInput, RefundOf, WriteOffInput};
use quittance_books::source::{Clock, Repeatable};
use quittance_books::{Actor, Books};
use quittance_server::app::{App, CallLimits, ConsoleAccess};
use quittance_server::config::MinuteAndDay;
use quittance_server::http::message::Method;
use quittance_server::http::{Request, Response};
use tempfile::TempDir;

use crate::postgres::Schema;

/// A clock that is set by hand.
#[derive(Debug)]
pub struct SetClock(Mutex<Timestamp>);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A server in process.
pub struct World {
    pub app: Arc<App>,
    pub clock: Arc<SetClock>,
    /// The first book: US dollars, UTC.
    pub book: BookKey,
    /// An admin token of it.
    pub token: String,
    requests: Mutex<u64>,
    /// Last, so that it goes after the books.
    place: Place,
}

/// Where the books of a world are.
enum Place {
    Memory,
    File(TempDir),
    Database(Schema),
}

impl Place {
    /// Where `QUITTANCE_TEST_BOOKS` says: `cargo xtask test` has the same exchanges with every engine.
    fn new() -> Place {
        match std::env::var("QUITTANCE_TEST_BOOKS").as_deref() {
            Err(_) => Place::Memory,
            Ok("sqlite") => Place::File(tempfile::tempdir().unwrap()),
            Ok("postgres") => Place::Database(Schema::empty()),
            Ok(other) => panic!("no engine {other}"),
        }
    }

    async fn open(&self, clock: Arc<SetClock>) -> Books {
        let chance = Arc::new(Repeatable::new(7));
        let books = match self {
            Place::Memory => Books::in_memory(clock, chance),
            Place::File(folder) => Books::open_sqlite(&folder.path().join("books.db"), clock, chance),
            Place::Database(schema) => Books::open_postgres(&schema.owner, clock, chance).await,
        };
        books.unwrap()
    }
}

/// Limits as shipped.
pub const LIMITS: CallLimits = CallLimits {
    bookeeping_read: MinuteAndDay {
        per_minute: 100,
        per_day: 6000,
    },
    bookeeping_write: MinuteAndDay {
        per_minute: 25,
        per_day: 1500,
    },
    highlevel_burst: 100,
    highlevel_daily: 200_000,
    moov_per_second: 40,
    layer_per_second: 500,
};

impl World {
    /// A server with one book and an admin token, at noon of 2026-03-15 UTC.
    pub async fn new() -> World {
        World::with(LIMITS).await
    }

    /// The same with other call limits.
    pub async fn with(limits: CallLimits) -> World {
        World::at(Place::new(), limits).await
    }

    /// The same in PostgreSQL, wherever the other worlds are.
    pub async fn on_postgres() -> World {
        World::at(Place::Database(Schema::empty()), LIMITS).await
    }

    /// The schema of a world in PostgreSQL.
    pub fn schema(&self) -> &Schema {
        match &self.place {
            Place::Database(schema) => schema,
            Place::Memory | Place::File(_) => panic!("not PostgreSQL"),
        }
    }

    async fn at(place: Place, limits: CallLimits) -> World {
        let clock = Arc::new(SetClock(Mutex::new("2026-03-15T12:00:00Z".parse().unwrap())));
        let books = place.open(clock.clone()).await;
        let app = Arc::new(App::new(books, limits, ConsoleAccess::Open));
        let mut world = World {
            app,
            clock,
            book: BookKey(1),
            token: String::new(),
            requests: Mutex::new(0),
            place,
        };
        world.book = world.open_book("Acme Receivables").await;
        world.token = world.make_token(world.book, Role::Admin, &[], None).await;
        world
    }

    /// Opens another book.
    pub async fn open_book(&self, name: &str) -> BookKey {
        let input = BookInput {
            name: name.to_owned(),
            currency: Currency::USD,
            zone: "UTC".to_owned(),
            retention_days: 0,
        };
        self.app.books.open_book(input).await.unwrap().0
    }

    /// Makes a token of a book.
    pub async fn make_token(
        &self,
        book: BookKey,
        role: Role,
        scopes: &[&str],
        expires_at: Option<Timestamp>,
    ) -> String {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let input = TokenInput {
            name: format!("{role:?}"),
            role,
            scopes,
            expires_at,
        };
        self.app.books.make_token(&self.context(book), input).await.unwrap().0
    }

    /// The command line, acting on a book: for what no dialect can do, such as closing a period.
    pub fn context(&self, book: BookKey) -> Context {
        Context {
            actor: Actor::command_line(book),
            source: "cli",
            request_id: "setup".to_owned(),
        }
    }

    /// Moves the clock.
    pub fn pass_seconds(&self, seconds: i64) {
        let mut now = self.clock.0.lock().unwrap();
        *now += seconds.seconds();
    }

    fn count(&self) -> u64 {
        let mut requests = self.requests.lock().unwrap();
        *requests += 1;
        *requests
    }

    /// Sends a request; its id is `req-1`, `req-2`, ...
    pub async fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = Request::new(method, target, self.clock.now()).with_body(body.to_owned());
        for (name, value) in headers {
            request = request.with_header(name, value);
        }
        request.request_id = format!("req-{}", self.count());
        self.app.answer(request).await
    }
}

/// What was said, as a file shows it.
pub struct Transcript {
    name: String,
    text: String,
}

impl Transcript {
    /// An empty transcript for `tests/it/golden/<name>.http`.
    pub fn new(name: &str) -> Transcript {
        Transcript {
            name: name.to_owned(),
            text: String::new(),
        }
    }

    /// Sends a request and writes both sides down under a title.
    pub async fn say(
        &mut self,
        world: &World,
        title: &str,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response {
        let response = world.send(method, target, headers, body).await;
        let out = &mut self.text;
        writeln!(out, "### {title}\n{method} {target}").unwrap();
        for (name, value) in headers {
            writeln!(out, "{name}: {value}").unwrap();
        }
        if !body.is_empty() {
            writeln!(out, "\n{body}").unwrap();
        }
        writeln!(out, "\n< {}", response.status).unwrap();
        for (name, value) in &response.headers {
            writeln!(out, "< {name}: {value}").unwrap();
        }
        match std::str::from_utf8(&response.body) {
            Ok("") => {}
            Ok(text) => writeln!(out, "\n{text}").unwrap(),
            // What is no text is checked where it is asked for.
            Err(_) => writeln!(out, "\n({} bytes)", response.body.len()).unwrap(),
        }
        writeln!(out).unwrap();
        response
    }

    /// Compares with the file.
    pub fn check(self) {
        let text = format!("{}\n", self.text.trim_end());
        check_text(&format!("{}.http", self.name), &text);
    }
}

/// Compares a text with the file of this name among the golden ones.
pub fn check_text(name: &str, text: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/golden")
        .join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    let pairs = expected.lines().zip(text.lines()).enumerate();
    if let Some((at, (expected, found))) = pairs.into_iter().find(|(_, (expected, found))| expected != found) {
        panic!(
            "{} line {}:\nexpected {expected}\nfound    {found}",
            file.display(),
            at + 1
        );
    }
    assert_eq!(expected, text, "{}", file.display());
}

/// The JSON of a response.
pub fn json(response: &Response) -> serde_json::Value {
    serde_json::from_slice(&response.body).unwrap()
}

/// A refund of an invoice; of all that can be without an amount.
pub fn refund(invoice: Named, amount: Option<Amount>) -> RefundInput {
    RefundInput {
        amount,
        ..RefundInput::of(RefundOf::Invoice(invoice))
    }
}

/// A write-off of an invoice; of all that is open without an amount.
pub fn write_off(invoice: Named, amount: Option<Amount>) -> WriteOffInput {
    WriteOffInput {
        amount,
        ..WriteOffInput::of(invoice)
    }
}
