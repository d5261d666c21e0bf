//! Where a request can name something, as its document says: parts of the path, members of the query, members of the body at any depth.

use quittance_server::openapi::{Document, Operation};
use serde_json::{Value, json};

use super::asking::{Ask, body_schema};

/// How deep a body is looked through. The deepest of ours has six levels.
const DEEPEST: usize = 8;

/// A step into a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Member(String),
    /// The first of a list.
    First,
}

/// A place in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Where {
    Path(String),
    Query(String),
    Body(Vec<Step>),
}

/// A place that can name something.
#[derive(Clone, Debug)]
pub struct Place {
    pub at: Where,
    /// What it names, if the document says so.
    pub of: Option<String>,
    /// Whether only a number can stand there.
    pub is_integer: bool,
}

/// Parts of names of members that name something. A text of any other name is shown again at most.
const NAMING: [&str; 28] = [
    "invoice",
    "customer",
    "client",
    "vendor",
    "product",
    "account",
    "categor",
    "party",
    "entity",
    "payment",
    "refund",
    "entry",
    "tag",
    "schedule",
    "template",
    "estimate",
    "dimension",
    "parent",
    "credit_memo",
    "credit_note",
    "cursor",
    "location",
    "contact",
    "external",
    "write_off",
    "subject",
    "transaction",
    "reference",
];

/// Whether a member of this name can name something.
fn names(member: &str) -> bool {
    let lower = member.to_ascii_lowercase();
    // A number of the client's own moves the series past it, and so says more than an id.
    let is_number = lower.ends_with("number") || lower.ends_with("_order");
    let is_id = member == "id" || member == "of" || member.ends_with("_id") || member.ends_with("Id");
    let is_id = is_id || member.ends_with("ID") || lower.ends_with("ids") || ["after", "before"].contains(&member);
    !is_number && (is_id || NAMING.iter().any(|part| lower.contains(part)))
}

/// Every place of an operation's requests that can name something.
pub fn places(document: &Document, operation: &Operation<'_>) -> Vec<Place> {
    let mut found = Vec::new();
    for parameter in document.parameters(operation) {
        let name = parameter["name"].as_str().unwrap();
        let of = example_of(parameter).or_else(|| example_of(&parameter["schema"]));
        let schema = document.resolved(&parameter["schema"]);
        let at = match parameter["in"].as_str() {
            Some("path") => Where::Path(name.to_owned()),
            Some("query") if of.is_some() || names(name) => Where::Query(name.to_owned()),
            _ => continue,
        };
        if schema.get("enum").is_none() {
            let is_integer = schema["type"] == "integer";
            found.push(Place { at, of, is_integer });
        }
    }
    let mut steps = Vec::new();
    leaves(document, body_schema(operation), &mut steps, &mut found);
    found
}

fn example_of(schema: &Value) -> Option<String> {
    schema["x-example-of"].as_str().map(str::to_owned)
}

fn leaves(document: &Document, said: &Value, steps: &mut Vec<Step>, found: &mut Vec<Place>) {
    let schema = document.resolved(said);
    if steps.len() > DEEPEST || schema.is_null() {
        return;
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        for one in schema[choice].as_array().into_iter().flatten() {
            leaves(document, one, steps, found);
        }
    }
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        steps.push(Step::Member(name.clone()));
        leaves(document, member, steps, found);
        steps.pop();
    }
    if schema.get("items").is_some() {
        steps.push(Step::First);
        leaves(document, &schema["items"], steps, found);
        steps.pop();
    }
    let of = example_of(said).or_else(|| example_of(schema));
    let is = |kind: &str| match &schema["type"] {
        Value::Array(kinds) => kinds.iter().any(|one| one == kind),
        one => one == kind,
    };
    let fixed = schema.get("enum").is_some() || schema.get("const").is_some() || schema.get("format").is_some();
    let member = steps.iter().rev().find_map(|step| match step {
        Step::Member(name) => Some(name.as_str()),
        Step::First => None,
    });
    let naming = of.is_some() || member.is_some_and(names);
    let at = Where::Body(steps.clone());
    if (is("string") || is("integer")) && (of.is_some() || !fixed) && naming && found.iter().all(|one| one.at != at) {
        let is_integer = !is("string");
        found.push(Place { at, of, is_integer });
    }
}

/// Writes a text to a place of a request.
pub fn write(ask: &mut Ask, place: &Place, text: &str) {
    let set = |pairs: &mut Vec<(String, String)>, name: &str| {
        pairs.retain(|(known, _)| known != name);
        pairs.push((name.to_owned(), text.to_owned()));
    };
    match &place.at {
        Where::Path(name) => set(&mut ask.path, name),
        Where::Query(name) => set(&mut ask.query, name),
        Where::Body(steps) => {
            let mut inner = ask.body.get_or_insert_with(|| json!({}));
            for step in steps {
                inner = match step {
                    Step::Member(name) => {
                        if !inner.is_object() {
                            *inner = json!({});
                        }
                        &mut inner[name.as_str()]
                    }
                    Step::First => {
                        if inner.get(0).is_none() {
                            *inner = json!([null]);
                        }
                        &mut inner[0]
                    }
                };
            }
            *inner = match text.parse::<i64>() {
                Ok(number) if place.is_integer => json!(number),
                _ => json!(text),
            };
        }
    }
}
