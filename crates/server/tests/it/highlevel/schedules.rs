//! Schedules: kept, started, carried out when the clock says so, ended.

use quittance_server::dialects::highlevel::run_due;
use serde_json::{Value, json};

use super::{Location, assert_bad_request};
use crate::golden::{Transcript, check_text, json as body_of};
use crate::schema::assert_valid;

const NO_SCHEDULE: &str = "Unable to find a schedule with the given schedule id";

/// Every month from the 16th of March on, three times; the first with a setup fee.
pub fn schedule(location: &Location) -> Value {
    let order = location.order();
    let mut schedule = location.alt_body();
    for name in [
        "name",
        "businessDetails",
        "currency",
        "items",
        "discount",
        "contactDetails",
        "liveMode",
    ] {
        schedule[name] = order[name].clone();
    }
    let setup = json!({"name": "Setup", "currency": "USD", "amount": 50, "qty": 1, "isSetupFeeItem": true});
    schedule["items"].as_array_mut().unwrap().push(setup);
    schedule["schedule"] = json!({"rrule": {
        "intervalType": "monthly", "interval": 1, "startDate": "2026-03-16", "startTime": "09:00:00", "endType": "after", "count": 3,
    }});
    schedule
}

async fn made(location: &Location, schedule: &Value) -> String {
    let response = location
        .send("POST", "/invoices/schedule/", &schedule.to_string())
        .await;
    assert_eq!(response.status, 200, "{}", String::from_utf8_lossy(&response.body));
    body_of(&response)["_id"].as_str().unwrap().to_owned()
}

async fn act(location: &Location, id: &str, action: &str, more: Value) -> (u16, Value) {
    let target = format!("/invoices/schedule/{id}/{action}");
    let response = location.send("POST", &target, &location.with(more)).await;
    (response.status, body_of(&response))
}

async fn read(location: &Location, id: &str) -> Value {
    let target = format!("/invoices/schedule/{id}?{}", location.alt());
    body_of(&location.send("GET", &target, "").await)
}

/// The dates on which the invoices of a schedule are dated and due.
fn dates(schedule: &Value) -> Vec<(String, String)> {
    let text = |invoice: &Value, name: &str| invoice[name].as_str().unwrap().to_owned();
    let invoices = schedule["invoices"].as_array().unwrap().iter();
    invoices
        .map(|invoice| (text(invoice, "issueDate"), text(invoice, "dueDate")))
        .collect()
}

#[tokio::test]
async fn the_life_of_a_schedule() {
    let location = Location::new().await;
    let mut transcript = Transcript::new("highlevel/schedules");
    let order = schedule(&location).to_string();
    let created = location
        .say(&mut transcript, "create", "POST", "/invoices/schedule", &order)
        .await;
    let created = body_of(&created);
    assert_valid("highlevel", "CreateInvoiceScheduleResponseDto", &created);
    // 170 less 10 %, plus 8.25 % tax on 108 of it.
    assert_eq!(
        (&created["status"], &created["total"]),
        (&json!("draft"), &json!(161.91))
    );
    let id = created["_id"].as_str().unwrap();
    let target = format!("/invoices/schedule/{id}");
    let at = format!("{target}?{}", location.alt());
    let mut update = schedule(&location);
    update["name"] = json!("Retainer");
    update["termsNotes"] = json!("net 14");
    let updated = location
        .say(&mut transcript, "update", "PUT", &target, &update.to_string())
        .await;
    assert_valid("highlevel", "UpdateInvoiceScheduleResponseDto", &body_of(&updated));
    let pays = location.with(
        json!({"id": id, "autoPayment": {"enable": true, "type": "card", "card": {"brand": "visa", "last4": "4242"}}}),
    );
    let payment = location
        .say(
            &mut transcript,
            "auto-payment",
            "POST",
            &format!("{target}/auto-payment"),
            &pays,
        )
        .await;
    assert_eq!(payment.status, 200);
    let start = location.with(json!({"liveMode": true}));
    let started = location
        .say(&mut transcript, "start", "POST", &format!("{target}/schedule"), &start)
        .await;
    let started = body_of(&started);
    assert_valid("highlevel", "ScheduleInvoiceScheduleResponseDto", &started);
    assert_eq!(
        (&started["status"], &started["invoices"]),
        (&json!("scheduled"), &json!([]))
    );

    // It is noon of the 15th: nothing is due before nine of the 16th.
    let app = &location.world.app;
    assert_eq!(run_due(app).await.unwrap(), 0);
    location.world.pass_seconds(21 * 3_600);
    assert_eq!(run_due(app).await.unwrap(), 1);
    assert_eq!(run_due(app).await.unwrap(), 0, "once is enough");
    let shown = location
        .say(&mut transcript, "read after the first", "GET", &at, "")
        .await;
    let shown = body_of(&shown);
    assert_valid("highlevel", "GetScheduleResponseDto", &shown);
    assert_eq!(
        (&shown["status"], &shown["invoices"][0]["status"]),
        (&json!("active"), &json!("sent"))
    );
    assert_eq!(shown["invoices"][0]["total"], json!(161.91));
    let anew = location
        .say(
            &mut transcript,
            "start anew",
            "POST",
            &format!("{target}/updateAndSchedule"),
            "",
        )
        .await;
    assert_eq!((anew.status, &body_of(&anew)["status"]), (200, &json!("active")));
    let refused = location
        .say(&mut transcript, "delete while it runs", "DELETE", &at, "")
        .await;
    assert_bad_request(&refused, "Can not delete active schedule");

    // Two months at once: both are made, each of its own day, without the setup fee.
    location.world.pass_seconds(70 * 86_400);
    assert_eq!(run_due(app).await.unwrap(), 2);
    let shown = location
        .say(&mut transcript, "read after the last", "GET", &at, "")
        .await;
    let shown = body_of(&shown);
    assert_eq!(
        (&shown["status"], &shown["invoices"][2]["total"]),
        (&json!("completed"), &json!(116.91))
    );
    let expected = ["2026-03-16", "2026-04-16", "2026-05-16"].map(|day| (day.to_owned(), day.to_owned()));
    assert_eq!(dates(&shown), expected);
    for (title, method, target, body, message) in [
        (
            "delete what sent invoices",
            "DELETE",
            at.clone(),
            String::new(),
            "Can not delete schedule that has sent invoices",
        ),
        (
            "cancel what is completed",
            "POST",
            format!("{target}/cancel"),
            location.with(json!({})),
            "Can not cancel completed schedule",
        ),
        (
            "start what is completed",
            "POST",
            format!("{target}/schedule"),
            start.clone(),
            "Can not schedule completed schedule",
        ),
        (
            "start anew what is completed",
            "POST",
            format!("{target}/updateAndSchedule"),
            String::new(),
            "Can not update completed schedule",
        ),
        (
            "update what is completed",
            "PUT",
            target.clone(),
            update.to_string(),
            "Can not update completed schedule",
        ),
        (
            "pay what is completed",
            "POST",
            format!("{target}/auto-payment"),
            pays.clone(),
            "Can not update completed schedule",
        ),
    ] {
        let response = location.say(&mut transcript, title, method, &target, &body).await;
        assert_bad_request(&response, message);
    }
    transcript.check();
    let list = format!("/invoices/?{}&limit=9&offset=0&status=sent", location.alt());
    assert_eq!(
        body_of(&location.send("GET", &list, "").await)["total"],
        json!(3),
        "invoices like any other"
    );
}

#[tokio::test]
async fn ended_and_deleted() {
    let location = Location::new().await;
    let mut transcript = Transcript::new("highlevel/schedule_ends");
    let draft = made(&location, &schedule(&location)).await;
    let cancel = |id: &str| format!("/invoices/schedule/{id}/cancel");
    let alt = location.alt_body().to_string();
    let response = location
        .say(&mut transcript, "cancel a draft", "POST", &cancel(&draft), &alt)
        .await;
    assert_bad_request(&response, "Can not cancel draft schedule");
    let started = made(&location, &schedule(&location)).await;
    act(&location, &started, "schedule", json!({"liveMode": true})).await;
    let twice = act(&location, &started, "schedule", json!({"liveMode": true})).await;
    assert_eq!(
        (twice.0, &twice.1["message"]),
        (400, &json!("Can not schedule scheduled schedule"))
    );
    let canceled = made(&location, &schedule(&location)).await;
    act(&location, &canceled, "schedule", json!({"liveMode": true})).await;
    let response = location
        .say(&mut transcript, "cancel what waits", "POST", &cancel(&canceled), &alt)
        .await;
    assert_valid("highlevel", "CancelInvoiceScheduleResponseDto", &body_of(&response));
    assert_eq!(body_of(&response)["status"], json!("canceled"));
    let response = location
        .say(&mut transcript, "cancel twice", "POST", &cancel(&canceled), &alt)
        .await;
    assert_bad_request(&response, "Can not cancel canceled schedule");
    for (title, id) in [
        ("delete a draft", &draft),
        ("delete what waits", &started),
        ("delete what was canceled", &canceled),
    ] {
        let at = format!("/invoices/schedule/{id}?{}", location.alt());
        let response = location.say(&mut transcript, title, "DELETE", &at, "").await;
        assert_eq!(
            (response.status, body_of(&response)),
            (200, json!({"success": true})),
            "{title}"
        );
        let response = location.say(&mut transcript, "read it", "GET", &at, "").await;
        assert_bad_request(&response, NO_SCHEDULE);
    }
    let more = [
        (
            "PUT",
            format!("/invoices/schedule/{draft}"),
            schedule(&location).to_string(),
        ),
        (
            "DELETE",
            format!("/invoices/schedule/{draft}?{}", location.alt()),
            String::new(),
        ),
        (
            "POST",
            format!("/invoices/schedule/{draft}/schedule"),
            location.with(json!({"liveMode": true})),
        ),
        (
            "POST",
            format!("/invoices/schedule/{draft}/updateAndSchedule"),
            String::new(),
        ),
        (
            "POST",
            format!("/invoices/schedule/{draft}/auto-payment"),
            location.with(json!({"id": draft, "autoPayment": {"enable": false}})),
        ),
        ("POST", cancel("inv1"), alt.clone()),
    ];
    for (method, target, body) in more {
        let response = location
            .say(&mut transcript, "what is gone or never was", method, &target, &body)
            .await;
        assert_bad_request(&response, NO_SCHEDULE);
    }
    transcript.check();
    location.world.pass_seconds(400 * 86_400);
    assert_eq!(
        run_due(&location.world.app).await.unwrap(),
        0,
        "none of them makes anything any more"
    );
}

#[tokio::test]
async fn what_is_due_when_it_is_started_is_made_at_once() {
    let location = Location::new().await;
    let body = location.with(json!({"dueAfterXDays": 14}));
    location.send("PUT", "/invoices/settings", &body).await;
    let mut today = schedule(&location);
    today["schedule"] = json!({"rrule": {"intervalType": "weekly", "interval": 1, "startDate": "2026-03-01"}});
    let id = made(&location, &today).await;
    let (_, started) = act(&location, &id, "updateAndSchedule", json!({})).await;
    // What lies before the day of the start is not made up for.
    assert_eq!(dates(&started), [("2026-03-15".to_owned(), "2026-03-29".to_owned())]);
    assert_eq!(started["status"], json!("active"));
    let mut once = schedule(&location);
    once["schedule"] = json!({"executeAt": "2026-03-15T08:00:00Z"});
    let id = made(&location, &once).await;
    let (_, started) = act(&location, &id, "schedule", json!({"liveMode": false})).await;
    assert_eq!(
        (&started["status"], &started["invoices"][0]["liveMode"]),
        (&json!("completed"), &json!(false))
    );
    let mut past = schedule(&location);
    past["schedule"] = json!({"executeAt": "2026-03-14T08:00:00Z"});
    let id = made(&location, &past).await;
    let (status, refused) = act(&location, &id, "schedule", json!({"liveMode": true})).await;
    assert_eq!(
        (status, &refused["message"]),
        (400, &json!("Schedule has no execution left"))
    );
    assert_eq!(read(&location, &id).await["status"], json!("draft"));
}

#[tokio::test]
async fn a_change_of_what_runs_counts_from_the_next_on() {
    let location = Location::new().await;
    let id = made(&location, &schedule(&location)).await;
    act(&location, &id, "schedule", json!({"liveMode": true})).await;
    location.world.pass_seconds(86_400);
    assert_eq!(run_due(&location.world.app).await.unwrap(), 1);
    let mut update = schedule(&location);
    update["items"].as_array_mut().unwrap()[0]["qty"] = json!(1);
    update["schedule"]["rrule"]["intervalType"] = json!("daily");
    update["contactDetails"] = json!({"id": "kim", "name": "Kim", "phoneNo": "", "email": "kim@example.com"});
    let target = format!("/invoices/schedule/{id}");
    let response = location.send("PUT", &target, &update.to_string()).await;
    assert_eq!(
        (response.status, &body_of(&response)["status"]),
        (200, &json!("active"))
    );
    location.world.pass_seconds(86_400);
    assert_eq!(run_due(&location.world.app).await.unwrap(), 1);
    let shown = read(&location, &id).await;
    assert_eq!(shown["invoices"][1]["total"], json!(38.97));
    assert_eq!(shown["invoices"][1]["contactDetails"]["name"], json!("Kim"));
    // An end that lies behind completes it.
    update["schedule"]["rrule"] = json!({"intervalType": "daily", "interval": 1, "startDate": "2026-03-16", "endType": "by", "endDate": "2026-03-17"});
    let response = location.send("PUT", &target, &update.to_string()).await;
    assert_eq!(body_of(&response)["status"], json!("completed"));
}

#[tokio::test]
async fn a_closed_period_and_a_refusal_hold_nothing_up() {
    let location = Location::new().await;
    let world = &location.world;
    let id = made(&location, &schedule(&location)).await;
    act(&location, &id, "schedule", json!({"liveMode": true})).await;
    // The server was off for two days, and the day of the run was closed meanwhile.
    world.pass_seconds(3 * 86_400);
    let context = world.context(world.book);
    world
        .app
        .books
        .close_period(&context, "2026-03-17".parse().unwrap())
        .await
        .unwrap();
    // Another schedule cannot make its invoice: its texts grew with the settings beyond what an invoice may hold.
    let mut heavy = schedule(&location);
    let item = json!({"name": "Hour", "currency": "USD", "amount": 1, "qty": 1, "description": "t".repeat(60_000)});
    heavy["items"] = Value::Array(vec![item; 4]);
    heavy["schedule"] = json!({"rrule": {"intervalType": "daily", "interval": 1, "startDate": "2026-03-18"}});
    let stuck = made(&location, &heavy).await;
    let terms =
        location.with(json!({"tipsConfiguration": {"tipsEnabled": true, "tipsPercentage": ["t".repeat(60_000)]}}));
    assert_eq!(location.send("PUT", "/invoices/settings", &terms).await.status, 200);
    let (status, started) = act(&location, &stuck, "schedule", json!({"liveMode": true})).await;
    assert_eq!(
        (status, &started["status"]),
        (200, &json!("scheduled")),
        "what is due now waits too"
    );
    assert_eq!(run_due(&world.app).await.unwrap(), 1);
    let shown = read(&location, &id).await;
    assert_eq!(dates(&shown), [("2026-03-18".to_owned(), "2026-03-18".to_owned())]);
    let shown = read(&location, &stuck).await;
    assert_eq!(
        (&shown["status"], &shown["invoices"]),
        (&json!("scheduled"), &json!([]))
    );
    // As soon as it can, it does.
    let terms = location.with(json!({"tipsConfiguration": null}));
    location.send("PUT", "/invoices/settings", &terms).await;
    assert_eq!(run_due(&world.app).await.unwrap(), 1);
}

#[tokio::test]
async fn two_that_look_at_once_make_one_invoice() {
    let location = Location::new().await;
    let id = made(&location, &schedule(&location)).await;
    act(&location, &id, "schedule", json!({"liveMode": true})).await;
    location.world.pass_seconds(86_400);
    let app = &location.world.app;
    let (a, b, c) = tokio::join!(run_due(app), run_due(app), run_due(app));
    assert_eq!(a.unwrap() + b.unwrap() + c.unwrap(), 1);
    assert_eq!(dates(&read(&location, &id).await).len(), 1);
}

#[tokio::test]
async fn an_invoice_that_was_voided_stays_and_one_that_is_elsewhere_deleted_goes() {
    let location = Location::new().await;
    let id = made(&location, &schedule(&location)).await;
    act(&location, &id, "schedule", json!({"liveMode": true})).await;
    location.world.pass_seconds(40 * 86_400);
    assert_eq!(run_due(&location.world.app).await.unwrap(), 2);
    let shown = read(&location, &id).await;
    let invoices: Vec<&str> = (0..2)
        .map(|place| shown["invoices"][place]["_id"].as_str().unwrap())
        .collect();
    location.act(invoices[0], "void", json!({})).await;
    let context = location.world.context(location.world.book);
    let named = super::named(invoices[1]);
    let books = &location.world.app.books;
    books
        .delete_invoice(&context, &super::lifecycle::OTHER, named, Default::default())
        .await
        .unwrap();
    let shown = read(&location, &id).await;
    assert_eq!(shown["invoices"].as_array().unwrap().len(), 1);
    assert_eq!(shown["invoices"][0]["status"], json!("void"));
}

#[tokio::test]
async fn schedules_are_listed() {
    let location = Location::new().await;
    let mut ids = Vec::new();
    for name in ["Alpha", "Beta", "Gamma"] {
        let mut order = schedule(&location);
        order["name"] = json!(name);
        order["liveMode"] = json!(name != "Beta");
        ids.push(made(&location, &order).await);
    }
    act(&location, &ids[2], "schedule", json!({"liveMode": true})).await;
    let mut transcript = Transcript::new("highlevel/schedule_list");
    let cases: [(&str, &[usize], i64); 7] = [
        ("limit=2&offset=0", &[2, 1], 3),
        ("limit=2&offset=2", &[0], 3),
        ("limit=9&offset=0&status=scheduled", &[2], 1),
        ("limit=9&offset=0&status=active", &[], 0),
        ("limit=9&offset=0&paymentMode=test", &[1], 1),
        ("limit=9&offset=0&search=alex%40example.com", &[2, 1, 0], 3),
        ("limit=9&offset=0&startAt=2026-03-16", &[], 0),
    ];
    for (query, expected, total) in cases {
        let target = format!("/invoices/schedule?{}&{query}", location.alt());
        let response = location.say(&mut transcript, query, "GET", &target, "").await;
        let body = body_of(&response);
        assert_valid("highlevel", "ListSchedulesResponseDto", &body);
        let found: Vec<&str> = body["schedules"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["_id"].as_str().unwrap())
            .collect();
        let expected: Vec<&str> = expected.iter().map(|place| ids[*place].as_str()).collect();
        assert_eq!((found, &body["total"]), (expected, &json!(total)), "{query}");
    }
    transcript.check();
}

#[tokio::test]
async fn wrong_schedules_are_422_and_leave_nothing() {
    let location = Location::new().await;
    let head = location.world.app.books.head(location.world.book).await.unwrap();
    let rule = |more: Value| {
        let mut rule = json!({"intervalType": "daily", "interval": 1, "startDate": "2026-03-16"});
        for (name, value) in more.as_object().unwrap() {
            rule[name] = value.clone();
        }
        json!({"rrule": rule})
    };
    let setup = json!([{"name": "Setup", "currency": "USD", "amount": 50, "qty": 1, "isSetupFeeItem": true}]);
    let mut problems = String::new();
    for (name, value) in [
        ("surprise", json!(1)),
        ("issueDate", json!("2026-03-16")),
        ("contactDetails", json!(null)),
        ("liveMode", json!(null)),
        ("schedule", json!({})),
        ("schedule", json!({"executeAt": "tomorrow"})),
        ("schedule", rule(json!({"intervalType": "hourly"}))),
        ("schedule", rule(json!({"intervalType": "fortnightly"}))),
        ("schedule", rule(json!({"interval": 0}))),
        ("schedule", rule(json!({"interval": 1.5}))),
        ("schedule", rule(json!({"startDate": "16.03.2026"}))),
        ("schedule", rule(json!({"startTime": "25:00:00"}))),
        ("schedule", rule(json!({"endTime": "noon"}))),
        ("schedule", rule(json!({"dayOfMonth": 32}))),
        ("schedule", rule(json!({"dayOfWeek": "monday"}))),
        ("schedule", rule(json!({"numOfWeek": 5}))),
        ("schedule", rule(json!({"monthOfYear": "may "}))),
        ("schedule", rule(json!({"count": 0}))),
        ("schedule", rule(json!({"count": "5"}))),
        ("schedule", rule(json!({"endType": "after"}))),
        ("schedule", rule(json!({"endType": "by"}))),
        ("schedule", rule(json!({"endType": "sometime"}))),
        ("schedule", rule(json!({"daysBefore": -1}))),
        ("items", setup),
        ("discount", json!({"type": "fixed", "value": 150})),
    ] {
        let mut body = schedule(&location);
        body[name] = value.clone();
        let response = location.send("POST", "/invoices/schedule", &body.to_string()).await;
        assert_eq!(response.status, 422, "{name} {value}");
        assert_valid("highlevel", "UnprocessableDTO", &body_of(&response));
        problems.push_str(&format!("{name} {value}: {}\n", body_of(&response)["message"]));
    }
    assert_eq!(location.world.app.books.head(location.world.book).await.unwrap(), head);
    let id = made(&location, &schedule(&location)).await;
    for (action, more) in [
        ("schedule", json!({})),
        ("schedule", json!({"liveMode": true, "autoPayment": {}})),
        (
            "schedule",
            json!({"liveMode": true, "autoPayment": {"enable": true, "card": {}}}),
        ),
        ("auto-payment", json!({"id": id})),
        (
            "auto-payment",
            json!({"id": "another", "autoPayment": {"enable": true}}),
        ),
        ("cancel", json!({"reason": "x"})),
        ("updateAndSchedule", json!({"name": "x"})),
    ] {
        let (status, body) = act(&location, &id, action, more.clone()).await;
        assert_eq!(status, 422, "{action} {more}: {body}");
        problems.push_str(&format!("{action} {}\n", body["message"]));
    }
    check_text("highlevel/wrong_schedules.txt", &problems);
}
