//! Credit notes in another currency than the book's: at the rate of their invoice or at one of their own, with the difference where
//! they settle an invoice of another rate, and that it leaves with that invoice.

use jiff::civil::date;
use quittance_accounting::crediting::{
    Applying, CreditOf, Extent, NewCreditNote, apply_credit, delete_credit_note, issue_credit_note,
    restore_credit_note, unapply_credit, void_credit_note,
};
use quittance_accounting::deletion::delete_invoice;
use quittance_accounting::exchange::Rate;
use quittance_accounting::issuing::{NewInvoice, create_invoice};
use quittance_accounting::money::Currency;
use quittance_accounting::plan::Plan;
use quittance_accounting::refunding::{RefundOf, delete_refund, record_refund};
use quittance_accounting::refusal::{ExchangeRefusal, Refusal};
use quittance_accounting::settling::Part;

use crate::model::*;

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

fn rate(text: &str) -> Option<Rate> {
    Some(Rate::new(text.parse().unwrap()).unwrap())
}

/// Invoice 1 of 100 euros at 1.20 and invoice 2 of 100 euros at 1.10, in a book of dollars.
fn book() -> Model {
    let mut model = Model::new(Currency::USD);
    for (n, by) in [(1, "1.20"), (2, "1.10")] {
        let new = NewInvoice {
            currency: currency("EUR"),
            rate: rate(by),
            ..invoice(n, true, vec![line("SALES", 10_000)])
        };
        model
            .run(|snapshot, moment| create_invoice(snapshot, moment, &NATIVE, new.clone()))
            .unwrap();
    }
    model
}

fn issue(model: &mut Model, new: NewCreditNote) -> Result<Plan, Vec<Refusal>> {
    let plan = model.run(|snapshot, moment| issue_credit_note(snapshot, moment, &NATIVE, new.clone()));
    plan.map_err(refusals)
}

/// Receivables, customer credits, sales, exchange differences and money, in the book's currency.
fn stands(model: &Model) -> [i64; 5] {
    let accounts = [
        "ACCOUNTS_RECEIVABLE",
        "CUSTOMER_CREDITS",
        "SALES",
        "EXCHANGE_DIFFERENCES",
        "UNDEPOSITED_FUNDS",
    ];
    accounts.map(|account| model.balance(account))
}

fn in_euros(units: i64, by: Option<&str>) -> CreditOf {
    match free_credit(units) {
        CreditOf::Free { customer, lines, .. } => CreditOf::Free {
            customer,
            currency: currency("EUR"),
            rate: by.and_then(rate),
            lines,
        },
        other @ CreditOf::Invoice(..) => other,
    }
}

#[test]
fn what_is_credited_of_an_invoice_goes_back_at_its_rate() {
    let mut model = book();
    assert_eq!(stands(&model), [23_000, 0, -23_000, 0, 0]);
    let part = CreditOf::Invoice(named(1), Extent::Amount(minor(3_333)));
    issue(&mut model, credit_note(11, part)).unwrap();
    assert_eq!(stands(&model), [19_000, 0, -19_000, 0, 0]);
    issue(&mut model, credit_note(12, rest_of(named(1)))).unwrap();
    assert_eq!(stands(&model), [11_000, 0, -11_000, 0, 0]);
}

#[test]
fn the_last_credit_note_takes_what_the_others_left() {
    let mut model = Model::new(Currency::USD);
    let new = NewInvoice {
        currency: currency("JPY"),
        rate: rate("0.005"),
        ..invoice(1, true, vec![line("SALES", 3)])
    };
    model
        .run(|snapshot, moment| create_invoice(snapshot, moment, &NATIVE, new.clone()))
        .unwrap();
    // Three yen are two cents; each is half a cent, which is one, and the last has none left.
    for (n, left) in [(11, 1), (12, 0), (13, 0)] {
        let one = CreditOf::Invoice(named(1), Extent::Amount(minor(1)));
        issue(&mut model, credit_note(n, one)).unwrap();
        assert_eq!(stands(&model), [left, 0, -left, 0, 0]);
    }
}

#[test]
fn credit_gains_where_it_settles_an_invoice_of_another_rate_and_the_gain_leaves_with_that() {
    let mut model = book();
    let part = CreditOf::Invoice(named(1), Extent::Amount(minor(4_000)));
    let mut new = credit_note(11, part);
    new.applying = Applying::To(vec![(named(2), Part::WhatIsOpen)]);
    issue(&mut model, new).unwrap();
    // 48.00 of credit settle what is carried at 44.00.
    assert_eq!(stands(&model), [18_600, 0, -18_200, -400, 0]);
    let before = model.clone();
    model
        .run(|snapshot, moment| unapply_credit(snapshot, moment, &named(11), &named(2), date(2026, 5, 24)))
        .unwrap();
    assert_eq!(stands(&model), [23_000, -4_800, -18_200, 0, 0]);
    let mut model = before.clone();
    let deleted = model.run(|snapshot, moment| delete_invoice(snapshot, moment, &CAMPFIRE, &named(2), 9));
    let receipt = deleted.unwrap().receipt.unwrap();
    assert_eq!(receipt.foreign(), Some(currency("EUR")));
    assert_eq!(receipt.credits[0].left_after, minor(4_000));
    assert_eq!(stands(&model), [12_000, -4_800, -7_200, 0, 0]);
    let mut model = before;
    model
        .run(|snapshot, moment| void_credit_note(snapshot, moment, &named(11), date(2026, 5, 24)))
        .unwrap();
    assert_eq!(stands(&model), [23_000, 0, -23_000, 0, 0]);
    model
        .run(|snapshot, moment| delete_credit_note(snapshot, moment, &NATIVE, &named(11), 9))
        .unwrap();
    assert_eq!(stands(&model), [23_000, 0, -23_000, 0, 0]);
}

#[test]
fn credit_of_a_customer_has_a_rate_of_its_own_and_settles_its_own_currency() {
    let mut model = book();
    let none = credit_note(11, in_euros(1_000, None));
    let day = date(2026, 5, 22);
    let refused = Refusal::Exchange(ExchangeRefusal::NoRate {
        currency: currency("EUR"),
        day,
    });
    assert_eq!(issue(&mut model, none).unwrap_err(), [refused]);
    issue(&mut model, credit_note(11, in_euros(1_000, Some("1.30")))).unwrap();
    assert_eq!(stands(&model), [23_000, -1_300, -21_700, 0, 0]);
    let own = invoice(3, true, vec![line("SALES", 10_000)]);
    model
        .run(|snapshot, moment| create_invoice(snapshot, moment, &NATIVE, own.clone()))
        .unwrap();
    let to_own = [(named(3), Part::WhatIsOpen)];
    let refused = model.run(|snapshot, moment| apply_credit(snapshot, moment, &NATIVE, &named(11), &to_own, day));
    let differs = Refusal::Exchange(ExchangeRefusal::Differs {
        document: Currency::USD,
        money: currency("EUR"),
    });
    assert_eq!(refusals(refused.unwrap_err()), [differs]);
}

#[test]
fn credit_that_goes_back_in_money_at_another_rate_gains_or_loses() {
    let mut model = book();
    issue(&mut model, credit_note(11, in_euros(1_000, Some("1.30")))).unwrap();
    let mut back = new_refund(21, named(1), Some(minor(400)));
    (back.of, back.rate) = (RefundOf::Credit(named(11)), rate("1.25"));
    model
        .run(|snapshot, moment| record_refund(snapshot, moment, back.clone()))
        .unwrap();
    assert_eq!(stands(&model), [23_000, -780, -21_700, -20, -500]);
    model
        .run(|snapshot, moment| delete_refund(snapshot, moment, &named(21)))
        .unwrap();
    assert_eq!(stands(&model), [23_000, -1_300, -21_700, 0, 0]);
    let before = model.clone();
    model
        .run(|snapshot, moment| delete_credit_note(snapshot, moment, &NATIVE, &named(11), 9))
        .unwrap();
    assert_eq!(stands(&model), [23_000, 0, -23_000, 0, 0]);
    model
        .run(|snapshot, _| restore_credit_note(snapshot, &named(11)))
        .unwrap();
    assert_eq!(before.snapshot.tables().payments, model.snapshot.tables().payments);
    assert_eq!(before.snapshot.tables().postings, model.snapshot.tables().postings);
}
