//! Bad input: a clear answer each, nothing written, never a fault of the server.

use quittance_server::http::Request;
use quittance_server::http::message::Method;
use serde_json::{Value, json};

use super::{Client, DRAFT, INVOICES, ISSUED, at, balances};
use crate::golden::{Transcript, World};
use crate::schema::assert_valid;

/// The usual invoice with one member changed; `null` in `without` takes one away.
fn with(member: &str, value: Value) -> String {
    let mut body: Value = serde_json::from_str(DRAFT).unwrap();
    body[member] = value;
    body.to_string()
}

fn with_line(member: &str, value: Value) -> String {
    let mut body: Value = serde_json::from_str(DRAFT).unwrap();
    body["lines"][0][member] = value;
    body.to_string()
}

fn raw(number: &str) -> Value {
    serde_json::from_str(number).unwrap()
}

#[tokio::test]
async fn what_the_framework_says() {
    let world = World::new().await;
    let client = Client::new(&world);
    let mut t = Transcript::new("campfire/validation");
    for (title, body) in [
        ("Nothing in it", "{}".to_owned()),
        ("Not an object", "[]".to_owned()),
        ("Null", "null".to_owned()),
        ("Cut off", r#"{"lines":"#.to_owned()),
        ("Not a value", "{\n  \"lines\": x}".to_owned()),
        ("A name without quotes", "{lines: 1}".to_owned()),
        ("More behind it", "{} {}".to_owned()),
        ("Lines are an object", with("lines", json!({}))),
        ("No lines", with("lines", json!([]))),
        (
            "By position",
            with("lines", json!([{"amount": 1}, {"description": "x"}, 7])),
        ),
        ("Too many places", with_line("amount", raw("1.005"))),
        ("Not a number", with_line("tax", json!("ten"))),
        ("Wrong dates", with("invoice_date", json!("03/10/2026"))),
        ("Another company", with("entity", json!(77))),
        ("Not a reference", with("client", json!("abc"))),
        ("Too long", with("currency", json!("DOLLAR"))),
        ("Another currency", with("currency", json!("EUR"))),
        ("Not a choice", with("terms", json!("zzz"))),
        ("Begin as paid", with("payment_status", json!("paid"))),
        ("NUL", with("ref_number", json!("a\u{0}b"))),
    ] {
        let said = super::said(&mut t, &client, title, "POST", INVOICES, &body, "").await;
        assert_eq!(said.status, 400, "{title}");
    }
    t.check();
}

/// Bodies for `POST` of an invoice that must be refused.
fn bad_invoices() -> Vec<String> {
    let mut bodies = bad_members();
    bodies.extend(bad_lines());
    bodies.extend(["\"x\"", "1", "", " ", "[", "nul", "{\"a\":1,}", "{\"a\":\"\\ud800\"}"].map(str::to_owned));
    bodies.push("[".repeat(100));
    bodies
}

fn bad_members() -> Vec<String> {
    let long = "x".repeat(30_000);
    [
        ("invoice_date", json!(null)),
        ("invoice_date", json!(20260310)),
        ("invoice_date", json!("0000-01-01")),
        ("invoice_date", json!("1899-12-31")),
        ("due_date", json!("9999-12-31")),
        ("due_date", json!("2026-02-30")),
        ("entity", json!(null)),
        ("entity", json!(true)),
        ("entity", json!([1])),
        ("entity", raw("99999999999999999999999999")),
        ("client", json!(1)),
        ("client", json!(536870913)),
        ("client", json!(1.5)),
        ("client", json!({})),
        ("currency", json!("U$D")),
        ("currency", json!(false)),
        ("invoice_number", json!("n".repeat(256))),
        ("message_on_invoice", json!(long)),
        ("payment_status", json!("zzz")),
        ("payment_status", json!(7)),
        ("payment_status", json!("voided")),
        ("ref_number", json!("r".repeat(121))),
        ("billing_addressee", json!(["x"])),
        ("contract", json!("ten")),
        ("contract", raw("1e400")),
        ("exchange_rate", raw("1e400")),
        ("exchange_rate", raw("0.000000000001")),
        ("auto_send_invoice", json!("perhaps")),
        ("integration_context", json!({"a": ["\u{0}"]})),
        ("lines", json!(null)),
        ("lines", json!("x")),
        ("lines", json!(vec![json!({"amount": 1}); 1001])),
        ("lines", json!([[]])),
        ("lines", json!([null])),
        (
            "lines",
            json!(vec![json!({"amount": 1, "description": "d".repeat(19_000)}); 40]),
        ),
        ("lines", json!([{"amount": -1}])),
    ]
    .into_iter()
    .map(|(member, value)| with(member, value))
    .collect()
}

fn bad_lines() -> Vec<String> {
    [
        ("amount", raw("1e17")),
        ("amount", raw("-1e13")),
        ("amount", json!(100_000_000_000.5)),
        ("amount", json!("NaN")),
        ("amount", json!("Infinity")),
        ("amount", json!(true)),
        ("amount", json!("")),
        ("rate", json!("1,000")),
        ("rate", raw("0.00000000001")),
        ("rate", raw("12345678901234567890123456789012345")),
        ("quantity", raw("99999999999999999999")),
        ("quantity", json!([])),
        ("tax", raw("0.001")),
        ("product", json!(1)),
        ("product", json!("x")),
        ("currency", json!("EUR")),
        ("discount_percentage", json!(1000)),
        ("discount_amount", raw("0.001")),
        ("service_date", json!("soon")),
        ("tag_ids", json!({})),
        ("tag_ids", json!(["x"])),
        ("tag_ids", json!(vec![1; 101])),
        ("description", json!({})),
    ]
    .into_iter()
    .map(|(member, value)| with_line(member, value))
    .collect()
}

#[tokio::test]
async fn bad_invoices_are_refused() {
    let world = World::new().await;
    let client = Client::new(&world);
    let before = balances(&world, world.book).await;
    let head = world.app.books.head(world.book).await.unwrap();
    for body in bad_invoices() {
        let response = client.call("POST", INVOICES, &body).await;
        let shown: String = body.chars().take(300).collect();
        let said = String::from_utf8(response.body.clone()).unwrap();
        assert_eq!(response.status, 400, "{shown}: {said}");
        let said: Value = serde_json::from_str(&said).unwrap();
        let schema = if said.get("detail").is_some() {
            "Detail"
        } else {
            "FieldErrors"
        };
        assert_valid("campfire", schema, &said);
    }
    assert_eq!(balances(&world, world.book).await, before);
    assert_eq!(
        world.app.books.head(world.book).await.unwrap(),
        head,
        "nothing was written"
    );
}

fn payment(member: &str, value: Value) -> String {
    let mut body: Value = serde_json::from_str(&super::payment("10")).unwrap();
    body["empty_transactions"][0][member] = value;
    body.to_string()
}

/// On an open invoice 1, a draft 2, a void and a paid one.
fn wrong_calls(voided: i64, paid: i64) -> Vec<(&'static str, &'static str, String, String)> {
    let one = super::payment("1");
    vec![
        ("More than is due", "POST", at(1, "pay/"), super::payment("55.01")),
        ("Pay a draft", "POST", at(2, "pay/"), one.clone()),
        ("Pay a void one", "POST", at(voided, "pay/"), one.clone()),
        ("Pay a paid one", "POST", at(paid, "pay/"), one),
        ("No payment", "POST", at(1, "pay/"), "{}".to_owned()),
        (
            "Nothing in it",
            "POST",
            at(1, "pay/"),
            r#"{"empty_transactions":[{}]}"#.to_owned(),
        ),
        (
            "Into receivables",
            "POST",
            at(1, "pay/"),
            payment("account_id", json!(4)),
        ),
        ("Into nothing", "POST", at(1, "pay/"), payment("account_id", json!(999))),
        ("Void a draft", "POST", at(2, "void/"), String::new()),
        ("Void a void one", "POST", at(voided, "void/"), String::new()),
        ("Void a paid one", "POST", at(paid, "void/"), String::new()),
        (
            "Void on no day",
            "POST",
            at(1, "void/"),
            r#"{"void_date":"soon"}"#.to_owned(),
        ),
        ("Send a void one", "PUT", at(voided, "send/"), String::new()),
        (
            "Reopen a paid one",
            "PATCH",
            at(paid, ""),
            r#"{"payment_status":"open"}"#.to_owned(),
        ),
        (
            "Make it paid",
            "PATCH",
            at(1, ""),
            r#"{"payment_status":"paid"}"#.to_owned(),
        ),
        (
            "Status null",
            "PATCH",
            at(1, ""),
            r#"{"payment_status":null}"#.to_owned(),
        ),
        ("A list", "PATCH", at(1, ""), "[]".to_owned()),
    ]
}

#[tokio::test]
async fn bad_calls_on_an_invoice_are_refused() {
    let world = World::new().await;
    let client = Client::new(&world);
    client.create(ISSUED).await;
    client.create(DRAFT).await;
    let voided = client.create(ISSUED).await;
    client.json("POST", &at(voided, "void/"), "", 200).await;
    let paid = client.create(ISSUED).await;
    client.pay(paid, "55").await;
    let mut t = Transcript::new("campfire/wrong_calls");
    for (title, method, target, body) in wrong_calls(voided, paid) {
        let said = super::said(&mut t, &client, title, method, &target, &body, "").await;
        assert_eq!(said.status, 400, "{title}");
    }
    t.check();
}

#[tokio::test]
async fn bad_payments_customers_and_products_are_refused() {
    let world = World::new().await;
    let client = Client::new(&world);
    client.create(ISSUED).await;
    for (member, value) in [
        ("amount", json!(0)),
        ("amount", json!(-1)),
        ("amount", json!(null)),
        ("amount", raw("1e30")),
        ("payment_date", json!("x")),
        ("account_id", json!("x")),
        ("account_name", json!({})),
        ("external_id", json!("e".repeat(256))),
        ("currency", json!("EUR")),
        ("tag_ids", json!(1)),
    ] {
        client.json("POST", &at(1, "pay/"), &payment(member, value), 400).await;
    }
    for (target, body) in [
        ("/coa/api/vendor", "{}"),
        ("/coa/api/vendor", r#"{"name":""}"#),
        ("/coa/api/vendor", r#"{"name":"x","vendor_type":"vendor"}"#),
        ("/coa/api/vendor", r#"{"name":"x","email":[]}"#),
        ("/rr/api/v1/product", r#"{"name":null}"#),
        ("/rr/api/v1/product", r#"{"name":"x","invoice_account":4}"#),
        ("/rr/api/v1/product", r#"{"name":"x","invoice_account":"y"}"#),
        ("/rr/api/v1/product", r#"{"name":"x","is_taxable":"perhaps"}"#),
    ] {
        let said = client.json("POST", target, body, 400).await;
        assert_valid("campfire", "FieldErrors", &said);
    }
}

#[tokio::test]
async fn bodies_that_are_no_text() {
    let world = World::new().await;
    let client = Client::new(&world);
    client.create(ISSUED).await;
    let token = format!("Token {}", world.token);
    let request = |method: Method, target: &str| {
        Request::new(method, target, world.app.now())
            .with_header("authorization", &token)
            .with_header("content-type", "application/json")
    };
    let bytes = request(Method::POST, INVOICES).with_body(&b"{\"a\":\"\xff\"}"[..]);
    let said = world.app.answer(bytes).await;
    assert_eq!(said.status, 400);
    assert!(String::from_utf8_lossy(&said.body).contains("0xff in position 6"));
    let mut large = request(Method::POST, INVOICES);
    large.body_too_large = true;
    assert_eq!(world.app.answer(large).await.status, 413);
    let mut large = request(Method::DELETE, &at(1, "")).with_body(&b"\xff"[..]);
    large.body_too_large = true;
    assert_eq!(world.app.answer(large).await.status, 204);
}
