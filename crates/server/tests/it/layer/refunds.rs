//! Refunds of several things, their list, and what replaces them.

use serde_json::{Value, json};

use super::editing::say;
use super::{Desk, assert_wire_error};
use crate::golden::{Transcript, json as body_of};

const NONE: Value = Value::Null;

fn id_of(data: &Value) -> &str {
    data["id"].as_str().unwrap()
}

/// Two paid invoices.
async fn two_paid(desk: &Desk) -> [String; 2] {
    let ids = [desk.invoice("one").await, desk.invoice("two").await];
    for id in &ids {
        desk.pay(id, 25000).await;
    }
    ids
}

#[tokio::test]
async fn an_itemized_refund_is_one_refund() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/itemized");
    let [one, two] = two_paid(&desk).await;
    let line = desk.expect(200, "GET", &format!("/invoices/{two}"), &NONE).await["line_items"][0]["id"].clone();
    let body = json!({
        "external_id": "back-1", "completed_at": "2026-03-13T08:00:00Z", "refunded_amount": 3000,
        "allocations": [
            {"invoice_id": one, "total_amount": 1000},
            {"invoice_line_item_id": line, "line_items": [{"amount": 1500}, {"amount": 500}]},
        ],
        "payments": [{"refunded_amount": 3000, "method": "ACH", "processor": "STRIPE"}],
        "refund_processing_fee": 25, "memo": "Two at once", "reference_number": "B-1", "metadata": {"case": 1},
    });
    let path = "/invoices/refunds";
    let made = say(&mut said, &desk, "two targets", ("POST", path), &body, 201).await;
    assert_eq!(
        (&made["refunded_amount"], &made["is_dedicated"]),
        (&json!(3000), &json!(false))
    );
    let amounts: Vec<&Value> = made["allocations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| &part["amount"])
        .collect();
    assert_eq!(amounts, [&json!(1000), &json!(2000)]);
    say(&mut said, &desk, "the same again", ("POST", path), &body, 200).await;
    let by_id = format!("{path}/{}", id_of(&made));
    assert_eq!(desk.expect(200, "GET", &by_id, &NONE).await, made);
    let list = say(
        &mut said,
        &desk,
        "in the list it stands once",
        ("GET", path),
        &NONE,
        200,
    )
    .await;
    assert_eq!(list, json!([made]));

    let moved = json!({"completed_at": "2026-03-14", "refunded_amount": 2500,
        "allocations": [{"invoice_id": one, "total_amount": 500}, {"invoice_id": two, "total_amount": 2000}]});
    let replaced = say(&mut said, &desk, "replace it", ("PUT", &by_id), &moved, 200).await;
    assert_eq!(
        (&replaced["id"], &replaced["external_id"]),
        (&made["id"], &json!("back-1"))
    );
    assert_eq!((&replaced["refunded_amount"], &replaced["memo"]), (&json!(2500), &NONE));
    let words = json!({"memo": "Said later", "reference_number": "B-2"});
    let patched = say(&mut said, &desk, "change its words", ("PATCH", &by_id), &words, 200).await;
    assert_eq!(
        (&patched["refunded_amount"], &patched["memo"]),
        (&json!(2500), &json!("Said later"))
    );
    let which = json!({"refunded_amount": 2400});
    say(&mut said, &desk, "of which target?", ("PATCH", &by_id), &which, 400).await;
    let shown = desk.expect(200, "GET", &format!("/invoices/{two}"), &NONE).await;
    assert_eq!(shown["refund_allocations"][0]["amount"], 2000);
    say(&mut said, &desk, "delete it", ("DELETE", &by_id), &NONE, 200).await;
    let shown = desk.expect(200, "GET", &format!("/invoices/{two}"), &NONE).await;
    assert_eq!(
        (&shown["refund_allocations"], &shown["status"]),
        (&json!([]), &json!("PAID"))
    );
    assert_eq!(desk.expect(200, "GET", path, &NONE).await, json!([]));
    said.check();
}

#[tokio::test]
async fn a_dedicated_refund_keeps_its_target() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/refund_changed");
    let [one, two] = two_paid(&desk).await;
    let back = json!({"completed_at": "2026-03-13", "refunded_amount": 1000, "method": "CASH"});
    let made = desk
        .expect(201, "POST", &format!("/invoices/{one}/refund"), &back)
        .await;
    let path = format!("/invoices/refunds/{}", id_of(&made));
    let read = desk.expect(200, "GET", &path, &NONE).await;
    assert_eq!((&read, &read["is_dedicated"]), (&made, &json!(true)));
    let other = json!({"completed_at": "2026-03-13", "invoice_id": two});
    say(&mut said, &desk, "another invoice", ("PUT", &path), &other, 400).await;
    let more = json!({"refunded_amount": 25000, "completed_at": "2026-03-14", "method": null});
    let patched = say(&mut said, &desk, "all of it", ("PATCH", &path), &more, 200).await;
    assert_eq!(
        (&patched["refunded_amount"], &patched["payments"][0]["method"]),
        (&json!(25000), &NONE)
    );
    let shown = desk.expect(200, "GET", &format!("/invoices/{one}"), &NONE).await;
    assert_eq!(shown["status"], "REFUNDED");
    let beyond = json!({"refunded_amount": 25001});
    say(&mut said, &desk, "more than was paid", ("PATCH", &path), &beyond, 400).await;
    let read = desk.expect(200, "GET", &path, &NONE).await;
    assert_eq!(read, patched, "a refusal changes nothing");
    desk.expect(
        200,
        "PATCH",
        "/accounting-config",
        &json!({"closing_date": "2026-03-15"}),
    )
    .await;
    say(
        &mut said,
        &desk,
        "in a closed period",
        ("PATCH", &path),
        &json!({"refunded_amount": 5}),
        400,
    )
    .await;
    said.check();
}

#[tokio::test]
async fn refunds_are_listed() {
    let desk = Desk::new().await;
    let [one, two] = two_paid(&desk).await;
    let mut ids = Vec::new();
    for (of, day, cents, number) in [
        (&one, "2026-03-12", 100, "A"),
        (&two, "2026-03-13", 200, "B"),
        (&one, "2026-03-14", 300, "A"),
    ] {
        let body = json!({"completed_at": day, "refunded_amount": cents, "reference_number": number, "external_id": format!("r-{cents}")});
        let made = desk.expect(201, "POST", &format!("/invoices/{of}/refund"), &body).await;
        ids.push(made["id"].clone());
    }
    let found = async |query: &str| {
        let list = desk
            .expect(200, "GET", &format!("/invoices/refunds?{query}"), &NONE)
            .await;
        list.as_array()
            .unwrap()
            .iter()
            .map(|refund| refund["id"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(found("").await, ids);
    assert_eq!(found("sort_order=DESC&limit=1").await, [ids[2].clone()]);
    assert_eq!(found("reference_number=A").await, [ids[0].clone(), ids[2].clone()]);
    assert_eq!(
        found("completed_at_start=2026-03-13&completed_at_end=2026-03-13").await,
        [ids[1].clone()]
    );
    assert_eq!(found("min_amount=150&max_amount=250").await, [ids[1].clone()]);
    assert_eq!(found("external_id=r-300").await, [ids[2].clone()]);
    assert_eq!(found("status=PAID").await, ids);
    assert!(found("status=SENT").await.is_empty());
    let page = body_of(&desk.call("GET", "/invoices/refunds?limit=2", "").await);
    let cursor = page["meta"]["pagination"]["cursor"].as_str().unwrap().to_owned();
    desk.expect(
        200,
        "DELETE",
        &format!("/invoices/refunds/{}", ids[0].as_str().unwrap()),
        &NONE,
    )
    .await;
    assert_eq!(
        found(&format!("limit=2&cursor={cursor}")).await,
        [ids[2].clone()],
        "what went before moves nothing"
    );
    for query in [
        "status=GONE",
        "completed_at_start=x",
        "min_amount=-1",
        "min_amount=x",
        "limit=0",
        "cursor=@",
        "method=CASH",
    ] {
        assert_wire_error(&desk.call("GET", &format!("/invoices/refunds?{query}"), "").await, 400);
    }
}

#[tokio::test]
async fn refunds_that_cannot_be() {
    let desk = Desk::new().await;
    let [one, two] = two_paid(&desk).await;
    let with = |members: Value| {
        let mut body = json!({"completed_at": "2026-03-13"});
        body.as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        body
    };
    let nobody = "01900000-0000-7000-8000-000000000000";
    let rows: Vec<(Value, u16)> = vec![
        (with(json!({"allocations": [{"invoice_id": one}]})), 400),
        (
            with(json!({"allocations": [{"invoice_id": one, "total_amount": 0}]})),
            400,
        ),
        (with(json!({"allocations": [{"total_amount": 5}]})), 400),
        (with(json!({"allocations": "x"})), 400),
        (with(json!({"allocations": ["x"]})), 400),
        (
            with(json!({"allocations": [{"invoice_id": nobody, "total_amount": 5}]})),
            404,
        ),
        (
            with(json!({"allocations": [{"customer_id": nobody, "total_amount": 5}]})),
            404,
        ),
        (
            with(json!({"allocations": [{"invoice_id": one, "total_amount": 5}], "invoice_id": two})),
            400,
        ),
        (
            with(
                json!({"allocations": [{"invoice_id": one, "total_amount": 5}, {"invoice_id": one, "total_amount": 6}]}),
            ),
            400,
        ),
        (
            with(json!({"allocations": [{"invoice_id": one, "total_amount": 5}], "refunded_amount": 6})),
            400,
        ),
        (
            with(json!({"allocations": [{"invoice_id": one, "total_amount": 5, "line_items": [{"amount": 4}]}]})),
            400,
        ),
        (
            with(
                json!({"allocations": [{"invoice_id": one, "total_amount": 5}], "payments": [{"refunded_amount": 6}]}),
            ),
            400,
        ),
        (
            with(
                json!({"allocations": [{"invoice_id": one, "total_amount": 5}, {"invoice_id": two, "total_amount": 99999}]}),
            ),
            400,
        ),
        (with(json!({"invoice_id": one, "refund_processing_fee": -1})), 400),
        (
            with(json!({"invoice_id": one, "refunded_payment_fees": [{"fee_amount": 1}]})),
            400,
        ),
        (
            with(json!({"invoice_id": one, "account_identifier": {"type": "StableName", "stable_name": "CASH"}})),
            400,
        ),
        (
            with(
                json!({"invoice_id": one, "payment_clearing_account_identifier": {"type": "StableName", "stable_name": "ACCOUNTS_RECEIVABLE"}}),
            ),
            400,
        ),
    ];
    for (body, status) in rows {
        let response = desk.call("POST", "/invoices/refunds", &body.to_string()).await;
        assert_eq!(
            response.status,
            status,
            "{body}: {}",
            String::from_utf8_lossy(&response.body)
        );
        assert_wire_error(&response, status);
    }
    let other = json!({"completed_at": "2026-03-13", "invoice_id": two});
    assert_wire_error(
        &desk
            .call("POST", &format!("/invoices/{one}/refund"), &other.to_string())
            .await,
        400,
    );
    assert_eq!(
        desk.expect(200, "GET", "/invoices/refunds", &NONE).await,
        json!([]),
        "all or nothing"
    );
    for (method, path, status) in [
        ("PUT", format!("/invoices/refunds/{nobody}"), 404),
        ("PATCH", format!("/invoices/refunds/{nobody}"), 404),
        ("PATCH", "/invoices/refunds/x".to_owned(), 400),
        ("POST", format!("/invoices/refunds/{nobody}"), 405),
    ] {
        assert_wire_error(&desk.call(method, &path, "{}").await, status);
    }
    let made = desk
        .expect(
            201,
            "POST",
            "/invoices/refunds",
            &with(json!({"invoice_id": one, "refunded_amount": 5})),
        )
        .await;
    let path = format!("/invoices/refunds/{}", id_of(&made));
    for (method, body) in [
        ("PUT", json!({})),
        ("PUT", json!([])),
        ("PATCH", json!("x")),
        ("PATCH", json!({"completed_at": null})),
    ] {
        assert_wire_error(&desk.call(method, &path, &body.to_string()).await, 400);
    }
    assert_eq!(desk.expect(200, "GET", &path, &NONE).await, made);
}

/// Clients take an id of theirs that is a text or absent inside a refund, and null where a customer stands by itself.
#[tokio::test]
async fn a_customer_without_an_id_of_the_clients_is_refunded() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/refund_of_an_unnamed");
    let customer = json!({"individual_name": "Ada Marlow"});
    let customer = desk.expect(201, "POST", "/customers", &customer).await;
    assert_eq!(customer.get("external_id"), Some(&NONE));
    let mut invoice = super::simple("one", "2026-03-10T09:00:00Z");
    invoice["customer_id"] = customer["id"].clone();
    invoice.as_object_mut().unwrap().remove("customer_external_id");
    let invoice = desk.expect(201, "POST", "/invoices", &invoice).await;
    desk.pay(id_of(&invoice), 25000).await;
    let back = json!({"completed_at": "2026-03-13", "refunded_amount": 1000});
    let path = format!("/invoices/{}/refund", id_of(&invoice));
    let made = say(&mut said, &desk, "of an invoice", ("POST", &path), &back, 201).await;
    let alone = json!({"customer_id": customer["id"], "completed_at": "2026-03-13", "refunded_amount": 500});
    let owed = say(
        &mut said,
        &desk,
        "of nothing else",
        ("POST", "/invoices/refunds"),
        &alone,
        201,
    )
    .await;
    for refund in [made, owed] {
        let shown = &refund["allocations"][0]["customer"];
        assert_eq!((&shown["id"], shown.get("external_id")), (&customer["id"], None));
    }
    let path = format!("/customers/{}", id_of(&customer));
    say(&mut said, &desk, "by itself", ("GET", &path), &NONE, 200).await;
    said.check();
}
