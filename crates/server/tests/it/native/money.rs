//! Money after it was recorded: moved, given back, owed and paid out, taken back.

use serde_json::{Value, json};

use super::exchanges::talk;
use super::worlds::{id, invoice, ok, usd};
use crate::golden::{World, json as body_of};

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

/// A cursor is a place: what is recorded and deleted while somebody pages through moves nothing, by whatever the list is narrowed.
#[tokio::test]
async fn payments_are_paged_by_place() {
    let world = World::new().await;
    let customer = json!({"name": "Globex"});
    let customer = id(&ok(&world, "POST", "/api/v1/customers", customer).await);
    let pay = async |day: &str, known: bool| {
        let mut body = json!({"paid_on": day, "amount": usd("1.00")});
        if known {
            body["customer"] = json!(customer);
        }
        id(&ok(&world, "POST", "/api/v1/payments", body).await)
    };
    let mut all = Vec::new();
    for at in 0..12 {
        let day = format!("2026-03-{:02}", 1 + at % 4);
        all.push((pay(&day, at % 3 == 0).await, day, at % 3 == 0));
    }
    for (narrowed, newest_first) in [
        ("", false),
        ("", true),
        ("customer", false),
        ("days", true),
        ("days", false),
    ] {
        let query = match narrowed {
            "customer" => format!("&customer={customer}"),
            "days" => "&from=2026-03-02&to=2026-03-03".to_owned(),
            _ => String::new(),
        };
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        let mut meant: Vec<String> = all
            .iter()
            .filter(|(_, day, known)| match narrowed {
                "customer" => *known,
                "days" => ["2026-03-02", "2026-03-03"].contains(&day.as_str()),
                _ => true,
            })
            .map(|(id, _, _)| id.clone())
            .collect();
        if newest_first {
            meant.reverse();
        }
        loop {
            let target = format!("/api/v1/payments?limit=2&newest_first={newest_first}{query}{cursor}");
            let page = ok(&world, "GET", &target, Value::Null).await;
            seen.extend(page["data"].as_array().unwrap().iter().map(id));
            let Some(next) = page["next_cursor"].as_str() else {
                break;
            };
            cursor = format!("&cursor={next}");
            // What was seen goes, and another comes where the list began.
            let gone = seen.last().unwrap();
            let deleted = world
                .send(
                    "DELETE",
                    &format!("/api/v1/payments/{gone}"),
                    &[("authorization", &format!("Bearer {}", world.token))],
                    "",
                )
                .await;
            assert_eq!(deleted.status, 200);
            let (gone, day, known) = all.iter().find(|(id, _, _)| id == gone).unwrap().clone();
            all.retain(|(id, _, _)| *id != gone);
            if newest_first {
                all.push((pay(&day, known).await, day, known));
            }
        }
        assert_eq!(seen, meant, "{narrowed} {newest_first}");
    }
    let both = body_of(
        &world
            .send(
                "GET",
                "/api/v1/payments?offset=1&cursor=1",
                &[("authorization", &format!("Bearer {}", world.token))],
                "",
            )
            .await,
    );
    assert_eq!(both["error"]["code"], "invalid_field", "{both}");
}
