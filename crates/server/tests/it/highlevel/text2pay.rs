//! Text2pay: an invoice made or edited, and sent in the same deed.

use quittance_accounting::book::Role;
use serde_json::{Value, json};

use super::{Location, NO_INVOICE, VERSION, assert_bad_request};
use crate::golden::{Transcript, json as body_of};
use crate::schema::assert_valid;

fn order(location: &Location, action: &str) -> Value {
    let mut order = location.order();
    for name in ["businessDetails", "discount", "dueDate"] {
        order.as_object_mut().unwrap().remove(name);
    }
    order["action"] = json!(action);
    order["userId"] = json!("user-1");
    order
}

#[tokio::test]
async fn made_edited_and_sent() {
    let location = Location::new().await;
    let mut transcript = Transcript::new("highlevel/text2pay");
    let target = "/invoices/text2pay";
    let draft = order(&location, "draft").to_string();
    let made = location.say(&mut transcript, "a draft", "POST", target, &draft).await;
    assert_eq!(made.status, 200);
    assert_valid("highlevel", "Text2PayInvoiceResponseDto", &body_of(&made));
    let made = body_of(&made);
    assert_eq!(made["invoice"]["status"], json!("draft"));
    let id = made["invoice"]["_id"].as_str().unwrap().to_owned();
    assert!(
        made["invoiceUrl"]
            .as_str()
            .unwrap()
            .ends_with(&format!("/invoices/{id}"))
    );

    let mut edit = order(&location, "draft");
    edit["id"] = json!(id);
    edit["items"][0]["qty"] = json!(1);
    let edited = location
        .say(&mut transcript, "edited", "POST", target, &edit.to_string())
        .await;
    assert_eq!(body_of(&edited)["invoice"]["total"], json!(43.3));
    edit["action"] = json!("send");
    edit["items"][0]["qty"] = json!(2);
    let sent = location
        .say(&mut transcript, "edited and sent", "POST", target, &edit.to_string())
        .await;
    let sent = body_of(&sent);
    assert_eq!(
        (&sent["invoice"]["status"], &sent["invoice"]["total"]),
        (&json!("sent"), &json!(86.6))
    );
    let body = location.with(json!({"termsNote": "net 14"}));
    location.send("PUT", "/invoices/settings", &body).await;
    let mut order = order(&location, "send");
    order["includeTermsNote"] = json!(true);
    let sent = location
        .say(&mut transcript, "made and sent", "POST", target, &order.to_string())
        .await;
    let sent = body_of(&sent);
    assert_eq!(
        (&sent["invoice"]["status"], &sent["invoice"]["termsNotes"]),
        (&json!("sent"), &json!("net 14"))
    );
    transcript.check();

    let page = made["invoiceUrl"].as_str().unwrap();
    let response = location.world.send("GET", page, &[], "").await;
    assert_eq!(response.status, 200, "the page is there");
    let named = [
        location.headers()[0],
        location.headers()[1],
        ("Host", "books.example:8080"),
    ];
    let response = location.world.send("POST", target, &named, &order.to_string()).await;
    let url = body_of(&response)["invoiceUrl"].as_str().unwrap().to_owned();
    assert!(url.starts_with("http://books.example:8080/books/1/invoices/"), "{url}");
}

#[tokio::test]
async fn refused() {
    let location = Location::new().await;
    let mut transcript = Transcript::new("highlevel/text2pay_refused");
    let target = "/invoices/text2pay";
    let paid = location.paid(None).await;
    let state = location.state().await;
    for (title, id, action, message) in [
        ("unknown", "6578278e879ad2646715ba9c", "draft", NO_INVOICE),
        ("malformed", "inv1", "send", NO_INVOICE),
        ("paid", &paid, "draft", "Can not update paid invoice"),
        ("paid, to send", &paid, "send", "Can not update paid invoice"),
    ] {
        let mut order = order(&location, action);
        order["id"] = json!(id);
        let response = location
            .say(&mut transcript, title, "POST", target, &order.to_string())
            .await;
        assert_bad_request(&response, message);
    }
    for (title, name, value) in [
        ("no action", "action", json!(null)),
        ("another action", "action", json!("print")),
        ("no user", "userId", json!("")),
        ("no contact", "contactDetails", json!(null)),
        ("nobody's member", "tip", json!(1)),
    ] {
        let mut order = order(&location, "draft");
        order[name] = value;
        let response = location
            .say(&mut transcript, title, "POST", target, &order.to_string())
            .await;
        assert_eq!(response.status, 422, "{title}");
    }
    let world = &location.world;
    let clerk = format!("Bearer {}", world.make_token(world.book, Role::Clerk, &[], None).await);
    let headers = [VERSION, ("Authorization", clerk.as_str())];
    let order = order(&location, "send").to_string();
    let title = "sent by whoever may only draft";
    let response = transcript.say(world, title, "POST", target, &headers, &order).await;
    assert_eq!(
        (response.status, &body_of(&response)["message"]),
        (401, &json!(super::NO_SCOPE))
    );
    transcript.check();
    assert_eq!(location.state().await, state);
    let through = "2026-03-14".parse().unwrap();
    let context = world.context(world.book);
    world.app.books.close_period(&context, through).await.unwrap();
    let response = location.send("POST", target, &order).await;
    assert_bad_request(
        &response,
        "The books are closed through 2026-03-14, nothing can be posted on 2026-03-10",
    );
}
