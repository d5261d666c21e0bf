//! Edits of drafts and of issued invoices, and voids that are taken back.

use jiff::civil::date;
use quittance_accounting::book::NumberState;
use quittance_accounting::editing::{Edit, edit_invoice};
use quittance_accounting::invoice::{Invoice, Standing};
use quittance_accounting::issuing::{NumberChoice, create_invoice};
use quittance_accounting::money::{Amount, Currency};
use quittance_accounting::periods::close_period;
use quittance_accounting::refusal::Refusal;
use quittance_accounting::reopening::reopen_invoice;
use quittance_accounting::rules::{EditRules, Rules};
use quittance_accounting::settling::{Part, record_payment};
use quittance_accounting::snapshot::Named;
use quittance_accounting::voiding::void_invoice;

use crate::model::*;

fn book(issue: bool) -> Model {
    let mut model = Model::new(Currency::USD);
    let new = invoice(1, issue, vec![line("SALES", 10_000), line("SERVICES", 500)]);
    model
        .run(|snapshot, moment| create_invoice(snapshot, moment, &NATIVE, new.clone()))
        .unwrap();
    model
}

/// Says one line of this sum, and nothing else of the invoice anew.
fn says(invoice: &Invoice, units: i64) -> Edit {
    Edit {
        currency: None,
        rate: None,
        expected_revision: Some(invoice.revision),
        customer: invoice.customer.map(|key| Named::Key(key.0)),
        number: None,
        external_id: None,
        invoice_date: invoice.invoice_date,
        due_at: invoice.due_at,
        due_on: invoice.due_on,
        sent_at: invoice.sent_at,
        lines: vec![line("SERVICES", units)],
        discount: Amount::ZERO,
        taxes: Vec::new(),
        tip: Amount::ZERO,
        content: new_refund(77, named(1), None).content,
    }
}

fn edit(model: &mut Model, rules: &Rules, edit: &Edit) -> Result<Invoice, Vec<Refusal>> {
    let plan = model.run(|snapshot, moment| edit_invoice(snapshot, moment, rules, &named(1), edit.clone()));
    plan.map_err(refusals)?;
    Ok(model.invoice(&named(1)).unwrap())
}

fn pay(model: &mut Model, units: i64) {
    let new = payment(11, vec![(named(1), Part::Exactly(minor(units)))]);
    model
        .run(|snapshot, moment| record_payment(snapshot, moment, &NATIVE, new.clone()))
        .unwrap();
}

#[test]
fn a_draft_is_edited_and_posts_nothing() {
    let mut model = book(false);
    let before = model.invoice(&named(1)).unwrap();
    let after = edit(&mut model, &NATIVE, &says(&before, 700)).unwrap();
    assert_eq!((after.total, after.revision), (minor(700), before.revision + 1));
    assert_eq!(model.snapshot.tables().lines.len(), 1);
    assert!(model.snapshot.tables().entries.is_empty());
}

#[test]
fn an_issued_one_is_posted_anew_and_keeps_its_number() {
    let mut model = book(true);
    pay(&mut model, 4_000);
    let before = model.invoice(&named(1)).unwrap();
    let mut said = says(&before, 4_000);
    said.invoice_date = date(2026, 5, 12);
    let after = edit(&mut model, &NATIVE, &said).unwrap();
    assert_eq!((&after.number, after.issued_at()), (&before.number, before.issued_at()));
    assert_eq!((after.standing(), after.open()), (Standing::Paid, minor(0)));
    assert!(after.paid_at.is_some());
    assert_eq!((model.balance("SALES"), model.balance("SERVICES")), (0, -4_000));
    assert_eq!(model.balance("ACCOUNTS_RECEIVABLE"), 0);
    let entry = model.snapshot.journal_entry(after.issue_entry().unwrap()).unwrap();
    assert_eq!(entry.entry().date, date(2026, 5, 12));
    let open_again = edit(&mut model, &NATIVE, &says(&after, 4_001)).unwrap();
    assert_eq!((open_again.standing(), open_again.paid_at), (Standing::PartPaid, None));
}

#[test]
fn never_below_what_settles_it_and_never_to_another_customer() {
    let mut model = book(true);
    pay(&mut model, 4_000);
    let before = model.invoice(&named(1)).unwrap();
    let (total, settled) = (minor(3_999), minor(4_000));
    let below = edit(&mut model, &NATIVE, &says(&before, 3_999));
    assert_eq!(below, Err(vec![Refusal::BelowSettled { total, settled }]));
    let mut elsewhere = says(&before, 5_000);
    elsewhere.customer = Some(Named::Key(2));
    let (count, sum) = (1, minor(4_000));
    assert_eq!(
        edit(&mut model, &NATIVE, &elsewhere),
        Err(vec![Refusal::HasPayments { count, sum }])
    );
    let mut stale = says(&before, 5_000);
    stale.expected_revision = Some(before.revision - 1);
    let moved = Refusal::RevisionMoved {
        expected: before.revision - 1,
        found: before.revision,
    };
    assert_eq!(edit(&mut model, &NATIVE, &stale), Err(vec![moved]));
    assert_eq!(model.invoice(&named(1)), Some(before));
}

#[test]
fn the_rules_say_which_standings_are_edited() {
    let drafts_only = Rules {
        editing: EditRules { standings: &[] },
        ..NATIVE
    };
    let mut model = book(true);
    let before = model.invoice(&named(1)).unwrap();
    let refused = edit(&mut model, &drafts_only, &says(&before, 1)).unwrap_err();
    assert!(
        matches!(&refused[..], [Refusal::WrongStanding { standing: Standing::Open, allowed }] if *allowed == [Standing::Draft])
    );
}

#[test]
fn in_a_closed_period_only_what_is_not_posted_changes() {
    let mut model = book(true);
    let closed_through = date(2026, 5, 15);
    model
        .run(|snapshot, moment| close_period(snapshot, moment, closed_through, 1))
        .unwrap();
    let before = model.invoice(&named(1)).unwrap();
    let refused = edit(&mut model, &NATIVE, &says(&before, 9_000));
    let entry_date = date(2026, 5, 10);
    let closed = Refusal::PeriodClosed {
        entry_date,
        closed_through,
    };
    assert_eq!(refused, Err(vec![closed.clone()]));
    let same = || {
        let mut said = says(&before, 0);
        said.lines = vec![line("SALES", 10_000), line("SERVICES", 500)];
        said
    };
    // The aging, the ledger and the tax summary of the closed days would say something else.
    let (mut due, mut number, mut lines) = (same(), same(), same());
    due.due_on = Some(date(2026, 7, 1));
    number.number = Some(NumberChoice::Explicit("X-8".to_owned()));
    lines.lines.reverse();
    for said in [due, number, lines] {
        assert_eq!(edit(&mut model, &NATIVE, &said), Err(vec![closed.clone()]));
    }
    let mut said = same();
    said.external_id = Some("another".to_owned());
    let after = edit(&mut model, &NATIVE, &said).unwrap();
    assert_eq!((after.external_id, after.stage), (said.external_id, before.stage));
}

#[test]
fn another_number_leaves_the_old_one_in_the_register() {
    let mut model = book(true);
    let before = model.invoice(&named(1)).unwrap();
    let old = before.number.clone().unwrap();
    let mut said = says(&before, 100);
    said.number = Some(NumberChoice::Explicit("X-7".to_owned()));
    let after = edit(&mut model, &NATIVE, &said).unwrap();
    assert_eq!(after.number.as_deref(), Some("X-7"));
    let state = |number: &str| model.snapshot.tables().numbers[number].state;
    assert_eq!((state(&old), state("X-7")), (NumberState::Deleted, NumberState::Used));
}

#[test]
fn a_void_is_taken_back_and_its_money_stays_unapplied() {
    let mut model = book(true);
    pay(&mut model, 4_000);
    let before = model.invoice(&named(1)).unwrap();
    let reopen = |model: &mut Model| {
        let plan = model.run(|snapshot, moment| reopen_invoice(snapshot, moment, &named(1)));
        plan.map(|_| ()).map_err(refusals)
    };
    assert!(matches!(
        reopen(&mut model).unwrap_err()[..],
        [Refusal::WrongStanding { .. }]
    ));
    model
        .run(|snapshot, moment| void_invoice(snapshot, moment, &NATIVE, &named(1), None))
        .unwrap();
    reopen(&mut model).unwrap();
    let after = model.invoice(&named(1)).unwrap();
    assert_eq!((after.stage, after.open()), (before.stage, minor(10_500)));
    assert_eq!(model.balance("ACCOUNTS_RECEIVABLE"), 10_500);
    assert_eq!(model.balance("UNAPPLIED_PAYMENTS"), -4_000);
    let number = before.number.unwrap();
    assert_eq!(model.snapshot.tables().numbers[&number].state, NumberState::Used);
    let day = Some(date(2026, 6, 1));
    model
        .run(|snapshot, moment| void_invoice(snapshot, moment, &NATIVE, &named(1), day))
        .unwrap();
    model
        .run(|snapshot, moment| close_period(snapshot, moment, date(2026, 6, 1), 1))
        .unwrap();
    assert!(matches!(
        reopen(&mut model).unwrap_err()[..],
        [Refusal::PeriodClosed { .. }]
    ));
}
