//! Documents in another currency than the book's: rates, both sums of every entry, gains and losses, and that they leave with their
//! parent.

use jiff::civil::date;
use quittance_accounting::allocating::{allocate_payment, unallocate_payment};
use quittance_accounting::arriving::{Confirmation, Voucher, confirm_payment};
use quittance_accounting::deletion::{delete_invoice, restore_invoice};
use quittance_accounting::editing::{Edit, edit_invoice};
use quittance_accounting::exchange::{KeptRate, Rate, keep_rate};
use quittance_accounting::issuing::{NewInvoice, create_invoice, issue_invoice};
use quittance_accounting::journal::EntryKind;
use quittance_accounting::money::Currency;
use quittance_accounting::payment_changes::{PaymentChange, change_payment, delete_payment, void_payment};
use quittance_accounting::refunding::{RefundOf, delete_refund, record_refund};
use quittance_accounting::refusal::{ExchangeRefusal, Refusal};
use quittance_accounting::reopening::reopen_invoice;
use quittance_accounting::settlement::Witness;
use quittance_accounting::settling::{NewPayment, Part, record_payment};
use quittance_accounting::voiding::void_invoice;
use quittance_accounting::writing_off::{delete_write_off, write_off};

use crate::model::*;

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

fn rate(text: &str) -> Option<Rate> {
    Some(Rate::new(text.parse().unwrap()).unwrap())
}

fn in_currency(n: u64, issue: bool, units: i64, code: &str, by: &str) -> NewInvoice {
    NewInvoice {
        currency: currency(code),
        rate: rate(by),
        ..invoice(n, issue, vec![line("SALES", units)])
    }
}

fn paid(n: u64, invoice: u64, units: i64, by: &str) -> NewPayment {
    NewPayment {
        rate: rate(by),
        ..payment(n, vec![(named(invoice), Part::Exactly(minor(units)))])
    }
}

fn create(model: &mut Model, new: NewInvoice) {
    let made = model.run(|snapshot, moment| create_invoice(snapshot, moment, &NATIVE, new.clone()));
    made.unwrap();
}

fn pay(model: &mut Model, new: NewPayment) {
    let paid = model.run(|snapshot, moment| record_payment(snapshot, moment, &NATIVE, new.clone()));
    paid.unwrap();
}

/// Receivables, money, unapplied payments and exchange differences, in the book's currency.
fn stands(model: &Model) -> [i64; 4] {
    let accounts = [
        "ACCOUNTS_RECEIVABLE",
        "UNDEPOSITED_FUNDS",
        "UNAPPLIED_PAYMENTS",
        "EXCHANGE_DIFFERENCES",
    ];
    accounts.map(|account| model.balance(account))
}

/// What an account stands at in a currency of documents.
fn abroad(model: &Model, stable_name: &str, code: &str) -> i64 {
    let tables = model.snapshot.tables();
    let account = tables
        .accounts
        .values()
        .find(|a| a.stable_name == stable_name)
        .unwrap()
        .key;
    let of = |p: &&quittance_accounting::journal::Posting| {
        p.account == account && p.foreign.is_some_and(|money| money.currency == currency(code))
    };
    tables
        .postings
        .values()
        .filter(of)
        .map(|p| p.signed().amount.minor())
        .sum()
}

fn book(by: &str) -> Model {
    let mut model = Model::new(Currency::USD);
    create(&mut model, in_currency(1, true, 10_000, "EUR", by));
    model
}

#[test]
fn a_gain_is_realized_at_settlement_and_leaves_with_the_invoice() {
    let mut model = book("1.10");
    assert_eq!((stands(&model), model.balance("SALES")), ([11_000, 0, 0, 0], -11_000));
    assert_eq!(abroad(&model, "ACCOUNTS_RECEIVABLE", "EUR"), 10_000);
    pay(&mut model, paid(11, 1, 10_000, "1.125"));
    assert_eq!(stands(&model), [0, 11_250, 0, -250]);
    assert_eq!(abroad(&model, "ACCOUNTS_RECEIVABLE", "EUR"), 0);
    assert_eq!(abroad(&model, "UNDEPOSITED_FUNDS", "EUR"), 10_000);
    let allocation = model
        .snapshot
        .tables()
        .entries
        .values()
        .find(|e| e.kind == EntryKind::Allocation);
    assert_eq!(allocation.unwrap().postings, 3);
    let deleted = model.run(|snapshot, moment| delete_invoice(snapshot, moment, &CAMPFIRE, &named(1), 9));
    let receipt = deleted.unwrap().receipt.unwrap();
    assert_eq!(receipt.withdrawn.len(), 2);
    assert!(
        receipt
            .balances
            .iter()
            .any(|effect| effect.currency == Some(currency("EUR")))
    );
    assert_eq!(stands(&model), [0; 4]);
    assert!(model.snapshot.tables().postings.is_empty());
}

#[test]
fn a_loss_stands_on_the_other_side() {
    let mut model = book("1.10");
    pay(&mut model, paid(11, 1, 10_000, "1.05"));
    assert_eq!(stands(&model), [0, 10_500, 0, 500]);
}

#[test]
fn the_last_part_takes_the_rest_on_either_side() {
    let mut model = Model::new(Currency::USD);
    // Three yen are one cent and a half, which is two; each is half a cent, which is one.
    create(&mut model, in_currency(1, true, 3, "JPY", "0.005"));
    assert_eq!(stands(&model)[0], 2);
    for (n, left) in [(11, 1), (12, 0), (13, 0)] {
        pay(&mut model, paid(n, 1, 1, "0.005"));
        assert_eq!(stands(&model)[0], left);
    }
    // Valued on their own the payments are a cent each: one more than the invoice.
    assert_eq!(stands(&model), [0, 3, 0, -1]);
    assert_eq!(abroad(&model, "ACCOUNTS_RECEIVABLE", "JPY"), 0);
}

#[test]
fn exponents_are_those_of_each_currency() {
    let mut model = Model::new(currency("JPY"));
    create(&mut model, in_currency(1, true, 1_234_567, "KWD", "485.5"));
    assert_eq!(stands(&model)[0], 599_382);
    pay(&mut model, paid(11, 1, 234_567, "490"));
    assert_eq!(stands(&model), [599_382 - 113_882, 114_938, 0, -(114_938 - 113_882)]);
    pay(&mut model, paid(12, 1, 1_000_000, "480"));
    let gained = 114_938 + 480_000 - 599_382;
    assert_eq!(stands(&model), [0, 594_938, 0, -gained]);
}

#[test]
fn a_rate_comes_with_the_document_or_from_the_book_or_there_is_none() {
    let mut model = Model::new(Currency::USD);
    let no_rate = |code, day| {
        Refusal::Exchange(ExchangeRefusal::NoRate {
            currency: currency(code),
            day,
        })
    };
    let mut new = in_currency(1, true, 10_000, "EUR", "1");
    new.rate = None;
    let refused = model.run(|snapshot, moment| create_invoice(snapshot, moment, &NATIVE, new.clone()));
    assert_eq!(refused.map_err(refusals), Err(vec![no_rate("EUR", date(2026, 5, 10))]));
    for (day, by) in [
        (date(2026, 5, 1), "1.2"),
        (date(2026, 5, 10), "1.1"),
        (date(2026, 5, 11), "1.3"),
    ] {
        let kept = KeptRate {
            currency: currency("EUR"),
            day,
            rate: rate(by).unwrap(),
        };
        model.run(|snapshot, _| keep_rate(snapshot, kept)).unwrap();
    }
    create(&mut model, new.clone());
    assert_eq!(stands(&model)[0], 11_000);
    let mut late = paid(11, 1, 4_000, "1");
    late.rate = None;
    pay(&mut model, late);
    assert_eq!(stands(&model), [6_600, 5_200, 0, -800]);
    let own = NewInvoice {
        rate: rate("1.01"),
        ..invoice(2, false, vec![line("SALES", 100)])
    };
    let refused = model.run(|snapshot, moment| create_invoice(snapshot, moment, &NATIVE, own.clone()));
    let is_own = ExchangeRefusal::OwnCurrency {
        currency: Currency::USD,
    };
    assert_eq!(refused.map_err(refusals), Err(vec![Refusal::Exchange(is_own)]));
    let one = NewInvoice {
        rate: rate("1.00"),
        ..invoice(2, false, vec![line("SALES", 100)])
    };
    create(&mut model, one);
    assert_eq!(model.invoice(&named(2)).unwrap().exchange, None);
    let kept = KeptRate {
        currency: Currency::USD,
        day: date(2026, 5, 1),
        rate: Rate::ONE,
    };
    let refused = model.run(|snapshot, _| keep_rate(snapshot, kept));
    assert_eq!(refused.map_err(refusals), Err(vec![Refusal::Exchange(is_own)]));
}

#[test]
fn money_settles_invoices_of_its_own_currency_only() {
    let mut model = book("1.10");
    create(&mut model, in_currency(2, true, 10_000, "GBP", "1.30"));
    create(&mut model, invoice(3, true, vec![line("SALES", 10_000)]));
    let differs = |document, money| {
        Refusal::Exchange(ExchangeRefusal::Differs {
            document: currency(document),
            money: currency(money),
        })
    };
    let both = [(named(1), Part::WhatIsOpen), (named(2), Part::WhatIsOpen)];
    let mut new = NewPayment {
        rate: rate("1.2"),
        ..payment(11, both.to_vec())
    };
    let refused = model.run(|snapshot, moment| record_payment(snapshot, moment, &NATIVE, new.clone()));
    assert_eq!(refused.map_err(refusals), Err(vec![differs("GBP", "EUR")]));
    new.parts.truncate(1);
    new.currency = Some(Currency::USD);
    let refused = model.run(|snapshot, moment| record_payment(snapshot, moment, &NATIVE, new.clone()));
    assert_eq!(refused.map_err(refusals), Err(vec![differs("EUR", "USD")]));
    let mut unapplied = payment(12, Vec::new());
    (unapplied.amount, unapplied.currency, unapplied.rate) = (Some(minor(500)), Some(currency("EUR")), rate("1.2"));
    pay(&mut model, unapplied);
    let parts = [(named(3), Part::WhatIsOpen)];
    let refused =
        model.run(|snapshot, moment| allocate_payment(snapshot, moment, &NATIVE, &named(12), &parts, date(2026, 6, 1)));
    assert_eq!(refused.map_err(refusals), Err(vec![differs("USD", "EUR")]));
    let mut given_up = new_write_off(13, named(1), None);
    given_up.currency = Some(Currency::USD);
    let refused = model.run(|snapshot, moment| write_off(snapshot, moment, given_up.clone()));
    assert_eq!(refused.map_err(refusals), Err(vec![differs("EUR", "USD")]));
}

#[test]
fn unapplied_money_gains_when_it_settles_and_gives_the_gain_back_when_it_is_freed() {
    let mut model = book("1.10");
    let mut new = NewPayment {
        amount: Some(minor(12_000)),
        rate: rate("1.20"),
        ..payment(11, Vec::new())
    };
    (new.currency, new.witness) = (Some(currency("EUR")), Witness::Bank);
    pay(&mut model, new);
    assert_eq!(stands(&model), [11_000, 14_400, -14_400, 0]);
    let parts = [(named(1), Part::WhatIsOpen)];
    model
        .run(|snapshot, moment| allocate_payment(snapshot, moment, &NATIVE, &named(11), &parts, date(2026, 6, 1)))
        .unwrap();
    assert_eq!(stands(&model), [0, 14_400, -2_400, -1_000]);
    let before = model.clone();
    model
        .run(|snapshot, moment| unallocate_payment(snapshot, moment, &named(11), &named(1), date(2026, 6, 2)))
        .unwrap();
    assert_eq!(stands(&model), [11_000, 14_400, -14_400, 0]);
    let mut model = before;
    model
        .run(|snapshot, moment| delete_invoice(snapshot, moment, &CAMPFIRE, &named(1), 9))
        .unwrap();
    assert_eq!(stands(&model), [0, 14_400, -14_400, 0]);
    let payment = model.snapshot.payment(&named(11)).unwrap().unwrap();
    assert_eq!(payment.unapplied_valued().booked, minor(14_400));
}

#[test]
fn unapplied_money_that_goes_back_at_another_rate_gains_or_loses() {
    let mut model = Model::new(Currency::USD);
    let mut new = NewPayment {
        amount: Some(minor(10_000)),
        rate: rate("1.20"),
        ..payment(11, Vec::new())
    };
    new.currency = Some(currency("EUR"));
    pay(&mut model, new);
    let mut back = new_refund(12, named(1), Some(minor(4_000)));
    (back.of, back.rate) = (RefundOf::Unapplied(named(11)), rate("1.25"));
    model
        .run(|snapshot, moment| record_refund(snapshot, moment, back.clone()))
        .unwrap();
    assert_eq!(stands(&model), [0, 12_000 - 5_000, -7_200, 200]);
    model
        .run(|snapshot, moment| delete_refund(snapshot, moment, &named(12)))
        .unwrap();
    assert_eq!(stands(&model), [0, 12_000, -12_000, 0]);
}

#[test]
fn a_refund_of_an_invoice_is_at_its_own_rate() {
    let mut model = book("1.10");
    pay(&mut model, paid(11, 1, 10_000, "1.10"));
    let mut back = new_refund(12, named(1), Some(minor(5_000)));
    let refused = model.run(|snapshot, moment| record_refund(snapshot, moment, back.clone()));
    let day = back.on;
    let no_rate = ExchangeRefusal::NoRate {
        currency: currency("EUR"),
        day,
    };
    assert_eq!(refused.map_err(refusals), Err(vec![Refusal::Exchange(no_rate)]));
    back.rate = rate("1.30");
    model
        .run(|snapshot, moment| record_refund(snapshot, moment, back.clone()))
        .unwrap();
    assert_eq!(stands(&model), [0, 11_000 - 6_500, 0, 0]);
    assert_eq!(model.balance("CUSTOMER_REFUNDS"), 6_500);
}

#[test]
fn a_write_off_is_at_what_the_invoice_carries() {
    let mut model = book("1.10");
    model
        .run(|snapshot, moment| write_off(snapshot, moment, new_write_off(12, named(1), Some(minor(2_500)))))
        .unwrap();
    assert_eq!((stands(&model), model.balance("BAD_DEBT")), ([8_250, 0, 0, 0], 2_750));
    let before = model.clone();
    model
        .run(|snapshot, moment| delete_write_off(snapshot, moment, &named(12)))
        .unwrap();
    assert_eq!(stands(&model), [11_000, 0, 0, 0]);
    let mut model = before;
    let deleted = model.run(|snapshot, moment| delete_invoice(snapshot, moment, &LAYER, &named(1), 9));
    deleted.unwrap();
    assert_eq!((stands(&model), model.balance("BAD_DEBT")), ([0; 4], 0));
    model.run(|snapshot, _| restore_invoice(snapshot, &named(1))).unwrap();
    assert_eq!((stands(&model), model.balance("BAD_DEBT")), ([8_250, 0, 0, 0], 2_750));
}

#[test]
fn a_void_frees_money_at_its_rate_and_is_taken_back_whole() {
    let mut model = book("1.10");
    pay(&mut model, paid(11, 1, 4_000, "1.20"));
    assert_eq!(stands(&model), [6_600, 4_800, 0, -400]);
    model
        .run(|snapshot, moment| void_invoice(snapshot, moment, &NATIVE, &named(1), None))
        .unwrap();
    assert_eq!((stands(&model), model.balance("SALES")), ([0, 4_800, -4_800, 0], 0));
    let before = model.clone();
    model
        .run(|snapshot, moment| reopen_invoice(snapshot, moment, &named(1)))
        .unwrap();
    assert_eq!(stands(&model), [11_000, 4_800, -4_800, 0]);
    let mut model = before;
    model
        .run(|snapshot, moment| delete_invoice(snapshot, moment, &CAMPFIRE, &named(1), 9))
        .unwrap();
    assert_eq!((stands(&model), model.balance("SALES")), ([0, 4_800, -4_800, 0], 0));
}

#[test]
fn payments_are_changed_voided_and_deleted_with_their_differences() {
    let mut model = book("1.10");
    pay(&mut model, paid(11, 1, 10_000, "1.20"));
    let known = model.snapshot.payment(&named(11)).unwrap().unwrap().clone();
    let change = PaymentChange {
        seen: None,
        paid_on: known.paid_on,
        paid_at: known.paid_at,
        amount: known.amount,
        rate: rate("1.15"),
        method: known.method,
        clearing: quittance_accounting::issuing::AccountChoice::Key(known.clearing),
        parts: None,
        external_id: None,
        content: texts(11),
    };
    model
        .run(|snapshot, moment| change_payment(snapshot, moment, &NATIVE, &named(11), change.clone()))
        .unwrap();
    assert_eq!(stands(&model), [0, 11_500, 0, -500]);
    let before = model.clone();
    model
        .run(|snapshot, moment| void_payment(snapshot, moment, &named(11), TODAY))
        .unwrap();
    assert_eq!(stands(&model), [11_000, 0, 0, 0]);
    let mut model = before;
    model
        .run(|snapshot, moment| delete_payment(snapshot, moment, &named(11)))
        .unwrap();
    assert_eq!(stands(&model), [11_000, 0, 0, 0]);
}

#[test]
fn a_confirmation_without_a_rate_counts_at_that_of_its_invoice() {
    let mut model = book("1.10");
    let new = payment(11, Vec::new());
    let fact = Confirmation {
        id: new.id,
        invoice: named(1),
        amount: minor(10_000),
        currency: None,
        rate: None,
        value_date: date(2026, 6, 1),
        paid_at: new.paid_at,
        method: new.method,
        voucher: Voucher::Bank,
        external_id: None,
        content: new.content,
    };
    let mut other = fact.clone();
    (other.id, other.currency, other.rate) = (id(12), Some(Currency::USD), None);
    model
        .run(|snapshot, moment| confirm_payment(snapshot, moment, fact.clone()))
        .unwrap();
    assert_eq!(stands(&model), [0, 11_000, 0, 0]);
    // Money in another currency came too: it settles nothing.
    model
        .run(|snapshot, moment| confirm_payment(snapshot, moment, other.clone()))
        .unwrap();
    assert_eq!(stands(&model), [0, 21_000, -10_000, 0]);
}

#[test]
fn currency_and_rate_of_a_draft_may_change_and_are_frozen_at_issue() {
    let mut model = Model::new(Currency::USD);
    create(&mut model, in_currency(1, false, 10_000, "EUR", "1.10"));
    let draft = model.invoice(&named(1)).unwrap();
    let edit = |currency: Option<Currency>, rate: Option<Rate>, units: i64| Edit {
        expected_revision: None,
        customer: Some(quittance_accounting::snapshot::Named::Key(1)),
        number: None,
        external_id: None,
        invoice_date: draft.invoice_date,
        due_at: None,
        due_on: draft.due_on,
        sent_at: None,
        currency,
        rate,
        lines: vec![line("SALES", units)],
        discount: minor(0),
        taxes: Vec::new(),
        tip: minor(0),
        content: texts(1),
    };
    let run = |model: &mut Model, edit: Edit| {
        let plan = model.run(|snapshot, moment| edit_invoice(snapshot, moment, &CAMPFIRE, &named(1), edit.clone()));
        plan.map(|_| ()).map_err(refusals)
    };
    run(&mut model, edit(Some(currency("GBP")), rate("1.30"), 10_000)).unwrap();
    assert_eq!(model.invoice(&named(1)).unwrap().total_valued().booked, minor(13_000));
    run(&mut model, edit(Some(Currency::USD), None, 10_000)).unwrap();
    assert_eq!(model.invoice(&named(1)).unwrap().exchange, None);
    run(&mut model, edit(Some(currency("EUR")), rate("1.10"), 10_000)).unwrap();
    model
        .run(|snapshot, moment| issue_invoice(snapshot, moment, &CAMPFIRE, &named(1)))
        .unwrap();
    assert_eq!(stands(&model)[0], 11_000);
    let frozen = ExchangeRefusal::Frozen {
        currency: currency("EUR"),
        rate: rate("1.10"),
    };
    let frozen = Err(vec![Refusal::Exchange(frozen)]);
    assert_eq!(
        run(&mut model, edit(Some(currency("GBP")), rate("1.30"), 10_000)),
        frozen
    );
    assert_eq!(run(&mut model, edit(None, rate("1.11"), 10_000)), frozen);
    run(&mut model, edit(None, rate("1.1"), 9_000)).unwrap();
    assert_eq!(stands(&model)[0], 9_900);
    // What was paid leaves nothing open: the invoice carries what was settled, to the cent.
    pay(&mut model, paid(11, 1, 3_333, "1.10"));
    run(&mut model, edit(None, None, 3_333)).unwrap();
    assert_eq!(stands(&model)[0], 0);
}
