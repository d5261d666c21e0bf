//! What is done is answered as done: no read that fails afterwards makes a 503 of it.

use serde_json::{Value, json};

use super::{Desk, full, simple};
use crate::golden::{World, json as body_of};
use crate::trouble;

const NONE: Value = Value::Null;

/// Sends what writes, in books that nobody can read afterwards; `data` of the answer.
async fn done(desk: &Desk, status: u16, method: &str, path: &str, body: &Value) -> Value {
    let text = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let target = format!("{}{path}", desk.base);
    let response = trouble::send(&desk.world, method, &target, &desk.auth, &text).await;
    let said = body_of(&response);
    assert_eq!(response.status, status, "{method} {path}: {said}");
    said["data"].clone()
}

async fn spoilt() -> Desk {
    let desk = Desk::over(World::on_postgres().await).await;
    trouble::prepare(&desk.world);
    desk
}

fn id_of(data: &Value) -> String {
    data["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_done_to_invoices_is_answered() {
    let desk = spoilt().await;
    let made = done(&desk, 201, "POST", "/invoices", &full()).await;
    let one = format!("/invoices/{}", id_of(&made));
    assert_eq!(desk.expect(200, "GET", &one, &NONE).await, made);
    let list = json!([simple("b-1", "2026-03-10"), simple("b-2", "2026-03-10")]);
    let bulk = done(&desk, 201, "POST", "/invoices/bulk", &list).await;
    assert_eq!(bulk[1]["external_id"], "b-2");
    let list = json!([simple("b-2", "2026-03-10"), simple("b-3", "2026-03-10")]);
    let batch = done(&desk, 200, "POST", "/invoices/batch", &list).await;
    let ids = batch["successful_invoices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["external_id"]);
    assert_eq!(ids.collect::<Vec<_>>(), [&json!("b-2"), &json!("b-3")]);
    let patched = done(&desk, 200, "PATCH", &one, &json!({"memo": "Changed"})).await;
    assert_eq!(patched["memo"], "Changed");
    done(&desk, 200, "PUT", &one, &full()).await;
    let ready = json!({"payment_methods": ["ACH"]});
    let ready = done(&desk, 200, "PUT", &format!("{one}/finalize-invoice"), &ready).await;
    assert_eq!(ready["payment_methods"], json!(["ACH"]));
    assert_eq!(
        done(&desk, 200, "POST", &format!("{one}/void"), &NONE).await["status"],
        "VOIDED"
    );
    assert_eq!(
        done(&desk, 200, "POST", &format!("{one}/reset"), &NONE).await["status"],
        "SENT"
    );
    done(&desk, 200, "POST", &format!("{one}/delete"), &NONE).await;
    assert_eq!(desk.call("GET", &one, "").await.status, 404);
}

#[tokio::test]
async fn what_is_done_to_money_is_answered() {
    let desk = spoilt().await;
    let id = desk.invoice("one").await;
    let one = format!("/invoices/{id}");
    let pay = json!({"amount": 20000, "method": "CASH", "paid_at": "2026-03-12", "fee": 0});
    let paid = done(&desk, 201, "POST", &format!("{one}/payment"), &pay).await;
    let by_id = format!("/invoices/payments/{}", id_of(&paid));
    done(&desk, 200, "PATCH", &by_id, &json!({"memo": "Changed"})).await;
    let given_up = done(
        &desk,
        201,
        "POST",
        &format!("{one}/write-off"),
        &json!({"amount": 1000}),
    )
    .await;
    done(
        &desk,
        200,
        "DELETE",
        &format!("{one}/write-offs/{}", id_of(&given_up)),
        &NONE,
    )
    .await;

    let back = json!({"completed_at": "2026-03-13", "refunded_amount": 500});
    let made = done(&desk, 201, "POST", &format!("{one}/refund"), &back).await;
    let refund = format!("/invoices/refunds/{}", id_of(&made));
    assert_eq!(desk.expect(200, "GET", &refund, &NONE).await, made);
    let patched = done(&desk, 200, "PATCH", &refund, &json!({"memo": "Changed"})).await;
    assert_eq!(patched["memo"], "Changed");
    done(&desk, 200, "PUT", &refund, &back).await;
    done(&desk, 200, "DELETE", &refund, &NONE).await;

    let owed = json!({"completed_at": "2026-03-13", "allocations": [
        {"invoice_id": id, "total_amount": 700}, {"customer_external_id": "cust-1", "total_amount": 300}]});
    let owed = done(&desk, 201, "POST", "/invoices/refunds", &owed).await;
    let refund = format!("/invoices/refunds/{}", id_of(&owed));
    assert_eq!(desk.expect(200, "GET", &refund, &NONE).await, owed);
    let part = json!({"refunded_amount": 800, "completed_at": "2026-03-14"});
    let part = done(&desk, 201, "POST", &format!("{refund}/payments"), &part).await;
    let shown = desk.expect(200, "GET", &refund, &NONE).await;
    assert_eq!(
        (&shown["payments"], &shown["status"]),
        (&json!([part]), &json!("PARTIALLY_PAID"))
    );
    let patched = done(&desk, 200, "PATCH", &refund, &json!({"memo": "Changed"})).await;
    assert_eq!(desk.expect(200, "GET", &refund, &NONE).await, patched);
    assert_eq!(patched["payments"], shown["payments"]);
    done(
        &desk,
        200,
        "DELETE",
        &format!("{refund}/payments/{}", id_of(&part)),
        &NONE,
    )
    .await;
    done(&desk, 200, "DELETE", &refund, &NONE).await;
    done(
        &desk,
        200,
        "POST",
        &format!("/invoices/payments/{}/delete", id_of(&paid)),
        &NONE,
    )
    .await;
}

#[tokio::test]
async fn what_is_done_to_the_ledger_is_answered() {
    let desk = spoilt().await;
    let customer = json!({"external_id": "cust-1", "individual_name": "Ada Byron"});
    let customer = done(&desk, 201, "POST", "/customers", &customer).await;
    let one = format!("/customers/{}", id_of(&customer));
    done(&desk, 200, "PATCH", &one, &json!({"memo": "VIP"})).await;
    let account = |name: &str| json!({"type": "StableName", "stable_name": name});
    let entry = json!({"entry_at": "2026-03-10", "created_by": "Ada", "memo": "Fees", "customer_external_id": "cust-1",
        "line_items": [{"account_identifier": account("FEES"), "amount": "500", "direction": "DEBIT"},
            {"account_identifier": account("CASH"), "amount": "500", "direction": "CREDIT"}]});
    for path in ["/ledger/journal-entries", "/custom-journal-entries"] {
        let made = done(&desk, 201, "POST", path, &entry).await;
        assert_eq!(made["customer"]["memo"], "VIP");
        let by_id = format!("/custom-journal-entries/{}", id_of(&made));
        assert_eq!(desk.expect(200, "GET", &by_id, &NONE).await, made);
        let back = done(&desk, 200, "DELETE", &by_id, &NONE).await;
        assert_eq!(desk.expect(200, "GET", &by_id, &NONE).await, back);
    }
    let made = done(&desk, 201, "POST", "/custom-journal-entries", &entry).await;
    let entry = made["entry_id"].as_str().unwrap();
    let reversal = done(&desk, 201, "POST", &format!("/ledger/entries/{entry}/reverse"), &NONE).await;
    let by_id = format!("/ledger/entries/{}", id_of(&reversal));
    assert_eq!(desk.expect(200, "GET", &by_id, &NONE).await, reversal);
    let fees = json!({"name": "Card fees", "normality": "DEBIT", "account_type": "EXPENSE"});
    let made = done(&desk, 201, "POST", "/ledger/accounts", &fees).await;
    done(
        &desk,
        200,
        "DELETE",
        &format!("/ledger/accounts/{}", id_of(&made)),
        &NONE,
    )
    .await;
    let closed = json!({"closing_date": "2026-03-01"});
    let config = done(&desk, 200, "PATCH", "/accounting-config", &closed).await;
    assert_eq!(config["closing_date"], "2026-03-01T00:00:00Z");
    assert_eq!(desk.expect(200, "GET", "/accounting-config", &NONE).await, config);
}
