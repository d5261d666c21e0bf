//! What is done is answered as done: no read that fails afterwards makes an error of it. And what is refused leaves nothing, not even
//! the contact that it names.

use serde_json::{Value, json};

use super::schedules::schedule;
use super::{Location, VERSION, assert_bad_request, send_members};
use crate::golden::{World, json as body_of};
use crate::trouble;

async fn spoilt() -> Location {
    let location = Location::in_world(World::on_postgres().await).await;
    trouble::prepare(&location.world);
    location
}

/// Sends what writes, in books that nobody can read afterwards; the body of the answer.
async fn done(location: &Location, status: u16, method: &str, target: &str, body: &Value) -> Value {
    let headers = [VERSION, ("Authorization", location.bearer.as_str())];
    let text = match body {
        Value::Null => String::new(),
        body => location.with(body.clone()),
    };
    let response = trouble::send_with(&location.world, method, target, &headers, &text).await;
    let said = body_of(&response);
    assert_eq!(response.status, status, "{method} {target}: {said}");
    said
}

fn id_of(value: &Value) -> String {
    value["_id"].as_str().unwrap().to_owned()
}

async fn customers(location: &Location) -> i64 {
    let head = location.world.app.books.head(location.world.book).await.unwrap();
    head.unwrap().counters.customers
}

#[tokio::test]
async fn what_is_done_to_invoices_is_answered() {
    let location = spoilt().await;
    let order = location.order();
    let made = done(&location, 201, "POST", "/invoices/", &order).await;
    let id = id_of(&made);
    let read = body_of(&location.send("GET", &location.at(&id), "").await);
    assert_eq!(
        (&read["total"], &read["contactDetails"]),
        (&made["total"], &made["contactDetails"])
    );
    let path = format!("/invoices/{id}");
    let mut edit = json!({"name": "Changed", "currency": "USD", "issueDate": "2026-03-10", "dueDate": "2026-04-09"});
    edit["invoiceItems"] = made["invoiceItems"].clone();
    edit["contactDetails"] = json!({"id": "another", "name": "Bea", "phoneNo": "", "email": ""});
    let edited = done(&location, 200, "PUT", &path, &edit).await;
    assert_eq!(edited["contactDetails"]["name"], "Bea");
    let fees = super::editing::late_fees();
    let noted = done(
        &location,
        200,
        "PATCH",
        &format!("{path}/late-fees-configuration"),
        &fees,
    )
    .await;
    assert_eq!(noted["lateFeesConfiguration"], fees["lateFeesConfiguration"]);
    let visited = json!({"invoiceId": id});
    done(&location, 200, "PATCH", "/invoices/stats/last-visited-at", &visited).await;
    let sent = done(&location, 200, "POST", &format!("{path}/send"), &send_members()).await;
    assert_eq!(sent["invoice"]["status"], "sent");
    let pay = json!({"mode": "cash", "amount": 1});
    let paid = done(&location, 200, "POST", &format!("{path}/record-payment"), &pay).await;
    assert_eq!(paid["invoice"]["status"], "partially_paid");
    done(&location, 200, "POST", &format!("{path}/void"), &json!({})).await;
    let mut text2pay = order.clone();
    text2pay["action"] = json!("send");
    text2pay["userId"] = json!("user-1");
    text2pay["contactDetails"]["id"] = json!("third");
    let sent = done(&location, 200, "POST", "/invoices/text2pay", &text2pay).await;
    assert_eq!(sent["invoice"]["status"], "sent");
    text2pay["id"] = sent["invoice"]["_id"].clone();
    text2pay["contactDetails"]["id"] = json!("fourth");
    done(&location, 200, "POST", "/invoices/text2pay", &text2pay).await;
    let draft = location.draft().await;
    let gone = done(&location, 200, "DELETE", &location.at(&draft), &Value::Null).await;
    assert_eq!(id_of(&gone), draft);
    assert_eq!(customers(&location).await, 4);
}

#[tokio::test]
async fn what_is_done_to_schedules_is_answered() {
    let location = spoilt().await;
    done(
        &location,
        200,
        "PUT",
        "/invoices/settings",
        &json!({"dueAfterXDays": 3}),
    )
    .await;
    let mut wanted = schedule(&location);
    wanted["schedule"] = json!({"rrule": {"intervalType": "daily", "interval": 1, "startDate": "2026-03-15"}});
    let made = done(&location, 200, "POST", "/invoices/schedule", &wanted).await;
    let path = format!("/invoices/schedule/{}", id_of(&made));
    let start = json!({"liveMode": true});
    let started = done(&location, 200, "POST", &format!("{path}/schedule"), &start).await;
    // What is due by now could not be read, so it waits for the next look.
    assert_eq!(
        (&started["status"], &started["invoices"]),
        (&json!("scheduled"), &json!([]))
    );
    let ran = quittance_server::dialects::highlevel::run_due(&location.world.app).await;
    assert_eq!(ran.unwrap(), 1);
    let pay = json!({"id": made["_id"], "autoPayment": {"enable": false}});
    let shown = done(&location, 200, "POST", &format!("{path}/auto-payment"), &pay).await;
    assert_eq!(
        (&shown["status"], shown["invoices"].as_array().unwrap().len()),
        (&json!("active"), 1)
    );
    done(&location, 200, "PUT", &path, &wanted).await;
    let again = done(&location, 200, "POST", &format!("{path}/updateAndSchedule"), &json!({})).await;
    assert_eq!(again["invoices"], shown["invoices"]);
    let ended = done(&location, 200, "POST", &format!("{path}/cancel"), &json!({})).await;
    assert_eq!(
        (&ended["status"], &ended["invoices"]),
        (&json!("canceled"), &shown["invoices"])
    );
    let other = done(&location, 200, "POST", "/invoices/schedule", &wanted).await;
    let target = format!("/invoices/schedule/{}?{}", id_of(&other), location.alt());
    done(&location, 200, "DELETE", &target, &Value::Null).await;
}

#[tokio::test]
async fn what_is_done_to_estimates_is_answered() {
    let location = spoilt().await;
    let estimate = super::estimates::estimate(&location);
    let made = done(&location, 201, "POST", "/invoices/estimate", &estimate).await;
    let path = format!("/invoices/estimate/{}", id_of(&made));
    let edited = done(&location, 200, "PUT", &path, &estimate).await;
    assert_eq!((&edited["_id"], &edited["__v"]), (&made["_id"], &json!(1)));
    let send = json!({"action": "email", "liveMode": true, "userId": "user-1"});
    done(&location, 201, "POST", &format!("{path}/send"), &send).await;
    let visited = json!({"estimateId": made["_id"]});
    done(
        &location,
        200,
        "PATCH",
        "/invoices/estimate/stats/last-visited-at",
        &visited,
    )
    .await;
    let mark = json!({"markAsInvoiced": true});
    let both = done(&location, 200, "POST", &format!("{path}/invoice"), &mark).await;
    assert_eq!(both["estimate"]["estimateStatus"], "invoiced");
    assert_eq!(both["invoice"]["total"], made["total"]);
    let gone = done(
        &location,
        200,
        "DELETE",
        &format!("{path}?{}", location.alt()),
        &Value::Null,
    )
    .await;
    assert_eq!(
        (&gone["deleted"], &gone["estimateStatus"]),
        (&json!(true), &json!("invoiced"))
    );
    assert_eq!(customers(&location).await, 1);
}

#[tokio::test]
async fn a_refusal_leaves_no_contact() {
    let location = Location::new().await;
    let mut order = location.order();
    order["invoiceNumber"] = json!("77");
    let first = location.draft_of(&order).await;
    assert_eq!(customers(&location).await, 1);
    order["contactDetails"]["id"] = json!("somebody-new");
    let taken = location.send("POST", "/invoices/", &order.to_string()).await;
    assert_bad_request(&taken, "Invoice number 77 is already in use");
    let mut text2pay = order.clone();
    text2pay["action"] = json!("send");
    text2pay["userId"] = json!("user-1");
    let taken = location.send("POST", "/invoices/text2pay", &text2pay.to_string()).await;
    assert_bad_request(&taken, "Invoice number 77 is already in use");
    location.act(&first, "record-payment", json!({"mode": "cash"})).await;
    text2pay["id"] = json!(first);
    let paid = location.send("POST", "/invoices/text2pay", &text2pay.to_string()).await;
    assert_bad_request(&paid, "Can not update paid invoice");
    let mut edit = location.alt_body();
    for name in ["name", "currency", "issueDate", "dueDate", "contactDetails"] {
        edit[name] = order[name].clone();
    }
    edit["invoiceItems"] = order["items"].clone();
    let paid = location
        .send("PUT", &format!("/invoices/{first}"), &edit.to_string())
        .await;
    assert_bad_request(&paid, "Can not update paid invoice");
    assert_eq!(customers(&location).await, 1);
}

#[tokio::test]
async fn one_contact_of_orders_that_come_at_once() {
    let location = Location::new().await;
    let order = location.order().to_string();
    let send = || location.send("POST", "/invoices/", &order);
    let (a, b, c, d, e) = tokio::join!(send(), send(), send(), send(), send());
    assert_eq!([a.status, b.status, c.status, d.status, e.status], [201; 5]);
    assert_eq!(customers(&location).await, 1);
}

#[tokio::test]
async fn a_refresh_that_was_spent_is_answered() {
    let location = spoilt().await;
    let (id, secret) = location.world.token.rsplit_once('_').unwrap();
    let mut ask = json!({"client_id": id, "client_secret": secret, "grant_type": "client_credentials"});
    for _ in 0..2 {
        let headers = [("content-type", "application/json")];
        let world = &location.world;
        let granted = trouble::send_with(world, "POST", "/oauth/token", &headers, &ask.to_string()).await;
        let said = body_of(&granted);
        assert_eq!((granted.status, &said["expires_in"]), (200, &json!(86_400)), "{said}");
        ask["grant_type"] = json!("refresh_token");
        ask["refresh_token"] = said["refresh_token"].clone();
    }
}
