//! What becomes of payments, part by part: each verb with its entry, what takes it back, and its refusals. And that no verb posts
//! into closed days: every one is refused there, in the same words.

use jiff::civil::{Date, date};
use quittance_accounting::allocating::{allocate_payment, unallocate_payment, undo_parts, withdraw_parts};
use quittance_accounting::crediting::{issue_credit_note, void_credit_note};
use quittance_accounting::deletion::delete_invoice;
use quittance_accounting::invoice::Standing;
use quittance_accounting::issuing::{create_invoice, issue_invoice};
use quittance_accounting::journal::EntryKind;
use quittance_accounting::money::Currency;
use quittance_accounting::payment_changes::{
    PaymentChange, change_payment, delete_payment, delete_unapplied, void_payment,
};
use quittance_accounting::periods::close_period;
use quittance_accounting::plan::{EventKind, Moment, Plan};
use quittance_accounting::refunding::{RefundOf, delete_refund, record_refund};
use quittance_accounting::refusal::{Refusal, Stop};
use quittance_accounting::settlement::{Payment, Witness};
use quittance_accounting::settling::{NewPayment, Part, record_payment};
use quittance_accounting::snapshot::Snapshot;
use quittance_accounting::voiding::void_invoice;
use quittance_accounting::writing_off::{delete_write_off, write_off};

use crate::model::*;

const ON: Date = date(2026, 5, 28);

/// Three invoices of 100.00 each.
fn book() -> Model {
    let mut model = Model::new(Currency::USD);
    for n in 1..=3 {
        let new = invoice(n, true, vec![line("SALES", 10_000)]);
        let create = |snapshot: &Snapshot, moment: &Moment| create_invoice(snapshot, moment, &NATIVE, new.clone());
        model.run(create).unwrap();
    }
    model
}

fn pay(model: &mut Model, new: &NewPayment) {
    model
        .run(|snapshot, moment| record_payment(snapshot, moment, &NATIVE, new.clone()))
        .unwrap();
}

/// 60.00, 30.00 and 10.00 of the three invoices, and 20.00 over.
fn over_three() -> NewPayment {
    let parts = (1..).zip([6_000, 3_000, 1_000]);
    let mut new = payment(
        11,
        parts.map(|(n, part)| (named(n), Part::Exactly(minor(part)))).collect(),
    );
    new.amount = Some(minor(12_000));
    new
}

fn found(model: &Model) -> Option<Payment> {
    model.snapshot.payment(&named(11)).unwrap().cloned()
}

fn open(model: &Model) -> [i64; 3] {
    [1, 2, 3].map(|n| model.invoice(&named(n)).unwrap().open().minor())
}

/// The receivable, what is unapplied, and the clearing account.
fn balances(model: &Model) -> [i64; 3] {
    ["ACCOUNTS_RECEIVABLE", "UNAPPLIED_PAYMENTS", "UNDEPOSITED_FUNDS"].map(|name| model.balance(name))
}

fn withdraw(model: &mut Model, n: u64) -> Result<Plan, Vec<Refusal>> {
    let plan = model.run(|snapshot, moment| withdraw_parts(snapshot, moment, &named(11), &named(n)));
    plan.map_err(refusals)
}

#[test]
fn each_part_of_one_payment_goes_by_itself_and_the_payment_with_the_last() {
    let mut model = book();
    let before = balances(&model);
    pay(&mut model, &over_three());
    assert_eq!(balances(&model), [20_000, -2_000, 12_000]);
    let entries = |model: &Model| model.snapshot.tables().entries.clone();
    let (recorded, plan) = (entries(&model), withdraw(&mut model, 2).unwrap());
    assert_eq!(plan.kind, EventKind::PaymentChanged);
    assert_eq!(
        (open(&model), balances(&model)),
        ([4_000, 10_000, 9_000], [23_000, -2_000, 9_000])
    );
    assert_eq!(found(&model).unwrap().amount, minor(9_000));
    // One entry went, and none came.
    let left = entries(&model);
    assert_eq!(left.len() + 1, recorded.len());
    assert!(left.keys().all(|key| recorded.contains_key(key)));
    withdraw(&mut model, 1).unwrap();
    withdraw(&mut model, 3).unwrap();
    // What settled nothing is still there.
    assert_eq!(balances(&model), [30_000, -2_000, 2_000]);
    assert_eq!(withdraw(&mut model, 3).unwrap_err().len(), 1);
    model
        .run(|snapshot, moment| delete_payment(snapshot, moment, &named(11)))
        .unwrap();
    assert_eq!((balances(&model), found(&model)), (before, None));
}

fn delete_rest(model: &mut Model) -> Result<Plan, Vec<Refusal>> {
    let plan = model.run(|snapshot, moment| delete_unapplied(snapshot, moment, &named(11)));
    plan.map_err(refusals)
}

#[test]
fn what_came_beyond_what_was_settled_goes_by_itself() {
    let mut model = book();
    let before = balances(&model);
    let parts = vec![(named(1), Part::Exactly(minor(4_000)))];
    let mut new = payment(11, parts.clone());
    new.amount = Some(minor(6_000));
    pay(&mut model, &new);
    // Applied elsewhere it stays; freed again, nothing of that is left either.
    let rest = [(named(2), Part::Exactly(minor(500)))];
    model
        .run(|snapshot, moment| allocate_payment(snapshot, moment, &NATIVE, &named(11), &rest, ON))
        .unwrap();
    let sum = minor(500);
    assert_eq!(
        delete_rest(&mut model).unwrap_err(),
        vec![Refusal::HasAllocations { count: 1, sum }]
    );
    model
        .run(|snapshot, moment| unallocate_payment(snapshot, moment, &named(11), &named(2), ON))
        .unwrap();
    assert_eq!(delete_rest(&mut model).unwrap().kind, EventKind::PaymentChanged);
    let mut without = book();
    pay(&mut without, &payment(11, parts));
    assert_eq!(balances(&model), balances(&without));
    let left = found(&model).unwrap();
    assert_eq!(
        (left.amount, left.unallocated, left.receipt_entry),
        (minor(4_000), minor(0), None)
    );
    assert_eq!(model.snapshot.tables().former_allocations.len(), 0);
    // There is no more of it, and what settled the invoice has a delete of its own.
    assert_eq!(delete_rest(&mut model).unwrap_err().len(), 1);
    withdraw(&mut model, 1).unwrap();
    assert_eq!((balances(&model), found(&model)), (before, None));
    // A deposit goes whole, unless a bank vouches for it.
    for (witness, goes) in [(Witness::Hand, true), (Witness::Bank, false)] {
        let mut model = book();
        let mut deposit = payment(11, Vec::new());
        (deposit.amount, deposit.witness) = (Some(minor(5_000)), witness);
        pay(&mut model, &deposit);
        let gone = delete_rest(&mut model);
        assert_eq!(
            gone.map(|plan| plan.kind).ok(),
            goes.then_some(EventKind::PaymentDeleted)
        );
        assert_eq!(found(&model).is_none(), goes);
    }
}

#[test]
fn money_that_was_there_before_stays_when_its_part_goes() {
    for witness in [Witness::Hand, Witness::Bank, Witness::Provider] {
        let mut model = book();
        let mut deposit = payment(11, Vec::new());
        (deposit.amount, deposit.witness) = (Some(minor(5_000)), witness);
        pay(&mut model, &deposit);
        let waiting = balances(&model);
        assert_eq!(waiting, [30_000, -5_000, 5_000], "a deposit");
        let parts = [(named(1), Part::WhatIsOpen)];
        model
            .run(|snapshot, moment| allocate_payment(snapshot, moment, &NATIVE, &named(11), &parts, ON))
            .unwrap();
        assert_eq!(balances(&model), [25_000, 0, 5_000]);
        let plan = withdraw(&mut model, 1).unwrap();
        assert_eq!(plan.kind, EventKind::PaymentUnallocated);
        assert_eq!(
            (balances(&model), found(&model).unwrap().unallocated),
            (waiting, minor(5_000))
        );
    }
}

#[test]
fn a_part_is_undone_visibly_and_the_payment_is_void_where_that_was_all_of_it() {
    let undo = |model: &mut Model, n: u64| {
        let plan = model.run(|snapshot, moment| undo_parts(snapshot, moment, &named(11), &named(n), ON));
        plan.map_err(refusals)
    };
    let mut model = book();
    pay(&mut model, &over_three());
    assert_eq!(undo(&mut model, 1).unwrap().kind, EventKind::PaymentUnallocated);
    assert_eq!(balances(&model), [26_000, -8_000, 12_000]);
    let mut model = book();
    pay(&mut model, &payment(11, vec![(named(1), Part::Exactly(minor(4_000)))]));
    assert_eq!(undo(&mut model, 1).unwrap().kind, EventKind::PaymentVoided);
    assert_eq!(balances(&model), [30_000, 0, 0]);
    let kinds = model
        .snapshot
        .tables()
        .entries
        .values()
        .filter(|entry| entry.date == ON);
    assert!(kinds.map(|entry| entry.kind).eq([EntryKind::PaymentVoid]));
    assert!(matches!(
        undo(&mut model, 1).unwrap_err()[0],
        Refusal::IsVoid { on: ON, .. }
    ));
    assert!(matches!(
        withdraw(&mut model, 1).unwrap_err()[0],
        Refusal::IsVoid { .. }
    ));
}

#[test]
fn what_was_given_back_holds_a_part() {
    let mut model = book();
    pay(&mut model, &over_three());
    let mut back = new_refund(21, named(1), Some(minor(500)));
    back.of = RefundOf::Allocation {
        invoice: named(1),
        payment: named(11),
    };
    model
        .run(|snapshot, moment| record_refund(snapshot, moment, back.clone()))
        .unwrap();
    let given_back = Refusal::HasRefunds {
        count: 1,
        sum: minor(500),
    };
    assert_eq!(withdraw(&mut model, 1).unwrap_err(), [given_back]);
    model
        .run(|snapshot, moment| delete_refund(snapshot, moment, &named(21)))
        .unwrap();
    withdraw(&mut model, 1).unwrap();
}

fn change(seen: &Payment, units: i64) -> PaymentChange {
    let new = payment(11, Vec::new());
    PaymentChange {
        rate: None,
        seen: Some(Box::new(seen.clone())),
        paid_on: new.paid_on,
        paid_at: new.paid_at,
        amount: minor(units),
        method: new.method,
        clearing: new.clearing,
        parts: None,
        external_id: None,
        content: new.content,
    }
}

#[test]
fn a_change_is_of_the_payment_that_was_looked_at() {
    let mut model = book();
    pay(&mut model, &payment(11, vec![(named(1), Part::Exactly(minor(4_000)))]));
    let seen = found(&model).unwrap();
    let changed = |model: &mut Model, units| {
        let plan =
            model.run(|snapshot, moment| change_payment(snapshot, moment, &NATIVE, &named(11), change(&seen, units)));
        plan.map_err(refusals)
    };
    changed(&mut model, 5_000).unwrap();
    assert_eq!(
        (open(&model), balances(&model)),
        ([5_000, 10_000, 10_000], [25_000, 0, 5_000])
    );
    let late = changed(&mut model, 6_000).unwrap_err();
    assert!(
        matches!(late[..], [Refusal::RevisionMoved { expected, found }] if expected < found),
        "{late:?}"
    );
    assert_eq!(balances(&model), [25_000, 0, 5_000]);
}

/// A late fee is an invoice of its own: whatever becomes of the late one leaves it alone, and it is annulled by itself.
#[test]
fn a_late_fee_stands_by_itself() {
    let mut model = book();
    let fee = invoice(7, true, vec![line("SALES", 1_500)]);
    model
        .run(|snapshot, moment| create_invoice(snapshot, moment, &CAMPFIRE, fee.clone()))
        .unwrap();
    assert_eq!(model.balance("SALES"), -31_500);
    let seq = model.seq + 1;
    model
        .run(|snapshot, moment| delete_invoice(snapshot, moment, &CAMPFIRE, &named(1), seq))
        .unwrap();
    assert_eq!(model.balance("SALES"), -21_500);
    model
        .run(|snapshot, moment| void_invoice(snapshot, moment, &NATIVE, &named(7), Some(ON)))
        .unwrap();
    let void = model.invoice(&named(7)).unwrap();
    assert_eq!((void.standing(), model.balance("SALES")), (Standing::Void, -20_000));
}

type Deed = (&'static str, fn(&Snapshot, &Moment) -> Result<Plan, Stop>);

/// Every verb that posts, as of a closed day, or that would take back what was posted on one.
const DEEDS: [Deed; 18] = [
    ("create", |s, m| {
        create_invoice(s, m, &NATIVE, invoice(31, true, vec![line("SALES", 1)]))
    }),
    ("issue", |s, m| issue_invoice(s, m, &NATIVE, &named(4))),
    ("void", |s, m| void_invoice(s, m, &NATIVE, &named(3), Some(ON))),
    ("delete", |s, m| delete_invoice(s, m, &CAMPFIRE, &named(3), 99)),
    ("pay", |s, m| {
        record_payment(s, m, &NATIVE, payment(32, vec![(named(3), Part::WhatIsOpen)]))
    }),
    ("allocate", |s, m| {
        allocate_payment(s, m, &NATIVE, &named(12), &[(named(3), Part::WhatIsOpen)], ON)
    }),
    ("unallocate", |s, m| unallocate_payment(s, m, &named(11), &named(1), ON)),
    ("withdraw a part", |s, m| withdraw_parts(s, m, &named(11), &named(1))),
    ("change a payment", |s, m| {
        let seen = s.payment(&named(11))?.cloned();
        seen.map_or(Err(Refusal::AmountTooLarge.into()), |seen| {
            change_payment(s, m, &NATIVE, &named(11), change(&seen, 5_000))
        })
    }),
    ("void a payment", |s, m| void_payment(s, m, &named(12), ON)),
    ("delete a payment", |s, m| delete_payment(s, m, &named(12))),
    ("delete a deposit", |s, m| delete_unapplied(s, m, &named(12))),
    ("refund", |s, m| {
        record_refund(s, m, new_refund(33, named(1), Some(minor(1))))
    }),
    ("take a refund back", |s, m| delete_refund(s, m, &named(21))),
    ("write off", |s, m| write_off(s, m, new_write_off(34, named(3), None))),
    ("take a write-off back", |s, m| delete_write_off(s, m, &named(22))),
    ("credit", |s, m| {
        issue_credit_note(s, m, &NATIVE, credit_note(35, rest_of(named(3))))
    }),
    ("void a credit note", |s, m| void_credit_note(s, m, &named(13), ON)),
];

#[test]
fn nothing_is_posted_into_closed_days_and_the_refusal_is_the_same() {
    let mut model = book();
    let draft = invoice(4, false, vec![line("SALES", 1_000)]);
    model
        .run(|snapshot, moment| create_invoice(snapshot, moment, &NATIVE, draft.clone()))
        .unwrap();
    let mut paid = payment(11, vec![(named(1), Part::Exactly(minor(4_000)))]);
    pay(&mut model, &paid);
    (paid.id, paid.parts, paid.amount) = (id(12), Vec::new(), Some(minor(2_000)));
    pay(&mut model, &paid);
    let refund = new_refund(21, named(1), Some(minor(100)));
    let lost = new_write_off(22, named(2), Some(minor(100)));
    let mut note = credit_note(13, rest_of(named(2)));
    note.applying = quittance_accounting::crediting::Applying::Nothing;
    model.run(|s, m| record_refund(s, m, refund.clone())).unwrap();
    model.run(|s, m| write_off(s, m, lost.clone())).unwrap();
    model
        .run(|s, m| issue_credit_note(s, m, &NATIVE, note.clone()))
        .unwrap();
    for (name, deed) in DEEDS {
        let mut open = model.clone();
        let refused = open.run(deed).err();
        // The refund stands in the way of these, whatever the day.
        let held = ["unallocate", "withdraw a part", "change a payment"].contains(&name);
        assert_eq!(refused.is_some(), held, "{name}: {refused:?}");
    }
    let through = date(2026, 5, 31);
    model
        .run(|snapshot, moment| close_period(snapshot, moment, through, 40))
        .unwrap();
    for (name, deed) in DEEDS {
        let refused = refusals(model.clone().run(deed).unwrap_err());
        let closed = refused.iter().filter_map(|refusal| match refusal {
            Refusal::PeriodClosed {
                entry_date,
                closed_through,
            } => Some((*entry_date, *closed_through)),
            _ => None,
        });
        let facts: Vec<_> = closed.collect();
        assert!(
            matches!(facts[..], [(day, known)] if known == through && day <= through),
            "{name}: {refused:?}"
        );
    }
}
