//! The native API at the command line, without a server: a command becomes the request that a client would send, and is answered by
//! the same road, so that both can do the same and are refused with the same facts.
//!
//! Amounts are written `12.50` (in the currency of the document that they are on, else the book's) or `12.50EUR`. A document is named by its id, an invoice also by its number or
//! the id that a client brought, the others by the latter. Deliberately absent: any verb that the native API has not.

use std::io::Read as _;

use quittance_accounting::identity::{BookKey, DocumentId};
use quittance_accounting::money::Currency;
use quittance_accounting::snapshot::Named;
use quittance_books::Actor;
use serde_json::{Map, Value, json};

use super::CommandError;
use super::chores::no_book;
use crate::app::App;
use crate::dialects::native::routes::answer_to;
use crate::http::message::Method;
use crate::http::numbers::read_decimal_text;
use crate::http::{Request, Response};
use crate::reports::customer_named;

/// The most bytes of a body that is read from a file: what the server takes over HTTP.
const MOST_BODY: u64 = 8 << 20;

/// Where a command is carried out, and how it answers.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct At {
    /// The book's slot
    #[arg(long, global = true, default_value_t = 1)]
    pub(super) book: i64,
    /// Print the answer as JSON, as the native API gives it
    #[arg(long, global = true)]
    pub(super) json: bool,
}

/// The native API, asked as the command line.
pub(super) struct Desk<'a> {
    /// What answers.
    pub(super) app: &'a App,
    book: BookKey,
    currency: Currency,
    /// Whether answers are printed as JSON.
    pub(super) json: bool,
}

/// The words of a request's body, put together from arguments; what is not said is left out.
#[derive(Debug, Default)]
pub(super) struct Body(Map<String, Value>);

impl Body {
    /// A body that begins with what `--body` says: JSON, or `@FILE`, or `@-` for standard input.
    pub(super) fn beginning_with(text: Option<&str>) -> Result<Body, CommandError> {
        match text {
            None => Ok(Body::default()),
            Some(text) => match parsed(text)? {
                Value::Object(members) => Ok(Body(members)),
                _ => Err(CommandError::Argument("--body must be a JSON object".to_owned())),
            },
        }
    }

    /// Says a member.
    pub(super) fn put(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value.into());
        }
    }

    /// With the members of another, which come first.
    #[must_use]
    pub(super) fn joined(mut self, other: Body) -> Body {
        self.0.extend(other.0);
        self
    }

    /// With a member.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: Option<impl Into<Value>>) -> Body {
        self.put(name, value);
        self
    }
}

impl From<Body> for Value {
    fn from(body: Body) -> Value {
        Value::Object(body.0)
    }
}

/// JSON as it stands on the command line, or in the file after `@`.
pub(super) fn parsed(text: &str) -> Result<Value, CommandError> {
    let read = |error| CommandError::Io {
        doing: format!("reading {text}"),
        error,
    };
    let json = match text.strip_prefix('@') {
        None => text.to_owned(),
        Some(path) => {
            let mut json = String::new();
            let outcome = match path {
                "-" => std::io::stdin().take(MOST_BODY).read_to_string(&mut json),
                path => std::fs::File::open(path).and_then(|file| file.take(MOST_BODY).read_to_string(&mut json)),
            };
            outcome.map_err(read)?;
            json
        }
    };
    serde_json::from_str(&json).map_err(|error| CommandError::Argument(format!("that is no JSON: {error}")))
}

/// A text in a query.
pub(super) fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// A path with the members of a query that are there.
pub(super) fn with_query(path: &str, members: &[(&str, Option<String>)]) -> String {
    let said = members.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    let said: Vec<String> = said.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    match said.is_empty() {
        true => path.to_owned(),
        false => format!("{path}?{}", said.join("&")),
    }
}

impl<'a> Desk<'a> {
    /// The desk of a book that is there.
    pub(super) async fn at(app: &'a App, at: At) -> Result<Desk<'a>, CommandError> {
        let book = BookKey(at.book);
        let settings = app.books.settings(book).await?;
        Ok(Desk {
            app,
            book,
            currency: settings.ok_or_else(|| no_book(at.book))?.currency,
            json: at.json,
        })
    }

    /// Sends a request; the path is what stands after `/api/v1`.
    pub(super) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let mut request = Request::new(method, &format!("/api/v1{path}"), self.app.now());
        request.request_id = self.app.books.new_request_id();
        if let Some(body) = body {
            request = request
                .with_header("content-type", "application/json")
                .with_body(body.to_string());
        }
        answer_to(self.app, &request, Actor::command_line(self.book), "cli").await
    }

    /// What a request is answered with, or why it was not carried out.
    pub(super) async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, CommandError> {
        let response = self.send(method, path, body).await;
        let answer: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        if response.status < 400 {
            return Ok(answer);
        }
        let told = refusal(&answer["error"]);
        Err(match response.status {
            400 | 422 => CommandError::Argument(told),
            _ => CommandError::Refused(told),
        })
    }

    /// What a look is answered with.
    pub(super) async fn get(&self, path: &str) -> Result<Value, CommandError> {
        self.ask(Method::GET, path, None).await
    }

    /// What a command is answered with.
    pub(super) async fn post(&self, path: &str, body: Body) -> Result<Value, CommandError> {
        self.ask(Method::POST, path, Some(body.into())).await
    }

    /// An amount as the native API takes it.
    pub(super) fn money(&self, text: &str) -> Result<Value, CommandError> {
        let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
        let code = text.strip_prefix(digits).unwrap_or_default();
        let currency = match code {
            "" => Some(self.currency),
            code => Currency::parse(code),
        };
        let wrong = || CommandError::Argument(format!("{text:?} is no amount, such as 12.50 or 12.50EUR"));
        let currency = currency.ok_or_else(wrong)?;
        let digits = digits.trim_end();
        read_decimal_text(digits).map_err(|_| wrong())?;
        Ok(json!({"amount": digits, "currency": currency.code()}))
    }

    /// An amount on a document that is there, by its path: in its currency unless another is named.
    pub(super) async fn money_on(&self, path: &str, text: &str) -> Result<Value, CommandError> {
        if text.ends_with(|letter: char| letter.is_ascii_alphabetic()) {
            return self.money(text);
        }
        // What is not there is left to the answer to the command.
        let known = self.get(path).await.unwrap_or_default();
        let sum = ["total", "amount"].map(|name| &known[name]["currency"]);
        let code = sum.into_iter().find_map(Value::as_str).unwrap_or_default();
        self.money(&format!("{text}{code}"))
    }

    /// An amount that may be left out.
    pub(super) fn some_money(&self, text: Option<&String>) -> Result<Option<Value>, CommandError> {
        text.map(|text| self.money(text)).transpose()
    }

    /// The id of the invoice that an id, a number or a client's id names. One that nobody has is left to the answer.
    pub(super) async fn invoice(&self, text: &str) -> Result<String, CommandError> {
        if DocumentId::from_hex(text).is_some() {
            return Ok(text.to_owned());
        }
        for member in ["number", "external_id"] {
            let found = self.get(&format!("/invoices?{member}={}", encoded(text))).await?;
            if let Some(id) = found["data"][0]["id"].as_str() {
                return Ok(id.to_owned());
            }
        }
        Err(none("invoice", text))
    }

    /// The id of the customer that an id, a number in the book or a client's id names.
    pub(super) async fn customer(&self, text: &str) -> Result<String, CommandError> {
        let found = self.app.books.customer(self.book, &customer_named(text)).await?;
        let id = found.map(|view| view.customer.id.hex());
        id.ok_or_else(|| none("customer", text))
    }

    /// The id of the payment that an id or a client's id names.
    pub(super) async fn payment(&self, text: &str) -> Result<String, CommandError> {
        if DocumentId::from_hex(text).is_some() {
            return Ok(text.to_owned());
        }
        let found = self
            .app
            .books
            .payment(self.book, &Named::External(text.to_owned()))
            .await?;
        let id = found.map(|view| view.payment.id.hex());
        id.ok_or_else(|| none("payment", text))
    }

    /// The id of the credit note that an id or a client's id names.
    pub(super) async fn credit_note(&self, text: &str) -> Result<String, CommandError> {
        if DocumentId::from_hex(text).is_some() {
            return Ok(text.to_owned());
        }
        let named = Named::External(text.to_owned());
        let found = self.app.books.credit_note(self.book, &named).await?;
        let id = found.map(|view| view.note.id.hex());
        id.ok_or_else(|| none("credit note", text))
    }

    /// The id of the refund that an id or a client's id names.
    pub(super) async fn refund(&self, text: &str) -> Result<String, CommandError> {
        if DocumentId::from_hex(text).is_some() {
            return Ok(text.to_owned());
        }
        let named = Named::External(text.to_owned());
        let found = self.app.books.find_refund(self.book, &named).await?;
        let id = found.map(|view| view.refund.id.hex());
        id.ok_or_else(|| none("refund", text))
    }

    /// The id of the write-off that an id or a client's id names.
    pub(super) async fn write_off(&self, text: &str) -> Result<String, CommandError> {
        if DocumentId::from_hex(text).is_some() {
            return Ok(text.to_owned());
        }
        let named = Named::External(text.to_owned());
        let found = self.app.books.find_write_off(self.book, &named).await?;
        let id = found.map(|view| view.write_off.id.hex());
        id.ok_or_else(|| none("write-off", text))
    }

    /// Parts of a payment or of credit, each `INVOICE` (what is open) or `INVOICE=AMOUNT`.
    pub(super) async fn parts(&self, parts: &[String]) -> Result<Option<Value>, CommandError> {
        let mut shown = Vec::new();
        for part in parts {
            let (invoice, amount) = match part.rsplit_once('=') {
                Some((invoice, amount)) => (invoice, Some(amount)),
                None => (part.as_str(), None),
            };
            let invoice = self.invoice(invoice).await?;
            let amount = match amount {
                Some(amount) => Some(self.money_on(&format!("/invoices/{invoice}"), amount).await?),
                None => None,
            };
            shown.push(Value::from(
                Body::default().with("invoice", Some(invoice)).with("amount", amount),
            ));
        }
        Ok((!shown.is_empty()).then_some(Value::Array(shown)))
    }
}

fn none(kind: &str, text: &str) -> CommandError {
    CommandError::Refused(format!("there is no {kind} {text:?}"))
}

/// A refusal in words: the reason with its facts, the other reasons, and the legal ways out as commands.
fn refusal(error: &Value) -> String {
    let reason = |error: &Value| {
        let message = error["message"].as_str().unwrap_or("not carried out");
        match &error["facts"] {
            Value::Object(facts) if !facts.is_empty() => format!("{message} {}", error["facts"]),
            _ => message.to_owned(),
        }
    };
    let mut told = reason(error);
    for other in error["also"].as_array().into_iter().flatten() {
        told.push_str(&format!("\n  also: {}", reason(other)));
    }
    for way in error["alternatives"].as_array().into_iter().flatten() {
        told.push_str(&format!("\n  instead: {}", command(way)));
    }
    told
}

/// A way out as a command that can be given as it stands.
pub(super) fn command(way: &Value) -> String {
    let path = way["path"].as_str().unwrap_or_default();
    let (method, why) = (
        way["method"].as_str().unwrap_or_default(),
        way["why"].as_str().unwrap_or_default(),
    );
    match way.get("body") {
        Some(body) => format!("quittance api {method} {path} '{body}'  # {why}"),
        None => format!("quittance api {method} {path}  # {why}"),
    }
}
