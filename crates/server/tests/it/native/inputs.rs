//! Bad input of every kind: a clear refusal, nothing written, never an error of the server's own.

use quittance_accounting::invoice::MOST_LINES;
use quittance_server::http::Request;
use quittance_server::http::message::Method;
use serde_json::{Value, json};

use super::worlds::{call, invoice, ok, usd};
use crate::golden::{World, json as json_of};
use crate::schema::assert_valid;

fn line() -> Value {
    json!({"unit_price": usd("10.00")})
}

/// Bodies of a new invoice, each with the member that is wrong or the code of the refusal.
fn invoices() -> Vec<(Value, &'static str)> {
    let with = |name: &str, value: Value| {
        let mut body = json!({"lines": [line()]});
        body[name] = value;
        body
    };
    let in_line = |name: &str, value: Value| {
        let mut line = line();
        line[name] = value;
        json!({"lines": [line]})
    };
    let money = |amount: Value, currency: Value| json!({"amount": amount, "currency": currency});
    vec![
        (json!([]), "body"),
        (json!("text"), "body"),
        (json!({}), "no_lines"),
        (json!({"lines": []}), "no_lines"),
        (json!({"lines": {}}), "lines"),
        (json!({"lines": [1]}), "lines[0]"),
        (json!({"lines": [{}]}), "lines[0].unit_price"),
        (json!({"lines": vec![line(); MOST_LINES + 1]}), "too_many"),
        (in_line("unit_price", json!("10.00")), "lines[0].unit_price"),
        (
            in_line("unit_price", money(json!(10), json!("USD"))),
            "lines[0].unit_price.amount",
        ),
        (
            in_line("unit_price", money(json!("ten"), json!("USD"))),
            "lines[0].unit_price.amount",
        ),
        (
            in_line("unit_price", money(json!("9".repeat(40)), json!("USD"))),
            "lines[0].unit_price.amount",
        ),
        (
            in_line("unit_price", money(json!("1e400"), json!("USD"))),
            "lines[0].unit_price.amount",
        ),
        (
            in_line("unit_price", money(json!("100000000000.01"), json!("USD"))),
            "amount_too_large",
        ),
        (
            in_line("unit_price", money(json!("-1"), json!("USD"))),
            "negative_total",
        ),
        (
            in_line("unit_price", money(json!("1"), json!("DOLLAR"))),
            "lines[0].unit_price.currency",
        ),
        (
            in_line("unit_price", money(json!("1"), json!("U$D"))),
            "lines[0].unit_price.currency",
        ),
        (in_line("unit_price", money(json!("1"), json!("EUR"))), "rate_missing"),
        (
            in_line("unit_price", json!({"amount": "1"})),
            "lines[0].unit_price.currency",
        ),
        (
            in_line("unit_price", json!({"amount": "1", "currency": "USD", "x": 1})),
            "lines[0].unit_price.x",
        ),
        (in_line("quantity", json!("many")), "lines[0].quantity"),
        (in_line("quantity", json!(true)), "lines[0].quantity"),
        (
            in_line("quantity", json!("79228162514264337593543950335")),
            "amount_too_large",
        ),
        (in_line("discount", usd("-1.00")), "lines[0].discount"),
        (in_line("discount", usd("1.001")), "lines[0].discount"),
        (in_line("discount", usd("11.00")), "negative_total"),
        (
            in_line("discount", money(json!("1"), json!("EUR"))),
            "lines[0].discount",
        ),
        (in_line("account", json!("NOWHERE")), "unknown_reference"),
        (in_line("account", json!("ACCOUNTS_RECEIVABLE")), "control_account"),
        (
            in_line("product", json!("0123456789abcdef01234567")),
            "unknown_reference",
        ),
        (in_line("product", json!("17")), "lines[0].product"),
        (in_line("taxes", json!([{}])), "lines[0].taxes[0].amount"),
        (
            in_line("taxes", Value::from(vec![json!({"amount": usd("1")}); 9])),
            "lines[0].taxes",
        ),
        (in_line("name", json!("a\u{0}b")), "lines[0].name"),
        (in_line("description", json!("x".repeat(4001))), "lines[0].description"),
        (in_line("metadata", json!("text")), "lines[0].metadata"),
        (in_line("price", json!(1)), "lines[0].price"),
        (with("customer", json!(17)), "customer"),
        (with("customer", json!("x")), "customer"),
        (with("customer", json!("0123456789abcdef01234567")), "unknown_reference"),
        (with("number", json!("x".repeat(121))), "number"),
        (with("number", json!("  ")), "number"),
        (with("external_id", json!({})), "external_id"),
        (with("invoice_date", json!("15.03.2026")), "invoice_date"),
        (with("invoice_date", json!("2026-02-30")), "invoice_date"),
        (with("invoice_date", json!("9999-12-31")), "invoice_date"),
        (with("invoice_date", json!("-009999-01-01")), "invoice_date"),
        (with("due_at", json!("2026-03-15")), "due_at"),
        (with("due_at", json!("9999-12-30T00:00:00Z")), "due_at"),
        (
            json!({"due_on": "2026-03-15", "due_at": "2026-03-15T00:00:00Z", "lines": [line()]}),
            "due_on",
        ),
        (with("issue", json!("yes")), "issue"),
        (with("tip", usd("-1")), "tip"),
        (with("tip", usd("100000000001")), "tip"),
        (with("metadata", json!({"a": ["\u{0}"]})), "metadata"),
        (with("metadata", json!({"a": "x".repeat(600_000)})), "content_too_long"),
        (with("colour", json!("red")), "colour"),
    ]
}

#[tokio::test]
async fn invoices_that_cannot_be_made() {
    let world = World::new().await;
    let before = world.app.books.head(world.book).await.unwrap().unwrap();
    for (body, expected) in invoices() {
        let said = call(&world, "POST", "/api/v1/invoices", body.clone()).await;
        let shown: String = body.to_string().chars().take(200).collect();
        assert_eq!(said.status, 422, "{shown}: {:#}", said.body);
        assert_valid("native", "Error", &said.body);
        let error = &said.body["error"];
        let found = error["facts"]["field"]
            .as_str()
            .unwrap_or_else(|| error["code"].as_str().unwrap());
        assert_eq!(found, expected, "{shown}: {error:#}");
    }
    assert_eq!(world.app.books.head(world.book).await.unwrap().unwrap(), before);
}

#[tokio::test]
async fn other_bodies_that_cannot_be_read() {
    let world = World::new().await;
    let draft = invoice(&world, false).await;
    let issued = invoice(&world, true).await;
    let before = world.app.books.head(world.book).await.unwrap().unwrap();
    let at = |id: &str, verb: &str| format!("/api/v1/invoices/{id}/{verb}");
    let euros = json!({"amount": "1.00", "currency": "EUR"});
    let table = [
        ("POST", "/api/v1/customers".to_owned(), json!({})),
        ("POST", "/api/v1/customers".to_owned(), json!({"name": ""})),
        ("POST", "/api/v1/customers".to_owned(), json!({"name": "x".repeat(201)})),
        (
            "POST",
            "/api/v1/products".to_owned(),
            json!({"name": "x", "account": "UNAPPLIED_PAYMENTS"}),
        ),
        ("POST", "/api/v1/payments".to_owned(), json!({})),
        ("POST", "/api/v1/payments".to_owned(), json!({"invoices": [{}]})),
        (
            "POST",
            "/api/v1/payments".to_owned(),
            json!({"invoices": [{"invoice": "17"}]}),
        ),
        ("POST", "/api/v1/payments".to_owned(), json!({"amount": usd("0")})),
        ("POST", "/api/v1/payments".to_owned(), json!({"amount": usd("-1")})),
        ("POST", "/api/v1/payments".to_owned(), json!({"amount": euros})),
        (
            "POST",
            "/api/v1/payments".to_owned(),
            json!({"amount": usd("1"), "method": "shells"}),
        ),
        (
            "POST",
            "/api/v1/payments".to_owned(),
            json!({"amount": usd("1"), "witness": "mother"}),
        ),
        (
            "POST",
            "/api/v1/payments".to_owned(),
            json!({"amount": usd("1"), "account": "ACCOUNTS_RECEIVABLE"}),
        ),
        (
            "POST",
            "/api/v1/payments".to_owned(),
            json!({"amount": usd("1"), "invoices": [{"invoice": issued, "amount": usd("2")}]}),
        ),
        (
            "POST",
            "/api/v1/payments".to_owned(),
            json!({"invoices": [{"invoice": issued}, {"invoice": issued}]}),
        ),
        ("POST", at(&issued, "refund"), json!({})),
        ("POST", at(&issued, "refund"), json!({"amount": euros})),
        ("POST", at(&issued, "write-off"), json!({"amount": usd("100.01")})),
        ("POST", at(&issued, "write-off"), json!({"amount": usd("0")})),
        ("POST", at(&issued, "write-off"), json!({"account": "NOWHERE"})),
        ("POST", at(&issued, "void"), json!({"on": "soon"})),
        ("POST", at(&draft, "issue"), json!({"now": true})),
        ("POST", at(&draft, "hold"), json!({})),
        ("POST", at(&draft, "hold"), json!({"until": 5})),
        ("POST", at(&draft, "deletion-plan"), json!({"reason": "x"})),
        (
            "DELETE",
            format!("/api/v1/invoices/{draft}"),
            json!({"reason": "x".repeat(501)}),
        ),
        (
            "DELETE",
            format!("/api/v1/invoices/{draft}"),
            json!({"plan_digest": "abc"}),
        ),
        ("DELETE", format!("/api/v1/invoices/{draft}"), json!({"force": true})),
        ("POST", "/api/v1/periods/close".to_owned(), json!({})),
        ("POST", "/api/v1/periods/close".to_owned(), json!({"through": "2026"})),
        (
            "POST",
            "/api/v1/periods/close".to_owned(),
            json!({"through": "2999-12-31"}),
        ),
        ("POST", "/api/v1/periods/reopen".to_owned(), json!({})),
        (
            "POST",
            "/api/v1/periods/reopen".to_owned(),
            json!({"through": "2026-01-31"}),
        ),
    ];
    for (method, path, body) in table {
        let said = call(&world, method, &path, body.clone()).await;
        assert!(
            (400..500).contains(&said.status),
            "{method} {path} {body}: {} {:#}",
            said.status,
            said.body
        );
        assert_valid("native", "Error", &said.body);
    }
    assert_eq!(world.app.books.head(world.book).await.unwrap().unwrap(), before);
}

#[tokio::test]
async fn bytes_queries_and_paths_that_are_no_request() {
    let world = World::new().await;
    let bearer = format!("Bearer {}", world.token);
    let headers = [("authorization", bearer.as_str())];
    for (body, status, code) in [
        ("{", 400, "malformed_body"),
        ("", 400, "malformed_body"),
        ("nonsense", 400, "malformed_body"),
        // Whoever looked at it on the way may have taken the other one.
        (r#"{"issue":false,"issue":true}"#, 400, "malformed_body"),
        (&"[".repeat(500), 400, "malformed_body"),
    ] {
        let response = world.send("POST", "/api/v1/invoices", &headers, body).await;
        assert_eq!(
            (response.status, &json_of(&response)["error"]["code"]),
            (status, &json!(code)),
            "{body}"
        );
    }
    let request = |body: Vec<u8>| {
        let request = Request::new(Method::POST, "/api/v1/invoices", world.app.now());
        request.with_header("authorization", &bearer).with_body(body)
    };
    assert_eq!(world.app.answer(request(vec![0xff, 0xfe])).await.status, 400);
    let mut large = request(Vec::new());
    large.body_too_large = true;
    assert_eq!(world.app.answer(large).await.status, 413);
    for query in [
        "limit=0",
        "limit=201",
        "limit=x",
        "limit=",
        "offset=-1",
        "cursor=abc",
        "offset=1&cursor=1",
        "status=lost",
        "customer=17",
        "from=yesterday",
        "to=2026-13-01",
        "colour=red",
        "newest_first=maybe",
        "offset=99999999999999999999",
        "number=%00",
    ] {
        let said = call(&world, "GET", &format!("/api/v1/invoices?{query}"), Value::Null).await;
        assert_eq!(
            (said.status, &said.body["error"]["code"]),
            (422, &json!("invalid_field")),
            "{query}"
        );
    }
    for path in [
        "/api",
        "/api/",
        "/api/v2/invoices",
        "/api/v1",
        "/api/v1/",
        "/api/v1//invoices",
        "/api/v1/invoices/%ff/issue/x",
    ] {
        assert_eq!(call(&world, "GET", path, Value::Null).await.status, 404, "{path}");
    }
    for path in [
        "/api/v1/receipts/0",
        "/api/v1/receipts/x",
        "/api/v1/receipts/99999999999999999999",
        "/api/v1/customers/1",
    ] {
        assert_eq!(call(&world, "GET", path, Value::Null).await.status, 400, "{path}");
    }
    assert_eq!(call(&world, "GET", "/api/v1/receipts/1", Value::Null).await.status, 404);
    assert_eq!(
        call(&world, "GET", "/api/v1/receipts/9223372036854775807", Value::Null)
            .await
            .status,
        404
    );
    let said = call(
        &world,
        "GET",
        "/api/v1/invoices?customer=0123456789abcdef01234567",
        Value::Null,
    )
    .await;
    assert_eq!((said.status, &said.body["total"]), (200, &json!(0)));
    let said = call(&world, "GET", "/api/v1/log?after=9223372036854775807", Value::Null).await;
    assert_eq!((said.status, &said.body["data"]), (200, &json!([])));
    let long = "k".repeat(256);
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", long.as_str())];
    let response = world
        .send(
            "POST",
            "/api/v1/payments",
            &headers,
            "{\"amount\":{\"amount\":\"1\",\"currency\":\"USD\"}}",
        )
        .await;
    assert_eq!(response.status, 422);
}

/// What fits is kept to the last digit.
#[tokio::test]
async fn large_and_odd_invoices_are_kept_exactly() {
    let world = World::new().await;
    let largest = json!({"issue": true, "lines": [{"unit_price": usd("100000000000.00")}]});
    let shown = ok(&world, "POST", "/api/v1/invoices", largest).await;
    assert_eq!(shown["total"], usd("100000000000.00"));
    let nothing = json!({"issue": true, "lines": [{"unit_price": usd("0")}]});
    let shown = ok(&world, "POST", "/api/v1/invoices", nothing).await;
    assert_eq!((&shown["status"], &shown["total"]), (&json!("paid"), &usd("0.00")));
    let odd = json!({"issue": true, "discount": usd("3.00"), "lines": [
        {"unit_price": usd("-5.00"), "quantity": 1}, {"unit_price": usd("10.00"), "quantity": "0.333"}, {"unit_price": usd("0.0049"), "quantity": 1000}]});
    let shown = ok(&world, "POST", "/api/v1/invoices", odd).await;
    assert_eq!(shown["total"], usd("0.23"));
    let balance = ok(&world, "GET", "/api/v1/reports/trial-balance", Value::Null).await;
    let total = &balance["accounts"]["total"];
    assert_eq!(
        (&total["debits"], &balance["currency"]),
        (&total["credits"], &json!("USD"))
    );
}
