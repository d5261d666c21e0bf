//! What only one dialect can say: it comes to the same wherever it is read, and a change of words in another one moves no figure.

use quittance_accounting::identity::DocumentId;
use quittance_accounting::money::Amount;
use quittance_accounting::snapshot::Named;
use quittance_books::view::InvoiceView;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::office::{ALL, Dialect, Office, is_clean};

/// What an invoice comes to, line by line and as a whole.
#[derive(Debug, PartialEq, Eq)]
struct Figures {
    lines: Vec<(Decimal, Decimal, Amount, Vec<Amount>)>,
    /// Subtotal, discount of the whole, tax, tip and total.
    sums: [Amount; 5],
}

impl Figures {
    fn of(view: &InvoiceView) -> Figures {
        let invoice = &view.invoice;
        let line = |line: &quittance_accounting::invoice::LineItem| {
            let taxes = line.taxes.iter().map(|share| share.amount).collect();
            (line.quantity, line.unit_price, line.net(), taxes)
        };
        Figures {
            lines: view.lines.iter().map(line).collect(),
            sums: [
                invoice.subtotal,
                invoice.document_discount,
                invoice.tax,
                invoice.tip,
                invoice.total,
            ],
        }
    }
}

impl Office {
    async fn view(&self, id: DocumentId) -> InvoiceView {
        let found = self.world.app.books.invoice(self.world.book, &Named::Id(id)).await;
        found.unwrap().unwrap()
    }

    /// A body with what the others have no word for, in dollars.
    fn odd_body(&self, dialect: Dialect) -> Value {
        let mut body = self.invoice_body(dialect, false);
        let mut put = |member: &str, value: Value| body[member] = value;
        match dialect {
            Dialect::Campfire => put(
                "lines",
                json!([
                    {"description": "a", "quantity": 3.3333, "rate": 7.123456, "discount_percentage": 33.333, "tax": 1.01},
                    {"description": "b", "amount": 0.05},
                    {"description": "below zero", "quantity": 1, "rate": -2},
                    {"amount": 10, "quantity": 3, "rate": 4, "discount_amount": 1},
                ]),
            ),
            Dialect::Bookeeping => {
                let percent = |value: f64| json!({"type": "PERCENTAGE", "value": value});
                let first = json!({"name": "x", "quantity": 1.23456, "unitPrice": 9.87654, "discount": percent(12.5),
                    "tax": percent(7.7)});
                let fixed = json!({"type": "FIXED", "value": 1});
                put(
                    "lineItems",
                    json!([first, {"name": "y", "quantity": 1, "unitPrice": -1},
                        {"name": "z", "quantity": 3, "unitPrice": 10, "discount": fixed}]),
                );
                put("discount", percent(3.3));
            }
            Dialect::Layer => {
                let tax = |name: &str, amount: i64| json!({"amount": amount, "tax_account": {"type": "Tax_Name", "name": name}});
                put("tips", json!(123));
                put("additional_discount", json!(77));
                put("additional_sales_taxes", json!([tax("GST", 31), tax("PST", 7)]));
                put(
                    "line_items",
                    json!([{"product": "w", "unit_price": 333, "quantity": "1.777", "discount_amount": 11,
                        "sales_taxes": [tax("A", 5), tax("B", 6)]}, {"product": "v", "unit_price": 1, "quantity": "0.5"}]),
                );
                put("due_at", Value::Null);
            }
            Dialect::Moov => {
                let usd = |value: &str| json!({"currency": "USD", "valueDecimal": value});
                put("dueDate", Value::Null);
                let option = json!({"name": "o", "quantity": 2, "priceModifier": usd("-0.000000001"), "group": "g"});
                put(
                    "lineItems",
                    json!({"items": [
                        {"name": "w", "quantity": 3, "basePrice": usd("0.333333333"), "options": [option]},
                        {"name": "v", "quantity": 1, "basePrice": usd("9.99")}]}),
                );
                put("taxAmount", usd("1.23"));
            }
            Dialect::HighLevel => {
                put("discount", json!({"type": "percentage", "value": 3.33}));
                let taxes =
                    json!([{"_id": "t", "name": "VAT", "rate": 7.7}, {"_id": "u", "name": "GST", "rate": 1.25}]);
                put(
                    "items",
                    json!([{"name": "w", "currency": "USD", "amount": 33.333, "qty": 1.5, "taxes": taxes},
                        {"name": "v", "currency": "USD", "amount": 11, "qty": 3, "taxInclusive": true,
                            "taxes": [{"_id": "t", "name": "VAT", "rate": 10}]}]),
                );
            }
            Dialect::Native => {
                let usd = |value: &str| json!({"amount": value, "currency": "USD"});
                let tax = |value: &str| json!({"account": "SALES_TAXES_PAYABLE", "amount": usd(value)});
                put("customer", Value::Null);
                put("due_on", Value::Null);
                put("discount", usd("1.11"));
                put("tip", usd("2.22"));
                put("taxes", json!([tax("0.33"), tax("0.44")]));
                put(
                    "lines",
                    json!([{"name": "w", "quantity": "1.23456789", "unit_price": usd("9.876543210123"), "discount": usd("0.12"),
                        "taxes": [tax("0.05"), tax("0.06")]}, {"description": "v", "unit_price": usd("-1.00")},
                        {"quantity": "0", "unit_price": usd("5.00")}]),
                );
            }
        }
        body
    }

    /// The change of a word, where the dialect changes an invoice of this kind without saying anything else.
    async fn reword(&self, dialect: Dialect, id: DocumentId, draft: bool) -> bool {
        let member = match dialect {
            Dialect::Campfire => "message_on_invoice",
            Dialect::Bookeeping if draft => "note",
            Dialect::Layer => "memo",
            Dialect::Moov => "description",
            // They change drafts alone, or say an invoice anew.
            Dialect::Bookeeping | Dialect::HighLevel | Dialect::Native => return false,
        };
        let path = self.path(dialect, Some(id)).await;
        self.good(dialect, "PATCH", &path, &json!({member: "changed"})).await;
        true
    }

    /// The invoice comes to as much as in the books wherever it is read, and stands in every list once.
    async fn assert_agreed(&self, what: &str, id: DocumentId) {
        let view = self.view(id).await;
        for dialect in ALL {
            let shown = self.read(dialect, id).await;
            let shown = shown.unwrap_or_else(|| panic!("{what}: {dialect:?} has none"));
            assert_eq!(shown.total, view.invoice.total.minor(), "{what}, read in {dialect:?}");
            if let Some(paid) = shown.paid {
                let settled = view.invoice.paid.minor();
                assert_eq!(paid, settled, "{what}, read in {dialect:?}");
            }
            let listed = self.listed(dialect).await;
            let times = listed.iter().filter(|row| row.id == id).count();
            assert_eq!(times, 1, "{what}, in the list of {dialect:?}");
        }
    }
}

#[tokio::test]
async fn what_only_one_can_say_comes_to_the_same_everywhere() {
    let office = Office::open().await;
    for one in ALL {
        let id = office.make_of(one, office.odd_body(one), false).await;
        let made = Figures::of(&office.view(id).await);
        let mut what = format!("odd in {one:?}");
        let mut paid = 0;
        office.assert_agreed(&what, id).await;
        for other in ALL.into_iter().filter(|other| *other != one) {
            if office.reword(other, id, false).await {
                what = format!("{what}, reworded in {other:?}");
            }
            if other != Dialect::Bookeeping {
                office.pay(other, id, 100).await;
                paid += 100;
                what = format!("{what}, paid in {other:?}");
            }
            let view = office.view(id).await;
            assert_eq!(Figures::of(&view), made, "{what}");
            assert_eq!(view.invoice.paid.minor(), paid, "{what}");
            office.assert_agreed(&what, id).await;
        }
    }
    assert!(is_clean(&office).await);
}

impl Office {
    /// What HighLevel shows of an invoice, as an edit.
    async fn handed_back(&self, id: DocumentId) -> Value {
        let path = self.path(Dialect::HighLevel, Some(id)).await;
        let query = format!("{path}?altId={}&altType=location", self.hex);
        let shown = self.good(Dialect::HighLevel, "GET", &query, &Value::Null).await;
        let mut edit = self.with_alt(json!({"title": "CHANGED"}));
        for name in [
            "name",
            "currency",
            "issueDate",
            "dueDate",
            "contactDetails",
            "invoiceItems",
            "discount",
        ] {
            edit[name] = shown[name].clone();
        }
        edit
    }
}

/// What HighLevel shows of an invoice stays what it is when it is handed back as an edit, however often: lines below zero, amounts that are
/// not price times quantity, taxes that are sums, and an invoice of nobody, which it has no words for, among them.
#[tokio::test]
async fn what_highlevel_shows_can_be_handed_back() {
    let office = Office::open().await;
    for one in ALL {
        let id = office.make_of(one, office.odd_body(one), false).await;
        let made = office.view(id).await;
        let path = office.path(Dialect::HighLevel, Some(id)).await;
        for _ in 0..2 {
            let edit = office.handed_back(id).await;
            office.good(Dialect::HighLevel, "PUT", &path, &edit).await;
            let edited = office.view(id).await;
            assert_eq!(Figures::of(&edited), Figures::of(&made), "odd in {one:?}");
            let due = |view: &InvoiceView| (view.invoice.due_at, view.invoice.due_on);
            assert_eq!(due(&edited), due(&made), "odd in {one:?}");
            assert_eq!(edited.content.lines, made.content.lines, "odd in {one:?}");
            assert_eq!(edited.invoice.customer, made.invoice.customer, "odd in {one:?}");
        }
        // The same without the discount, which stays as well.
        let mut edit = office.handed_back(id).await;
        edit["discount"] = Value::Null;
        office.good(Dialect::HighLevel, "PUT", &path, &edit).await;
        assert_eq!(
            Figures::of(&office.view(id).await),
            Figures::of(&made),
            "odd in {one:?}"
        );
    }
    assert!(is_clean(&office).await);
}

/// Beside a line below zero that is handed back, others are changed; a new line, or a changed one, is not below zero.
#[tokio::test]
async fn highlevel_changes_what_stands_beside_a_line_below_zero_and_makes_none() {
    let office = Office::open().await;
    for one in [Dialect::Campfire, Dialect::Bookeeping, Dialect::Layer, Dialect::Native] {
        let mut body = office.invoice_body(one, false);
        let (lines, off) = match one {
            Dialect::Campfire => ("lines", json!({"description": "off", "amount": -7})),
            Dialect::Bookeeping => ("lineItems", json!({"name": "off", "quantity": 1, "unitPrice": -7})),
            Dialect::Layer => (
                "line_items",
                json!({"product": "off", "unit_price": -700, "quantity": "1"}),
            ),
            _ => {
                let price = json!({"amount": "-7.00", "currency": "USD"});
                ("lines", json!({"name": "off", "quantity": "1", "unit_price": price}))
            }
        };
        body[lines].as_array_mut().unwrap().push(off);
        let id = office.make_of(one, body, false).await;
        let made = office.view(id).await;
        assert_eq!(made.invoice.total.minor(), 9_300, "{one:?}");
        let path = office.path(Dialect::HighLevel, Some(id)).await;
        let shown = office.handed_back(id).await;
        let below = shown["invoiceItems"][1].clone();
        let mut more = shown.clone();
        more["invoiceItems"][0]["qty"] = json!(3);
        office.good(Dialect::HighLevel, "PUT", &path, &more).await;
        let edited = office.view(id).await;
        assert_eq!(edited.invoice.total.minor(), 14_300, "{one:?}");
        assert_eq!(
            (edited.lines[1].net(), edited.lines[1].account),
            (made.lines[1].net(), made.lines[1].account)
        );
        // Half of what the discount can be for.
        let mut less = office.handed_back(id).await;
        less["discount"] = json!({"type": "percentage", "value": 50});
        office.good(Dialect::HighLevel, "PUT", &path, &less).await;
        assert_eq!(office.view(id).await.invoice.total.minor(), 6_800, "{one:?}");
        let mut wrong = Vec::new();
        for (name, value) in [("amount", json!(-8)), ("_id", json!("another")), ("_id", Value::Null)] {
            let mut changed = shown.clone();
            changed["invoiceItems"][1][name] = value;
            wrong.push((changed, "invoiceItems.1.amount must not be less than 0"));
        }
        let mut twice = shown.clone();
        twice["invoiceItems"].as_array_mut().unwrap().push(below);
        wrong.push((twice, "invoiceItems.2.amount must not be less than 0"));
        for (edit, problem) in wrong {
            let answer = office.send(Dialect::HighLevel, "PUT", &path, &edit).await;
            let said = String::from_utf8_lossy(&answer.body).into_owned();
            assert_eq!(answer.status, 422, "{one:?}: {said}");
            assert!(said.contains(problem), "{one:?}: {said}");
        }
    }
    assert!(is_clean(&office).await);
}

#[tokio::test]
async fn a_draft_that_only_one_can_say_is_reworded_sent_and_deleted_elsewhere() {
    let office = Office::open().await;
    // Layer has no drafts of its own.
    for one in ALL.into_iter().filter(|one| *one != Dialect::Layer) {
        let mut body = office.odd_body(one);
        match one {
            Dialect::Campfire => body["payment_status"] = json!("draft"),
            Dialect::Native => body["issue"] = json!(false),
            Dialect::Bookeeping | Dialect::Layer | Dialect::Moov | Dialect::HighLevel => {}
        }
        for other in ALL.into_iter().filter(|other| *other != one) {
            let id = office.make_of(one, body.clone(), true).await;
            let made = Figures::of(&office.view(id).await);
            let what = format!("odd draft of {one:?}, in the hands of {other:?}");
            office.assert_agreed(&what, id).await;
            office.reword(other, id, true).await;
            assert_eq!(Figures::of(&office.view(id).await), made, "{what}");
            let status = office.delete(other, id).await;
            assert!((200..300).contains(&status), "{what}: {status}");
            for dialect in ALL {
                let listed = office.listed(dialect).await;
                assert!(listed.iter().all(|row| row.id != id), "{what}: {dialect:?} lists it");
                assert_eq!(office.read(dialect, id).await, None, "{what}, read in {dialect:?}");
            }
        }
    }
    assert!(is_clean(&office).await);
}
