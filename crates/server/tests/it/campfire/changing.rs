//! Invoices that are there: replaced, patched, taken from one status to another, reopened; and many of them at once.

use serde_json::{Value, json};

use super::{Client, DRAFT, INVOICES, ISSUED, at, balances, payment, said};
use crate::golden::{Transcript, World};
use crate::schema::assert_valid;

const REPLACEMENT: &str = r#"{"lines":[{"description":"Advice","amount":70,"tax":7},{"description":"Travel","quantity":2,"rate":"11.5"}],"invoice_date":"2026-03-11","due_date":"2026-05-01","entity":1,"client":1,"ref_number":"R-2","message_on_invoice":"Revised"}"#;

async fn customer(client: &Client<'_>) {
    let made = r#"{"name":"Globex","email":"ap@globex.test"}"#;
    client.json("POST", "/coa/api/vendor", made, 201).await;
}

#[tokio::test]
async fn replaced_and_patched() {
    let world = World::new().await;
    let client = Client::new(&world);
    customer(&client).await;
    let mut t = Transcript::new("campfire/changing");
    let s = &mut t;
    client.create(ISSUED).await;
    said(
        s,
        &client,
        "Replace: posted anew",
        "PUT",
        &at(1, ""),
        REPLACEMENT,
        "Invoice",
    )
    .await;
    for (title, body) in [
        (
            "The day alone: the entry stays where only texts change",
            r#"{"due_date":"2026-06-01","terms":"net_30"}"#,
        ),
        ("The lines alone", r#"{"lines":[{"amount":"12.34"}]}"#),
        (
            "Texts and the customer taken away",
            r#"{"ref_number":null,"message_on_invoice":null,"client":null}"#,
        ),
        (
            "A number of its own, and sent",
            r#"{"invoice_number":"A-1","payment_status":"sent"}"#,
        ),
        ("Nothing", "{}"),
        (
            "Given up",
            r#"{"payment_status":"uncollectible","uncollectible_date":"2026-03-12"}"#,
        ),
        ("Taken back", r#"{"payment_status":"open"}"#),
        ("Void", r#"{"payment_status":"voided","voided_date":"2026-03-13"}"#),
        (
            "Open again, with another message",
            r#"{"payment_status":"open","message_on_invoice":"Once more"}"#,
        ),
    ] {
        let done = said(s, &client, title, "PATCH", &at(1, ""), body, "Invoice").await;
        assert_eq!(done.status, 200, "{title}");
    }
    client.create(DRAFT).await;
    let whole = REPLACEMENT.replace(r#""entity":1"#, r#""entity":1,"payment_status":"open""#);
    said(
        s,
        &client,
        "A draft replaced and issued at once",
        "PUT",
        &at(2, ""),
        &whole,
        "Invoice",
    )
    .await;
    client.pay(2, "60").await;
    for (title, method, id, body, status) in [
        ("Replace without what is needed", "PUT", 1, "{}", 400),
        (
            "Null where something must be",
            "PATCH",
            1,
            r#"{"lines":null,"invoice_date":null,"due_date":null,"entity":null}"#,
            400,
        ),
        ("Not a line", "PATCH", 1, r#"{"lines":[{"amount":1},{}]}"#, 400),
        ("Another currency", "PATCH", 1, r#"{"currency":"EUR"}"#, 400),
        (
            "A number that is taken",
            "PATCH",
            1,
            r#"{"invoice_number":"INV-00002"}"#,
            400,
        ),
        ("Less than was paid", "PATCH", 2, r#"{"lines":[{"amount":59.99}]}"#, 400),
        ("Another customer than who paid", "PATCH", 2, r#"{"client":null}"#, 400),
        (
            "Void with money on it",
            "PATCH",
            2,
            r#"{"payment_status":"voided"}"#,
            400,
        ),
        ("Back to a draft", "PATCH", 2, r#"{"payment_status":"draft"}"#, 400),
    ] {
        let refused = said(s, &client, title, method, &at(id, ""), body, "").await;
        assert_eq!(refused.status, status, "{title}");
    }
    let context = world.context(world.book);
    let through = "2026-03-11".parse().unwrap();
    world.app.books.close_period(&context, through).await.unwrap();
    let body = r#"{"lines":[{"amount":500}]}"#;
    said(s, &client, "In a closed period", "PATCH", &at(2, ""), body, "Detail").await;
    let body = r#"{"ref_number":"R-9"}"#;
    said(
        s,
        &client,
        "A text in a closed period",
        "PATCH",
        &at(2, ""),
        body,
        "Invoice",
    )
    .await;
    t.check();
}

#[tokio::test]
async fn what_is_shown_can_be_put_back() {
    let world = World::new().await;
    let client = Client::new(&world);
    customer(&client).await;
    for body in [ISSUED, DRAFT] {
        let id = client.create(body).await;
        let shown = client.json("GET", &at(id, ""), "", 200).await;
        let books = balances(&world, world.book).await;
        let again = client.json("PUT", &at(id, ""), &shown.to_string(), 200).await;
        for member in [
            "total_amount",
            "amount_due",
            "status",
            "payment_status",
            "invoice_number",
            "lines",
        ] {
            assert_eq!(again[member], shown[member], "{member}");
        }
        let again = balances(&world, world.book).await;
        assert_eq!(again, books);
    }
}

#[tokio::test]
async fn reopened() {
    let world = World::new().await;
    let client = Client::new(&world);
    client.create(ISSUED).await;
    let before = balances(&world, world.book).await;
    client.json("POST", &at(1, "void/"), "", 200).await;
    let mut t = Transcript::new("campfire/reopening");
    let s = &mut t;
    said(s, &client, "Reopen", "POST", &at(1, "reopen/"), "{}", "Invoice").await;
    assert_eq!(balances(&world, world.book).await, before);
    said(s, &client, "It is open", "POST", &at(1, "reopen/"), "", "Detail").await;
    said(s, &client, "Unknown", "POST", &at(9, "reopen/"), "", "Detail").await;
    client
        .json("POST", &at(1, "void/"), r#"{"void_date":"2026-03-12"}"#, 200)
        .await;
    let context = world.context(world.book);
    let through = "2026-03-12".parse().unwrap();
    world.app.books.close_period(&context, through).await.unwrap();
    said(
        s,
        &client,
        "Its void lies in a closed period",
        "POST",
        &at(1, "reopen/"),
        "",
        "Detail",
    )
    .await;
    t.check();
}

fn bulk(bodies: &[&str]) -> String {
    let bodies: Vec<Value> = bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    json!({ "invoices": bodies }).to_string()
}

#[tokio::test]
async fn many_at_once() {
    let world = World::new().await;
    let client = Client::new(&world);
    let (create, search) = (format!("{INVOICES}bulk-create"), format!("{INVOICES}bulk-search"));
    let mut t = Transcript::new("campfire/bulk");
    let s = &mut t;
    let both = bulk(&[ISSUED, DRAFT]);
    let made = said(s, &client, "Create two", "POST", &create, &both, "Invoices").await;
    assert_eq!(made.status, 201);
    let numbered = ISSUED.replace(r#""entity":1"#, r#""entity":1,"invoice_number":"N-7""#);
    for (title, body) in [
        ("The second is faulty", bulk(&[ISSUED, r#"{"entity":1}"#])),
        (
            "The second takes the number of the first",
            bulk(&[&numbered, &numbered]),
        ),
        ("Not invoices", r#"{"invoices":[7]}"#.to_owned()),
        ("Not a list", r#"{"invoices":{}}"#.to_owned()),
        ("None", r#"{"invoices":[]}"#.to_owned()),
        ("No list", "{}".to_owned()),
        ("Too many", bulk(&[ISSUED; 101])),
    ] {
        let refused = said(s, &client, title, "POST", &create, &body, "").await;
        assert_eq!(refused.status, 400, "{title}");
    }
    let list = client.json("GET", INVOICES, "", 200).await;
    assert_eq!(list["count"], 2, "all or none");
    let asked = r#"{"invoices":[{"invoice_number":"INV-00002"},{"invoice_number":"INV-00009"}]}"#;
    said(s, &client, "Search", "POST", &search, asked, "Searched").await;
    for (title, body) in [
        ("Search for nothing", r#"{"invoices":[{}]}"#),
        ("Search without a list", "{}"),
    ] {
        let refused = said(s, &client, title, "POST", &search, body, "").await;
        assert_eq!(refused.status, 400, "{title}");
    }
    let context = world.context(world.book);
    let through = "2026-03-11".parse().unwrap();
    world.app.books.close_period(&context, through).await.unwrap();
    let later = ISSUED.replace("2026-03-10", "2026-03-12");
    let body = bulk(&[&later, ISSUED]);
    let refused = said(
        s,
        &client,
        "The second lies in a closed period",
        "POST",
        &create,
        &body,
        "",
    )
    .await;
    assert_eq!(refused.status, 400);
    let slash = format!("{create}/");
    said(s, &client, "A slash too many", "POST", &slash, &both, "").await;
    t.check();
}

#[tokio::test]
async fn a_patch_of_a_paid_invoice_keeps_its_payments() {
    let world = World::new().await;
    let client = Client::new(&world);
    client.create(ISSUED).await;
    client.pay(1, "55").await;
    let shown = client
        .json("PATCH", &at(1, ""), r#"{"lines":[{"amount":80}]}"#, 200)
        .await;
    assert_valid("campfire", "Invoice", &shown);
    assert_eq!(shown["payment_status"], "partial");
    assert_eq!(shown["amount_due"].to_string(), "25.0");
    assert_eq!(shown["payments"].as_array().unwrap().len(), 1);
    client.json("POST", &at(1, "pay/"), &payment("25"), 200).await;
}
