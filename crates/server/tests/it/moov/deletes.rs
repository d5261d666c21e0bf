//! Every outcome of the delete, with the world looked at afterwards.

use jiff::civil::date;
use serde_json::json;

use super::{NEWEST, Shop, account_of, assert_bare, assert_error, id_of, named};
use crate::golden::{Transcript, World, json as body_of, refund, write_off};

#[tokio::test]
async fn a_draft_goes_from_lists_and_stays_readable() {
    let shop = Shop::open().await;
    let kept = shop.draft().await;
    let before = (shop.balances().await, shop.ids("").await);
    let id = shop.draft().await;
    let as_it_was = shop.get(&id).await;
    shop.world.pass_seconds(5);
    let done = shop.call("DELETE", &format!("/{id}"), "").await;
    assert_bare(&done, 204);
    let seal = done.header("quittance-receipt").unwrap();
    let (seq, hash) = seal.split_once(':').unwrap();
    assert!(seq.parse::<i64>().unwrap() > 0 && hash.len() == 64, "{seal}");
    assert_eq!((shop.balances().await, shop.ids("").await), before);
    assert_eq!(shop.ids("").await, [kept]);
    assert!(!shop.ids("?status=draft").await.contains(&id));
    let mut after = shop.get(&id).await;
    assert_eq!(after["disabledOn"], "2026-03-15T12:00:05Z");
    after.as_object_mut().unwrap().remove("disabledOn");
    assert_eq!(after, as_it_was);
    let payments = shop.call("GET", &format!("/{id}/payments"), "").await;
    assert_eq!((payments.status, body_of(&payments)), (200, json!([])));
}

#[tokio::test]
async fn the_number_of_a_deleted_draft_is_not_given_again() {
    let shop = Shop::open().await;
    let id = shop.draft().await;
    assert_eq!(shop.get(&id).await["invoiceNumber"], "INV-1");
    shop.call("DELETE", &format!("/{id}"), "").await;
    let next = shop.draft().await;
    assert_eq!(shop.get(&next).await["invoiceNumber"], "INV-2");
}

#[tokio::test]
async fn what_is_no_draft_is_refused_and_unchanged() {
    let shop = Shop::open().await;
    let mut refused = Vec::new();
    refused.push(("unpaid", shop.unpaid().await));
    let part_paid = shop.unpaid().await;
    shop.pay(&part_paid, "40.00").await;
    refused.push(("unpaid", part_paid));
    let paid = shop.unpaid().await;
    shop.pay(&paid, "100.00").await;
    refused.push(("paid", paid));
    let refunded = shop.unpaid().await;
    shop.pay(&refunded, "100.00").await;
    let context = shop.world.context(shop.world.book);
    shop.world
        .app
        .books
        .record_refund(&context, refund(named(&refunded), None))
        .await
        .unwrap();
    refused.push(("paid", refunded));
    let canceled = shop.unpaid().await;
    shop.set_status(&canceled, "canceled").await;
    refused.push(("canceled", canceled));
    let canceled_draft = shop.draft().await;
    shop.set_status(&canceled_draft, "canceled").await;
    refused.push(("canceled", canceled_draft));
    let written_off = shop.unpaid().await;
    shop.world
        .app
        .books
        .write_off(&context, write_off(named(&written_off), None))
        .await
        .unwrap();
    refused.push(("canceled", written_off));
    let mut overdue = shop.new_invoice();
    overdue["dueDate"] = json!("2026-03-15T12:00:10Z");
    let overdue = id_of(&shop.create(&overdue).await);
    shop.set_status(&overdue, "unpaid").await;
    shop.world.pass_seconds(10);
    refused.push(("overdue", overdue));
    let before = (shop.balances().await, shop.ids("").await);
    for (status, id) in &refused {
        let as_it_was = shop.get(id).await;
        assert_eq!(as_it_was["status"], *status, "{id}");
        let message = assert_error(&shop.call("DELETE", &format!("/{id}"), "").await, 409);
        assert!(message.contains("Only a draft can be deleted"), "{message}");
        assert_eq!(shop.get(id).await, as_it_was);
    }
    assert_eq!((shop.balances().await, shop.ids("").await), before);
}

#[tokio::test]
async fn a_closed_period_does_not_touch_a_draft_and_names_the_state_of_what_was_sent() {
    let shop = Shop::open().await;
    let mut body = shop.new_invoice();
    body["invoiceDate"] = json!("2026-02-10T09:30:00Z");
    let draft = id_of(&shop.create(&body).await);
    let sent = id_of(&shop.create(&body).await);
    shop.set_status(&sent, "unpaid").await;
    let context = shop.world.context(shop.world.book);
    shop.world
        .app
        .books
        .close_period(&context, date(2026, 2, 28))
        .await
        .unwrap();
    let before = shop.balances().await;
    let message = assert_error(&shop.call("DELETE", &format!("/{sent}"), "").await, 409);
    assert!(message.contains("Only a draft"), "{message}");
    assert_bare(&shop.call("DELETE", &format!("/{draft}"), "").await, 204);
    assert_eq!(shop.balances().await, before);
}

#[tokio::test]
async fn a_hold_and_a_handing_over_refuse_a_draft() {
    let shop = Shop::open().await;
    let context = shop.world.context(shop.world.book);
    for (until, handed_over, words) in [
        (Some(date(2026, 12, 31)), false, "on hold through 2026-12-31"),
        (None, true, "handed over"),
    ] {
        let id = shop.draft().await;
        let hold = shop.world.app.books.hold_invoice(
            &context,
            named(&id),
            until.map_or(
                quittance_accounting::issuing::Hold::Released,
                quittance_accounting::issuing::Hold::Until,
            ),
            handed_over,
            None,
        );
        hold.await.unwrap();
        let message = assert_error(&shop.call("DELETE", &format!("/{id}"), "").await, 409);
        assert!(message.contains(words), "{message}");
        assert!(shop.get(&id).await.get("disabledOn").is_none());
    }
}

#[tokio::test]
async fn what_is_deleted_takes_nothing_more() {
    let shop = Shop::open().await;
    let id = shop.draft().await;
    assert_bare(&shop.call("DELETE", &format!("/{id}"), "").await, 204);
    let payment = json!({"amount": {"currency": "USD", "valueDecimal": "1.00"}}).to_string();
    for (method, rest, body) in [
        ("DELETE", "", ""),
        ("PATCH", "", r#"{"status":"unpaid"}"#),
        ("PATCH", "", r#"{"status":"canceled"}"#),
        ("PATCH", "", "{}"),
        ("POST", "/payments", payment.as_str()),
    ] {
        let answer = shop.call(method, &format!("/{id}{rest}"), body).await;
        assert_eq!(assert_error(&answer, 409), "The invoice has been deleted.", "{method}");
    }
}

#[tokio::test]
async fn ids_that_name_nothing_of_the_account_are_unknown() {
    let shop = Shop::open().await;
    let other = shop.world.open_book("Other").await;
    let token = shop
        .world
        .make_token(other, quittance_accounting::book::Role::Admin, &[], None)
        .await;
    let other_account = account_of(&shop.world, other).await;
    let bearer = format!("Bearer {token}");
    let own = shop.draft().await;
    let ids = [
        "00000000-0000-4000-8000-000000000000",
        "019cf1b4-2a00-7000-8000-000000000000",
        "nope",
        "1",
        "%00",
        "019cf1b4-2a00-7000-8000-00000000000g",
        &"9".repeat(4000),
    ];
    for id in ids {
        for (method, rest) in [("DELETE", ""), ("GET", ""), ("GET", "/payments")] {
            assert_bare(&shop.call(method, &format!("/{id}{rest}"), "").await, 404);
        }
        let body = r#"{"status":"unpaid"}"#;
        assert_bare(&shop.call("PATCH", &format!("/{id}"), body).await, 404);
        let body = r#"{"amount":{"currency":"USD","valueDecimal":"1.00"}}"#;
        assert_bare(&shop.call("POST", &format!("/{id}/payments"), body).await, 404);
    }
    // The invoice of one account asked for under another: with that one's token unknown, with its own token forbidden.
    let headers = [("Authorization", bearer.as_str()), NEWEST];
    let path = format!("/accounts/{other_account}/invoices/{own}");
    assert_bare(&shop.world.send("DELETE", &path, &headers, "").await, 404);
    let headers = [("Authorization", shop.bearer.as_str()), NEWEST];
    assert_bare(&shop.world.send("DELETE", &path, &headers, "").await, 403);
    let headers = [("Authorization", bearer.as_str()), NEWEST];
    assert_bare(
        &shop
            .world
            .send("DELETE", &shop.path(&format!("/{own}")), &headers, "")
            .await,
        403,
    );
    assert_eq!(shop.get(&own).await["status"], "draft");
}

#[tokio::test]
async fn a_body_on_a_delete_is_not_looked_at() {
    let shop = Shop::open().await;
    for body in ["{}", "not json", "{\"reason\": 1}"] {
        let id = shop.draft().await;
        assert_bare(&shop.call("DELETE", &format!("/{id}"), body).await, 204);
    }
}

#[tokio::test]
async fn exchanges() {
    let shop = Shop::over(World::new().await).await;
    let mut said = Transcript::new("moov/delete");
    let headers = [
        ("Authorization", shop.bearer.as_str()),
        ("X-Moov-Version", "v2026.04.00"),
    ];
    let (draft, sent) = (shop.draft().await, shop.unpaid().await);
    let path = |id: &str| shop.path(&format!("/{id}"));
    let world = &shop.world;
    said.say(world, "a draft", "DELETE", &path(&draft), &headers, "").await;
    said.say(world, "it is readable", "GET", &path(&draft), &headers, "")
        .await;
    said.say(
        world,
        "it is in no list",
        "GET",
        &shop.path("?status=draft"),
        &headers,
        "",
    )
    .await;
    said.say(world, "a second time", "DELETE", &path(&draft), &headers, "")
        .await;
    said.say(world, "one that was sent", "DELETE", &path(&sent), &headers, "")
        .await;
    let cancel = r#"{"status":"canceled"}"#;
    said.say(world, "is canceled instead", "PATCH", &path(&sent), &headers, cancel)
        .await;
    said.say(
        world,
        "unknown",
        "DELETE",
        &path("00000000-0000-4000-8000-000000000000"),
        &headers,
        "",
    )
    .await;
    said.say(world, "malformed", "DELETE", &path("nope"), &headers, "")
        .await;
    said.say(world, "nobody", "DELETE", &path(&sent), &[], "").await;
    said.say(
        world,
        "no such version",
        "DELETE",
        &path(&sent),
        &[headers[0], ("X-Moov-Version", "latest")],
        "",
    )
    .await;
    said.say(world, "no such method", "PUT", &path(&sent), &headers, "")
        .await;
    said.check();
}
