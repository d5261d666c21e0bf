//! An invoice's whole life through this dialect alone, and its arithmetic.

use serde_json::{Value, json};

use super::super::golden::{Transcript, json};
use super::{Desk, INVOICES, message, text, trial};

#[tokio::test]
async fn from_counterparty_to_paid() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("bookeeping/life");
    let body = json!({
        "accountName": "Acme Rockets", "accountNumber": "C-8", "type": "both", "email": "a@example.com",
        "otherEmails": ["b@example.com"], "phone": "+1 555 0100", "taxId": "US-1",
        "address": {"city": "Springfield", "country": "US", "state": "OR", "floor": 3}, "nickname": "Rocky"
    });
    let path = "/public-api/v1/counterparties";
    let made = said
        .say(
            &desk.world,
            "a counterparty",
            "POST",
            path,
            &[("authorization", &desk.bearer)],
            &body.to_string(),
        )
        .await;
    super::assert_valid("bookeeping", "Counterparty", &json(&made)["data"]);
    let counterparty = text(&json(&made), "/data/_id");
    let body = desk.draft_body(json!({
        "counterParty": counterparty, "note": "Net 30", "purchaseOrderId": "PO-1", "colour": "red",
        "discount": {"type": "PERCENTAGE", "value": 10},
        "lineItems": [
            {"name": "Work", "description": "by hand", "quantity": 1.5, "unitPrice": 33.33, "category": desk.sales,
             "discount": {"type": "PERCENTAGE", "value": 5}, "tax": {"type": "PERCENTAGE", "value": 8.25}, "sku": {"code": 1.0}},
            {"name": "Parts", "quantity": 1, "unitPrice": 10, "discount": {"type": "FIXED", "value": 0.5}}
        ]
    }));
    let made = desk
        .say(&mut said, "a draft", ["POST", INVOICES, &body], "InvoiceAnswer")
        .await;
    let id = text(&json(&made), "/data/_id");
    let path = format!("{INVOICES}/{id}");
    desk.say(&mut said, "read", ["GET", &path, ""], "InvoiceAnswer").await;
    let send = format!("{path}/send");
    let mark = format!("{path}/mark-as-paid");
    let cancel = format!("{path}/cancel");
    let payment = desk.payment_body();
    desk.say(&mut said, "paid too early", ["POST", &mark, &payment], "Error400")
        .await;
    desk.say(&mut said, "cancelled too early", ["POST", &cancel, "{}"], "Error400")
        .await;
    desk.say(&mut said, "sent", ["POST", &send, ""], "InvoiceAnswer").await;
    desk.say(&mut said, "sent again", ["POST", &send, ""], "Error400").await;
    desk.world.pass_seconds(30 * 86_400);
    let late = desk
        .say(&mut said, "past due", ["GET", &path, ""], "InvoiceAnswer")
        .await;
    assert_eq!(text(&json(&late), "/data/status"), "OVERDUE");
    desk.say(&mut said, "paid", ["POST", &mark, &payment], "InvoiceAnswer")
        .await;
    desk.say(&mut said, "paid again", ["POST", &mark, &payment], "Error400")
        .await;
    desk.say(&mut said, "cancelled too late", ["POST", &cancel, "{}"], "Error400")
        .await;
    said.check();
}

#[tokio::test]
async fn cancelling_leaves_the_books_as_they_were() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("bookeeping/cancel");
    let net = async || {
        let lines = desk.world.app.books.trial_balance(desk.world.book).await.unwrap();
        let net = lines.iter().map(|line| line.turnover.net());
        net.collect::<Vec<_>>()
    };
    let before = net().await;
    let id = desk.sent(json!({})).await;
    assert_ne!(net().await, before);
    let path = format!("{INVOICES}/{id}/cancel");
    let body = r#"{"cancellationReason":"ordered twice"}"#;
    let cancelled = desk
        .say(&mut said, "cancelled", ["POST", &path, body], "InvoiceAnswer")
        .await;
    assert_eq!(text(&json(&cancelled), "/data/cancellationReason"), "ordered twice");
    assert_eq!(text(&json(&cancelled), "/data/sendBy"), "Admin");
    assert_eq!(net().await, before);
    let again = desk.say(&mut said, "again", ["POST", &path, body], "Error400").await;
    assert_eq!(
        message(&again),
        "Only invoices in sent or overdue status can be cancelled."
    );
    said.check();
}

#[tokio::test]
async fn marking_as_paid_credits_the_receivable_only() {
    let desk = Desk::new().await;
    let id = desk.sent(json!({})).await;
    let sales = async || {
        let lines = desk.world.app.books.trial_balance(desk.world.book).await.unwrap();
        let line = lines.into_iter().find(|line| line.account.code == "4000").unwrap();
        format!("{:?}", line.turnover)
    };
    let before = sales().await;
    let paid = desk
        .send("POST", &format!("{INVOICES}/{id}/mark-as-paid"), &desk.payment_body())
        .await;
    assert_eq!(text(&json(&paid), "/data/status"), "PAID");
    assert_eq!(text(&json(&paid), "/data/paidMarkedBy"), "Admin");
    assert!(
        json(&paid)["metaData"]["warnings"][0]
            .as_str()
            .unwrap()
            .contains("Sales")
    );
    assert_eq!(sales().await, before);
    let payments = desk.world.app.books.payments(desk.world.book, 0, 10).await.unwrap();
    assert_eq!(payments[0].content.extra["bookeeping"]["transactionRefNo"], "WIRE-1");
    assert_eq!(
        payments[0].content.extra["bookeeping"]["category"],
        Value::from(desk.sales.clone())
    );
}

#[tokio::test]
async fn sums_round_half_up_once_per_line() {
    let desk = Desk::new().await;
    let percent = |value: Value| json!({"type": "PERCENTAGE", "value": value});
    let fixed = |value: Value| json!({"type": "FIXED", "value": value});
    // Lines, the invoice's own discount; sub-total, discount, tax, grand total.
    let table = [
        (
            json!([{"name": "a", "quantity": 1, "unitPrice": 0.005}]),
            fixed(json!(0)),
            ["0.01", "0", "0", "0.01"],
        ),
        (
            json!([{"name": "a", "quantity": 3, "unitPrice": 0.333}]),
            fixed(json!(0)),
            ["1", "0", "0", "1"],
        ),
        (
            json!([{"name": "a", "quantity": 1, "unitPrice": 0.1, "discount": percent(json!(5))}]),
            fixed(json!(0)),
            ["0.09", "0", "0", "0.09"],
        ),
        (
            json!([{"name": "a", "quantity": 1, "unitPrice": 10, "discount": fixed(json!(2.505)), "tax": percent(json!(10))}]),
            percent(json!(50)),
            ["7.49", "3.75", "0.75", "4.49"],
        ),
        (
            json!([{"name": "a", "quantity": 1, "unitPrice": 100}, {"name": "credit", "quantity": 1, "unitPrice": -40}]),
            fixed(json!(10)),
            ["60", "10", "0", "50"],
        ),
        (
            json!([{"name": "a", "quantity": 1, "unitPrice": 99999999999.99}]),
            fixed(json!(0)),
            ["99999999999.99", "0", "0", "99999999999.99"],
        ),
        (
            json!([{"name": "free", "quantity": 0, "unitPrice": 5}]),
            fixed(json!(0)),
            ["0", "0", "0", "0"],
        ),
    ];
    for (lines, discount, expected) in table {
        let body = desk.draft_body(json!({"lineItems": lines, "discount": discount}));
        let made = json(&desk.send("POST", INVOICES, &body).await);
        let sums = &made["data"]["calculated"];
        let found = ["subTotal", "discount", "tax", "grandTotal"].map(|name| sums[name].to_string());
        assert_eq!(found, expected, "{made:#}");
        assert_eq!(made["data"]["amount"].to_string(), expected[3]);
    }
}

#[tokio::test]
async fn dates_stand_for_days() {
    let desk = Desk::new().await;
    let (book, before) = (desk.world.book, trial(&desk.world, desk.world.book).await);
    // As sent; as shown; the day it counts for.
    let table = [
        ("2026-03-01", "2026-03-01T00:00:00.000Z", "2026-03-01"),
        ("2026-03-01T00:00:00Z", "2026-03-01T00:00:00.000Z", "2026-03-01"),
        ("2026-03-01T00:00:00+09:00", "2026-02-28T15:00:00.000Z", "2026-03-01"),
        ("2026-03-01T23:30:00-05:00", "2026-03-02T04:30:00.000Z", "2026-03-02"),
        ("2026-03-01T10:20:30.456Z", "2026-03-01T10:20:30.456Z", "2026-03-01"),
    ];
    for (sent, shown, day) in table {
        let made = json(
            &desk
                .send("POST", INVOICES, &desk.draft_body(json!({"invoiceDate": sent})))
                .await,
        );
        assert_eq!(text(&made, "/data/invoiceDate"), shown, "{sent}");
        let listing = desk.world.app.books.invoices(book, &newest()).await.unwrap();
        assert_eq!(listing.invoices[0].invoice.invoice_date.to_string(), day, "{sent}");
    }
    assert_eq!(trial(&desk.world, book).await, before);
}

fn newest() -> quittance_books::listing::InvoiceQuery {
    quittance_books::listing::InvoiceQuery {
        filter: quittance_books::listing::InvoiceFilter::default(),
        order: quittance_books::listing::OrderBy::Created,
        descending: true,
        after: None,
        offset: 0,
        limit: 1,
        count: false,
    }
}
