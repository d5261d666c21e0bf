//! Exchanges in the bookeeping dialect: a desk with a key, a counterparty and the ids that invoices need.

pub mod bad_input;
mod catalogue;
mod categories;
mod changes;
mod deleting;
mod done;
mod keys;
mod life;
mod lists;
mod transactions;

use quittance_accounting::book::Role;
use quittance_accounting::identity::BookKey;
use quittance_server::http::Response;
use serde_json::{Value, json};

use super::golden::{Transcript, World, json};
use super::schema::assert_valid;

/// Where invoices are.
pub const INVOICES: &str = "/public-api/v1/invoices";

/// A book and somebody who works on it through this dialect.
pub struct Desk {
    pub world: World,
    pub bearer: String,
    pub counterparty: String,
    pub sales: String,
    pub bank: String,
}

impl Desk {
    pub async fn new() -> Desk {
        Desk::over(World::new().await).await
    }

    pub async fn over(world: World) -> Desk {
        let bearer = format!("Bearer {}", world.token);
        let mut desk = Desk {
            world,
            bearer,
            counterparty: String::new(),
            sales: String::new(),
            bank: String::new(),
        };
        let body = json!({"accountName": "Bright Ideas", "accountNumber": "C-7", "type": "customer"}).to_string();
        let made = desk.send("POST", "/public-api/v1/counterparties", &body).await;
        desk.counterparty = text(&json(&made), "/data/_id");
        let found = desk.send("GET", "/public-api/v1/categories?accounts=SALES", "").await;
        desk.sales = text(&json(&found), "/data/categories/0/_id");
        let found = desk.send("GET", "/public-api/v1/accounts", "").await;
        desk.bank = text(&json(&found), "/data/accounts/1/_id");
        desk
    }

    pub async fn send(&self, method: &str, target: &str, body: &str) -> Response {
        let headers = [("authorization", self.bearer.as_str())];
        self.world.send(method, target, &headers, body).await
    }

    /// Sends, writes down, and checks the body against a schema.
    pub async fn say(&self, transcript: &mut Transcript, title: &str, exchange: [&str; 3], schema: &str) -> Response {
        let [method, target, body] = exchange;
        let headers = [("authorization", self.bearer.as_str())];
        let response = transcript.say(&self.world, title, method, target, &headers, body).await;
        assert_valid("bookeeping", schema, &json(&response));
        response
    }

    /// The body of a new invoice of 100 dollars, with some members replaced.
    pub fn draft_body(&self, members: Value) -> String {
        let mut body = json!({
            "discount": {"type": "FIXED", "value": 0},
            "invoiceDate": "2026-03-01T00:00:00Z",
            "dueDate": "2026-03-31T00:00:00Z",
            "lineItems": [{"name": "Work", "quantity": 2, "unitPrice": 50}],
            "note": "",
            "counterParty": self.counterparty,
            "invoiceId": "INCREMENTAL",
            "currency": "USD"
        });
        for (name, value) in members.as_object().unwrap() {
            body[name] = value.clone();
        }
        body.to_string()
    }

    /// Creates a draft and answers its id.
    pub async fn draft(&self, members: Value) -> String {
        let made = self.send("POST", INVOICES, &self.draft_body(members)).await;
        assert_eq!(made.status, 200, "{}", String::from_utf8_lossy(&made.body));
        assert_valid("bookeeping", "InvoiceAnswer", &json(&made));
        text(&json(&made), "/data/_id")
    }

    /// Creates an invoice and sends it.
    pub async fn sent(&self, members: Value) -> String {
        let id = self.draft(members).await;
        let sent = self.send("POST", &format!("{INVOICES}/{id}/send"), "").await;
        assert_eq!(sent.status, 200);
        id
    }

    /// The body of marking an invoice as paid.
    pub fn payment_body(&self) -> String {
        json!({"strategyData": {"strategy": "CREATE_TRANSACTION", "data": {
            "transactionRefNo": "WIRE-1", "category": self.sales, "account": self.bank,
            "counterParty": self.counterparty, "transactionNote": "thanks"
        }}})
        .to_string()
    }

    pub async fn status(&self, id: &str) -> String {
        let found = self.send("GET", &format!("{INVOICES}/{id}"), "").await;
        text(&json(&found), "/data/status")
    }

    pub async fn token(&self, role: Role, scopes: &[&str]) -> String {
        self.world.make_token(self.world.book, role, scopes, None).await
    }
}

/// A text inside a value.
pub fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found
        .unwrap_or_else(|| panic!("no text at {pointer} of {value:#}"))
        .to_owned()
}

/// What a refusal says.
pub fn message(response: &Response) -> String {
    text(&json(response), "/message")
}

/// The trial balance: account codes and turnovers.
pub async fn trial(world: &World, book: BookKey) -> String {
    format!("{:?}", world.app.books.trial_balance(book).await.unwrap())
}
