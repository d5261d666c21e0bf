//! The published documents against every golden exchange, in both directions: what was said is documented, and what is documented was
//! said.

mod exchange;
mod pages;
mod unread;

use std::collections::{BTreeMap, BTreeSet};

use quittance_server::openapi::{Document, Operation, PUBLISHED, Published};
use serde_json::{Value, json};

use crate::schema::faults;
use exchange::{Exchange, exchanges};

/// Validators are made once per dialect and schema; there are hundreds of exchanges.
struct Check<'a> {
    published: Published,
    document: &'a Document,
    valid: BTreeMap<String, jsonschema::Validator>,
}

impl Check<'_> {
    fn faults(&mut self, schema: &Value, body: &Value) -> Vec<String> {
        let document = self.document;
        let validator = self.valid.entry(schema.to_string()).or_insert_with(|| {
            let components = document.value()["components"].clone();
            let whole = json!({"allOf": [schema], "components": components});
            let options = jsonschema::options().should_validate_formats(true);
            options.build(&whole).unwrap()
        });
        let fault = |error: jsonschema::ValidationError<'_>| format!("{error} at {}", error.instance_path());
        validator.iter_errors(body).map(fault).collect()
    }

    /// What is wrong with an exchange; the operation's name when it went well.
    fn exchange(&mut self, said: &Exchange) -> Result<Option<String>, Vec<String>> {
        let operations = self.document.operations();
        let Some(operation) = find(&operations, said) else {
            let elsewhere = &self.document.value()["x-elsewhere"][said.status.to_string()];
            if elsewhere.is_null() {
                return Err(vec![format!("{} is not what is answered elsewhere", said.status)]);
            }
            return self.response(elsewhere, said).map(|()| None);
        };
        let mut wrong = Vec::new();
        let documented = &operation.about["responses"][said.status.to_string()];
        // HEAD is not a method of its own in the documents; a dialect may not have it at all.
        let documented = match (said.method.as_str(), documented) {
            ("HEAD", Value::Null) => &self.document.value()["x-elsewhere"][said.status.to_string()],
            (_, documented) => documented,
        };
        match documented {
            Value::Null => wrong.push(format!("{} is not documented", said.status)),
            response => wrong.extend(self.response(response, said).err().into_iter().flatten()),
        }
        let well = (200..300).contains(&said.status);
        if well {
            wrong.extend(self.request(&operation, said));
        }
        match wrong.is_empty() {
            true => Ok((well && said.method != "HEAD").then(|| operation.id().to_owned())),
            false => Err(wrong),
        }
    }

    fn response(&mut self, response: &Value, said: &Exchange) -> Result<(), Vec<String>> {
        let document = self.document;
        let response = document.resolved(response);
        let mut wrong = Vec::new();
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            let header = document.resolved(header);
            match said.answered(name) {
                None if header["required"] == true => wrong.push(format!("the answer has no {name}")),
                None => {}
                Some(text) => {
                    let faults = self.faults(&header["schema"], &typed(document, &header["schema"], text));
                    wrong.extend(faults.into_iter().map(|fault| format!("{name}: {fault}")));
                }
            }
        }
        let content = response["content"].as_object();
        let kind = said.answered("content-type").map(essence);
        match (content, kind) {
            (None, None) if said.response_body.is_empty() => {}
            // A redirect of the framework names a type and has no body.
            (None, Some(_)) if said.response_body.is_empty() && said.status == 301 => {}
            (Some(content), Some(kind)) => match content.get(&kind) {
                None => wrong.push(format!("{kind} is not documented for {}", said.status)),
                Some(media) if kind == "application/json" && said.method != "HEAD" => {
                    match serde_json::from_str(&said.response_body) {
                        Ok(body) => wrong.extend(self.faults(&media["schema"], &body)),
                        Err(error) => wrong.push(format!("the body is no JSON: {error}")),
                    }
                }
                Some(_) => {}
            },
            (None, _) => wrong.push("a body that is not documented".to_owned()),
            (Some(_), None) => wrong.push("a documented body that was not sent".to_owned()),
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    fn request(&mut self, operation: &Operation<'_>, said: &Exchange) -> Vec<String> {
        let document = self.document;
        let parameters = document.parameters(operation);
        let mut wrong = Vec::new();
        let mut known = BTreeSet::new();
        let in_path = path_values(operation.path, &said.path);
        for parameter in parameters {
            let (name, schema) = (parameter["name"].as_str().unwrap(), &parameter["schema"]);
            let sent: Vec<&str> = match parameter["in"].as_str().unwrap() {
                "path" => in_path
                    .iter()
                    .filter(|(key, _)| key == name)
                    .map(|(_, text)| text.as_str())
                    .collect(),
                "header" => said.asked(name).into_iter().collect(),
                _ => {
                    known.insert(name.to_owned());
                    said.query
                        .iter()
                        .filter(|(key, _)| key == name)
                        .map(|(_, text)| text.as_str())
                        .collect()
                }
            };
            if sent.is_empty() && parameter["required"] == true {
                wrong.push(format!("{name} is documented as needed and was not sent"));
            }
            for text in sent.into_iter().filter(|text| !text.is_empty()) {
                let faults = self.faults(schema, &typed(document, schema, text));
                wrong.extend(faults.into_iter().map(|fault| format!("{name}: {fault}")));
            }
        }
        let unknown = said.query.iter().filter(|(name, _)| !known.contains(name));
        wrong.extend(unknown.map(|(name, _)| format!("the query's {name} is not documented")));
        wrong.extend(self.body(operation, said));
        wrong
    }

    fn body(&mut self, operation: &Operation<'_>, said: &Exchange) -> Vec<String> {
        let about = &operation.about["requestBody"];
        if said.request_body.trim().is_empty() {
            let missing = about["required"] == true;
            return missing
                .then(|| "a body is documented as needed".to_owned())
                .into_iter()
                .collect();
        }
        let kind = said
            .asked("content-type")
            .map_or_else(|| "application/json".to_owned(), essence);
        let schema = &about["content"][&kind]["schema"];
        match (about, kind.as_str()) {
            // What a delete or a send is sent with is passed over.
            (Value::Null, _) => Vec::new(),
            // Nor is it looked at where it may be left out and everything stands in the query.
            _ if said.method == "DELETE" && serde_json::from_str::<Value>(&said.request_body).is_err() => Vec::new(),
            (_, "application/json") => match serde_json::from_str(&said.request_body) {
                Ok(body) => self.faults(schema, &body),
                Err(error) => vec![format!("the request's body is no JSON: {error}")],
            },
            _ if schema.is_null() => vec![format!("a body of {kind} is not documented")],
            _ => Vec::new(),
        }
    }
}

fn essence(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A text as the schema's type has it, as a server reads it from a query or a header.
fn typed(document: &Document, schema: &Value, text: &str) -> Value {
    let schema = document.resolved(schema);
    match schema["type"].as_str() {
        Some("integer" | "number") => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
        Some("boolean") => text.parse().map_or_else(|_| Value::from(text), Value::Bool),
        _ => Value::from(text),
    }
}

/// The operation that a request is for: of those whose path fits, the one with the most literal parts.
fn find<'a>(operations: &[Operation<'a>], said: &Exchange) -> Option<Operation<'a>> {
    let method = match said.method.as_str() {
        "HEAD" => "GET",
        other => other,
    };
    let fits = |operation: &&Operation<'_>| {
        let path = said.path.as_str();
        let path = match operation.slash_ignored {
            true => path.trim_end_matches('/'),
            false => path,
        };
        let template = match operation.slash_ignored {
            true => operation.path.trim_end_matches('/'),
            false => operation.path,
        };
        let (parts, names): (Vec<_>, Vec<_>) = (path.split('/').collect(), template.split('/').collect());
        parts.len() == names.len()
            && parts.iter().zip(&names).all(|(part, name)| {
                if name.starts_with('{') {
                    !part.is_empty()
                } else {
                    part == name
                }
            })
    };
    let literal = |operation: &&Operation<'_>| operation.path.matches('{').count();
    // A literal sibling of an id names no document, whatever its method.
    let fewest = operations
        .iter()
        .filter(|operation| fits(operation))
        .map(|operation| literal(&operation))
        .min()?;
    let mut of_method = operations
        .iter()
        .filter(|operation| fits(operation) && literal(operation) == fewest);
    of_method
        .find(|operation| operation.method.eq_ignore_ascii_case(method))
        .copied()
}

fn path_values(template: &str, path: &str) -> Vec<(String, String)> {
    let names = template.split('/');
    names
        .zip(path.split('/'))
        .filter_map(|(name, text)| {
            let name = name.strip_prefix('{')?.strip_suffix('}')?;
            let text = percent_encoding::percent_decode_str(text)
                .decode_utf8_lossy()
                .into_owned();
            Some((name.to_owned(), text))
        })
        .collect()
}

/// Documents of one dialect against its exchanges.
fn replay(published: Published) -> Vec<String> {
    let document = published.document().unwrap();
    let mut check = Check {
        published,
        document: &document,
        valid: BTreeMap::new(),
    };
    let mut wrong = Vec::new();
    let mut said = BTreeSet::new();
    for exchange in exchanges(check.published.name) {
        match check.exchange(&exchange) {
            Ok(operation) => said.extend(operation),
            Err(faults) => wrong.push(format!("{}: {}", exchange.place(), faults.join("; "))),
        }
    }
    for operation in document.operations() {
        if !said.contains(operation.id()) {
            wrong.push(format!("{}: no exchange shows {} done", published.name, operation.id()));
        }
    }
    wrong
}

#[test]
fn what_was_said_is_documented_and_what_is_documented_was_said() {
    let wrong: Vec<String> = PUBLISHED.into_iter().flat_map(replay).collect();
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_check_finds_what_is_wrong() {
    let published = Published::named("moov").unwrap();
    let document = published.document().unwrap();
    let mut check = Check {
        published,
        document: &document,
        valid: BTreeMap::new(),
    };
    let good = exchanges("moov").into_iter().find(|one| one.status == 201).unwrap();
    assert_eq!(check.exchange(&good), Ok(Some("createInvoice".to_owned())));
    let spoilt = |change: &dyn Fn(&mut Exchange)| {
        let mut bad = good.clone();
        change(&mut bad);
        bad
    };
    for (bad, words) in [
        (spoilt(&|one| one.status = 202), "202 is not documented"),
        (
            spoilt(&|one| one.path.push_str("/x/y/z")),
            "201 is not what is answered elsewhere",
        ),
        (spoilt(&|one| one.response_headers.clear()), "no x-request-id"),
        (spoilt(&|one| one.response_body = "{}".to_owned()), "is not valid"),
        (
            spoilt(&|one| one.request_body = "{}".to_owned()),
            "is a required property",
        ),
        (
            spoilt(&|one| one.request_body.clear()),
            "a body is documented as needed",
        ),
        (
            spoilt(&|one| one.query.push(("deep".to_owned(), "1".to_owned()))),
            "the query's deep is not documented",
        ),
    ] {
        let faults = check.exchange(&bad).unwrap_err().join("; ");
        assert!(faults.contains(words), "{words}: {faults}");
    }
}

#[test]
fn the_documents_are_valid_openapi() {
    // The whole specification is checked by the fuzzer's own reader; here is what our own pages and tests lean on.
    for published in PUBLISHED {
        let document = published.document().unwrap();
        assert_eq!(document.value()["openapi"], "3.1.0", "{}", published.name);
        for operation in document.operations() {
            let place = format!("{} {}", published.name, operation.id());
            assert!(operation.about["summary"].is_string(), "{place}");
            let responses = operation.about["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.starts_with('2')), "{place}");
            let named: Vec<&str> = document
                .parameters(&operation)
                .iter()
                .filter(|one| one["in"] == "path")
                .map(|one| one["name"].as_str().unwrap())
                .collect();
            let braces: Vec<&str> = operation
                .path
                .split('/')
                .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
                .collect();
            assert_eq!(
                named.iter().collect::<BTreeSet<_>>(),
                braces.iter().collect::<BTreeSet<_>>(),
                "{place}"
            );
        }
        assert!(faults(published.name, &json!({"type": "object"}), &json!([])).len() == 1);
    }
}
