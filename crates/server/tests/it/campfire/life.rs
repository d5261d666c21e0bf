//! The whole life of an invoice through this dialect, and lists.

use quittance_accounting::money::Currency;

use super::{Client, DRAFT, INVOICES, ISSUED, OTHER, at, said};
use crate::golden::{Transcript, World};
use crate::schema::assert_valid;

#[tokio::test]
async fn from_setup_to_deletion() {
    let world = World::new().await;
    let client = Client::new(&world);
    let mut t = Transcript::new("campfire/life");
    setup(&mut t, &client).await;
    work(&mut t, &client).await;
    t.check();
}

async fn setup(s: &mut Transcript, client: &Client<'_>) {
    said(s, client, "The company", "GET", "/coa/api/entity", "", "Entities").await;
    said(s, client, "Its accounts", "GET", "/coa/api/account", "", "AccountPage").await;
    let vendor = r#"{"name":"Globex","vendor_type":"customer","email":"ap@globex.test"}"#;
    said(s, client, "A customer", "POST", "/coa/api/vendor", vendor, "Vendor").await;
    said(
        s,
        client,
        "Customers",
        "GET",
        "/coa/api/vendor?limit=1",
        "",
        "VendorPage",
    )
    .await;
    let product = r#"{"name":"Advice","description":"By the hour","is_taxable":true,"invoice_account":null}"#;
    said(s, client, "A product", "POST", "/rr/api/v1/product", product, "Product").await;
    said(s, client, "Products", "GET", "/rr/api/v1/product", "", "ProductPage").await;
}

async fn work(s: &mut Transcript, client: &Client<'_>) {
    let draft = r#"{"lines":[{"product":"1","quantity":"2.5","rate":20,"tax":5,"tag_ids":[7]},{"amount":-0.5,"description":"Goodwill"}],"invoice_date":"2026-03-10","due_date":"2026-3-14","entity":"1","client":1,"terms":"custom","message_on_invoice":"Thank you","ref_number":"R-1","integration_context":{"order":12.50},"exchange_rate":1,"payment_status":"draft"}"#;
    said(s, client, "A draft", "POST", INVOICES, draft, "Invoice").await;
    said(s, client, "A list with it", "GET", INVOICES, "", "InvoicePage").await;
    let open = r#"{"payment_status":"open"}"#;
    said(s, client, "Issue", "PATCH", &at(1, ""), open, "Invoice").await;
    said(s, client, "Issue again: it is", "PATCH", &at(1, ""), open, "Invoice").await;
    said(s, client, "Send", "PUT", &at(1, "send/"), "", "").await;
    let part = r#"{"empty_transactions":[{"account_id":3,"account_name":"Bank","amount":20.25,"payment_date":"2026-03-12","memo":"Check 7","external_id":"x-1"}]}"#;
    said(s, client, "Pay a part", "POST", &at(1, "pay/"), part, "Paid").await;
    said(s, client, "Part paid", "GET", &at(1, ""), "", "Invoice").await;
    said(
        s,
        client,
        "Pay the same again",
        "POST",
        &at(1, "pay/"),
        part,
        "FieldErrors",
    )
    .await;
    said(
        s,
        client,
        "Pay the rest",
        "POST",
        &at(1, "pay/"),
        &super::payment("34.25"),
        "Paid",
    )
    .await;
    said(s, client, "Paid", "GET", &at(1, ""), "", "Invoice").await;
    said(
        s,
        client,
        "A second, posted at once",
        "POST",
        INVOICES,
        ISSUED,
        "Invoice",
    )
    .await;
    said(
        s,
        client,
        "Void it",
        "POST",
        &at(2, "void/"),
        r#"{"void_date":"2026-03-13"}"#,
        "Invoice",
    )
    .await;
    said(s, client, "Delete the paid one", "DELETE", &at(1, ""), "", "").await;
    said(s, client, "It is unknown", "GET", &at(1, ""), "", "Detail").await;
    said(s, client, "The list without it", "GET", INVOICES, "", "InvoicePage").await;
}

#[tokio::test]
async fn pages_and_filters() {
    let world = World::new().await;
    let client = Client::new(&world);
    client
        .json("POST", "/coa/api/vendor", r#"{"name":"Globex"}"#, 201)
        .await;
    for day in 1..=5 {
        let body = format!(
            r#"{{"lines":[{{"amount":{day}}}],"invoice_date":"2026-03-0{day}","due_date":"2026-03-1{day}","entity":1,"client":1,"invoice_number":"N-{day}"}}"#
        );
        client.create(&body).await;
    }
    client.create(DRAFT).await;
    client.pay(4, "1").await;
    client.pay(5, "5").await;
    let mut t = Transcript::new("campfire/pages");
    for (title, query) in [
        ("The first page", "?limit=2&client=1&sort=invoice_date"),
        ("The second", "?limit=2&offset=2&client=1"),
        ("Past the end", "?offset=99"),
        (
            "What cannot be read counts as not given",
            "?limit=-1&offset=x&invoice_number=N-1",
        ),
    ] {
        said(
            &mut t,
            &client,
            title,
            "GET",
            &format!("{INVOICES}{query}"),
            "",
            "InvoicePage",
        )
        .await;
    }
    t.check();
    for (query, ids) in [
        ("", vec![6, 5, 4, 3, 2, 1]),
        ("?sort=invoice_date", vec![1, 2, 3, 4, 5, 6]),
        ("?sort=-amount_due&limit=1", vec![4]),
        ("?client=1", vec![5, 4, 3, 2, 1]),
        ("?client=2", vec![]),
        ("?client=536870913", vec![]),
        ("?entity=1&entity=2", vec![6, 5, 4, 3, 2, 1]),
        ("?entity=2&entity=3", vec![]),
        ("?client=1&client=2", vec![5, 4, 3, 2, 1]),
        ("?client=2&client=536870913", vec![]),
        ("?parent_client=1", vec![]),
        ("?paid_date_from=2026-03-12&paid_date_to=2026-03-12", vec![5]),
        ("?paid_date_from=2026-03-13", vec![]),
        ("?sort=client_name", vec![6, 1, 2, 3, 4, 5]),
        ("?sort=-client_name", vec![5, 4, 3, 2, 1, 6]),
        ("?download=false", vec![6, 5, 4, 3, 2, 1]),
        ("?currency=USD&status=paid", vec![5]),
        ("?currency=EUR", vec![]),
        ("?invoice_number=N-3", vec![3]),
        ("?start_date=2026-03-02&end_date=2026-03-03", vec![3, 2]),
        ("?status=unpaid", vec![3, 2, 1]),
        ("?status=partially_paid", vec![4]),
        ("?status=past_due", vec![4, 3, 2, 1]),
        ("?status=1_30", vec![4, 3, 2, 1]),
        ("?status=31_60", vec![]),
        ("?status=current", vec![]),
        ("?status=voided", vec![]),
        ("?sentStatus=sent", vec![]),
        ("?limit=3&offset=4", vec![2, 1]),
        ("?offset=99999999999999999999", vec![]),
        ("?offset=-99999999999999999999", vec![6, 5, 4, 3, 2, 1]),
        ("?limit=99999999999999999999&offset=4", vec![2, 1]),
        ("?limit=99999999&offset=9223372036854775807", vec![]),
        ("?unknown=1", vec![6, 5, 4, 3, 2, 1]),
    ] {
        let page = client.json("GET", &format!("{INVOICES}{query}"), "", 200).await;
        assert_valid("campfire", "InvoicePage", &page);
        let found: Vec<i64> = page["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["id"].as_i64().unwrap())
            .collect();
        assert_eq!(found, ids, "{query}");
    }
    for query in [
        "?status=zzz",
        "?sentStatus=maybe",
        "?client=x",
        "?start_date=soon",
        "?sort=name",
        "?q=a%00b",
        "?invoice_number=%00",
        "?parent_client=x",
        "?contract=x",
        "?line_tag_id=x",
        "?paid_date_from=x",
        "?download=true",
        "?download=perhaps",
        "?entity=x",
    ] {
        let said = client.json("GET", &format!("{INVOICES}{query}"), "", 400).await;
        assert_valid("campfire", "FieldErrors", &said);
    }
}

#[tokio::test]
async fn what_texts_say_is_found() {
    let world = World::new().await;
    let client = Client::new(&world);
    client
        .json("POST", "/coa/api/vendor", r#"{"name":"Globex"}"#, 201)
        .await;
    for members in [
        r#""client":1,"ref_number":"R-1","contract":7"#,
        r#""message_on_invoice":"Thank you, Globex","shipping_address":"1 High Street""#,
        r#""ref_number":"r-1","invoice_number":"GLO-3""#,
    ] {
        client
            .create(&DRAFT.replace(r#""entity":1"#, &format!(r#""entity":1,{members}"#)))
            .await;
    }
    let tagged = DRAFT.replace(r#""tax":5"#, r#""tax":5,"tag_ids":[3,44],"tag_group_ids":[5]"#);
    client.create(&tagged).await;
    let mut t = Transcript::new("campfire/search");
    let query = format!("{INVOICES}?q=globex&sort=client_name&limit=1");
    said(&mut t, &client, "By what they say", "GET", &query, "", "InvoicePage").await;
    t.check();
    for (query, ids) in [
        ("?q=globex", vec![2, 1]),
        ("?q=HIGH+street", vec![2]),
        ("?q=glo", vec![3, 2, 1]),
        ("?q=%25", vec![]),
        ("?q=inv-&client=1", vec![1]),
        ("?ref_number=R-1", vec![1]),
        ("?ref_number=R", vec![]),
        ("?contract=7", vec![1]),
        ("?contract=8", vec![]),
        ("?line_tag_id=44", vec![4]),
        ("?line_tag_id=4", vec![]),
        ("?line_tag_group_id=5", vec![4]),
        ("?line_tag_id=3&line_tag_group_id=3", vec![]),
    ] {
        let page = client.json("GET", &format!("{INVOICES}{query}"), "", 200).await;
        let rows = page["results"].as_array().unwrap();
        let found: Vec<i64> = rows.iter().map(|row| row["id"].as_i64().unwrap()).collect();
        assert_eq!((&page["count"], found), (&ids.len().into(), ids), "{query}");
    }
}

#[tokio::test]
async fn a_document_of_another_dialect_has_every_member() {
    use quittance_accounting::account::AccountRole;
    use quittance_accounting::issuing::{AccountChoice, NumberChoice};
    use quittance_accounting::money::Amount;
    use quittance_books::input::{InvoiceInput, LineInput};

    let world = World::new().await;
    let amount = |minor| Amount::new(minor).unwrap();
    let input = InvoiceInput {
        rate: None,
        customer: None,
        currency: Currency::USD,
        number: NumberChoice::Counted,
        external_id: Some("theirs".to_owned()),
        invoice_date: None,
        due: None,
        sent_at: None,
        issue: true,
        lines: vec![LineInput {
            account: AccountChoice::Role(AccountRole::Sales),
            product: None,
            quantity: 3.into(),
            unit_price: "0.333".parse().unwrap(),
            subtotal: None,
            discount: amount(10),
            taxes: vec![],
        }],
        discount: amount(20),
        taxes: vec![(AccountChoice::Role(AccountRole::SalesTax), amount(7))],
        tip: amount(50),
        content: Default::default(),
    };
    let context = world.context(world.book);
    world
        .app
        .books
        .create_invoice(&context, &OTHER, input, None)
        .await
        .unwrap();
    let client = Client::new(&world);
    let mut t = Transcript::new("campfire/foreign");
    said(&mut t, &client, "Made elsewhere", "GET", &at(1, ""), "", "Invoice").await;
    said(&mut t, &client, "Deleted here", "DELETE", &at(1, ""), "", "").await;
    t.check();
}

#[tokio::test]
async fn an_idempotency_key_answers_the_same_invoice() {
    let world = World::new().await;
    let mut t = Transcript::new("campfire/idempotency");
    let token = format!("Token {}", world.token);
    let long = "k".repeat(256);
    let headers = |key| {
        [
            ("authorization", token.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", key),
        ]
    };
    t.say(&world, "First", "POST", INVOICES, &headers("k-1"), ISSUED).await;
    t.say(&world, "Repeated", "POST", INVOICES, &headers("k-1"), ISSUED)
        .await;
    t.say(
        &world,
        "Another body under the key",
        "POST",
        INVOICES,
        &headers("k-1"),
        DRAFT,
    )
    .await;
    t.say(&world, "An unusable key", "POST", INVOICES, &headers(&long), DRAFT)
        .await;
    Client::new(&world).call("DELETE", &at(1, ""), "").await;
    let gone = t
        .say(
            &world,
            "Repeated after the delete",
            "POST",
            INVOICES,
            &headers("k-1"),
            ISSUED,
        )
        .await;
    assert_eq!(gone.status, 404);
    t.check();
}
