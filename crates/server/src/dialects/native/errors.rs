//! What goes wrong, in the native API's form: `{"error":{code, message, facts, also, alternatives}}`.
//!
//! Every refusal has its own code and carries its facts; the other reasons stand under `also`, the legal ways out under
//! `alternatives`. Matches over our enums are exhaustive: a new reason does not compile until it has words.

pub mod alternatives;
pub mod refusals;

use quittance_accounting::money::Currency;
use quittance_accounting::refusal::Refusals;
use quittance_books::content::MOST_CONTENT_BYTES;
use quittance_books::{Failure, StoreError, Verb};
use serde_json::{Map, Value, json};

use super::manners::CHALLENGE;
use super::wire::Invalid;
use crate::http::message::PLAIN_BODIES;
use crate::http::{BodyError, Response};
use alternatives::Alternative;

/// An answer that is no success.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The status code.
    pub status: u16,
    /// Names the reason, for programs.
    pub code: &'static str,
    /// Says it, for people.
    pub message: String,
    /// What blocks: sums, dates, names.
    pub facts: Box<Map<String, Value>>,
    /// The other reasons.
    pub also: Vec<Value>,
    /// The legal ways out.
    pub alternatives: Vec<Alternative>,
    header: Option<Box<(&'static str, String)>>,
}

impl Fault {
    /// A fault without facts.
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Fault {
        Fault {
            status,
            code,
            message: message.into(),
            facts: Box::default(),
            also: Vec::new(),
            alternatives: Vec::new(),
            header: None,
        }
    }

    /// Adds a fact.
    #[must_use]
    pub fn fact(mut self, name: &str, value: impl Into<Value>) -> Fault {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// Gives the answer a header; there is one at most.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Fault {
        self.header = Some(Box::new((name, value.into())));
        self
    }

    /// The caller is not known.
    pub fn unauthorized(code: &'static str, message: &str) -> Fault {
        Fault::new(401, code, message).header("www-authenticate", CHALLENGE)
    }

    /// A member or a query value that cannot be read.
    pub fn invalid(field: &str, problem: &str) -> Fault {
        Fault::new(422, "invalid_field", format!("`{field}` {problem}."))
            .fact("field", field)
            .fact("problem", problem)
    }

    /// An id in the path that no document can have.
    pub fn malformed_id(text: &str) -> Fault {
        let shown: String = text.chars().take(60).collect();
        Fault::new(400, "malformed_id", "An id is 24 hex digits.").fact("id", shown)
    }

    /// No such path.
    pub fn no_route() -> Fault {
        Fault::new(404, "unknown_path", "There is nothing at this path.")
    }

    /// The path does not take the method.
    pub fn wrong_method(allowed: &'static str) -> Fault {
        Fault::new(405, "wrong_method", format!("This path takes {allowed}."))
            .fact("allowed", allowed)
            .header("allow", allowed)
    }

    /// Something of ours broke; what, stands in the server's own log.
    pub fn internal() -> Fault {
        Fault::new(500, "internal", "The server failed. Nothing is known to have changed.")
    }

    /// A failure that is not the client's fault, where no document is at hand to explain it with.
    pub fn of_server(failure: &Failure) -> Fault {
        match failure {
            Failure::Unavailable | Failure::Store(StoreError::Interrupted { .. }) => Fault::new(
                503,
                "unavailable",
                "The server takes no more commands right now; this one was not carried out.",
            )
            .header("retry-after", "1"),
            Failure::Store(StoreError::InDoubt { .. }) => {
                tracing::error!(%failure, "a native request is in doubt");
                Fault::new(
                    500,
                    "in_doubt",
                    "The database was lost while it committed and could not be asked since: the command may have been carried \
                     out. Ask again with the same idempotency key, or look.",
                )
            }
            Failure::Store(_) | Failure::Flawed(_) => {
                tracing::error!(%failure, "a native request failed");
                Fault::internal()
            }
            Failure::Refused(_) | Failure::Forbidden(_) | Failure::ContentTooLong { .. } => Fault::internal(),
        }
    }

    /// The body of the answer.
    pub fn body(&self) -> Value {
        let alternatives: Vec<Value> = self.alternatives.iter().map(Alternative::shown).collect();
        json!({"error": {
            "code": self.code,
            "message": self.message,
            "facts": self.facts,
            "also": self.also,
            "alternatives": alternatives,
        }})
    }

    /// The answer.
    pub fn answer(self) -> Response {
        let response = Response::json(self.status, &self.body());
        match self.header {
            Some(header) => response.with(header.0, header.1),
            None => response,
        }
    }
}

impl From<Invalid> for Fault {
    fn from(invalid: Invalid) -> Fault {
        Fault::invalid(&invalid.field, &invalid.problem)
    }
}

impl From<BodyError> for Fault {
    fn from(error: BodyError) -> Fault {
        match error {
            BodyError::TooLarge => Fault::new(413, "body_too_large", "The body is too large."),
            BodyError::Encoded => Fault::new(
                415,
                "encoded_body",
                "The body is encoded, and no content coding is taken.",
            )
            .header(PLAIN_BODIES.0, PLAIN_BODIES.1),
            BodyError::NotUtf8 => Fault::new(400, "malformed_body", "The body is not UTF-8."),
            BodyError::TooDeep => Fault::new(400, "malformed_body", "The body nests too deeply."),
            BodyError::NotJson { message, line, column } => {
                Fault::new(400, "malformed_body", format!("The body is not JSON: {message}."))
                    .fact("line", line)
                    .fact("column", column)
            }
        }
    }
}

/// A failure of the books in the native form. `currency` is the book's.
pub fn failure(failure: &Failure, currency: Currency) -> Fault {
    match failure {
        Failure::Refused(refusals) => refused(refusals, currency),
        Failure::Forbidden(verb) => {
            let (word, needed) = match verb {
                Verb::Read => ("read", "viewer"),
                Verb::WriteDraft => ("write_draft", "clerk"),
                Verb::Post => ("post", "admin"),
            };
            Fault::new(
                403,
                "role_forbids",
                format!("The token's role does not allow this; it needs the role {needed}."),
            )
            .fact("verb", word)
            .fact("needs_role", needed)
        }
        Failure::ContentTooLong { bytes } => Fault::new(
            422,
            "content_too_long",
            "The texts of the document are too long together.",
        )
        .fact("bytes", *bytes)
        .fact("most", MOST_CONTENT_BYTES),
        Failure::Unavailable | Failure::Store(_) | Failure::Flawed(_) => Fault::of_server(failure),
    }
}

/// The first reason with the others beside it.
pub fn refused(refusals: &Refusals, currency: Currency) -> Fault {
    let first = refusals::worded(refusals.first(), currency);
    let others = refusals.iter().skip(1);
    Fault {
        also: others
            .map(|refusal| reason(refusals::worded(refusal, currency)))
            .collect(),
        ..first
    }
}

/// A reason beside others: its code, message and facts.
pub fn reason(fault: Fault) -> Value {
    json!({"code": fault.code, "message": fault.message, "facts": fault.facts})
}
