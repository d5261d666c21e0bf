//! Edits: `PUT`, late fees, and that somebody looked. What the request leaves out stays.

use quittance_accounting::issuing::NumberChoice;
use quittance_accounting::money::Amount;
use quittance_accounting::snapshot::Named;
use quittance_books::input::{InvoiceEdit, InvoiceInput};
use quittance_books::view::InvoiceView;
use serde_json::{Value, json};

use super::{Location, NO_INVOICE, assert_bad_request, named, send_members};
use crate::golden::{Transcript, check_text, json as body_of};
use crate::schema::assert_valid;

/// The least that an update must hold.
fn update(location: &Location, items: Value) -> Value {
    let mut update = location.alt_body();
    update["name"] = json!("April support");
    update["currency"] = json!("USD");
    update["issueDate"] = json!("2026-03-11");
    update["dueDate"] = json!("2026-04-10");
    update["invoiceItems"] = items;
    update
}

pub fn late_fees() -> Value {
    json!({"lateFeesConfiguration": {
        "enable": true, "value": 10, "type": "fixed", "frequency": {"intervalCount": 1, "interval": "month"},
        "grace": {"intervalCount": 3, "interval": "day"}, "maxLateFees": {"type": "fixed", "value": 50},
    }})
}

fn hours(count: i64) -> Value {
    json!([{"name": "Support hour", "currency": "USD", "amount": 50, "qty": count}])
}

async fn put(location: &Location, id: &str, body: &Value) -> (u16, Value) {
    let response = location
        .send("PUT", &format!("/invoices/{id}"), &body.to_string())
        .await;
    (response.status, body_of(&response))
}

#[tokio::test]
async fn a_draft_is_updated_and_what_is_left_out_stays() {
    let location = Location::new().await;
    let id = location.draft().await;
    let mut transcript = Transcript::new("highlevel/update");
    let target = format!("/invoices/{id}");
    let body = update(&location, hours(2));
    let response = location
        .say(&mut transcript, "the least", "PUT", &target, &body.to_string())
        .await;
    assert_eq!(response.status, 200);
    let updated = body_of(&response);
    assert_valid("highlevel", "UpdateInvoiceResponseDto", &updated);
    // 100 less the 10 % that were agreed on.
    assert_eq!(
        (&updated["total"], &updated["discount"]["value"]),
        (&json!(90), &json!(10))
    );
    assert_eq!((&updated["invoiceNumber"], &updated["_id"]), (&json!(1), &json!(id)));
    assert_eq!(updated["contactDetails"]["email"], json!("alex@example.com"));
    assert_eq!(updated["sentTo"], json!({"email": ["alex@example.com"]}));

    let mut all = update(&location, updated["invoiceItems"].clone());
    for (name, value) in [
        ("title", json!("RECHNUNG")),
        ("description", json!("second half")),
        ("invoiceNumberPrefix", json!("R-")),
        ("discount", json!({"type": "fixed", "value": 0})),
        ("liveMode", json!(false)),
        ("termsNotes", json!("net 30")),
        ("businessDetails", json!({"name": "Acme West"})),
        ("xeroDetails", json!({"id": "x"})),
        (
            "contactDetails",
            json!({"id": "kim", "name": "Kim", "phoneNo": "", "email": "kim@example.com"}),
        ),
    ] {
        all[name] = value;
    }
    let response = location
        .say(&mut transcript, "all", "PUT", &target, &all.to_string())
        .await;
    let updated = body_of(&response);
    assert_eq!((response.status, &updated["total"]), (200, &json!(100)));
    assert_eq!(
        (&updated["invoiceNumber"], &updated["invoiceNumberPrefix"]),
        (&json!(1), &json!("R-"))
    );
    let mut again = update(&location, hours(2));
    again["contactId"] = json!("c6tZZU0rJBf30ZXx9Gli");
    again["invoiceNumber"] = json!("77");
    let response = location
        .say(
            &mut transcript,
            "another contact and number",
            "PUT",
            &target,
            &again.to_string(),
        )
        .await;
    let updated = body_of(&response);
    assert_eq!(
        (response.status, &updated["contactDetails"]["name"]),
        (200, &json!("Alex"))
    );
    assert_eq!(updated["invoiceNumberPrefix"], json!("R-"));
    transcript.check();
    let read = body_of(&location.send("GET", &location.at(&id), "").await);
    assert_eq!((&read["title"], &read["liveMode"]), (&json!("RECHNUNG"), &json!(false)));
}

#[tokio::test]
async fn what_was_sent_is_posted_anew_and_never_below_what_was_paid() {
    let location = Location::new().await;
    let sent = location.sent().await;
    let (status, updated) = put(&location, &sent, &update(&location, hours(4))).await;
    assert_eq!(
        (status, &updated["status"], &updated["total"]),
        (200, &json!("sent"), &json!(180))
    );
    let part = location.paid(Some("100")).await;
    let mut transcript = Transcript::new("highlevel/update_refused");
    let less = update(&location, hours(1)).to_string();
    let target = format!("/invoices/{part}");
    let response = location
        .say(&mut transcript, "less than was paid", "PUT", &target, &less)
        .await;
    assert_bad_request(&response, "Total is less than the amount paid");
    let mut other = update(&location, hours(4));
    other["contactDetails"] = json!({"id": "kim", "name": "Kim", "phoneNo": "", "email": "kim@example.com"});
    let response = location
        .say(&mut transcript, "another contact", "PUT", &target, &other.to_string())
        .await;
    assert_bad_request(&response, "Contact can not be changed, invoice has payments");
    let (status, updated) = put(&location, &part, &update(&location, hours(4))).await;
    assert_eq!(
        (status, &updated["status"], &updated["amountDue"]),
        (200, &json!("partially_paid"), &json!(80))
    );

    let more = update(&location, hours(4)).to_string();
    let paid = location.paid(None).await;
    let void = location.sent().await;
    location.act(&void, "void", json!({})).await;
    let gone = location.draft().await;
    location.send("DELETE", &location.at(&gone), "").await;
    for (title, id, message) in [
        ("paid", paid.as_str(), "Can not update paid invoice"),
        ("void", &void, "Can not update void invoice"),
        ("deleted", &gone, NO_INVOICE),
        ("unknown", "6578278e879ad2646715ba9c", NO_INVOICE),
        ("malformed", "inv1", NO_INVOICE),
    ] {
        let target = format!("/invoices/{id}");
        let response = location.say(&mut transcript, title, "PUT", &target, &more).await;
        assert_bad_request(&response, message);
    }
    let draft = location.draft().await;
    let target = format!("/invoices/{draft}");
    let mut unknown = update(&location, hours(1));
    unknown["contactId"] = json!("nobody");
    let response = location
        .say(
            &mut transcript,
            "an unknown contact",
            "PUT",
            &target,
            &unknown.to_string(),
        )
        .await;
    assert_bad_request(&response, "Unable to find the contact nobody");
    let mut taken = update(&location, hours(1));
    taken["invoiceNumber"] = json!("1");
    let response = location
        .say(
            &mut transcript,
            "a number that is taken",
            "PUT",
            &target,
            &taken.to_string(),
        )
        .await;
    assert_bad_request(&response, "Invoice number 1 is already in use");
    transcript.check();
    assert_eq!(location.status(&draft).await, "draft");
}

#[tokio::test]
async fn updates_in_closed_periods() {
    let location = Location::new().await;
    let sent = location.sent().await;
    let context = location.world.context(location.world.book);
    let through = "2026-03-14".parse().unwrap();
    location.world.app.books.close_period(&context, through).await.unwrap();
    let before = location.state().await;
    let target = format!("/invoices/{sent}");
    let body = update(&location, hours(4)).to_string();
    let response = location.send("PUT", &target, &body).await;
    assert_bad_request(
        &response,
        "The books are closed through 2026-03-14, nothing can be posted on 2026-03-10",
    );
    assert_eq!(location.state().await, before);
    // Another due day posts nothing anew, and would change what the aging says of closed days. Other words change nothing.
    let mut same = update(&location, location.order()["items"].clone());
    same["issueDate"] = json!("2026-03-10");
    let (status, refused) = put(&location, &sent, &same).await;
    assert_eq!(status, 400, "{refused}");
    same["dueDate"] = location.order()["dueDate"].clone();
    let (status, updated) = put(&location, &sent, &same).await;
    assert_eq!((status, &updated["name"]), (200, &json!("April support")), "{updated}");
}

#[tokio::test]
async fn wrong_updates_are_422_and_leave_nothing() {
    let location = Location::new().await;
    let id = location.draft().await;
    let fine = update(&location, hours(1));
    let head = location.world.app.books.head(location.world.book).await.unwrap();
    let mut problems = String::new();
    for (name, value) in [
        ("surprise", json!(1)),
        ("items", hours(1)),
        ("sentTo", json!({"email": []})),
        ("lateFeesConfiguration", json!({})),
        ("name", json!("")),
        ("currency", json!("EUR")),
        ("currency", json!("dollars")),
        ("dueDate", json!(null)),
        ("issueDate", json!("yesterday")),
        ("invoiceItems", json!([])),
        (
            "invoiceItems",
            json!([{"name": "x", "currency": "EUR", "amount": 1, "qty": 1}]),
        ),
        (
            "invoiceItems",
            json!([{"name": "x", "currency": "USD", "amount": "1", "qty": 1}]),
        ),
        ("invoiceNumber", json!(7)),
        ("invoiceNumber", json!("9".repeat(16))),
        ("contactId", json!(7)),
        ("contactDetails", json!({"id": "x"})),
        ("discount", json!({"value": 101})),
        ("discount", json!({"type": "fixed", "value": 51})),
        ("miscellaneousCharges", json!({"charges": [1]})),
        ("liveMode", json!("yes")),
        ("xeroDetails", json!("x")),
    ] {
        let mut body = fine.clone();
        body[name] = value;
        let (status, body) = put(&location, &id, &body).await;
        assert_eq!(status, 422, "{name}: {body}");
        assert_valid("highlevel", "UnprocessableDTO", &body);
        problems.push_str(&format!("{name}: {}\n", body["message"]));
    }
    assert_eq!(location.world.app.books.head(location.world.book).await.unwrap(), head);
    check_text("highlevel/wrong_updates.txt", &problems);
}

#[tokio::test]
async fn late_fees_are_written_down() {
    let location = Location::new().await;
    let id = location.draft().await;
    let mut transcript = Transcript::new("highlevel/late_fees");
    let target = format!("/invoices/{id}/late-fees-configuration");
    let body = location.with(late_fees());
    let response = location
        .say(&mut transcript, "of a draft", "PATCH", &target, &body)
        .await;
    let shown = body_of(&response);
    assert_valid("highlevel", "UpdateInvoiceResponseDto", &shown);
    assert_eq!(shown["lateFeesConfiguration"], late_fees()["lateFeesConfiguration"]);
    let sent = location.sent().await;
    let of_sent = format!("/invoices/{sent}/late-fees-configuration");
    let response = location
        .say(&mut transcript, "of what was sent", "PATCH", &of_sent, &body)
        .await;
    assert_eq!(
        (response.status, &body_of(&response)["amountDue"]),
        (200, &json!(116.91))
    );
    for (title, status, target, body) in [
        ("unknown", 400, "/invoices/6578278e879ad2646715ba9c/late-fees-configuration", body.as_str()),
        ("nothing", 422, target.as_str(), "{}"),
        ("no frequency", 422, &target, &location.with(json!({"lateFeesConfiguration": {"enable": true, "value": 1, "type": "fixed"}}))),
        ("a strange interval", 422, &target, &location.with(json!({"lateFeesConfiguration": {"enable": true, "value": 1, "type": "fixed", "frequency": {"intervalCount": 1.5, "interval": "year"}}}))),
    ] {
        let response = location.say(&mut transcript, title, "PATCH", target, body).await;
        assert_eq!(response.status, status, "{title}");
    }
    transcript.check();
    let read = body_of(&location.send("GET", &location.at(&id), "").await);
    assert_eq!(read["lateFeesConfiguration"]["value"], json!(10));
    assert_eq!(read["invoiceNumber"], json!(1));
}

#[tokio::test]
async fn that_somebody_looked_is_written_down() {
    let location = Location::new().await;
    let id = location.sent().await;
    location.world.pass_seconds(60);
    let mut transcript = Transcript::new("highlevel/last_visited");
    let target = "/invoices/stats/last-visited-at";
    for (title, status, body) in [
        ("an invoice", 200, json!({"invoiceId": id})),
        (
            "with its location",
            200,
            json!({"invoiceId": id, "altId": location.id, "altType": "location"}),
        ),
        (
            "with another location",
            403,
            json!({"invoiceId": id, "altId": "nowhere"}),
        ),
        ("unknown", 400, json!({"invoiceId": "6578278e879ad2646715ba9c"})),
        ("malformed", 400, json!({"invoiceId": "inv1"})),
        ("none", 422, json!({})),
        ("no text", 422, json!({"invoiceId": 7})),
    ] {
        let response = location
            .say(&mut transcript, title, "PATCH", target, &body.to_string())
            .await;
        assert_eq!(response.status, status, "{title}");
    }
    let response = location
        .say(&mut transcript, "read", "GET", &location.at(&id), "")
        .await;
    assert_eq!(body_of(&response)["lastVisitedAt"], json!("2026-03-15T12:01:00.000Z"));
    transcript.check();
}

/// A draft of another dialect, much like one of ours.
async fn foreign(location: &Location, like: &InvoiceView, customer: Option<Named>) -> InvoiceView {
    let edit = InvoiceEdit::of(like);
    let mut lines = edit.lines.clone();
    lines[0].discount = Amount::ZERO;
    let input = InvoiceInput {
        rate: None,
        customer,
        currency: like.invoice.currency,
        number: NumberChoice::Explicit("FOREIGN-0012".to_owned()),
        external_id: Some("theirs".to_owned()),
        invoice_date: Some(edit.invoice_date),
        due: edit.due,
        sent_at: None,
        issue: false,
        lines,
        discount: Amount::new(2_000).unwrap(),
        taxes: Vec::new(),
        tip: Amount::new(300).unwrap(),
        content: Default::default(),
    };
    let context = location.world.context(location.world.book);
    let books = &location.world.app.books;
    let made = books.create_invoice(&context, &super::lifecycle::OTHER, input, None);
    made.await.unwrap()
}

/// Another dialect's invoice of nobody is shown with a contact of empty texts, which says the same when it is handed back, and nothing else does.
#[tokio::test]
async fn an_invoice_of_nobody_stays_one_until_somebody_is_named() {
    let location = Location::new().await;
    let books = &location.world.app.books;
    let own = location.draft().await;
    let own = books.invoice(location.world.book, &named(&own)).await.unwrap().unwrap();
    let id = foreign(&location, &own, None).await.invoice.id.hex();
    let shown = body_of(&location.send("GET", &location.at(&id), "").await);
    assert_eq!(shown["contactDetails"]["id"], json!(""));
    let mut edit = update(&location, shown["invoiceItems"].clone());
    edit["contactDetails"] = shown["contactDetails"].clone();
    let mut text = edit.clone();
    text["items"] = text.as_object_mut().unwrap().remove("invoiceItems").unwrap();
    text["action"] = json!("draft");
    text["userId"] = json!("user-1");
    text["sentTo"] = json!({"email": []});
    text["liveMode"] = json!(true);
    let new = text.clone();
    text["id"] = json!(id);
    for round in ["once", "twice"] {
        let (status, updated) = put(&location, &id, &edit).await;
        assert_eq!(
            (status, &updated["contactDetails"]),
            (200, &shown["contactDetails"]),
            "{round} {updated}"
        );
        let texted = location.send("POST", "/invoices/text2pay", &text.to_string()).await;
        assert_eq!(
            (texted.status, &body_of(&texted)["invoice"]["contactDetails"]),
            (200, &shown["contactDetails"])
        );
        let view = books.invoice(location.world.book, &named(&id)).await.unwrap().unwrap();
        assert_eq!(
            (view.invoice.customer, view.invoice.total.minor()),
            (None, 11_191),
            "{round}"
        );
    }
    // It names nobody to make an invoice for, and with a word changed nobody either, nor for an invoice of somebody.
    let head = books.head(location.world.book).await.unwrap();
    let no_id = json!([
        "contactDetails.id should not be empty",
        "contactDetails.name should not be empty"
    ]);
    let made = location.send("POST", "/invoices/text2pay", &new.to_string()).await;
    assert_eq!((made.status, &body_of(&made)["message"]), (422, &no_id));
    let mut changed = edit.clone();
    changed["contactDetails"]["email"] = json!("kim@example.com");
    let (status, refused) = put(&location, &id, &changed).await;
    assert_eq!((status, &refused["message"]), (422, &no_id));
    changed["contactDetails"]["name"] = json!("Kim");
    let (status, refused) = put(&location, &id, &changed).await;
    assert_eq!((status, &refused["message"]), (422, &json!([no_id[0]])));
    let (status, refused) = put(&location, &own.invoice.id.hex(), &edit).await;
    assert_eq!((status, &refused["message"]), (422, &no_id));
    assert_eq!(books.head(location.world.book).await.unwrap(), head);
    changed["contactDetails"]["id"] = json!("kim");
    let (status, updated) = put(&location, &id, &changed).await;
    assert_eq!((status, &updated["contactDetails"]), (200, &changed["contactDetails"]));
    let view = books.invoice(location.world.book, &named(&id)).await.unwrap().unwrap();
    assert_eq!(view.customer.unwrap().content.name, "Kim");
}

#[tokio::test]
async fn an_invoice_of_another_dialect_is_updated() {
    let location = Location::new().await;
    let books = &location.world.app.books;
    let own = location.draft().await;
    let view = books.invoice(location.world.book, &named(&own)).await.unwrap().unwrap();
    let made = foreign(&location, &view, InvoiceEdit::of(&view).customer).await;
    let id = made.invoice.id.hex();
    let shown = body_of(&location.send("GET", &location.at(&id), "").await);
    // 120 less 20, plus the tax that was 8.91, plus the tip.
    assert_eq!(
        (&shown["total"], &shown["invoiceNumberPrefix"]),
        (&json!(111.91), &json!("FOREIGN-"))
    );
    let noted = location.with(late_fees());
    let target = format!("/invoices/{id}/late-fees-configuration");
    assert_eq!(location.send("PATCH", &target, &noted).await.status, 200);
    let mut items = shown["invoiceItems"].clone();
    items[0]["taxes"] = json!([]);
    let (status, updated) = put(&location, &id, &update(&location, items)).await;
    // The discount and the tip stay.
    assert_eq!((status, &updated["total"]), (200, &json!(103)), "{updated}");
    assert_eq!(
        (&updated["invoiceNumber"], &updated["invoiceNumberPrefix"]),
        (&json!(12), &json!("FOREIGN-"))
    );
    let after = books.invoice(location.world.book, &named(&id)).await.unwrap().unwrap();
    assert_eq!(after.invoice.number.as_deref(), Some("FOREIGN-0012"));
    assert_eq!(after.invoice.external_id.as_deref(), Some("theirs"));
    assert_eq!(after.lines[0].account, made.lines[0].account);
    location.act(&id, "send", send_members()).await;
}
