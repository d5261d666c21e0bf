//! Estimates and their templates.

use quittance_accounting::book::Role;
use serde_json::{Value, json};

use super::{Location, VERSION, assert_bad_request};
use crate::golden::{Transcript, check_text, json as body_of};
use crate::schema::assert_valid;

const NO_ESTIMATE: &str = "Unable to find an estimate with the given estimate id";
const NO_TEMPLATE: &str = "Unable to find a template with the given template id";

pub fn estimate(location: &Location) -> Value {
    let order = location.order();
    let mut estimate = location.alt_body();
    for name in [
        "name",
        "businessDetails",
        "currency",
        "items",
        "discount",
        "contactDetails",
    ] {
        estimate[name] = order[name].clone();
    }
    estimate["frequencySettings"] = json!({"enabled": false});
    estimate
}

fn send() -> Value {
    json!({"action": "email", "liveMode": true, "userId": "user-1"})
}

async fn made(location: &Location, estimate: &Value) -> Value {
    let response = location.send("POST", "/invoices/estimate", &estimate.to_string()).await;
    assert_eq!(response.status, 201, "{}", String::from_utf8_lossy(&response.body));
    body_of(&response)
}

fn id_of(estimate: &Value) -> String {
    estimate["_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn from_an_estimate_to_an_invoice() {
    let location = Location::new().await;
    let mut transcript = Transcript::new("highlevel/estimates");
    let peek = format!("/invoices/estimate/number/generate?{}", location.alt());
    let next = location.say(&mut transcript, "the next number", "GET", &peek, "").await;
    assert_valid("highlevel", "GenerateEstimateNumberResponse", &body_of(&next));
    assert_eq!(body_of(&next)["estimateNumber"], json!(1));
    let order = estimate(&location).to_string();
    let created = location
        .say(&mut transcript, "create", "POST", "/invoices/estimate", &order)
        .await;
    assert_eq!(created.status, 201);
    let created = body_of(&created);
    assert_valid("highlevel", "EstimateResponseDto", &created);
    assert_eq!(
        (&created["total"], &created["estimateNumber"]),
        (&json!(116.91), &json!(1))
    );
    assert_eq!(created["issueDate"], json!("2026-03-15T00:00:00.000Z"));
    let id = id_of(&created);
    let target = format!("/invoices/estimate/{id}");
    let mut update = estimate(&location);
    update["items"] = created["items"].clone();
    update["items"][0]["qty"] = json!(2);
    update["expiryDate"] = json!("2026-04-30");
    let updated = location
        .say(&mut transcript, "update", "PUT", &target, &update.to_string())
        .await;
    let updated = body_of(&updated);
    assert_eq!((&updated["total"], &updated["__v"]), (&json!(77.94), &json!(1)));
    let to_send = location.with(send());
    let sent = location
        .say(&mut transcript, "send", "POST", &format!("{target}/send"), &to_send)
        .await;
    assert_eq!((sent.status, &body_of(&sent)["estimateStatus"]), (201, &json!("sent")));
    let looked = json!({"estimateId": id}).to_string();
    let visited = "/invoices/estimate/stats/last-visited-at";
    let seen = location
        .say(&mut transcript, "somebody looks", "PATCH", visited, &looked)
        .await;
    assert_eq!((seen.status, body_of(&seen)), (200, json!({})));
    update["estimateStatus"] = json!("accepted");
    let accepted = location
        .say(&mut transcript, "accepted", "PUT", &target, &update.to_string())
        .await;
    let accepted = body_of(&accepted);
    assert_eq!(
        (&accepted["estimateStatus"], &accepted["lastVisitedAt"]),
        (&json!("accepted"), &json!("2026-03-15T12:00:00.000Z"))
    );

    let invoice = location.with(json!({"markAsInvoiced": true, "version": "v2"}));
    let done = location
        .say(
            &mut transcript,
            "invoice",
            "POST",
            &format!("{target}/invoice"),
            &invoice,
        )
        .await;
    assert_eq!(done.status, 200);
    let done = body_of(&done);
    assert_valid("highlevel", "CreateInvoiceFromEstimateResponseDTO", &done);
    assert_eq!(
        (&done["invoice"]["status"], &done["invoice"]["total"]),
        (&json!("draft"), &json!(77.94))
    );
    assert_eq!(
        (&done["estimate"]["estimateStatus"], &done["invoice"]["title"]),
        (&json!("invoiced"), &json!("INVOICE"))
    );
    let made = done["invoice"]["_id"].as_str().unwrap();
    assert_eq!(location.status(made).await, "draft", "an invoice like any other");
    let mut refused = vec![
        (
            "invoice again",
            "POST",
            format!("{target}/invoice"),
            invoice.clone(),
            "Can not invoice invoiced estimate",
        ),
        (
            "update what is invoiced",
            "PUT",
            target.clone(),
            update.to_string(),
            "Can not update invoiced estimate",
        ),
        (
            "send what is invoiced",
            "POST",
            format!("{target}/send"),
            to_send.clone(),
            "Can not send invoiced estimate",
        ),
    ];
    for (title, method, target, body, message) in refused.drain(..) {
        let response = location.say(&mut transcript, title, method, &target, &body).await;
        assert_bad_request(&response, message);
    }
    let alt = location.alt_body().to_string();
    let gone = location.say(&mut transcript, "delete", "DELETE", &target, &alt).await;
    let gone = body_of(&gone);
    assert_valid("highlevel", "EstimateResponseDto", &gone);
    assert_eq!((&gone["deleted"], &gone["_id"]), (&json!(true), &json!(id)));
    for (title, method, target, body) in [
        ("delete what is gone", "DELETE", target.clone(), alt.clone()),
        ("update what is gone", "PUT", target.clone(), update.to_string()),
        ("send what is gone", "POST", format!("{target}/send"), to_send),
        ("invoice what is gone", "POST", format!("{target}/invoice"), invoice),
        ("look at what is gone", "PATCH", visited.to_owned(), looked),
        (
            "delete what never was",
            "DELETE",
            "/invoices/estimate/est1".to_owned(),
            alt,
        ),
    ] {
        let response = location.say(&mut transcript, title, method, &target, &body).await;
        assert_bad_request(&response, NO_ESTIMATE);
    }
    transcript.check();
    assert_eq!(location.status(made).await, "draft", "it outlives its estimate");
}

#[tokio::test]
async fn declined_drafts_and_those_that_are_not_marked() {
    let location = Location::new().await;
    let mut order = estimate(&location);
    order["sendEstimateDetails"] = location.alt_body();
    for (name, value) in send().as_object().unwrap() {
        order["sendEstimateDetails"][name] = value.clone();
    }
    let sent = made(&location, &order).await;
    assert_eq!(
        (&sent["estimateStatus"], &sent["sentBy"]),
        (&json!("sent"), &json!("user-1"))
    );
    let mut update = estimate(&location);
    update["estimateStatus"] = json!("declined");
    let target = format!("/invoices/estimate/{}", id_of(&sent));
    location.send("PUT", &target, &update.to_string()).await;
    let invoice = location.with(json!({"markAsInvoiced": false}));
    let response = location.send("POST", &format!("{target}/invoice"), &invoice).await;
    assert_bad_request(&response, "Can not invoice declined estimate");
    let response = location
        .send("POST", &format!("{target}/send"), &location.with(send()))
        .await;
    assert_bad_request(&response, "Can not send declined estimate");

    let draft = made(&location, &estimate(&location)).await;
    let target = format!("/invoices/estimate/{}", id_of(&draft));
    for number in [1, 2] {
        let done = body_of(&location.send("POST", &format!("{target}/invoice"), &invoice).await);
        assert_eq!(
            (&done["estimate"]["estimateStatus"], &done["invoice"]["invoiceNumber"]),
            (&json!("draft"), &json!(number))
        );
    }
    // Whoever may only draft makes the draft.
    let world = &location.world;
    let clerk = format!("Bearer {}", world.make_token(world.book, Role::Clerk, &[], None).await);
    let headers = [VERSION, ("Authorization", clerk.as_str())];
    let response = world
        .send("POST", &format!("{target}/invoice"), &headers, &invoice)
        .await;
    assert_eq!(response.status, 200);
    // The location no longer invoices in the estimate's favour: a refusal leaves the estimate as it was.
    let mut brought = estimate(&location);
    brought["contactDetails"]["id"] = json!("kim");
    let other = made(&location, &brought).await;
    let at = format!("/invoices/estimate/{}/invoice", id_of(&other));
    assert_eq!(
        location.send("POST", &at, &invoice).await.status,
        200,
        "a contact is made as for any invoice"
    );
}

#[tokio::test]
async fn numbers_of_estimates() {
    let location = Location::new().await;
    let mut brought = estimate(&location);
    brought["estimateNumber"] = json!(40);
    brought["estimateNumberPrefix"] = json!("Q-");
    let first = made(&location, &brought).await;
    assert_eq!(
        (&first["estimateNumber"], &first["estimateNumberPrefix"]),
        (&json!(40), &json!("Q-"))
    );
    let counted = made(&location, &estimate(&location)).await;
    assert_eq!(
        (&counted["estimateNumber"], &counted["estimateNumberPrefix"]),
        (&json!(41), &json!("EST-"))
    );
    let target = format!("/invoices/estimate/{}", id_of(&counted));
    let mut update = estimate(&location);
    update["estimateNumber"] = json!(50);
    let updated = body_of(&location.send("PUT", &target, &update.to_string()).await);
    assert_eq!(updated["estimateNumber"], json!(50));
    let peek = format!("/invoices/estimate/number/generate?{}", location.alt());
    assert_eq!(
        body_of(&location.send("GET", &peek, "").await)["estimateNumber"],
        json!(51)
    );
    let settings = location.with(json!({
        "estimateNumberPrefix": "K-", "estimatesTitle": "QUOTE", "estimatesTermsNote": "valid a month", "estimatesExpireAfterXDays": 30,
    }));
    location.send("PUT", "/invoices/settings", &settings).await;
    let orders = [estimate(&location), estimate(&location), estimate(&location)];
    let (a, b, c) = tokio::join!(
        made(&location, &orders[0]),
        made(&location, &orders[1]),
        made(&location, &orders[2])
    );
    let mut numbers: Vec<i64> = [&a, &b, &c]
        .iter()
        .map(|one| one["estimateNumber"].as_i64().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [51, 52, 53]);
    assert_eq!(
        (&a["title"], &a["termsNotes"]),
        (&json!("QUOTE"), &json!("valid a month"))
    );
    assert_eq!(
        (&a["estimateNumberPrefix"], &a["expiryDate"]),
        (&json!("K-"), &json!("2026-04-14T00:00:00.000Z"))
    );
}

#[tokio::test]
async fn estimates_are_listed() {
    let location = Location::new().await;
    let mut ids = Vec::new();
    for (name, day) in [("Alpha", "2026-01-31"), ("Beta", "2026-02-28"), ("Gamma", "2026-03-31")] {
        let mut order = estimate(&location);
        order["name"] = json!(name);
        order["issueDate"] = json!(day);
        order["contactDetails"]["id"] = json!(name);
        ids.push(id_of(&made(&location, &order).await));
    }
    let target = format!("/invoices/estimate/{}/send", ids[1]);
    location.send("POST", &target, &location.with(send())).await;
    let mut transcript = Transcript::new("highlevel/estimate_list");
    let cases: [(&str, &[usize], i64); 8] = [
        ("limit=2&offset=0", &[2, 1], 3),
        ("limit=2&offset=2&status=all", &[0], 3),
        ("limit=9&offset=0&status=sent", &[1], 1),
        ("limit=9&offset=0&status=viewed", &[], 0),
        ("limit=9&offset=0&startAt=2026-02-28&endAt=2026-03-31", &[2, 1], 2),
        ("limit=9&offset=0&search=gam", &[2], 1),
        ("limit=9&offset=0&contactId=Alpha", &[0], 1),
        ("limit=1&offset=1&search=alex", &[1], 3),
    ];
    for (query, expected, total) in cases {
        let target = format!("/invoices/estimate/list?{}&{query}", location.alt());
        let response = location.say(&mut transcript, query, "GET", &target, "").await;
        let body = body_of(&response);
        assert_valid("highlevel", "ListEstimatesResponseDTO", &body);
        let found: Vec<&str> = body["estimates"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["_id"].as_str().unwrap())
            .collect();
        let expected: Vec<&str> = expected.iter().map(|place| ids[*place].as_str()).collect();
        assert_eq!((found, &body["total"]), (expected, &json!(total)), "{query}");
    }
    transcript.check();
    for query in [
        "limit=1&offset=0&status=open",
        "limit=1&offset=0&paymentMode=live",
        "limit=1",
    ] {
        let target = format!("/invoices/estimate/list?{}&{query}", location.alt());
        assert_eq!(location.send("GET", &target, "").await.status, 422, "{query}");
    }
}

#[tokio::test]
async fn wrong_estimates_are_422_and_leave_nothing() {
    let location = Location::new().await;
    let head = location.world.app.books.head(location.world.book).await.unwrap();
    let mut problems = String::new();
    for (name, value) in [
        ("surprise", json!(1)),
        ("estimateStatus", json!("sent")),
        ("name", json!(null)),
        ("contactDetails", json!(null)),
        ("frequencySettings", json!(null)),
        ("frequencySettings", json!({"enabled": true, "schedule": {"rrule": {}}})),
        ("discount", json!(null)),
        ("items", json!([])),
        ("items", json!([{"name": "x", "currency": "USD", "amount": 1}])),
        ("estimateNumber", json!("1001")),
        ("estimateNumber", json!(0)),
        ("estimateNumber", json!(1.5)),
        ("estimateNumberPrefix", json!("ESTIMATE-NO-")),
        ("issueDate", json!("soon")),
        ("autoInvoice", json!({})),
        ("sendEstimateDetails", json!({"action": "email"})),
        ("sentTo", json!({})),
        ("meta", json!([])),
    ] {
        let mut body = estimate(&location);
        body[name] = value.clone();
        let response = location.send("POST", "/invoices/estimate", &body.to_string()).await;
        assert_eq!(response.status, 422, "{name} {value}");
        assert_valid("highlevel", "UnprocessableDTO", &body_of(&response));
        problems.push_str(&format!("{name} {value}: {}\n", body_of(&response)["message"]));
    }
    assert_eq!(location.world.app.books.head(location.world.book).await.unwrap(), head);
    let id = id_of(&made(&location, &estimate(&location)).await);
    for (method, rest, more) in [
        ("PUT", "", json!({})),
        ("POST", "/send", json!({})),
        (
            "POST",
            "/send",
            json!({"action": "fax", "liveMode": true, "userId": "u"}),
        ),
        ("POST", "/invoice", json!({})),
        ("POST", "/invoice", json!({"markAsInvoiced": true, "version": "v3"})),
    ] {
        let target = format!("/invoices/estimate/{id}{rest}");
        let response = location.send(method, &target, &location.with(more)).await;
        assert_eq!(response.status, 422, "{method} {rest}");
        problems.push_str(&format!("{method} {rest}: {}\n", body_of(&response)["message"]));
    }
    for status in ["all", "invoiced", "open"] {
        let mut body = estimate(&location);
        body["estimateStatus"] = json!(status);
        let response = location
            .send("PUT", &format!("/invoices/estimate/{id}"), &body.to_string())
            .await;
        assert_eq!(response.status, 422, "{status}");
    }
    check_text("highlevel/wrong_estimates.txt", &problems);
}

#[tokio::test]
async fn the_life_of_a_template_of_estimates() {
    let location = Location::new().await;
    let mut transcript = Transcript::new("highlevel/estimate_templates");
    let mut order = estimate(&location);
    for name in ["contactDetails", "frequencySettings"] {
        order.as_object_mut().unwrap().remove(name);
    }
    let of_templates = "/invoices/estimate/template";
    let created = location
        .say(&mut transcript, "create", "POST", of_templates, &order.to_string())
        .await;
    assert_eq!(created.status, 201);
    let created = body_of(&created);
    assert_valid("highlevel", "EstimateTemplateResponseDTO", &created);
    let id = id_of(&created);
    let target = format!("{of_templates}/{id}");
    order["items"][0]["qty"] = json!(1);
    let updated = location
        .say(&mut transcript, "update", "PUT", &target, &order.to_string())
        .await;
    let updated = body_of(&updated);
    assert_eq!((&updated["total"], &updated["__v"]), (&json!(38.97), &json!(1)));
    let preview = format!("{of_templates}/preview?{}&templateId={id}", location.alt());
    let shown = location.say(&mut transcript, "preview", "GET", &preview, "").await;
    assert_eq!(body_of(&shown), updated);
    let list = format!("{of_templates}?{}&limit=10&offset=0&search=march", location.alt());
    let listed = location.say(&mut transcript, "list", "GET", &list, "").await;
    assert_valid("highlevel", "ListEstimateTemplateResponseDTO", &body_of(&listed));
    assert_eq!(body_of(&listed)["totalCount"], json!(1));
    let in_query = format!("{target}?{}", location.alt());
    let gone = location.say(&mut transcript, "delete", "DELETE", &in_query, "").await;
    assert_eq!(body_of(&gone)["deleted"], json!(true));
    for (title, method, target, body) in [
        ("preview what is gone", "GET", preview.as_str(), String::new()),
        ("update what is gone", "PUT", &target, order.to_string()),
        (
            "delete what is gone",
            "DELETE",
            &target,
            location.alt_body().to_string(),
        ),
    ] {
        let response = location.say(&mut transcript, title, method, target, &body).await;
        assert_bad_request(&response, NO_TEMPLATE);
    }
    transcript.check();
    for (name, value) in [
        ("contactDetails", json!({})),
        ("items", json!([])),
        ("discount", json!(null)),
    ] {
        let mut body = order.clone();
        body[name] = value;
        assert_eq!(
            location.send("POST", of_templates, &body.to_string()).await.status,
            422,
            "{name}"
        );
    }
    let target = format!("{of_templates}/preview?{}", location.alt());
    assert_eq!(location.send("GET", &target, "").await.status, 422);
}
