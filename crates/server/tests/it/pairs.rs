//! Every pair of dialects, the native API among them: a document is made in one, acted on in the other, and read in all.
//!
//! Amounts, states and ids agree wherever it is looked at: each dialect spells the one id and the one state in its own way, and what
//! one may not do leaves everything as it was in both.

mod after_writing;
mod credits;
mod encoded;
mod lists;
mod odd;
mod office;

use quittance_accounting::identity::DocumentId;
use quittance_accounting::issuing::Hold;
use quittance_accounting::rounding::{Half, RoundedPer, Rounding};
use quittance_accounting::snapshot::Named;
use quittance_books::listing::InvoiceQuery;
use serde_json::{Value, json};

use office::{ALL, Dialect, Office, State, is_clean, text};

fn pairs() -> impl Iterator<Item = (Dialect, Dialect)> {
    let all = ALL
        .into_iter()
        .flat_map(|one| ALL.into_iter().map(move |other| (one, other)));
    all.filter(|(one, other)| one != other)
}

#[tokio::test]
async fn what_one_made_the_other_pays() {
    let office = Office::open().await;
    for (one, other) in pairs() {
        let what = format!("made in {one:?}, paid in {other:?}");
        let id = office.make(one, false).await;
        office.assert_shown(&what, id, State::Sent, 0).await;
        if other == Dialect::Bookeeping {
            // It knows no parts.
            office.pay(one, id, 4_000).await;
        } else {
            office.pay(other, id, 4_000).await;
        }
        office.assert_shown(&what, id, State::PartPaid, 4_000).await;
        office.pay(other, id, 6_000).await;
        office.assert_shown(&what, id, State::Paid, 10_000).await;
    }
    assert!(is_clean(&office).await);
}

#[tokio::test]
async fn what_one_made_the_other_voids() {
    let office = Office::open().await;
    let settled = async || {
        let found = office.world.app.books.open_and_settled(office.world.book).await;
        found.unwrap().1
    };
    let before = settled().await;
    for (one, other) in pairs() {
        let id = office.make(one, false).await;
        office.void(other, id).await;
        let what = format!("made in {one:?}, voided in {other:?}");
        office.assert_shown(&what, id, State::Void, 0).await;
    }
    assert_eq!(settled().await, before);
    assert!(is_clean(&office).await);
}

#[tokio::test]
async fn what_one_made_the_other_deletes_where_its_rules_reach() {
    let office = Office::open().await;
    let balances = async || {
        let lines = office.world.app.books.trial_balance(office.world.book).await.unwrap();
        let net: Vec<_> = lines.iter().map(|line| line.turnover.net()).collect();
        net
    };
    for (one, other) in pairs() {
        let before = balances().await;
        // Layer has no drafts of its own.
        if one != Dialect::Layer {
            let id = office.make(one, true).await;
            let what = format!("drafted in {one:?}, deleted in {other:?}");
            office.assert_shown(&what, id, State::Draft, 0).await;
            assert!((200..300).contains(&office.delete(other, id).await), "{what}");
            office.assert_shown(&what, id, State::Gone, 0).await;
            assert_eq!(balances().await, before, "{what}");
        }
        let id = office.make(one, false).await;
        let posted = balances().await;
        let what = format!("sent in {one:?}, deleted in {other:?}");
        let status = office.delete(other, id).await;
        if other.deletes_sent() {
            assert!((200..300).contains(&status), "{what}: {status}");
            office.assert_shown(&what, id, State::Gone, 0).await;
            assert_eq!(balances().await, before, "{what}");
        } else {
            assert!([400, 409].contains(&status), "{what}: {status}");
            office.assert_shown(&what, id, State::Sent, 0).await;
            assert_eq!(balances().await, posted, "{what}");
            assert!(
                (200..300).contains(&office.delete(Dialect::Campfire, id).await),
                "{what}"
            );
        }
    }
    assert!(is_clean(&office).await);
}

#[tokio::test]
async fn a_hold_is_in_the_way_of_every_delete_with_the_same_facts() {
    let office = Office::open().await;
    let (books, context) = (&office.world.app.books, office.world.context(office.world.book));
    for (one, other) in pairs() {
        let id = office.make(one, one != Dialect::Layer).await;
        let until = "2026-12-31".parse().unwrap();
        let hold = |hold, handed_over, reason: Option<&str>| {
            books.hold_invoice(&context, Named::Id(id), hold, handed_over, reason.map(str::to_owned))
        };
        hold(Hold::Until(until), false, Some("the flood of March"))
            .await
            .unwrap();
        let what = format!("made in {one:?}, on hold, deleted in {other:?}");
        let refused = office.try_delete(other, id).await;
        let told = String::from_utf8_lossy(&refused.body).into_owned();
        assert!([400, 409].contains(&refused.status), "{what}: {told}");
        // Where a dialect deletes drafts alone, its vendor's own reason against a sent one comes first.
        if one != Dialect::Layer || other.deletes_sent() {
            assert!(
                told.contains("2026-12-31") && told.contains("the flood of March"),
                "{what}: {told}"
            );
        }
        hold(Hold::Released, true, None).await.unwrap();
        let refused = office.try_delete(other, id).await;
        assert!([400, 409].contains(&refused.status), "{what}, handed over");
        let state = if one == Dialect::Layer {
            State::Sent
        } else {
            State::Draft
        };
        office.assert_shown(&what, id, state, 0).await;
    }
    assert!(is_clean(&office).await);
}

/// Half a cent in each of two lines, wherever percentages are turned into amounts.
#[tokio::test]
async fn percentages_follow_the_rule_of_the_book() {
    let office = Office::open().await;
    let (books, context) = (&office.world.app.books, office.world.context(office.world.book));
    let rule = |per, half| books.change_rounding(&context, Rounding { per, half });
    let taxed = json!({"name": "Work", "quantity": 1, "unitPrice": 10.1, "tax": {"type": "PERCENTAGE", "value": 5}});
    let bookeeping = json!({"invoiceDate": "2026-03-10", "dueDate": "2026-04-30", "currency": "USD",
        "counterParty": office.counterparty, "lineItems": [taxed, taxed]});
    let item = json!({"name": "Work", "currency": "USD", "amount": 10.1, "qty": 1,
        "taxes": [{"_id": "t", "name": "VAT", "rate": 5}]});
    let highlevel = office.with_alt(json!({"name": "Work", "currency": "USD", "issueDate": "2026-03-10",
        "dueDate": "2026-04-30", "businessDetails": {"name": "Acme"}, "discount": {"type": "percentage", "value": 0},
        "contactDetails": {"id": "kim", "name": "Kim", "phoneNo": "+1", "email": "kim@example.com"},
        "sentTo": {"email": ["kim@example.com"]}, "liveMode": true, "items": [item, item]}));
    let off = json!({"description": "Work", "quantity": 1, "rate": 10.1, "discount_percentage": 5});
    let campfire = json!({"entity": 1, "invoice_date": "2026-03-10", "due_date": "2026-04-30", "lines": [off, off]});
    // Two taxes of 0.505, and two discounts of as much, each of which is rounded by itself.
    for (per, half, tax, discount) in [
        (RoundedPer::Line, Half::Up, 102, 102),
        (RoundedPer::Line, Half::Even, 100, 100),
        (RoundedPer::Document, Half::Up, 101, 102),
        (RoundedPer::Document, Half::Even, 101, 100),
    ] {
        rule(per, half).await.unwrap();
        for (dialect, body, total) in [
            (Dialect::Bookeeping, &bookeeping, 2_020 + tax),
            (Dialect::HighLevel, &highlevel, 2_020 + tax),
            (Dialect::Campfire, &campfire, 2_020 - discount),
        ] {
            let list = office.path(dialect, None).await;
            office.good(dialect, "POST", &list, body).await;
            let query = InvoiceQuery {
                filter: Default::default(),
                order: Default::default(),
                descending: true,
                after: None,
                offset: 0,
                limit: 1,
                count: false,
            };
            let newest = books.invoices(office.world.book, &query).await.unwrap().invoices;
            assert_eq!(
                newest[0].invoice.total.minor(),
                total,
                "{dialect:?} per {per:?}, {half:?}"
            );
        }
    }
    assert!(is_clean(&office).await);
}

/// Where the wire names a currency, or none has to be named, an invoice in another than the book's is paid; elsewhere it is refused with
/// that currency, and nothing happens.
#[tokio::test]
async fn an_invoice_in_another_currency_is_paid_where_that_can_be_said() {
    let office = Office::open().await;
    let rate = json!({"exchange_rate": "1.10"});
    office.native("PUT", "/api/v1/rates/EUR/2026-03-01", rate).await;
    let euros = |issue: bool| {
        let price = json!({"amount": "100.00", "currency": "EUR"});
        json!({"issue": issue, "invoice_date": "2026-03-10", "due_on": "2026-04-30",
            "lines": [{"name": "Work", "unit_price": price}]})
    };
    let refused = async |dialect: Dialect, method: &str, target: &str, body: Value| {
        let refused = office.send(dialect, method, target, &body).await;
        let words = String::from_utf8_lossy(&refused.body).into_owned();
        assert_eq!(refused.status, 400, "{dialect:?} {target}: {words}");
        assert!(words.contains("EUR"), "{dialect:?} {target}: {words}");
    };
    for dialect in ALL {
        let made = office.native("POST", "/api/v1/invoices", euros(true)).await;
        let id = DocumentId::from_hex(&text(&made, "/id")).unwrap();
        let what = format!("in euros, paid in {dialect:?}");
        let path = office.path(dialect, Some(id)).await;
        match dialect {
            Dialect::Campfire | Dialect::HighLevel => {
                office.pay(dialect, id, 4_000).await;
                office.assert_shown(&what, id, State::PartPaid, 4_000).await;
            }
            Dialect::Bookeeping => {
                office.pay(dialect, id, 10_000).await;
                office.assert_shown(&what, id, State::Paid, 10_000).await;
            }
            Dialect::Native | Dialect::Moov => {
                let (target, mut body) = office.payment(dialect, id, 4_000).await;
                // In dollars it is refused where the currency stands, in euros it is taken.
                let refused = office.send(dialect, "POST", &target, &body).await;
                assert_eq!(refused.status, 422, "{what}: {refused:?}");
                assert!(
                    String::from_utf8_lossy(&refused.body).contains("EUR"),
                    "{what}: {refused:?}"
                );
                let amount = match dialect {
                    Dialect::Moov => &mut body["amount"],
                    _ => &mut body["invoices"][0]["amount"],
                };
                amount["currency"] = json!("EUR");
                office.good(dialect, "POST", &target, &body).await;
                office.assert_shown(&what, id, State::PartPaid, 4_000).await;
            }
            Dialect::Layer => {
                let (target, body) = office.payment(dialect, id, 4_000).await;
                refused(dialect, "POST", &target, body).await;
                refused(dialect, "PATCH", &path, json!({"memo": "changed"})).await;
                office.assert_shown(&what, id, State::Sent, 0).await;
            }
        }
        if dialect == Dialect::Layer {
            refused(dialect, "POST", &format!("{path}/write-off"), json!({"amount": 100})).await;
        }
    }
    let draft = office.native("POST", "/api/v1/invoices", euros(false)).await;
    let draft = DocumentId::from_hex(&text(&draft, "/id")).unwrap();
    let path = office.path(Dialect::Bookeeping, Some(draft)).await;
    refused(Dialect::Bookeeping, "PATCH", &path, json!({"note": "changed"})).await;
    assert!(is_clean(&office).await);
}
