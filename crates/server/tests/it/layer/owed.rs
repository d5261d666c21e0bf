//! Refunds that are not paid when they are recorded, and refunds to a customer alone.

use serde_json::{Value, json};

use super::editing::say;
use super::{Desk, assert_wire_error};
use crate::golden::Transcript;

const NONE: Value = Value::Null;
const REFUNDS: &str = "/invoices/refunds";

fn id_of(data: &Value) -> String {
    data["id"].as_str().unwrap().to_owned()
}

/// What stands on an account.
async fn balance(desk: &Desk, stable_name: &str) -> Option<i64> {
    let all = desk.expect(200, "GET", "/ledger/balances", &NONE).await;
    let accounts = all["accounts"].as_array().unwrap();
    let found = accounts.iter().find(|account| account["stable_name"] == stable_name)?;
    found["balance"].as_i64()
}

async fn paid(desk: &Desk, external_id: &str) -> String {
    let id = desk.invoice(external_id).await;
    desk.pay(&id, 25000).await;
    id
}

#[tokio::test]
async fn a_refund_is_owed_until_it_is_paid() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/refund_owed");
    let [one, two] = [paid(&desk, "one").await, paid(&desk, "two").await];
    let body = json!({
        "external_id": "owed-1", "completed_at": "2026-03-13T08:00:00Z", "refunded_amount": 3000,
        "allocations": [{"invoice_id": one, "total_amount": 1000}, {"invoice_id": two, "total_amount": 2000}],
        "payments": [], "memo": "Will be paid",
    });
    let made = say(&mut said, &desk, "owed", ("POST", REFUNDS), &body, 201).await;
    assert_eq!((&made["status"], &made["payments"]), (&json!("SENT"), &json!([])));
    say(&mut said, &desk, "the same again", ("POST", REFUNDS), &body, 200).await;
    let path = format!("{REFUNDS}/{}", id_of(&made));
    assert_eq!(desk.expect(200, "GET", &path, &NONE).await, made);
    assert_eq!(balance(&desk, "REFUND_LIABILITIES").await, Some(3000));
    assert_eq!(balance(&desk, "CUSTOMER_REFUNDS").await, Some(3000));
    assert_eq!(balance(&desk, "UNDEPOSITED_FUNDS").await, Some(50000));

    let pays = format!("{path}/payments");
    let part = json!({"refunded_amount": 1200, "completed_at": "2026-03-14T09:00:00Z", "method": "ACH",
        "external_id": "pay-1", "processor": "STRIPE", "memo": "First", "reference_number": "P-1"});
    let first = say(&mut said, &desk, "a part is paid", ("POST", &pays), &part, 201).await;
    assert_eq!(
        (&first["refunded_amount"], &first["method"]),
        (&json!(1200), &json!("ACH"))
    );
    let again = say(&mut said, &desk, "the same payment again", ("POST", &pays), &part, 200).await;
    assert_eq!(again, first);
    let read = say(&mut said, &desk, "what is left", ("GET", &path), &NONE, 200).await;
    assert_eq!(
        (&read["status"], &read["payments"]),
        (&json!("PARTIALLY_PAID"), &json!([first]))
    );
    assert_eq!(balance(&desk, "REFUND_LIABILITIES").await, Some(1800));
    assert_eq!(balance(&desk, "UNDEPOSITED_FUNDS").await, Some(48800));

    let over = json!({"refunded_amount": 1801, "completed_at": "2026-03-14"});
    say(&mut said, &desk, "more than is owed", ("POST", &pays), &over, 400).await;
    let taken = json!({"refunded_amount": 5, "completed_at": "2026-03-14", "external_id": "pay-1"});
    say(
        &mut said,
        &desk,
        "another payment of this id",
        ("POST", &pays),
        &taken,
        409,
    )
    .await;
    let rest = json!({"refunded_amount": 1800, "completed_at": "2026-03-14"});
    let last = say(&mut said, &desk, "the rest is paid", ("POST", &pays), &rest, 201).await;
    let list = say(
        &mut said,
        &desk,
        "it stands in the list once",
        ("GET", REFUNDS),
        &NONE,
        200,
    )
    .await;
    assert_eq!(
        (list.as_array().unwrap().len(), &list[0]["status"]),
        (1, &json!("PAID"))
    );
    for (word, found) in [("PAID", 1), ("PARTIALLY_PAID", 0), ("SENT", 0)] {
        let list = desk
            .expect(200, "GET", &format!("{REFUNDS}?status={word}"), &NONE)
            .await;
        assert_eq!(list.as_array().unwrap().len(), found, "{word}");
    }
    assert_eq!(balance(&desk, "REFUND_LIABILITIES").await, Some(0));

    let back = format!("{pays}/{}", id_of(&last));
    let gone = say(&mut said, &desk, "take a payment back", ("DELETE", &back), &NONE, 200).await;
    assert_eq!(gone, json!({}));
    say(
        &mut said,
        &desk,
        "it is not there any more",
        ("DELETE", &back),
        &NONE,
        404,
    )
    .await;
    assert_eq!(balance(&desk, "REFUND_LIABILITIES").await, Some(1800));
    say(&mut said, &desk, "delete the refund", ("DELETE", &path), &NONE, 200).await;
    for (account, left) in [
        ("REFUND_LIABILITIES", 0),
        ("CUSTOMER_REFUNDS", 0),
        ("UNDEPOSITED_FUNDS", 50000),
    ] {
        assert_eq!(balance(&desk, account).await, Some(left), "{account}");
    }
    said.check();
}

#[tokio::test]
async fn payments_are_listed_and_replaced_with_their_refund() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/refund_payments");
    let id = paid(&desk, "one").await;
    let bank = json!({"type": "StableName", "stable_name": "BANK_ACCOUNTS"});
    let body = json!({
        "completed_at": "2026-03-12", "invoice_id": id, "refunded_amount": 3000,
        "payments": [
            {"refunded_amount": 1000, "method": "CASH", "payment_clearing_account_identifier": bank},
            {"refunded_amount": 500, "completed_at": "2026-03-14", "external_id": "p-2", "tags": [{"key": "store", "value": "Oakland"}]},
        ],
    });
    let made = say(&mut said, &desk, "two payments", ("POST", REFUNDS), &body, 201).await;
    assert_eq!(made["status"], "PARTIALLY_PAID");
    let path = format!("{REFUNDS}/{}", id_of(&made));
    assert_eq!(desk.expect(200, "GET", &path, &NONE).await, made);
    assert_eq!(balance(&desk, "BANK_ACCOUNTS").await, Some(-1000));

    let words = json!({"memo": "Said later"});
    let patched = say(&mut said, &desk, "its words", ("PATCH", &path), &words, 200).await;
    assert_eq!(
        (&patched["payments"], &patched["memo"]),
        (&made["payments"], &json!("Said later"))
    );
    assert_eq!(
        balance(&desk, "BANK_ACCOUNTS").await,
        Some(-1000),
        "it is paid from where it was"
    );
    let keep = &made["payments"][1];
    let one = json!({"payments": [{"id": keep["id"], "refunded_amount": 3000, "completed_at": "2026-03-14", "external_id": "p-2"}]});
    let patched = say(&mut said, &desk, "one payment", ("PATCH", &path), &one, 200).await;
    assert_eq!(
        (&patched["status"], &patched["payments"][0]["id"]),
        (&json!("PAID"), &keep["id"])
    );
    let more = json!({"payments": [{"refunded_amount": 3001}]});
    say(&mut said, &desk, "more than the refund", ("PATCH", &path), &more, 400).await;
    let none = json!({"payments": null});
    let patched = say(&mut said, &desk, "no payment", ("PATCH", &path), &none, 200).await;
    assert_eq!((&patched["status"], &patched["payments"]), (&json!("SENT"), &json!([])));
    let simple = json!({"completed_at": "2026-03-12", "refunded_amount": 3000, "method": "CASH"});
    let replaced = say(
        &mut said,
        &desk,
        "paid when it is recorded",
        ("PUT", &path),
        &simple,
        200,
    )
    .await;
    assert_eq!(
        (&replaced["status"], replaced["payments"].as_array().unwrap().len()),
        (&json!("PAID"), 1)
    );
    assert_eq!(balance(&desk, "REFUND_LIABILITIES").await, Some(0));
    let pays = format!("{path}/payments");
    let late = json!({"refunded_amount": 1, "completed_at": "2026-03-14"});
    say(&mut said, &desk, "nothing is owed of it", ("POST", &pays), &late, 400).await;
    said.check();
}

#[tokio::test]
async fn a_refund_to_a_customer_is_of_no_invoice() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/refund_to_customer");
    let customer = json!({"external_id": "cust-1", "individual_name": "Ada Byron"});
    let customer = desk.expect(201, "POST", "/customers", &customer).await;
    let body = json!({"completed_at": "2026-03-13", "refunded_amount": 700, "customer_external_id": "cust-1",
        "external_id": "gift", "method": "CASH"});
    let made = say(&mut said, &desk, "for a customer", ("POST", REFUNDS), &body, 201).await;
    let part = &made["allocations"][0];
    assert_eq!((&part["customer"]["id"], &part["invoice_id"]), (&customer["id"], &NONE));
    assert_eq!(
        (&made["status"], &made["refunded_amount"]),
        (&json!("PAID"), &json!(700))
    );
    say(&mut said, &desk, "the same again", ("POST", REFUNDS), &body, 200).await;
    let path = format!("{REFUNDS}/{}", id_of(&made));
    assert_eq!(desk.expect(200, "GET", &path, &NONE).await, made);
    assert_eq!(balance(&desk, "CUSTOMER_REFUNDS").await, Some(700));

    let id = customer["id"].as_str().unwrap();
    let entries = format!("/ledger/entries?customer_id={id}");
    let entries = say(
        &mut said,
        &desk,
        "entries of the customer",
        ("GET", &entries),
        &NONE,
        200,
    )
    .await;
    assert_eq!(
        (entries.as_array().unwrap().len(), &entries[0]["customer"]["id"]),
        (1, &customer["id"])
    );

    let owed = json!({"completed_at": "2026-03-13", "allocations": [{"customer_id": id, "total_amount": 500}]});
    let owed = say(&mut said, &desk, "owed to a customer", ("POST", REFUNDS), &owed, 201).await;
    assert_eq!(owed["status"], "SENT");
    let later = format!("{REFUNDS}/{}", id_of(&owed));
    let pay = json!({"refunded_amount": 200, "completed_at": "2026-03-14"});
    say(
        &mut said,
        &desk,
        "a part is paid",
        ("POST", &format!("{later}/payments")),
        &pay,
        201,
    )
    .await;
    let read = say(&mut said, &desk, "what is left", ("GET", &later), &NONE, 200).await;
    assert_eq!(
        (&read["status"], read["payments"].as_array().unwrap().len()),
        (&json!("PARTIALLY_PAID"), 1)
    );
    let entries = say(
        &mut said,
        &desk,
        "all their entries",
        ("GET", "/ledger/entries"),
        &NONE,
        200,
    )
    .await;
    let types = entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["entry_type"].as_str().unwrap());
    assert_eq!(
        types.collect::<Vec<_>>(),
        ["REFUND_PAYMENT", "REFUND_ALLOCATION", "REFUND_PAYMENT"]
    );
    let less = json!({"refunded_amount": 200});
    let patched = say(&mut said, &desk, "less of it", ("PATCH", &later), &less, 200).await;
    assert_eq!(
        (&patched["status"], &patched["refunded_amount"]),
        (&json!("PAID"), &json!(200))
    );
    assert_eq!(patched["payments"], read["payments"]);
    say(&mut said, &desk, "delete it", ("DELETE", &later), &NONE, 200).await;
    assert_eq!(balance(&desk, "CUSTOMER_REFUNDS").await, Some(700));
    assert_eq!(balance(&desk, "REFUND_LIABILITIES").await, Some(0));
    said.check();
}

#[tokio::test]
async fn an_invoice_whose_refund_is_owed_is_reset_and_deleted() {
    let desk = Desk::new().await;
    let id = paid(&desk, "one").await;
    let body = json!({"completed_at": "2026-03-13", "allocations": [{"invoice_id": id, "total_amount": 25000}],
        "payments": [{"refunded_amount": 100}]});
    desk.expect(201, "POST", REFUNDS, &body).await;
    let one = format!("/invoices/{id}");
    let shown = desk.expect(200, "GET", &one, &NONE).await;
    assert_eq!(
        (&shown["status"], shown["refund_allocations"].as_array().unwrap().len()),
        (&json!("REFUNDED"), 1)
    );
    assert_eq!(desk.call("POST", &format!("{one}/delete"), "").await.status, 400);
    let reset = desk.expect(200, "POST", &format!("{one}/reset"), &NONE).await;
    assert_eq!(
        (&reset["status"], &reset["refund_allocations"]),
        (&json!("SENT"), &json!([]))
    );
    assert_eq!(desk.expect(200, "GET", REFUNDS, &NONE).await, json!([]));
    assert_eq!(desk.call("POST", &format!("{one}/delete"), "").await.status, 200);
    for account in [
        "REFUND_LIABILITIES",
        "CUSTOMER_REFUNDS",
        "UNDEPOSITED_FUNDS",
        "ACCOUNTS_RECEIVABLE",
    ] {
        assert_eq!(balance(&desk, account).await, Some(0), "{account}");
    }
}

#[tokio::test]
async fn a_payment_of_a_refund_in_a_later_period() {
    let desk = Desk::new().await;
    let id = paid(&desk, "one").await;
    let body = json!({"completed_at": "2026-03-13", "allocations": [{"invoice_id": id, "total_amount": 100}]});
    let made = desk.expect(201, "POST", REFUNDS, &body).await;
    let path = format!("{REFUNDS}/{}", id_of(&made));
    desk.expect(
        200,
        "PATCH",
        "/accounting-config",
        &json!({"closing_date": "2026-03-14"}),
    )
    .await;
    let closed = json!({"refunded_amount": 100, "completed_at": "2026-03-13"});
    let pays = format!("{path}/payments");
    assert_wire_error(&desk.call("POST", &pays, &closed.to_string()).await, 400);
    assert_wire_error(&desk.call("PATCH", &path, "{\"memo\":\"x\"}").await, 400);
    let open = json!({"refunded_amount": 100, "completed_at": "2026-03-14"});
    desk.expect(201, "POST", &pays, &open).await;
    assert_eq!(desk.expect(200, "GET", &path, &NONE).await["status"], "PAID");
}

#[tokio::test]
async fn what_cannot_be_owed_or_paid() {
    let desk = Desk::new().await;
    let id = paid(&desk, "one").await;
    let nobody = "01900000-0000-7000-8000-000000000000";
    let rows = [
        (json!({"customer_id": nobody, "refunded_amount": 5}), 404),
        (json!({"customer_external_id": "nobody", "refunded_amount": 5}), 404),
        (json!({"customer_external_id": "cust-1"}), 400),
        (json!({"customer_external_id": "cust-1", "refunded_amount": 0}), 400),
        (json!({"customer_external_id": "cust-1", "refunded_amount": -5}), 400),
        (
            json!({"customer_external_id": "cust-1", "invoice_id": id, "refunded_amount": 5}),
            400,
        ),
        (
            json!({"customer_external_id": "cust-1", "customer_id": id, "refunded_amount": 5}),
            400,
        ),
        (json!({"customer_id": 5, "refunded_amount": 5}), 400),
        (json!({"invoice_id": id, "payments": [{"refunded_amount": 5}]}), 400),
        (
            json!({"invoice_id": id, "refunded_amount": 5, "payments": [{"refunded_amount": 6}]}),
            400,
        ),
        (json!({"invoice_id": id, "refunded_amount": 5, "payments": [{}]}), 400),
        (
            json!({"invoice_id": id, "refunded_amount": 5, "payments": [{"refunded_amount": 0}]}),
            400,
        ),
        (json!({"invoice_id": id, "refunded_amount": 5, "payments": "x"}), 400),
        (
            json!({"invoice_id": id, "refunded_amount": 5, "payments": [{"refunded_amount": 5, "id": "x"}]}),
            400,
        ),
        (json!({"invoice_id": id, "refunded_amount": 5, "payments": [5]}), 400),
        (
            json!({"invoice_id": id, "refunded_amount": 5, "payments": [{"refunded_amount": 5, "method": "SHELLS"}]}),
            400,
        ),
        (
            json!({"invoice_id": id, "refunded_amount": 5, "payments": [{"refunded_amount": 5, "completed_at": "x"}]}),
            400,
        ),
        (json!({"invoice_id": id, "refunded_amount": 25001, "payments": []}), 400),
    ];
    for (mut body, status) in rows {
        body["completed_at"] = json!("2026-03-13");
        let response = desk.call("POST", REFUNDS, &body.to_string()).await;
        assert_eq!(
            response.status,
            status,
            "{body}: {}",
            String::from_utf8_lossy(&response.body)
        );
        assert_wire_error(&response, status);
    }
    assert_eq!(
        balance(&desk, "REFUND_LIABILITIES").await,
        None,
        "what was refused leaves no account"
    );
    let dedicated = json!({"completed_at": "2026-03-13", "payments": [{"refunded_amount": 5}]});
    let path = format!("/invoices/{id}/refund");
    assert_wire_error(&desk.call("POST", &path, &dedicated.to_string()).await, 400);
    let owed = json!({"completed_at": "2026-03-13", "allocations": [{"invoice_id": id, "total_amount": 50}]});
    let owed = desk.expect(201, "POST", REFUNDS, &owed).await;
    let pays = format!("{REFUNDS}/{}/payments", id_of(&owed));
    let rows = [
        (json!({}), 400),
        (json!([]), 400),
        (json!({"refunded_amount": 5}), 400),
        (json!({"completed_at": "2026-03-13"}), 400),
        (json!({"refunded_amount": 0, "completed_at": "2026-03-13"}), 400),
        (json!({"refunded_amount": 51, "completed_at": "2026-03-13"}), 400),
        (json!({"refunded_amount": 5, "completed_at": "x"}), 400),
        (
            json!({"refunded_amount": 5, "completed_at": "2026-03-13", "refund_processing_fee": -1}),
            400,
        ),
        (
            json!({"refunded_amount": 5, "completed_at": "2026-03-13", "refunded_payment_fees": [{"fee_amount": 1}]}),
            400,
        ),
    ];
    for (body, status) in rows {
        assert_wire_error(&desk.call("POST", &pays, &body.to_string()).await, status);
    }
    let fine = json!({"refunded_amount": 5, "completed_at": "2026-03-13"}).to_string();
    for (method, path, status) in [
        ("POST", format!("{REFUNDS}/{nobody}/payments"), 404),
        ("POST", format!("{REFUNDS}/x/payments"), 400),
        ("GET", pays.clone(), 405),
        ("DELETE", format!("{pays}/{nobody}"), 404),
        ("DELETE", format!("{pays}/x"), 400),
        ("PUT", format!("{pays}/{nobody}"), 405),
    ] {
        assert_wire_error(&desk.call(method, &path, &fine).await, status);
    }
    let payment = desk
        .expect(201, "POST", &pays, &serde_json::from_str(&fine).unwrap())
        .await;
    let by_id = format!("{REFUNDS}/{}", id_of(&payment));
    for method in ["GET", "DELETE"] {
        assert_wire_error(&desk.call(method, &by_id, "").await, 404);
    }
}

#[tokio::test]
async fn what_is_given_back_of_a_line_or_a_payment_is_shown_there() {
    let desk = Desk::new().await;
    let id = paid(&desk, "one").await;
    let one = format!("/invoices/{id}");
    let shown = desk.expect(200, "GET", &one, &NONE).await;
    let line = &shown["line_items"][0]["id"];
    let payment = &shown["payment_allocations"][0]["payment_id"];
    for (target, cents) in [("invoice_line_item_id", 500), ("invoice_payment_id", 700)] {
        let of = if target == "invoice_line_item_id" {
            line
        } else {
            payment
        };
        let body = json!({"completed_at": "2026-03-13", "refunded_amount": cents, target: of});
        desk.expect(201, "POST", REFUNDS, &body).await;
    }
    let shown = desk.expect(200, "GET", &one, &NONE).await;
    let of_line = shown["line_items"][0]["refund_allocations"].as_array().unwrap();
    assert_eq!((of_line.len(), &of_line[0]["amount"]), (1, &json!(500)));
    assert_eq!(shown["refund_allocations"].as_array().unwrap().len(), 2);
    let payments = desk.expect(200, "GET", "/invoices/payments", &NONE).await;
    let of_payment = payments[0]["refund_allocations"].as_array().unwrap();
    assert_eq!((of_payment.len(), &of_payment[0]["amount"]), (1, &json!(700)));
}

#[tokio::test]
async fn a_write_off_is_tagged() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/write_off_tagged");
    let one = format!("/invoices/{}", desk.invoice("one").await);
    let made = desk
        .expect(201, "POST", &format!("{one}/write-off"), &json!({"amount": 100}))
        .await;
    let tag = |id: &str| json!({"entity_type": "INVOICE_WRITE_OFF", "entity_ids": [id], "key_values": [{"key": "team", "value": "east"}]});
    say(&mut said, &desk, "tag it", ("POST", "/tags"), &tag(&id_of(&made)), 200).await;
    let path = format!("{one}/write-offs/{}", id_of(&made));
    let read = say(&mut said, &desk, "read it", ("GET", &path), &NONE, 200).await;
    assert_eq!(read["transaction_tags"][0]["value"], "east");
    let nobody = tag("01900000-0000-7000-8000-000000000000");
    say(
        &mut said,
        &desk,
        "one that is not there",
        ("POST", "/tags"),
        &nobody,
        404,
    )
    .await;
    said.check();
}
