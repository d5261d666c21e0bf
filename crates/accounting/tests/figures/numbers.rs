//! Numbers: counted, explicit, freed by delete, taken again, and restored.

use quittance_accounting::book::NumberState;
use quittance_accounting::deletion::{delete_invoice, restore_invoice};
use quittance_accounting::issuing::{NumberChoice, create_invoice, issue_invoice};
use quittance_accounting::money::Currency;
use quittance_accounting::refusal::Refusal;
use quittance_accounting::rules::Rules;
use quittance_accounting::settling::{Part, record_payment};
use quittance_accounting::writing_off::write_off;

use crate::model::*;

fn create(model: &mut Model, n: u64, number: NumberChoice, rules: &Rules) -> Result<Option<String>, Vec<Refusal>> {
    let new = quittance_accounting::issuing::NewInvoice {
        number,
        ..invoice(n, false, vec![line("SALES", 10_000)])
    };
    let plan = model.run(|snapshot, moment| create_invoice(snapshot, moment, rules, new.clone()));
    plan.map_err(refusals)?;
    Ok(model.invoice(&named(n)).unwrap().number)
}

fn delete(model: &mut Model, n: u64, rules: &Rules) {
    let seq = model.seq + 1;
    model
        .run(|snapshot, moment| delete_invoice(snapshot, moment, rules, &named(n), seq))
        .unwrap();
}

fn explicit(number: &str) -> NumberChoice {
    NumberChoice::Explicit(number.to_owned())
}

#[test]
fn a_counted_number_is_given_once_even_after_its_invoice_is_deleted() {
    let mut model = Model::new(Currency::USD);
    let counted = |model: &mut Model, n| create(model, n, NumberChoice::Counted, &MOOV).unwrap().unwrap();
    assert_eq!(counted(&mut model, 1), "INV-0001");
    delete(&mut model, 1, &MOOV);
    assert_eq!(counted(&mut model, 2), "INV-0002");
    let taken = create(&mut model, 3, explicit("INV-0001"), &MOOV).unwrap_err();
    assert!(matches!(taken[..], [Refusal::NumberTaken { .. }]));
    assert_eq!(model.snapshot.tables().numbers["INV-0001"].state, NumberState::Deleted);
}

#[test]
fn an_explicit_number_moves_its_counter_and_is_free_again_after_a_delete() {
    let mut model = Model::new(Currency::USD);
    assert_eq!(
        create(&mut model, 1, explicit("INV-0007"), &MOOV).unwrap().unwrap(),
        "INV-0007"
    );
    assert!(create(&mut model, 2, explicit("INV-0007"), &MOOV).is_err());
    assert_eq!(
        create(&mut model, 2, NumberChoice::Counted, &MOOV).unwrap().unwrap(),
        "INV-0008"
    );
    delete(&mut model, 1, &MOOV);
    assert_eq!(
        create(&mut model, 3, explicit("INV-0007"), &MOOV).unwrap().unwrap(),
        "INV-0007"
    );
    assert_eq!(
        create(&mut model, 4, NumberChoice::Counted, &MOOV).unwrap().unwrap(),
        "INV-0009"
    );
}

#[test]
fn a_counter_passes_over_a_number_that_a_client_used_in_another_series() {
    let mut model = Model::new(Currency::USD);
    create(&mut model, 1, explicit("Q-0001"), &MOOV).unwrap();
    let next = create(&mut model, 2, NumberChoice::CountedIn("Q-".to_owned()), &MOOV);
    assert_eq!(next.unwrap().unwrap(), "Q-0002");
}

#[test]
fn natively_the_number_comes_with_the_issue() {
    let mut model = Model::new(Currency::USD);
    assert_eq!(create(&mut model, 1, NumberChoice::Counted, &NATIVE), Ok(None));
    model
        .run(|snapshot, moment| issue_invoice(snapshot, moment, &NATIVE, &named(1)))
        .unwrap();
    assert_eq!(model.invoice(&named(1)).unwrap().number.unwrap(), "INV-0001");
}

#[test]
fn two_drafts_paid_at_once_get_two_numbers() {
    let mut model = Model::new(Currency::USD);
    for n in [1, 2] {
        create(&mut model, n, NumberChoice::Counted, &NATIVE).unwrap();
    }
    let new = payment(11, vec![(named(1), Part::WhatIsOpen), (named(2), Part::WhatIsOpen)]);
    model
        .run(|snapshot, moment| record_payment(snapshot, moment, &NATIVE, new.clone()))
        .unwrap();
    let number = |n| model.invoice(&named(n)).unwrap().number.unwrap();
    assert_eq!([number(1), number(2)], ["INV-0001", "INV-0002"]);
    assert_eq!(model.snapshot.tables().numbers.len(), 2);
}

#[test]
fn a_restored_invoice_takes_its_number_back_unless_a_live_one_has_it() {
    let mut model = Model::new(Currency::USD);
    create(&mut model, 1, explicit("X"), &NATIVE).unwrap();
    delete(&mut model, 1, &NATIVE);
    create(&mut model, 2, explicit("X"), &NATIVE).unwrap();
    let restore = |model: &mut Model| model.run(|snapshot, _| restore_invoice(snapshot, &named(1)));
    let taken = refusals(restore(&mut model).unwrap_err());
    let document = model.key(&named(2)).into();
    assert_eq!(
        taken,
        [Refusal::NumberTaken {
            number: "X".to_owned(),
            document
        }]
    );
    delete(&mut model, 2, &NATIVE);
    restore(&mut model).unwrap();
    let used = &model.snapshot.tables().numbers["X"];
    assert_eq!(
        (used.state, used.document),
        (NumberState::Used, model.key(&named(1)).into())
    );
}

#[test]
fn a_restored_write_off_does_not_share_its_external_id() {
    let mut model = Model::new(Currency::USD);
    for n in [1, 2] {
        let new = invoice(n, true, vec![line("SALES", 10_000)]);
        model
            .run(|snapshot, moment| create_invoice(snapshot, moment, &LAYER, new.clone()))
            .unwrap();
    }
    let write_off_of = |model: &mut Model, n| {
        let mut new = new_write_off(20 + n, named(n), None);
        new.external_id = Some("w".to_owned());
        model
            .run(|snapshot, moment| write_off(snapshot, moment, new.clone()))
            .unwrap();
    };
    write_off_of(&mut model, 1);
    delete(&mut model, 1, &LAYER);
    write_off_of(&mut model, 2);
    let refused = refusals(
        model
            .run(|snapshot, _| restore_invoice(snapshot, &named(1)))
            .unwrap_err(),
    );
    assert!(matches!(&refused[..], [Refusal::ExternalIdTaken { external_id, .. }] if external_id == "w"));
    assert_eq!(model.snapshot.tables().write_offs.len(), 1);
}
