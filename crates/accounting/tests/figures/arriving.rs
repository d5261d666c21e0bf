//! Money in progress, and money that comes when its invoice is no longer there to be paid.

use jiff::civil::{Date, date};
use quittance_accounting::arriving::{Confirmation, Voucher, begin_payment, confirm_payment, fail_payment};
use quittance_accounting::deletion::delete_invoice;
use quittance_accounting::identity::{InvoiceKey, PaymentKey};
use quittance_accounting::invoice::Standing;
use quittance_accounting::issuing::create_invoice;
use quittance_accounting::money::Currency;
use quittance_accounting::periods::close_period;
use quittance_accounting::plan::EventKind;
use quittance_accounting::refusal::Refusal;
use quittance_accounting::settlement::{Method, Payment};
use quittance_accounting::voiding::void_invoice;

use crate::model::*;

const OPEN: i64 = 10_000;

fn book(issue: bool) -> Model {
    let mut model = Model::new(Currency::USD);
    let new = invoice(1, issue, vec![line("SALES", OPEN)]);
    model.run(|s, m| create_invoice(s, m, &NATIVE, new.clone())).unwrap();
    model
}

fn fact(n: u64, units: i64, day: Date) -> Confirmation {
    Confirmation {
        currency: None,
        rate: None,
        id: id(n),
        invoice: named(1),
        amount: minor(units),
        value_date: day,
        paid_at: "2026-05-20T08:00:00Z".parse().unwrap(),
        method: Method::Card,
        voucher: Voucher::Provider,
        external_id: Some(format!("tr-{n}")),
        content: texts(n),
    }
}

fn confirm(model: &mut Model, fact: &Confirmation) -> (EventKind, Payment) {
    let plan = model.run(|s, m| confirm_payment(s, m, fact.clone())).unwrap();
    let payment = &model.snapshot.tables().payments[&PaymentKey(plan.subject.number)];
    (plan.kind, Payment::clone(payment))
}

fn dates_of(model: &Model, payment: &Payment) -> Vec<Date> {
    let entries = model.snapshot.tables().entries.values();
    let own = entries.filter(|entry| entry.document == payment.key.into());
    own.map(|entry| entry.date).collect()
}

#[test]
fn money_in_progress_keeps_its_invoice() {
    let mut model = book(true);
    let begin = |model: &mut Model, units: Option<i64>| {
        model
            .run(|s, m| begin_payment(s, m, &named(1), units.map(minor)))
            .map(|_| ())
    };
    begin(&mut model, Some(6_000)).unwrap();
    let (open, offered) = (minor(4_000), minor(4_001));
    assert_eq!(
        begin(&mut model, Some(4_001)).map_err(refusals),
        Err(vec![Refusal::Overpayment { open, offered }])
    );
    let pending = minor(6_000);
    let in_progress = Refusal::PaymentInProgress { pending };
    let deleted = model
        .run(|s, m| delete_invoice(s, m, &CAMPFIRE, &named(1), 9))
        .map_err(refusals);
    assert_eq!(deleted.unwrap_err()[0], in_progress);
    let voided = model
        .run(|s, m| void_invoice(s, m, &CAMPFIRE, &named(1), None))
        .map_err(refusals);
    assert_eq!(voided.unwrap_err()[0], in_progress);
    let fail = |model: &mut Model, units: Option<i64>| {
        model
            .run(|s, m| fail_payment(s, m, &named(1), units.map(minor)))
            .map(|_| ())
    };
    assert!(fail(&mut model, Some(6_001)).is_err());
    fail(&mut model, Some(1_000)).unwrap();
    let (kind, _) = confirm(&mut model, &fact(2, 5_000, date(2026, 5, 20)));
    assert_eq!(kind, EventKind::PaymentConfirmed);
    let invoice = model.invoice(&named(1)).unwrap();
    assert_eq!((invoice.pending, invoice.standing()), (minor(0), Standing::PartPaid));
    assert!(fail(&mut model, None).is_err(), "nothing is in progress any more");
    begin(&mut model, None).unwrap();
    assert_eq!(model.invoice(&named(1)).unwrap().pending, minor(5_000));
    fail(&mut model, None).unwrap();
    model.run(|s, m| delete_invoice(s, m, &CAMPFIRE, &named(1), 9)).unwrap();
}

#[test]
fn money_for_what_is_gone_stays_unapplied_and_says_what_it_was_for() {
    let day = date(2026, 5, 20);
    let gone: [fn(&mut Model); 2] = [
        |model| {
            model.run(|s, m| delete_invoice(s, m, &CAMPFIRE, &named(1), 9)).unwrap();
        },
        |model| {
            model
                .run(|s, m| void_invoice(s, m, &CAMPFIRE, &named(1), None))
                .unwrap();
        },
    ];
    for goes in gone {
        let mut model = book(true);
        goes(&mut model);
        let before = model.invoice(&named(1));
        let (kind, payment) = confirm(&mut model, &fact(2, OPEN, day));
        assert_eq!(kind, EventKind::PaymentArrivedLate);
        assert_eq!(
            (payment.unallocated, payment.meant_for),
            (minor(OPEN), Some(InvoiceKey(1)))
        );
        assert_eq!(
            (
                model.balance("UNAPPLIED_PAYMENTS"),
                model.balance("ACCOUNTS_RECEIVABLE")
            ),
            (-OPEN, 0)
        );
        assert_eq!(model.balance("UNDEPOSITED_FUNDS"), OPEN);
        assert_eq!(model.invoice(&named(1)), before);
    }
}

#[test]
fn a_draft_and_a_paid_invoice_take_no_more_than_is_owed() {
    let day = date(2026, 5, 20);
    let mut draft = book(false);
    let (kind, payment) = confirm(&mut draft, &fact(2, OPEN, day));
    assert_eq!(
        (kind, payment.unallocated),
        (EventKind::PaymentArrivedLate, minor(OPEN))
    );
    let mut model = book(true);
    let (kind, payment) = confirm(&mut model, &fact(2, OPEN + 700, day));
    assert_eq!((kind, payment.unallocated), (EventKind::PaymentConfirmed, minor(700)));
    assert_eq!(payment.meant_for, Some(InvoiceKey(1)));
    let (kind, payment) = confirm(&mut model, &fact(3, 500, day));
    assert_eq!((kind, payment.unallocated), (EventKind::PaymentArrivedLate, minor(500)));
    let exact = confirm(&mut book(true), &fact(2, OPEN, day)).1;
    assert_eq!((exact.unallocated, exact.meant_for), (minor(0), None));
}

#[test]
fn money_for_nothing_that_is_known_is_still_money() {
    let mut model = book(true);
    let unknown = Confirmation {
        invoice: named(77),
        ..fact(2, 900, date(2026, 5, 20))
    };
    let (kind, payment) = confirm(&mut model, &unknown);
    assert_eq!(
        (kind, payment.meant_for, payment.unallocated),
        (EventKind::PaymentArrivedLate, None, minor(900))
    );
}

#[test]
fn a_fact_in_a_closed_period_posts_on_the_first_open_day_and_keeps_its_value_date() {
    let mut model = book(true);
    model.run(|s, m| close_period(s, m, date(2026, 5, 31), 1)).unwrap();
    let day = date(2026, 5, 20);
    let (_, payment) = confirm(&mut model, &fact(2, OPEN, day));
    assert_eq!(payment.paid_on, day);
    assert_eq!(dates_of(&model, &payment), [date(2026, 6, 1), date(2026, 6, 1)]);
    let (_, payment) = confirm(&mut model, &fact(3, 1, date(2026, 6, 2)));
    assert_eq!(dates_of(&model, &payment), [date(2026, 6, 2)]);
}

#[test]
fn the_same_fact_is_taken_once() {
    let mut model = book(true);
    let fact = fact(2, 100, date(2026, 5, 20));
    confirm(&mut model, &fact);
    let again = Confirmation { id: id(3), ..fact };
    let refused = model.run(|s, m| confirm_payment(s, m, again.clone())).map_err(refusals);
    assert!(matches!(refused.unwrap_err()[0], Refusal::ExternalIdTaken { .. }));
    let nothing = Confirmation {
        amount: minor(0),
        external_id: None,
        ..again
    };
    let refused = model
        .run(|s, m| confirm_payment(s, m, nothing.clone()))
        .map_err(refusals);
    assert!(matches!(refused.unwrap_err()[0], Refusal::AmountNotPositive { .. }));
}
