//! Payments, refunds, write-offs, voids and periods.

use jiff::civil::date;
use quittance_accounting::account::AccountRole;
use quittance_accounting::content::Fate;
use quittance_accounting::deletion::delete_invoice;
use quittance_accounting::invoice::Standing;
use quittance_accounting::issuing::{AccountChoice, create_invoice};
use quittance_accounting::journal::EntryKind;
use quittance_accounting::money::{Currency, LARGEST_AMOUNT};
use quittance_accounting::periods::{close_period, reopen_period};
use quittance_accounting::record::{Change, Record};
use quittance_accounting::refunding::{RefundOf, delete_refund, record_refund};
use quittance_accounting::refusal::Refusal;
use quittance_accounting::rules::{Excess, Rules};
use quittance_accounting::settlement::Witness;
use quittance_accounting::settling::{NewPayment, Part, record_payment};
use quittance_accounting::snapshot::Named;
use quittance_accounting::voiding::void_invoice;
use quittance_accounting::writing_off::write_off;

use crate::model::*;

fn book(totals: &[i64], issue: bool) -> Model {
    let mut model = Model::new(Currency::USD);
    for (n, total) in (1..).zip(totals) {
        let new = invoice(n, issue, vec![line("SALES", *total)]);
        model
            .run(|snapshot, moment| create_invoice(snapshot, moment, &NATIVE, new.clone()))
            .unwrap();
    }
    model
}

fn pay(model: &mut Model, rules: &Rules, new: NewPayment) -> Result<(), Vec<Refusal>> {
    let plan = model.run(|snapshot, moment| record_payment(snapshot, moment, rules, new.clone()));
    plan.map(|_| ()).map_err(refusals)
}

#[test]
fn a_payment_on_a_draft_issues_it() {
    let mut model = book(&[10_000], false);
    pay(
        &mut model,
        &NATIVE,
        payment(11, vec![(named(1), Part::Exactly(minor(4_000)))]),
    )
    .unwrap();
    let paid = model.invoice(&named(1)).unwrap();
    assert_eq!((paid.standing(), paid.open()), (Standing::PartPaid, minor(6_000)));
    assert_eq!(model.balance("ACCOUNTS_RECEIVABLE"), 6_000);
    assert_eq!(model.balance("UNDEPOSITED_FUNDS"), 4_000);
}

#[test]
fn too_much_money_stays_unapplied_or_is_refused() {
    let mut model = book(&[10_000], true);
    let much = payment(11, vec![(named(1), Part::Exactly(minor(12_500)))]);
    let mut strict = NATIVE;
    strict.payment.excess = Excess::Refused;
    let (open, offered) = (minor(10_000), minor(12_500));
    assert_eq!(
        pay(&mut model, &strict, much.clone()),
        Err(vec![Refusal::Overpayment { open, offered }])
    );
    pay(&mut model, &NATIVE, much).unwrap();
    assert_eq!(model.balance("UNAPPLIED_PAYMENTS"), -2_500);
    assert_eq!(model.balance("ACCOUNTS_RECEIVABLE"), 0);
}

#[test]
fn parts_beyond_the_payment_are_refused() {
    let mut model = book(&[10_000, 10_000], true);
    let mut new = payment(11, vec![(named(1), Part::WhatIsOpen), (named(2), Part::WhatIsOpen)]);
    new.amount = Some(minor(15_000));
    let (amount, allocated) = (minor(15_000), minor(20_000));
    assert_eq!(
        pay(&mut model, &NATIVE, new),
        Err(vec![Refusal::OverAllocated { amount, allocated }])
    );
}

#[test]
fn an_offer_that_passes_the_largest_amount_is_refused_and_not_cut() {
    let mut model = book(&[10_000, 10_000], true);
    let largest = Part::Exactly(minor(LARGEST_AMOUNT));
    let new = payment(11, vec![(named(1), largest), (named(2), largest)]);
    assert_eq!(pay(&mut model, &NATIVE, new), Err(vec![Refusal::AmountTooLarge]));
}

#[test]
fn the_part_of_a_control_account_can_not_be_chosen_for_a_line_or_for_money() {
    let mut model = book(&[10_000], true);
    for role in [AccountRole::Receivable, AccountRole::UnappliedPayments] {
        let mut new = invoice(5, true, vec![line("SALES", 10_000)]);
        new.lines[0].account = AccountChoice::Role(role);
        let refused = model.run(|snapshot, moment| create_invoice(snapshot, moment, &NATIVE, new.clone()));
        assert_eq!(refusals(refused.unwrap_err()), [Refusal::ControlAccount { role }]);
        let mut new = payment(11, vec![(named(1), Part::WhatIsOpen)]);
        new.clearing = AccountChoice::Role(role);
        assert_eq!(
            pay(&mut model, &NATIVE, new),
            Err(vec![Refusal::ControlAccount { role }])
        );
    }
}

#[test]
fn no_more_can_be_given_back_than_was_paid() {
    let mut model = book(&[10_000], true);
    pay(&mut model, &NATIVE, payment(11, vec![(named(1), Part::WhatIsOpen)])).unwrap();
    let refund = |model: &mut Model, n, amount| {
        let new = new_refund(n, named(1), amount);
        let plan = model.run(|snapshot, moment| record_refund(snapshot, moment, new.clone()));
        plan.map(|_| ()).map_err(refusals)
    };
    refund(&mut model, 21, Some(minor(3_000))).unwrap();
    let over = Refusal::OverRefund {
        refundable: minor(7_000),
        asked: minor(7_001),
    };
    assert_eq!(refund(&mut model, 22, Some(minor(7_001))), Err(vec![over]));
    refund(&mut model, 22, None).unwrap();
    let refunded = model.invoice(&named(1)).unwrap();
    assert_eq!((refunded.standing(), refunded.open()), (Standing::Refunded, minor(0)));
    assert_eq!(
        (model.balance("CUSTOMER_REFUNDS"), model.balance("UNDEPOSITED_FUNDS")),
        (10_000, 0)
    );
}

#[test]
fn of_a_line_no_more_goes_back_than_it_comes_to() {
    let mut model = Model::new(Currency::USD);
    let new = invoice(1, true, vec![line("SALES", 3_000), line("SERVICES", 7_000)]);
    model
        .run(|snapshot, moment| create_invoice(snapshot, moment, &NATIVE, new.clone()))
        .unwrap();
    pay(&mut model, &NATIVE, payment(11, vec![(named(1), Part::WhatIsOpen)])).unwrap();
    let refund = |model: &mut Model, n, place, amount| {
        let mut new = new_refund(n, named(1), amount);
        new.of = RefundOf::Line(named(1), place);
        let plan = model.run(|snapshot, moment| record_refund(snapshot, moment, new.clone()));
        plan.map(|_| ()).map_err(refusals)
    };
    let unknown = refund(&mut model, 21, 3, None).unwrap_err();
    assert!(matches!(unknown[..], [Refusal::UnknownReference { .. }]));
    refund(&mut model, 22, 1, Some(minor(1_000))).unwrap();
    let over = Refusal::OverRefund {
        refundable: minor(2_000),
        asked: minor(2_001),
    };
    assert_eq!(refund(&mut model, 23, 1, Some(minor(2_001))), Err(vec![over]));
    refund(&mut model, 24, 1, None).unwrap();
    assert_eq!(model.invoice(&named(1)).unwrap().refunded, minor(3_000));
    refund(&mut model, 25, 2, None).unwrap();
    assert_eq!(model.invoice(&named(1)).unwrap().standing(), Standing::Refunded);
}

#[test]
fn of_a_payment_no_more_goes_back_than_it_settled() {
    let mut model = book(&[10_000], true);
    for (n, units) in [(11, 4_000), (12, 6_000)] {
        let new = payment(n, vec![(named(1), Part::Exactly(minor(units)))]);
        pay(&mut model, &NATIVE, new).unwrap();
    }
    let refund = |model: &mut Model, n, of, amount| {
        let mut new = new_refund(n, named(1), amount);
        new.of = RefundOf::Allocation {
            invoice: named(1),
            payment: named(of),
        };
        let plan = model.run(|snapshot, moment| record_refund(snapshot, moment, new.clone()));
        plan.map(|_| ()).map_err(refusals)
    };
    refund(&mut model, 21, 11, Some(minor(500))).unwrap();
    let over = Refusal::OverRefund {
        refundable: minor(3_500),
        asked: minor(3_501),
    };
    assert_eq!(refund(&mut model, 22, 11, Some(minor(3_501))), Err(vec![over]));
    refund(&mut model, 23, 12, None).unwrap();
    assert_eq!(model.invoice(&named(1)).unwrap().refunded, minor(6_500));
    let unknown = refund(&mut model, 24, 13, None).unwrap_err();
    assert!(matches!(unknown[..], [Refusal::UnknownReference { .. }]));
}

#[test]
fn what_is_owed_is_paid_in_parts_and_goes_with_its_refund() {
    let mut model = book(&[10_000], true);
    pay(&mut model, &NATIVE, payment(11, vec![(named(1), Part::WhatIsOpen)])).unwrap();
    let refund = |model: &mut Model, n, of: RefundOf, amount: i64, owed: bool| {
        let mut new = new_refund(n, named(1), Some(minor(amount)));
        new.of = of;
        new.owed_on = owed.then(|| AccountChoice::StableName("UNEARNED_REVENUE".to_owned()));
        let plan = model.run(|snapshot, moment| record_refund(snapshot, moment, new.clone()));
        plan.map(|_| ()).map_err(refusals)
    };
    let stand = |model: &Model| {
        ["CUSTOMER_REFUNDS", "UNEARNED_REVENUE", "UNDEPOSITED_FUNDS"].map(|account| model.balance(account))
    };
    refund(&mut model, 21, RefundOf::Invoice(named(1)), 4_000, true).unwrap();
    assert_eq!(stand(&model), [4_000, -4_000, 10_000]);
    refund(&mut model, 22, RefundOf::Owed(named(21)), 1_500, false).unwrap();
    assert_eq!(stand(&model), [4_000, -2_500, 8_500]);
    assert_eq!(model.invoice(&named(1)).unwrap().refunded, minor(4_000));
    let over = |refundable, asked| Refusal::OverRefund {
        refundable: minor(refundable),
        asked: minor(asked),
    };
    let more = refund(&mut model, 23, RefundOf::Owed(named(21)), 2_501, false);
    assert_eq!(more, Err(vec![over(2_500, 2_501)]));
    let of_a_payment = refund(&mut model, 23, RefundOf::Owed(named(22)), 1, false);
    assert_eq!(of_a_payment, Err(vec![over(0, 1)]), "a payment owes nothing");
    let delete = |model: &mut Model, n| {
        let plan = model.run(|snapshot, moment| delete_refund(snapshot, moment, &named(n)));
        plan.unwrap();
    };
    delete(&mut model, 22);
    assert_eq!(stand(&model), [4_000, -4_000, 10_000]);
    refund(&mut model, 24, RefundOf::Owed(named(21)), 4_000, false).unwrap();
    assert_eq!(stand(&model), [4_000, 0, 6_000]);
    delete(&mut model, 21);
    assert_eq!(stand(&model), [0, 0, 10_000]);
    assert!(model.snapshot.tables().refunds.is_empty());
}

#[test]
fn what_was_paid_of_a_refund_goes_with_its_invoice() {
    let mut model = book(&[10_000], true);
    pay(&mut model, &NATIVE, payment(11, vec![(named(1), Part::WhatIsOpen)])).unwrap();
    for (n, of, owed) in [
        (21, RefundOf::Invoice(named(1)), true),
        (22, RefundOf::Owed(named(21)), false),
    ] {
        let mut new = new_refund(n, named(1), Some(minor(3_000)));
        new.of = of;
        new.owed_on = owed.then(|| AccountChoice::StableName("UNEARNED_REVENUE".to_owned()));
        model
            .run(|snapshot, moment| record_refund(snapshot, moment, new.clone()))
            .unwrap();
    }
    let seq = model.seq + 1;
    let plan = model
        .run(|snapshot, moment| delete_invoice(snapshot, moment, &CAMPFIRE, &named(1), seq))
        .unwrap();
    let withdrawn = plan.receipt.unwrap().withdrawn.len();
    assert_eq!(withdrawn, 4, "issue, payment, refund and what was paid of it");
    for account in [
        "CUSTOMER_REFUNDS",
        "UNEARNED_REVENUE",
        "UNDEPOSITED_FUNDS",
        "ACCOUNTS_RECEIVABLE",
    ] {
        assert_eq!(model.balance(account), 0, "{account}");
    }
    assert!(model.snapshot.tables().refunds.is_empty());
}

#[test]
fn a_refund_to_a_customer_alone_has_an_amount() {
    let mut model = Model::new(Currency::USD);
    let refund = |model: &mut Model, customer, amount: Option<i64>| {
        let mut new = new_refund(21, named(1), amount.map(minor));
        new.of = RefundOf::Customer(Named::Key(customer));
        let plan = model.run(|snapshot, moment| record_refund(snapshot, moment, new.clone()));
        plan.map(|_| ()).map_err(refusals)
    };
    let nothing = |amount| Refusal::AmountNotPositive { amount: minor(amount) };
    assert_eq!(refund(&mut model, 1, None), Err(vec![nothing(0)]));
    assert_eq!(refund(&mut model, 1, Some(-1)), Err(vec![nothing(-1)]));
    let unknown = refund(&mut model, 9, Some(700)).unwrap_err();
    assert!(matches!(unknown[..], [Refusal::UnknownReference { .. }]));
    refund(&mut model, 1, Some(700)).unwrap();
    assert_eq!(
        (model.balance("CUSTOMER_REFUNDS"), model.balance("UNDEPOSITED_FUNDS")),
        (700, -700)
    );
}

#[test]
fn a_write_off_takes_what_is_open_and_no_more() {
    let mut model = book(&[10_000], true);
    let over = new_write_off(21, named(1), Some(minor(10_001)));
    let refused = model.run(|snapshot, moment| write_off(snapshot, moment, over.clone()));
    let (open, offered) = (minor(10_000), minor(10_001));
    assert_eq!(refusals(refused.unwrap_err()), [Refusal::Overpayment { open, offered }]);
    let part = new_write_off(21, named(1), Some(minor(4_000)));
    model
        .run(|snapshot, moment| write_off(snapshot, moment, part.clone()))
        .unwrap();
    assert_eq!(model.invoice(&named(1)).unwrap().standing(), Standing::PartWrittenOff);
    assert_eq!(
        (model.balance("BAD_DEBT"), model.balance("ACCOUNTS_RECEIVABLE")),
        (4_000, 6_000)
    );
}

#[test]
fn a_void_leaves_the_money_unapplied() {
    let mut model = book(&[10_000], true);
    pay(
        &mut model,
        &NATIVE,
        payment(11, vec![(named(1), Part::Exactly(minor(4_000)))]),
    )
    .unwrap();
    model
        .run(|snapshot, moment| void_invoice(snapshot, moment, &NATIVE, &named(1), None))
        .unwrap();
    let void = model.invoice(&named(1)).unwrap();
    assert_eq!(
        (void.standing(), void.paid, void.open()),
        (Standing::Void, minor(0), minor(0))
    );
    assert_eq!(model.balance("ACCOUNTS_RECEIVABLE"), 0);
    assert_eq!(model.balance("UNAPPLIED_PAYMENTS"), -4_000);
    assert_eq!(model.balance("SALES"), 0);
    let late = payment(12, vec![(named(1), Part::Exactly(minor(100)))]);
    let refused = pay(&mut model, &NATIVE, late).unwrap_err();
    assert!(matches!(
        refused[..],
        [Refusal::WrongStanding {
            standing: Standing::Void,
            ..
        }]
    ));
}

#[test]
fn money_is_set_free_on_the_day_of_the_void_but_not_before_it_came() {
    for (day, freed) in [
        (date(2026, 6, 1), date(2026, 6, 1)),
        (date(2026, 5, 12), date(2026, 5, 20)),
    ] {
        let mut model = book(&[10_000], true);
        pay(
            &mut model,
            &NATIVE,
            payment(11, vec![(named(1), Part::Exactly(minor(4_000)))]),
        )
        .unwrap();
        model
            .run(|snapshot, moment| void_invoice(snapshot, moment, &NATIVE, &named(1), Some(day)))
            .unwrap();
        let entries = model.snapshot.tables().entries.values();
        let dates: Vec<_> = entries.map(|entry| (entry.kind, entry.date)).collect();
        let expected = [
            (EntryKind::Issue, date(2026, 5, 10)),
            (EntryKind::Allocation, date(2026, 5, 20)),
            (EntryKind::Unallocation, freed),
            (EntryKind::Void, day),
        ];
        assert_eq!(dates, expected);
    }
}

#[test]
fn money_with_a_witness_forbids_a_void() {
    let mut model = book(&[10_000], true);
    let mut new = payment(11, vec![(named(1), Part::WhatIsOpen)]);
    new.witness = Witness::Provider;
    pay(&mut model, &NATIVE, new).unwrap();
    let refused = model.run(|snapshot, moment| void_invoice(snapshot, moment, &NATIVE, &named(1), None));
    assert_eq!(
        refusals(refused.unwrap_err()),
        [Refusal::HasWitnessedMoney { sum: minor(10_000) }]
    );
}

#[test]
fn a_period_closes_forward_only_and_reopens_backward_only() {
    let mut model = book(&[10_000], true);
    let close = |model: &mut Model, through| model.run(|snapshot, moment| close_period(snapshot, moment, through, 1));
    close(&mut model, date(2026, 4, 30)).unwrap();
    for asked in [date(2026, 4, 30), date(2026, 3, 31), TODAY, date(2027, 1, 1)] {
        assert!(close(&mut model, asked).is_err(), "{asked}");
    }
    close(&mut model, date(2026, 6, 14)).unwrap();
    let late = payment(11, vec![(named(1), Part::WhatIsOpen)]);
    let (entry_date, closed_through) = (date(2026, 5, 20), date(2026, 6, 14));
    let closed = Refusal::PeriodClosed {
        entry_date,
        closed_through,
    };
    assert_eq!(pay(&mut model, &NATIVE, late), Err(vec![closed]));
    let reopen = |model: &mut Model, through| model.run(|snapshot, moment| reopen_period(snapshot, moment, through, 2));
    assert!(reopen(&mut model, Some(date(2026, 6, 14))).is_err());
    reopen(&mut model, Some(date(2026, 4, 30))).unwrap();
    reopen(&mut model, None).unwrap();
    assert!(reopen(&mut model, None).is_err());
}

#[test]
fn texts_of_an_issued_invoice_are_retained_as_long_as_the_book_says() {
    for (days, fate) in [
        (0, Fate::Leaving),
        (30, Fate::RetainedUntil(date(2026, 7, 15))),
        (i64::MAX, Fate::RetainedUntil(jiff::civil::Date::MAX)),
    ] {
        let mut model = book(&[10_000], true);
        let mut settings = model.snapshot.settings().unwrap().clone();
        settings.retention_days = days;
        model.snapshot.apply(&[Change::Put(Record::from(settings))]);
        let plan = model.run(|snapshot, moment| delete_invoice(snapshot, moment, &CAMPFIRE, &named(1), 9));
        assert_eq!(plan.unwrap().receipt.unwrap().fate, fate, "{days} days");
    }
}
