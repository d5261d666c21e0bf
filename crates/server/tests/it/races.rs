//! Two clients race delete against payment, thousands of times, through a dialect that guards and through one that takes payments
//! along. Every race must end as one of the two serial orders. And many clients at once each take their part of one payment back, or tag
//! the same documents.
//!
//! `QUITTANCE_TEST_RACE_ROUNDS` sets how often.

use std::sync::Arc;

use quittance_accounting::snapshot::Named;
use serde_json::json;

use crate::golden::{World, json as body_of};

/// How many races are run per dialect unless the environment says otherwise.
const ROUNDS: usize = 1000;

fn rounds() -> usize {
    std::env::var("QUITTANCE_TEST_RACE_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap())
}

/// A call of one side of a race.
struct Call {
    method: &'static str,
    target: String,
    authorization: String,
    body: String,
}

/// How often a side lets others run before it starts. Whoever wins waits longer the next time, so that both sides win on every
/// machine and engine, and most races are run where it is hardest to say who comes first.
#[derive(Debug, Clone, Copy, Default)]
struct Handicap {
    delete: u32,
    payment: u32,
}

/// Longest wait in turns of the scheduler: as good as one after the other, and far from a test that hangs.
const LONGEST_WAIT: u32 = 1 << 20;

impl Handicap {
    /// The handicap of the next race after one that the delete won, or did not.
    fn after(self, delete_won: bool) -> Self {
        let grown = |wait: u32| (wait * 2 + 1).min(LONGEST_WAIT);
        match (delete_won, self) {
            (true, Self { delete, payment: 0 }) => Self {
                delete: grown(delete),
                payment: 0,
            },
            (true, Self { delete, payment }) => Self {
                delete,
                payment: payment / 2,
            },
            (false, Self { delete: 0, payment }) => Self {
                delete: 0,
                payment: grown(payment),
            },
            (false, Self { delete, payment }) => Self {
                delete: delete / 2,
                payment,
            },
        }
    }
}

/// Sends both at once but for their handicap, the one named first in turn, and hands their statuses back.
async fn race(world: &Arc<World>, turn: usize, handicap: Handicap, delete: Call, pay: Call) -> (u16, u16) {
    let send = |call: Call, wait: u32| {
        let world = Arc::clone(world);
        tokio::spawn(async move {
            for _ in 0..wait {
                tokio::task::yield_now().await;
            }
            let headers = [
                ("authorization", call.authorization.as_str()),
                ("content-type", "application/json"),
            ];
            world.send(call.method, &call.target, &headers, &call.body).await.status
        })
    };
    let (deleting, paying) = if turn.is_multiple_of(2) {
        let deleting = send(delete, handicap.delete);
        (deleting, send(pay, handicap.payment))
    } else {
        let paying = send(pay, handicap.payment);
        (send(delete, handicap.delete), paying)
    };
    (deleting.await.unwrap(), paying.await.unwrap())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// Sends all at once and hands their statuses back.
async fn at_once(world: &Arc<World>, calls: Vec<Call>) -> Vec<u16> {
    let send = |call: Call| {
        let world = Arc::clone(world);
        tokio::spawn(async move {
            let headers = [
                ("authorization", call.authorization.as_str()),
                ("content-type", "application/json"),
            ];
            world.send(call.method, &call.target, &headers, &call.body).await.status
        })
    };
    let sent: Vec<_> = calls.into_iter().map(send).collect();
    let mut statuses = Vec::new();
    for sent in sent {
        statuses.push(sent.await.unwrap());
    }
    statuses
}

/// Each dialect keeps what the others know of a customer or a product, also what they come to know meanwhile.
#[test]
fn clients_of_three_dialects_change_one_customer_and_one_product_and_nothing_is_lost() {
    runtime().block_on(async {
        let world = Arc::new(World::new().await);
        let settings = world.app.books.settings(world.book).await.unwrap().unwrap();
        let (bearer, token) = (format!("Bearer {}", world.token), format!("Token {}", world.token));
        let say = async |method: &'static str, target: &str, body: &serde_json::Value| {
            let auth = if target.starts_with("/coa") || target.starts_with("/rr") {
                &token
            } else {
                &bearer
            };
            let headers = [("authorization", auth.as_str()), ("content-type", "application/json")];
            let body = if body.is_null() {
                String::new()
            } else {
                body.to_string()
            };
            let answer = world.send(method, target, &headers, &body).await;
            assert!(answer.status < 300, "{}", String::from_utf8_lossy(&answer.body));
            body_of(&answer)
        };
        let customer = say("POST", "/api/v1/customers", &json!({"name": "Globex"})).await;
        let product = say("POST", "/api/v1/products", &json!({"name": "Hour"})).await;
        let hex = customer["id"].as_str().unwrap().to_owned();
        let view = world
            .app
            .books
            .customer(world.book, &Named::Key(1))
            .await
            .unwrap()
            .unwrap();
        let native = format!("/api/v1/customers/{hex}");
        let layer = format!(
            "/v1/businesses/{}/customers/{}",
            settings.id.uuid(),
            view.customer.id.uuid()
        );
        let (vendor, item) = ("/coa/api/vendor/1", "/rr/api/v1/product/1");
        let native_item = format!("/api/v1/products/{}", product["id"].as_str().unwrap());
        for turn in 0..rounds() / 4 {
            world.pass_seconds(1);
            let said = format!("{turn}");
            let call = |method: &'static str, target: &str, authorization: &str, body: serde_json::Value| Call {
                method,
                target: target.to_owned(),
                authorization: authorization.to_owned(),
                body: body.to_string(),
            };
            let mut calls = vec![
                call(
                    "PUT",
                    &native,
                    &bearer,
                    json!({"name": "Globex", "email": "pay@globex.test", "metadata": {"turn": said}}),
                ),
                call("PATCH", &layer, &bearer, json!({"memo": said})),
                call("PATCH", vendor, &token, json!({"email": "pay@globex.test"})),
                call("PUT", &native_item, &bearer, json!({"name": format!("Hour {turn}")})),
                call("PATCH", item, &token, json!({"description": said})),
            ];
            calls.rotate_left(turn % 5);
            assert_eq!(at_once(&world, calls).await, [200; 5], "turn {turn}");
            let (customer, seen) = (
                say("GET", &native, &json!(null)).await,
                say("GET", &layer, &json!(null)).await,
            );
            assert_eq!(customer["metadata"]["turn"], said.as_str(), "turn {turn}: {customer}");
            assert_eq!(seen["data"]["memo"], said.as_str(), "turn {turn}: {seen}");
            let item = say("GET", item, &json!(null)).await;
            let shown = (&item["name"], &item["description"]);
            assert_eq!(shown, (&json!(format!("Hour {turn}")), &json!(said)), "turn {turn}");
        }
    });
}

#[test]
fn where_paid_invoices_cannot_be_deleted_there_is_exactly_one_winner() {
    runtime().block_on(async {
        let world = Arc::new(World::new().await);
        let book = world.app.books.settings(world.book).await.unwrap().unwrap().id.uuid();
        let invoices = format!("/v1/businesses/{book}/invoices");
        let authorization = format!("Bearer {}", world.token);
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
        ];
        let (mut deleted, mut handicap) = (0, Handicap::default());
        for turn in 0..rounds() {
            world.pass_seconds(1);
            let new = json!({
                "sent_at": "2026-03-01T00:00:00Z", "customer_external_id": "racer",
                "line_items": [{"unit_price": 1000, "quantity": "1", "product": "Lap"}],
            });
            let made = world.send("POST", &invoices, &headers, &new.to_string()).await;
            assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
            let id = body_of(&made)["data"]["id"].as_str().unwrap().to_owned();
            let pay = json!({"amount": 400, "method": "CASH", "paid_at": "2026-03-02T00:00:00Z"}).to_string();
            let call = |target: String, body: String| Call {
                method: "POST",
                target,
                authorization: authorization.clone(),
                body,
            };
            let delete = call(format!("{invoices}/{id}/delete"), String::new());
            let pay = call(format!("{invoices}/{id}/payment"), pay);
            match race(&world, turn, handicap, delete, pay).await {
                (200, 404) => {
                    deleted += 1;
                    handicap = handicap.after(true);
                }
                (400, 201) => handicap = handicap.after(false),
                other => panic!("turn {turn}: delete and payment answered {other:?}"),
            }
        }
        assert!(deleted > 0, "the delete never won");
        assert!(deleted < rounds(), "the payment never won");
        assert!(
            world
                .app
                .books
                .verify(world.book, None, |_, _| {})
                .await
                .unwrap()
                .is_clean()
        );
    });
}

#[test]
fn where_payments_are_taken_along_both_may_succeed_and_then_neither_is_live() {
    runtime().block_on(async {
        let world = Arc::new(World::new().await);
        let authorization = format!("Token {}", world.token);
        let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        let new = json!({
            "entity": 1, "invoice_date": "2026-03-01", "due_date": "2026-03-31", "lines": [{"amount": 10}],
        });
        let pay = json!({
            "empty_transactions": [{"account_id": null, "account_name": "x", "amount": 4, "payment_date": "2026-03-02"}],
        });
        let mut handicap = Handicap::default();
        for turn in 0..rounds() {
            let made = world.send("POST", "/coa/api/v1/invoice/", &headers, &new.to_string()).await;
            assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
            let one = format!("/coa/api/v1/invoice/{}/", body_of(&made)["id"]);
            let call = |method: &'static str, target: String, body: String| Call {
                method,
                target,
                authorization: authorization.clone(),
                body,
            };
            let delete = call("DELETE", one.clone(), String::new());
            let outcome = race(&world, turn, handicap, delete, call("POST", format!("{one}pay/"), pay.to_string())).await;
            match outcome {
                (204, 404) => handicap = handicap.after(true),
                (204, 200) => handicap = handicap.after(false),
                other => panic!("turn {turn}: delete and payment answered {other:?}"),
            }
            assert_eq!(world.send("GET", &one, &headers, "").await.status, 404, "turn {turn}");
            assert_eq!(world.app.books.payments(world.book, 0, 10).await.unwrap(), vec![], "turn {turn}");
        }
        let trial = world.app.books.trial_balance(world.book).await.unwrap();
        assert!(trial.iter().all(|line| line.turnover.is_zero()), "{trial:#?}");
        assert!(world.app.books.verify(world.book, None, |_, _| {}).await.unwrap().is_clean());
    });
}

/// How many clients tag the same documents at once.
const TAGGERS: usize = 16;

#[test]
fn tags_that_come_at_once_are_all_put_on_every_document_of_their_calls() {
    runtime().block_on(async {
        let world = Arc::new(World::new().await);
        let book = world.app.books.settings(world.book).await.unwrap().unwrap().id.uuid();
        let base = format!("/v1/businesses/{book}");
        let authorization = format!("Bearer {}", world.token);
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
        ];
        let new = json!({
            "sent_at": "2026-03-01T00:00:00Z", "customer_external_id": "racer",
            "line_items": [{"unit_price": 1000, "quantity": "1", "product": "Lap"}],
        });
        for turn in 0..rounds().div_ceil(50) {
            world.pass_seconds(1);
            let mut ids = Vec::new();
            for _ in 0..2 {
                let made = world
                    .send("POST", &format!("{base}/invoices"), &headers, &new.to_string())
                    .await;
                ids.push(body_of(&made)["data"]["id"].as_str().unwrap().to_owned());
            }
            let call = |at: usize| {
                let mut ids = ids.clone();
                ids.rotate_left(at % 2);
                let key = format!("key-{at:02}");
                let tag =
                    json!({"entity_type": "INVOICE", "entity_ids": ids, "key_values": [{"key": key, "value": "v"}]});
                Call {
                    method: "POST",
                    target: format!("{base}/tags"),
                    authorization: authorization.clone(),
                    body: tag.to_string(),
                }
            };
            let calls = (0..TAGGERS).map(call).collect();
            assert_eq!(at_once(&world, calls).await, [200; TAGGERS], "turn {turn}");
            for id in &ids {
                let shown = world
                    .send("GET", &format!("{base}/invoices/{id}/tags"), &headers, "")
                    .await;
                let shown = body_of(&shown);
                let keys = shown["data"].as_array().unwrap().iter();
                let keys: std::collections::BTreeSet<_> = keys.map(|tag| tag["key"].as_str().unwrap()).collect();
                assert_eq!(keys.len(), TAGGERS, "turn {turn}: {keys:?}");
            }
        }
    });
}

/// How many invoices one payment settles, each part deleted by a client of its own.
const PARTS: i64 = 8;

#[test]
fn of_one_payment_over_many_invoices_every_part_that_was_deleted_is_gone() {
    runtime().block_on(async {
        let world = Arc::new(World::new().await);
        let authorization = format!("Token {}", world.token);
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
        ];
        let bearer = format!("Bearer {}", world.token);
        let native = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let new = json!({
            "entity": 1, "invoice_date": "2026-03-01", "due_date": "2026-03-31", "lines": [{"amount": 10}],
        });
        for turn in 0..rounds().div_ceil(20) {
            let (mut invoices, mut parts) = (Vec::new(), Vec::new());
            for _ in 0..PARTS {
                let made = world
                    .send("POST", "/coa/api/v1/invoice/", &headers, &new.to_string())
                    .await;
                assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
                let number = body_of(&made)["id"].as_i64().unwrap();
                let view = world
                    .app
                    .books
                    .invoice(world.book, &Named::Key(number))
                    .await
                    .unwrap()
                    .unwrap();
                parts.push(json!({"invoice": view.invoice.id.hex()}));
                invoices.push(number);
            }
            let pay = json!({"paid_on": "2026-03-02", "invoices": parts}).to_string();
            let paid = world.send("POST", "/api/v1/payments", &native, &pay).await;
            assert_eq!(paid.status, 201, "{}", String::from_utf8_lossy(&paid.body));
            let payments = world.app.books.payments(world.book, 0, 10).await.unwrap();
            let payment = payments[0].payment.key.0;
            let deletes = invoices.iter().map(|invoice| {
                let (world, authorization) = (Arc::clone(&world), authorization.clone());
                let target = format!("/coa/api/v1/invoice/{invoice}/payment/{payment}/void/");
                tokio::spawn(async move {
                    let headers = [("authorization", authorization.as_str())];
                    world.send("DELETE", &target, &headers, "").await.status
                })
            });
            let deletes: Vec<_> = deletes.collect();
            for delete in deletes {
                assert_eq!(delete.await.unwrap(), 204, "turn {turn}");
            }
            assert_eq!(
                world.app.books.payments(world.book, 0, 10).await.unwrap(),
                vec![],
                "turn {turn}"
            );
        }
        assert!(
            world
                .app
                .books
                .verify(world.book, None, |_, _| {})
                .await
                .unwrap()
                .is_clean()
        );
    });
}
