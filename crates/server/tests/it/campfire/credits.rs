//! Credit memos: every outcome, what they settle, and the world afterwards.

use quittance_accounting::issuing::Hold;
use quittance_accounting::snapshot::Named;
use serde_json::{Value, json};

use super::{Client, ISSUED, at, balances, said};
use crate::golden::{Transcript, World};
use crate::schema::assert_valid;

pub(super) const MEMOS: &str = "/coa/api/v1/credit-memo";

/// 30.00 of sales and 2.40 of tax taken back from the first customer.
pub(super) const MEMO: &str = r#"{"lines":[{"account":10,"amount":30,"description":"Late by a week"},{"account":"6","amount":"2.40"}],"credit_memo_date":"2026-03-11","entity":1,"client":1,"message_on_credit_memo":"Sorry","ref_number":"R-7"}"#;

/// The invoice of 55.00 made out to the first customer.
pub(super) fn billed() -> String {
    ISSUED.replace(r#""entity":1"#, r#""entity":1,"client":1"#)
}

pub(super) fn one(id: i64, rest: &str) -> String {
    format!("{MEMOS}/{id}{rest}")
}

pub(super) fn by_credit(memo: i64, amount: &str) -> String {
    format!(r#"{{"credit_memos":[{{"credit_memo_id":{memo},"amount":{amount},"posted_at":"2026-03-12"}}]}}"#)
}

/// The usual memo with one member changed.
fn with(member: &str, value: Value) -> String {
    let mut body: Value = serde_json::from_str(MEMO).unwrap();
    body[member] = value;
    body.to_string()
}

fn with_line(member: &str, value: Value) -> String {
    let mut body: Value = serde_json::from_str(MEMO).unwrap();
    body["lines"][0][member] = value;
    body.to_string()
}

/// Two customers and a product on the services account.
pub(super) async fn parties(client: &Client<'_>) {
    for name in ["Globex", "Acme Towing"] {
        let body = json!({"name": name, "email": "pay@example.com"}).to_string();
        client.json("POST", "/coa/api/vendor", &body, 201).await;
    }
    let product = r#"{"name":"Hour","invoice_account":11}"#;
    client.json("POST", "/rr/api/v1/product", product, 201).await;
}

pub(super) async fn create(client: &Client<'_>, body: &str) -> i64 {
    let made = client.json("POST", MEMOS, body, 201).await;
    assert_valid("campfire", "CreditMemo", &made);
    made["id"].as_i64().unwrap()
}

#[tokio::test]
async fn from_creation_to_deletion() {
    let world = World::new().await;
    let client = Client::new(&world);
    parties(&client).await;
    let before = balances(&world, world.book).await;
    let mut t = Transcript::new("campfire/credit_memos");
    let s = &mut t;
    let next = format!("{MEMOS}/next-credit-memo-number");
    said(s, &client, "The next number", "GET", &next, "", "NextCreditMemo").await;
    said(s, &client, "Create", "POST", MEMOS, MEMO, "CreditMemo").await;
    let other = r#"{"lines":[{"account":10,"product":1,"amount":"100","department":3}],"credit_memo_date":"2026-3-9","entity":"1","client":"2","credit_memo_number":"CM-9","contract":12}"#;
    said(
        s,
        &client,
        "With a number of its own",
        "POST",
        MEMOS,
        other,
        "CreditMemo",
    )
    .await;
    said(s, &client, "List", "GET", MEMOS, "", "CreditMemoPage").await;
    let few = format!("{MEMOS}?status=open&client=2&contract=12&sort=-total_amount&limit=1&q=towing");
    said(s, &client, "Few of them", "GET", &few, "", "CreditMemoPage").await;
    let search = r#"{"credit_memos":[{"credit_memo_number":"CM-9"},{"credit_memo_number":"CM-8"}]}"#;
    let bulk = format!("{MEMOS}/bulk-search");
    said(s, &client, "By number", "POST", &bulk, search, "FoundCreditMemos").await;
    said(s, &client, "Read", "GET", &one(1, ""), "", "CreditMemo").await;
    let words = r#"{"message_on_credit_memo":"Very sorry","ref_number":null,"credit_memo_number":"CM-1"}"#;
    said(s, &client, "Change words", "PATCH", &one(1, ""), words, "CreditMemo").await;
    let figures = r#"{"lines":[{"account":11,"amount":40}],"credit_memo_date":"2026-03-12","client":2}"#;
    said(
        s,
        &client,
        "Change figures",
        "PATCH",
        &one(1, ""),
        figures,
        "CreditMemo",
    )
    .await;
    said(s, &client, "Replace", "PUT", &one(1, ""), MEMO, "CreditMemo").await;
    said(s, &client, "Send", "PUT", &one(1, "/send/"), "", "").await;
    let void = r#"{"void_date":"2026-03-13"}"#;
    said(s, &client, "Void", "POST", &one(1, "/void/"), void, "CreditMemo").await;
    said(s, &client, "Void again", "POST", &one(1, "/void/"), void, "Detail").await;
    let patch = r#"{"message_on_credit_memo":"x"}"#;
    said(s, &client, "Change a void one", "PATCH", &one(1, ""), patch, "Detail").await;
    said(s, &client, "Reopen", "POST", &one(1, "/reopen/"), "", "CreditMemo").await;
    said(s, &client, "Reopen again", "POST", &one(1, "/reopen/"), "", "Detail").await;
    said(s, &client, "Delete", "DELETE", &one(1, ""), "", "").await;
    for (title, method, target) in [
        ("Read it afterwards", "GET", one(1, "")),
        ("Delete it again", "DELETE", one(1, "")),
        ("Void it", "POST", one(1, "/void/")),
        ("Reopen it", "POST", one(1, "/reopen/")),
        ("Send it", "PUT", one(1, "/send/")),
        ("Change it", "PATCH", one(1, "")),
    ] {
        said(s, &client, title, method, &target, "", "").await;
    }
    said(s, &client, "What is left", "GET", MEMOS, "", "CreditMemoPage").await;
    t.check();
    assert_eq!(client.call("DELETE", &one(2, ""), "").await.status, 204);
    assert_eq!(balances(&world, world.book).await.len(), before.len());
    let nets = async || {
        let lines = balances(&world, world.book).await;
        lines.iter().map(|line| line.turnover.net()).collect::<Vec<_>>()
    };
    assert!(nets().await.iter().all(|net| *net == 0), "{:?}", nets().await);
    let verdict = world.app.books.verify(world.book, None, |_, _| {}).await;
    assert!(verdict.unwrap().is_clean());
}

#[tokio::test]
async fn they_settle_invoices() {
    let world = World::new().await;
    let client = Client::new(&world);
    parties(&client).await;
    for _ in 0..2 {
        client.create(&billed()).await;
    }
    let memo = create(&client, MEMO).await;
    let large = create(&client, &with("lines", json!([{"account": 10, "amount": 100}]))).await;
    assert_eq!((memo, large), (1, 2));
    let mut t = Transcript::new("campfire/credit_memo_payments");
    let s = &mut t;
    let both = r#"{"credit_memos":[{"credit_memo_id":1,"amount":"32.40","posted_at":"2026-03-12"}],"empty_transactions":[{"account_id":null,"account_name":"Till","amount":12.6,"payment_date":"2026-03-13"}]}"#;
    let target = at(1, "calculate-payment");
    said(s, &client, "What it would come to", "POST", &target, both, "Calculated").await;
    said(s, &client, "Pay", "POST", &at(1, "pay/"), both, "Paid").await;
    said(s, &client, "The invoice", "GET", &at(1, ""), "", "Invoice").await;
    said(s, &client, "The memo", "GET", &one(1, ""), "", "CreditMemo").await;
    let paid = by_credit(2, "10");
    said(s, &client, "Pay the rest", "POST", &at(1, "pay/"), &paid, "Paid").await;
    said(s, &client, "It is paid", "GET", &at(1, ""), "", "Invoice").await;
    let feed = "/coa/api/v1/invoice-payments";
    said(s, &client, "The feed", "GET", feed, "", "PaymentPage").await;
    for (title, method, target, body, status) in [
        ("Delete what is applied", "DELETE", one(1, ""), String::new(), 409),
        (
            "Change its figures",
            "PATCH",
            one(1, ""),
            r#"{"lines":[{"account":10,"amount":1}]}"#.to_owned(),
            409,
        ),
        (
            "Change its client",
            "PATCH",
            one(1, ""),
            r#"{"client":2}"#.to_owned(),
            409,
        ),
        (
            "More than it has left",
            "POST",
            at(2, "pay/"),
            by_credit(2, "90.01"),
            400,
        ),
        ("Nothing left", "POST", at(2, "pay/"), by_credit(1, "1"), 400),
        ("More than is due", "POST", at(2, "pay/"), by_credit(2, "55.01"), 400),
        ("No such memo", "POST", at(2, "pay/"), by_credit(9, "1"), 400),
        (
            "Nothing said",
            "POST",
            at(2, "pay/"),
            r#"{"credit_memos":[{}]}"#.to_owned(),
            400,
        ),
        (
            "No list",
            "POST",
            at(2, "pay/"),
            r#"{"credit_memos":{}}"#.to_owned(),
            400,
        ),
        ("Nothing of it", "POST", at(2, "pay/"), by_credit(2, "0"), 400),
        (
            "On no day",
            "POST",
            at(2, "pay/"),
            by_credit(2, "1").replace("2026-03-12", "soon"),
            400,
        ),
        (
            "Void an invoice with a memo on it",
            "POST",
            at(1, "void/"),
            String::new(),
            400,
        ),
        (
            "No such payment",
            "POST",
            one(2, "/payment/2056/void"),
            String::new(),
            404,
        ),
        (
            "A payment of another memo",
            "DELETE",
            one(2, "/payment/1025/void"),
            String::new(),
            404,
        ),
        ("Not digits", "DELETE", one(2, "/payment/x/void"), String::new(), 404),
    ] {
        let refused = said(s, &client, title, method, &target, &body, "").await;
        assert_eq!(refused.status, status, "{title}");
    }
    let on = r#"{"void_date":"2026-03-14"}"#;
    let target = at(1, "payment/2/void/");
    said(
        s,
        &client,
        "Void it on the invoice",
        "POST",
        &target,
        on,
        "InvoicePayment",
    )
    .await;
    said(s, &client, "Void it again", "POST", &target, on, "Detail").await;
    said(s, &client, "Delete what was voided", "DELETE", &target, "", "Detail").await;
    said(
        s,
        &client,
        "Delete it on the invoice",
        "DELETE",
        &at(1, "payment/1/void/"),
        "",
        "",
    )
    .await;
    client.json("POST", &at(2, "pay/"), &by_credit(2, "20"), 200).await;
    let target = one(2, "/payment/2050/void");
    said(
        s,
        &client,
        "Void it on the memo",
        "POST",
        &target,
        "",
        "CreditMemoPayment",
    )
    .await;
    said(s, &client, "Void it on the memo again", "POST", &target, "", "Detail").await;
    said(
        s,
        &client,
        "Delete what was voided on the memo",
        "DELETE",
        &target,
        "",
        "Detail",
    )
    .await;
    client.json("POST", &at(2, "pay/"), &by_credit(2, "21"), 200).await;
    let target = one(2, "/payment/2051/void");
    said(s, &client, "Delete it on the memo", "DELETE", &target, "", "").await;
    said(
        s,
        &client,
        "What the memo settled",
        "GET",
        &one(2, ""),
        "",
        "CreditMemo",
    )
    .await;
    said(s, &client, "All is due again", "GET", &at(2, ""), "", "Invoice").await;
    t.check();
    let verdict = world.app.books.verify(world.book, None, |_, _| {}).await;
    assert!(verdict.unwrap().is_clean());
}

#[tokio::test]
async fn what_stands_in_the_way() {
    let world = World::new().await;
    let client = Client::new(&world);
    parties(&client).await;
    client.create(&billed()).await;
    for _ in 0..4 {
        create(&client, MEMO).await;
    }
    let context = world.context(world.book);
    let books = &world.app.books;
    books
        .hold_credit_note(
            &context,
            Named::Key(2),
            Hold::Until("2026-12-31".parse().unwrap()),
            false,
            None,
        )
        .await
        .unwrap();
    books
        .hold_credit_note(&context, Named::Key(3), Hold::Released, true, None)
        .await
        .unwrap();
    client.json("POST", &one(4, "/void/"), "", 200).await;
    let mut t = Transcript::new("campfire/credit_memo_refusals");
    let s = &mut t;
    for (title, method, target, body, status) in [
        ("Nothing in it", "POST", MEMOS.to_owned(), "{}".to_owned(), 400),
        ("Not an object", "POST", MEMOS.to_owned(), "[]".to_owned(), 400),
        ("Cut off", "POST", MEMOS.to_owned(), "{".to_owned(), 400),
        (
            "By position",
            "POST",
            MEMOS.to_owned(),
            with("lines", json!([{"account": 10, "amount": 1}, {}])),
            400,
        ),
        (
            "Receivables",
            "POST",
            MEMOS.to_owned(),
            with_line("account", json!(4)),
            400,
        ),
        (
            "No such account",
            "POST",
            MEMOS.to_owned(),
            with_line("account", json!(99)),
            400,
        ),
        (
            "Below zero",
            "POST",
            MEMOS.to_owned(),
            with_line("amount", json!(-30)),
            400,
        ),
        ("Nobody's", "POST", MEMOS.to_owned(), with("client", json!(null)), 400),
        (
            "A number that is taken",
            "POST",
            MEMOS.to_owned(),
            with("credit_memo_number", json!("CN-0001")),
            400,
        ),
        (
            "The number of another",
            "PATCH",
            one(1, ""),
            r#"{"credit_memo_number":"CN-0002"}"#.to_owned(),
            400,
        ),
        (
            "Replace without what is needed",
            "PUT",
            one(1, ""),
            "{}".to_owned(),
            400,
        ),
        (
            "Change to nobody's",
            "PATCH",
            one(1, ""),
            r#"{"client":null}"#.to_owned(),
            400,
        ),
        (
            "Change to nothing",
            "PATCH",
            one(1, ""),
            r#"{"lines":[{"account":10,"amount":0}]}"#.to_owned(),
            400,
        ),
        (
            "Void on no day",
            "POST",
            one(1, "/void/"),
            r#"{"void_date":"soon"}"#.to_owned(),
            400,
        ),
        ("Delete one on hold", "DELETE", one(2, ""), String::new(), 409),
        (
            "Delete one that was handed over",
            "DELETE",
            one(3, ""),
            String::new(),
            409,
        ),
        (
            "Change one that was handed over",
            "PATCH",
            one(3, ""),
            r#"{"ref_number":"x"}"#.to_owned(),
            409,
        ),
        ("Pay with a void one", "POST", at(1, "pay/"), by_credit(4, "1"), 400),
        ("No such memo", "GET", one(9, ""), String::new(), 404),
        ("Another company's", "GET", one(536_870_913, ""), String::new(), 404),
        (
            "More digits than any id has",
            "DELETE",
            one(1, "99999999999999999999"),
            String::new(),
            404,
        ),
        ("Not digits", "GET", format!("{MEMOS}/x"), String::new(), 404),
        ("A slash too many", "GET", format!("{MEMOS}/"), String::new(), 404),
        ("A slash too few", "POST", one(1, "/void"), String::new(), 301),
        ("A method it has not", "POST", one(1, ""), String::new(), 405),
        (
            "No list of numbers",
            "POST",
            format!("{MEMOS}/bulk-search"),
            "{}".to_owned(),
            400,
        ),
        (
            "Numbers of nothing",
            "POST",
            format!("{MEMOS}/bulk-search"),
            r#"{"credit_memos":[{}]}"#.to_owned(),
            400,
        ),
        (
            "No such status",
            "GET",
            format!("{MEMOS}?status=paid"),
            String::new(),
            400,
        ),
        ("No such order", "GET", format!("{MEMOS}?sort=id"), String::new(), 400),
        (
            "No number",
            "GET",
            format!("{MEMOS}?client=x&contract=y&entity=z"),
            String::new(),
            400,
        ),
        ("No day", "GET", format!("{MEMOS}?start_date=soon"), String::new(), 400),
        ("A NUL", "GET", format!("{MEMOS}?q=%00"), String::new(), 400),
    ] {
        let refused = said(s, &client, title, method, &target, &body, "").await;
        assert_eq!(refused.status, status, "{title}");
    }
    client.json("POST", &at(1, "pay/"), &by_credit(1, "5"), 200).await;
    books
        .close_period(&context, "2026-03-12".parse().unwrap())
        .await
        .unwrap();
    for (title, method, target, body) in [
        ("Create in a closed period", "POST", MEMOS.to_owned(), MEMO.to_owned()),
        ("Delete in a closed period", "DELETE", one(2, ""), String::new()),
        (
            "Change figures there",
            "PATCH",
            one(2, ""),
            r#"{"lines":[{"account":10,"amount":1}]}"#.to_owned(),
        ),
        (
            "Change the number there",
            "PATCH",
            one(2, ""),
            r#"{"credit_memo_number":"x"}"#.to_owned(),
        ),
        (
            "Void there",
            "POST",
            one(2, "/void/"),
            r#"{"void_date":"2026-03-12"}"#.to_owned(),
        ),
        ("Apply there", "POST", at(1, "pay/"), by_credit(1, "1")),
        ("Take back there", "DELETE", at(1, "payment/1/void/"), String::new()),
        (
            "Take back there from the memo",
            "DELETE",
            one(1, "/payment/1025/void"),
            String::new(),
        ),
    ] {
        let refused = said(s, &client, title, method, &target, &body, "Detail").await;
        assert_eq!(refused.status, 400, "{title}");
    }
    t.check();
    // Words change in closed days too.
    client.json("PATCH", &one(2, ""), r#"{"ref_number":"late"}"#, 200).await;
}

#[tokio::test]
async fn bad_memos_are_refused() {
    let world = World::new().await;
    let client = Client::new(&world);
    parties(&client).await;
    let head = world.app.books.head(world.book).await.unwrap();
    let long = "x".repeat(30_000);
    let members = [
        ("lines", json!(null)),
        ("lines", json!([])),
        ("lines", json!({})),
        ("lines", json!([null])),
        ("lines", json!(vec![json!({"account": 10, "amount": 1}); 1001])),
        ("credit_memo_date", json!(20260310)),
        ("credit_memo_date", json!("1899-12-31")),
        ("entity", json!(7)),
        ("entity", json!(true)),
        ("client", json!(99)),
        ("client", json!("x")),
        ("client", json!(1.5)),
        ("currency", json!("EUR")),
        ("credit_memo_number", json!("n".repeat(256))),
        ("credit_memo_number", json!("a\u{0}b")),
        ("message_on_credit_memo", json!(long)),
        ("ref_number", json!("r".repeat(121))),
        ("contract", json!("ten")),
        ("exchange_rate", json!("1.00000000001")),
    ];
    let lines = [
        ("amount", json!(null)),
        ("amount", json!("NaN")),
        ("amount", json!(1.005)),
        ("amount", serde_json::from_str("1e30").unwrap()),
        ("amount", json!(true)),
        ("account", json!(null)),
        ("account", json!("x")),
        ("account", json!(16)),
        ("account", serde_json::from_str("99999999999999999999999").unwrap()),
        ("product", json!(7)),
        ("product", json!({})),
        ("description", json!([])),
        ("department", json!("x")),
        ("currency", json!("EUR")),
    ];
    let bodies = members.map(|(member, value)| with(member, value));
    let bodies = bodies
        .into_iter()
        .chain(lines.map(|(member, value)| with_line(member, value)));
    for body in bodies.chain(["[".repeat(100), "\"x\"".to_owned(), "{\"a\":1,}".to_owned()]) {
        let shown: String = body.chars().take(200).collect();
        let refused = client.call("POST", MEMOS, &body).await;
        assert_eq!(refused.status, 400, "{shown}");
    }
    assert_eq!(
        world.app.books.head(world.book).await.unwrap(),
        head,
        "nothing was written"
    );
}

fn ids(page: &Value) -> Vec<i64> {
    let rows = page["results"].as_array().unwrap();
    rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn lists() {
    let world = World::new().await;
    let client = Client::new(&world);
    parties(&client).await;
    client.create(&billed()).await;
    let memo = |client: i64, day: &str, amount: i64, more: Value| {
        let mut body = json!({"lines": [{"account": 10, "amount": amount}], "credit_memo_date": day, "entity": 1, "client": client});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body.to_string()
    };
    for body in [
        memo(1, "2026-03-10", 40, json!({"contract": 5})),
        memo(2, "2026-03-01", 30, json!({"message_on_credit_memo": "For the Rain"})),
        memo(1, "2026-03-12", 20, json!({"credit_memo_number": "RAIN-1"})),
        memo(1, "2026-03-11", 10, json!({"contract": 6})),
        memo(1, "2026-03-11", 50, json!({})),
    ] {
        create(&client, &body).await;
    }
    client.json("POST", &at(1, "pay/"), &by_credit(1, "15"), 200).await;
    client.json("POST", &at(1, "pay/"), &by_credit(4, "10"), 200).await;
    client.json("POST", &one(5, "/void/"), "", 200).await;
    for (query, expected) in [
        ("", vec![3, 5, 4, 1, 2]),
        ("?sort=credit_memo_date", vec![2, 1, 4, 5, 3]),
        ("?sort=total_amount", vec![4, 3, 2, 1, 5]),
        ("?sort=-amount_used", vec![1, 4, 5, 3, 2]),
        ("?sort=client_name", vec![2, 1, 3, 4, 5]),
        ("?status=open", vec![3, 2]),
        ("?status=partially_used", vec![1]),
        ("?status=used", vec![4]),
        ("?status=voided", vec![5]),
        ("?client=2", vec![2]),
        ("?client=2&client=1&limit=2&offset=3", vec![1, 2]),
        ("?client=536870913", vec![]),
        ("?contract=5&contract=6", vec![4, 1]),
        ("?entity=1&entity=9", vec![3, 5, 4, 1, 2]),
        ("?entity=9", vec![]),
        ("?start_date=2026-03-10&end_date=2026-03-11", vec![5, 4, 1]),
        ("?q=rain", vec![3, 2]),
        ("?q=TOWING", vec![2]),
        ("?q=%25", vec![]),
    ] {
        let page = client.json("GET", &format!("{MEMOS}{query}"), "", 200).await;
        assert_valid("campfire", "CreditMemoPage", &page);
        assert_eq!(ids(&page), expected, "{query}");
    }
    // What credit settled is settled wherever it is asked for.
    client.json("POST", &at(1, "pay/"), &by_credit(1, "25"), 200).await;
    client.json("POST", &at(1, "pay/"), &by_credit(3, "5"), 200).await;
    let invoice = client.json("GET", &at(1, ""), "", 200).await;
    assert_eq!(invoice["paid_date"], "2026-03-12");
    for (query, expected) in [
        (
            "?status=paid&paid_date_from=2026-03-12&paid_date_to=2026-03-12",
            vec![1],
        ),
        ("?paid_date_from=2026-03-13", vec![]),
        ("?status=unpaid", vec![]),
    ] {
        let page = client
            .json("GET", &format!("{}{query}", super::INVOICES), "", 200)
            .await;
        assert_eq!(ids(&page), expected, "{query}");
    }
}

#[tokio::test]
async fn a_deleted_invoice_leaves_its_credit_to_the_memo() {
    let world = World::new().await;
    let client = Client::new(&world);
    parties(&client).await;
    let memo = create(&client, MEMO).await;
    let before = balances(&world, world.book).await;
    client.create(&billed()).await;
    client.json("POST", &at(1, "pay/"), &by_credit(memo, "32.4"), 200).await;
    let used = client.json("GET", &one(memo, ""), "", 200).await;
    assert_eq!(used["application_status"], "used");
    assert_eq!(client.call("DELETE", &at(1, ""), "").await.status, 204);
    let free = client.json("GET", &one(memo, ""), "", 200).await;
    assert_eq!(
        (&free["application_status"], &free["payments"]),
        (&json!("open"), &json!([]))
    );
    assert_eq!(free["amount_remaining"].to_string(), "32.4");
    let nets = |lines: &[quittance_books::queries::TrialLine]| {
        lines
            .iter()
            .map(|line| (line.account.key, line.turnover.net()))
            .collect::<Vec<_>>()
    };
    let after = balances(&world, world.book).await;
    let moved: Vec<_> = nets(&after).into_iter().filter(|(_, net)| *net != 0).collect();
    let kept: Vec<_> = nets(&before).into_iter().filter(|(_, net)| *net != 0).collect();
    assert_eq!(moved, kept);
    assert_eq!(client.call("DELETE", &one(memo, ""), "").await.status, 204);
}

#[tokio::test]
async fn a_repeat_under_a_key_makes_no_second() {
    let world = World::new().await;
    let client = Client::new(&world);
    parties(&client).await;
    let token = format!("Token {}", client.token);
    let headers = [
        ("authorization", token.as_str()),
        ("content-type", "application/json"),
        ("idempotency-key", "once"),
    ];
    let first = world.send("POST", MEMOS, &headers, MEMO).await;
    let second = world.send("POST", MEMOS, &headers, MEMO).await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.body, second.body);
    let other = world
        .send("POST", MEMOS, &headers, &with("ref_number", json!("x")))
        .await;
    assert_eq!(other.status, 409);
    assert_eq!(client.call("DELETE", &one(1, ""), "").await.status, 204);
    assert_eq!(world.send("POST", MEMOS, &headers, MEMO).await.status, 404);
}
