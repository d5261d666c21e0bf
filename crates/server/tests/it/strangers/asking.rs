//! Requests made from a published document: what it says of an operation, filled in from what a book holds.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quittance_server::http::Response;
use quittance_server::openapi::sample::{self, Known};
use quittance_server::openapi::{Document, Operation, PUBLISHED};
use serde_json::{Value, json};

use crate::golden::World;

/// What cannot stand in a part of a path as it is.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Every published document that was read, by the name of its dialect.
pub struct Documents(Vec<(&'static str, Document)>);

impl Documents {
    /// Reads them.
    pub fn read() -> Documents {
        let read = PUBLISHED.map(|published| (published.name, published.document().unwrap()));
        Documents(read.into_iter().collect())
    }

    /// The document of a dialect.
    pub fn of(&self, dialect: &str) -> &Document {
        let found = self.0.iter().find(|(name, _)| *name == dialect);
        &found.unwrap().1
    }

    /// Every operation of every dialect.
    pub fn all(&self) -> Vec<(&'static str, &Document, Operation<'_>)> {
        let each = self.0.iter();
        each.flat_map(|(name, document)| {
            let operations = document.operations().into_iter();
            operations.map(move |operation| (*name, document, operation))
        })
        .collect()
    }

    /// The operation of this name.
    pub fn operation(&self, dialect: &str, id: &str) -> Operation<'_> {
        let all = self.of(dialect).operations();
        all.into_iter()
            .find(|one| one.id() == id)
            .unwrap_or_else(|| panic!("{dialect} has no {id}"))
    }
}

/// A request that can be changed before it is sent.
#[derive(Clone, Debug)]
pub struct Ask {
    pub dialect: &'static str,
    pub method: String,
    pub template: String,
    pub path: Vec<(String, String)>,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Option<Value>,
}

impl Ask {
    /// What the document says of an operation, with the values of a book.
    pub fn of(dialect: &'static str, document: &Document, operation: &Operation<'_>, known: &Known) -> Ask {
        let mut ask = Ask {
            dialect,
            method: operation.method.to_uppercase(),
            template: operation.path.to_owned(),
            path: Vec::new(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
        };
        for parameter in document.parameters(operation) {
            let name = parameter["name"].as_str().unwrap().to_owned();
            let marked = parameter.get("x-example-of").is_some();
            let from = if marked { parameter } else { &parameter["schema"] };
            let needed = parameter["required"] == true || marked || from.get("examples").is_some();
            let text = plain(&sample::value(document, from, known));
            match parameter["in"].as_str() {
                Some("path") => ask.path.push((name, text)),
                Some("query") if needed => ask.query.push((name, text)),
                Some("header") if parameter["required"] == true => ask.headers.push((name, text)),
                _ => {}
            }
        }
        let schema = body_schema(operation);
        ask.body = (!schema.is_null()).then(|| sample::value(document, schema, known));
        ask
    }

    /// The same with more in its body; null takes a member away.
    pub fn with(mut self, more: &Value) -> Ask {
        if !more.is_null() {
            merge(self.body.get_or_insert_with(|| json!({})), more);
        }
        self
    }

    /// Sends it with a token.
    pub async fn send(&self, world: &World, token: &str) -> Response {
        let mut target = self.template.clone();
        for (name, text) in &self.path {
            let text = utf8_percent_encode(text, PART).to_string();
            target = target.replace(&format!("{{{name}}}"), &text);
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.query);
        let query = query.finish();
        if !query.is_empty() {
            target = format!("{target}?{query}");
        }
        let scheme = if self.dialect == "campfire" { "Token" } else { "Bearer" };
        let authorization = format!("{scheme} {token}");
        let mut headers = vec![
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
        ];
        headers.extend(self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let body = self.body.as_ref().map(Value::to_string).unwrap_or_default();
        world.send(&self.method, &target, &headers, &body).await
    }
}

/// What an operation says of its body; null without one.
pub fn body_schema<'a>(operation: &Operation<'a>) -> &'a Value {
    &operation.about["requestBody"]["content"]["application/json"]["schema"]
}

pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn merge(into: &mut Value, more: &Value) {
    match (into, more) {
        (Value::Object(members), Value::Object(more)) => {
            for (name, value) in more {
                if value.is_null() {
                    members.shift_remove(name);
                } else {
                    merge(members.entry(name.clone()).or_insert(Value::Null), value);
                }
            }
        }
        (into, more) => *into = more.clone(),
    }
}
