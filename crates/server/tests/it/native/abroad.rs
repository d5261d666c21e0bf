//! Documents in other currencies than the book's: rates, gains, both sums, and what a delete gives back.

use serde_json::{Value, json};

use super::exchanges::talk;
use super::worlds::{delete_with_money, id, trial_balance, usd};
use crate::golden::World;
use crate::schema::assert_valid;

fn eur(amount: &str) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

#[tokio::test]
async fn a_gain_is_realized_shown_and_withdrawn_with_its_invoice() {
    let world = World::new().await;
    let mut talk = talk(&world, "currencies");
    let before = trial_balance(&world).await;
    let body = json!({"issue": true, "lines": [{"name": "Work", "unit_price": eur("100.00")}]});
    talk.say("no rate is known", "POST", "/api/v1/invoices", body.clone())
        .await;
    let rate = json!({"exchange_rate": "1.10"});
    let kept = talk
        .say("a rate is kept", "PUT", "/api/v1/rates/eur/2026-03-01", rate)
        .await;
    assert_valid("native", "Rate", &kept);
    let rate = json!({"exchange_rate": "1.10"});
    talk.say(
        "and again, with another",
        "PUT",
        "/api/v1/rates/EUR/2026-03-01",
        json!({"exchange_rate": "1.11"}),
    )
    .await;
    talk.say("and back", "PUT", "/api/v1/rates/EUR/2026-03-01", rate).await;
    talk.say(
        "it holds from its day on",
        "GET",
        "/api/v1/rates/EUR/2026-03-15",
        Value::Null,
    )
    .await;
    talk.say("and not before", "GET", "/api/v1/rates/EUR/2026-02-28", Value::Null)
        .await;
    talk.say("every rate", "GET", "/api/v1/rates", Value::Null).await;
    let own = json!({"exchange_rate": "1.10"});
    talk.say(
        "the book's own currency has none",
        "PUT",
        "/api/v1/rates/USD/2026-03-01",
        own,
    )
    .await;
    let none = json!({"exchange_rate": "0"});
    talk.say(
        "a rate is more than nothing",
        "PUT",
        "/api/v1/rates/GBP/2026-03-01",
        none,
    )
    .await;
    let invoice = talk.say("an invoice in euros", "POST", "/api/v1/invoices", body).await;
    assert_valid("native", "Invoice", &invoice);
    let invoice = id(&invoice);
    let dollars = json!({"invoices": [{"invoice": invoice, "amount": usd("10.00")}]});
    talk.say("dollars are not for it", "POST", "/api/v1/payments", dollars)
        .await;
    let part = json!({"exchange_rate": "1.13", "invoices": [{"invoice": invoice, "amount": eur("40.00")}]});
    let payment = talk.say("paid in part", "POST", "/api/v1/payments", part).await;
    assert_valid("native", "RecordedPayment", &payment);
    let much = json!({"amount": eur("70.00")});
    talk.say(
        "too much is written off",
        "POST",
        &format!("/api/v1/invoices/{invoice}/write-off"),
        much,
    )
    .await;
    let rest = json!({"exchange_rate": "1.05", "invoices": [{"invoice": invoice}]});
    talk.say("the rest is paid", "POST", "/api/v1/payments", rest).await;
    let shown = talk
        .say(
            "the invoice now",
            "GET",
            &format!("/api/v1/invoices/{invoice}"),
            Value::Null,
        )
        .await;
    assert_eq!(shown["exchange"]["open"], usd("0.00"));
    talk.say("the trial balance", "GET", "/api/v1/reports/trial-balance", Value::Null)
        .await;
    talk.say(
        "the payment register",
        "GET",
        "/api/v1/reports/payment-register?from=2026-03-01",
        Value::Null,
    )
    .await;
    let seq = delete_with_money(&world, &invoice).await;
    let receipt = talk
        .say(
            "what a delete took back",
            "GET",
            &format!("/api/v1/receipts/{seq}"),
            Value::Null,
        )
        .await;
    assert_valid("native", "Receipt", &receipt);
    assert_eq!(before, trial_balance(&world).await);
    talk.transcript.check();
}

#[tokio::test]
async fn a_draft_changes_its_currency_and_what_was_issued_does_not() {
    let world = World::new().await;
    let mut talk = talk(&world, "currencies-of-drafts");
    let lines = |money: Value| json!([{"name": "Work", "unit_price": money}]);
    let draft = json!({"exchange_rate": "1.10", "lines": lines(eur("100.00"))});
    let draft = id(&talk.say("a draft in euros", "POST", "/api/v1/invoices", draft).await);
    let path = format!("/api/v1/invoices/{draft}");
    talk.say("in dollars", "PUT", &path, json!({"lines": lines(usd("100.00"))}))
        .await;
    let again = json!({"exchange_rate": "1.2", "lines": lines(eur("100.00"))});
    talk.say("in euros again", "PUT", &path, again).await;
    talk.say("issued", "POST", &format!("{path}/issue"), Value::Null).await;
    let other = json!({"exchange_rate": "1.3", "lines": lines(eur("100.00"))});
    talk.say("frozen", "PUT", &path, other).await;
    talk.say("refunds need a rate", "POST", &format!("{path}/refund"), json!({}))
        .await;
    talk.say("the aging", "GET", "/api/v1/reports/aging", Value::Null).await;
    talk.transcript.check();
}

#[tokio::test]
async fn a_credit_note_has_the_rate_of_its_invoice_and_gains_where_it_settles_another() {
    let world = World::new().await;
    let mut talk = talk(&world, "currencies-of-credit-notes");
    let customer = json!({"name": "Initech"});
    let customer = id(&talk.say("a customer", "POST", "/api/v1/customers", customer).await);
    let mut billed = Vec::new();
    for rate in ["1.20", "1.10"] {
        let body = json!({"issue": true, "customer": customer, "exchange_rate": rate,
            "lines": [{"name": "Work", "unit_price": eur("100.00")}]});
        billed.push(id(&talk
            .say("an invoice in euros", "POST", "/api/v1/invoices", body)
            .await));
    }
    let body = json!({"invoice": billed[0], "amount": eur("40.00"), "invoices": [{"invoice": billed[1]}]});
    let note = talk.say("settles another", "POST", "/api/v1/credit-notes", body).await;
    assert_valid("native", "AppliedCreditNote", &note);
    assert_eq!(note["invoices"][0]["exchange"]["gained"], usd("4.00"));
    let body = json!({"invoice": billed[0], "amount": usd("10.00")});
    talk.say("dollars are not of it", "POST", "/api/v1/credit-notes", body)
        .await;
    let body = json!({"customer": customer, "exchange_rate": "1.30", "lines": [{"amount": eur("10.00")}]});
    let own = talk.say("of the customer", "POST", "/api/v1/credit-notes", body).await;
    assert_valid("native", "AppliedCreditNote", &own);
    let path = format!("/api/v1/credit-notes/{}", id(&own));
    let back = json!({"amount": eur("4.00"), "exchange_rate": "1.25"});
    talk.say("given back", "POST", &format!("{path}/refund"), back).await;
    talk.say("as it is now", "GET", &path, Value::Null).await;
    let seq = delete_with_money(&world, &billed[1]).await;
    let receipt = format!("/api/v1/receipts/{seq}");
    let receipt = talk
        .say("the gain left with the invoice", "GET", &receipt, Value::Null)
        .await;
    assert_valid("native", "Receipt", &receipt);
    talk.say("the trial balance", "GET", "/api/v1/reports/trial-balance", Value::Null)
        .await;
    talk.transcript.check();
}
