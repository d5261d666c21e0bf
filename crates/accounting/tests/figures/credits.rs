//! Credit notes: what they take back, what they settle, how they end.

use jiff::civil::date;
use quittance_accounting::crediting::{
    Applying, CreditNoteChange, CreditOf, Extent, NewCreditNote, apply_credit, change_credit_note, delete_credit_note,
    hold_credit_note, issue_credit_note, reopen_credit_note, restore_credit_note, unapply_credit, void_credit_note,
    withdraw_credit,
};
use quittance_accounting::deletion::delete_invoice;
use quittance_accounting::identity::{DocumentKind, PaymentKey};
use quittance_accounting::invoice::Standing;
use quittance_accounting::issuing::{Hold, NumberChoice, create_invoice};
use quittance_accounting::money::Currency;
use quittance_accounting::payment_changes::{delete_payment, void_payment};
use quittance_accounting::periods::close_period;
use quittance_accounting::plan::Plan;
use quittance_accounting::refunding::{NewRefund, RefundOf, delete_refund, record_refund};
use quittance_accounting::refusal::Refusal;
use quittance_accounting::settling::{Part, record_payment};
use quittance_accounting::snapshot::Named;
use quittance_accounting::voiding::void_invoice;
use quittance_accounting::writing_off::write_off;

use crate::model::*;

/// 100.00 with 8.25 tax on the first line, 50.00 on the second, 10.00 off the whole, 3.00 tip, 1.40 tax on the whole: 152.65.
fn book() -> Model {
    let mut model = Model::new(Currency::USD);
    let mut new = invoice(1, true, vec![line("SALES", 10_000), line("SERVICES", 5_000)]);
    new.lines[0].taxes = vec![tax("SALES_TAXES_PAYABLE", 825)];
    new.discount = minor(1_000);
    new.taxes = vec![tax("SALES_TAXES_PAYABLE", 140)];
    new.tip = minor(300);
    let other = invoice(2, true, vec![line("SALES", 20_000)]);
    for new in [new, other] {
        model
            .run(|snapshot, moment| create_invoice(snapshot, moment, &NATIVE, new.clone()))
            .unwrap();
    }
    model
}

fn credit(model: &mut Model, new: NewCreditNote) -> Result<Plan, Vec<Refusal>> {
    let plan = model.run(|snapshot, moment| issue_credit_note(snapshot, moment, &NATIVE, new.clone()));
    plan.map_err(refusals)
}

fn open(model: &Model, n: u64) -> i64 {
    model.invoice(&named(n)).unwrap().open().minor()
}

const CHART: [&str; 7] = [
    "ACCOUNTS_RECEIVABLE",
    "CUSTOMER_CREDITS",
    "SALES",
    "SERVICES",
    "SALES_TAXES_PAYABLE",
    "TIPS",
    "UNDEPOSITED_FUNDS",
];

fn balances(model: &Model) -> [i64; 7] {
    CHART.map(|account| model.balance(account))
}

#[test]
fn a_credit_note_of_all_takes_everything_back() {
    let mut model = book();
    assert_eq!(balances(&model), [35_265, 0, -29_334, -4_666, -965, -300, 0]);
    credit(&mut model, credit_note(11, rest_of(named(1)))).unwrap();
    assert_eq!(balances(&model), [20_000, 0, -20_000, 0, 0, 0, 0]);
    let credited = model.invoice(&named(1)).unwrap();
    assert_eq!(
        (credited.standing(), credited.credited),
        (Standing::Paid, minor(15_265))
    );
    let again = credit(&mut model, credit_note(12, rest_of(named(1)))).unwrap_err();
    let (creditable, asked) = (minor(0), minor(15_265));
    assert_eq!(again, [Refusal::OverCredit { creditable, asked }]);
}

#[test]
fn credit_notes_in_parts_take_back_what_was_frozen_and_no_more() {
    let mut model = book();
    for (n, amount) in [(11, 5_000), (12, 3_333), (13, 6_931)] {
        let of = CreditOf::Invoice(named(1), Extent::Amount(minor(amount)));
        credit(&mut model, credit_note(n, of)).unwrap();
    }
    assert_eq!(open(&model, 1), 1);
    let of = CreditOf::Invoice(named(1), Extent::Amount(minor(2)));
    let (creditable, asked) = (minor(1), minor(2));
    assert_eq!(
        credit(&mut model, credit_note(14, of)).unwrap_err(),
        [Refusal::OverCredit { creditable, asked }]
    );
    credit(&mut model, credit_note(15, rest_of(named(1)))).unwrap();
    assert_eq!(balances(&model), [20_000, 0, -20_000, 0, 0, 0, 0]);
}

#[test]
fn lines_are_credited_with_their_own_taxes() {
    let mut model = book();
    let lines = |lines: &[(i64, Option<i64>)]| {
        let lines = lines.iter().map(|(place, amount)| (*place, amount.map(minor)));
        CreditOf::Invoice(named(1), Extent::Lines(lines.collect()))
    };
    credit(&mut model, credit_note(11, lines(&[(2, None), (0, None)]))).unwrap();
    // 50.00 less its third of the discount, the tip and the document's own tax.
    assert_eq!(balances(&model), [35_265 - 4_666 - 440, 0, -29_334, 0, -825, 0, 0]);
    // 92.59 net and 8.25 tax are left of the first line: half of it is half of both.
    credit(&mut model, credit_note(12, lines(&[(1, Some(5_080))]))).unwrap();
    assert_eq!(model.balance("SALES_TAXES_PAYABLE"), -825 + 412 + 1);
    let line = |place: i64| Refusal::UnknownReference {
        kind: DocumentKind::Line,
        reference: place.to_string(),
    };
    assert_eq!(
        credit(&mut model, credit_note(13, lines(&[(3, None)]))).unwrap_err(),
        [line(3)]
    );
    assert_eq!(
        credit(&mut model, credit_note(13, lines(&[(1, None), (1, None)]))).unwrap_err(),
        [line(1)]
    );
    let (creditable, asked) = (minor(10_159 - 5_080), minor(6_000));
    assert_eq!(
        credit(&mut model, credit_note(13, lines(&[(1, Some(6_000))]))).unwrap_err(),
        [Refusal::OverCredit { creditable, asked }]
    );
}

#[test]
fn credit_is_applied_elsewhere_freed_and_given_back() {
    let mut model = book();
    let mut new = credit_note(11, free_credit(7_000));
    new.applying = Applying::Nothing;
    credit(&mut model, new).unwrap();
    assert_eq!(model.balance("CUSTOMER_CREDITS"), -7_000);
    let parts = [
        (named(1), Part::Exactly(minor(2_000))),
        (named(2), Part::Exactly(minor(4_000))),
    ];
    let on = date(2026, 5, 23);
    model
        .run(|snapshot, moment| apply_credit(snapshot, moment, &NATIVE, &named(11), &parts, on))
        .unwrap();
    assert_eq!((open(&model, 1), open(&model, 2)), (13_265, 16_000));
    assert_eq!(model.balance("CUSTOMER_CREDITS"), -1_000);
    let more = [(named(2), Part::Exactly(minor(1_001)))];
    let refused = model.run(|snapshot, moment| apply_credit(snapshot, moment, &NATIVE, &named(11), &more, on));
    let (amount, allocated) = (minor(1_000), minor(1_001));
    assert_eq!(
        refusals(refused.unwrap_err()),
        [Refusal::OverAllocated { amount, allocated }]
    );
    model
        .run(|snapshot, moment| unapply_credit(snapshot, moment, &named(11), &named(2), on))
        .unwrap();
    assert_eq!((open(&model, 2), model.balance("CUSTOMER_CREDITS")), (20_000, -5_000));
    let mut back = new_refund(21, named(1), Some(minor(1_500)));
    back.of = RefundOf::Credit(named(11));
    let refund = |new: NewRefund| {
        move |snapshot: &quittance_accounting::snapshot::Snapshot, moment: &quittance_accounting::plan::Moment| {
            record_refund(snapshot, moment, new.clone())
        }
    };
    model.run(refund(back.clone())).unwrap();
    assert_eq!(model.balance("CUSTOMER_CREDITS"), -3_500);
    assert_eq!(model.balance("UNDEPOSITED_FUNDS"), -1_500);
    // What went back in money is in the way of a void and of a delete, until it is taken back.
    let (count, sum) = (1, minor(1_500));
    let refused = model.run(|snapshot, moment| void_credit_note(snapshot, moment, &named(11), on));
    assert_eq!(refusals(refused.unwrap_err()), [Refusal::HasRefunds { count, sum }]);
    let refused = model.run(|snapshot, moment| delete_credit_note(snapshot, moment, &NATIVE, &named(11), 9));
    assert_eq!(refusals(refused.unwrap_err()), [Refusal::HasRefunds { count, sum }]);
    model
        .run(|snapshot, moment| delete_refund(snapshot, moment, &named(21)))
        .unwrap();
    model
        .run(|snapshot, moment| void_credit_note(snapshot, moment, &named(11), on))
        .unwrap();
    assert_eq!(balances(&model), [35_265, 0, -29_334, -4_666, -965, -300, 0]);
    let refused = model.run(|snapshot, moment| void_credit_note(snapshot, moment, &named(11), on));
    let kind = DocumentKind::CreditNote;
    assert_eq!(refusals(refused.unwrap_err()), [Refusal::IsVoid { kind, on }]);
}

fn change(on: jiff::civil::Date, units: Option<i64>) -> CreditNoteChange {
    let lines = units.map(|units| match free_credit(units) {
        CreditOf::Free { lines, .. } => lines,
        CreditOf::Invoice(..) => Vec::new(),
    });
    CreditNoteChange {
        seen: None,
        customer: None,
        number: None,
        on,
        lines,
        external_id: None,
        content: texts(41),
    }
}

#[test]
fn figures_change_until_credit_was_applied() {
    let mut model = book();
    let mut new = credit_note(11, free_credit(7_000));
    new.applying = Applying::Nothing;
    credit(&mut model, new).unwrap();
    let on = date(2026, 5, 24);
    let changed = |model: &mut Model, change: CreditNoteChange| {
        let done = model.run(|snapshot, moment| change_credit_note(snapshot, moment, &named(11), change.clone()));
        done.map_err(refusals)
    };
    changed(&mut model, change(on, Some(4_500))).unwrap();
    assert_eq!(model.balance("CUSTOMER_CREDITS"), -4_500);
    let parts = [(named(1), Part::Exactly(minor(2_000)))];
    model
        .run(|snapshot, moment| apply_credit(snapshot, moment, &NATIVE, &named(11), &parts, on))
        .unwrap();
    // Words change at any time; what is the same is no other figure.
    changed(&mut model, change(on, None)).unwrap();
    changed(&mut model, change(on, Some(4_500))).unwrap();
    let applied = Refusal::HasAllocations {
        count: 1,
        sum: minor(2_000),
    };
    for refused in [change(on, Some(4_501)), change(date(2026, 5, 25), None)] {
        assert_eq!(
            changed(&mut model, refused).unwrap_err(),
            std::slice::from_ref(&applied)
        );
    }
    // Taken back as if it had never been applied, it can change again.
    model
        .run(|snapshot, moment| withdraw_credit(snapshot, moment, &named(11), &named(1)))
        .unwrap();
    assert_eq!((open(&model, 1), model.balance("CUSTOMER_CREDITS")), (15_265, -4_500));
    changed(&mut model, change(on, Some(100))).unwrap();
    assert_eq!(model.balance("CUSTOMER_CREDITS"), -100);
    let seen = CreditNoteChange {
        seen: Some(texts(77).digest),
        ..change(on, None)
    };
    assert_eq!(changed(&mut model, seen).unwrap_err(), [Refusal::PlanMoved]);
    credit(&mut model, credit_note(12, rest_of(named(1)))).unwrap();
    let of_invoice =
        model.run(|snapshot, moment| change_credit_note(snapshot, moment, &named(12), change(on, Some(1))));
    let reasons = refusals(of_invoice.unwrap_err());
    let (kind, by, count) = (DocumentKind::CreditNote, DocumentKind::Invoice, 1);
    assert!(reasons.contains(&Refusal::InUse { kind, by, count }), "{reasons:?}");
}

#[test]
fn a_void_is_taken_back_where_enough_is_left() {
    let mut model = book();
    credit(&mut model, credit_note(11, rest_of(named(1)))).unwrap();
    let on = date(2026, 5, 24);
    let reopen = |model: &mut Model, n: u64| {
        let done = model.run(|snapshot, moment| reopen_credit_note(snapshot, moment, &named(n)));
        done.map(|_| ()).map_err(refusals)
    };
    assert!(matches!(
        reopen(&mut model, 11).unwrap_err()[..],
        [Refusal::WrongStanding { .. }]
    ));
    let credited = balances(&model);
    model
        .run(|snapshot, moment| void_credit_note(snapshot, moment, &named(11), on))
        .unwrap();
    reopen(&mut model, 11).unwrap();
    // What it had settled stays freed: its credit is the customer's.
    assert_eq!((open(&model, 1), model.balance("CUSTOMER_CREDITS")), (15_265, -15_265));
    let applied = [(named(1), Part::Exactly(minor(15_265)))];
    model
        .run(|snapshot, moment| apply_credit(snapshot, moment, &NATIVE, &named(11), &applied, on))
        .unwrap();
    assert_eq!(balances(&model), credited);
    model
        .run(|snapshot, moment| void_credit_note(snapshot, moment, &named(11), on))
        .unwrap();
    let part = CreditOf::Invoice(named(1), Extent::Amount(minor(1)));
    credit(&mut model, credit_note(12, part)).unwrap();
    let (creditable, asked) = (minor(15_264), minor(15_265));
    assert_eq!(
        reopen(&mut model, 11).unwrap_err(),
        [Refusal::OverCredit { creditable, asked }]
    );
}

#[test]
fn a_credit_is_no_payment() {
    let mut model = book();
    credit(&mut model, credit_note(11, rest_of(named(1)))).unwrap();
    let kind = DocumentKind::Payment;
    let on = date(2026, 5, 23);
    for key in [named(11), Named::Key(1)] {
        let refused = model.run(|snapshot, moment| void_payment(snapshot, moment, &key, on));
        assert_eq!(refusals(refused.unwrap_err()), [Refusal::NotFound { kind }]);
        let refused = model.run(|snapshot, moment| delete_payment(snapshot, moment, &key));
        assert_eq!(refusals(refused.unwrap_err()), [Refusal::NotFound { kind }]);
    }
    // Nothing was paid, so nothing can be given back in money.
    let back = new_refund(21, named(1), None);
    let refused = model.run(|snapshot, moment| record_refund(snapshot, moment, back.clone()));
    let (refundable, asked) = (minor(0), minor(0));
    assert_eq!(
        refusals(refused.unwrap_err()),
        [Refusal::OverRefund { refundable, asked }]
    );
}

#[test]
fn what_was_given_back_or_up_is_not_credited_again() {
    let mut model = book();
    let paid = payment(31, vec![(named(2), Part::Exactly(minor(12_000)))]);
    model
        .run(|snapshot, moment| record_payment(snapshot, moment, &NATIVE, paid.clone()))
        .unwrap();
    let back = new_refund(21, named(2), Some(minor(5_000)));
    model
        .run(|snapshot, moment| record_refund(snapshot, moment, back.clone()))
        .unwrap();
    let up = new_write_off(22, named(2), Some(minor(3_000)));
    model
        .run(|snapshot, moment| write_off(snapshot, moment, up.clone()))
        .unwrap();
    credit(&mut model, credit_note(11, rest_of(named(2)))).unwrap();
    // 200 less 50 given back and 30 given up: 50 of the 120 settled what was open, the rest is the customer's.
    assert_eq!((open(&model, 2), model.balance("CUSTOMER_CREDITS")), (0, -7_000));
    let back = new_refund(23, named(2), Some(minor(5_001)));
    let refused = model.run(|snapshot, moment| record_refund(snapshot, moment, back.clone()));
    let (refundable, asked) = (minor(3_000), minor(5_001));
    assert_eq!(
        refusals(refused.unwrap_err()),
        [Refusal::OverRefund { refundable, asked }]
    );
}

#[test]
fn numbers_are_a_series_of_their_own() {
    let mut model = book();
    credit(&mut model, credit_note(11, rest_of(named(1)))).unwrap();
    let mut explicit = credit_note(12, rest_of(named(2)));
    explicit.number = NumberChoice::Explicit("CN-0001".to_owned());
    let document = model.snapshot.tables().numbers["CN-0001"].document;
    let number = "CN-0001".to_owned();
    assert_eq!(
        credit(&mut model, explicit).unwrap_err(),
        [Refusal::NumberTaken { number, document }]
    );
    credit(&mut model, credit_note(13, rest_of(named(2)))).unwrap();
    let numbers: Vec<&str> = model
        .snapshot
        .tables()
        .credit_notes
        .values()
        .map(|note| note.number.as_str())
        .collect();
    assert_eq!(numbers, ["CN-0001", "CN-0002"]);
}

#[test]
fn what_credits_are_in_the_way_of() {
    let mut model = book();
    credit(
        &mut model,
        credit_note(11, CreditOf::Invoice(named(1), Extent::Amount(minor(5_000)))),
    )
    .unwrap();
    let refused = model.run(|snapshot, moment| void_invoice(snapshot, moment, &NATIVE, &named(1), None));
    let (count, sum) = (1, minor(5_000));
    assert_eq!(refusals(refused.unwrap_err()), [Refusal::HasCredits { count, sum }]);
    let refused = model.run(|snapshot, moment| delete_invoice(snapshot, moment, &LAYER, &named(1), 9));
    assert_eq!(refusals(refused.unwrap_err()), [Refusal::HasCredits { count, sum }]);
}

#[test]
fn a_credit_note_survives_its_invoice_and_regains_its_amount() {
    let mut model = book();
    credit(&mut model, credit_note(11, rest_of(named(1)))).unwrap();
    let plan = model
        .run(|snapshot, moment| delete_invoice(snapshot, moment, &CAMPFIRE, &named(1), 9))
        .unwrap();
    let receipt = plan.receipt.unwrap();
    assert!(receipt.payments.is_empty());
    let effect = receipt.credits[0];
    assert_eq!((effect.applied, effect.left_after), (minor(15_265), minor(15_265)));
    assert_eq!(model.balance("CUSTOMER_CREDITS"), -15_265);
    assert_eq!(
        model.snapshot.tables().payments[&PaymentKey(1)].unallocated,
        minor(15_265)
    );
    // It can still be taken back.
    model
        .run(|snapshot, moment| delete_credit_note(snapshot, moment, &NATIVE, &named(11), 10))
        .unwrap();
    assert_eq!(balances(&model), [20_000, 0, -20_000, 0, 0, 0, 0]);
}

#[test]
fn a_deleted_credit_note_leaves_no_trace_but_its_tombstone() {
    let mut model = book();
    let before = model.clone();
    let mut new = credit_note(11, rest_of(named(1)));
    new.applying = Applying::To(vec![
        (named(1), Part::Exactly(minor(1_000))),
        (named(2), Part::Exactly(minor(500))),
    ]);
    credit(&mut model, new).unwrap();
    let on = date(2026, 5, 23);
    model
        .run(|snapshot, moment| unapply_credit(snapshot, moment, &named(11), &named(2), on))
        .unwrap();
    let seq = model.seq + 1;
    let plan = model
        .run(|snapshot, moment| delete_credit_note(snapshot, moment, &NATIVE, &named(11), seq))
        .unwrap();
    let receipt = plan.receipt.unwrap();
    assert_eq!(receipt.register.unwrap().0, "CN-0001");
    assert_eq!(receipt.withdrawn.len(), 4);
    let effects: Vec<_> = receipt
        .invoices
        .iter()
        .map(|effect| (effect.applied, effect.open_after))
        .collect();
    assert_eq!(effects, [(minor(1_000), minor(15_265))]);
    let (now, then) = (model.snapshot.tables(), before.snapshot.tables());
    assert_eq!((&now.postings, &now.entries), (&then.postings, &then.entries));
    assert_eq!((&now.payments, &now.allocations), (&then.payments, &then.allocations));
    assert!(now.credit_notes.is_empty() && now.credit_lines.is_empty() && now.former_allocations.is_empty());
    for n in [1, 2] {
        assert_eq!(open(&model, n), open(&before, n));
    }
    let gone = model.run(|snapshot, moment| delete_credit_note(snapshot, moment, &NATIVE, &named(11), seq));
    assert!(matches!(
        refusals(gone.unwrap_err())[..],
        [Refusal::AlreadyDeleted { .. }]
    ));
    // It had settled something: what it was is not kept.
    let restored = model.run(|snapshot, _| restore_credit_note(snapshot, &named(11)));
    assert_eq!(refusals(restored.unwrap_err()), [Refusal::ContentErased { seq }]);
}

#[test]
fn deleting_and_restoring_is_the_identity() {
    let mut model = book();
    let mut new = credit_note(11, rest_of(named(1)));
    new.applying = Applying::Nothing;
    credit(&mut model, new).unwrap();
    let before = model.clone();
    let seq = model.seq + 1;
    model
        .run(|snapshot, moment| delete_credit_note(snapshot, moment, &NATIVE, &named(11), seq))
        .unwrap();
    assert_eq!(model.balance("CUSTOMER_CREDITS"), 0);
    model
        .run(|snapshot, _| restore_credit_note(snapshot, &named(11)))
        .unwrap();
    assert_eq!(model.snapshot.tables(), before.snapshot.tables());
}

#[test]
fn what_was_credited_again_meanwhile_is_not_restored() {
    let mut model = book();
    let mut first = credit_note(11, rest_of(named(2)));
    first.applying = Applying::Nothing;
    credit(&mut model, first.clone()).unwrap();
    let seq = model.seq + 1;
    model
        .run(|snapshot, moment| delete_credit_note(snapshot, moment, &NATIVE, &named(11), seq))
        .unwrap();
    (first.id, first.content) = (id(12), texts(12));
    credit(&mut model, first).unwrap();
    let late = model.run(|snapshot, _| restore_credit_note(snapshot, &named(11)));
    let (creditable, asked) = (minor(0), minor(20_000));
    assert_eq!(refusals(late.unwrap_err()), [Refusal::OverCredit { creditable, asked }]);
}

#[test]
fn what_is_held_handed_over_or_closed_is_not_deleted() {
    let mut model = book();
    credit(&mut model, credit_note(11, rest_of(named(1)))).unwrap();
    let until = date(2026, 7, 1);
    model
        .run(|snapshot, moment| hold_credit_note(snapshot, moment, &named(11), Hold::Until(until), true))
        .unwrap();
    let at = model
        .snapshot
        .tables()
        .credit_notes
        .values()
        .next()
        .unwrap()
        .handed_over_at
        .unwrap();
    let closed_through = date(2026, 5, 31);
    model
        .run(|snapshot, moment| close_period(snapshot, moment, closed_through, 9))
        .unwrap();
    let refused = model.run(|snapshot, moment| delete_credit_note(snapshot, moment, &NATIVE, &named(11), 9));
    let entry_date = date(2026, 5, 22);
    assert_eq!(
        refusals(refused.unwrap_err()),
        [
            Refusal::Held { until, reason: None },
            Refusal::HandedOver { at },
            Refusal::PeriodClosed {
                entry_date,
                closed_through
            }
        ]
    );
    let closed = credit(&mut model, credit_note(12, rest_of(named(2)))).unwrap_err();
    assert_eq!(
        closed,
        [Refusal::PeriodClosed {
            entry_date,
            closed_through
        }]
    );
}
