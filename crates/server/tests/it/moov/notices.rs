//! Telling a customer again: when it may be done, and how often.

use super::{NEWEST, Shop, assert_bare, assert_error};
use crate::golden::{Transcript, json as body_of};
use crate::schema::assert_valid;

const EMAIL: &str = r#"{"channels":["email"]}"#;
const DAY: i64 = 24 * 60 * 60;

#[tokio::test]
async fn once_a_day_and_not_on_the_day_it_was_sent() {
    let shop = Shop::open().await;
    let id = shop.unpaid().await;
    let rest = format!("/{id}/notifications");
    for (seconds, status) in [(0, 429), (DAY - 1, 429), (1, 204), (0, 429), (DAY - 1, 429), (1, 204)] {
        shop.world.pass_seconds(seconds);
        let answer = shop.call("POST", &rest, EMAIL).await;
        assert_eq!(answer.status, status, "{answer:?}");
        if status == 429 {
            let answer = body_of(&answer);
            assert_valid("moov", "InvoiceNotificationRateLimitedError", &answer);
            assert_eq!(answer["limitedChannels"][0]["channel"], "email");
        }
    }
    let invoice = shop.get(&id).await;
    assert!(
        invoice["invoiceDate"].is_null() && invoice["status"] == "unpaid",
        "{invoice}"
    );
}

#[tokio::test]
async fn only_of_what_is_owed_and_only_to_an_address() {
    let shop = Shop::open().await;
    let draft = shop.draft().await;
    let paid = shop.unpaid().await;
    shop.pay(&paid, "100.00").await;
    let canceled = shop.unpaid().await;
    shop.set_status(&canceled, "canceled").await;
    let headers = [("Authorization", shop.bearer.as_str())];
    let nameless = r#"{"accountType":"business","profile":{"business":{"legalBusinessName":"Acme"}}}"#;
    let made = shop.world.send("POST", "/accounts", &headers, nameless).await;
    let mut body = shop.new_invoice();
    body["customerAccountID"] = body_of(&made)["accountID"].clone();
    let unreachable = super::id_of(&shop.create(&body).await);
    shop.set_status(&unreachable, "unpaid").await;
    shop.world.pass_seconds(DAY);
    for (id, words) in [
        (&draft, "the invoice is draft"),
        (&paid, "the invoice is paid"),
        (&canceled, "the invoice is canceled"),
        (&unreachable, "no email address"),
    ] {
        let before = shop.get(id).await;
        let message = assert_error(&shop.call("POST", &format!("/{id}/notifications"), EMAIL).await, 409);
        assert!(message.contains(words), "{message}");
        assert_eq!(shop.get(id).await, before);
    }
    shop.call("DELETE", &format!("/{draft}"), "").await;
    assert_error(&shop.call("POST", &format!("/{draft}/notifications"), EMAIL).await, 409);
    let unknown = "/019cf1b4-2a00-7000-8000-000000000000/notifications";
    assert_bare(&shop.call("POST", unknown, EMAIL).await, 404);
}

#[tokio::test]
async fn whoever_asks_at_once_is_told_apart() {
    let shop = Shop::open().await;
    for _ in 0..20 {
        let id = shop.unpaid().await;
        shop.world.pass_seconds(DAY);
        let rest = format!("/{id}/notifications");
        let change = r#"{"payment":{"allowedMethods":["card-payment"]}}"#;
        let path = format!("/{id}");
        let (one, changed, other) = tokio::join!(
            shop.call("POST", &rest, EMAIL),
            shop.call("PATCH", &path, change),
            shop.call("POST", &rest, EMAIL),
        );
        let mut told = [one.status, other.status];
        told.sort_unstable();
        assert_eq!((told, changed.status), ([204, 429], 200));
        assert_eq!(
            shop.get(&id).await["payment"]["allowedMethods"],
            serde_json::json!(["card-payment"])
        );
    }
}

#[tokio::test]
async fn exchanges() {
    let shop = Shop::open().await;
    let mut said = Transcript::new("moov/notices");
    let headers = [("Authorization", shop.bearer.as_str()), NEWEST];
    let path = shop.path(&format!("/{}/notifications", shop.unpaid().await));
    let draft = shop.path(&format!("/{}/notifications", shop.draft().await));
    for (what, path, body) in [
        ("too early", &path, EMAIL),
        ("of a draft", &draft, EMAIL),
        ("no channel", &path, r#"{"channels":[]}"#),
        ("another channel", &path, r#"{"channels":["email","sms"]}"#),
        ("not said", &path, "{}"),
        ("no list", &path, r#"{"channels":"email"}"#),
        ("no body", &path, ""),
    ] {
        said.say(&shop.world, what, "POST", path, &headers, body).await;
    }
    shop.world.pass_seconds(DAY);
    said.say(&shop.world, "a day later", "POST", &path, &headers, EMAIL)
        .await;
    said.say(&shop.world, "and at once again", "POST", &path, &headers, EMAIL)
        .await;
    said.check();
}
