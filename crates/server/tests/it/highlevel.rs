//! Exchanges in the highlevel dialect.

mod access;
mod catalogue;
mod deletes;
mod done;
mod editing;
mod estimates;
mod foreign;
mod inputs;
mod lifecycle;
mod oauth;
mod schedules;
mod settings;
mod templates;
mod text2pay;

use quittance_accounting::identity::{BookKey, DocumentId};
use quittance_accounting::snapshot::Named;
use quittance_server::http::Response;
use serde_json::{Value, json};

use crate::golden::{Transcript, World, json as body_of};
use crate::schema::assert_valid;

/// The version that the vendor's page names.
const VERSION: (&str, &str) = ("Version", "2021-07-28");

/// A server with what a client of this dialect has in hand.
struct Location {
    world: World,
    /// The location's id.
    id: String,
    bearer: String,
}

impl Location {
    async fn new() -> Location {
        Location::in_world(World::new().await).await
    }

    async fn in_world(world: World) -> Location {
        let id = location_of(&world, world.book).await;
        let bearer = format!("Bearer {}", world.token);
        Location { world, id, bearer }
    }

    fn headers(&self) -> [(&str, &str); 2] {
        [VERSION, ("Authorization", &self.bearer)]
    }

    fn alt(&self) -> String {
        format!("altId={}&altType=location", self.id)
    }

    fn alt_body(&self) -> Value {
        json!({"altId": self.id, "altType": "location"})
    }

    /// The path of an invoice with the location in the query.
    fn at(&self, id: &str) -> String {
        format!("/invoices/{id}?{}", self.alt())
    }

    async fn send(&self, method: &str, target: &str, body: &str) -> Response {
        self.world.send(method, target, &self.headers(), body).await
    }

    /// A small order: 3 x 40 less 10 %, plus 8.25 % tax.
    fn order(&self) -> Value {
        let mut order = self.alt_body();
        order["name"] = json!("March support");
        order["businessDetails"] =
            json!({"name": "Acme Receivables", "address": {"city": "Austin", "countryCode": "US"}});
        order["currency"] = json!("USD");
        order["items"] = json!([{
            "name": "Support hour", "currency": "USD", "amount": 40, "qty": 3, "productId": "prod-1",
            "taxes": [{"_id": "tax-1", "name": "Sales tax", "rate": 8.25, "calculation": "exclusive"}],
        }]);
        order["discount"] = json!({"type": "percentage", "value": 10});
        order["contactDetails"] = json!({"id": "c6tZZU0rJBf30ZXx9Gli", "name": "Alex", "phoneNo": "+1-214-559-6993", "email": "alex@example.com"});
        order["issueDate"] = json!("2026-03-10");
        order["dueDate"] = json!("2026-04-09");
        order["sentTo"] = json!({"email": ["alex@example.com"]});
        order["liveMode"] = json!(true);
        order
    }

    /// Creates a draft and hands back its id.
    async fn draft(&self) -> String {
        self.draft_of(&self.order()).await
    }

    async fn draft_of(&self, order: &Value) -> String {
        let response = self.send("POST", "/invoices/", &order.to_string()).await;
        assert_eq!(response.status, 201, "{}", String::from_utf8_lossy(&response.body));
        body_of(&response)["_id"].as_str().unwrap().to_owned()
    }

    /// Carries an action out on an invoice and hands back the answer.
    async fn act(&self, id: &str, action: &str, more: Value) -> Value {
        let response = self
            .send("POST", &format!("/invoices/{id}/{action}"), &self.with(more))
            .await;
        assert_eq!(response.status, 200, "{}", String::from_utf8_lossy(&response.body));
        body_of(&response)
    }

    /// A body with the location and more members.
    fn with(&self, more: Value) -> String {
        let mut body = self.alt_body();
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body.to_string()
    }

    async fn sent(&self) -> String {
        let id = self.draft().await;
        self.act(&id, "send", send_members()).await;
        id
    }

    async fn paid(&self, amount: Option<&str>) -> String {
        let id = self.sent().await;
        let amount: Option<serde_json::Number> = amount.map(|amount| amount.parse().unwrap());
        let mut payment = json!({"mode": "cash"});
        if let Some(amount) = amount {
            payment["amount"] = Value::Number(amount);
        }
        self.act(&id, "record-payment", payment).await;
        id
    }

    async fn status(&self, id: &str) -> String {
        let response = self.send("GET", &self.at(id), "").await;
        body_of(&response)["status"].as_str().unwrap_or("gone").to_owned()
    }

    /// Everything that a delete must leave as it was: the trial balance and the list.
    async fn state(&self) -> (String, Value) {
        let trial = self.world.app.books.trial_balance(self.world.book).await.unwrap();
        let target = format!("/invoices/?{}&limit=100&offset=0", self.alt());
        let list = self.send("GET", &target, "").await;
        assert_eq!(list.status, 200);
        (format!("{trial:?}"), body_of(&list))
    }

    async fn say(&self, transcript: &mut Transcript, title: &str, method: &str, target: &str, body: &str) -> Response {
        let headers = self.headers();
        transcript.say(&self.world, title, method, target, &headers, body).await
    }
}

fn send_members() -> Value {
    json!({"userId": "user-1", "action": "email", "liveMode": true})
}

async fn location_of(world: &World, book: BookKey) -> String {
    world.app.books.settings(book).await.unwrap().unwrap().id.hex()
}

fn named(id: &str) -> Named {
    Named::Id(DocumentId::from_hex(id).unwrap())
}

/// Fails unless the answer is a 400 of the documented form with this text.
fn assert_bad_request(response: &Response, message: &str) {
    assert_eq!(
        (response.status, body_of(response)),
        (400, json!({"statusCode": 400, "message": message}))
    );
    assert_valid("highlevel", "BadRequestDTO", &body_of(response));
    assert_eq!(response.header("quittance-receipt"), None);
}

const NO_INVOICE: &str = "Unable to find an invoice with the given invoice id";
const NOT_A_DRAFT: &str = "Invoice status need to be draft to delete an invoice";
const NO_SCOPE: &str = "The token is not authorized for this scope.";
