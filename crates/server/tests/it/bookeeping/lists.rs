//! Lists: pages, orders, filters, counts.

use serde_json::{Value, json};

use super::super::golden::{Transcript, json};
use super::super::schema::assert_valid;
use super::{Desk, INVOICES, text};

async fn numbers(desk: &Desk, query: &str) -> (Vec<String>, i64) {
    let answer = desk.send("GET", &format!("{INVOICES}?{query}"), "").await;
    assert_eq!(answer.status, 200, "{query}: {}", String::from_utf8_lossy(&answer.body));
    let body = json(&answer);
    assert_valid("bookeeping", "InvoicesAnswer", &body);
    let invoices = body["data"]["invoices"].as_array().unwrap();
    let numbers = invoices.iter().map(|invoice| text(invoice, "/invoiceId"));
    (numbers.collect(), body["data"]["count"].as_i64().unwrap())
}

#[tokio::test]
async fn invoices_by_every_filter() {
    let desk = Desk::new().await;
    let body = json!({"accountName": "Zebra", "accountNumber": "9", "type": "vendor"}).to_string();
    let other = text(
        &json(&desk.send("POST", "/public-api/v1/counterparties", &body).await),
        "/data/_id",
    );
    let line = |price: Value| json!([{"name": "Work", "quantity": 1, "unitPrice": price}]);
    let own = &desk.counterparty;
    desk.draft(json!({"invoiceId": "D", "lineItems": line(json!(10)), "invoiceDate": "2026-01-10"}))
        .await;
    desk.sent(json!({"invoiceId": "S", "lineItems": line(json!(20)), "counterParty": other}))
        .await;
    desk.sent(json!({"invoiceId": "O", "lineItems": line(json!(30.5)), "dueDate": "2026-03-02"}))
        .await;
    let paid = desk.sent(json!({"invoiceId": "P", "lineItems": line(json!(40))})).await;
    desk.send("POST", &format!("{INVOICES}/{paid}/mark-as-paid"), &desk.payment_body())
        .await;
    let gone = desk.sent(json!({"invoiceId": "C", "lineItems": line(json!(50))})).await;
    desk.send("POST", &format!("{INVOICES}/{gone}/cancel"), "").await;
    let table: Vec<(String, &str, i64)> = vec![
        (String::new(), "DSOPC", 5),
        ("status=DRAFT".into(), "D", 1),
        ("status=SENT".into(), "S", 1),
        ("status=OVERDUE".into(), "O", 1),
        ("status=SENT,OVERDUE".into(), "SO", 2),
        ("status=DRAFT,OVERDUE".into(), "DO", 2),
        ("status=DRAFT,SENT".into(), "DS", 2),
        ("status=PAID,%20CANCELLED".into(), "PC", 2),
        ("minAmount=20&maxAmount=40".into(), "SOP", 3),
        ("minAmount=30.501".into(), "PC", 2),
        ("maxAmount=30.499".into(), "DS", 2),
        ("startDate=2026-01-10&endDate=2026-01-10".into(), "D", 1),
        ("startDate=2026-01-11T00:00:00Z".into(), "SOPC", 4),
        (format!("counterparties={other}"), "S", 1),
        (format!("counterparties={own},{other}&limit=2"), "DS", 5),
        ("counterparties=666666666666666666666666".into(), "", 0),
        ("query=ZEB".into(), "S", 1),
        ("query=p".into(), "P", 1),
        ("query=bright&status=DRAFT,OVERDUE".into(), "DO", 2),
        ("limit=2".into(), "DS", 5),
        ("limit=2&page=3".into(), "C", 5),
        ("limit=2&page=4".into(), "", 5),
        ("limit=250&page=1000000000".into(), "", 5),
        ("sortOrder=-1".into(), "CPOSD", 5),
        ("sortKey=transactionDate&sortOrder=1&limit=1".into(), "D", 5),
        ("page=&limit=&sortKey=&status=&unknown=1".into(), "DSOPC", 5),
    ];
    for (query, expected, count) in table {
        let (found, counted) = numbers(&desk, &query).await;
        assert_eq!((found.concat().as_str(), counted), (expected, count), "{query}");
    }
}

#[tokio::test]
async fn queries_that_make_no_sense() {
    let desk = Desk::new().await;
    for query in [
        "page=0",
        "page=-1",
        "page=x",
        "page=1.5",
        "page=99999999999999999999",
        "limit=0",
        "limit=251",
        "sortKey=amount",
        "sortOrder=2",
        "status=OPEN",
        "status=DRAFT,",
        "minAmount=ten",
        "minAmount=1e30",
        "maxAmount=1e27",
        "startDate=yesterday",
        "endDate=2026-02-30",
        "endDate=0001-01-01",
        "counterparties=1",
        "query=%00",
        "startDate=%00",
    ] {
        let answer = desk.send("GET", &format!("{INVOICES}?{query}"), "").await;
        assert_eq!(answer.status, 400, "{query}");
        assert_valid("bookeeping", "Error400", &json(&answer));
    }
    let answer = desk
        .send("GET", "/public-api/v1/categories?accounts=NONSENSE", "")
        .await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn the_surroundings() {
    let desk = Desk::new().await;
    let get = async |target: &str| json(&desk.send("GET", &format!("/public-api/v1/{target}"), "").await);
    let categories = get("categories?limit=250").await;
    assert_eq!(categories["data"]["count"], 17);
    for category in categories["data"]["categories"].as_array().unwrap() {
        assert_valid("bookeeping", "Category", category);
        let one = get(&format!("categories/{}", text(category, "/_id"))).await;
        assert_eq!(&one["data"], category);
    }
    let sales = get("categories?accounts=SALES,INCOME&query=s&sortKey=name&sortOrder=-1").await;
    let names: Vec<_> = sales["data"]["categories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| text(one, "/name"))
        .collect();
    let earn = [
        "Subscriptions",
        "Services",
        "Sales",
        "Exchange gains and losses",
        "Customer refunds",
    ];
    assert_eq!(names, earn);
    let accounts = get("accounts").await;
    assert_eq!(accounts["data"]["count"], 3);
    for account in accounts["data"]["accounts"].as_array().unwrap() {
        assert_valid("bookeeping", "MoneyAccount", account);
        let one = get(&format!("accounts/{}", text(account, "/_id"))).await;
        assert_eq!(&one["data"], account);
        let crossed = get(&format!("categories/{}", text(account, "/_id"))).await;
        assert_eq!(crossed["message"], "Category not found");
    }
    for name in ["Beta", "alpha", "Gamma"] {
        let body = json!({"accountName": name, "accountNumber": name, "type": "customer"}).to_string();
        desk.send("POST", "/public-api/v1/counterparties", &body).await;
    }
    let counterparts = async |query: &str| {
        let found = get(&format!("counterparties?{query}")).await;
        let list = found["data"]["counterparts"].as_array().unwrap();
        list.iter()
            .for_each(|one| assert_valid("bookeeping", "Counterparty", one));
        let names: Vec<_> = list.iter().map(|one| text(one, "/accountName")).collect();
        (names.join(" "), found["data"]["count"].as_i64().unwrap())
    };
    assert_eq!(counterparts("").await, ("Bright Ideas Beta alpha Gamma".to_owned(), 4));
    assert_eq!(counterparts("limit=1&page=2").await, ("Beta".to_owned(), 4));
    assert_eq!(counterparts("query=MA").await, ("Gamma".to_owned(), 1));
    assert_eq!(
        counterparts("sortKey=name&limit=2").await,
        ("Beta Bright Ideas".to_owned(), 4)
    );
    assert_eq!(counterparts("sortOrder=-1&limit=1").await, ("Gamma".to_owned(), 4));
    assert_eq!(
        counterparts("sortOrder=-1&limit=3&page=2").await,
        ("Bright Ideas".to_owned(), 4)
    );
    assert_eq!(counterparts("sortOrder=-1&limit=3&page=3").await, (String::new(), 4));
    assert_eq!(
        counterparts("sortOrder=-1&query=a&limit=2").await,
        ("Gamma alpha".to_owned(), 4)
    );
}

#[tokio::test]
async fn ids_of_accounts_are_of_one_project() {
    let desk = Desk::new().await;
    let elsewhere = desk.world.open_book("Elsewhere").await;
    let token = desk
        .world
        .make_token(elsewhere, quittance_accounting::book::Role::Admin, &[], None)
        .await;
    let bearer = format!("Bearer {token}");
    let header = [("authorization", bearer.as_str())];
    let target = format!("/public-api/v1/categories/{}", desk.sales);
    let answer = desk.world.send("GET", &target, &header, "").await;
    assert_eq!(
        (answer.status, super::message(&answer).as_str()),
        (400, "Category not found")
    );
}

#[tokio::test]
async fn exchanges() {
    let desk = Desk::new().await;
    desk.draft(json!({})).await;
    let mut said = Transcript::new("bookeeping/lists");
    let (sales, bank) = (&desk.sales, &desk.bank);
    for (title, target, schema) in [
        (
            "counterparties",
            "/public-api/v1/counterparties?sortKey=name&limit=10".to_owned(),
            "CounterpartiesAnswer",
        ),
        (
            "categories of income",
            "/public-api/v1/categories?accounts=SALES".to_owned(),
            "CategoriesAnswer",
        ),
        (
            "one category",
            format!("/public-api/v1/categories/{sales}"),
            "CategoryAnswer",
        ),
        (
            "accounts",
            "/public-api/v1/accounts?sortOrder=-1".to_owned(),
            "AccountsAnswer",
        ),
        (
            "one account",
            format!("/public-api/v1/accounts/{bank}"),
            "AccountAnswer",
        ),
        (
            "invoices of a month",
            format!("{INVOICES}?status=DRAFT&startDate=2026-03-01&page=1"),
            "InvoicesAnswer",
        ),
    ] {
        desk.say(&mut said, title, ["GET", &target, ""], schema).await;
    }
    said.check();
}
