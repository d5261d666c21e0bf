//! Things made by a crowd: different ones are all there afterwards, and of the same one there is one.

use serde_json::{Value, json};

use super::{CROWD, Said, Square, all_are, count, runtime, text};

impl Square {
    /// Each of a crowd makes one of its own.
    async fn all_make(&self, what: &str, target: &str, status: u16, body: impl Fn(usize) -> Value) -> Vec<Value> {
        let answers = self.crowd("POST", target, body).await;
        all_are(&answers, status, what);
        answers.into_iter().map(|(_, body)| body).collect()
    }

    /// A crowd sends the same: one makes it, and the others are answered so.
    async fn one_makes(&self, what: &str, target: &str, [made, known]: [u16; 2], body: &Value) {
        let answers = self.crowd("POST", target, |_| body.clone()).await;
        let found = (count(&answers, made), count(&answers, known));
        let other = answers.iter().find(|(status, _)| ![made, known].contains(status));
        assert_eq!(found, (1, CROWD - 1), "{what}: {other:?}");
    }
}

fn distinct(made: &[Value], pointer: &str) -> usize {
    let mut found: Vec<String> = made
        .iter()
        .filter_map(|made| made.pointer(pointer))
        .map(Value::to_string)
        .collect();
    found.sort_unstable();
    found.dedup();
    found.len()
}

#[test]
fn of_campfire() {
    runtime().block_on(async {
        let square = Square::new().await;
        let accounts = "/coa/api/account";
        let named = |name: &str, number: usize| json!({"number": number.to_string(), "name": name, "account_type": "OTHER_EXPENSE"});
        square.all_make("accounts", accounts, 201, |who| named(&format!("Travel {who}"), 7000 + who)).await;
        square.all_make("accounts of one name", accounts, 201, |who| named("Fares", 7100 + who)).await;
        square.one_makes("account", accounts, [201, 400], &named("Once", 7200)).await;
        let bill = json!({"lines": [{"description": "Advice", "amount": 50}], "invoice_date": "2026-03-10", "due_date": "2026-04-09", "entity": 1});
        let made = square.all_make("invoices", "/coa/api/v1/invoice/", 201, |_| bill.clone()).await;
        assert_eq!(distinct(&made, "/invoice_number"), CROWD);
        let mut numbered = bill.clone();
        numbered["invoice_number"] = json!("N-1");
        square.one_makes("invoice of a number", "/coa/api/v1/invoice/", [201, 400], &numbered).await;
    });
}

#[test]
fn of_bookeeping() {
    runtime().block_on(async {
        let square = Square::new().await;
        let categories = "/public-api/v1/categories";
        square.all_make("categories", categories, 200, |who| json!({"name": format!("Travel {who}"), "parentCategory": "EXPENSE"})).await;
        square.say("POST", categories, json!({"name": "Fares", "parentCategory": "EQUITY"})).await;
        for name in ["Fares", "\u{7a0e}"] {
            for parent in ["INCOME", "EXPENSE"] {
                let answers = square.crowd("POST", categories, |who| {
                    json!({"name": name, "parentCategory": parent, "number": format!("{name}{parent}{who}")})
                }).await;
                let found = (count(&answers, 200), count(&answers, 409));
                assert_eq!(found, (1, CROWD - 1), "{name} {parent}");
            }
        }
        let made = square.all_make("counterparties", "/public-api/v1/counterparties", 200, |who| json!({"accountName": format!("P {who}"), "accountNumber": format!("C-{who}"), "type": "customer"})).await;
        assert_eq!(distinct(&made, "/data/_id"), CROWD);
    });
}

fn order(external_id: &str, customer: &str) -> Value {
    json!({"external_id": external_id, "sent_at": "2026-03-10", "due_at": "2026-04-09", "customer_external_id": customer,
        "line_items": [{"product": "Widget", "unit_price": 12500, "quantity": "2.00"}]})
}

#[test]
fn of_layer() {
    runtime().block_on(async {
        let square = Square::new().await;
        let at = |path: &str| format!("{}{path}", square.business);
        let account = |name: &str| json!({"name": name, "normality": "CREDIT", "account_type": "REVENUE",
            "account_subtype": "SALES", "stable_name": name.to_uppercase()});
        square.all_make("accounts", &at("/ledger/accounts"), 201, |who| account(&format!("Advice{who}"))).await;
        square.one_makes("account", &at("/ledger/accounts"), [201, 200], &account("Once")).await;
        let customer = json!({"external_id": "cust-9", "individual_name": "Jo"});
        square.one_makes("customer", &at("/customers"), [201, 200], &customer).await;
        let invoices = at("/invoices");
        square.one_makes("invoice", &invoices, [201, 200], &order("same", "cust-new")).await;
        square.all_make("invoices of a new customer", &invoices, 201, |who| order(&format!("order-{who}"), "cust-newer")).await;
        let bulk = at("/invoices/bulk");
        square.all_make("bulks of a new customer", &bulk, 201, |who| json!([order(&format!("bulk-{who}"), "cust-newest")])).await;
        let same = json!([order("bulk-same", "cust-1"), order("bulk-same-too", "cust-1")]);
        let made = square.all_make("the same bulk", &bulk, 201, |_| same.clone()).await;
        assert_eq!((distinct(&made, "/data/0/id"), distinct(&made, "/data/1/id")), (1, 1));
        let id = text(&made[0], "/data/0/id");
        let body = json!({"external_id": "p-1", "amount": 500, "method": "CASH", "paid_at": "2026-03-12", "fee": 0});
        square.one_makes("payment", &at(&format!("/invoices/{id}/payment")), [201, 200], &body).await;
        let body = json!({"external_id": "r-1", "refunded_amount": 100, "completed_at": "2026-03-13", "method": "CASH"});
        square.one_makes("refund", &at(&format!("/invoices/{id}/refund")), [201, 200], &body).await;
        let body = json!({"external_id": "w-1", "amount": 100, "written_off_at": "2026-03-13"});
        square.one_makes("write-off", &at(&format!("/invoices/{id}/write-off")), [201, 200], &body).await;
        let body = json!({"refunded_amount": 100, "completed_at": "2026-03-13", "invoice_id": id, "payments": []});
        square.all_make("refunds owed", &at("/invoices/refunds"), 201, |who| {
            let mut body = body.clone();
            body["external_id"] = json!(format!("owed-{who}"));
            body["refunded_amount"] = json!(1);
            body
        }).await;
        square.one_makes("dimension", &at("/tags/dimensions"), [201, 200], &json!({"key": "store", "strictness": "BALANCING"})).await;
        let account = |name: &str| json!({"type": "StableName", "stable_name": name});
        let body = json!({"external_id": "j-1", "entry_at": "2026-03-10", "created_by": "me", "memo": "moved", "line_items": [
            {"account_identifier": account("CASH"), "amount": 100, "direction": "DEBIT"},
            {"account_identifier": account("FEES"), "amount": 100, "direction": "CREDIT"}]});
        square.one_makes("entry", &at("/ledger/journal-entries"), [201, 200], &body).await;
        let entry = square.say("GET", &at("/custom-journal-entries"), Value::Null).await;
        let id = text(&entry, "/data/0/id");
        let answers = square.at_once((0..CROWD).map(|_| -> Said { ("DELETE", at(&format!("/custom-journal-entries/{id}")), Value::Null) }).collect()).await;
        all_are(&answers, 200, "taken back");
    });
}

#[test]
fn of_highlevel() {
    runtime().block_on(async {
        let square = Square::new().await;
        let mut order = square.order();
        order["contactDetails"]["id"] = json!("contact-new");
        let made = square
            .all_make("invoices of a new contact", "/invoices/", 201, |_| order.clone())
            .await;
        assert_eq!(distinct(&made, "/invoiceNumber"), CROWD);
        let made = square
            .all_make("estimates", "/invoices/estimate", 201, |_| square.offer())
            .await;
        assert_eq!(distinct(&made, "/estimateNumber"), CROWD);
        let estimate = format!("/invoices/estimate/{}/invoice", text(&made[0], "/_id"));
        let body = square.located(json!({"markAsInvoiced": true}));
        square.one_makes("estimate", &estimate, [200, 400], &body).await;
    });
}

/// So many that the oldest leave on the way.
#[test]
fn of_tokens() {
    runtime().block_on(async {
        let square = Square::new().await;
        for round in 0..4 {
            let body = json!({"grant_type": "client_credentials", "scope": "/ping.read"});
            let made = square
                .all_make(&format!("round {round}"), "/oauth2/token", 200, |_| body.clone())
                .await;
            assert_eq!(distinct(&made, "/access_token"), CROWD);
            let body = json!({"grant_type": "client_credentials", "scope": "/ping.read"});
            let one = square.say("POST", "/oauth2/token", body).await;
            let body = json!({"grant_type": "refresh_token", "refresh_token": one["refresh_token"]});
            square.one_makes("refresh", "/oauth2/token", [200, 422], &body).await;
        }
    });
}

/// Under one key: the first makes it, and all are answered with what is there. What comes with an entry is of the same commit.
#[test]
fn under_one_key() {
    runtime().block_on(async {
        let square = Square::new().await;
        let bill = json!({"lines": [{"description": "Advice", "amount": 50}], "invoice_date": "2026-03-10", "due_date": "2026-04-09", "entity": 1});
        let entry = json!({"date": "2026-03-10", "entity": 1, "reversal_date": "2026-03-14", "transactions": [
            {"account": 15, "debit_amount_native": 12.5}, {"account": 2, "credit_amount_native": "12.50"}]});
        for (key, target, body) in [("bill", "/coa/api/v1/invoice/", bill), ("entry", "/coa/api/journal_entry", entry)] {
            let said: Vec<Said> = (0..CROWD).map(|_| ("POST", target.to_owned(), body.clone())).collect();
            let answers = square.at_once_under(Some(key), said).await;
            all_are(&answers, 201, target);
            let made: Vec<Value> = answers.into_iter().map(|(_, body)| body).collect();
            let reversed = usize::from(key == "entry");
            assert_eq!((distinct(&made, "/id"), distinct(&made, "/reversed_by")), (1, reversed), "{target}");
        }
    });
}
