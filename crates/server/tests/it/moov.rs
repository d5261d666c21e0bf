//! The Moov dialect: what its clients send and what they get.

mod access;
mod bad_input;
mod catalogue;
mod changes;
mod deletes;
mod life;
mod links;
mod lists;
mod notices;
mod other_dialects;
mod shapes;
mod tokens;

use quittance_accounting::book::Role;
use quittance_accounting::identity::{BookKey, DocumentId, UuidReading};
use quittance_accounting::snapshot::Named;
use quittance_books::queries::TrialLine;
use quittance_server::http::Response;
use serde_json::{Value, json};

use crate::golden::{World, json as body_of};
use crate::schema::assert_valid;

const NEWEST: (&str, &str) = ("X-Moov-Version", "v2026.07.00");

/// A world with an account to bill.
struct Shop {
    world: World,
    /// The merchant's account: the book's id.
    account: String,
    /// The account that is billed.
    customer: String,
    bearer: String,
}

impl Shop {
    async fn open() -> Shop {
        Shop::over(World::new().await).await
    }

    async fn over(world: World) -> Shop {
        let account = account_of(&world, world.book).await;
        let bearer = format!("Bearer {}", world.token);
        let body = r#"{"accountType":"individual","profile":{"individual":{"name":{"firstName":"Jo","lastName":"Doe"},"email":"jo@example.com"}}}"#;
        let headers = [("Authorization", bearer.as_str())];
        let made = world.send("POST", "/accounts", &headers, body).await;
        assert_eq!(made.status, 200, "{made:?}");
        let customer = body_of(&made)["accountID"].as_str().unwrap().to_owned();
        Shop {
            world,
            account,
            customer,
            bearer,
        }
    }

    fn path(&self, rest: &str) -> String {
        format!("/accounts/{}/invoices{rest}", self.account)
    }

    /// A call with the admin's token, in the newest version.
    async fn call(&self, method: &str, rest: &str, body: &str) -> Response {
        let headers = [("Authorization", self.bearer.as_str()), NEWEST];
        self.world.send(method, &self.path(rest), &headers, body).await
    }

    /// A body that creates an invoice of 2 x 50.00.
    fn new_invoice(&self) -> Value {
        json!({
            "customerAccountID": self.customer,
            "lineItems": {"items": [{
                "name": "Consulting",
                "basePrice": {"currency": "USD", "valueDecimal": "50.00"},
                "quantity": 2,
            }]},
        })
    }

    async fn create(&self, body: &Value) -> Value {
        let made = self.call("POST", "", &body.to_string()).await;
        assert_eq!(made.status, 201, "{made:?}");
        let made = body_of(&made);
        assert_valid("moov", "Invoice", &made);
        made
    }

    /// The id of a draft of 100.00.
    async fn draft(&self) -> String {
        id_of(&self.create(&self.new_invoice()).await)
    }

    /// The id of an invoice of 100.00 that was sent.
    async fn unpaid(&self) -> String {
        let id = self.draft().await;
        self.set_status(&id, "unpaid").await;
        id
    }

    async fn set_status(&self, id: &str, status: &str) -> Value {
        let body = json!({"status": status}).to_string();
        let done = self.call("PATCH", &format!("/{id}"), &body).await;
        assert_eq!(done.status, 200, "{done:?}");
        let done = body_of(&done);
        assert_valid("moov", "Invoice", &done);
        done
    }

    async fn pay(&self, id: &str, value: &str) -> Value {
        let body = json!({"amount": {"currency": "USD", "valueDecimal": value}}).to_string();
        let done = self.call("POST", &format!("/{id}/payments"), &body).await;
        assert_eq!(done.status, 200, "{done:?}");
        body_of(&done)
    }

    async fn get(&self, id: &str) -> Value {
        let found = self.call("GET", &format!("/{id}"), "").await;
        assert_eq!(found.status, 200, "{found:?}");
        let found = body_of(&found);
        assert_valid("moov", "Invoice", &found);
        found
    }

    async fn ids(&self, query: &str) -> Vec<String> {
        let found = self.call("GET", query, "").await;
        assert_eq!(found.status, 200, "{found:?}");
        let found = body_of(&found);
        assert_valid("moov", "Invoices", &found);
        found.as_array().unwrap().iter().map(id_of).collect()
    }

    async fn balances(&self) -> Vec<TrialLine> {
        self.world.app.books.trial_balance(self.world.book).await.unwrap()
    }
}

/// What the books know an invoice as.
fn named(id: &str) -> Named {
    match DocumentId::from_uuid(id) {
        UuidReading::Document(id) => Named::Id(id),
        other => panic!("{other:?}"),
    }
}

fn id_of(invoice: &Value) -> String {
    invoice["invoiceID"].as_str().unwrap().to_owned()
}

/// The id that a book has in a path.
async fn account_of(world: &World, book: BookKey) -> String {
    world.app.books.settings(book).await.unwrap().unwrap().id.uuid()
}

/// A token of the shop's book as a Basic header.
fn basic(token: &str) -> String {
    let (user, password) = token.rsplit_once('_').unwrap();
    let pair = format!("{user}:{password}");
    format!("Basic {}", base64(pair.as_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Fails unless the answer has this status, no body, and the request's id.
fn assert_bare(response: &Response, status: u16) {
    assert_eq!(response.status, status, "{response:?}");
    assert!(response.body.is_empty(), "{response:?}");
    assert!(response.header("x-request-id").is_some(), "{response:?}");
    assert!(response.header("content-type").is_none(), "{response:?}");
}

/// Fails unless the answer is the vendor's one error with a message; hands out the message.
fn assert_error(response: &Response, status: u16) -> String {
    assert_eq!(response.status, status, "{response:?}");
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert!(response.header("x-request-id").is_some(), "{response:?}");
    let body = body_of(response);
    assert_valid("moov", "GenericError", &body);
    body["error"].as_str().unwrap().to_owned()
}

async fn viewer(shop: &Shop, role: Role) -> String {
    let token = shop.world.make_token(shop.world.book, role, &[], None).await;
    format!("Bearer {token}")
}
