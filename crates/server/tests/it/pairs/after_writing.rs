//! What a write answers when nothing can be read after it, in every dialect: what was done is answered as done.
//!
//! The database takes every table out of sight in each commit, and brings them back before the next request. Deliberately absent:
//! what Campfire alone and HighLevel alone do, which have tests of their own.

use quittance_accounting::identity::DocumentId;
use serde_json::{Value, json};

use super::office::{ALL, Dialect, Office, State, is_clean, text};
use crate::golden::World;

impl Office {
    /// Carries a request out that writes; afterwards nothing could be read.
    async fn writes(&self, dialect: Dialect, method: &str, target: &str, body: Value) -> Value {
        let before = self.head().await;
        let answer = self.good(dialect, method, target, &body).await;
        assert_ne!(self.head().await, before, "{dialect:?} {method} {target} wrote nothing");
        answer
    }

    async fn head(&self) -> i64 {
        let books = self.native("GET", "/api/v1/books", Value::Null).await;
        books.pointer("/data/0/head/seq").and_then(Value::as_i64).unwrap()
    }

    async fn at(&self, dialect: Dialect, id: DocumentId, rest: &str) -> String {
        format!("{}{rest}", self.path(dialect, Some(id)).await)
    }
}

async fn office() -> Office {
    let mut office = Office::over(World::on_postgres().await).await;
    office.hide_after_writes();
    office
}

#[tokio::test]
async fn what_was_done_is_answered_as_done_in_every_dialect() {
    let office = office().await;
    for dialect in ALL {
        let what = format!("{dialect:?}");
        let id = office.make(dialect, false).await;
        if dialect != Dialect::Bookeeping {
            office.pay(dialect, id, 4_000).await;
            office.assert_shown(&what, id, State::PartPaid, 4_000).await;
        }
        office.pay(dialect, id, 6_000).await;
        let id = office.make(dialect, false).await;
        office.void(dialect, id).await;
        office.assert_shown(&what, id, State::Void, 0).await;
        let id = office.make(dialect, dialect != Dialect::Layer).await;
        let deleted = office.delete(dialect, id).await;
        assert!((200..300).contains(&deleted), "{what}: {deleted}");
        office.assert_shown(&what, id, State::Gone, 0).await;
    }
    assert!(is_clean(&office).await);
}

#[tokio::test]
async fn what_else_moov_writes_is_answered_as_done() {
    let office = office().await;
    let id = office.make(Dialect::Moov, false).await;
    let path = office.path(Dialect::Moov, Some(id)).await;
    office
        .writes(Dialect::Moov, "PATCH", &path, json!({"description": "changed"}))
        .await;
    let account = json!({"accountType": "business", "profile": {"business": {"legalBusinessName": "Lee",
        "email": "lee@example.com"}}});
    let account = office.writes(Dialect::Moov, "POST", "/accounts", account).await;
    let mut body = office.invoice_body(Dialect::Moov, false);
    body["customerAccountID"] = account["accountID"].clone();
    let id = office.make_of(Dialect::Moov, body, false).await;
    office.world.pass_seconds(24 * 60 * 60);
    let path = office.at(Dialect::Moov, id, "/notifications").await;
    office
        .writes(Dialect::Moov, "POST", &path, json!({"channels": ["email"]}))
        .await;
    assert!(is_clean(&office).await);
}

#[tokio::test]
async fn what_else_the_native_api_writes_is_answered_as_done() {
    let office = office().await;
    let usd = |value: &str| json!({"amount": value, "currency": "USD"});
    let post = async |target: String, body: Value| office.writes(Dialect::Native, "POST", &target, body).await;
    let one = office.make(Dialect::Native, false).await;
    let other = office.make(Dialect::Native, false).await;
    let of = |id: DocumentId, verb: &str| format!("/api/v1/invoices/{}/{verb}", id.hex());
    // A payment of two invoices: what is done to one part names the other as well.
    let parts =
        json!([{"invoice": one.hex(), "amount": usd("20.00")}, {"invoice": other.hex(), "amount": usd("30.00")}]);
    let body = json!({"customer": office.native_customer(), "amount": usd("80.00"), "invoices": parts});
    let paid = post("/api/v1/payments".into(), body).await;
    let payment = format!("/api/v1/payments/{}", text(&paid, "/id"));
    let done = post(format!("{payment}/unallocate"), json!({"invoice": one.hex()})).await;
    assert_eq!(done["amount"], usd("80.00"));
    let part = json!({"invoices": [{"invoice": one.hex(), "amount": usd("10.00")}]});
    post(format!("{payment}/allocate"), part).await;
    let memo = json!({"memo": "changed"});
    office.writes(Dialect::Native, "PUT", &payment, memo).await;
    post(format!("{payment}/refund"), json!({"amount": usd("5.00")})).await;
    let arrived = json!({"invoice": one.hex(), "amount": usd("10.00"), "value_date": "2026-03-12", "witness": "bank"});
    post("/api/v1/confirmations".into(), arrived).await;
    // A credit note of an invoice, applied to another one too.
    let note = json!({"invoice": one.hex(), "amount": usd("40.00"), "apply": false});
    let note = post("/api/v1/credit-notes".into(), note).await;
    let note = format!("/api/v1/credit-notes/{}", text(&note, "/id"));
    let part = |id: &str, value: &str| json!({"invoices": [{"invoice": id, "amount": usd(value)}]});
    post(format!("{note}/apply"), part(&one.hex(), "5.00")).await;
    post(format!("{note}/apply"), part(&other.hex(), "5.00")).await;
    post(format!("{note}/unapply"), json!({"invoice": one.hex()})).await;
    post(
        format!("{note}/hold"),
        json!({"until": "2026-12-31", "reason": "asked for"}),
    )
    .await;
    post(format!("{note}/hold"), json!({"until": null})).await;
    post(format!("{note}/refund"), json!({"amount": usd("1.00")})).await;
    let third = office.make(Dialect::Native, false).await;
    let whole = post("/api/v1/credit-notes".into(), json!({"invoice": third.hex()})).await;
    post(format!("/api/v1/credit-notes/{}/void", text(&whole, "/id")), json!({})).await;
    // An invoice's other verbs.
    post(of(third, "write-off"), json!({"amount": usd("10.00")})).await;
    let fourth = office.make(Dialect::Native, false).await;
    post(of(fourth, "void"), json!({})).await;
    post(of(fourth, "reopen"), json!({})).await;
    office.pay(Dialect::Native, fourth, 10_000).await;
    post(of(fourth, "refund"), json!({"amount": usd("10.00")})).await;
    let draft = office.make(Dialect::Native, true).await;
    post(of(draft, "hold"), json!({"until": "2026-12-31"})).await;
    post(of(draft, "hold"), json!({"until": null})).await;
    let path = office.path(Dialect::Native, Some(draft)).await;
    office.writes(Dialect::Native, "DELETE", &path, Value::Null).await;
    post(of(draft, "restore"), json!({})).await;
    post(of(draft, "issue"), json!({})).await;
    let parts = json!([{"invoice": one.hex(), "amount": usd("1.00")}, {"invoice": other.hex(), "amount": usd("1.00")}]);
    let paid = post("/api/v1/payments".into(), json!({"invoices": parts})).await;
    let payment = format!("/api/v1/payments/{}", text(&paid, "/id"));
    let deleted = office.writes(Dialect::Native, "DELETE", &payment, Value::Null).await;
    let named = deleted["invoices"].as_array().unwrap();
    assert!(named.iter().all(|part| part["invoice"].is_string()), "{deleted:#}");
    assert!(is_clean(&office).await);
}

#[tokio::test]
async fn what_else_layer_writes_is_answered_as_done() {
    let office = office().await;
    let base = format!("/v1/businesses/{}", office.uuid);
    let call = async |method: &str, target: String, body: Value| {
        let target = format!("{base}{target}");
        office.writes(Dialect::Layer, method, &target, body).await
    };
    let one = office.make(Dialect::Layer, false).await;
    let other = office.make(Dialect::Layer, false).await;
    let of = |id: DocumentId, rest: &str| format!("/invoices/{}{rest}", id.uuid());
    let words = json!({"memo": "changed"});
    call("PATCH", of(one, ""), words.clone()).await;
    let mut body = office.invoice_body(Dialect::Layer, false);
    body["memo"] = json!("anew");
    call("PUT", of(one, ""), body.clone()).await;
    let finalized = json!({"payment_methods": ["ACH"]});
    call("PUT", of(one, "/finalize-invoice"), finalized).await;
    // A payment of two invoices, changed and taken back.
    let parts = json!([{"invoice_id": one.uuid(), "amount": 2_000}, {"invoice_id": other.uuid(), "amount": 3_000}]);
    let payment =
        json!({"amount": 5_000, "method": "ACH", "paid_at": "2026-03-12", "fee": 0, "invoice_payments": parts});
    let payment = call("POST", "/invoices/payments".into(), payment).await;
    let payment = format!("/invoices/payments/{}", text(&payment, "/data/id"));
    call("PATCH", payment.clone(), words.clone()).await;
    call("POST", format!("{payment}/delete"), Value::Null).await;
    office.pay(Dialect::Layer, one, 5_000).await;
    // Refunds of one and of both, changed, owed and taken back.
    let refund = json!({"completed_at": "2026-03-13", "method": "CASH", "refunded_amount": 100});
    call("POST", of(one, "/refund"), refund).await;
    let parts = json!([{"invoice_id": one.uuid(), "total_amount": 100}]);
    let owed = json!({"refunded_amount": 100, "completed_at": "2026-03-13", "allocations": parts});
    let owed = call("POST", "/invoices/refunds".into(), owed).await;
    let owed = format!("/invoices/refunds/{}", text(&owed, "/data/id"));
    let paid = json!({"refunded_amount": 40, "completed_at": "2026-03-14", "method": "ACH"});
    call("POST", format!("{owed}/payments"), paid).await;
    call("PATCH", owed.clone(), words.clone()).await;
    call("DELETE", owed, Value::Null).await;
    let given_up = call("POST", of(other, "/write-off"), json!({"amount": 1_000})).await;
    let given_up = of(other, &format!("/write-offs/{}", text(&given_up, "/data/id")));
    call("DELETE", given_up, Value::Null).await;
    call("POST", of(one, "/reset"), Value::Null).await;
    // What stands beside the invoices.
    let customer = json!({"external_id": "lee", "individual_name": "Lee"});
    let customer = call("POST", "/customers".into(), customer).await;
    let customer = format!("/customers/{}", text(&customer, "/data/id"));
    call("PATCH", customer.clone(), json!({"email": "lee@example.com"})).await;
    call("POST", format!("{customer}/archive"), Value::Null).await;
    let dimension = json!({"key": "store", "strictness": "NON_BALANCING", "defined_values": ["Reno"]});
    call("POST", "/tags/dimensions".into(), dimension).await;
    let tags = json!({"entity_type": "INVOICE", "entity_ids": [one.uuid(), other.uuid()],
        "key_values": [{"key": "store", "value": "Reno"}]});
    call("POST", "/tags".into(), tags).await;
    let line = |direction: &str, account: &str| json!({"account_identifier": {"type": "StableName", "stable_name": account}, "amount": 500, "direction": direction});
    let entry = json!({"entry_at": "2026-03-12T10:00:00Z", "created_by": "lee", "memo": "Rent",
        "line_items": [line("DEBIT", "FEES"), line("CREDIT", "CASH")]});
    let entry = call("POST", "/custom-journal-entries".into(), entry).await;
    let entry = format!("/custom-journal-entries/{}", text(&entry, "/data/id"));
    call("DELETE", entry, Value::Null).await;
    let account = json!({"name": "Advice", "normality": "CREDIT", "account_type": "REVENUE", "account_subtype": "SALES",
        "stable_name": "ADVICE"});
    call("POST", "/ledger/accounts".into(), account).await;
    body["customer_external_id"] = json!("somebody new");
    call("POST", "/invoices/bulk".into(), json!([body.clone(), body])).await;
    let config = json!({"closing_date": "2026-02-01", "match_rounding_threshold": 5});
    let config = call("PATCH", "/accounting-config".into(), config).await;
    assert_eq!(config["data"]["match_rounding_threshold"], 5);
    assert!(is_clean(&office).await);
}
