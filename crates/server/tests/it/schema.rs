//! Bodies against the schemas of the published documents.

use quittance_server::openapi::Published;
use serde_json::{Value, json};

/// What is wrong with a body, as a schema has it; `schema` may refer to the components of the dialect's document.
pub fn faults(dialect: &str, schema: &Value, body: &Value) -> Vec<String> {
    let document = Published::named(dialect).unwrap().document().unwrap();
    let components = document.value()["components"].clone();
    let whole = json!({"allOf": [schema], "components": components});
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&whole)
        .unwrap();
    let fault = |error: jsonschema::ValidationError<'_>| format!("{error} at {}", error.instance_path());
    validator.iter_errors(body).map(fault).collect()
}

/// Fails unless the body is valid against `components.schemas.<name>` of the dialect's document.
pub fn assert_valid(dialect: &str, name: &str, body: &Value) {
    let schema = json!({"$ref": format!("#/components/schemas/{name}")});
    let errors = faults(dialect, &schema, body);
    assert!(errors.is_empty(), "{dialect} {name}: {errors:#?}\n{body:#}");
}
