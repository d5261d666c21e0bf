//! Lists: order, pages, filters; and the accounts that can be billed.

use serde_json::json;

use super::{NEWEST, Shop, id_of};
use crate::golden::{Transcript, json as body_of};
use crate::schema::assert_valid;

#[tokio::test]
async fn pages_run_from_the_newest() {
    let shop = Shop::open().await;
    assert!(shop.ids("").await.is_empty());
    let mut all = Vec::new();
    for _ in 0..5 {
        shop.world.pass_seconds(1);
        all.insert(0, shop.draft().await);
    }
    assert_eq!(shop.ids("").await, all);
    assert_eq!(shop.ids("?skip=0&count=2").await, all[..2]);
    assert_eq!(shop.ids("?count=2&skip=3").await, all[3..]);
    assert!(shop.ids("?skip=5").await.is_empty());
    assert_eq!(shop.ids("?count=1000&unknown=1&status=").await, all);
}

#[tokio::test]
async fn two_hundred_unless_asked_otherwise() {
    let shop = Shop::open().await;
    for _ in 0..201 {
        shop.draft().await;
        shop.world.pass_seconds(1);
    }
    assert_eq!(shop.ids("").await.len(), 200);
    assert_eq!(shop.ids("?count=201").await.len(), 201);
}

#[tokio::test]
async fn every_status_is_a_list_of_its_own() {
    let shop = Shop::open().await;
    let draft = shop.draft().await;
    let unpaid = shop.unpaid().await;
    let mut due = shop.new_invoice();
    due["dueDate"] = json!("2026-03-15T12:00:00Z");
    let overdue = id_of(&shop.create(&due).await);
    shop.set_status(&overdue, "unpaid").await;
    let paid = shop.unpaid().await;
    shop.pay(&paid, "100.00").await;
    let canceled = shop.unpaid().await;
    shop.set_status(&canceled, "canceled").await;
    let deleted = shop.draft().await;
    shop.call("DELETE", &format!("/{deleted}"), "").await;
    let pending = shop.unpaid().await;
    let late = id_of(&shop.create(&due).await);
    shop.set_status(&late, "unpaid").await;
    for id in [&pending, &late] {
        let context = shop.world.context(shop.world.book);
        let begun = shop.world.app.books.begin_payment(&context, super::named(id), None);
        begun.await.unwrap();
    }
    for (status, ids) in [
        ("draft", vec![draft]),
        ("unpaid", vec![unpaid]),
        ("overdue", vec![overdue]),
        ("paid", vec![paid]),
        ("canceled", vec![canceled]),
        ("payment-pending", vec![late, pending]),
    ] {
        assert_eq!(shop.ids(&format!("?status={status}")).await, ids, "{status}");
    }
    assert_eq!(shop.ids("").await.len(), 7);
}

#[tokio::test]
async fn filters_by_time_and_customer() {
    let shop = Shop::open().await;
    let mut due = shop.new_invoice();
    due["dueDate"] = json!("2026-04-01T00:00:00.000000005Z");
    let first = id_of(&shop.create(&due).await);
    shop.world.pass_seconds(60);
    let second = shop.draft().await;
    for (query, ids) in [
        ("createdStartDateTime=2026-03-15T12%3A01%3A00Z", vec![&second]),
        ("createdStartDateTime=2026-03-15T12%3A01%3A01Z", vec![]),
        ("createdEndDateTime=2026-03-15T12:00:59.999Z", vec![&first]),
        ("dueStartDateTime=2026-04-01T00:00:00.000000005Z", vec![&first]),
        ("dueStartDateTime=2026-04-01T00:00:00.000000006Z", vec![]),
        ("dueEndDateTime=2026-04-01T00:00:00.000000005Z", vec![&first]),
        ("dueEndDateTime=2026-04-01T00:00:00Z", vec![]),
    ] {
        assert_eq!(
            shop.ids(&format!("?{query}")).await.iter().collect::<Vec<_>>(),
            ids,
            "{query}"
        );
    }
    assert_eq!(
        shop.ids(&format!("?customerAccountID={}", shop.customer)).await.len(),
        2
    );
    let nobody = "019cf1b4-2a00-7000-8000-000000000000";
    assert!(shop.ids(&format!("?customerAccountID={nobody}")).await.is_empty());
}

#[tokio::test]
async fn parameters_out_of_place_are_named() {
    let shop = Shop::open().await;
    for (query, name) in [
        ("skip=-1", "skip"),
        ("skip=x", "skip"),
        ("skip=99999999999999999999", "skip"),
        ("count=0", "count"),
        ("count=-5", "count"),
        ("count=1001", "count"),
        ("count=1.5", "count"),
        ("status=open", "status"),
        ("customerAccountID=nope", "customerAccountID"),
        ("createdStartDateTime=yesterday", "createdStartDateTime"),
        ("createdEndDateTime=2026-01-01", "createdEndDateTime"),
        ("dueStartDateTime=-9999-01-01T00:00:00Z", "dueStartDateTime"),
        ("dueEndDateTime=2026-02-30T00:00:00Z", "dueEndDateTime"),
    ] {
        let answer = shop.call("GET", &format!("?{query}"), "").await;
        assert_eq!(answer.status, 422, "{query}: {answer:?}");
        let body = body_of(&answer);
        assert_valid("moov", "ListInvoicesValidationError", &body);
        assert!(body[name].is_string(), "{query}: {body}");
    }
}

#[tokio::test]
async fn accounts_are_created_listed_and_read() {
    let shop = Shop::open().await;
    let headers = [("Authorization", shop.bearer.as_str()), NEWEST];
    let business = json!({
        "accountType": "business", "foreignID": "crm-7",
        "profile": {"business": {"legalBusinessName": "Whole Body LLC", "email": "pay@example.com", "businessType": "llc"}},
    });
    let made = shop
        .world
        .send("POST", "/accounts", &headers, &business.to_string())
        .await;
    assert_eq!(made.status, 200, "{made:?}");
    let made = body_of(&made);
    assert_eq!(
        (&made["displayName"], &made["profile"]),
        (&json!("Whole Body LLC"), &business["profile"])
    );
    let again = shop
        .world
        .send("POST", "/accounts", &headers, &business.to_string())
        .await;
    assert_eq!(super::assert_error(&again, 409), "The foreign ID crm-7 is taken.");
    let path = format!("/accounts/{}", made["accountID"].as_str().unwrap());
    assert_eq!(body_of(&shop.world.send("GET", &path, &headers, "").await), made);
    let listed = body_of(&shop.world.send("GET", "/accounts", &headers, "").await);
    assert_eq!(
        (listed[0]["accountID"].as_str().unwrap(), &listed[1]),
        (shop.customer.as_str(), &made)
    );
    let one = body_of(&shop.world.send("GET", "/accounts?skip=1&count=1", &headers, "").await);
    assert_eq!(one, json!([made]));
    super::assert_bare(&shop.world.send("GET", "/accounts/nope", &headers, "").await, 404);
    let narrow = shop
        .world
        .make_token(shop.world.book, quittance_accounting::book::Role::Admin, &["/x"], None)
        .await;
    let header = format!("Bearer {narrow}");
    let headers = [("Authorization", header.as_str())];
    for (method, path) in [("POST", "/accounts"), ("GET", "/accounts"), ("GET", &path)] {
        super::assert_bare(&shop.world.send(method, path, &headers, "{}").await, 403);
    }
}

#[tokio::test]
async fn exchanges() {
    let shop = Shop::open().await;
    let world = &shop.world;
    let mut said = Transcript::new("moov/accounts");
    let headers = [("Authorization", shop.bearer.as_str()), NEWEST];
    let body = r#"{"accountType":"business","profile":{"business":{"legalBusinessName":"Globex","email":"ap@globex.example"}},"foreignID":"g-1"}"#;
    let made = said.say(world, "a business", "POST", "/accounts", &headers, body).await;
    let id = body_of(&made)["accountID"].as_str().unwrap().to_owned();
    said.say(world, "the same again", "POST", "/accounts", &headers, body)
        .await;
    said.say(world, "it alone", "GET", &format!("/accounts/{id}"), &headers, "")
        .await;
    let own = format!("/accounts/{}", shop.account);
    said.say(world, "the merchant's own", "GET", &own, &headers, "").await;
    said.say(world, "all of them", "GET", "/accounts?skip=0&count=10", &headers, "")
        .await;
    said.say(world, "the credentials", "GET", "/ping", &headers[..1], "")
        .await;
    said.check();
}
