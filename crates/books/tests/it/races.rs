//! Deletes against payments on the same invoice, thousands of times: every race ends as one of the serial orders.

use std::sync::Barrier;

use quittance_accounting::refusal::Refusal;
use quittance_accounting::rules::Rules;
use quittance_accounting::settlement::Witness;
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;
use quittance_books::input::DeleteOptions;
use quittance_books::view::{Deleted, InvoiceView, PaymentView};

use crate::setup::*;

/// How many races per engine and rules, unless QUITTANCE_TEST_RACE_ROUNDS says otherwise.
const ROUNDS: usize = 2000;

/// How many races run at once, so that batches mix them.
const LANES: usize = 4;

/// How many racers want to delete, and how many want to pay.
const DELETERS: usize = 2;

fn rounds() -> usize {
    let asked = std::env::var("QUITTANCE_TEST_RACE_ROUNDS");
    asked.map_or(ROUNDS, |asked| asked.parse().unwrap())
}

/// How the racers on one invoice fared.
#[derive(Debug, Default)]
struct Race {
    deleted: Vec<Result<Deleted, Failure>>,
    paid: Option<Result<(PaymentView, Vec<InvoiceView>), Failure>>,
}

/// Lets all racers of a lane go at once, invoice by invoice.
fn race_in_a_lane(bench: &Bench, rules: &'static Rules, issue: bool, rounds: usize, lane: usize) -> Vec<(Named, Race)> {
    let context = bench.context();
    let create = || {
        let created = run(bench
            .books
            .create_invoice(&context, rules, invoice("raced for", issue), None));
        named(&created.unwrap())
    };
    let invoices: Vec<Named> = (0..rounds).map(|_| create()).collect();
    let start = Barrier::new(DELETERS + 1);
    let (invoices, start) = (&invoices, &start);
    std::thread::scope(|scope| {
        let delete = || {
            let context = bench.context();
            let one = move |named: &Named| {
                start.wait();
                let options = DeleteOptions::default();
                run(bench.books.delete_invoice(&context, rules, named.clone(), options))
            };
            scope.spawn(move || invoices.iter().map(one).collect::<Vec<_>>())
        };
        let deleters: Vec<_> = (0..DELETERS).map(|_| delete()).collect();
        let context = bench.context();
        let pay = |(n, named): (usize, &Named)| {
            let mut input = payment(named.clone());
            input.witness = if (n + lane).is_multiple_of(3) {
                Witness::Bank
            } else {
                Witness::Hand
            };
            start.wait();
            run(bench.books.record_payment(&context, rules, input, None))
        };
        let paid: Vec<_> = invoices.iter().enumerate().map(pay).collect();
        let mut races: Vec<(Named, Race)> = invoices.iter().map(|named| (named.clone(), Race::default())).collect();
        for deleter in deleters {
            for (deleted, (_, race)) in deleter.join().unwrap().into_iter().zip(&mut races) {
                race.deleted.push(deleted);
            }
        }
        for (paid, (_, race)) in paid.into_iter().zip(&mut races) {
            race.paid = Some(paid);
        }
        races
    })
}

fn all_races(bench: &Bench, rules: &'static Rules, issue: bool) -> Vec<(Named, Race)> {
    let each = rounds().div_ceil(LANES);
    std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES)
            .map(|lane| scope.spawn(move || race_in_a_lane(bench, rules, issue, each, lane)))
            .collect();
        lanes.into_iter().flat_map(|lane| lane.join().unwrap()).collect()
    })
}

fn live_invoice(bench: &Bench, named: &Named) -> Option<InvoiceView> {
    run(bench.books.invoice(bench.book, named))
        .unwrap()
        .filter(|view| view.deleted.is_none())
}

/// Where paid invoices cannot be deleted: exactly one of the racers wins, and the others are told by what.
fn exactly_one_wins(bench: &Bench, rules: &'static Rules, issue: bool) {
    let (mut deletes, mut payments) = (0, 0);
    for (named, race) in all_races(bench, rules, issue) {
        let paid = race.paid.as_ref().unwrap();
        let winners = race.deleted.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(winners + usize::from(paid.is_ok()), 1, "{race:?}");
        let view = live_invoice(bench, &named);
        if paid.is_ok() {
            payments += 1;
            assert!(view.is_some_and(|view| view.payments.len() == 1), "{race:?}");
        } else {
            deletes += 1;
            assert!(view.is_none(), "{race:?}");
        }
        let paid_first = paid.is_ok();
        if let Err(failure) = race.paid.unwrap() {
            assert!(matches!(refusal::<()>(Err(failure)), Refusal::AlreadyDeleted { .. }));
        }
        for failure in race.deleted.into_iter().filter_map(Result::err) {
            match refusal::<()>(Err(failure)) {
                Refusal::AlreadyDeleted { .. } => assert!(!paid_first),
                Refusal::HasPayments { count: 1, .. } | Refusal::WrongStanding { .. } => assert!(paid_first),
                other => panic!("{other:?}"),
            }
        }
    }
    bench.verified();
    assert!(
        deletes > 0 && payments > 0,
        "{deletes} deletes and {payments} payments won"
    );
}

/// Where money goes with its invoice: the delete always happens; a payment is refused after it, or was taken along by it.
fn deletes_take_along_what_came_before(bench: &Bench) {
    let (mut refused, mut taken_along) = (0, 0);
    for (named, race) in all_races(bench, &CAMPFIRE, true) {
        assert_eq!(
            race.deleted.iter().filter(|answer| answer.is_ok()).count(),
            1,
            "{race:?}"
        );
        assert!(live_invoice(bench, &named).is_none());
        let receipts: Vec<_> = race.deleted.iter().flatten().map(|deleted| &deleted.receipt).collect();
        match race.paid.unwrap() {
            Err(failure) => {
                refused += 1;
                assert!(matches!(refusal::<()>(Err(failure)), Refusal::AlreadyDeleted { .. }));
                assert!(receipts[0].payments.is_empty());
            }
            Ok((view, _)) => {
                taken_along += 1;
                assert_eq!(receipts[0].payments[0].payment, view.payment.key);
                let left = run(bench.books.payment(bench.book, &Named::Id(view.payment.id))).unwrap();
                match view.payment.witness {
                    Witness::Hand => assert_eq!(left, None, "neither is live"),
                    Witness::Bank | Witness::Provider | Witness::Credit => {
                        let left = left.unwrap();
                        assert!(left.allocations.is_empty(), "the money stays and settles nothing");
                        assert_eq!(left.payment.unallocated, left.payment.amount);
                    }
                }
            }
        }
    }
    bench.verified();
    assert!(
        refused > 0 && taken_along > 0,
        "{refused} refused, {taken_along} taken along"
    );
}

#[test]
fn guarded_by_payments_exactly_one_wins() {
    let (_directory, path) = file();
    exactly_one_wins(&Bench::in_file(&path, 0), &LAYER, true);
    exactly_one_wins(&Bench::in_memory(0), &LAYER, true);
    exactly_one_wins(&Bench::in_database(0), &LAYER, true);
}

#[test]
fn paying_a_draft_and_deleting_it_exactly_one_wins() {
    let (_directory, path) = file();
    exactly_one_wins(&Bench::in_file(&path, 0), &MOOV, false);
    exactly_one_wins(&Bench::in_memory(0), &MOOV, false);
    exactly_one_wins(&Bench::in_database(0), &MOOV, false);
}

#[test]
fn where_money_goes_along_every_race_is_a_serial_order() {
    let (_directory, path) = file();
    deletes_take_along_what_came_before(&Bench::in_file(&path, 0));
    deletes_take_along_what_came_before(&Bench::in_memory(0));
    deletes_take_along_what_came_before(&Bench::in_database(0));
}
