//! Changes of what an invoice says: what is named and nothing else, all or none.

use quittance_books::input::InvoiceEdit;
use serde_json::{Value, json};

use super::{NEWEST, Shop, assert_error, id_of, named};
use crate::golden::{Transcript, json as body_of};
use crate::schema::assert_valid;

fn usd(value: &str) -> Value {
    json!({"currency": "USD", "valueDecimal": value})
}

impl Shop {
    async fn change(&self, id: &str, body: &Value) -> Value {
        let done = self.call("PATCH", &format!("/{id}"), &body.to_string()).await;
        assert_eq!(done.status, 200, "{done:?}");
        let done = body_of(&done);
        assert_valid("moov", "Invoice", &done);
        assert_eq!(done, self.get(id).await);
        done
    }

    /// An invoice with everything on it.
    async fn rich(&self) -> String {
        let mut body = self.new_invoice();
        body["description"] = json!("March");
        body["customerEmail"] = json!("billing@example.com");
        body["invoiceDate"] = json!("2026-03-15T09:00:00.5Z");
        body["dueDate"] = json!("2026-04-15T12:00:00Z");
        body["amountDetails"] = json!({"tax": usd("8.00"), "surcharge": usd("0.50")});
        body["payment"] =
            json!({"allowedMethods": ["card-payment"], "cardDetails": {"dynamicDescriptor": "ACME MARCH"}});
        id_of(&self.create(&body).await)
    }
}

/// Everything but what a change always changes.
fn but(mut invoice: Value, names: &[&str]) -> Value {
    for name in names {
        invoice.as_object_mut().unwrap().remove(*name);
    }
    invoice
}

#[tokio::test]
async fn only_what_is_named_changes() {
    let shop = Shop::open().await;
    let items = json!({"items": [
        {"name": "Support", "basePrice": usd("30.00"), "quantity": 1},
        {"name": "Travel", "basePrice": usd("10.005"), "quantity": 2},
    ]});
    let cases: [(Value, &[&str], Value); 11] = [
        (
            json!({"description": "April"}),
            &["description"],
            json!({"description": "April"}),
        ),
        (json!({"description": null}), &["description"], json!({})),
        (
            json!({"invoiceDate": "2026-03-16T00:00:00.000000001Z"}),
            &["invoiceDate"],
            json!({"invoiceDate": "2026-03-16T00:00:00.000000001Z"}),
        ),
        (json!({"invoiceDate": null}), &["invoiceDate"], json!({})),
        (
            json!({"dueDate": "2026-05-01T00:00:00Z"}),
            &["dueDate"],
            json!({"dueDate": "2026-05-01T00:00:00Z"}),
        ),
        (json!({"dueDate": null}), &["dueDate"], json!({})),
        (
            json!({"lineItems": items}),
            &["lineItems", "subtotalAmount", "totalAmount"],
            json!({"lineItems": items, "subtotalAmount": usd("50.01"), "totalAmount": usd("58.51")}),
        ),
        (
            json!({"amountDetails": {"tax": {"valueDecimal": "1.00"}}}),
            &["amountDetails", "totalAmount"],
            json!({"amountDetails": {"tax": usd("1.00"), "surcharge": usd("0.50")}, "totalAmount": usd("101.50")}),
        ),
        (
            json!({"amountDetails": null}),
            &["amountDetails", "totalAmount"],
            json!({"totalAmount": usd("100.00")}),
        ),
        (
            json!({"payment": {"allowedMethods": null, "achDetails": {"originatingCompanyName": "Acme"}}}),
            &["payment"],
            json!({"payment": {
                "cardDetails": {"dynamicDescriptor": "ACME MARCH"}, "achDetails": {"originatingCompanyName": "Acme"},
            }}),
        ),
        (json!({"payment": null}), &["payment"], json!({})),
    ];
    for (change, names, becomes) in cases {
        // A second has so many calls.
        shop.world.pass_seconds(1);
        let id = shop.rich().await;
        let before = shop.get(&id).await;
        let after = shop.change(&id, &change).await;
        assert_eq!(but(after.clone(), names), but(before, names), "{change}");
        for name in names {
            assert_eq!(after.get(*name), becomes.get(*name), "{change}");
        }
    }
}

#[tokio::test]
async fn an_invoice_that_was_sent_is_posted_anew() {
    let shop = Shop::open().await;
    let id = shop.rich().await;
    shop.set_status(&id, "unpaid").await;
    let as_if = Shop::open().await;
    let other = as_if.rich().await;
    let change = json!({
        "lineItems": {"items": [{"name": "Support", "basePrice": usd("30.00"), "quantity": 1}]},
        "amountDetails": {"tax": usd("2.00"), "surcharge": null},
    });
    as_if.change(&other, &change).await;
    as_if.set_status(&other, "unpaid").await;
    let changed = shop.change(&id, &change).await;
    assert_eq!(
        (&changed["totalAmount"], &changed["status"]),
        (&usd("32.00"), &json!("unpaid"))
    );
    assert_eq!(shop.balances().await, as_if.balances().await);
}

#[tokio::test]
async fn a_change_and_a_status_are_done_together_or_not_at_all() {
    let shop = Shop::open().await;
    let id = shop.rich().await;
    let sent = shop
        .change(
            &id,
            &json!({"status": "unpaid", "description": "sent", "dueDate": null}),
        )
        .await;
    assert_eq!(
        (&sent["status"], &sent["description"], sent.get("dueDate")),
        (&json!("unpaid"), &json!("sent"), None)
    );
    let before = shop.get(&id).await;
    for (body, words) in [
        (
            json!({"status": "unpaid", "description": "again"}),
            "Only a draft can become unpaid",
        ),
        (
            json!({"description": "later", "dueDate": "2026-05-01T00:00:00Z"}),
            "in a draft only",
        ),
    ] {
        let message = assert_error(&shop.call("PATCH", &format!("/{id}"), &body.to_string()).await, 409);
        assert!(message.contains(words), "{message}");
        assert_eq!(shop.get(&id).await, before);
    }
    let canceled = shop
        .change(&id, &json!({"status": "canceled", "description": "not due"}))
        .await;
    assert_eq!(
        (&canceled["status"], &canceled["description"]),
        (&json!("canceled"), &json!("not due"))
    );
}

#[tokio::test]
async fn what_cannot_be_changed_stays() {
    let shop = Shop::open().await;
    let paid = shop.unpaid().await;
    shop.pay(&paid, "100.00").await;
    let canceled = shop.unpaid().await;
    shop.set_status(&canceled, "canceled").await;
    let part_paid = shop.unpaid().await;
    shop.pay(&part_paid, "60.00").await;
    let cheaper = json!({"lineItems": {"items": [{"name": "Less", "basePrice": usd("59.99"), "quantity": 1}]}});
    for (id, body, words) in [
        (&paid, json!({"description": "x"}), "the invoice is paid"),
        (&canceled, json!({"description": "x"}), "the invoice is canceled"),
        (&part_paid, cheaper, "60.00 USD has been settled"),
    ] {
        let before = shop.get(id).await;
        let message = assert_error(&shop.call("PATCH", &format!("/{id}"), &body.to_string()).await, 409);
        assert!(message.contains(words), "{message}");
        assert_eq!(shop.get(id).await, before);
    }
    let deleted = shop.draft().await;
    assert_eq!(shop.call("DELETE", &format!("/{deleted}"), "").await.status, 204);
    assert_error(
        &shop
            .call("PATCH", &format!("/{deleted}"), r#"{"description":"x"}"#)
            .await,
        409,
    );
}

#[tokio::test]
async fn values_that_cannot_be_used_are_named() {
    let shop = Shop::open().await;
    let id = shop.rich().await;
    let before = shop.get(&id).await;
    let item = |name: &str, value: Value| {
        let mut item = json!({"name": "Support", "basePrice": usd("30.00"), "quantity": 1});
        item[name] = value;
        json!({"lineItems": {"items": [item]}})
    };
    for (body, place) in [
        (json!({"description": "x".repeat(5001)}), "/description"),
        (json!({"invoiceDate": "2026-03-15"}), "/invoiceDate"),
        (json!({"dueDate": "tomorrow"}), "/dueDate"),
        (item("quantity", json!(0)), "/lineItems/items/0/quantity"),
        (item("basePrice", usd("x")), "/lineItems/items/0/basePrice/valueDecimal"),
        (
            item("productID", json!("019cf1b4-2a00-7000-8000-000000000000")),
            "/lineItems/items/0/productID",
        ),
        (json!({"amountDetails": {"tax": usd("1.001")}}), "/amountDetails/tax"),
        (
            json!({"amountDetails": {"surcharge": {"currency": "EUR"}}}),
            "/amountDetails/surcharge",
        ),
        (
            json!({"payment": {"allowedMethods": ["cash"]}}),
            "/payment/allowedMethods",
        ),
    ] {
        let answer = shop.call("PATCH", &format!("/{id}"), &body.to_string()).await;
        assert_eq!(answer.status, 422, "{body} {answer:?}");
        let answer = body_of(&answer);
        assert_valid("moov", "UpdateInvoiceError", &answer);
        assert!(answer.pointer(place).is_some_and(Value::is_string), "{body} {answer}");
    }
    for body in [
        r#"{"lineItems":[]}"#,
        r#"{"lineItems":{"items":[]}}"#,
        r#"{"taxAmount":{"currency":"USD","valueDecimal":"1.00"}}"#,
        r#"{"payment":"card"}"#,
        r#"{"customerEmail":"x@example.com"}"#,
        r#"{"description":7}"#,
    ] {
        assert_error(&shop.call("PATCH", &format!("/{id}"), body).await, 400);
    }
    assert_eq!(shop.get(&id).await, before);
}

#[tokio::test]
async fn what_another_dialect_said_stays_where_it_is_not_named() {
    let shop = Shop::open().await;
    let id = shop.rich().await;
    let books = &shop.world.app.books;
    let named = named(&id);
    let view = books.invoice(shop.world.book, &named).await.unwrap().unwrap();
    let mut edit = InvoiceEdit::of(&view);
    edit.content.extra.remove("moov");
    edit.content.extra.insert("other".to_owned(), json!({"memo": 1}));
    edit.tip = quittance_accounting::money::Amount::new(300).unwrap();
    let context = shop.world.context(shop.world.book);
    let rules = &quittance_server::dialects::moov::RULES;
    books.edit_invoice(&context, rules, named.clone(), edit).await.unwrap();
    let before = shop.get(&id).await;
    let after = shop.change(&id, &json!({"description": "April"})).await;
    assert_eq!(but(after, &["description"]), but(before.clone(), &["description"]));
    let after = shop
        .change(&id, &json!({"amountDetails": {"surcharge": usd("1.00")}}))
        .await;
    assert_eq!(after["amountDetails"]["surcharge"], usd("1.00"));
    assert_eq!(after["subtotalAmount"], before["subtotalAmount"]);
    let view = books.invoice(shop.world.book, &named).await.unwrap().unwrap();
    assert_eq!(view.content.extra["other"], json!({"memo": 1}));
}

#[tokio::test]
async fn exchanges() {
    let shop = Shop::open().await;
    let mut said = Transcript::new("moov/changes");
    let headers = [("Authorization", shop.bearer.as_str()), NEWEST];
    let path = shop.path(&format!("/{}", shop.rich().await));
    for (what, body) in [
        (
            "change",
            json!({
                "description": null, "invoiceDate": null, "dueDate": "2026-05-01T00:00:00Z",
                "lineItems": {"items": [{"name": "Support", "basePrice": usd("30.00"), "quantity": 3}]},
                "amountDetails": {"tax": {"valueDecimal": "1.00"}}, "payment": {"allowedMethods": null},
            }),
        ),
        (
            "cannot be used",
            json!({"dueDate": "soon", "amountDetails": {"tax": usd("-1.00")}}),
        ),
        ("cannot be read", json!({"lineItems": {"items": []}})),
        ("change and send", json!({"status": "unpaid", "description": "May"})),
        ("is due as it was sent", json!({"dueDate": null})),
        ("cancel", json!({"status": "canceled"})),
        ("is canceled", json!({"description": "June"})),
    ] {
        said.say(&shop.world, what, "PATCH", &path, &headers, &body.to_string())
            .await;
    }
    said.check();
}
