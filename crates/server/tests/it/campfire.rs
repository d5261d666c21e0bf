//! Exchanges in the Campfire dialect.

mod after_writing;
mod catalogue;
mod changing;
mod credits;
mod deleting;
mod inputs;
mod ledger;
mod life;
mod memos_used;
mod overpaid;
mod paying;
mod refusing;

use quittance_accounting::identity::BookKey;
use quittance_accounting::rules::Rules;
use quittance_books::queries::TrialLine;
use quittance_server::dialects::campfire::rules::RULES;
use quittance_server::http::Response;
use serde_json::Value;

use crate::golden::{Transcript, World, json};
use crate::schema::assert_valid;

/// Rules of a dialect that this one knows nothing of.
const OTHER: Rules = Rules {
    dialect: "other",
    ..RULES
};

const INVOICES: &str = "/coa/api/v1/invoice/";

/// One line of 50 and tax of 5, issued at once.
const ISSUED: &str = r#"{"lines":[{"description":"Advice","quantity":2,"rate":25,"tax":5}],"invoice_date":"2026-03-10","due_date":"2026-04-09","entity":1}"#;

/// The same, as a draft.
const DRAFT: &str = r#"{"lines":[{"description":"Advice","quantity":2,"rate":25,"tax":5}],"invoice_date":"2026-03-10","due_date":"2026-04-09","entity":1,"payment_status":"draft"}"#;

/// A call as a client of this dialect makes it, and the body it must answer with.
struct Client<'a> {
    world: &'a World,
    token: String,
}

impl<'a> Client<'a> {
    fn new(world: &'a World) -> Client<'a> {
        Client {
            world,
            token: world.token.clone(),
        }
    }

    fn with(world: &'a World, token: &str) -> Client<'a> {
        Client {
            world,
            token: token.to_owned(),
        }
    }

    async fn call(&self, method: &str, target: &str, body: &str) -> Response {
        let token = format!("Token {}", self.token);
        let mut headers = vec![("authorization", token.as_str()), ("host", "books.test")];
        if !body.is_empty() {
            headers.push(("content-type", "application/json"));
        }
        self.world.send(method, target, &headers, body).await
    }

    async fn json(&self, method: &str, target: &str, body: &str, status: u16) -> Value {
        let response = self.call(method, target, body).await;
        let shown = String::from_utf8_lossy(&response.body).into_owned();
        assert_eq!(response.status, status, "{method} {target} {body}: {shown}");
        json(&response)
    }

    async fn create(&self, body: &str) -> i64 {
        let made = self.json("POST", INVOICES, body, 201).await;
        assert_valid("campfire", "Invoice", &made);
        made["id"].as_i64().unwrap()
    }

    async fn pay(&self, id: i64, amount: &str) {
        let paid = self.json("POST", &at(id, "pay/"), &payment(amount), 200).await;
        assert_valid("campfire", "Paid", &paid);
    }
}

fn at(id: i64, rest: &str) -> String {
    format!("{INVOICES}{id}/{rest}")
}

fn payment(amount: &str) -> String {
    format!(
        r#"{{"empty_transactions":[{{"account_id":null,"account_name":"Clearing","amount":{amount},"payment_date":"2026-03-12"}}]}}"#
    )
}

/// Says it as this client, and checks the answer's body against a schema.
async fn said(
    transcript: &mut Transcript,
    client: &Client<'_>,
    title: &str,
    method: &str,
    target: &str,
    body: &str,
    schema: &str,
) -> Response {
    let token = format!("Token {}", client.token);
    let mut headers = vec![("authorization", token.as_str()), ("host", "books.test")];
    if !body.is_empty() {
        headers.push(("content-type", "application/json"));
    }
    let response = transcript
        .say(client.world, title, method, target, &headers, body)
        .await;
    if !schema.is_empty() {
        assert_valid("campfire", schema, &json(&response));
    } else if response.header("content-type") == Some("application/json") {
        // An error whose form depends on the case.
        let body = json(&response);
        let schema = if body.get("detail").is_some() {
            "Detail"
        } else {
            "FieldErrors"
        };
        assert_valid("campfire", schema, &body);
    }
    response
}

async fn balances(world: &World, book: BookKey) -> Vec<TrialLine> {
    world.app.books.trial_balance(book).await.unwrap()
}
