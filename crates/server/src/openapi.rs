//! What is served, as OpenAPI 3.1: one document for each dialect, published at `/openapi/<dialect>.json`.
//!
//! The documents are written by hand, in `openapi/` beside this crate's sources, and embedded. A test replays every golden exchange
//! against them, so they say neither more nor less than what is answered. Three members of ours stand in them: `x-elsewhere` is what
//! is answered where no path or method of the document is asked for, `x-trailing-slash` marks a path that is the same with a slash
//! at its end, and `x-example-of` says which of a book's documents can stand for a value. Deliberately absent: making documents from the
//! code, which would make them true by definition and so check nothing.

use serde_json::Value;

pub mod sample;

/// A published document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// The dialect, as its address has it.
    pub name: &'static str,
    /// What a reader calls it.
    pub title: &'static str,
    /// The document, as it is handed out.
    pub text: &'static str,
}

/// Every document, in the order in which they are listed.
pub const PUBLISHED: [Published; 6] = [
    Published {
        name: "native",
        title: "Native API",
        text: include_str!("../openapi/native.json"),
    },
    Published {
        name: "campfire",
        title: "Campfire",
        text: include_str!("../openapi/campfire.json"),
    },
    Published {
        name: "bookeeping",
        title: "Bookeeping.ai",
        text: include_str!("../openapi/bookeeping.json"),
    },
    Published {
        name: "layer",
        title: "Layer",
        text: include_str!("../openapi/layer.json"),
    },
    Published {
        name: "moov",
        title: "Moov",
        text: include_str!("../openapi/moov.json"),
    },
    Published {
        name: "highlevel",
        title: "HighLevel",
        text: include_str!("../openapi/highlevel.json"),
    },
];

/// The methods that a path of a document may have, in the order in which they are listed.
pub const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// How often a reference may lead to another one. Documents are ours; this only keeps a mistake from going on for ever.
const MOST_REFERENCES: usize = 8;

/// A document that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Document(Value);

/// An operation of a document.
#[derive(Clone, Copy, Debug)]
pub struct Operation<'a> {
    /// Its path, with the names of parameters in braces.
    pub path: &'a str,
    /// Its method, in lower case.
    pub method: &'static str,
    /// The document's words about it.
    pub about: &'a Value,
    /// Whether the path is the same with a slash at its end.
    pub slash_ignored: bool,
}

impl Operation<'_> {
    /// Its name in the document.
    pub fn id(&self) -> &str {
        self.about["operationId"].as_str().unwrap_or_default()
    }
}

impl Published {
    /// The document with this name.
    pub fn named(name: &str) -> Option<Published> {
        PUBLISHED.into_iter().find(|published| published.name == name)
    }

    /// Reads the document.
    ///
    /// # Errors
    /// The document is no JSON; a test reads all of them.
    pub fn document(&self) -> Result<Document, serde_json::Error> {
        serde_json::from_str(self.text).map(Document)
    }
}

impl Document {
    /// The whole of it.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// Every operation, in the order of the document.
    pub fn operations(&self) -> Vec<Operation<'_>> {
        let paths = self.0["paths"].as_object().into_iter().flatten();
        paths
            .flat_map(|(path, item)| {
                let slash_ignored = item["x-trailing-slash"] == "ignored";
                METHODS.into_iter().filter_map(move |method| {
                    let about = item.get(method)?;
                    Some(Operation {
                        path,
                        method,
                        about,
                        slash_ignored,
                    })
                })
            })
            .collect()
    }

    /// What a value says, or what its `$ref` leads to.
    pub fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        let mut value = value;
        for _ in 0..MOST_REFERENCES {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else {
                return value;
            };
            let pointer = reference.strip_prefix('#').unwrap_or_default();
            value = self.0.pointer(pointer).unwrap_or(&Value::Null);
        }
        value
    }

    /// The parameters of an operation.
    pub fn parameters<'a>(&'a self, operation: &Operation<'a>) -> Vec<&'a Value> {
        let parameters = operation.about["parameters"].as_array().into_iter().flatten();
        parameters.map(|parameter| self.resolved(parameter)).collect()
    }

    /// The name of the schema that a `$ref` names.
    pub fn schema_name(value: &Value) -> Option<&str> {
        value["$ref"].as_str()?.strip_prefix("#/components/schemas/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_is_read_and_has_operations() {
        for published in PUBLISHED {
            let document = published.document().unwrap();
            assert!(document.operations().len() >= 8, "{}", published.name);
            assert_eq!(Published::named(published.name), Some(published));
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn walk(document: &Document, value: &Value) {
            match value {
                Value::Object(members) => {
                    if members.contains_key("$ref") {
                        assert!(!document.resolved(value).is_null(), "{value}");
                    }
                    members.values().for_each(|member| walk(document, member));
                }
                Value::Array(items) => items.iter().for_each(|item| walk(document, item)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
        for published in PUBLISHED {
            let document = published.document().unwrap();
            walk(&document, document.value());
        }
    }

    #[test]
    fn operations_have_names_of_their_own() {
        for published in PUBLISHED {
            let document = published.document().unwrap();
            let mut ids: Vec<&str> = document
                .operations()
                .iter()
                .map(|one| one.about["operationId"].as_str().unwrap())
                .collect();
            let all = ids.len();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), all, "{}", published.name);
        }
    }
}
