//! Templates of invoices.

use serde_json::{Value, json};

use super::editing::late_fees;
use super::{Location, assert_bad_request};
use crate::golden::{Transcript, check_text, json as body_of};
use crate::schema::assert_valid;

const NO_TEMPLATE: &str = "Unable to find a template with the given template id";

fn template(location: &Location) -> Value {
    let order = location.order();
    let mut template = location.alt_body();
    for name in ["name", "businessDetails", "currency", "items"] {
        template[name] = order[name].clone();
    }
    template
}

#[tokio::test]
async fn the_life_of_a_template() {
    let location = Location::new().await;
    let mut transcript = Transcript::new("highlevel/templates");
    let mut order = template(&location);
    order["discount"] = json!({"type": "percentage", "value": 10});
    order["invoiceNumberPrefix"] = json!("T-");
    let order = order.to_string();
    let made = location
        .say(&mut transcript, "create", "POST", "/invoices/template", &order)
        .await;
    let made = body_of(&made);
    assert_valid("highlevel", "CreateInvoiceTemplateResponseDto", &made);
    assert_eq!(made["total"], json!(116.91));
    let id = made["_id"].as_str().unwrap();
    let at = format!("/invoices/template/{id}?{}", location.alt());
    let read = location.say(&mut transcript, "read", "GET", &at, "").await;
    assert_eq!(body_of(&read), made);

    location.world.pass_seconds(1);
    let target = format!("/invoices/template/{id}");
    let mut update = template(&location);
    update["items"] = made["items"].clone();
    update["items"][0]["qty"] = json!(1);
    update["title"] = json!("OFFER");
    let updated = location
        .say(&mut transcript, "update", "PUT", &target, &update.to_string())
        .await;
    let updated = body_of(&updated);
    // What is left out stays.
    assert_eq!(
        (&updated["total"], &updated["invoiceNumberPrefix"]),
        (&json!(38.97), &json!("T-"))
    );
    assert_ne!(updated["updatedAt"], updated["createdAt"]);
    let fees = location.with(late_fees());
    let of_fees = format!("{target}/late-fees-configuration");
    let shown = location
        .say(&mut transcript, "late fees", "PATCH", &of_fees, &fees)
        .await;
    assert_eq!(body_of(&shown)["lateFeesConfiguration"]["value"], json!(10));
    let methods = location.with(json!({"paymentMethods": {"stripe": {"enableBankDebitOnly": true}}}));
    let of_methods = format!("{target}/payment-methods-configuration");
    let shown = location
        .say(&mut transcript, "payment methods", "PATCH", &of_methods, &methods)
        .await;
    let shown = body_of(&shown);
    assert_valid("highlevel", "UpdateInvoiceTemplateResponseDto", &shown);
    assert_eq!(shown["paymentMethods"]["stripe"]["enableBankDebitOnly"], json!(true));

    let gone = location.say(&mut transcript, "delete", "DELETE", &at, "").await;
    assert_eq!((gone.status, body_of(&gone)), (200, json!({"success": true})));
    for (title, method, target, body) in [
        ("read what is gone", "GET", at.as_str(), ""),
        ("update what is gone", "PUT", &target, &update.to_string()),
        ("late fees of what is gone", "PATCH", &of_fees, &fees),
        ("payment methods of what is gone", "PATCH", &of_methods, &methods),
        ("delete what is gone", "DELETE", &at, ""),
    ] {
        let response = location.say(&mut transcript, title, method, target, body).await;
        assert_bad_request(&response, NO_TEMPLATE);
    }
    transcript.check();
    for id in ["inv1", "6578278e879ad2646715ba9c", "%00"] {
        let at = format!("/invoices/template/{id}?{}", location.alt());
        assert_bad_request(&location.send("GET", &at, "").await, NO_TEMPLATE);
    }
}

#[tokio::test]
async fn templates_are_listed() {
    let location = Location::new().await;
    let mut ids = Vec::new();
    for name in ["Alpha", "Beta", "Gamma"] {
        let mut order = template(&location);
        order["name"] = json!(name);
        let made = location.send("POST", "/invoices/template", &order.to_string()).await;
        ids.push(body_of(&made)["_id"].as_str().unwrap().to_owned());
        location.world.pass_seconds(86_400);
    }
    let mut transcript = Transcript::new("highlevel/template_list");
    let by_id = format!("limit=9&offset=0&search={}", ids[1]);
    let cases: [(&str, &[usize], i64); 9] = [
        ("limit=2&offset=0", &[2, 1], 3),
        ("limit=2&offset=2", &[0], 3),
        ("limit=2&offset=9", &[], 3),
        ("limit=9&offset=0&search=AL", &[0], 1),
        (&by_id, &[1], 1),
        ("limit=1&offset=1&search=a", &[1], 3),
        ("limit=9&offset=0&startAt=2026-03-16&endAt=2026-03-16", &[1], 1),
        ("limit=9&offset=0&status=draft&paymentMode=live", &[2, 1, 0], 3),
        ("limit=9&offset=0&search=nobody", &[], 0),
    ];
    for (query, expected, total) in cases {
        let target = format!("/invoices/template/?{}&{query}", location.alt());
        let response = location.say(&mut transcript, query, "GET", &target, "").await;
        let body = body_of(&response);
        assert_valid("highlevel", "ListTemplatesResponseDto", &body);
        let found: Vec<&str> = body["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["_id"].as_str().unwrap())
            .collect();
        let expected: Vec<&str> = expected.iter().map(|place| ids[*place].as_str()).collect();
        assert_eq!((found, &body["totalCount"]), (expected, &json!(total)), "{query}");
    }
    transcript.check();
    for query in [
        "",
        "limit=1",
        "limit=0&offset=0",
        "limit=101&offset=0",
        "limit=1&offset=0&contactId=x",
    ] {
        let target = format!("/invoices/template?{}&{query}", location.alt());
        assert_eq!(location.send("GET", &target, "").await.status, 422, "{query}");
    }
}

#[tokio::test]
async fn wrong_templates_are_refused_and_leave_nothing() {
    let location = Location::new().await;
    let head = location.world.app.books.head(location.world.book).await.unwrap();
    let mut problems = String::new();
    for (name, value) in [
        ("surprise", json!(1)),
        ("contactDetails", json!({})),
        ("name", json!("")),
        ("items", json!([])),
        (
            "items",
            json!([{"name": "x", "currency": "EUR", "amount": 1, "qty": 1}]),
        ),
        (
            "items",
            json!([{"name": "x", "currency": "USD", "amount": -1, "qty": 1}]),
        ),
        ("currency", json!("dollars")),
        ("discount", json!({"type": "fixed", "value": 1000})),
        ("internal", json!("yes")),
        ("lateFeesConfiguration", json!({"enable": true})),
        ("invoiceNumberPrefix", json!("INVOICE-NO-")),
    ] {
        let mut body = template(&location);
        body[name] = value;
        let response = location.send("POST", "/invoices/template", &body.to_string()).await;
        assert_eq!(response.status, 422, "{name}");
        assert_valid("highlevel", "UnprocessableDTO", &body_of(&response));
        problems.push_str(&format!("{name}: {}\n", body_of(&response)["message"]));
    }
    let mut euros = template(&location);
    euros["currency"] = json!("EUR");
    euros["items"][0]["currency"] = json!("EUR");
    let response = location.send("POST", "/invoices/template", &euros.to_string()).await;
    assert_bad_request(&response, "Currency EUR is not that of the invoice, USD");
    assert_eq!(location.world.app.books.head(location.world.book).await.unwrap(), head);
    check_text("highlevel/wrong_templates.txt", &problems);
}
