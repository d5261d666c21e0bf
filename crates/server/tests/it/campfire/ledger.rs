//! Accounts and journal entries; customers and products that are there.

use serde_json::json;

use super::{Client, ISSUED, at, balances, said};
use crate::golden::{Transcript, World};
use crate::schema::assert_valid;

const ACCOUNTS: &str = "/coa/api/account";
const ENTRIES: &str = "/coa/api/journal_entry";

#[tokio::test]
async fn accounts() {
    let world = World::new().await;
    let client = Client::new(&world);
    let mut t = Transcript::new("campfire/accounts");
    let s = &mut t;
    let travel = r#"{"number":"6900","name":"Travel","account_type":"COGS","account_subtype":"Fares"}"#;
    said(s, &client, "Add", "POST", ACCOUNTS, travel, "Account").await;
    let same_name = r#"{"number":"6901","name":"Travel","account_type":"OTHER_INCOME"}"#;
    said(s, &client, "The same name", "POST", ACCOUNTS, same_name, "Account").await;
    let one = format!("{ACCOUNTS}/18");
    said(s, &client, "Read", "GET", &one, "", "Account").await;
    said(s, &client, "Rename", "PATCH", &one, r#"{"name":"Trips"}"#, "Account").await;
    let other = r#"{"number":"6910","name":"Trips","account_type":"OTHER_EXPENSE","status":"INACTIVE"}"#;
    said(s, &client, "Replace and retire", "PUT", &one, other, "Account").await;
    for (title, method, target, body, status) in [
        ("Nothing in it", "POST", ACCOUNTS, "{}", 400),
        (
            "A number that is taken",
            "POST",
            ACCOUNTS,
            r#"{"number":"1000","name":"x","account_type":"ASSET"}"#,
            400,
        ),
        (
            "A number too long",
            "POST",
            ACCOUNTS,
            r#"{"number":"1234567890123","name":"x","account_type":"ASSET"}"#,
            400,
        ),
        (
            "No such type",
            "POST",
            ACCOUNTS,
            r#"{"number":"1","name":"x","account_type":"CASH"}"#,
            400,
        ),
        (
            "Begin as inactive",
            "POST",
            ACCOUNTS,
            r#"{"number":"1","name":"x","account_type":"ASSET","status":"INACTIVE"}"#,
            400,
        ),
        (
            "Another kind",
            "PATCH",
            "/coa/api/account/1",
            r#"{"account_type":"LIABILITY"}"#,
            400,
        ),
        ("Replace without what is needed", "PUT", "/coa/api/account/1", "{}", 400),
        (
            "Retire one in use",
            "PATCH",
            "/coa/api/account/4",
            r#"{"status":"INACTIVE"}"#,
            409,
        ),
        ("No such account", "GET", "/coa/api/account/99", "", 404),
        ("Change no such account", "PATCH", "/coa/api/account/99", "{}", 404),
        ("Not digits", "GET", "/coa/api/account/x", "", 404),
        ("Delete", "DELETE", "/coa/api/account/1", "", 405),
    ] {
        let refused = said(s, &client, title, method, target, body, "").await;
        assert_eq!(refused.status, status, "{title}");
    }
    t.check();
    let page = client.json("GET", &format!("{ACCOUNTS}?offset=17"), "", 200).await;
    assert_valid("campfire", "AccountPage", &page);
    assert_eq!(page["results"][0]["account_type"], "OTHER_EXPENSE");
    assert_eq!(page["results"][1]["account_type"], "OTHER_INCOME");
}

fn entry(rest: &str) -> String {
    format!(
        r#"{{"date":"2026-03-10","entity":1{rest},"transactions":[{{"account":15,"debit_amount_native":12.5,"description":"Fees","tag_ids":[3]}},{{"account":"2","credit_amount_native":"12.50","debit_amount_native":0}}]}}"#
    )
}

#[tokio::test]
async fn journal_entries() {
    let world = World::new().await;
    let client = Client::new(&world);
    let before = balances(&world, world.book).await;
    let mut t = Transcript::new("campfire/journal");
    let s = &mut t;
    let plain = entry(r#","type":"accrual","memo":"Bank fees","currency":"USD""#);
    said(s, &client, "Record", "POST", ENTRIES, &plain, "Entry").await;
    let reversing = entry(r#","reversal_date":"2026-03-14""#);
    said(s, &client, "With its reversal", "POST", ENTRIES, &reversing, "Entry").await;
    client.create(ISSUED).await;
    client.pay(1, "20").await;
    client.json("POST", &at(1, "payment/1/void/"), "", 200).await;
    said(s, &client, "All of them", "GET", ENTRIES, "", "EntryPage").await;
    said(
        s,
        &client,
        "Read one of an invoice",
        "GET",
        &format!("{ENTRIES}/4"),
        "",
        "Entry",
    )
    .await;
    for (title, body) in [
        ("Nothing in it", "{}".to_owned()),
        ("Out of balance", entry("").replace("12.50", "12.51")),
        (
            "Neither side",
            entry("").replace(r#","credit_amount_native":"12.50""#, ""),
        ),
        (
            "Both sides",
            entry("").replace(r#""debit_amount_native":0"#, r#""debit_amount_native":1"#),
        ),
        ("Below nought", entry("").replace("12.5,", "-12.5,")),
        (
            "Onto receivables",
            entry("").replace(r#""account":15"#, r#""account":4"#),
        ),
        (
            "Onto no account",
            entry("").replace(r#""account":15"#, r#""account":99"#),
        ),
        ("Of a type that documents have", entry(r#","type":"invoice""#)),
        ("Reversed before it counts", entry(r#","reversal_date":"2026-03-09""#)),
        ("In another currency", entry(r#","currency":"EUR""#)),
        (
            "No lines",
            r#"{"date":"2026-03-10","entity":1,"transactions":[]}"#.to_owned(),
        ),
    ] {
        let refused = said(s, &client, title, "POST", ENTRIES, &body, "").await;
        assert_eq!(refused.status, 400, "{title}");
    }
    for (title, method, target, status) in [
        ("Delete one that is reversed", "DELETE", format!("{ENTRIES}/2"), 409),
        ("Delete one of an invoice", "DELETE", format!("{ENTRIES}/4"), 409),
        ("Delete", "DELETE", format!("{ENTRIES}/1"), 204),
        ("It is gone", "DELETE", format!("{ENTRIES}/1"), 404),
        ("Read it", "GET", format!("{ENTRIES}/1"), 404),
        ("Of no such type", "GET", format!("{ENTRIES}?type=bill"), 400),
        ("On no day", "GET", format!("{ENTRIES}?start_date=soon"), 400),
    ] {
        let answer = said(s, &client, title, method, &target, "", "").await;
        assert_eq!(answer.status, status, "{title}");
    }
    client.call("DELETE", &at(1, ""), "").await;
    said(
        s,
        &client,
        "Its invoice was deleted",
        "GET",
        &format!("{ENTRIES}/4"),
        "",
        "Detail",
    )
    .await;
    let context = world.context(world.book);
    let through = "2026-03-10".parse().unwrap();
    world.app.books.close_period(&context, through).await.unwrap();
    said(
        s,
        &client,
        "Record in a closed period",
        "POST",
        ENTRIES,
        &plain,
        "Detail",
    )
    .await;
    client.call("DELETE", &format!("{ENTRIES}/3"), "").await;
    said(
        s,
        &client,
        "Delete in a closed period",
        "DELETE",
        &format!("{ENTRIES}/2"),
        "",
        "Detail",
    )
    .await;
    t.check();
    world.app.books.reopen_period(&context, None, "a test").await.unwrap();
    assert_eq!(client.call("DELETE", &format!("{ENTRIES}/2"), "").await.status, 204);
    assert_eq!(balances(&world, world.book).await, before);
}

#[tokio::test]
async fn entries_are_filtered() {
    let world = World::new().await;
    let client = Client::new(&world);
    client
        .json("POST", ENTRIES, &entry("").replace("2026-03-10", "2025-08-01"), 201)
        .await;
    client
        .json("POST", ENTRIES, &entry(r#","reversal_date":"2026-03-12""#), 201)
        .await;
    client.create(ISSUED).await;
    client.json("POST", &at(1, "void/"), "", 200).await;
    for (query, ids) in [
        ("", vec![5, 4, 3, 2]),
        ("?all_time=true", vec![5, 4, 3, 2, 1]),
        ("?start_date=2025-01-01&end_date=2026-03-11", vec![4, 2, 1]),
        ("?type=invoice", vec![4]),
        ("?type=void_invoice", vec![5]),
        ("?type=journal_entry&all_time=1", vec![3, 2, 1]),
        ("?type=bad_debt", vec![]),
        ("?entity=2", vec![]),
        ("?entity=2&entity=1&limit=1&offset=1", vec![4]),
    ] {
        let page = client.json("GET", &format!("{ENTRIES}{query}"), "", 200).await;
        assert_valid("campfire", "EntryPage", &page);
        let rows = page["results"].as_array().unwrap();
        let found: Vec<i64> = rows.iter().map(|row| row["id"].as_i64().unwrap()).collect();
        assert_eq!(found, ids, "{query}");
    }
    for query in ["?all_time=perhaps", "?entity=x", "?end_date=x"] {
        client.json("GET", &format!("{ENTRIES}{query}"), "", 400).await;
    }
}

#[tokio::test]
async fn an_entry_is_recorded_once_under_a_key() {
    let world = World::new().await;
    let token = format!("Token {}", world.token);
    let headers = [
        ("authorization", token.as_str()),
        ("content-type", "application/json"),
        ("idempotency-key", "k-1"),
    ];
    let body = entry(r#","reversal_date":"2026-03-14""#);
    for _ in 0..2 {
        let made = world.send("POST", ENTRIES, &headers, &body).await;
        assert_eq!((made.status, crate::golden::json(&made)["id"].clone()), (201, json!(1)));
        assert_eq!(crate::golden::json(&made)["reversed_by"], 2);
    }
    assert_eq!(world.send("POST", ENTRIES, &headers, &entry("")).await.status, 409);
}

#[tokio::test]
async fn customers_and_products_are_changed() {
    let world = World::new().await;
    let client = Client::new(&world);
    let vendor = r#"{"name":"Globex","email":"ap@globex.test","phone":"1"}"#;
    client.json("POST", "/coa/api/vendor", vendor, 201).await;
    let product = r#"{"name":"Advice","description":"By the hour","is_taxable":true,"invoice_account":11}"#;
    client.json("POST", "/rr/api/v1/product", product, 201).await;
    let (vendor, product) = ("/coa/api/vendor/1", "/rr/api/v1/product/1");
    let mut t = Transcript::new("campfire/parties");
    let s = &mut t;
    said(s, &client, "A customer", "GET", vendor, "", "Vendor").await;
    said(
        s,
        &client,
        "Change",
        "PATCH",
        vendor,
        r#"{"phone":null,"billing_address":"1 High St"}"#,
        "Vendor",
    )
    .await;
    said(
        s,
        &client,
        "Replace",
        "PUT",
        vendor,
        r#"{"name":"Globex Ltd","vendor_type":"customer"}"#,
        "Vendor",
    )
    .await;
    said(s, &client, "A product", "GET", product, "", "Product").await;
    said(
        s,
        &client,
        "Change it",
        "PATCH",
        product,
        r#"{"is_taxable":false,"invoice_account":null}"#,
        "Product",
    )
    .await;
    said(
        s,
        &client,
        "Replace it",
        "PUT",
        product,
        r#"{"name":"Counsel","description":null}"#,
        "Product",
    )
    .await;
    for (title, method, target, body, status) in [
        ("No name", "PATCH", vendor, r#"{"name":null}"#, 400),
        ("Replace without a name", "PUT", vendor, "{}", 400),
        ("No customer", "PATCH", vendor, r#"{"vendor_type":"vendor"}"#, 400),
        ("No such customer", "PATCH", "/coa/api/vendor/9", "{}", 404),
        ("Read no such customer", "GET", "/coa/api/vendor/9", "", 404),
        ("Not digits", "GET", "/coa/api/vendor/x", "", 404),
        ("Delete", "DELETE", vendor, "", 405),
        ("A blank name", "PATCH", product, r#"{"name":""}"#, 400),
        ("Replace it without a name", "PUT", product, "{}", 400),
        ("Onto receivables", "PATCH", product, r#"{"invoice_account":4}"#, 400),
        ("No such product", "PUT", "/rr/api/v1/product/9", r#"{"name":"x"}"#, 404),
        ("Read no such product", "GET", "/rr/api/v1/product/9", "", 404),
        ("A slash too many", "GET", "/rr/api/v1/product/1/", "", 404),
    ] {
        let refused = said(s, &client, title, method, target, body, "").await;
        assert_eq!(refused.status, status, "{title}");
    }
    t.check();
}
