//! Lists that are read while what stands in them goes: what is gone is passed over, and the rest is answered.

use serde_json::{Value, json};

use super::{CROWD, Said, Square, runtime, text};

/// In how many invoices the lists are taken apart.
const ROUNDS: usize = 6;

#[test]
fn of_layer() {
    runtime().block_on(async {
        let square = Square::new().await;
        let at = |path: &str| format!("{}{path}", square.business);
        for round in 0..ROUNDS {
            let mut going = Vec::new();
            for who in 0..CROWD / 4 {
                let body = json!({"external_id": format!("{round}-{who}"), "sent_at": "2026-03-10", "due_at": "2026-04-09",
                    "customer_external_id": "cust-1",
                    "line_items": [{"product": "Widget", "unit_price": 12500, "quantity": "2.00"}]});
                let made = square.say("POST", &at("/invoices"), body).await;
                let invoice = at(&format!("/invoices/{}", text(&made, "/data/id")));
                let body = json!({"amount": 500, "method": "CASH", "paid_at": "2026-03-12", "fee": 0});
                square.say("POST", &format!("{invoice}/payment"), body).await;
                let body = json!({"refunded_amount": 100, "completed_at": "2026-03-13", "method": "CASH"});
                let refund = square.say("POST", &format!("{invoice}/refund"), body).await;
                going.push((invoice, text(&refund, "/data/id")));
            }
            let read = [
                "/invoices/refunds?limit=100",
                "/invoices/payments?limit=100",
                "/ledger/accounts/CASH/lines?limit=100",
                "/ledger/accounts/ACCOUNTS_RECEIVABLE/lines?limit=100",
                "/ledger/entries?limit=100",
            ];
            let mut said: Vec<Said> = Vec::new();
            for (invoice, _) in &going {
                said.extend(read.iter().map(|path| -> Said { ("GET", at(path), Value::Null) }));
                said.push(("POST", format!("{invoice}/reset"), Value::Null));
            }
            let answers = square.at_once(said.clone()).await;
            for (said, (status, body)) in said.iter().zip(&answers) {
                assert_eq!(*status, 200, "round {round}: {} {}: {body}", said.0, said.1);
            }
        }
    });
}

/// How many accounts are made and posted to while entries are read.
const ACCOUNTS: usize = 30;

/// Whether every account of what is shown is named: where a chart was read before it, one is not.
fn are_named(shown: &Value) -> bool {
    match shown {
        Value::Object(members) => members.iter().all(|(name, value)| match name.as_str() {
            "account" | "category" | "account_name" => !value.is_null() && are_named(value),
            _ => are_named(value),
        }),
        Value::Array(values) => values.iter().all(are_named),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

#[test]
fn entries_on_accounts_that_are_new() {
    runtime().block_on(async {
        let square = Square::new().await;
        let write = async {
            for at in 0..ACCOUNTS {
                let (code, name) = ((8000 + at).to_string(), format!("NEW_{at}"));
                let body = json!({"code": code, "name": name, "stable_name": name, "kind": "asset"});
                square.say("POST", "/api/v1/accounts", body).await;
                let amount = json!({"amount": "1.00", "currency": "USD"});
                let posting = |account: &str, side: &str| json!({"account": account, "side": side, "amount": amount});
                let body =
                    json!({"date": "2026-03-10", "postings": [posting(&name, "debit"), posting("CASH", "credit")]});
                square.say("POST", "/api/v1/entries", body).await;
            }
        };
        let is_over = std::sync::atomic::AtomicBool::new(false);
        let read = async {
            let targets = [
                format!("{}/ledger/entries?limit=5&sort_order=DESC", square.business),
                format!("{}/ledger/accounts/CASH/lines?limit=5&sort_order=DESC", square.business),
                "/public-api/v1/transactions?limit=5&sortOrder=-1".to_owned(),
                "/coa/api/journal_entry?limit=5".to_owned(),
                "/api/v1/entries?limit=5&order=descending".to_owned(),
            ];
            while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                let said = targets
                    .iter()
                    .map(|target| -> Said { ("GET", target.clone(), Value::Null) });
                for ((status, body), target) in square.at_once(said.collect()).await.iter().zip(&targets) {
                    assert!(*status == 200 && are_named(body), "{target}: {status} {body:#}");
                }
            }
        };
        let write = async {
            write.await;
            is_over.store(true, std::sync::atomic::Ordering::Relaxed);
        };
        tokio::join!(write, read);
    });
}

/// Money that is booked on a day long over, while it is asked what moved since: nothing did.
#[test]
fn what_moved_on_other_days() {
    runtime().block_on(async {
        let square = Square::new().await;
        let write = async {
            for _ in 0..ACCOUNTS {
                let amount = json!({"amount": "1.00", "currency": "USD"});
                let posting = |account: &str, side: &str| json!({"account": account, "side": side, "amount": amount});
                let body =
                    json!({"date": "2026-01-10", "postings": [posting("CASH", "debit"), posting("SALES", "credit")]});
                square.say("POST", "/api/v1/entries", body).await;
            }
        };
        let accounts = square.say("GET", "/public-api/v1/accounts", Value::Null).await;
        let cash = text(&accounts, "/data/accounts/0/_id");
        let targets = [
            format!(
                "{}/ledger/balances?start_date=2026-02-01&end_date=2026-03-15",
                square.business
            ),
            format!("/public-api/v1/accounts/{cash}/balance"),
        ];
        let is_over = std::sync::atomic::AtomicBool::new(false);
        let read = async {
            while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                let said = targets
                    .iter()
                    .map(|target| -> Said { ("GET", target.clone(), Value::Null) });
                let answers = square.at_once(said.collect()).await;
                let [(200, moved), (200, months)] = answers.as_slice() else {
                    panic!("{answers:?}");
                };
                for account in moved["data"]["accounts"].as_array().unwrap() {
                    assert_eq!(account["balance"], 0, "{account}");
                }
                let months = months["data"]["accountingBalance"]["monthWiseBalance"]
                    .as_array()
                    .unwrap();
                for month in months.iter().filter(|month| month["month"] != "2026-01") {
                    assert_eq!(month["startingBalance"], month["endingBalance"], "{month}");
                }
            }
        };
        let write = async {
            write.await;
            is_over.store(true, std::sync::atomic::Ordering::Relaxed);
        };
        tokio::join!(write, read);
    });
}
