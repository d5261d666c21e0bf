//! What stands around invoices: the business, its tokens and its configuration, tags, reports, and many invoices at once.

use quittance_accounting::book::Role;
use serde_json::{Value, json};

use super::{Desk, assert_wire_error, simple};
use crate::golden::{Transcript, json as body_of};

/// Says it and hands back the body.
async fn say(said: &mut Transcript, desk: &Desk, title: &str, call: (&str, &str), body: &Value, status: u16) -> Value {
    let target = format!("{}{}", desk.base, call.1);
    let headers = [("authorization", desk.auth.as_str())];
    let text = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let response = said.say(&desk.world, title, call.0, &target, &headers, &text).await;
    let shown = String::from_utf8_lossy(&response.body).into_owned();
    assert_eq!(response.status, status, "{title}: {shown}");
    serde_json::from_str(&shown).unwrap_or_default()
}

const NONE: Value = Value::Null;

#[tokio::test]
async fn the_business_and_its_tokens() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/business");
    say(&mut said, &desk, "the business", ("GET", ""), &NONE, 200).await;
    let ten_minutes = json!({"session_duration": 600});
    let made = say(
        &mut said,
        &desk,
        "a token for it",
        ("POST", "/auth-token"),
        &ten_minutes,
        200,
    )
    .await;
    assert_eq!(made["expires_in"], 600);
    let auth = format!("Bearer {}", made["access_token"].as_str().unwrap());
    let by_it = [("authorization", auth.as_str())];
    let who = said.say(&desk.world, "who am I", "GET", "/whoami", &by_it, "").await;
    assert_eq!(who.status, 200);
    say(&mut said, &desk, "the older call", ("GET", "/auth-token"), &NONE, 200).await;
    say(
        &mut said,
        &desk,
        "too long",
        ("POST", "/auth-token"),
        &json!({"session_duration": 86_401}),
        400,
    )
    .await;
    let (id, secret) = desk.world.token.rsplit_once('_').unwrap();
    let basic = {
        use base64::Engine as _;
        format!(
            "Basic {}",
            base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"))
        )
    };
    let form = "application/x-www-form-urlencoded";
    let mut ask = async |title: &str, auth: &str, body: &str, status: u16| {
        let mut headers = vec![("content-type", form)];
        headers.extend((!auth.is_empty()).then_some(("authorization", auth)));
        let response = said
            .say(&desk.world, title, "POST", "/oauth2/token", &headers, body)
            .await;
        assert_eq!(
            response.status,
            status,
            "{title}: {}",
            String::from_utf8_lossy(&response.body)
        );
        body_of(&response)
    };
    let scope = "scope=https%3A%2F%2Fsandbox.layerfi.com%2Fsandbox";
    let good = format!("grant_type=client_credentials&{scope}&client_id={id}");
    let token = ask("client credentials", &basic, &good, 200).await;
    ask("another grant", &basic, &format!("grant_type=password&{scope}"), 400).await;
    ask("nothing said", &basic, scope, 400).await;
    ask("another secret", "Basic cTFfMDpub3BlCg==", &good, 401).await;
    ask("a bearer", &desk.auth, &good, 401).await;
    let narrow = desk
        .world
        .make_token(desk.world.book, Role::Admin, &["campfire"], None)
        .await;
    let (id, secret) = narrow.rsplit_once('_').unwrap();
    let pair = format!("grant_type=client_credentials&{scope}&client_id={id}&client_secret={secret}");
    ask("a scope it does not have", "", &pair, 400).await;
    let auth = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let by_it = [("authorization", auth.as_str())];
    let target = format!("{}/invoices", desk.base);
    assert_eq!(desk.world.send("GET", &target, &by_it, "").await.status, 200);
    desk.world.pass_seconds(3_600);
    assert_eq!(desk.world.send("GET", &target, &by_it, "").await.status, 401);
    said.check();
}

#[tokio::test]
async fn a_viewer_may_ask_for_a_token_and_gets_a_viewers() {
    let desk = Desk::new().await;
    let viewer = desk.world.make_token(desk.world.book, Role::Viewer, &[], None).await;
    let auth = format!("Bearer {viewer}");
    let target = format!("{}/auth-token", desk.base);
    let made = body_of(&desk.world.send("POST", &target, &[("authorization", &auth)], "").await);
    let auth = format!("Bearer {}", made["access_token"].as_str().unwrap());
    let body = simple("no", "2026-03-10").to_string();
    let target = format!("{}/invoices", desk.base);
    let refused = desk
        .world
        .send("POST", &target, &[("authorization", &auth)], &body)
        .await;
    assert_wire_error(&refused, 403);
}

#[tokio::test]
async fn the_books_close_by_the_configuration() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/config");
    let id = desk.invoice_on("old", "2026-02-10").await;
    say(&mut said, &desk, "as it is", ("GET", "/accounting-config"), &NONE, 200).await;
    let path = ("PATCH", "/accounting-config");
    let set = json!({"closing_date": "2026-03-01T00:00:00Z", "match_rounding_threshold": 5, "category_list_type": "REVENUES_AND_EXPENSES"});
    let shown = say(&mut said, &desk, "close through February", path, &set, 200).await;
    assert_eq!(shown["data"]["closing_date"], "2026-03-01T00:00:00Z");
    let refused = desk.call("POST", &format!("/invoices/{id}/delete"), "").await;
    assert_eq!(body_of(&refused)["error_enum"], "PeriodIsClosed");
    say(
        &mut said,
        &desk,
        "a day that is not over",
        path,
        &json!({"closing_date": "2026-03-16"}),
        400,
    )
    .await;
    say(
        &mut said,
        &desk,
        "cash basis",
        path,
        &json!({"default_reporting_basis": "CASH"}),
        400,
    )
    .await;
    let shown = say(
        &mut said,
        &desk,
        "open again",
        path,
        &json!({"closing_date": null}),
        200,
    )
    .await;
    assert_eq!(shown["data"]["closing_date"], NONE);
    assert_eq!(shown["data"]["match_rounding_threshold"], 5);
    assert_eq!(
        desk.call("POST", &format!("/invoices/{id}/delete"), "").await.status,
        200
    );
    for body in [
        json!({"closing_date": 7}),
        json!({"default_reporting_basis": "FAST"}),
        json!({"category_list_type": []}),
        json!({"match_adjustment_threshold": 2}),
        json!({"match_rounding_threshold": "x"}),
        json!({"disable_adjustment_match_suggestions": 1}),
        json!([]),
    ] {
        assert_wire_error(&desk.call("PATCH", "/accounting-config", &body.to_string()).await, 400);
    }
    said.check();
}

#[tokio::test]
async fn tags_and_their_dimensions() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/tags");
    let make =
        json!({"key": "store", "strictness": "BALANCING", "display_name": "Store", "defined_values": ["Oakland"]});
    let made = say(
        &mut said,
        &desk,
        "a dimension",
        ("POST", "/tags/dimensions"),
        &make,
        201,
    )
    .await;
    desk.world.pass_seconds(1);
    let more = json!({"key": "store", "strictness": "BALANCING", "defined_values": ["OAKLAND", "Fresno"]});
    let same = say(
        &mut said,
        &desk,
        "the same with more values",
        ("POST", "/tags/dimensions"),
        &more,
        200,
    )
    .await;
    assert_eq!(same["data"]["id"], made["data"]["id"]);
    assert_eq!(same["data"]["defined_values"].as_array().unwrap().len(), 2);
    let one = format!("/tags/dimensions/{}", made["data"]["id"].as_str().unwrap());
    let value = json!({"value": "Reno", "display_name": "Reno, NV"});
    say(
        &mut said,
        &desk,
        "a value",
        ("POST", &format!("{one}/values")),
        &value,
        200,
    )
    .await;
    let change = json!({"display_name": "Shop", "user_visible": false});
    say(&mut said, &desk, "change it", ("PATCH", &one), &change, 200).await;
    say(
        &mut said,
        &desk,
        "by its key",
        ("GET", "/tags/dimensions/key/store"),
        &NONE,
        200,
    )
    .await;
    say(
        &mut said,
        &desk,
        "no such key",
        ("GET", "/tags/dimensions/key/shop"),
        &NONE,
        404,
    )
    .await;
    let other = json!({"key": "team", "strictness": "NON_BALANCING"});
    say(&mut said, &desk, "another", ("POST", "/tags/dimensions"), &other, 201).await;
    let page = say(
        &mut said,
        &desk,
        "a page of them",
        ("GET", "/tags/dimensions?limit=1"),
        &NONE,
        200,
    )
    .await;
    let cursor = page["meta"]["pagination"]["cursor"].as_str().unwrap();
    let next = format!("/tags/dimensions?limit=1&cursor={cursor}");
    let page = say(&mut said, &desk, "the next", ("GET", &next), &NONE, 200).await;
    assert_eq!(page["data"][0]["key"], "team");

    let id = desk.invoice("tagged").await;
    desk.pay(&id, 100).await;
    let put = json!({"entity_type": "INVOICE", "entity_ids": [id], "key_values": [{"key": "store", "value": "Reno"}]});
    say(&mut said, &desk, "tag an invoice", ("POST", "/tags"), &put, 200).await;
    let again = json!({"entity_type": "INVOICE", "entity_ids": [id], "key_values": [{"key": "store", "value": "Fresno"}, {"key": "team", "value": "east"}]});
    say(&mut said, &desk, "another value", ("POST", "/tags"), &again, 200).await;
    let tags = say(
        &mut said,
        &desk,
        "its tags",
        ("GET", &format!("/invoices/{id}/tags")),
        &NONE,
        200,
    )
    .await;
    assert_eq!(
        (&tags["data"][0]["value"], &tags["data"][1]["value"]),
        (&json!("Fresno"), &json!("east"))
    );
    assert_eq!(tags["data"][0]["dimension_id"], made["data"]["id"]);
    let payments = say(&mut said, &desk, "payments", ("GET", "/invoices/payments"), &NONE, 200).await;
    let payment = payments["data"][0]["id"].clone();
    let put = json!({"entity_type": "INVOICE_PAYMENT", "entity_ids": [payment], "key_values": [{"key": "team", "value": "west"}]});
    say(&mut said, &desk, "tag a payment", ("POST", "/tags"), &put, 200).await;
    let payments = say(
        &mut said,
        &desk,
        "it shows",
        ("GET", "/invoices/payments?method=CASH&paid_at_end=2026-03-12"),
        &NONE,
        200,
    );
    assert_eq!(payments.await["data"][0]["transaction_tags"][0]["value"], "west");
    let unknown = "01900000-0000-7000-8000-000000000000";
    for (path, body, status) in [
        (
            "/tags",
            json!({"entity_type": "BILL", "entity_ids": [id], "key_values": [{"key": "a", "value": "b"}]}),
            400,
        ),
        (
            "/tags",
            json!({"entity_type": "INVOICE", "entity_ids": [], "key_values": [{"key": "a", "value": "b"}]}),
            400,
        ),
        (
            "/tags",
            json!({"entity_type": "INVOICE", "entity_ids": [unknown], "key_values": [{"key": "a", "value": "b"}]}),
            404,
        ),
        (
            "/tags",
            json!({"entity_type": "INVOICE", "entity_ids": [7], "key_values": [{"key": "a", "value": "b"}]}),
            400,
        ),
        (
            "/tags",
            json!({"entity_type": "INVOICE", "entity_ids": [id], "key_values": []}),
            400,
        ),
        ("/tags/dimensions", json!({"key": " ", "strictness": "BALANCING"}), 400),
        ("/tags/dimensions", json!({"key": "x"}), 400),
        (
            "/tags/dimensions",
            json!({"key": "x", "strictness": "BALANCING", "defined_values": [7]}),
            400,
        ),
        (&format!("{one}/values"), json!({}), 400),
        (
            &format!("/tags/dimensions/{unknown}/values"),
            json!({"value": "x"}),
            404,
        ),
        ("/tags/dimensions/nonsense/values", json!({"value": "x"}), 400),
    ] {
        assert_wire_error(&desk.call("POST", path, &body.to_string()).await, status);
    }
    for query in [
        "?method=BARTER",
        "?paid_at_start=x",
        "?sort_by=paid_at",
        "?colour=red",
        "?cursor=@",
    ] {
        assert_wire_error(&desk.call("GET", &format!("/invoices/payments{query}"), "").await, 400);
    }
    let found = desk
        .expect(200, "GET", "/invoices/payments?external_id=nobody", &NONE)
        .await;
    assert_eq!(found, json!([]));
    said.check();
}

#[tokio::test]
async fn reports_say_what_the_ledger_says() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/reports");
    let due = json!({"external_id": "due", "sent_at": "2026-01-05", "due_at": "2026-02-01", "customer_external_id": "cust-1",
        "line_items": [{"unit_price": 10000, "quantity": 1, "sales_taxes": [{"amount": 800}]}]});
    let late = desk.expect(201, "POST", "/invoices", &due).await;
    let open = desk.invoice("open").await;
    desk.pay(&open, 5000).await;
    let off = json!({"amount": 800, "write_off_at": "2026-03-14"});
    let path = format!("/invoices/{}/write-off", late["id"].as_str().unwrap());
    let off = desk.expect(201, "POST", &path, &off).await;
    let path = format!("{path}s/{}", off["id"].as_str().unwrap());
    say(&mut said, &desk, "a write-off", ("GET", &path), &NONE, 200).await;
    let stats = say(
        &mut said,
        &desk,
        "the figures above the list",
        ("GET", "/invoices/summary-stats"),
        &NONE,
        200,
    )
    .await;
    assert_eq!(
        stats["data"]["invoices"],
        json!({"overdue_count": 1, "overdue_total": 10000, "sent_count": 1, "sent_total": 20000})
    );
    assert_eq!(stats["data"]["invoice_payments"]["sum_total"], 5000);
    let aging = say(
        &mut said,
        &desk,
        "the aging",
        ("GET", "/invoices/ar-aging?effective_date=2026-03-15"),
        &NONE,
        200,
    )
    .await;
    assert_eq!(
        (&aging["total"], &aging["buckets"]["days_31_60"]),
        (&json!(30000), &json!(10000))
    );
    say(
        &mut said,
        &desk,
        "as a table",
        ("GET", "/reports/unified/ar-aging"),
        &NONE,
        200,
    )
    .await;
    let trial = say(
        &mut said,
        &desk,
        "the trial balance",
        ("GET", "/reports/unified/trial-balance"),
        &NONE,
        200,
    )
    .await;
    let rows = trial["data"]["rows"].as_array().unwrap();
    let total = &rows.last().unwrap()["cells"];
    assert_eq!(total["debit"], total["credit"]);
    let span = "/reports/profit-and-loss?start_date=2026-01-01&end_date=2026-12-31&reporting_basis=ACCRUAL";
    let result = say(&mut said, &desk, "profit and loss", ("GET", span), &NONE, 200).await;
    assert_eq!(result["data"]["net_profit"], 35000 - 800);
    let sheet = say(
        &mut said,
        &desk,
        "the balance sheet",
        ("GET", "/reports/balance-sheet"),
        &NONE,
        200,
    )
    .await;
    assert_eq!(
        sheet["data"]["assets"]["value"],
        sheet["data"]["liabilities_and_equity"]["value"]
    );
    say(&mut said, &desk, "accounts", ("GET", "/ledger/accounts"), &NONE, 200).await;
    let span = "/ledger/balances?start_date=2026-03-01&end_date=2026-03-31";
    let moved = say(&mut said, &desk, "what moved in March", ("GET", span), &NONE, 200).await;
    let sales = moved["data"]["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["stable_name"] == "SALES");
    assert_eq!(sales.unwrap()["balance"], 25000);
    let page = desk.call("GET", &format!("/invoices/{open}/html"), "").await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, Some("text/html; charset=utf-8"))
    );
    say(
        &mut said,
        &desk,
        "a page for people",
        ("GET", &format!("/invoices/{open}/html")),
        &NONE,
        200,
    )
    .await;
    for path in [
        "/reports/profit-and-loss?start_date=2026-02-01&end_date=2026-01-01",
        "/ledger/balances?start_date=2026-02-01&end_date=2026-01-01",
        "/reports/profit-and-loss?start_date=soon",
        "/reports/balance-sheet?reporting_basis=CASH",
        "/reports/balance-sheet?month=3",
        "/ledger/balances?start_date=x",
        "/invoices/summary-stats?x=1",
    ] {
        assert_wire_error(&desk.call("GET", path, "").await, 400);
    }
    assert_wire_error(&desk.call("GET", "/reports/cashflow", "").await, 404);
    assert_wire_error(&desk.call("POST", "/reports/balance-sheet", "").await, 405);
    said.check();
}

#[tokio::test]
async fn many_invoices_at_once() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("layer/many");
    let (one, two) = (simple("one", "2026-03-10"), simple("two", "2026-03-10"));
    let made = say(
        &mut said,
        &desk,
        "all",
        ("POST", "/invoices/bulk"),
        &json!([one, two]),
        201,
    )
    .await;
    assert_eq!(made["data"].as_array().unwrap().len(), 2);
    let mut bad = simple("bad", "2026-03-10");
    bad["invoice_number"] = json!("INV-0001");
    let count = async || {
        let body = body_of(&desk.call("GET", "/invoices?show_total_count=true&limit=1", "").await);
        body["meta"]["pagination"]["total_count"].as_i64().unwrap()
    };
    let three = simple("three", "2026-03-10");
    say(
        &mut said,
        &desk,
        "none",
        ("POST", "/invoices/bulk"),
        &json!([three, bad]),
        409,
    )
    .await;
    assert_eq!(count().await, 2);
    let batch = json!([three, bad, {"reference_number": "PO-9"}, {}]);
    let partly = ("POST", "/invoices/batch?allow_partial_success=true");
    let mixed = say(&mut said, &desk, "some", partly, &batch, 207).await;
    let failed = mixed["data"]["failed_invoices"].as_object().unwrap();
    assert_eq!(failed.keys().collect::<Vec<_>>(), ["bad", "PO-9", "unknown-3"]);
    assert_eq!(count().await, 3);
    let next = desk
        .expect(201, "POST", "/invoices", &simple("next", "2026-03-10"))
        .await;
    assert_eq!(next["invoice_number"], "INV-0004", "what was refused took no number");
    say(
        &mut said,
        &desk,
        "all of a batch",
        partly,
        &json!([one, simple("four", "2026-03-10")]),
        200,
    )
    .await;
    say(&mut said, &desk, "none of a batch", partly, &json!([bad]), 409).await;
    say(
        &mut said,
        &desk,
        "all or none",
        ("POST", "/invoices/batch"),
        &json!([simple("five", "2026-03-10"), bad]),
        409,
    )
    .await;
    assert_eq!(count().await, 5);
    let body = json!(vec![simple("x", "2026-03-10"); 26]);
    for body in [json!([]), json!({}), json!([7]), body] {
        for path in ["/invoices/bulk", "/invoices/batch"] {
            assert_wire_error(&desk.call("POST", path, &body.to_string()).await, 400);
        }
    }
    assert_wire_error(
        &desk
            .call(
                "POST",
                "/invoices/batch?allow_partial_success=1",
                &json!([one]).to_string(),
            )
            .await,
        400,
    );
    said.check();
}
