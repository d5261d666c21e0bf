//! Bodies against the vendors' schemas, kept as facts in `tests/it/schemas/<dialect>.json` (JSON Schema under `components`).

use std::path::PathBuf;

use serde_json::Value;

/// Turns OpenAPI 3.0's `nullable` into JSON Schema, in place.
fn translate(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let nullable = members.remove("nullable") == Some(Value::Bool(true));
            members.values_mut().for_each(translate);
            if nullable {
                let inner = Value::Object(std::mem::take(members));
                *schema = serde_json::json!({"anyOf": [inner, {"type": "null"}]});
            }
        }
        Value::Array(items) => items.iter_mut().for_each(translate),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Fails unless the body is valid against `components.schemas.<name>` of the dialect's file.
pub fn assert_valid(dialect: &str, name: &str, body: &Value) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/schemas/{dialect}.json"));
    let mut document: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    translate(&mut document);
    document["$ref"] = Value::from(format!("#/components/schemas/{name}"));
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&document)
        .unwrap();
    let errors: Vec<String> = validator
        .iter_errors(body)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{dialect} {name}: {errors:#?}\n{body:#}");
}
