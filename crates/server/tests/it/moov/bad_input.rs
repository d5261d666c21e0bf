//! Bad input of every kind: a clear answer, nothing written, never a 5xx.

use serde_json::{Value, json};

use super::{NEWEST, Shop, assert_error};
use crate::golden::json as body_of;
use crate::schema::assert_valid;

fn set(body: &mut Value, path: &str, value: Value) {
    let (parent, name) = path.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap();
    parent[name] = value;
}

/// Changes of a good body that are refused under a key, with the keys down to the message.
fn refused_values() -> Vec<(&'static str, Value, &'static str)> {
    let long = |n: usize| Value::from("x".repeat(n));
    let price = |text: &str| json!({"currency": "USD", "valueDecimal": text});
    let value = "/lineItems/items/0/basePrice/valueDecimal";
    vec![
        ("/customerAccountID", Value::Null, "/customerAccountID"),
        ("/customerAccountID", json!("nope"), "/customerAccountID"),
        (
            "/customerAccountID",
            json!("019cf1b4-2a00-7000-8000-000000000000"),
            "/customerAccountID",
        ),
        (
            "/customerAccountID",
            json!("c4007474-f604-4d57-9690-b7f40f7a1cee"),
            "/customerAccountID",
        ),
        ("/customerEmail", long(255), "/customerEmail"),
        ("/invoiceNumber", long(65), "/invoiceNumber"),
        ("/invoiceNumber", json!("A\u{0}B"), "/invoiceNumber"),
        ("/description", long(5001), "/description"),
        ("/description", json!("a\u{0}"), "/description"),
        ("/invoiceDate", json!("2026-03-15"), "/invoiceDate"),
        ("/dueDate", json!("tomorrow"), "/dueDate"),
        ("/dueDate", json!("2026-02-30T00:00:00Z"), "/dueDate"),
        ("/dueDate", json!("10000-01-01T00:00:00Z"), "/dueDate"),
        ("/dueDate", json!("-000001-01-01T00:00:00Z"), "/dueDate"),
        ("/dueDate", json!("9999-12-31T23:59:59Z"), "/dueDate"),
        ("/dueDate", json!("2026-03-15T00:00:00Z[UTC]"), "/dueDate"),
        ("/lineItems/items/0/name", Value::Null, "/lineItems/items/0/name"),
        ("/lineItems/items/0/name", json!("  "), "/lineItems/items/0/name"),
        ("/lineItems/items/0/name", long(151), "/lineItems/items/0/name"),
        ("/lineItems/items/0/name", json!("\u{0}"), "/lineItems/items/0/name"),
        (
            "/lineItems/items/0/quantity",
            Value::Null,
            "/lineItems/items/0/quantity",
        ),
        ("/lineItems/items/0/quantity", json!(0), "/lineItems/items/0/quantity"),
        ("/lineItems/items/0/quantity", json!(-1), "/lineItems/items/0/quantity"),
        (
            "/lineItems/items/0/quantity",
            json!(2_147_483_648_i64),
            "/lineItems/items/0/quantity",
        ),
        (
            "/lineItems/items/0/quantity",
            "1.5".parse::<serde_json::Number>().unwrap().into(),
            "/lineItems/items/0/quantity",
        ),
        (
            "/lineItems/items/0/quantity",
            "1e999".parse::<serde_json::Number>().unwrap().into(),
            "/lineItems/items/0/quantity",
        ),
        (
            "/lineItems/items/0/productID",
            json!("nope"),
            "/lineItems/items/0/productID",
        ),
        (
            "/lineItems/items/0/productID",
            json!("019cf1b4-2a00-7000-8000-000000000000"),
            "/lineItems/items/0/productID",
        ),
        ("/lineItems/items/0/basePrice", Value::Null, value),
        ("/lineItems/items/0/basePrice", json!({}), value),
        ("/lineItems/items/0/basePrice", price(""), value),
        ("/lineItems/items/0/basePrice", price("10"), value),
        ("/lineItems/items/0/basePrice", price("10."), value),
        ("/lineItems/items/0/basePrice", price(".5"), value),
        ("/lineItems/items/0/basePrice", price("-1.00"), value),
        ("/lineItems/items/0/basePrice", price("1e5"), value),
        ("/lineItems/items/0/basePrice", price("1,000.00"), value),
        ("/lineItems/items/0/basePrice", price("1.0000000001"), value),
        (
            "/lineItems/items/0/basePrice",
            price("99999999999999999999999999999999999.00"),
            value,
        ),
        (
            "/lineItems/items/0/basePrice/currency",
            json!("EUR"),
            "/lineItems/items/0/basePrice/currency",
        ),
        (
            "/lineItems/items/0/basePrice/currency",
            json!("dollars"),
            "/lineItems/items/0/basePrice/currency",
        ),
        (
            "/lineItems/items/0/basePrice/currency",
            Value::Null,
            "/lineItems/items/0/basePrice/currency",
        ),
        (
            "/lineItems/items/0/options",
            json!([{"quantity": 1}]),
            "/lineItems/items/0/options/0/name",
        ),
        (
            "/lineItems/items/0/options",
            json!([{"name": "o"}]),
            "/lineItems/items/0/options/0/quantity",
        ),
        (
            "/lineItems/items/0/options",
            json!([{"name": "o", "quantity": 1, "group": "x".repeat(101)}]),
            "/lineItems/items/0/options/0/group",
        ),
        (
            "/lineItems/items/0/options",
            json!([{"name": "o", "quantity": 1, "priceModifier": price("--1.00")}]),
            "/lineItems/items/0/options/0/priceModifier/valueDecimal",
        ),
        (
            "/lineItems/items/0/options",
            json!([{"name": "o", "quantity": 2_147_483_647, "priceModifier": price("79228162514264337593.00")}]),
            "/lineItems/items/0/name",
        ),
        ("/amountDetails", json!({"tax": price("0.005")}), "/amountDetails/tax"),
        (
            "/amountDetails",
            json!({"tax": {"currency": "EUR", "valueDecimal": "1.00"}}),
            "/amountDetails/tax",
        ),
        (
            "/amountDetails",
            json!({"surcharge": price("-1.00")}),
            "/amountDetails/surcharge",
        ),
        (
            "/amountDetails",
            json!({"surcharge": price("100000000000.01")}),
            "/amountDetails/surcharge",
        ),
        (
            "/payment",
            json!({"allowedMethods": ["cash"]}),
            "/payment/allowedMethods",
        ),
        (
            "/payment",
            json!({"cardDetails": {"dynamicDescriptor": "abc"}}),
            "/payment/cardDetails/dynamicDescriptor",
        ),
        (
            "/payment",
            json!({"achDetails": {"companyEntryDescription": "x".repeat(11)}}),
            "/payment/achDetails/companyEntryDescription",
        ),
    ]
}

#[tokio::test]
async fn values_are_refused_under_their_keys() {
    let shop = Shop::open().await;
    let before = (shop.balances().await, shop.ids("").await);
    for (place, value, key) in refused_values() {
        shop.world.pass_seconds(1);
        let mut body = shop.new_invoice();
        set(&mut body, place, value.clone());
        let answer = shop.call("POST", "", &body.to_string()).await;
        assert_eq!(
            answer.status,
            422,
            "{place} {value}: {answer:?} {}",
            String::from_utf8_lossy(&answer.body)
        );
        let answer = body_of(&answer);
        assert_valid("moov", "CreateInvoiceError", &answer);
        assert!(
            answer.pointer(key).is_some_and(Value::is_string),
            "{place} {value}: {answer}"
        );
    }
    assert_eq!((shop.balances().await, shop.ids("").await), before);
}

#[tokio::test]
async fn shapes_are_refused_in_one_sentence() {
    let shop = Shop::open().await;
    let too_many = vec![shop.new_invoice()["lineItems"]["items"][0].clone(); 1001];
    let many_options = vec![json!({"name": "o", "quantity": 1}); 101];
    let changes = [
        ("/customerAccountID", json!(7)),
        ("/lineItems", Value::Null),
        ("/lineItems", json!([])),
        ("/lineItems/items", json!([])),
        ("/lineItems/items", json!({"0": {}})),
        ("/lineItems/items", json!(["x"])),
        ("/lineItems/items", Value::Array(too_many)),
        ("/lineItems/items/0/name", json!(5)),
        ("/lineItems/items/0/quantity", json!("2")),
        ("/lineItems/items/0/options", json!({})),
        ("/lineItems/items/0/options", Value::Array(many_options)),
        ("/lineItems/items/0/basePrice", json!("50.00")),
        ("/lineItems/items/0/basePrice/valueDecimal", json!(50)),
        ("/dueDate", json!(1_773_576_000)),
        ("/payment", json!("card")),
        ("/payment", json!({"allowedMethods": "card-payment"})),
        ("/taxAmount", json!({"currency": "USD", "valueDecimal": "1.00"})),
        ("/amountDetails", json!([])),
        // The sum is what is too much here, and it has no key.
        ("/lineItems/items/0/basePrice/valueDecimal", json!("99999999999.00")),
        (
            "/lineItems/items/0/options",
            json!([{
                "name": "o", "quantity": 1, "priceModifier": {"currency": "USD", "valueDecimal": "-60.00"},
            }]),
        ),
    ];
    for (place, value) in changes {
        shop.world.pass_seconds(1);
        let mut body = shop.new_invoice();
        set(&mut body, place, value);
        assert_error(&shop.call("POST", "", &body.to_string()).await, 400);
    }
    let nested = "[".repeat(100);
    for body in [
        "",
        " ",
        "null",
        "[]",
        "7",
        "\"x\"",
        "{",
        "{\"a\":1}x",
        "{\"a\":\"\\ud800\"}",
        &nested,
    ] {
        shop.world.pass_seconds(1);
        assert_error(&shop.call("POST", "", body).await, 400);
    }
    assert!(shop.ids("").await.is_empty());
}

#[tokio::test]
async fn texts_over_the_limit_of_the_books_are_refused() {
    let shop = Shop::open().await;
    let mut body = shop.new_invoice();
    let mut item = body["lineItems"]["items"][0].clone();
    item["name"] = json!("é".repeat(150));
    item["options"] = json!(vec![json!({"name": "é".repeat(150), "quantity": 1}); 10]);
    body["lineItems"]["items"] = Value::Array(vec![item; 1000]);
    let message = assert_error(&shop.call("POST", "", &body.to_string()).await, 400);
    assert!(message.contains("too many"), "{message}");
}

#[tokio::test]
async fn bodies_that_are_too_large_or_no_text() {
    use quittance_server::http::Request;
    use quittance_server::http::message::Method;
    let shop = Shop::open().await;
    let request = |body: &'static [u8], too_large: bool| {
        let path = shop.path("");
        let mut request = Request::new(Method::POST, &path, shop.world.app.now())
            .with_header("Authorization", &shop.bearer)
            .with_body(body);
        request.request_id = "bytes".to_owned();
        request.body_too_large = too_large;
        request
    };
    for request in [request(b"", true), request(b"{\"description\":\"\xff\"}", false)] {
        assert_error(&shop.world.app.answer(request).await, 400);
    }
}

#[tokio::test]
async fn payments_and_accounts() {
    let shop = Shop::open().await;
    let id = shop.unpaid().await;
    let path = format!("/{id}/payments");
    for (body, key) in [
        (json!({}), "/amount/valueDecimal"),
        (json!({"amount": {}}), "/amount/currency"),
        (
            json!({"amount": {"currency": "USD", "valueDecimal": "0.00"}}),
            "/amount/valueDecimal",
        ),
        (
            json!({"amount": {"currency": "USD", "valueDecimal": "-1.00"}}),
            "/amount/valueDecimal",
        ),
        (
            json!({"amount": {"currency": "USD", "valueDecimal": "1.001"}}),
            "/amount/valueDecimal",
        ),
        (
            json!({"amount": {"currency": "EUR", "valueDecimal": "1.00"}}),
            "/amount/currency",
        ),
        (
            json!({"amount": {"currency": "USD", "valueDecimal": "1.00"}, "foreignID": "x".repeat(255)}),
            "/foreignID",
        ),
        (
            json!({"amount": {"currency": "USD", "valueDecimal": "1.00"}, "paymentDate": "x"}),
            "/paymentDate",
        ),
        (
            json!({"amount": {"currency": "USD", "valueDecimal": "1.00"}, "description": "\u{0}"}),
            "/description",
        ),
    ] {
        let answer = shop.call("POST", &path, &body.to_string()).await;
        assert_eq!(answer.status, 422, "{body}: {answer:?}");
        let answer = body_of(&answer);
        assert_valid("moov", "CreateInvoicePaymentError", &answer);
        assert!(answer.pointer(key).is_some_and(Value::is_string), "{body}: {answer}");
    }
    for body in [
        "",
        "[]",
        r#"{"amount":"1.00"}"#,
        r#"{"amount":{"currency":"USD","valueDecimal":1.0}}"#,
    ] {
        assert_error(&shop.call("POST", &path, body).await, 400);
    }
    assert_eq!(shop.get(&id).await["paidAmount"]["valueDecimal"], "0.00");
    shop.world.pass_seconds(1);
    let headers = [("Authorization", shop.bearer.as_str()), NEWEST];
    for body in [
        "",
        "{}",
        r#"{"accountType":"guest"}"#,
        r#"{"accountType":"business"}"#,
        r#"{"accountType":"business","profile":{"individual":{}}}"#,
        r#"{"accountType":"individual","profile":{"individual":{"name":"Jo"}}}"#,
    ] {
        assert_error(&shop.world.send("POST", "/accounts", &headers, body).await, 400);
    }
    let body = r#"{"accountType":"individual","profile":{"individual":{"name":{"firstName":"Jo"}}}}"#;
    let answer = shop.world.send("POST", "/accounts", &headers, body).await;
    assert_eq!(
        body_of(&answer),
        json!({"profile": {"individual": {"name": {"lastName": "is required"}}}})
    );
}
