//! Create, list, read, send, void, record a payment: bodies against the vendor's schema, figures against the books.

use quittance_accounting::invoice::Standing;
use quittance_accounting::rules::{
    Attached, DeletionRules, EditRules, Excess, MoneyOnVoid, NumberRules, NumberedAt, PayingDrafts, PaymentRules,
    Reach, Rules, Texts, VoidRules,
};
use serde_json::{Value, json};

use super::{Location, assert_bad_request, send_members};
use crate::golden::{Transcript, json as body_of};
use crate::schema::assert_valid;

#[tokio::test]
async fn from_draft_to_void() {
    let location = Location::new().await;
    let mut transcript = Transcript::new("highlevel/lifecycle");
    let peek = format!("/invoices/generate-invoice-number?{}", location.alt());
    location.say(&mut transcript, "the next number", "GET", &peek, "").await;
    let order = location.order().to_string();
    let created = location
        .say(&mut transcript, "create", "POST", "/invoices/", &order)
        .await;
    assert_eq!(created.status, 201);
    let draft = body_of(&created);
    assert_valid("highlevel", "CreateInvoiceResponseDto", &draft);
    // 120 less 12 is 108, and 8.25 % of that is 8.91.
    assert_eq!((&draft["total"], &draft["amountDue"]), (&json!(116.91), &json!(116.91)));
    let id = draft["_id"].as_str().unwrap();

    let read = location.say(&mut transcript, "read", "GET", &location.at(id), "").await;
    assert_valid("highlevel", "GetInvoiceResponseDto", &body_of(&read));
    let send = format!("/invoices/{id}/send");
    let members = location.with(send_members());
    let sent = location.say(&mut transcript, "send", "POST", &send, &members).await;
    assert_valid("highlevel", "SendInvoicesResponseDto", &body_of(&sent));
    let again = location
        .say(&mut transcript, "send again", "POST", &send, &members)
        .await;
    assert_eq!(again.status, 200);

    let pay = format!("/invoices/{id}/record-payment");
    let cheque = location.with(
        json!({"mode": "cheque", "cheque": {"number": "129-129-129-129"}, "amount": 16.91,
        "notes": "by post", "fulfilledAt": "2026-03-12T09:00:00.000Z", "card": {"brand": "", "last4": ""}}),
    );
    let part = location.say(&mut transcript, "pay a part", "POST", &pay, &cheque).await;
    assert_valid("highlevel", "RecordPaymentResponseDto", &body_of(&part));
    assert_eq!(body_of(&part)["invoice"]["status"], json!("partially_paid"));
    let too_much = location.with(json!({"mode": "cash", "amount": 100.01}));
    let too_much = location
        .say(&mut transcript, "pay too much", "POST", &pay, &too_much)
        .await;
    assert_bad_request(&too_much, "Amount is greater than the amount due");
    let cash = location.with(json!({"mode": "cash"}));
    let rest = location.say(&mut transcript, "pay the rest", "POST", &pay, &cash).await;
    let rest = body_of(&rest)["invoice"].clone();
    assert_eq!((&rest["status"], &rest["amountDue"]), (&json!("paid"), &json!(0)));
    let more = location
        .say(&mut transcript, "pay what is paid", "POST", &pay, &cash)
        .await;
    assert_bad_request(&more, "Can not record a payment for paid invoice");
    let paid = location
        .say(&mut transcript, "send what is paid", "POST", &send, &members)
        .await;
    assert_bad_request(&paid, "Can not send paid invoice");

    let void = format!("/invoices/{id}/void");
    let alt = location.alt_body().to_string();
    let voided = location.say(&mut transcript, "void", "POST", &void, &alt).await;
    assert_valid("highlevel", "VoidInvoiceResponseDto", &body_of(&voided));
    assert_eq!(body_of(&voided)["status"], json!("void"));
    let again = location.say(&mut transcript, "void again", "POST", &void, &alt).await;
    assert_bad_request(&again, "Can not void void invoice");
    let pay_void = location
        .say(&mut transcript, "pay what is void", "POST", &pay, &cash)
        .await;
    assert_bad_request(&pay_void, "Can not record a payment for void invoice");
    transcript.check();
}

#[tokio::test]
async fn voids_that_are_refused() {
    let location = Location::new().await;
    let mut transcript = Transcript::new("highlevel/void_refused");
    let alt = location.alt_body().to_string();
    let draft = location.draft().await;
    let target = format!("/invoices/{draft}/void");
    let response = location.say(&mut transcript, "a draft", "POST", &target, &alt).await;
    assert_bad_request(&response, "Can not void draft invoice. You can delete draft invoice!");

    let provider = location.sent().await;
    let context = location.world.context(location.world.book);
    let payment = super::deletes::provider_payment(&provider);
    let rules = &OTHER;
    let books = &location.world.app.books;
    books.record_payment(&context, rules, payment, None).await.unwrap();
    let target = format!("/invoices/{provider}/void");
    let response = location
        .say(&mut transcript, "a provider's money", "POST", &target, &alt)
        .await;
    assert_bad_request(
        &response,
        "To void an invoice which has received payment through the payment provider, the corresponding transaction \
         needs to be refunded first",
    );
    let target = "/invoices/6578278e879ad2646715ba9c/void";
    let response = location.say(&mut transcript, "unknown", "POST", target, &alt).await;
    assert_bad_request(&response, super::NO_INVOICE);
    let response = location
        .say(&mut transcript, "without a body", "POST", target, "")
        .await;
    assert_eq!(response.status, 422);
    transcript.check();
}

#[tokio::test]
async fn closed_periods() {
    let location = Location::new().await;
    let draft = location.draft().await;
    let sent = location.sent().await;
    let context = location.world.context(location.world.book);
    let through = "2026-03-14".parse().unwrap();
    location.world.app.books.close_period(&context, through).await.unwrap();
    let before = location.state().await;
    let mut transcript = Transcript::new("highlevel/closed_period");
    let closed = "The books are closed through 2026-03-14, nothing can be posted on ";

    let target = format!("/invoices/{draft}/send");
    let members = location.with(send_members());
    let response = location.say(&mut transcript, "send", "POST", &target, &members).await;
    assert_bad_request(&response, &format!("{closed}2026-03-10"));
    let target = format!("/invoices/{draft}/record-payment");
    let cash = location.with(json!({"mode": "cash"}));
    let response = location
        .say(&mut transcript, "pay a draft", "POST", &target, &cash)
        .await;
    assert_bad_request(&response, &format!("{closed}2026-03-10"));
    let target = format!("/invoices/{sent}/record-payment");
    let earlier = location.with(json!({"mode": "cash", "fulfilledAt": "2026-03-14T23:59:59Z"}));
    let response = location
        .say(&mut transcript, "pay back then", "POST", &target, &earlier)
        .await;
    assert_bad_request(&response, &format!("{closed}2026-03-14"));
    assert_eq!(location.state().await, before);
    // A void posts its mirror today, and today is open: the closed month does not change.
    let target = format!("/invoices/{sent}/void");
    let alt = location.alt_body().to_string();
    let response = location.say(&mut transcript, "void", "POST", &target, &alt).await;
    assert_eq!(response.status, 200);
    transcript.check();
}

#[tokio::test]
async fn lists_are_paged_filtered_and_searched() {
    let location = Location::new().await;
    let mut ids = vec![location.draft().await, location.sent().await];
    ids.push(location.paid(Some("1.00")).await);
    ids.push(location.paid(None).await);
    let mut order = location.order();
    order["name"] = json!("Onboarding");
    order["issueDate"] = json!("2026-01-31");
    order["dueDate"] = json!("2026-02-28");
    order["liveMode"] = json!(false);
    order["contactDetails"]["id"] = json!("other-contact");
    order["contactDetails"]["email"] = json!("Kim@Example.com");
    let other = location.draft_of(&order).await;
    location.act(&other, "send", send_members()).await;
    ids.push(other);

    let cases: [(&str, &[usize], i64); 19] = [
        ("limit=100&offset=0", &[4, 3, 2, 1, 0], 5),
        ("limit=2&offset=0", &[4, 3], 5),
        ("limit=2&offset=4", &[0], 5),
        ("limit=2&offset=9", &[], 5),
        ("limit=9&offset=0&status=draft", &[0], 1),
        ("limit=9&offset=0&status=sent", &[4, 1], 2),
        ("limit=9&offset=0&status=partially_paid", &[2], 1),
        ("limit=9&offset=0&status=paid", &[3], 1),
        ("limit=9&offset=0&status=overdue", &[4], 1),
        ("limit=9&offset=0&status=unheard-of", &[], 0),
        ("limit=9&offset=0&startAt=2026-02-01&endAt=2026-03-10", &[3, 2, 1, 0], 4),
        ("limit=9&offset=0&contactId=other-contact", &[4], 1),
        ("limit=9&offset=0&contactId=nobody", &[], 0),
        ("limit=9&offset=0&search=onboard", &[4], 1),
        ("limit=9&offset=0&search=kim%40example.com", &[4], 1),
        ("limit=2&offset=1&search=alex", &[3, 2], 5),
        ("limit=9&offset=0&paymentMode=test", &[4], 1),
        ("limit=9&offset=0&paymentMode=default&search=", &[4, 3, 2, 1, 0], 5),
        (
            "limit=9&offset=0&sortField=issueDate&sortOrder=ascend",
            &[4, 0, 1, 2, 3],
            5,
        ),
    ];
    for (query, expected, total) in cases {
        let target = format!("/invoices?{}&{query}", location.alt());
        let response = location.send("GET", &target, "").await;
        assert_eq!(response.status, 200, "{query}");
        let body = body_of(&response);
        assert_valid("highlevel", "ListInvoicesResponseDto", &body);
        let found: Vec<&str> = body["invoices"]
            .as_array()
            .unwrap()
            .iter()
            .map(|invoice| invoice["_id"].as_str().unwrap())
            .collect();
        let expected: Vec<&str> = expected.iter().map(|place| ids[*place].as_str()).collect();
        assert_eq!((found, &body["total"]), (expected, &json!(total)), "{query}");
    }
}

#[tokio::test]
async fn figures_are_exact() {
    let location = Location::new().await;
    let tax = |rate: &str| json!([{"_id": "t", "name": "Tax", "rate": number(rate)}]);
    let item = |amount: &str, qty: &str, product: &str, taxes: Value| json!({"name": "Item", "currency": "usd", "amount": number(amount), "qty": number(qty), "productId": product, "taxes": taxes});
    let inclusive = |amount: &str, qty: &str, taxes: Value| {
        let mut item = item(amount, qty, "a", taxes);
        item["taxInclusive"] = json!(true);
        item
    };
    let two = json!([
        {"_id": "a", "name": "State", "rate": number("10")},
        {"_id": "b", "name": "City", "rate": 5},
    ]);
    // Items, discount; then subtotal, discount, tax, total.
    let cases = [
        (
            vec![item("0.1", "3", "a", json!([]))],
            json!({"type": "fixed", "value": 0}),
            ["0.3", "0", "0", "0.3"],
        ),
        (
            vec![
                item("33.33", "1", "a", tax("10")),
                item("33.33", "1", "a", tax("10")),
                item("33.34", "1", "a", tax("10")),
            ],
            json!({"type": "fixed", "value": 10}),
            ["100", "10", "9", "99"],
        ),
        (
            vec![item("999.99", "2.5", "a", tax("7.7")), item("10", "1", "b", json!([]))],
            json!({"type": "percentage", "value": number("12.5"), "validOnProductIds": ["a"]}),
            ["2509.98", "312.5", "168.44", "2365.92"],
        ),
        (
            vec![item("5", "1", "a", json!([]))],
            json!({"value": 100}),
            ["5", "5", "0", "0"],
        ),
        (
            vec![item("0", "7", "a", tax("19"))],
            json!({"type": "percentage"}),
            ["0", "0", "0", "0"],
        ),
        (
            vec![item("9999999999.99", "1", "a", json!([]))],
            json!({"type": "percentage", "value": 0}),
            ["9999999999.99", "0", "0", "9999999999.99"],
        ),
        // Prices that hold their tax stay what is to pay, also when the taxes are two or do not come out even.
        (
            vec![inclusive("119", "1", tax("19"))],
            json!({"type": "percentage", "value": 10}),
            ["100", "10", "17.1", "107.1"],
        ),
        (
            vec![inclusive("0.05", "1", two.clone()), item("1", "1", "a", tax("10"))],
            json!({"type": "fixed", "value": 0}),
            ["1.04", "0", "0.11", "1.15"],
        ),
        (
            vec![inclusive("33.33", "3", two)],
            json!({"type": "fixed", "value": number("9.99")}),
            ["86.95", "8.69", "11.74", "90"],
        ),
        (
            vec![inclusive("10", "1", json!([]))],
            json!({"type": "percentage", "value": 0}),
            ["10", "0", "0", "10"],
        ),
    ];
    for (items, discount, [subtotal, off, tax, total]) in cases {
        let mut order = location.order();
        order["items"] = Value::Array(items);
        order["discount"] = discount;
        let id = location.draft_of(&order).await;
        let body = body_of(&location.send("GET", &location.at(&id), "").await);
        let summary = &body["totalSummary"];
        let found = [
            &summary["subTotal"],
            &summary["discount"],
            &summary["tax"],
            &body["total"],
        ];
        let found = found.map(ToString::to_string);
        assert_eq!(found, [subtotal, off, tax, total].map(str::to_owned), "{order}");
        location.act(&id, "send", send_members()).await;
    }
}

fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

/// Another dialect: numbers at issue, with a prefix; a provider's money is welcome.
pub static OTHER: Rules = Rules {
    dialect: "other",
    deletion: DeletionRules {
        reach: Reach::Issued,
        payments: Attached::TakenAlong,
        refunds: Attached::TakenAlong,
        write_offs: Attached::TakenAlong,
        applied_credit: Attached::TakenAlong,
        texts: Texts::Kept,
        readable_by_id: true,
    },
    voiding: VoidRules {
        drafts: true,
        part_paid: MoneyOnVoid::Unapplied,
        paid: MoneyOnVoid::Unapplied,
    },
    editing: EditRules {
        standings: &[
            Standing::Open,
            Standing::PartPaid,
            Standing::Paid,
            Standing::PartWrittenOff,
            Standing::WrittenOff,
            Standing::Refunded,
        ],
    },
    payment: PaymentRules {
        drafts: PayingDrafts::IssuesFirst,
        excess: Excess::Refused,
        in_parts: true,
    },
    sends_again: true,
    numbering: NumberRules {
        at: NumberedAt::Issue,
        prefix: "INV-",
        width: 4,
    },
};

#[tokio::test]
async fn a_list_is_shown() {
    let location = Location::new().await;
    let sent = location.sent().await;
    location.draft().await;
    let mut transcript = Transcript::new("highlevel/list");
    for (title, more) in [
        ("a page of one", "&limit=1&offset=0"),
        (
            "those that were sent",
            "&limit=10&offset=0&status=sent&startAt=2026-03-01&endAt=2026-03-31&sortField=issueDate&sortOrder=ascend",
        ),
    ] {
        let target = format!("/invoices/?{}{more}", location.alt());
        let found = location.say(&mut transcript, title, "GET", &target, "").await;
        assert_valid("highlevel", "ListInvoicesResponseDto", &body_of(&found));
    }
    assert_eq!(location.status(&sent).await, "sent");
    transcript.check();
}
