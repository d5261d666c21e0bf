//! Customers are changed and put away.

use serde_json::{Value, json};

use super::editing::say;
use super::{Desk, assert_wire_error};
use crate::golden::Transcript;

const NONE: Value = Value::Null;

#[tokio::test]
async fn customers_are_changed_and_put_away() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/customers_changed");
    let ada = json!({"external_id": "c-1", "individual_name": "Ada Byron", "company_name": "Engines Ltd", "email": "ada@example.com",
        "office_phone": "+1 555 0101", "memo": "VIP", "tags": [{"key": "tier", "value": "gold"}]});
    let made = desk.expect(201, "POST", "/customers", &ada).await;
    let one = format!("/customers/{}", made["id"].as_str().unwrap());
    let patched = say(
        &mut said,
        &desk,
        "change some",
        ("PATCH", &one),
        &json!({"email": "a@example.org", "memo": null}),
        200,
    )
    .await;
    assert_eq!((&patched["email"], &patched["memo"]), (&json!("a@example.org"), &NONE));
    assert_eq!(
        (&patched["individual_name"], &patched["office_phone"]),
        (&made["individual_name"], &made["office_phone"])
    );
    assert_eq!(patched["transaction_tags"][0]["value"], "gold");
    let replaced = say(
        &mut said,
        &desk,
        "replace all",
        ("PUT", &one),
        &json!({"company_name": "Looms Ltd"}),
        200,
    )
    .await;
    assert_eq!(
        (&replaced["company_name"], &replaced["email"], &replaced["external_id"]),
        (&json!("Looms Ltd"), &NONE, &json!("c-1"))
    );
    desk.expect(
        201,
        "POST",
        "/customers",
        &json!({"external_id": "c-2", "individual_name": "Bob"}),
    )
    .await;
    say(
        &mut said,
        &desk,
        "another has that id",
        ("PATCH", &one),
        &json!({"external_id": "c-2"}),
        409,
    )
    .await;
    let away = say(
        &mut said,
        &desk,
        "put away",
        ("POST", &format!("{one}/archive")),
        &NONE,
        200,
    )
    .await;
    assert_eq!(away["status"], "ARCHIVED");
    let list = desk.expect(200, "GET", "/customers", &NONE).await;
    assert_eq!(list.as_array().unwrap().len(), 1);
    let list = desk.expect(200, "GET", "/customers?include_archived=true", &NONE).await;
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(desk.expect(200, "GET", &one, &NONE).await["status"], "ARCHIVED");
    for body in [
        json!([]),
        json!({"email": 7}),
        json!({"individual_name": "x".repeat(300)}),
    ] {
        for method in ["PUT", "PATCH"] {
            assert_wire_error(&desk.call(method, &one, &body.to_string()).await, 400);
        }
    }
    let nobody = "/customers/01900000-0000-7000-8000-000000000000";
    assert_wire_error(&desk.call("PATCH", nobody, "{}").await, 404);
    assert_wire_error(&desk.call("POST", &format!("{nobody}/archive"), "").await, 404);
    assert_wire_error(&desk.call("GET", "/customers?include_archived=1", "").await, 400);
    said.check();
}
