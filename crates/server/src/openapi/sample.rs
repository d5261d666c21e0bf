//! A request that can be sent as it stands, made from a document and from what a book holds.
//!
//! A value is taken from `x-example-of` where the book has such a document, else from the schema's own examples, its first word, or its
//! type. Deliberately absent: values that a schema merely allows; what is not required and has no example is left out.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value};

use super::{Document, Operation};

/// How deep a sample goes.
const DEEPEST: usize = 8;

/// What must not stand in a query as it is.
const QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'&')
    .add(b'+')
    .add(b'%')
    .add(b'\'');

/// What stands for the values of `x-example-of`, such as `invoice.uuid`.
pub type Known = BTreeMap<&'static str, String>;

/// A value that fits a schema, as far as its own words tell.
pub fn value(document: &Document, schema: &Value, known: &Known) -> Value {
    made(document, schema, known, 0)
}

fn made(document: &Document, schema: &Value, known: &Known, depth: usize) -> Value {
    if let Some(of) = example_of(schema) {
        return stand_in(schema, of, known);
    }
    // Words beside a reference are about the place that it stands in, and so come first.
    if let Some(said) = schema["examples"].get(0) {
        return said.clone();
    }
    let schema = document.resolved(schema);
    if let Some(of) = example_of(schema) {
        return stand_in(schema, of, known);
    }
    let said = schema["examples"].get(0).or_else(|| schema.get("const"));
    if let Some(said) = said.or_else(|| schema["enum"].get(0)) {
        return said.clone();
    }
    if depth > DEEPEST {
        return Value::Null;
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        if let Some(first) = schema[choice].get(0) {
            return made(document, first, known, depth + 1);
        }
    }
    let kind = schema["type"]
        .as_str()
        .or_else(|| schema["type"].get(0).and_then(Value::as_str));
    match kind {
        Some("object") => Value::Object(members(document, schema, known, depth)),
        Some("array") => Value::Array(vec![made(document, &schema["items"], known, depth + 1)]),
        Some("boolean") => Value::Bool(false),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| Value::from(1)),
        Some("null") => Value::Null,
        _ => Value::from(match schema["format"].as_str() {
            Some("date") => "2026-01-31",
            Some("date-time") => "2026-01-31T12:00:00Z",
            Some("uuid") => "00000000-0000-7000-8000-000000000000",
            _ => "text",
        }),
    }
}

fn example_of(schema: &Value) -> Option<&str> {
    schema.get("x-example-of").and_then(Value::as_str)
}

/// The book's value; where it has none, the name of what belongs there.
fn stand_in(schema: &Value, of: &str, known: &Known) -> Value {
    let Some(text) = known.get(of) else {
        return Value::from(of.to_uppercase().replace('.', "_"));
    };
    let is_number = schema["type"] == "integer" || of.ends_with(".integer");
    match text.parse::<i64>() {
        Ok(number) if is_number => Value::from(number),
        _ => Value::from(text.as_str()),
    }
}

fn members(document: &Document, schema: &Value, known: &Known, depth: usize) -> Map<String, Value> {
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema["properties"].as_object().into_iter().flatten();
    let wanted = |name: &str, schema: &Value| match example_of(schema) {
        Some(of) => required.contains(&name) || known.contains_key(of),
        None => required.contains(&name) || schema.get("examples").is_some(),
    };
    properties
        .filter(|(name, schema)| wanted(name, schema))
        .map(|(name, schema)| (name.clone(), made(document, schema, known, depth + 1)))
        .collect()
}

/// A request as a line for a shell. `origin` is the server's address; the token is the shell's `$TOKEN`.
pub fn curl(document: &Document, operation: &Operation<'_>, origin: &str, known: &Known) -> String {
    let mut path = operation.path.to_owned();
    let mut query = Vec::new();
    let mut headers: Vec<String> = authorization(document, operation).into_iter().collect();
    for parameter in document.parameters(operation) {
        let name = parameter["name"].as_str().unwrap_or_default();
        let shown = parameter.get("x-example-of").is_some() || parameter["schema"].get("examples").is_some();
        let needed = parameter["required"] == true || shown;
        let from = if parameter.get("x-example-of").is_some() {
            parameter
        } else {
            &parameter["schema"]
        };
        let text = plain(&value(document, from, known));
        match parameter["in"].as_str() {
            Some("path") => path = path.replace(&format!("{{{name}}}"), &text),
            Some("query") if needed => query.push(format!("{name}={}", utf8_percent_encode(&text, QUERY))),
            Some("header") if parameter["required"] == true => headers.push(format!("-H '{name}: {text}'")),
            _ => {}
        }
    }
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("?{}", query.join("&"))
    };
    let body = &operation.about["requestBody"]["content"]["application/json"]["schema"];
    if operation.about["requestBody"]["required"] == true {
        headers.push("-H 'Content-Type: application/json'".to_owned());
        // A quote inside would end the shell's text.
        let text = value(document, body, known).to_string().replace('\'', "\\u0027");
        headers.push(format!("-d '{text}'"));
    }
    let method = operation.method.to_uppercase();
    let headers: String = headers.iter().map(|header| format!(" {header}")).collect();
    format!("curl -X {method}{headers} '{origin}{path}{query}'")
}

/// The header of the first scheme that takes a token as it is.
fn authorization(document: &Document, operation: &Operation<'_>) -> Option<String> {
    let schemes = &document.value()["components"]["securitySchemes"];
    let asked = operation.about.get("security").unwrap_or(&document.value()["security"]);
    let names = asked
        .as_array()?
        .iter()
        .filter_map(Value::as_object)
        .flat_map(Map::keys);
    let mut forms: Vec<&str> = names
        .filter_map(
            |name| match (schemes[name]["type"].as_str()?, schemes[name]["scheme"].as_str()) {
                ("http", Some("bearer")) => Some("-H \"Authorization: Bearer $TOKEN\""),
                ("apiKey", _) => Some("-H \"Authorization: Token $TOKEN\""),
                ("http", Some("basic")) => Some("-u \"${TOKEN%_*}:${TOKEN##*_}\""),
                _ => None,
            },
        )
        .collect();
    forms.sort_by_key(|form| form.starts_with("-u"));
    forms.first().map(|form| (*form).to_owned())
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
