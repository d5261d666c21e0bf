//! Two clients race delete against payment, thousands of times, through a dialect that guards and through one that takes payments
//! along. Every race must end as one of the two serial orders.
//!
//! `QUITTANCE_RACE_ROUNDS` sets how often.

use std::sync::Arc;

use serde_json::json;

use crate::golden::{World, json as body_of};

/// How many races are run per dialect unless the environment says otherwise.
const ROUNDS: usize = 1000;

fn rounds() -> usize {
    std::env::var("QUITTANCE_RACE_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap())
}

/// A call of one side of a race.
struct Call {
    method: &'static str,
    target: String,
    authorization: String,
    body: String,
}

/// Sends both at once, the one named first in turn, and hands their statuses back.
async fn race(world: &Arc<World>, turn: usize, delete: Call, pay: Call) -> (u16, u16) {
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
    let (deleting, paying) = if turn.is_multiple_of(2) {
        let deleting = send(delete);
        (deleting, send(pay))
    } else {
        let paying = send(pay);
        (send(delete), paying)
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
        let mut deleted = 0;
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
            let outcome = race(&world, turn, delete, call(format!("{invoices}/{id}/payment"), pay)).await;
            match outcome {
                (200, 404) => deleted += 1,
                (400, 201) => {}
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
            let outcome = race(&world, turn, delete, call("POST", format!("{one}pay/"), pay.to_string())).await;
            assert!(matches!(outcome, (204, 200 | 404)), "turn {turn}: delete and payment answered {outcome:?}");
            assert_eq!(world.send("GET", &one, &headers, "").await.status, 404, "turn {turn}");
            assert_eq!(world.app.books.payments(world.book, 0, 10).await.unwrap(), vec![], "turn {turn}");
        }
        let trial = world.app.books.trial_balance(world.book).await.unwrap();
        assert!(trial.iter().all(|line| line.turnover.is_zero()), "{trial:#?}");
        assert!(world.app.books.verify(world.book, None, |_, _| {}).await.unwrap().is_clean());
    });
}
