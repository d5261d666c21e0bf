//! Money after it was recorded: moved, given back, owed and paid out, taken back.

use serde_json::{Value, json};

use super::exchanges::talk;
use super::worlds::{id, invoice, ok, usd};
use crate::golden::World;

#[tokio::test]
async fn money_is_moved_and_taken_back() {
    let world = World::new().await;
    let mut talk = talk(&world, "money");
    let (first, second) = (invoice(&world, true).await, invoice(&world, true).await);
    let body = json!({"amount": usd("150.00"), "invoices": [{"invoice": first}]});
    let payment = id(&ok(&world, "POST", "/api/v1/payments", body).await);
    let path = format!("/api/v1/payments/{payment}");
    let to_second = json!({"invoices": [{"invoice": second, "amount": usd("40.00")}], "on": "2026-03-15"});
    talk.say("allocated", "POST", &format!("{path}/allocate"), to_second.clone())
        .await;
    talk.say("more than there is", "POST", &format!("{path}/allocate"), to_second)
        .await;
    let from_first = json!({"invoice": first});
    talk.say("freed", "POST", &format!("{path}/unallocate"), from_first.clone())
        .await;
    talk.say("freed twice", "POST", &format!("{path}/unallocate"), from_first)
        .await;
    let back = json!({"amount": usd("10.00"), "memo": "Not needed"});
    let refund = talk.say("given back", "POST", &format!("{path}/refund"), back).await;
    let refund = format!("/api/v1/refunds/{}", id(&refund));
    talk.say("no void after that", "POST", &format!("{path}/void"), Value::Null)
        .await;
    talk.say("the refund", "GET", &refund, Value::Null).await;
    talk.say("the refund deleted", "DELETE", &refund, Value::Null).await;
    talk.say("and no more", "GET", &refund, Value::Null).await;
    talk.say("void", "POST", &format!("{path}/void"), json!({"on": "2026-03-15"}))
        .await;
    talk.say(
        "a void one is not changed",
        "PUT",
        &path,
        json!({"amount": usd("1.00")}),
    )
    .await;
    let body = json!({"invoices": [{"invoice": first, "amount": usd("60.00")}]});
    let other = id(&ok(&world, "POST", "/api/v1/payments", body).await);
    let other = format!("/api/v1/payments/{other}");
    let less = json!({"amount": usd("55.00"), "memo": "Miscounted", "external_id": "p-55"});
    let changed = talk.say("changed", "PUT", &other, less).await;
    assert_eq!(changed["settled"][0]["open"], usd("45.00"));
    talk.say("deleted", "DELETE", &other, Value::Null).await;
    talk.say("and gone", "GET", &other, Value::Null).await;
    let off = json!({"amount": usd("5.00")});
    let off = ok(&world, "POST", &format!("/api/v1/invoices/{first}/write-off"), off).await;
    let off = format!("/api/v1/write-offs/{}", id(&off["write_off"]));
    talk.say("the write-off", "GET", &off, Value::Null).await;
    talk.say("the write-off taken back", "DELETE", &off, Value::Null).await;
    talk.say("balanced", "GET", "/api/v1/reports/trial-balance", Value::Null)
        .await;
    talk.transcript.check();
}

#[tokio::test]
async fn what_is_owed_back_is_paid_out_later() {
    let world = World::new().await;
    let mut talk = talk(&world, "owing");
    let customer = json!({"name": "Birch & Sons Joinery"});
    let customer = id(&ok(&world, "POST", "/api/v1/customers", customer).await);
    let first = invoice(&world, true).await;
    let paid = json!({"amount": usd("100.00"), "invoices": [{"invoice": first}]});
    ok(&world, "POST", "/api/v1/payments", paid).await;
    let path = format!("/api/v1/invoices/{first}/refund");
    let owed = json!({"amount": usd("30.00"), "owed_on": "UNEARNED_REVENUE"});
    let both = json!({"owed_on": "UNEARNED_REVENUE", "account": "CASH"});
    talk.say("owed and paid", "POST", &path, both).await;
    talk.say("owed on no liability", "POST", &path, json!({"owed_on": "NOBODY"}))
        .await;
    let owed = talk.say("owed", "POST", &path, owed).await;
    assert_eq!(owed["refund"]["owed"], usd("30.00"), "{owed}");
    let owed = format!("/api/v1/refunds/{}", id(&owed["refund"]));
    let pay_out = format!("{owed}/pay-out");
    talk.say("read instead of paid out", "GET", &pay_out, Value::Null).await;
    let part = json!({"amount": usd("10.00"), "memo": "The first part"});
    let part = talk.say("paid out in part", "POST", &pay_out, part).await;
    talk.say(
        "of which it is",
        "GET",
        &format!("/api/v1/refunds/{}", id(&part)),
        Value::Null,
    )
    .await;
    talk.say("more than is owed", "POST", &pay_out, json!({"amount": usd("20.01")}))
        .await;
    talk.say("the rest", "POST", &pay_out, Value::Null).await;
    talk.say("nothing is owed any more", "POST", &pay_out, Value::Null)
        .await;
    let read = talk.say("the one that was owed", "GET", &owed, Value::Null).await;
    assert_eq!(read["owed"], usd("0.00"), "{read}");
    talk.say("deleted with its parts", "DELETE", &owed, Value::Null).await;
    talk.say(
        "a part of it",
        "GET",
        &format!("/api/v1/refunds/{}", id(&part)),
        Value::Null,
    )
    .await;
    let path = format!("/api/v1/customers/{customer}/refund");
    talk.say("no amount", "POST", &path, json!({})).await;
    let gift = json!({"amount": usd("5.00"), "memo": "Sorry for the wait"});
    talk.say("a customer is given money", "POST", &path, gift).await;
    let gift = json!({"amount": usd("7.00"), "owed_on": "UNEARNED_REVENUE"});
    let gift = talk.say("and is owed some", "POST", &path, gift).await;
    let gift = format!("/api/v1/refunds/{}", id(&gift));
    talk.say("which is taken back", "DELETE", &gift, Value::Null).await;
    let balanced = "/api/v1/reports/trial-balance";
    talk.say("balanced", "GET", balanced, Value::Null).await;
    talk.transcript.check();
}
