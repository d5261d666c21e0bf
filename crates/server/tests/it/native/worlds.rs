//! What the tests of this dialect share: requests in short, and worlds that are worth looking at.

use serde_json::{Value, json};

use crate::golden::{self, World};

/// An answer in short.
pub struct Said {
    pub status: u16,
    pub body: Value,
}

/// Sends a request with the world's admin token.
pub async fn call(world: &World, method: &str, path: &str, body: Value) -> Said {
    call_as(world, &world.token, method, path, body).await
}

/// Sends a request with a token.
pub async fn call_as(world: &World, token: &str, method: &str, path: &str, body: Value) -> Said {
    let bearer = format!("Bearer {token}");
    let text = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let response = world.send(method, path, &[("authorization", &bearer)], &text).await;
    Said {
        status: response.status,
        body: golden::json(&response),
    }
}

/// Sends a request that must succeed.
pub async fn ok(world: &World, method: &str, path: &str, body: Value) -> Value {
    let said = call(world, method, path, body).await;
    assert!(said.status < 300, "{method} {path}: {} {:#}", said.status, said.body);
    said.body
}

pub fn usd(amount: &str) -> Value {
    json!({"amount": amount, "currency": "USD"})
}

/// The id of a new invoice of 100.00.
pub async fn invoice(world: &World, issue: bool) -> String {
    let body = json!({"issue": issue, "lines": [{"name": "Work", "unit_price": usd("100.00")}]});
    id(&ok(world, "POST", "/api/v1/invoices", body).await)
}

pub fn id(body: &Value) -> String {
    body["id"].as_str().unwrap().to_owned()
}

/// Pays part of an invoice.
pub async fn pay(world: &World, invoice: &str, amount: &str) {
    let body = json!({"invoices": [{"invoice": invoice, "amount": usd(amount)}]});
    ok(world, "POST", "/api/v1/payments", body).await;
}

/// The trial balance.
pub async fn trial_balance(world: &World) -> Vec<quittance_books::queries::TrialLine> {
    world.app.books.trial_balance(world.book).await.unwrap()
}

/// Invoices in every state, a payment over two of them, deletions through two dialects, a closed period.
pub async fn sample(world: &World) -> Vec<String> {
    let customer = json!({"name": "<script>alert(1)</script>", "email": "a@b.example"});
    let customer = id(&ok(world, "POST", "/api/v1/customers", customer).await);
    let body = json!({"customer": customer, "issue": true, "invoice_date": "2026-03-01", "due_on": "2026-03-10",
        "title": "\"><img src=x onerror=alert(1)>", "memo": "</textarea><b>",
        "lines": [{"name": "<i>Consulting</i>", "quantity": "2.5", "unit_price": usd("120.00"),
            "taxes": [{"amount": usd("24.00")}]}, {"name": "Travel", "unit_price": usd("80.00")}]});
    let overdue = id(&ok(world, "POST", "/api/v1/invoices", body).await);
    let part = invoice(world, true).await;
    let paid = invoice(world, true).await;
    let body = json!({"method": "check", "memo": "No. 1187",
        "invoices": [{"invoice": part, "amount": usd("40.00")}, {"invoice": paid}]});
    ok(world, "POST", "/api/v1/payments", body).await;
    let void = invoice(world, true).await;
    ok(world, "POST", &format!("/api/v1/invoices/{void}/void"), Value::Null).await;
    let gone = invoice(world, false).await;
    let body = json!({"reason": "typed <twice>"});
    ok(world, "DELETE", &format!("/api/v1/invoices/{gone}"), body).await;
    let posted = delete_posted(world).await;
    let draft = invoice(world, false).await;
    ok(world, "POST", "/api/v1/periods/close", json!({"through": "2026-02-28"})).await;
    vec![overdue, part, paid, void, gone, posted, draft]
}

/// Rules that reach further than the native ones, for deletes that other dialects allow.
pub const REACHING: quittance_accounting::rules::Rules = {
    use quittance_accounting::rules::{Attached, DeletionRules, Reach, Texts};
    let mut rules = quittance_server::dialects::native::rules::RULES;
    rules.dialect = "campfire";
    rules.deletion = DeletionRules {
        reach: Reach::Issued,
        payments: Attached::TakenAlong,
        refunds: Attached::TakenAlong,
        write_offs: Attached::TakenAlong,
        applied_credit: Attached::TakenAlong,
        texts: Texts::Erased,
        readable_by_id: false,
    };
    rules
};

/// An issued and paid invoice that another dialect deleted with its payment.
pub async fn delete_posted(world: &World) -> String {
    let posted = invoice(world, true).await;
    pay(world, &posted, "60.00").await;
    delete_with_money(world, &posted).await;
    posted
}

/// Deletes an invoice with all that hangs on it, as another dialect's rules let; the seq of the event.
pub async fn delete_with_money(world: &World, invoice: &str) -> i64 {
    use quittance_accounting::identity::DocumentId;
    use quittance_accounting::snapshot::Named;
    let named = Named::Id(DocumentId::from_hex(invoice).unwrap());
    let mut context = world.context(world.book);
    context.source = "campfire";
    let options = quittance_books::input::DeleteOptions::default();
    let books = &world.app.books;
    let deleted = books.delete_invoice(&context, &REACHING, named, options).await;
    deleted.unwrap().seal.seq
}
