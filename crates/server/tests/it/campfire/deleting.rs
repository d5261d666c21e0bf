//! Deleting: from every state, everything that hangs on the invoice goes, and the books read as before.

use quittance_accounting::account::AccountRole;
use quittance_accounting::identity::BookKey;
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;

use super::{Client, DRAFT, INVOICES, ISSUED, at, balances, payment, said};
use crate::golden::{Transcript, World, json, refund, write_off};

const ONE: Named = Named::Key(1);

fn cents(minor: i64) -> Option<quittance_accounting::money::Amount> {
    quittance_accounting::money::Amount::new(minor)
}

/// Brings invoice 1 into a state.
async fn bring(world: &World, client: &Client<'_>, state: &str) {
    client
        .create(if matches!(state, "draft") { DRAFT } else { ISSUED })
        .await;
    let context = world.context(world.book);
    match state {
        "draft" | "issued" => {}
        "sent" => assert_eq!(client.call("PUT", &at(1, "send/"), "").await.status, 200),
        "part paid" => client.pay(1, "10").await,
        "paid" => client.pay(1, "55").await,
        "paid in parts" => {
            client.pay(1, "30").await;
            client.pay(1, "25.00").await;
        }
        "refunded" => {
            client.pay(1, "55").await;
            world
                .app
                .books
                .record_refund(&context, refund(ONE, cents(5500)))
                .await
                .unwrap();
        }
        "part written off" => {
            world
                .app
                .books
                .write_off(&context, write_off(ONE, cents(1000)))
                .await
                .unwrap();
        }
        "written off" => {
            client.pay(1, "5").await;
            world
                .app
                .books
                .write_off(&context, write_off(ONE, cents(5000)))
                .await
                .unwrap();
        }
        "void" => {
            client.json("POST", &at(1, "void/"), "", 200).await;
        }
        other => panic!("{other}"),
    }
}

const STATES: [&str; 10] = [
    "draft",
    "issued",
    "sent",
    "part paid",
    "paid",
    "paid in parts",
    "refunded",
    "part written off",
    "written off",
    "void",
];

#[tokio::test]
async fn any_state_can_be_deleted_and_leaves_nothing() {
    for state in STATES {
        let world = World::new().await;
        let client = Client::new(&world);
        let before = balances(&world, world.book).await;
        bring(&world, &client, state).await;
        let gone = client.call("DELETE", &at(1, ""), "").await;
        assert_eq!((gone.status, gone.body.len()), (204, 0), "{state}");
        assert_eq!(gone.header("content-type"), None);
        assert_eq!(gone.header("allow"), Some("GET, PUT, PATCH, DELETE, HEAD, OPTIONS"));
        let head = world.app.books.head(world.book).await.unwrap().unwrap();
        let receipt = gone.header("quittance-receipt").unwrap();
        assert_eq!(receipt, format!("{}:{}", head.seq, head.hash.hex()), "{state}");
        for (method, target, body) in [
            ("GET", at(1, ""), ""),
            ("PATCH", at(1, ""), r#"{"payment_status":"open"}"#),
            ("DELETE", at(1, ""), ""),
            ("POST", at(1, "pay/"), &payment("1")),
            ("POST", at(1, "void/"), ""),
            ("PUT", at(1, "send/"), ""),
        ] {
            let said = client.json(method, &target, body, 404).await;
            assert_eq!(
                said["detail"], "No Invoice matches the given query.",
                "{state}: {method} {target}"
            );
        }
        let list = client.json("GET", INVOICES, "", 200).await;
        assert_eq!(
            (&list["count"], list["results"].as_array().unwrap().len()),
            (&0.into(), 0),
            "{state}"
        );
        assert_eq!(balances(&world, world.book).await, before, "{state}");
        assert_eq!(
            world.app.books.payments(world.book, 0, 10).await.unwrap(),
            vec![],
            "{state}"
        );
    }
}

#[tokio::test]
async fn nothing_of_another_invoice_changes() {
    let world = World::new().await;
    let client = Client::new(&world);
    let other = client.create(ISSUED).await;
    client.pay(other, "20").await;
    let (kept, before) = (
        client.json("GET", &at(other, ""), "", 200).await,
        balances(&world, world.book).await,
    );
    let id = client.create(ISSUED).await;
    client.pay(id, "55").await;
    assert_eq!(client.call("DELETE", &at(id, ""), "").await.status, 204);
    assert_eq!(client.json("GET", &at(other, ""), "", 200).await, kept);
    assert_eq!(balances(&world, world.book).await, before);
    let next = client.create(ISSUED).await;
    let next = client.json("GET", &at(next, ""), "", 200).await;
    assert_eq!(
        next["invoice_number"], "INV-00003",
        "a counted number is never given twice"
    );
}

#[tokio::test]
async fn what_stands_in_the_way() {
    let world = World::new().await;
    let client = Client::new(&world);
    for _ in 0..4 {
        client.create(ISSUED).await;
    }
    client.create(DRAFT).await;
    let later = ISSUED.replace("2026-03-10", "2026-03-12");
    let later = client.create(&later).await;
    let books = &world.app.books;
    let context = world.context(world.book);
    let second = world.open_book("Second").await;
    let theirs = Client::with(
        &world,
        &world
            .make_token(second, quittance_accounting::book::Role::Admin, &[], None)
            .await,
    );
    let foreign = theirs
        .create(&ISSUED.replace("\"entity\":1", "\"entity\":536870913"))
        .await;
    assert_eq!(foreign, 536870913);
    let until = "2026-12-31".parse().unwrap();
    books
        .hold_invoice(
            &context,
            Named::Key(2),
            quittance_accounting::issuing::Hold::Until(until),
            false,
            None,
        )
        .await
        .unwrap();
    books
        .hold_invoice(
            &context,
            Named::Key(3),
            quittance_accounting::issuing::Hold::AsItIs,
            true,
            None,
        )
        .await
        .unwrap();

    let mut t = Transcript::new("campfire/delete");
    let s = &mut t;
    said(
        s,
        &client,
        "Deleted; a body is passed over",
        "DELETE",
        &at(1, ""),
        "{not json",
        "",
    )
    .await;
    said(s, &client, "Deleted already", "DELETE", &at(1, ""), "", "Detail").await;
    said(s, &client, "On hold", "DELETE", &at(2, ""), "", "Detail").await;
    said(s, &client, "Handed over", "DELETE", &at(3, ""), "", "Detail").await;
    books
        .close_period(&context, "2026-03-11".parse().unwrap())
        .await
        .unwrap();
    said(s, &client, "In a closed period", "DELETE", &at(4, ""), "", "Detail").await;
    said(
        s,
        &client,
        "On hold and in a closed period",
        "DELETE",
        &at(2, ""),
        "",
        "Detail",
    )
    .await;
    said(
        s,
        &client,
        "A draft dated in it was never posted",
        "DELETE",
        &at(5, ""),
        "",
        "",
    )
    .await;
    said(s, &client, "After it", "DELETE", &at(later, ""), "", "").await;
    said(s, &client, "Never there", "DELETE", &at(99, ""), "", "Detail").await;
    let huge = format!("{INVOICES}99999999999999999999999/");
    said(s, &client, "More digits than any id has", "DELETE", &huge, "", "Detail").await;
    said(
        s,
        &client,
        "Of another tenant",
        "DELETE",
        &at(foreign, ""),
        "",
        "Detail",
    )
    .await;
    said(s, &client, "Not digits", "DELETE", &format!("{INVOICES}abc/"), "", "").await;
    said(s, &client, "Below nought", "DELETE", &format!("{INVOICES}-1/"), "", "").await;
    said(s, &client, "No slash", "DELETE", "/coa/api/v1/invoice/4?x=1", "", "").await;
    said(s, &client, "Every one at once", "DELETE", INVOICES, "", "Detail").await;
    t.check();
    assert_eq!(theirs.json("GET", &at(foreign, ""), "", 200).await["id"], foreign);
    assert_eq!(client.json("GET", &at(4, ""), "", 200).await["id"], 4);
}

#[tokio::test]
async fn a_closed_period_keeps_every_entry_that_would_go() {
    let world = World::new().await;
    let client = Client::new(&world);
    let books = &world.app.books;
    let context = world.context(world.book);
    // Issued after the period that will be closed, paid on a day inside it.
    let late = client.create(&ISSUED.replace("2026-03-10", "2026-03-14")).await;
    client.pay(late, "10").await;
    let voided = client.create(ISSUED).await;
    client
        .json("POST", &at(voided, "void/"), r#"{"void_date":"2026-03-14"}"#, 200)
        .await;
    books
        .close_period(&context, "2026-03-12".parse().unwrap())
        .await
        .unwrap();
    let before = balances(&world, world.book).await;
    for id in [late, voided] {
        let said = client.json("DELETE", &at(id, ""), "", 400).await;
        assert_eq!(said["detail"], "Books are closed for this date.");
    }
    for (method, target, body) in [
        ("POST", INVOICES.to_owned(), ISSUED.to_owned()),
        ("POST", at(late, "pay/"), payment("1")),
        ("POST", at(late, "void/"), String::new()),
    ] {
        let said = client.json(method, &target, &body, 400).await;
        assert!(said["detail"].is_string(), "{said}");
    }
    assert_eq!(balances(&world, world.book).await, before);
    books.reopen_period(&context, None, "a test").await.unwrap();
    for id in [late, voided] {
        assert_eq!(client.call("DELETE", &at(id, ""), "").await.status, 204);
    }
}

#[tokio::test]
async fn money_with_a_witness_survives_unapplied() {
    use quittance_accounting::issuing::AccountChoice;
    use quittance_accounting::settlement::{Method, Witness};
    use quittance_accounting::settling::Part;
    use quittance_books::input::PaymentInput;

    let world = World::new().await;
    let client = Client::new(&world);
    client.create(ISSUED).await;
    let input = PaymentInput {
        currency: None,
        rate: None,
        customer: None,
        paid_on: None,
        paid_at: None,
        amount: None,
        method: Method::BankTransfer,
        witness: Witness::Bank,
        clearing: AccountChoice::Role(AccountRole::Clearing),
        parts: vec![(Named::Key(1), Part::WhatIsOpen)],
        external_id: None,
        content: Default::default(),
    };
    let context = world.context(world.book);
    world
        .app
        .books
        .record_payment(&context, &super::RULES, input, None)
        .await
        .unwrap();
    let shown = client.json("GET", &at(1, ""), "", 200).await;
    assert_eq!(shown["payments"][0]["payment_type"], "BANK_TRANSACTION");
    assert_eq!(client.call("DELETE", &at(1, ""), "").await.status, 204);
    let payments = world.app.books.payments(world.book, 0, 10).await.unwrap();
    assert_eq!(payments[0].payment.unallocated.minor(), 5500);
}

#[tokio::test]
async fn an_explicit_number_is_free_again() {
    let world = World::new().await;
    let client = Client::new(&world);
    let body = DRAFT.replace("\"entity\":1", "\"entity\":1,\"invoice_number\":\"A-7\"");
    let id = client.create(&body).await;
    let said = client.json("POST", INVOICES, &body, 400).await;
    assert_eq!(
        said["invoice_number"][0],
        "Invoice with this invoice_number already exists."
    );
    client.call("DELETE", &at(id, ""), "").await;
    client.create(&body).await;
}

#[tokio::test]
async fn a_broken_store_is_the_page_of_a_broken_server() {
    use quittance_accounting::refusal::Flaw;
    use quittance_server::dialects::campfire::{errors, internal_error};

    let page = internal_error();
    let said = errors::answer(errors::failed(Failure::Flawed(Flaw::NoSettings), BookKey(1)));
    assert_eq!(said, page);
    assert_eq!((page.status, page.body.len()), (500, 145));
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(serde_json::from_slice::<serde_json::Value>(&page.body).is_err());
    let unavailable = errors::answer(errors::failed(Failure::Unavailable, BookKey(1)));
    assert_eq!(
        (unavailable.status, json(&unavailable)["detail"].is_string()),
        (503, true)
    );
}

#[tokio::test]
async fn what_another_dialect_deleted_and_still_shows_is_unknown_here() {
    use quittance_accounting::rules::{DeletionRules, Rules, Texts};
    use quittance_books::input::DeleteOptions;

    const SHOWN: Rules = Rules {
        deletion: DeletionRules {
            texts: Texts::Kept,
            readable_by_id: true,
            ..super::OTHER.deletion
        },
        ..super::OTHER
    };
    let world = World::new().await;
    let client = Client::new(&world);
    client.create(DRAFT).await;
    let context = world.context(world.book);
    let options = DeleteOptions::default();
    world
        .app
        .books
        .delete_invoice(&context, &SHOWN, Named::Key(1), options)
        .await
        .unwrap();
    assert!(
        world
            .app
            .books
            .invoice(world.book, &Named::Key(1))
            .await
            .unwrap()
            .is_some()
    );
    for (method, target) in [("GET", at(1, "")), ("DELETE", at(1, "")), ("PUT", at(1, "send/"))] {
        client.json(method, &target, "", 404).await;
    }
}
