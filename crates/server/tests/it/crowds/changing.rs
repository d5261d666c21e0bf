//! The same thing, changed by a crowd: each change is made, one after the other.

use serde_json::{Value, json};

use super::{Said, Square, all_are, runtime, text};

impl Square {
    /// A crowd changes what is there; each of them is answered as done.
    async fn all_change(&self, what: &str, method: &'static str, target: &str, body: impl Fn(usize) -> Value) {
        let answers = self.crowd(method, target, body).await;
        all_are(&answers, 200, what);
    }

    pub(super) fn located(&self, more: Value) -> Value {
        let mut body = json!({"altId": self.location, "altType": "location"});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }

    /// What every document of HighLevel says.
    fn said(&self) -> Value {
        self.located(json!({
            "name": "Support",
            "businessDetails": {"name": "Acme"},
            "currency": "USD",
            "items": [{"name": "Hour", "currency": "USD", "amount": 40, "qty": 1}],
        }))
    }

    pub(super) fn order(&self) -> Value {
        let mut order = self.said();
        order["contactDetails"] =
            json!({"id": "contact-1", "name": "Alex", "phoneNo": "+1-214-559-6993", "email": "alex@example.com"});
        order["discount"] = json!({"type": "percentage", "value": 0});
        order["issueDate"] = json!("2026-03-10");
        order["dueDate"] = json!("2026-04-09");
        order["sentTo"] = json!({"email": ["alex@example.com"]});
        order["liveMode"] = json!(true);
        order
    }

    pub(super) fn offer(&self) -> Value {
        let (mut offer, order) = (self.said(), self.order());
        for name in ["contactDetails", "discount"] {
            offer[name] = order[name].clone();
        }
        offer["frequencySettings"] = json!({"enabled": false});
        offer
    }
}

const BILL: &str = r#"{"lines":[{"description":"Advice","amount":50}],"invoice_date":"2026-03-10","due_date":"2026-04-09","entity":1}"#;

#[test]
fn of_campfire() {
    runtime().block_on(async {
        let square = Square::new().await;
        square.say("POST", "/coa/api/vendor", json!({"name": "Globex", "vendor_type": "customer"})).await;
        square.say("POST", "/rr/api/v1/product", json!({"name": "Hour"})).await;
        square.say("POST", "/coa/api/v1/invoice/", serde_json::from_str(BILL).unwrap()).await;
        let memo = json!({"lines": [{"account": 10, "amount": 30}], "credit_memo_date": "2026-03-11", "entity": 1, "client": 1});
        let memo = square.say("POST", "/coa/api/v1/credit-memo", memo).await;
        let memo = format!("/coa/api/v1/credit-memo/{}", memo["id"]);
        let account = json!({"number": "6800", "name": "Travel", "account_type": "OTHER_EXPENSE"});
        let account = square.say("POST", "/coa/api/account", account).await;
        let account = format!("/coa/api/account/{}", account["id"]);
        square.all_change("vendor", "PATCH", "/coa/api/vendor/1", |who| json!({"email": format!("{who}@globex.test")})).await;
        square.all_change("product", "PATCH", "/rr/api/v1/product/1", |who| json!({"description": who.to_string()})).await;
        square.all_change("invoice", "PATCH", "/coa/api/v1/invoice/1/", |who| json!({"message_on_invoice": who.to_string()})).await;
        square.all_change("memo", "PATCH", &memo, |who| json!({"message_on_credit_memo": who.to_string()})).await;
        square.all_change("account", "PATCH", &account, |who| json!({"account_subtype": who.to_string()})).await;
    });
}

#[test]
fn of_bookeeping() {
    runtime().block_on(async {
        let square = Square::new().await;
        let api = "/public-api/v1";
        let body = json!({"accountName": "Bright Ideas", "accountNumber": "C-7", "type": "customer"});
        let party = square.say("POST", &format!("{api}/counterparties"), body).await;
        let body = json!({"discount": {"type": "FIXED", "value": 0}, "invoiceDate": "2026-03-01T00:00:00Z",
            "dueDate": "2026-03-31T00:00:00Z", "lineItems": [{"name": "Work", "quantity": 2, "unitPrice": 50}], "note": "",
            "counterParty": text(&party, "/data/_id"), "invoiceId": "INCREMENTAL", "currency": "USD"});
        let made = square.say("POST", &format!("{api}/invoices"), body).await;
        let invoice = format!("{api}/invoices/{}", text(&made, "/data/_id"));
        square.all_change("invoice", "PATCH", &invoice, |who| json!({"note": who.to_string()})).await;
    });
}

#[test]
fn of_layer() {
    runtime().block_on(async {
        let square = Square::new().await;
        let at = |path: &str| format!("{}{path}", square.business);
        let customer = square.say("POST", &at("/customers"), json!({"external_id": "cust-1", "individual_name": "Jo"})).await;
        let customer = at(&format!("/customers/{}", text(&customer, "/data/id")));
        let body = json!({"external_id": "order-1", "sent_at": "2026-03-10", "due_at": "2026-04-09", "customer_external_id": "cust-1",
            "line_items": [{"product": "Widget", "unit_price": 12500, "quantity": "2.00"}]});
        let invoice = square.say("POST", &at("/invoices"), body).await;
        let invoice = at(&format!("/invoices/{}", text(&invoice, "/data/id")));
        let body = json!({"amount": 25000, "method": "CASH", "paid_at": "2026-03-12", "fee": 0});
        let payment = square.say("POST", &format!("{invoice}/payment"), body).await;
        let payment = at(&format!("/invoices/payments/{}", text(&payment, "/data/id")));
        let body = json!({"refunded_amount": 500, "completed_at": "2026-03-13", "method": "CASH"});
        let refund = square.say("POST", &format!("{invoice}/refund"), body).await;
        let refund = at(&format!("/invoices/refunds/{}", text(&refund, "/data/id")));
        let body = json!({"key": "store", "strictness": "BALANCING"});
        let dimension = square.say("POST", &at("/tags/dimensions"), body).await;
        let dimension = at(&format!("/tags/dimensions/{}", text(&dimension, "/data/id")));
        square.all_change("customer", "PATCH", &customer, |who| json!({"memo": who.to_string()})).await;
        square.all_change("invoice", "PATCH", &invoice, |who| json!({"memo": who.to_string()})).await;
        square.all_change("payment", "PATCH", &payment, |who| json!({"memo": who.to_string()})).await;
        square.all_change("refund", "PATCH", &refund, |who| json!({"memo": who.to_string()})).await;
        square.all_change("dimension", "PATCH", &dimension, |who| json!({"display_name": who.to_string()})).await;
        let values = format!("{dimension}/values");
        square.all_change("values", "POST", &values, |who| json!({"value": who.to_string()})).await;
        let config = at("/accounting-config");
        square.all_change("configuration", "PATCH", &config, |who| json!({"match_rounding_threshold": who})).await;
        square.all_change("closing", "PATCH", &config, |_| json!({"closing_date": "2026-02-01"})).await;
        square.all_change("closing and more", "PATCH", &config, |who| {
            json!({"closing_date": "2026-03-01", "match_rounding_threshold": who})
        }).await;
        let kept = square.say("GET", &at("/tags/dimensions/key/store"), Value::Null).await;
        assert_eq!(kept["data"]["defined_values"].as_array().unwrap().len(), super::CROWD);
    });
}

#[test]
fn of_moov() {
    runtime().block_on(async {
        let square = Square::new().await;
        let body = json!({"accountType": "individual", "profile": {"individual": {"name": {"firstName": "Jo", "lastName": "Doe"}, "email": "jo@example.com"}}});
        let customer = square.say("POST", "/accounts", body).await;
        let invoices = format!("{}/invoices", square.account);
        let body = json!({"customerAccountID": customer["accountID"], "lineItems": {"items": [
            {"name": "Consulting", "basePrice": {"currency": "USD", "valueDecimal": "50.00"}, "quantity": 2}]}});
        let made = square.say("POST", &invoices, body).await;
        let invoice = format!("{invoices}/{}", text(&made, "/invoiceID"));
        square.all_change("invoice", "PATCH", &invoice, |who| json!({"description": who.to_string()})).await;
        square.say("PATCH", &invoice, json!({"status": "unpaid"})).await;
        square.world.pass_seconds(2 * 86_400);
        let answers = square.crowd("POST", &format!("{invoice}/notifications"), |_| json!({"channels": ["email"]})).await;
        let told = super::count(&answers, 204);
        assert_eq!((told, super::count(&answers, 429)), (1, super::CROWD - 1), "{answers:?}");
    });
}

#[test]
fn of_the_native_dialect() {
    runtime().block_on(async {
        let square = Square::new().await;
        let customer = square.say("POST", "/api/v1/customers", json!({"name": "Globex"})).await;
        let product = square.say("POST", "/api/v1/products", json!({"name": "Hour"})).await;
        let body =
            json!({"issue": true, "lines": [{"name": "Work", "unit_price": {"amount": "100.00", "currency": "USD"}}]});
        let invoice = square.say("POST", "/api/v1/invoices", body).await;
        let body = json!({"invoices": [{"invoice": invoice["id"], "amount": {"amount": "40.00", "currency": "USD"}}]});
        let payment = square.say("POST", "/api/v1/payments", body).await;
        let at = |kind: &str, made: &Value| format!("/api/v1/{kind}/{}", text(made, "/id"));
        square
            .all_change(
                "customer",
                "PUT",
                &at("customers", &customer),
                |who| json!({"name": who.to_string()}),
            )
            .await;
        square
            .all_change(
                "product",
                "PUT",
                &at("products", &product),
                |who| json!({"name": who.to_string()}),
            )
            .await;
        square
            .all_change(
                "payment",
                "PUT",
                &at("payments", &payment),
                |who| json!({"memo": who.to_string()}),
            )
            .await;
    });
}

#[test]
fn of_highlevel() {
    runtime().block_on(async {
        let square = Square::new().await;
        let made = square.say("POST", "/invoices/", square.order()).await;
        let invoice = format!("/invoices/{}", text(&made, "/_id"));
        let template = square.say("POST", "/invoices/template", square.said()).await;
        let template = format!("/invoices/template/{}", text(&template, "/_id"));
        let estimate = square.say("POST", "/invoices/estimate", square.offer()).await;
        let estimate = format!("/invoices/estimate/{}", text(&estimate, "/_id"));
        let renamed = |body: &Value, who: usize| {
            let mut body = body.clone();
            body["name"] = json!(format!("Support {who}"));
            body
        };
        square
            .all_change("settings", "PUT", "/invoices/settings", |who| {
                square.located(json!({"invoiceNumberPrefix": format!("N{who}-")}))
            })
            .await;
        let mut changed = square.order();
        changed["invoiceItems"] = changed["items"].take();
        for name in ["items", "sentTo"] {
            changed.as_object_mut().unwrap().remove(name);
        }
        let (template_said, offer) = (square.said(), square.offer());
        square
            .all_change("invoice", "PUT", &invoice, |who| renamed(&changed, who))
            .await;
        square
            .all_change("template", "PUT", &template, |who| renamed(&template_said, who))
            .await;
        square
            .all_change("estimate", "PUT", &estimate, |who| renamed(&offer, who))
            .await;
    });
}

/// A state that is asked for at once: one brings the invoice there, and to the others it is there already.
#[test]
fn states_of_an_invoice() {
    runtime().block_on(async {
        let square = Square::new().await;
        for (number, states) in [(1, ["sent", "voided"]), (2, ["sent", "uncollectible"])] {
            let body = serde_json::from_str(BILL).unwrap();
            square.say("POST", "/coa/api/v1/invoice/", body).await;
            let bill = format!("/coa/api/v1/invoice/{number}/");
            for state in states {
                let body = |_| json!({"payment_status": state});
                square.all_change(state, "PATCH", &bill, body).await;
            }
        }
        let body = json!({"lines": [{"name": "Work", "unit_price": {"amount": "100.00", "currency": "USD"}}]});
        square.say("POST", "/api/v1/invoices", body).await;
        let list = square
            .say(
                "GET",
                &format!("{}/invoices?sort_order=DESC", square.business),
                Value::Null,
            )
            .await;
        let invoice = format!("{}/invoices/{}", square.business, text(&list, "/data/0/id"));
        let finalize = format!("{invoice}/finalize-invoice");
        let body = |_| json!({"payment_methods": ["CASH"]});
        square.all_change("finalized", "PUT", &finalize, body).await;
        let body = json!({"amount": 5000, "method": "CASH", "paid_at": "2026-03-15", "fee": 0});
        square.say("POST", &format!("{invoice}/payment"), body).await;
        let answers = square.crowd("POST", &format!("{invoice}/reset"), |_| Value::Null).await;
        let found = (super::count(&answers, 200), super::count(&answers, 400));
        let other = answers.iter().find(|(status, _)| ![200, 400].contains(status));
        assert_eq!(found, (1, super::CROWD - 1), "{other:?}");
    });
}

/// Whoever resets an invoice while others pay it is answered with one that nothing was paid of.
#[test]
fn what_is_paid_while_it_is_reset() {
    runtime().block_on(async {
        let square = Square::new().await;
        let body =
            json!({"lines": [{"name": "Work", "unit_price": {"amount": "100.00", "currency": "USD"}}], "issue": true});
        square.say("POST", "/api/v1/invoices", body).await;
        let list = format!("{}/invoices?sort_order=DESC", square.business);
        let list = square.say("GET", &list, Value::Null).await;
        let invoice = format!("{}/invoices/{}", square.business, text(&list, "/data/0/id"));
        let payment = json!({"amount": 100, "method": "CASH", "paid_at": "2026-03-15", "fee": 0});
        let turn = |who: usize| -> Said {
            match who % 2 {
                0 => ("POST", format!("{invoice}/payment"), payment.clone()),
                _ => ("POST", format!("{invoice}/reset"), Value::Null),
            }
        };
        let mut resets = 0;
        for _ in 0..4 {
            let answers = square.at_once((0..super::CROWD).map(turn).collect()).await;
            for (who, (status, shown)) in answers.iter().enumerate() {
                let is_reset = who % 2 == 1;
                assert!(*status < 300 || is_reset && *status == 400, "{who}: {status} {shown}");
                if is_reset && *status == 200 {
                    let (open, total) = (&shown["data"]["outstanding_balance"], &shown["data"]["total_amount"]);
                    assert_eq!(open, total, "{shown}");
                    resets += 1;
                }
            }
        }
        assert!(resets > 0);
    });
}
