//! Documents that were not made here: they are shown all the same, and deleted by the same rule.

use quittance_accounting::account::AccountRole;
use quittance_accounting::issuing::{AccountChoice, NumberChoice};
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::rules::{NumberRules, NumberedAt, Reach, Rules, Texts};
use quittance_accounting::settlement::{Method, Witness};
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;
use quittance_books::content::{InvoiceContent, LineContent, PaymentContent};
use quittance_books::input::{DeleteOptions, Due, InvoiceInput, LineInput, PaymentInput};
use serde_json::json;

use super::{Shop, assert_bare, assert_error};
use crate::golden::json as body_of;
use crate::schema::assert_valid;
use quittance_server::dialects::moov::RULES;

/// Another dialect's rules: no number on a draft, issued ones deleted for good.
static OTHER: Rules = Rules {
    dialect: "other",
    deletion: quittance_accounting::rules::DeletionRules {
        reach: Reach::Issued,
        texts: Texts::Erased,
        readable_by_id: false,
        ..RULES.deletion
    },
    numbering: NumberRules {
        at: NumberedAt::Issue,
        prefix: "F",
        width: 4,
    },
    ..RULES
};

fn line(quantity: &str, price: &str, discount: i64) -> LineInput {
    LineInput {
        account: AccountChoice::Role(AccountRole::Sales),
        product: None,
        quantity: quantity.parse().unwrap(),
        unit_price: price.parse().unwrap(),
        subtotal: None,
        discount: Amount::new(discount).unwrap(),
        taxes: vec![(AccountChoice::Role(AccountRole::SalesTax), Amount::new(10).unwrap())],
    }
}

fn elsewhere(issue: bool) -> InvoiceInput {
    let text = |name: Option<&str>, description: Option<&str>| LineContent {
        name: name.map(str::to_owned),
        description: description.map(str::to_owned),
        extra: [("other".to_owned(), json!({"x": 1}))].into(),
    };
    InvoiceInput {
        rate: None,
        customer: None,
        currency: Currency::USD,
        number: NumberChoice::Counted,
        external_id: None,
        invoice_date: Some(jiff::civil::date(2026, 3, 1)),
        due: Some(Due::On(jiff::civil::date(2026, 3, 31))),
        sent_at: None,
        issue,
        lines: vec![
            line("2.5", "19.99", 0),
            line("3", "10.00", 100),
            line("4", "1.25", 0),
            line("1", "0.12345678901", 0),
            line("1", "-5.00", 0),
        ],
        discount: Amount::new(200).unwrap(),
        taxes: Vec::new(),
        tip: Amount::new(300).unwrap(),
        content: InvoiceContent {
            hold_reason: None,
            title: Some("Title".to_owned()),
            memo: None,
            lines: vec![text(Some("Hours"), None), text(None, Some("Things"))],
            extra: [("other".to_owned(), json!({"y": 2}))].into(),
        },
    }
}

#[tokio::test]
async fn what_has_no_words_here_is_shown_with_the_shared_figures() {
    let shop = Shop::open().await;
    let books = &shop.world.app.books;
    let context = shop.world.context(shop.world.book);
    let made = books
        .create_invoice(&context, &OTHER, elsewhere(false), None)
        .await
        .unwrap();
    let found = shop.call("GET", &format!("/{}", made.invoice.id.uuid()), "").await;
    assert_eq!(found.status, 200);
    let found = body_of(&found);
    assert_eq!(
        (&found["invoiceNumber"], &found["customerAccountID"]),
        (&json!(""), &json!(""))
    );
    assert_eq!(
        (&found["invoiceDate"], &found["dueDate"]),
        (&json!("2026-03-01T00:00:00Z"), &json!("2026-03-31T23:59:59.999999Z"))
    );
    let items: Vec<_> = found["lineItems"]["items"].as_array().unwrap().iter().collect();
    let brief = |item: &serde_json::Value| {
        (
            item["name"].clone(),
            item["quantity"].clone(),
            item["basePrice"]["valueDecimal"].clone(),
        )
    };
    let shown: Vec<_> = items.iter().map(|item| brief(item)).collect();
    assert_eq!(
        shown,
        [
            (json!("Hours"), json!(1), json!("49.98")),
            (json!("Things"), json!(1), json!("29.00")),
            (json!("Item"), json!(4), json!("1.25")),
            (json!("Item"), json!(1), json!("0.12")),
            (json!("Item"), json!(1), json!("-5.00")),
        ]
    );
    // 79.10 of lines less 2.00, tax of five lines, and a tip.
    assert_eq!(found["subtotalAmount"]["valueDecimal"], "77.10");
    assert_eq!(found["amountDetails"]["tax"]["valueDecimal"], "0.50");
    assert_eq!(found["amountDetails"]["surcharge"]["valueDecimal"], "3.00");
    assert_eq!(found["totalAmount"]["valueDecimal"], "80.60");
}

#[tokio::test]
async fn a_payment_of_a_provider_is_a_transfer() {
    let shop = Shop::open().await;
    let id = shop.unpaid().await;
    let books = &shop.world.app.books;
    let context = shop.world.context(shop.world.book);
    let uuid = quittance_accounting::identity::DocumentId::from_uuid(&id);
    let quittance_accounting::identity::UuidReading::Document(key) = uuid else {
        panic!("{uuid:?}");
    };
    for (witness, kind) in [(Witness::Provider, "transfer"), (Witness::Bank, "external")] {
        let input = PaymentInput {
            currency: None,
            rate: None,
            customer: None,
            paid_on: None,
            paid_at: None,
            amount: None,
            method: Method::Card,
            witness,
            clearing: AccountChoice::Role(AccountRole::Clearing),
            parts: vec![(Named::Id(key), Part::Exactly(Amount::new(100).unwrap()))],
            external_id: None,
            content: PaymentContent::default(),
        };
        books.record_payment(&context, &OTHER, input, None).await.unwrap();
        let listed = body_of(&shop.call("GET", &format!("/{id}/payments"), "").await);
        assert_valid("moov", "InvoicePayments", &listed);
        let newest = listed.as_array().unwrap().last().unwrap();
        assert_eq!(newest["invoicePaymentType"], kind);
        assert!(newest[kind].is_object(), "{newest}");
    }
    assert_error(
        &shop.call("PATCH", &format!("/{id}"), r#"{"status":"canceled"}"#).await,
        409,
    );
}

#[tokio::test]
async fn what_another_dialect_deleted_for_good_is_unknown() {
    let shop = Shop::open().await;
    let books = &shop.world.app.books;
    let context = shop.world.context(shop.world.book);
    let made = books
        .create_invoice(&context, &OTHER, elsewhere(true), None)
        .await
        .unwrap();
    let id = made.invoice.id.uuid();
    assert_error(&shop.call("DELETE", &format!("/{id}"), "").await, 409);
    let options = DeleteOptions::default();
    books
        .delete_invoice(&context, &OTHER, Named::Id(made.invoice.id), options)
        .await
        .unwrap();
    for (method, rest, body) in [
        ("GET", "", ""),
        ("DELETE", "", ""),
        ("PATCH", "", r#"{"status":"unpaid"}"#),
        ("GET", "/payments", ""),
        (
            "POST",
            "/payments",
            r#"{"amount":{"currency":"USD","valueDecimal":"1.00"}}"#,
        ),
    ] {
        assert_bare(&shop.call(method, &format!("/{id}{rest}"), body).await, 404);
    }
}

#[tokio::test]
async fn a_draft_of_another_dialect_is_deleted_and_readable() {
    let shop = Shop::open().await;
    let context = shop.world.context(shop.world.book);
    let books = &shop.world.app.books;
    let made = books
        .create_invoice(&context, &OTHER, elsewhere(false), None)
        .await
        .unwrap();
    let rest = format!("/{}", made.invoice.id.uuid());
    assert_bare(&shop.call("DELETE", &rest, "").await, 204);
    assert!(body_of(&shop.call("GET", &rest, "").await)["disabledOn"].is_string());
}
