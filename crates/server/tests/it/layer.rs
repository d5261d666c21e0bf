//! The Layer dialect: exchanges, refusals, bad input, and the world after a delete.

use quittance_accounting::identity::BookKey;
use quittance_server::http::Response;
use serde_json::{Value, json};

use crate::golden::{LIMITS, World, json as body_of};
use crate::schema::assert_valid;

mod accounts;
mod bad_input;
mod browsers;
mod catalogue;
mod changing;
mod customers;
mod delete;
mod done;
mod editing;
mod ledger;
mod manual;
mod narrowed;
mod neighbours;
mod owed;
mod paging;
mod pdf;
mod refunds;
mod refusals;
mod work;

/// A client of one business.
pub struct Desk {
    pub world: World,
    /// `/v1/businesses/<id>`.
    pub base: String,
    pub auth: String,
}

impl Desk {
    pub async fn new() -> Desk {
        Desk::over(World::new().await).await
    }

    pub async fn limited(per_second: u32) -> Desk {
        let limits = quittance_server::app::CallLimits {
            layer_per_second: per_second,
            ..LIMITS
        };
        Desk::over(World::with(limits).await).await
    }

    async fn over(world: World) -> Desk {
        let base = base_of(&world, world.book).await;
        let auth = format!("Bearer {}", world.token);
        Desk { world, base, auth }
    }

    /// Calls with the admin's token.
    pub async fn call(&self, method: &str, path: &str, body: &str) -> Response {
        let target = format!("{}{path}", self.base);
        let headers = [("authorization", self.auth.as_str())];
        self.world.send(method, &target, &headers, body).await
    }

    /// Calls, expects a status, and hands back `data`.
    pub async fn expect(&self, status: u16, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let response = self.call(method, path, &body).await;
        let shown = String::from_utf8_lossy(&response.body).into_owned();
        assert_eq!(response.status, status, "{method} {path}: {shown}");
        body_of(&response)["data"].clone()
    }

    /// A sent invoice of 250.00, dated 2026-03-10; its id.
    pub async fn invoice(&self, external_id: &str) -> String {
        self.invoice_on(external_id, "2026-03-10T09:00:00Z").await
    }

    /// A sent invoice of 250.00, dated otherwise.
    pub async fn invoice_on(&self, external_id: &str, sent_at: &str) -> String {
        let body = simple(external_id, sent_at);
        let data = self.expect(201, "POST", "/invoices", &body).await;
        data["id"].as_str().unwrap().to_owned()
    }

    /// Pays so many cents of an invoice.
    pub async fn pay(&self, id: &str, cents: i64) {
        let body = json!({"amount": cents, "method": "CASH", "paid_at": "2026-03-12T10:00:00Z", "fee": 0});
        let path = format!("/invoices/{id}/payment");
        self.expect(201, "POST", &path, &body).await;
    }
}

/// The path of a business.
pub async fn base_of(world: &World, book: BookKey) -> String {
    let settings = world.app.books.settings(book).await.unwrap().unwrap();
    format!("/v1/businesses/{}", settings.id.uuid())
}

/// The body of a simple invoice.
pub fn simple(external_id: &str, sent_at: &str) -> Value {
    json!({
        "external_id": external_id,
        "sent_at": sent_at,
        "due_at": "2026-04-09",
        "customer_external_id": "cust-1",
        "line_items": [{"product": "Widget", "unit_price": 12500, "quantity": "2.00"}],
    })
}

/// The body of an invoice with everything in it.
pub fn full() -> Value {
    json!({
        "external_id": "order-77",
        "sent_at": "2026-03-01T08:30:00Z",
        "due_at": "2026-03-31T23:59:59Z",
        "invoice_number": "2026-0077",
        "customer_external_id": "cust-1",
        "line_items": [
            {
                "external_id": "order-77-1", "product": "Widget", "description": "Blue widget", "unit_price": 1299,
                "quantity": 2, "discount_amount": 0,
                "sales_taxes": [
                    {"amount": 118, "tax_account": {"type": "Tax_Name", "name": "CALIFORNIA"}},
                    {"amount": 100}
                ],
                "tags": [{"key": "store", "value": "Oakland", "dimension_display_name": "Store"}]
            },
            {
                "product": "Consulting", "unit_price": 25000, "quantity": "1.00", "discount_amount": 250,
                "account_identifier": {"type": "StableName", "stable_name": "SERVICES"}
            },
            {"product": "Credit", "unit_price": -500, "quantity": "0.125"}
        ],
        "additional_discount": 100,
        "additional_sales_taxes": [{"amount": 55}],
        "tips": 300,
        "memo": "Thank you",
        "custom_payment_instructions": "Wire to the usual account",
        "metadata": {"order": 77, "nested": {"list": []}},
        "reference_number": "PO-9",
        "tags": [{"key": "channel", "value": "web", "value_display_name": "Web shop"}]
    })
}

/// A response is an error of the wire alone.
pub fn assert_wire_error(response: &Response, status: u16) -> Value {
    let body = body_of(response);
    assert_eq!(response.status, status, "{body}");
    assert_valid("layer", "WireErrors", &body);
    body["errors"][0].clone()
}
