//! The way to every state through this dialect alone: customers, invoices, payments, refunds, write-offs, voids, lists.

use serde_json::{Value, json};

use super::{Desk, assert_wire_error, full, simple};
use crate::golden::{Transcript, json as body_of};
use crate::schema::assert_valid;

/// A transcript in which every body is checked against the schema of its operation.
struct Talk {
    desk: Desk,
    said: Transcript,
}

impl Talk {
    async fn new(name: &str) -> Talk {
        Talk {
            desk: Desk::new().await,
            said: Transcript::new(name),
        }
    }

    async fn call(&mut self, title: &str, call: (&str, &str), body: &Value, expected: (u16, &str)) -> Value {
        let target = format!("{}{}", self.desk.base, call.1);
        let headers = [("authorization", self.desk.auth.as_str())];
        let text = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let said = self.said.say(&self.desk.world, title, call.0, &target, &headers, &text);
        let response = said.await;
        let body = body_of(&response);
        assert_eq!(response.status, expected.0, "{title}: {body}");
        assert_valid("layer", expected.1, &body);
        body["data"].clone()
    }

    async fn get(&mut self, title: &str, path: &str, schema: &str) -> Value {
        self.call(title, ("GET", path), &NONE, (200, schema)).await
    }

    /// Posts twice: what was recorded the first time answers the second.
    async fn twice(&mut self, title: &str, path: &str, body: &Value, schema: &str) -> Value {
        let first = self.call(title, ("POST", path), body, (201, schema)).await;
        let again = self.call("the same again", ("POST", path), body, (200, schema)).await;
        assert_eq!(first, again, "{title}");
        first
    }
}

const NONE: Value = Value::Null;

#[tokio::test]
async fn customers_and_the_chart() {
    let mut talk = Talk::new("layer/customers").await;
    let customer = json!({"external_id": "cust-1", "individual_name": "Ada Byron", "company_name": "Engines Ltd",
        "email": "ada@example.com", "mobile_phone": "+1 555 0100", "address_string": "1 Mill Lane", "memo": "VIP"});
    let made = talk
        .twice("add a customer", "/customers", &customer, "CustomerBody")
        .await;
    let path = format!("/customers/{}", made["id"].as_str().unwrap());
    talk.get("fetch a customer", &path, "CustomerBody").await;
    talk.get("list customers", "/customers", "CustomerListBody").await;
    talk.get("the chart", "/ledger/chart", "ChartBody").await;
    talk.said.check();
}

#[tokio::test]
async fn an_invoice_is_paid_and_refunded() {
    let mut talk = Talk::new("layer/paid").await;
    let invoice = talk
        .twice("create an invoice", "/invoices", &full(), "InvoiceBody")
        .await;
    assert_eq!(invoice["subtotal"], 27535);
    assert_eq!(invoice["total_amount"], 27535 - 250 + 218 - 100 + 55 + 300);
    let id = invoice["id"].as_str().unwrap();
    let one = format!("/invoices/{id}");
    talk.get("fetch it", &one, "InvoiceBody").await;

    let pay = json!({"amount": 5000, "method": "Other", "paid_at": "2026-03-05T10:00:00Z", "fee": 30,
        "external_id": "pay-1", "memo": "part", "reference_number": "R-1", "processor": "STRIPE"});
    let path = format!("{one}/payment/");
    let paid = talk.twice("pay part of it", &path, &pay, "PaymentBody").await;
    assert_eq!(paid["allocations"][0]["amount"], 5000);
    let rest = json!({"amount": 22758, "method": "ACH", "paid_at": "2026-03-06", "fee": 0,
        "invoice_payments": [{"invoice_external_id": "order-77", "amount": 22758}]});
    let all = ("POST", "/invoices/payments");
    talk.call("pay the rest", all, &rest, (201, "PaymentBody")).await;
    let shown = talk.get("it is paid", &one, "InvoiceBody").await;
    assert_eq!(
        (&shown["status"], &shown["outstanding_balance"]),
        (&json!("PAID"), &json!(0))
    );

    let part = json!({"invoice_id": id, "completed_at": "2026-03-07", "refunded_amount": 1000, "external_id": "re-1",
        "memo": "Two hours fewer", "reference_number": "RF-7", "metadata": {"ticket": 3}, "tags": [{"key": "team", "value": "east"}]});
    talk.twice("refund part of it", "/invoices/refunds", &part, "RefundBody")
        .await;
    let rest = json!({"completed_at": "2026-03-08T09:00:00Z", "method": "CREDIT_CARD"});
    let path = format!("{one}/refund");
    talk.call("refund the rest", ("POST", &path), &rest, (201, "RefundBody"))
        .await;
    let shown = talk.get("it is refunded", &one, "InvoiceBody").await;
    assert_eq!(shown["status"], "REFUNDED");
    let told = &shown["refund_allocations"][0];
    let told = [&told["memo"], &told["reference_number"], &told["metadata"]];
    assert_eq!(told, [&json!("Two hours fewer"), &json!("RF-7"), &json!({"ticket": 3})]);
    assert_eq!(shown["payment_allocations"][1]["amount_net_of_refunds"], 0);
    talk.said.check();
}

#[tokio::test]
async fn invoices_are_given_up_or_voided() {
    let mut talk = Talk::new("layer/given_up").await;
    let first = talk.desk.invoice("first").await;
    let off = json!({"external_id": "wo-1", "amount": 20000, "write_off_at": "2026-03-14", "memo": "Will not pay", "reference_number": "WO-7", "metadata": {"ticket": 4}});
    let path = format!("/invoices/{first}/write-off");
    talk.twice("write part off", &path, &off, "WriteOffBody").await;
    let shown = talk
        .get("the rest is open", &format!("/invoices/{first}"), "InvoiceBody")
        .await;
    assert_eq!(shown["status"], "PARTIALLY_WRITTEN_OFF");
    let told = &shown["write_offs"][0];
    let told = [&told["memo"], &told["reference_number"], &told["metadata"]];
    assert_eq!(told, [&json!("Will not pay"), &json!("WO-7"), &json!({"ticket": 4})]);
    assert_eq!(shown["outstanding_balance"], 5000);
    let reversal = json!({"write_off_mode": "REVENUE_REVERSAL", "amount": 1000});
    let reversed = talk
        .call("reverse revenue", ("POST", &path), &reversal, (201, "WriteOffBody"))
        .await;
    let charged = (
        &reversed["write_off_mode"],
        &reversed["destination_ledger_account"]["stable_name"],
    );
    assert_eq!(charged, (&json!("REVENUE_REVERSAL"), &json!("SALES")));
    let response = talk.desk.call("POST", &format!("/invoices/{first}/void"), "").await;
    assert_eq!(assert_wire_error(&response, 400)["error_enum"], "InvoiceStateError");

    let second = talk.desk.invoice("second").await;
    let path = format!("/invoices/{second}/void");
    let void = talk
        .call("void another", ("POST", &path), &NONE, (200, "InvoiceBody"))
        .await;
    assert_eq!(
        (&void["status"], &void["outstanding_balance"]),
        (&json!("VOIDED"), &json!(0))
    );
    let response = talk.desk.call("POST", &path, "").await;
    assert_eq!(assert_wire_error(&response, 400)["error_enum"], "InvoiceStateError");
    talk.said.check();
}

#[tokio::test]
async fn lists_page_by_page() {
    let desk = Desk::new().await;
    for n in 1..=5 {
        desk.world.pass_seconds(60);
        desk.invoice_on(&format!("inv-{n}"), &format!("2026-03-0{}", 6 - n))
            .await;
    }
    desk.pay(
        body_of(&desk.call("GET", "/invoices?limit=1", "").await)["data"][0]["id"]
            .as_str()
            .unwrap(),
        100,
    )
    .await;
    let names = async |query: &str| {
        let response = desk.call("GET", &format!("/invoices{query}"), "").await;
        let body = body_of(&response);
        assert_eq!(response.status, 200, "{query}: {body}");
        assert_valid("layer", "InvoiceListBody", &body);
        let data = body["data"].as_array().unwrap();
        let names: Vec<String> = data
            .iter()
            .map(|invoice| invoice["external_id"].as_str().unwrap().replace("inv-", ""))
            .collect();
        (names.join(" "), body["meta"]["pagination"].clone())
    };
    assert_eq!(names("").await.0, "1 2 3 4 5");
    assert_eq!(names("?sort_by=sent_at").await.0, "5 4 3 2 1");
    assert_eq!(names("?sort_by=sent_at&sort_order=DES").await.0, "1 2 3 4 5");
    assert_eq!(
        names("?sort_by=updated_at&sort_order=DESC").await.0.split(' ').count(),
        5
    );
    assert_eq!(names("?status=PARTIALLY_PAID").await.0, "1");
    assert_eq!(names("?status=PAID&status=SAVED").await.0, "2 3 4 5");
    assert_eq!(names("?status=PAID,SENT,PARTIALLY_PAID").await.0, "1 2 3 4 5");
    assert_eq!(names("?status=DRAFT").await.0, "");
    assert_eq!(names("?sent_at_start=2026-03-02&sent_at_end=2026-03-03").await.0, "3 4");
    assert_eq!(names("?due_at_end=2026-04-08").await.0, "");
    assert_eq!(
        names("?due_at_start=2026-04-09&due_at_end=2026-04-09").await.0,
        "1 2 3 4 5"
    );
    assert_eq!(
        names("?customer_external_id=cust-1&show_sales_receipts=false").await.0,
        "1 2 3 4 5"
    );

    let (shown, paging) = names("?limit=2&sort_order=DESC&show_total_count=true").await;
    assert_eq!((shown.as_str(), &paging["total_count"]), ("5 4", &json!(5)));
    let cursor = paging["cursor"].as_str().unwrap();
    let (shown, paging) = names(&format!("?limit=2&sort_order=DESC&cursor={cursor}")).await;
    assert_eq!((shown.as_str(), &paging["has_more"]), ("3 2", &json!(true)));
    let next = paging["cursor"].as_str().unwrap();
    let (shown, paging) = names(&format!("?limit=2&sort_order=DESC&cursor={next}")).await;
    assert_eq!((shown.as_str(), &paging["has_more"]), ("1", &json!(false)));
    assert!(paging["cursor"].is_null() && paging.get("total_count").is_none());

    for (query, code) in [
        (format!("?cursor={cursor}"), "InvalidPaginationCursor"),
        ("?cursor=@@@".to_owned(), "InvalidPaginationCursor"),
        ("?limit=0".to_owned(), "QueryParamFormat"),
        ("?limit=501".to_owned(), "QueryParamFormat"),
        ("?limit=x".to_owned(), "QueryParamFormat"),
        ("?sort_by=total".to_owned(), "QueryParamFormat"),
        ("?sort_order=UP".to_owned(), "QueryParamFormat"),
        ("?show_total_count=1".to_owned(), "QueryParamFormat"),
        ("?status=OPEN".to_owned(), "QueryParamFormat"),
        ("?due_at_start=tomorrow".to_owned(), "QueryParamFormat"),
        ("?colour=red".to_owned(), "UnexpectedQueryParam"),
    ] {
        let response = desk.call("GET", &format!("/invoices{query}"), "").await;
        assert_eq!(assert_wire_error(&response, 400)["error_enum"], code, "{query}");
    }
    let response = desk.call("GET", "/invoices?customer_external_id=nobody", "").await;
    assert_eq!(assert_wire_error(&response, 404)["error_enum"], "SpecifiedIdNotFound");
}

#[tokio::test]
async fn customers_are_named_either_way() {
    let desk = Desk::new().await;
    let made = desk
        .expect(
            201,
            "POST",
            "/customers",
            &json!({"external_id": "a", "company_name": "A"}),
        )
        .await;
    desk.expect(
        201,
        "POST",
        "/customers",
        &json!({"external_id": "b", "company_name": "B"}),
    )
    .await;
    let response = desk
        .call("POST", "/customers", r#"{"external_id":"a","company_name":"Other"}"#)
        .await;
    assert_eq!(assert_wire_error(&response, 409)["error_enum"], "ExternalIdConflict");
    let mut body = simple("one", "2026-03-10");
    body["customer_id"] = made["id"].clone();
    body["customer_external_id"] = json!("a");
    let invoice = desk.expect(201, "POST", "/invoices", &body).await;
    assert_eq!(invoice["customer"]["id"], made["id"]);
    body["external_id"] = json!("two");
    body["customer_external_id"] = json!("b");
    let response = desk.call("POST", "/invoices", &body.to_string()).await;
    assert_wire_error(&response, 400);
    let page = body_of(&desk.call("GET", "/customers?limit=1", "").await);
    assert_eq!(page["meta"]["pagination"]["has_more"], true);
    let cursor = page["meta"]["pagination"]["cursor"].as_str().unwrap();
    let page = body_of(
        &desk
            .call("GET", &format!("/customers?limit=1&cursor={cursor}"), "")
            .await,
    );
    assert_eq!(page["data"][0]["external_id"], "b");
    let page = body_of(&desk.call("GET", "/customers?external_id=b", "").await);
    assert_eq!(page["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn businesses_and_accounts_by_their_ids() {
    let desk = Desk::new().await;
    let id = desk.invoice("mine").await;
    // Hex in the place of the business id, as the command line shows it.
    let settings = desk.world.app.books.settings(desk.world.book).await.unwrap().unwrap();
    let target = format!("/v1/businesses/{}/invoices/{id}", settings.id.hex());
    let headers = [("authorization", desk.auth.as_str())];
    assert_eq!(desk.world.send("GET", &target, &headers, "").await.status, 200);
    // An account is named by its id as the chart shows it.
    let chart = desk.expect(200, "GET", "/ledger/chart", &NONE).await;
    let account = chart["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|a| a["stable_name"] == "SUBSCRIPTIONS");
    let mut body = simple("by-id", "2026-03-10");
    body["line_items"][0]["account_identifier"] = json!({"type": "AccountId", "id": account.unwrap()["id"]});
    let made = desk.expect(201, "POST", "/invoices", &body).await;
    assert_eq!(made["line_items"][0]["ledger_account"]["stable_name"], "SUBSCRIPTIONS");
    body["external_id"] = json!("control");
    body["line_items"][0]["account_identifier"] = json!({"type": "StableName", "stable_name": "ACCOUNTS_RECEIVABLE"});
    let response = desk.call("POST", "/invoices", &body.to_string()).await;
    assert_eq!(
        assert_wire_error(&response, 400)["error_enum"],
        "InvalidLedgerOperation"
    );
}

#[tokio::test]
async fn drafts_made_elsewhere_are_paid_or_voided_as_sent() {
    let desk = Desk::new().await;
    let context = desk.world.context(desk.world.book);
    let books = &desk.world.app.books;
    let rules = &quittance_server::dialects::layer::RULES;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let view = books
            .create_invoice(&context, rules, super::delete::bare(false), None)
            .await
            .unwrap();
        ids.push(view.invoice.id.uuid());
    }
    let shown = desk.expect(200, "GET", &format!("/invoices/{}", ids[0]), &NONE).await;
    assert_eq!(
        (&shown["status"], &shown["outstanding_balance"]),
        (&json!("SENT"), &json!(1501))
    );
    desk.pay(&ids[0], 1501).await;
    let shown = desk.expect(200, "GET", &format!("/invoices/{}", ids[0]), &NONE).await;
    assert_eq!(
        (&shown["status"], &shown["outstanding_balance"]),
        (&json!("PAID"), &json!(0))
    );
    let void = desk
        .expect(200, "POST", &format!("/invoices/{}/void", ids[1]), &NONE)
        .await;
    assert_eq!(void["status"], "VOIDED");
    let response = desk
        .call("POST", &format!("/invoices/{}/write-off", ids[2]), "{}")
        .await;
    assert_eq!(assert_wire_error(&response, 400)["error_enum"], "InvoiceStateError");
}

#[tokio::test]
async fn an_external_id_names_one_thing() {
    let desk = Desk::new().await;
    let (one, two) = (desk.invoice("one").await, desk.invoice("two").await);
    let pay = json!({"amount": 25000, "method": "CASH", "paid_at": "2026-03-12", "external_id": "same"});
    desk.expect(201, "POST", &format!("/invoices/{one}/payment"), &pay)
        .await;
    let body = pay.to_string();
    let response = desk.call("POST", &format!("/invoices/{two}/payment"), &body).await;
    assert_eq!(assert_wire_error(&response, 409)["error_enum"], "ExternalIdConflict");
    let refund = |amount: i64| json!({"completed_at": "2026-03-13", "external_id": "same", "refunded_amount": amount});
    desk.expect(201, "POST", &format!("/invoices/{one}/refund"), &refund(10))
        .await;
    let response = desk
        .call("POST", &format!("/invoices/{one}/refund"), &refund(11).to_string())
        .await;
    assert_eq!(assert_wire_error(&response, 409)["error_enum"], "ExternalIdConflict");
    let off = |amount: i64| json!({"external_id": "same", "amount": amount});
    desk.expect(201, "POST", &format!("/invoices/{two}/write-off"), &off(10))
        .await;
    let response = desk
        .call("POST", &format!("/invoices/{two}/write-off"), &off(11).to_string())
        .await;
    assert_eq!(assert_wire_error(&response, 409)["error_enum"], "ExternalIdConflict");
    let mut taken = simple("three", "2026-03-10");
    taken["invoice_number"] = json!("INV-0001");
    let response = desk.call("POST", "/invoices", &taken.to_string()).await;
    assert_eq!(assert_wire_error(&response, 409)["type"], "Conflict");
}

#[tokio::test]
async fn lists_are_shown() {
    let desk = Desk::new().await;
    desk.invoice("order-1").await;
    desk.invoice("order-2").await;
    let mut said = Transcript::new("layer/lists");
    let headers = [("authorization", desk.auth.as_str())];
    for (title, rest) in [
        (
            "a page",
            "/invoices?limit=1&sort_by=sent_at&sort_order=DESC&show_total_count=true",
        ),
        (
            "by customer and state",
            "/invoices?customer_external_id=cust-1&status=SENT&due_at_end=2026-12-31",
        ),
        ("customers", "/customers?limit=1"),
    ] {
        let target = format!("{}{rest}", desk.base);
        assert_eq!(
            said.say(&desk.world, title, "GET", &target, &headers, "").await.status,
            200
        );
    }
    said.check();
}
