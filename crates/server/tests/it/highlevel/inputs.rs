//! Requests that are wrong in every way there is: each is told so in the vendor's form, and nothing is written.

use serde_json::{Value, json};

use super::Location;
use crate::golden::{Transcript, check_text, json as body_of};
use crate::schema::assert_valid;

/// Sets the member at a path of names and places.
fn set(mut order: Value, path: &str, value: Value) -> Value {
    let (parents, name) = path.rsplit_once('/').unwrap_or(("", path));
    let parent = match parents {
        "" => &mut order,
        parents => order.pointer_mut(&format!("/{parents}")).unwrap(),
    };
    match parent {
        Value::Array(list) => list[name.parse::<usize>().unwrap()] = value,
        other => other[name] = value,
    }
    order
}

fn wrong_members() -> Vec<(&'static str, Value)> {
    let huge: Value = serde_json::from_str("1e30").unwrap();
    let endless: Value = serde_json::from_str(&"9".repeat(200)).unwrap();
    let fine: Value = serde_json::from_str("0.00000000000000000000000000000001").unwrap();
    vec![
        ("surprise", json!(1)),
        ("items/0/surprise", json!(1)),
        ("contactDetails/surprise", json!(1)),
        ("businessDetails/address/surprise", json!(1)),
        ("altType", json!("company")),
        ("altType", json!(null)),
        ("name", json!("")),
        ("name", json!(7)),
        ("name", json!("a\u{0}b")),
        ("name", json!("n".repeat(1_001))),
        ("name", json!(null)),
        ("businessDetails", json!("Acme")),
        ("businessDetails", json!(null)),
        ("currency", json!("dollars")),
        ("currency", json!("")),
        ("items", json!([])),
        ("items", json!({})),
        ("items", json!([1])),
        ("items", Value::Array(vec![json!({}); 1_001])),
        ("items/0/currency", json!("EUR")),
        ("items/0/amount", json!("40")),
        ("items/0/amount", json!(-1)),
        ("items/0/amount", huge),
        ("items/0/amount", endless),
        ("items/0/amount", fine),
        ("items/0/qty", json!(null)),
        ("items/0/taxes/0/rate", json!(101)),
        ("items/0/taxes/0/calculation", json!("inclusive")),
        ("items/0/taxInclusive", json!("true")),
        ("discount", json!(null)),
        ("discount/type", json!("half")),
        ("discount/value", json!(101)),
        ("discount", json!({"type": "fixed", "value": 120.01})),
        ("discount", json!({"type": "fixed", "value": 0.001})),
        ("contactDetails/id", json!("")),
        ("contactDetails/id", json!("x\u{0}")),
        ("contactDetails/phoneNo", json!(null)),
        ("contactDetails/additionalEmails", json!([{"mail": "x"}])),
        ("issueDate", json!("10.03.2026")),
        ("issueDate", json!("2026-02-30")),
        ("issueDate", json!("0001-01-01")),
        ("issueDate", json!("9999-12-31")),
        ("issueDate", json!("2026-03-10T00:00:00Z")),
        ("dueDate", json!(20260409)),
        ("sentTo", json!({"email": "alex@example.com"})),
        ("liveMode", json!("yes")),
        ("invoiceNumber", json!(19)),
        ("invoiceNumber", json!("9".repeat(65))),
        ("invoiceNumber", json!("9".repeat(16))),
        ("invoiceNumberPrefix", json!("INVOICE-NO-")),
        ("termsNotes", json!("t".repeat(65_537))),
        ("paymentSchedule", json!([])),
        ("paymentSchedule", json!({"type": "fixed", "schedules": ["\u{0}"]})),
        (
            "paymentSchedule",
            json!({"type": "thirds", "schedules": 3, "from": "today"}),
        ),
        ("tipsConfiguration", json!({"tipsEnabled": "no"})),
        (
            "paymentMethods",
            json!({"stripe": {"enableBankDebitOnly": 1}, "paypal": {}}),
        ),
        ("lateFeesConfiguration", json!({"enable": true})),
        ("attachments", json!(["a"])),
        (
            "attachments",
            json!([{"id": "1", "name": "a.pdf", "url": "https://x.example/a.pdf", "size": "9"}]),
        ),
        ("miscellaneousCharges", json!({"paidCharges": [{"name": "fee"}]})),
        ("miscellaneousCharges", json!({"charges": [{"amount": 3}]})),
    ]
}

#[tokio::test]
async fn wrong_members_are_422_and_leave_nothing() {
    let location = Location::new().await;
    let head = location.world.app.books.head(location.world.book).await.unwrap();
    let mut problems = String::new();
    for (path, value) in wrong_members() {
        let order = set(location.order(), path, value).to_string();
        let response = location.send("POST", "/invoices/", &order).await;
        let shown: String = order.chars().take(200).collect();
        assert_eq!(response.status, 422, "{path} in {shown}");
        let body = body_of(&response);
        assert_valid("highlevel", "UnprocessableDTO", &body);
        assert!(!body["message"].as_array().unwrap().is_empty());
        problems.push_str(&format!("{path}: {}\n", body["message"]));
    }
    assert_eq!(location.world.app.books.head(location.world.book).await.unwrap(), head);
    check_text("highlevel/wrong_members.txt", &problems);
}

#[tokio::test]
async fn bodies_that_are_no_orders() {
    let location = Location::new().await;
    let deep = "[".repeat(100);
    let mut transcript = Transcript::new("highlevel/bad_bodies");
    let cases = [
        ("nothing", "", 422),
        ("an empty object", "{}", 422),
        ("a list", "[]", 422),
        ("null", "null", 422),
        ("cut short", "{\"altId\":", 400),
        ("two values", "{} {}", 400),
        ("too deep", deep.as_str(), 400),
        ("half a surrogate", "{\"name\": \"\\ud800\"}", 400),
    ];
    for (title, body, status) in cases {
        let response = location.say(&mut transcript, title, "POST", "/invoices/", body).await;
        assert_eq!(response.status, status, "{title}");
    }
    transcript.check();
}

#[tokio::test]
async fn bodies_that_are_too_large_or_no_text() {
    use quittance_server::http::Request;
    use quittance_server::http::message::Method;
    let location = Location::new().await;
    let id = location.draft().await;
    let now = location.world.app.now();
    let request = |method: Method, target: &str| {
        let mut request = Request::new(method, target, now);
        for (name, value) in location.headers() {
            request = request.with_header(name, value);
        }
        request
    };
    let mut large = request(Method::POST, "/invoices/");
    large.body_too_large = true;
    let answer = location.world.app.answer(large).await;
    assert_eq!((answer.status, &body_of(&answer)["statusCode"]), (413, &json!(413)));
    let mut large = request(Method::DELETE, &format!("/invoices/{id}"));
    large.body_too_large = true;
    assert_eq!(location.world.app.answer(large).await.status, 413);
    let bytes = request(Method::POST, "/invoices/").with_body(vec![b'{', 0xff, b'}']);
    assert_eq!(location.world.app.answer(bytes).await.status, 400);
    let mut large = request(Method::DELETE, &location.at(&id));
    large.body_too_large = true;
    assert_eq!(
        location.world.app.answer(large).await.status,
        200,
        "nothing of the body was needed"
    );
}

#[tokio::test]
async fn what_the_books_refuse_is_400() {
    let location = Location::new().await;
    let huge: Value = serde_json::from_str("999999999999").unwrap();
    let euros = set(
        set(location.order(), "currency", json!("EUR")),
        "items/0/currency",
        json!("EUR"),
    );
    let cases = [
        (
            euros,
            "Currency EUR is not supported on 2026-03-10, no exchange rate is known",
        ),
        (
            set(
                set(location.order(), "items/0/amount", huge.clone()),
                "items/0/qty",
                huge,
            ),
            "Invoice amount is too large",
        ),
    ];
    for (order, message) in cases {
        let response = location.send("POST", "/invoices/", &order.to_string()).await;
        super::assert_bad_request(&response, message);
    }
    assert!(
        location
            .world
            .app
            .books
            .customers(location.world.book, 0, 9)
            .await
            .unwrap()
            .is_empty()
    );
    let texts = "t".repeat(60_000);
    let item = location.order()["items"][0].clone();
    let items: Vec<Value> = (0..10)
        .map(|_| set(item.clone(), "description", json!(texts)))
        .collect();
    let order = set(location.order(), "items", Value::Array(items));
    assert_eq!(
        location.send("POST", "/invoices/", &order.to_string()).await.status,
        422
    );
}

#[tokio::test]
async fn wrong_actions_and_queries() {
    let location = Location::new().await;
    let id = location.sent().await;
    let pay = format!("/invoices/{id}/record-payment");
    let send = format!("/invoices/{id}/send");
    let bodies = [
        (&pay, json!({}), 422),
        (&pay, json!({"mode": "gold"}), 422),
        (&pay, json!({"mode": "card"}), 422),
        (&pay, json!({"mode": "cheque"}), 422),
        (&pay, json!({"mode": "cash", "amount": "1"}), 422),
        (&pay, json!({"mode": "cash", "amount": -1}), 422),
        (&pay, json!({"mode": "cash", "amount": 0.001}), 422),
        (&pay, json!({"mode": "cash", "amount": 0}), 400),
        (&pay, json!({"mode": "cash", "fulfilledAt": "yesterday"}), 422),
        (
            &pay,
            json!({"mode": "cash", "fulfilledAt": "9999-12-30T00:00:00Z"}),
            422,
        ),
        (&pay, json!({"mode": "cash", "tip": 1}), 422),
        (&send, json!({}), 422),
        (&send, json!({"userId": "u", "action": "fax", "liveMode": true}), 422),
    ];
    for (target, more, status) in bodies {
        let response = location.send("POST", target, &location.with(more.clone())).await;
        assert_eq!(response.status, status, "{target} {more}");
    }
    let queries = [
        "",
        "limit=10",
        "limit=0&offset=0",
        "limit=101&offset=0",
        "limit=ten&offset=0",
        "limit=-1&offset=0",
        "limit=10&offset=99999999999999999999",
        "limit=10&offset=0&startAt=today",
        "limit=10&offset=0&sortField=name",
        "limit=10&offset=0&sortOrder=up",
        "limit=10&offset=0&paymentMode=both",
        "limit=10&offset=0&contactId=%00",
        "limit=10&offset=0&page=2",
    ];
    for query in queries {
        let target = format!("/invoices/?{}&{query}", location.alt());
        assert_eq!(location.send("GET", &target, "").await.status, 422, "{query}");
    }
    assert_eq!(location.status(&id).await, "sent");
}

#[tokio::test]
async fn what_a_send_says_of_payments_is_read() {
    let location = Location::new().await;
    let id = location.draft().await;
    for (auto_payment, problem) in [
        (json!({}), "autoPayment.enable should not be empty"),
        (json!({"enable": "yes"}), "autoPayment.enable must be a boolean value"),
        (
            json!({"enable": true, "wallet": 1}),
            "autoPayment.property wallet should not exist",
        ),
        (
            json!({"enable": true, "card": {"brand": "visa"}}),
            "autoPayment.card.last4 should not be empty",
        ),
    ] {
        let mut members = super::send_members();
        members["autoPayment"] = auto_payment;
        let target = format!("/invoices/{id}/send");
        let response = location.send("POST", &target, &location.with(members)).await;
        assert_eq!(
            (response.status, &body_of(&response)["message"]),
            (422, &json!([problem]))
        );
    }
    assert_eq!(location.status(&id).await, "draft");
}

#[tokio::test]
async fn money_may_be_of_a_day() {
    let location = Location::new().await;
    let id = location.sent().await;
    let (world, book) = (&location.world, location.world.book);
    let through = "2026-03-12".parse().unwrap();
    world
        .app
        .books
        .close_period(&world.context(book), through)
        .await
        .unwrap();
    let target = format!("/invoices/{id}/record-payment");
    for (day, status) in [("2026-03-12", 400), ("2026-03-13", 200)] {
        let pay = location.with(json!({"mode": "cash", "amount": 1, "fulfilledAt": day}));
        assert_eq!(location.send("POST", &target, &pay).await.status, status, "{day}");
    }
}
