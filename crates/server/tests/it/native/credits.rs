//! Credit notes: every outcome, and the world afterwards.

use serde_json::{Value, json};

use super::exchanges::talk;
use super::worlds::{call, id, invoice, ok, trial_balance, usd};
use crate::golden::World;
use crate::schema::assert_valid;

const NOTES: &str = "/api/v1/credit-notes";

/// An issued invoice of 175.00: 100.00 with 8.00 tax, 60.00, a tip of 7.00.
async fn taxed(world: &World, customer: &str) -> String {
    let body = json!({"customer": customer, "issue": true, "invoice_date": "2026-03-02", "tip": usd("7.00"),
        "lines": [{"name": "Work", "unit_price": usd("100.00"), "taxes": [{"amount": usd("8.00")}]},
            {"name": "Travel", "unit_price": usd("60.00"), "account": "SERVICES"}]});
    id(&ok(world, "POST", "/api/v1/invoices", body).await)
}

async fn customer(world: &World) -> String {
    id(&ok(world, "POST", "/api/v1/customers", json!({"name": "Globex"})).await)
}

#[tokio::test]
async fn credit_notes_are_issued_applied_freed_and_given_back() {
    let world = World::new().await;
    let globex = customer(&world).await;
    let (first, second) = (taxed(&world, &globex).await, taxed(&world, &globex).await);
    let mut talk = talk(&world, "credit_notes");
    let body = json!({"invoice": first, "amount": usd("50.00"), "memo": "Late by a week", "on": "2026-03-09"});
    let part = talk.say("part of an invoice", "POST", NOTES, body).await;
    assert_eq!(part["settled"][0]["open"], usd("125.00"));
    let body = json!({"invoice": first, "lines": [{"line": 2}, {"line": 0, "amount": usd("2.00")}], "apply": false});
    let lines = talk.say("lines of it, not applied", "POST", NOTES, body).await;
    talk.say(
        "no more than is left",
        "POST",
        NOTES,
        json!({"invoice": first, "amount": usd("90.00")}),
    )
    .await;
    talk.say(
        "a line that is not there",
        "POST",
        NOTES,
        json!({"invoice": first, "lines": [{"line": 9}]}),
    )
    .await;
    talk.say("of nothing", "POST", NOTES, json!({"amount": usd("1.00")}))
        .await;
    let own = json!({"customer": globex, "external_id": "promise-1", "metadata": {"promise": 1},
        "lines": [{"name": "Goodwill", "amount": usd("30.00"), "taxes": [{"amount": usd("2.40")}]}],
        "invoices": [{"invoice": second, "amount": usd("12.40")}]});
    let own = talk.say("of a customer", "POST", NOTES, own).await;
    let path = format!("{NOTES}/{}", id(&own));
    let on = json!({"invoices": [{"invoice": first, "amount": usd("15.00")}], "on": "2026-03-10"});
    talk.say("applied", "POST", &format!("{path}/apply"), on.clone()).await;
    talk.say("more than it has", "POST", &format!("{path}/apply"), on).await;
    let from = json!({"invoice": second});
    talk.say("unapplied", "POST", &format!("{path}/unapply"), from.clone())
        .await;
    talk.say("unapplied twice", "POST", &format!("{path}/unapply"), from)
        .await;
    let refund = talk
        .say(
            "in money",
            "POST",
            &format!("{path}/refund"),
            json!({"amount": usd("5.00")}),
        )
        .await;
    talk.say("no void after that", "POST", &format!("{path}/void"), Value::Null)
        .await;
    let refund = format!("/api/v1/refunds/{}", id(&refund));
    ok(&world, "DELETE", &refund, Value::Null).await;
    let void = talk
        .say("void", "POST", &format!("{path}/void"), json!({"on": "2026-03-11"}))
        .await;
    assert_eq!(void["status"], "void");
    talk.say("one", "GET", &path, Value::Null).await;
    let all = talk.say("all", "GET", NOTES, Value::Null).await;
    assert_eq!(all["data"].as_array().map(Vec::len), Some(3));
    let of_first = talk
        .say(
            "those of an invoice",
            "GET",
            &format!("{NOTES}?invoice={first}&limit=1"),
            Value::Null,
        )
        .await;
    assert_eq!(id(&of_first["data"][0]), id(&part));
    let other = customer(&world).await;
    for (of, count) in [(&globex, 3), (&other, 0)] {
        let listed = ok(&world, "GET", &format!("{NOTES}?customer={of}"), Value::Null).await;
        assert_eq!(listed["data"].as_array().map(Vec::len), Some(count));
    }
    let of_customer = format!("{NOTES}?customer={globex}&offset=2");
    talk.say("the last of a customer's", "GET", &of_customer, Value::Null)
        .await;
    let both = format!("{NOTES}?customer={globex}&invoice={first}");
    talk.say("one or the other", "GET", &both, Value::Null).await;
    talk.say(
        "in no void",
        "POST",
        &format!("/api/v1/invoices/{first}/void"),
        Value::Null,
    )
    .await;
    let shown = talk
        .say("the invoice", "GET", &format!("/api/v1/invoices/{first}"), Value::Null)
        .await;
    assert_valid("native", "Invoice", &shown);
    // It is no payment: only a credit note has it.
    talk.say(
        "no payment",
        "GET",
        &format!("/api/v1/payments/{}", id(&lines)),
        Value::Null,
    )
    .await;
    let payments = ok(&world, "GET", "/api/v1/payments", Value::Null).await;
    assert_eq!(payments["data"], json!([]));
    talk.transcript.check();
}

/// What is offered instead of a refused delete can be carried out as it stands.
#[tokio::test]
async fn of_an_invoice_that_was_credited_only_what_can_be_done_is_offered() {
    let world = World::new().await;
    let globex = customer(&world).await;
    for credited in [
        json!({"apply": false}),
        json!({"amount": usd("100.00"), "apply": false}),
        json!({"amount": usd("5.00")}),
    ] {
        let billed = taxed(&world, &globex).await;
        let path = format!("/api/v1/invoices/{billed}");
        let part = json!({"invoices": [{"invoice": billed, "amount": usd("120.00")}]});
        ok(&world, "POST", "/api/v1/payments", part).await;
        let mut note = credited.clone();
        note["invoice"] = json!(billed);
        ok(&world, "POST", NOTES, note).await;
        let planned = call(&world, "POST", &format!("{path}/deletion-plan"), Value::Null).await;
        let ways = planned.body["alternatives"].as_array().cloned().unwrap_or_default();
        assert!(!ways.is_empty(), "{credited}");
        for way in ways {
            let target = way["path"].as_str().unwrap_or_default();
            assert!(!target.ends_with("/void"), "{credited}");
            ok(
                &world,
                way["method"].as_str().unwrap_or_default(),
                target,
                way["body"].clone(),
            )
            .await;
        }
    }
}

#[tokio::test]
async fn what_was_given_back_and_up_is_listed_with_what_it_is_of() {
    let world = World::new().await;
    let globex = customer(&world).await;
    let billed = taxed(&world, &globex).await;
    let mut talk = talk(&world, "given_back");
    let part = json!({"amount": usd("60.00"), "invoices": [{"invoice": billed, "amount": usd("40.00")}]});
    let paid = id(&ok(&world, "POST", "/api/v1/payments", part).await);
    let note = json!({"invoice": billed, "amount": usd("10.00"), "apply": false});
    let note = id(&ok(&world, "POST", NOTES, note).await);
    let one = json!({"amount": usd("1.00")});
    for path in ["invoices", "payments", "credit-notes"]
        .iter()
        .zip([&billed, &paid, &note])
    {
        let path = format!("/api/v1/{}/{}/refund", path.0, path.1);
        ok(&world, "POST", &path, one.clone()).await;
    }
    let lost = format!("/api/v1/invoices/{billed}/write-off");
    let lost = ok(&world, "POST", &lost, json!({"amount": usd("2.00"), "memo": "a slip"})).await;
    let first = talk
        .say("the first two", "GET", "/api/v1/refunds?limit=2", Value::Null)
        .await;
    let next = format!(
        "/api/v1/refunds?limit=2&cursor={}",
        first["next_cursor"].as_str().unwrap()
    );
    let last = talk.say("the rest", "GET", &next, Value::Null).await;
    assert_eq!(
        (&first["data"][0]["of"]["invoice"], &first["data"][1]["of"]["payment"]),
        (&json!(billed), &json!(paid))
    );
    assert_eq!(
        (&last["data"][0]["of"]["credit_note"], &last["next_cursor"]),
        (&json!(note), &Value::Null)
    );
    let of_note = format!("/api/v1/refunds/{}", id(&last["data"][0]));
    talk.say("one", "GET", &of_note, Value::Null).await;
    let lists = talk.say("write-offs", "GET", "/api/v1/write-offs", Value::Null).await;
    assert_eq!(lists["data"][0]["of"], json!({"invoice": billed}));
    talk.say(
        "one write-off",
        "GET",
        &format!("/api/v1/write-offs/{}", id(&lost["write_off"])),
        Value::Null,
    )
    .await;
    talk.say("no such page", "GET", "/api/v1/refunds?offset=1", Value::Null)
        .await;
    talk.say("no such method", "POST", "/api/v1/write-offs", Value::Null)
        .await;
    talk.transcript.check();
}

#[tokio::test]
async fn credit_notes_are_deleted_and_restored() {
    let world = World::new().await;
    let globex = customer(&world).await;
    let billed = taxed(&world, &globex).await;
    let before = trial_balance(&world).await;
    let mut talk = talk(&world, "credit_notes_deleted");
    let note = talk.say("all of it", "POST", NOTES, json!({"invoice": billed})).await;
    let path = format!("{NOTES}/{}", id(&note));
    let held = json!({"until": "2026-12-31", "reason": "under audit"});
    talk.say("held", "POST", &format!("{path}/hold"), held).await;
    talk.say(
        "planned while held",
        "POST",
        &format!("{path}/deletion-plan"),
        Value::Null,
    )
    .await;
    talk.say("not while it is held", "DELETE", &path, Value::Null).await;
    talk.say("released", "POST", &format!("{path}/hold"), json!({"until": null}))
        .await;
    let plan = talk
        .say("planned", "POST", &format!("{path}/deletion-plan"), Value::Null)
        .await;
    let body = json!({"reason": "for the wrong customer", "plan_digest": plan["digest"]});
    let receipt = talk.say("deleted", "DELETE", &path, body).await;
    assert_valid("native", "Receipt", &receipt);
    assert_eq!(receipt["invoices"][0]["open_after"], usd("175.00"));
    assert_eq!(trial_balance(&world).await, before);
    talk.say("gone", "GET", &path, Value::Null).await;
    talk.say("deleted again", "DELETE", &path, Value::Null).await;
    talk.say(
        "not restored: it had settled",
        "POST",
        &format!("{path}/restore"),
        Value::Null,
    )
    .await;
    let other = talk
        .say(
            "another, not applied",
            "POST",
            NOTES,
            json!({"invoice": billed, "apply": false}),
        )
        .await;
    let path = format!("{NOTES}/{}", id(&other));
    ok(&world, "DELETE", &path, Value::Null).await;
    talk.say("readable", "GET", &path, Value::Null).await;
    let restored = talk
        .say("restored", "POST", &format!("{path}/restore"), Value::Null)
        .await;
    assert_eq!(restored["number"], other["number"]);
    assert_eq!(restored["unapplied"], usd("175.00"));
    talk.say("not there", "POST", &format!("{path}/nothing"), Value::Null)
        .await;
    talk.transcript.check();
    let report = call(&world, "GET", "/api/v1/reports/deletion-register", Value::Null).await;
    let rows = report.body["deletions"]["rows"].as_array().cloned().unwrap_or_default();
    assert_eq!(rows.len(), 2, "{:#}", report.body);
    assert_eq!(rows[0]["kind"], "credit_note", "{:#}", report.body);
    let draft = invoice(&world, false).await;
    let refused = call(&world, "POST", NOTES, json!({"invoice": draft})).await;
    assert_eq!(
        (refused.status, &refused.body["error"]["code"]),
        (409, &json!("wrong_standing"))
    );
}
