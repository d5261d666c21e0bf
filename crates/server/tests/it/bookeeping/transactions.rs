//! Transactions, balances, and what a key is.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::golden::{Transcript, World, json};
use super::{Desk, INVOICES, message, text, trial};
use crate::schema::assert_valid;

const TRANSACTIONS: &str = "/public-api/v1/transactions";

impl Desk {
    async fn category(&self, name: &str) -> String {
        let path = format!("/public-api/v1/categories?limit=250&query={name}");
        text(&json(&self.send("GET", &path, "").await), "/data/categories/0/_id")
    }

    async fn new_transaction(&self, members: Value) -> Value {
        let (cash, equity) = (self.category("cash").await, self.category("fees").await);
        let mut body = json!({
            "totalAmount": 12.5, "transactionDate": "2026-03-10T00:00:00Z", "paymentMethod": "CASH", "isReconciled": true,
            "refNo": "R-1", "currency": "USD", "counterParty": self.counterparty,
            "entries": [
                {"amount": 12.5, "type": "DEBIT", "category": equity, "isMain": true, "note": "for March"},
                {"amount": 12.5, "type": "CREDIT", "category": cash}
            ]
        });
        for (name, value) in members.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }

    async fn listed(&self, query: &str) -> (Vec<String>, i64) {
        let found = self.send("GET", &format!("{TRANSACTIONS}?{query}"), "").await;
        assert_eq!(found.status, 200, "{query} {}", String::from_utf8_lossy(&found.body));
        let found = json(&found);
        assert_valid("bookeeping", "TransactionsAnswer", &found);
        let all = found["data"]["transactions"].as_array().unwrap();
        let ids = all.iter().map(|one| text(one, "/_id")).collect();
        (ids, found["data"]["count"].as_i64().unwrap())
    }
}

#[tokio::test]
async fn marking_as_paid_makes_the_transaction_that_it_names() {
    let desk = Desk::new().await;
    let id = desk.sent(json!({})).await;
    let paid = desk
        .send("POST", &format!("{INVOICES}/{id}/mark-as-paid"), &desk.payment_body())
        .await;
    let attached = text(&json(&paid), "/data/attachedTransactionId");
    let found = json(&desk.send("GET", &format!("{TRANSACTIONS}/{attached}"), "").await);
    assert_valid("bookeeping", "TransactionAnswer", &found);
    let found = &found["data"];
    assert_eq!(
        (
            &found["totalAmount"],
            &found["refNo"],
            &found["account"]["_id"],
            &found["counterParty"]["_id"]
        ),
        (
            &json!(100),
            &json!("WIRE-1"),
            &json!(desk.bank),
            &json!(desk.counterparty)
        )
    );
    let entries = found["entries"].as_array().unwrap();
    let sides: Vec<_> = entries
        .iter()
        .map(|entry| (text(entry, "/type"), entry["isMain"].clone()))
        .collect();
    assert_eq!(
        sides,
        [("DEBIT".to_owned(), json!(false)), ("CREDIT".to_owned(), json!(true))]
    );
    // The receivable is credited; the category that the client named is what its transaction shows.
    assert_eq!(
        (&entries[1]["category"]["_id"], &entries[1]["parentCategory"]),
        (&json!(desk.sales), &json!("SALES"))
    );
    let (ids, count) = desk.listed("").await;
    assert_eq!((ids.last(), count), (Some(&attached), 2));
    assert_eq!(desk.listed("sortOrder=-1&limit=1").await, (vec![attached.clone()], 2));
    for (query, matches) in [
        (format!("accounts={}", desk.bank), true),
        ("accounts=666666666666666666666666".to_owned(), false),
        (format!("categories={}", desk.sales), true),
        (format!("categories={}", desk.category("receivable").await), false),
        (format!("counterparties={}", desk.counterparty), true),
        ("counterparties=666666666666666666666666".to_owned(), false),
        ("classes=666666666666666666666666".to_owned(), false),
        ("minAmount=100&maxAmount=100.00".to_owned(), true),
        ("minAmount=100.01".to_owned(), false),
        ("startDate=2026-03-15&endDate=2026-03-15".to_owned(), true),
        ("startDate=2026-03-16".to_owned(), false),
    ] {
        assert_eq!(desk.listed(&query).await.0.contains(&attached), matches, "{query}");
    }
}

#[tokio::test]
async fn a_transaction_is_recorded_once_unless_it_is_forced() {
    let desk = Desk::new().await;
    let body = desk.new_transaction(json!({})).await.to_string();
    let made = desk.send("POST", TRANSACTIONS, &body).await;
    assert_eq!(made.status, 200, "{}", String::from_utf8_lossy(&made.body));
    assert_valid("bookeeping", "CreatedTransactionAnswer", &json(&made));
    let before = trial(&desk.world, desk.world.book).await;
    let again = desk.send("POST", TRANSACTIONS, &body).await;
    assert_eq!(again.status, 409, "{}", message(&again));
    assert_eq!(trial(&desk.world, desk.world.book).await, before);
    let forced = desk.send("POST", &format!("{TRANSACTIONS}?force=true"), &body).await;
    assert_eq!(forced.status, 200);
    let other = desk
        .new_transaction(json!({"refNo": "R-2", "transactionDate": "2026-03-01"}))
        .await
        .to_string();
    assert_eq!(desk.send("POST", TRANSACTIONS, &other).await.status, 200);
    let (ids, count) = desk.listed("").await;
    assert_eq!(count, 3);
    let by_date = desk.listed("sortKey=transactionDate").await.0;
    assert_eq!(by_date, [&ids[2..], &ids[..2]].concat());
    let last = desk
        .listed("sortKey=transactionDate&sortOrder=-1&limit=1&page=3")
        .await
        .0;
    assert_eq!(last, ids[2..]);
}

#[tokio::test]
async fn of_two_that_are_sent_at_once_one_is_recorded() {
    let desk = Desk::new().await;
    let body = desk.new_transaction(json!({})).await.to_string();
    let others = desk.new_transaction(json!({"refNo": "R-2"})).await.to_string();
    let (one, two, other) = tokio::join!(
        desk.send("POST", TRANSACTIONS, &body),
        desk.send("POST", TRANSACTIONS, &body),
        desk.send("POST", TRANSACTIONS, &others)
    );
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!((statuses, other.status), ([200, 409], 200));
    assert_eq!(desk.listed("").await.1, 2);
}

#[tokio::test]
async fn many_that_are_sent_at_once_are_all_recorded() {
    let desk = Arc::new(Desk::over(World::with(super::bad_input::roomy()).await).await);
    let mut sent = Vec::new();
    for at in 0..25 {
        let body = desk.new_transaction(json!({"refNo": at.to_string()})).await.to_string();
        let desk = Arc::clone(&desk);
        sent.push(async move { desk.send("POST", TRANSACTIONS, &body).await.status });
    }
    let sent: Vec<_> = sent.into_iter().map(tokio::spawn).collect();
    for status in sent {
        assert_eq!(status.await.unwrap(), 200);
    }
    assert_eq!(desk.listed("").await.1, 25);
}

#[tokio::test]
async fn balances_follow_the_months() {
    let desk = Desk::new().await;
    let id = desk
        .sent(json!({"invoiceDate": "2026-01-05", "dueDate": "2026-04-01"}))
        .await;
    desk.send("POST", &format!("{INVOICES}/{id}/mark-as-paid"), &desk.payment_body())
        .await;
    let found = desk
        .send("GET", &format!("/public-api/v1/accounts/{}/balance", desk.bank), "")
        .await;
    let found = json(&found);
    assert_valid("bookeeping", "BalanceAnswer", &found);
    let books = &found["data"]["accountingBalance"];
    assert_eq!(books["endingBalance"], json!(100));
    let months = books["monthWiseBalance"].as_array().unwrap();
    assert_eq!((months.len(), &months[0]["month"]), (12, &json!("2025-04")));
    assert_eq!(
        months[11],
        json!({"month": "2026-03", "startingBalance": 0, "currentBalance": 100, "endingBalance": 100})
    );
    assert_eq!(months[10]["endingBalance"], json!(0));
}

#[tokio::test]
async fn exchanges() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("bookeeping/transactions");
    let good = desk.new_transaction(json!({})).await;
    let text_of = |value: &Value| value.to_string();
    let made = desk
        .say(
            &mut said,
            "recorded",
            ["POST", TRANSACTIONS, &text_of(&good)],
            "CreatedTransactionAnswer",
        )
        .await;
    let id = text(&json(&made), "/data/transaction/_id");
    let own = format!("{TRANSACTIONS}/{id}");
    desk.say(&mut said, "read", ["GET", &own, ""], "TransactionAnswer")
        .await;
    desk.say(&mut said, "listed", ["GET", TRANSACTIONS, ""], "TransactionsAnswer")
        .await;
    desk.say(
        &mut said,
        "sent twice",
        ["POST", TRANSACTIONS, &text_of(&good)],
        "Error409",
    )
    .await;
    let receivable = desk.category("receivable").await;
    let mut control = good.clone();
    control["entries"][0]["category"] = json!(receivable);
    let mut odd = good.clone();
    odd["entries"][1]["amount"] = json!(12);
    let mut fine = good.clone();
    fine["totalAmount"] = json!(12.505);
    for (what, body) in [
        ("not balanced", odd),
        ("finer than the currency", fine),
        ("an account that proves a subledger", control),
        ("no entries", desk.new_transaction(json!({"entries": []})).await),
        ("no date", desk.new_transaction(json!({"transactionDate": null})).await),
        (
            "no account of the project",
            desk.new_transaction(json!({"account": desk.sales})).await,
        ),
        (
            "an account it does not move",
            desk.new_transaction(json!({"account": desk.bank})).await,
        ),
        (
            "no such counterparty",
            desk.new_transaction(json!({"counterParty": "666666666666666666666666"}))
                .await,
        ),
        (
            "another currency",
            desk.new_transaction(json!({"currency": "EUR"})).await,
        ),
    ] {
        let body = text_of(&body);
        desk.say(&mut said, what, ["POST", TRANSACTIONS, &body], "Error400")
            .await;
    }
    let unknown = format!("{TRANSACTIONS}/666666666666666666666666");
    desk.say(&mut said, "unknown", ["GET", &unknown, ""], "Error400").await;
    desk.say(
        &mut said,
        "no id",
        ["GET", &format!("{TRANSACTIONS}/x"), ""],
        "Error400",
    )
    .await;
    let balance = format!("/public-api/v1/accounts/{}/balance", desk.bank);
    desk.say(&mut said, "a balance", ["GET", &balance, ""], "BalanceAnswer")
        .await;
    let balance = format!("/public-api/v1/accounts/{}/balance", desk.sales);
    desk.say(&mut said, "of no account", ["GET", &balance, ""], "Error400")
        .await;
    let key = "/public-api/v1/info/api-key";
    desk.say(&mut said, "the key", ["GET", key, ""], "KeyAnswer").await;
    said.check();
}
