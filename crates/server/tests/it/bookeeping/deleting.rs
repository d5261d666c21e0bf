//! Every way in which a delete can end.

use jiff::civil::date;
use quittance_accounting::account::AccountRole;
use quittance_accounting::identity::DocumentId;
use quittance_accounting::issuing::{AccountChoice, NumberChoice};
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::rules::{DeletionRules, PaymentRules, Reach, Rules, Texts};
use quittance_accounting::settlement::{Method, Witness};
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;
use quittance_books::content::{CustomerContent, InvoiceContent, PaymentContent};
use quittance_books::input::{CustomerInput, DeleteOptions, InvoiceInput, LineInput, PaymentInput};
use quittance_server::dialects::bookeeping::rules::RULES;
use serde_json::json;

use super::super::golden::{Transcript, World, json, refund, write_off};
use super::{Desk, INVOICES, message, text, trial};

const DRAFT_ONLY: &str = "Only invoices in draft status can be deleted.";

#[tokio::test]
async fn a_draft_goes_for_good() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("bookeeping/delete");
    let before = trial(&desk.world, desk.world.book).await;
    let id = desk.draft(json!({"note": "a secret"})).await;
    let path = format!("{INVOICES}/{id}");
    let deleted = desk.say(&mut said, "a draft", ["DELETE", &path, ""], "Deleted").await;
    assert_eq!(deleted.status, 200);
    assert_eq!(deleted.header("content-type"), Some("application/json"));
    assert!(deleted.header("quittance-receipt").is_some());
    assert_eq!(json(&deleted)["data"], json!({}));
    desk.say(&mut said, "a second time", ["DELETE", &path, ""], "Error400")
        .await;
    desk.say(&mut said, "and a read", ["GET", &path, ""], "Error400").await;
    let list = desk
        .say(&mut said, "and the list", ["GET", INVOICES, ""], "InvoicesAnswer")
        .await;
    assert_eq!(json(&list)["data"], json!({"invoices": [], "count": 0}));
    assert_eq!(trial(&desk.world, desk.world.book).await, before);
    let named = Named::Id(DocumentId::from_hex(&id).unwrap());
    assert_eq!(
        desk.world.app.books.invoice(desk.world.book, &named).await.unwrap(),
        None
    );
    let events = desk.world.app.books.events(desk.world.book, 0, 1000).await.unwrap();
    assert!(!format!("{events:?}").contains("a secret"));
    for verb in ["send", "cancel"] {
        let answer = desk.send("POST", &format!("{path}/{verb}"), "").await;
        assert_eq!(
            (answer.status, message(&answer).as_str()),
            (400, "Invoice not found"),
            "{verb}"
        );
    }
    let paid = desk
        .send("POST", &format!("{path}/mark-as-paid"), &desk.payment_body())
        .await;
    assert_eq!((paid.status, message(&paid).as_str()), (400, "Invoice not found"));
    said.check();
}

#[tokio::test]
async fn every_other_state_is_refused_and_untouched() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("bookeeping/delete_not_a_draft");
    let sent = desk.sent(json!({})).await;
    let overdue = desk.sent(json!({"dueDate": "2026-03-02T00:00:00Z"})).await;
    let paid = desk.sent(json!({})).await;
    desk.send("POST", &format!("{INVOICES}/{paid}/mark-as-paid"), &desk.payment_body())
        .await;
    let cancelled = desk.sent(json!({})).await;
    desk.send(
        "POST",
        &format!("{INVOICES}/{cancelled}/cancel"),
        r#"{"cancellationReason":"twice"}"#,
    )
    .await;
    let before = trial(&desk.world, desk.world.book).await;
    for (id, status) in [
        (sent, "SENT"),
        (overdue, "OVERDUE"),
        (paid, "PAID"),
        (cancelled, "CANCELLED"),
    ] {
        assert_eq!(desk.status(&id).await, status);
        let refused = desk
            .say(
                &mut said,
                status,
                ["DELETE", &format!("{INVOICES}/{id}"), ""],
                "Error400",
            )
            .await;
        assert_eq!((refused.status, message(&refused).as_str()), (400, DRAFT_ONLY));
        assert!(refused.header("quittance-receipt").is_none());
        assert_eq!(desk.status(&id).await, status);
    }
    assert_eq!(trial(&desk.world, desk.world.book).await, before);
    said.check();
}

/// Rules of nobody: pay in parts, delete anything and still show it.
const ELSEWHERE: Rules = Rules {
    dialect: "elsewhere",
    deletion: DeletionRules {
        reach: Reach::Issued,
        texts: Texts::Kept,
        readable_by_id: true,
        ..RULES.deletion
    },
    payment: PaymentRules {
        in_parts: true,
        ..RULES.payment
    },
    ..RULES
};

fn one_dollar(invoice: Named) -> PaymentInput {
    PaymentInput {
        currency: None,
        rate: None,
        customer: None,
        paid_on: None,
        paid_at: None,
        amount: None,
        method: Method::Cash,
        witness: Witness::Bank,
        clearing: AccountChoice::Role(AccountRole::Clearing),
        parts: vec![(invoice, Part::Exactly(Amount::new(100).unwrap()))],
        external_id: None,
        content: PaymentContent::default(),
    }
}

#[tokio::test]
async fn states_that_only_other_dialects_make() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("bookeeping/delete_elsewhere");
    let (books, context) = (&desk.world.app.books, desk.world.context(desk.world.book));
    let named = |id: &str| Named::Id(DocumentId::from_hex(id).unwrap());
    let cents = |cents: i64| Amount::new(cents);
    let part_paid = desk.sent(json!({})).await;
    let payment = one_dollar(named(&part_paid));
    books.record_payment(&context, &ELSEWHERE, payment, None).await.unwrap();
    let refunded = desk.sent(json!({})).await;
    desk.send(
        "POST",
        &format!("{INVOICES}/{refunded}/mark-as-paid"),
        &desk.payment_body(),
    )
    .await;
    books
        .record_refund(&context, refund(named(&refunded), cents(10_000)))
        .await
        .unwrap();
    let written_off = desk.sent(json!({})).await;
    books
        .write_off(&context, write_off(named(&written_off), cents(10_000)))
        .await
        .unwrap();
    let part_written_off = desk.sent(json!({})).await;
    books
        .write_off(&context, write_off(named(&part_written_off), cents(1)))
        .await
        .unwrap();
    for (title, id, status, cancelled) in [
        ("part paid", &part_paid, "SENT", "payment"),
        ("refunded", &refunded, "PAID", "sent or overdue"),
        ("written off", &written_off, "CANCELLED", "written off"),
        ("part written off", &part_written_off, "SENT", "written off"),
    ] {
        assert_eq!(desk.status(id).await, status, "{title}");
        let path = format!("{INVOICES}/{id}");
        desk.say(&mut said, title, ["GET", &path, ""], "InvoiceAnswer").await;
        let refused = desk.say(&mut said, "delete", ["DELETE", &path, ""], "Error400").await;
        assert_eq!(message(&refused), DRAFT_ONLY, "{title}");
        let cancel = format!("{path}/cancel");
        let refused = desk.say(&mut said, "cancel", ["POST", &cancel, ""], "Error400").await;
        assert!(message(&refused).contains(cancelled), "{title}: {}", message(&refused));
    }
    let mark = format!("{INVOICES}/{part_paid}/mark-as-paid");
    let paid = desk
        .say(
            &mut said,
            "the rest is paid",
            ["POST", &mark, &desk.payment_body()],
            "InvoiceAnswer",
        )
        .await;
    assert_eq!(text(&json(&paid), "/data/status"), "PAID");
    said.check();
}

#[tokio::test]
async fn what_another_dialect_deleted_and_still_shows() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("bookeeping/deleted_elsewhere");
    let (books, context) = (&desk.world.app.books, desk.world.context(desk.world.book));
    let named = |id: &str| Named::Id(DocumentId::from_hex(id).unwrap());
    let gone = desk.sent(json!({})).await;
    books
        .delete_invoice(&context, &ELSEWHERE, named(&gone), DeleteOptions::default())
        .await
        .unwrap();
    assert!(books.invoice(desk.world.book, &named(&gone)).await.unwrap().is_some());
    let path = format!("{INVOICES}/{gone}");
    desk.say(
        &mut said,
        "deleted elsewhere, where it still shows",
        ["GET", &path, ""],
        "Error400",
    )
    .await;
    let again = desk
        .say(&mut said, "deleted again", ["DELETE", &path, ""], "Error400")
        .await;
    assert_eq!(message(&again), "Invoice not found");
    said.check();
}

#[tokio::test]
async fn ids_that_name_nothing_here() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("bookeeping/delete_unknown");
    let other_book = desk.world.open_book("Elsewhere").await;
    let other_token = desk
        .world
        .make_token(other_book, quittance_accounting::book::Role::Admin, &[], None)
        .await;
    let id = desk.draft(json!({})).await;
    let path = format!("{INVOICES}/{id}");
    let foreign = ("authorization", format!("Bearer {other_token}"));
    let refused = said
        .say(
            &desk.world,
            "another project's draft",
            "DELETE",
            &path,
            &[(foreign.0, &foreign.1)],
            "",
        )
        .await;
    assert_eq!((refused.status, message(&refused).as_str()), (400, "Invoice not found"));
    assert_eq!(desk.status(&id).await, "DRAFT");
    let unknown = format!("{INVOICES}/666666666666666666666666");
    desk.say(&mut said, "unknown", ["DELETE", &unknown, ""], "Error400")
        .await;
    for malformed in [
        "/",
        "1",
        "66666666666666666666666g",
        "6666666666666666666666666",
        "%00",
        "a%2Fb",
        "%FF",
        "INV-000001",
    ] {
        let path = format!("{INVOICES}/{malformed}");
        let refused = desk
            .say(&mut said, "malformed", ["DELETE", &path, ""], "Error400")
            .await;
        assert_eq!(refused.status, 400, "{malformed}");
    }
    let upper = format!("{INVOICES}/{}", id.to_uppercase());
    desk.say(&mut said, "capital digits", ["DELETE", &upper, ""], "Deleted")
        .await;
    said.check();
}

#[tokio::test]
async fn holds_and_closed_periods() {
    let desk = Desk::new().await;
    let mut said = Transcript::new("bookeeping/delete_held_and_closed");
    let (books, context) = (&desk.world.app.books, desk.world.context(desk.world.book));
    let named = |id: &str| Named::Id(DocumentId::from_hex(id).unwrap());
    let held = desk.draft(json!({})).await;
    books
        .hold_invoice(
            &context,
            named(&held),
            quittance_accounting::issuing::Hold::Until(date(2026, 12, 31)),
            false,
            None,
        )
        .await
        .unwrap();
    let path = format!("{INVOICES}/{held}");
    let refused = desk
        .say(&mut said, "a draft on hold", ["DELETE", &path, ""], "Error400")
        .await;
    assert!(message(&refused).contains("hold"));
    books
        .hold_invoice(
            &context,
            named(&held),
            quittance_accounting::issuing::Hold::AsItIs,
            true,
            None,
        )
        .await
        .unwrap();
    desk.say(&mut said, "a draft handed over", ["DELETE", &path, ""], "Error400")
        .await;

    let (draft, sent) = (desk.draft(json!({})).await, desk.sent(json!({})).await);
    books.close_period(&context, date(2026, 3, 14)).await.unwrap();
    let path = format!("{INVOICES}/{sent}");
    let refused = desk
        .say(&mut said, "sent, closed", ["DELETE", &path, ""], "Error400")
        .await;
    assert_eq!(message(&refused), DRAFT_ONLY);
    let send = format!("{INVOICES}/{draft}/send");
    desk.say(
        &mut said,
        "a closed period blocks send",
        ["POST", &send, ""],
        "Error400",
    )
    .await;
    let path = format!("{INVOICES}/{draft}");
    desk.say(&mut said, "but no delete of a draft", ["DELETE", &path, ""], "Deleted")
        .await;
    said.check();
}

#[tokio::test]
async fn a_body_on_delete_changes_nothing() {
    let desk = Desk::new().await;
    for body in ["{}", "{\"force\":true}", "not json", "[", "\u{0}"] {
        let id = desk.draft(json!({})).await;
        let deleted = desk.send("DELETE", &format!("{INVOICES}/{id}"), body).await;
        assert_eq!(deleted.status, 200, "{body:?}");
        let sent = desk.sent(json!({})).await;
        let refused = desk
            .send("DELETE", &format!("{INVOICES}/{sent}?force=true"), body)
            .await;
        assert_eq!((refused.status, message(&refused).as_str()), (400, DRAFT_ONLY));
        desk.world.pass_seconds(60);
    }
}

#[tokio::test]
async fn of_two_that_race_one_wins() {
    let desk = Desk::new().await;
    for other in ["DELETE", "POST"] {
        let id = desk.draft(json!({})).await;
        let path = format!("{INVOICES}/{id}");
        let rival = match other {
            "POST" => format!("{path}/send"),
            _ => path.clone(),
        };
        let (one, two) = tokio::join!(desk.send(other, &rival, ""), desk.send("DELETE", &path, ""));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400], "{other}");
    }
}

#[tokio::test]
async fn numbers_of_deleted_drafts() {
    let desk = Desk::new().await;
    let number = async |id: &str| {
        text(
            &json(&desk.send("GET", &format!("{INVOICES}/{id}"), "").await),
            "/data/invoiceId",
        )
    };
    let first = desk.draft(json!({})).await;
    assert_eq!(number(&first).await, "INV-000001");
    desk.send("DELETE", &format!("{INVOICES}/{first}"), "").await;
    assert_eq!(number(&desk.draft(json!({})).await).await, "INV-000002");
    let own = desk.draft(json!({"invoiceId": "A-1"})).await;
    let taken = desk
        .send("POST", INVOICES, &desk.draft_body(json!({"invoiceId": "A-1"})))
        .await;
    assert_eq!(taken.status, 409);
    desk.send("DELETE", &format!("{INVOICES}/{own}"), "").await;
    assert_eq!(number(&desk.draft(json!({"invoiceId": "A-1"})).await).await, "A-1");
}

#[tokio::test]
async fn a_draft_of_another_dialect() {
    let desk = Desk::over(World::new().await).await;
    let (books, context) = (&desk.world.app.books, desk.world.context(desk.world.book));
    let content = CustomerContent {
        name: "From elsewhere".to_owned(),
        address: Some("1 Road".to_owned()),
        ..CustomerContent::default()
    };
    let customer = CustomerInput {
        external_id: Some("ext-1".to_owned()),
        content,
    };
    let customer = books.add_customer(&context, customer).await.unwrap();
    let input = foreign_invoice(customer.customer.id);
    let made = books.create_invoice(&context, &RULES, input, None).await.unwrap();
    let path = format!("{INVOICES}/{}", made.invoice.id.hex());
    let mut said = Transcript::new("bookeeping/another_dialects_draft");
    desk.say(&mut said, "shown", ["GET", &path, ""], "InvoiceAnswer").await;
    desk.say(&mut said, "deleted", ["DELETE", &path, ""], "Deleted").await;
    said.check();
}

fn foreign_invoice(customer: DocumentId) -> InvoiceInput {
    let tax = (AccountChoice::Role(AccountRole::SalesTax), Amount::new(5).unwrap());
    InvoiceInput {
        rate: None,
        customer: Some(Named::Id(customer)),
        currency: Currency::USD,
        number: NumberChoice::Counted,
        external_id: None,
        invoice_date: None,
        due: None,
        sent_at: None,
        issue: false,
        lines: vec![LineInput {
            account: AccountChoice::Role(AccountRole::Sales),
            product: None,
            quantity: "1.5".parse().unwrap(),
            unit_price: "3.333".parse().unwrap(),
            subtotal: None,
            discount: Amount::new(1).unwrap(),
            taxes: vec![tax.clone()],
        }],
        discount: Amount::new(2).unwrap(),
        taxes: vec![tax],
        tip: Amount::new(7).unwrap(),
        content: InvoiceContent::default(),
    }
}
