//! What the writer knows from one batch to the next: never stale when a second program writes, never of a batch that failed.

use std::sync::Arc;

use quittance_accounting::refusal::Refusal;
use quittance_accounting::snapshot::Named;
use quittance_books::Failure;
use quittance_books::input::{CustomerInput, DeleteOptions};
use quittance_books::source::{Chance, Clock, Repeatable};
use quittance_store::engine::tamper;

use crate::histories::{Dice, History};
use crate::setup::*;

/// Several programs at one place, with one clock and one source of chance.
fn programs(place: &Place, many: usize) -> Vec<Bench> {
    let clock = SetClock::new();
    let chance: Arc<dyn Chance> = Arc::new(Repeatable::new(7));
    let open = || place.open(Arc::clone(&clock) as Arc<dyn Clock>, Arc::clone(&chance));
    let first = open();
    let book = run(first.open_book(book_input(3))).unwrap().0;
    let others = (1..many).map(|_| open());
    let all = std::iter::once(first).chain(others.collect::<Vec<_>>());
    all.map(|books| Bench {
        books,
        clock: Arc::clone(&clock),
        book,
        place: Place::Elsewhere,
    })
    .collect()
}

async fn delete(bench: &Bench, named: &Named) -> Result<i64, Failure> {
    let deleted = bench
        .books
        .delete_invoice(&bench.context(), &CAMPFIRE, named.clone(), DeleteOptions::default())
        .await;
    deleted.map(|deleted| deleted.seal.seq)
}

#[test]
fn two_programs_taking_turns_write_what_one_alone_writes() {
    for seed in 0..8 {
        let (own, shared) = (Place::file(), if seed < 6 { Place::file() } else { Place::database() });
        let alone = programs(&own, 1).remove(0);
        let both = programs(&shared, 2);
        let (mut one, mut same, mut turn) = (History::new(seed), History::new(seed), Dice::new(seed + 100));
        for step in 0..120 {
            let bench = &both[turn.below(2) as usize];
            let (expected, answer) = (run(one.step(&alone)), run(same.step(bench)));
            assert_eq!(answer, expected, "seed {seed}, step {step}");
        }
        let verdicts = [&alone, &both[0], &both[1]].map(Bench::verified);
        assert_eq!(verdicts[0].hash, verdicts[1].hash, "seed {seed}");
        assert_eq!(verdicts[0].hash, verdicts[2].hash, "seed {seed}");
    }
}

#[test]
fn what_another_program_did_is_seen() {
    for place in [Place::file(), Place::database()] {
        let [ours, theirs] = <[Bench; 2]>::try_from(programs(&place, 2)).ok().unwrap();
        run(async {
            let context = ours.context();
            let known = ours
                .books
                .create_invoice(&context, &CAMPFIRE, invoice("known", true), None);
            let known = named(&known.await.unwrap());
            let paid = theirs
                .books
                .record_payment(&context, &CAMPFIRE, payment(known.clone()), None);
            paid.await.unwrap();
            let guarded = ours
                .books
                .delete_invoice(&context, &LAYER, known.clone(), DeleteOptions::default());
            assert!(matches!(refusal(guarded.await), Refusal::HasPayments { count: 1, .. }));
            let day = jiff::civil::date(2026, 4, 30);
            for closed in [Some(day), None] {
                let moved = match closed {
                    Some(through) => theirs.books.close_period(&context, through).await,
                    None => theirs.books.reopen_period(&context, None, "a test").await,
                };
                moved.unwrap();
                let settings = ours.books.settings(ours.book).await.unwrap().unwrap();
                assert_eq!(settings.closed_through, closed);
            }
            let seq = delete(&theirs, &known).await.unwrap();
            let refused = refusal(delete(&ours, &known).await);
            assert!(matches!(refused, Refusal::AlreadyDeleted { seq: found, .. } if found == seq));
        });
        ours.verified();
    }
}

#[test]
fn what_was_not_there_may_be_there_now() {
    for place in [Place::file(), Place::database()] {
        let [ours, theirs] = <[Bench; 2]>::try_from(programs(&place, 2)).ok().unwrap();
        run(async {
            for maker in [&ours, &theirs] {
                let name = Named::External("later".to_owned());
                let refused = refusal(delete(&ours, &name).await);
                assert!(matches!(refused, Refusal::NotFound { .. }));
                let mut input = invoice("later", true);
                input.external_id = Some("later".to_owned());
                let context = ours.context();
                let made = maker.books.create_invoice(&context, &CAMPFIRE, input, None);
                made.await.unwrap();
                delete(&ours, &name).await.unwrap();
            }
        });
        ours.verified();
    }
}

#[test]
fn what_is_taken_for_granted_is_decided_again_when_it_was_wrong() {
    let place = Place::database();
    let [ours, theirs] = <[Bench; 2]>::try_from(programs(&place, 2)).ok().unwrap();
    let context = ours.context();
    let make = async |bench: &Bench, external: Option<&str>| {
        let mut input = invoice("taken", true);
        input.external_id = external.map(str::to_owned);
        let made = bench.books.create_invoice(&context, &CAMPFIRE, input, None).await;
        made.unwrap().invoice.key.0
    };
    run(async {
        // Alone for so long that nobody else is expected.
        let alone = async || {
            for _ in 0..12 {
                make(&ours, None).await;
            }
        };
        let known = make(&ours, None).await;
        alone().await;
        // A write that builds on what is not so any more.
        let more = make(&theirs, None).await;
        assert_eq!(make(&ours, None).await, more + 1);
        alone().await;
        // A refusal, of which nothing is written.
        let later = Named::External("later".to_owned());
        for _ in 0..2 {
            let refused = refusal(delete(&ours, &later).await);
            assert!(matches!(refused, Refusal::NotFound { .. }));
        }
        make(&theirs, Some("later")).await;
        delete(&ours, &later).await.unwrap();
        alone().await;
        // Something that is gone, and a preview of what would go.
        let known = Named::Key(known);
        delete(&theirs, &known).await.unwrap();
        let planned = ours.books.plan_deletion(&context, &CAMPFIRE, known.clone());
        assert!(matches!(refusal(planned.await), Refusal::AlreadyDeleted { .. }));
        assert!(matches!(
            refusal(delete(&ours, &known).await),
            Refusal::AlreadyDeleted { .. }
        ));
    });
    ours.verified();
}

#[test]
fn a_commit_that_failed_is_forgotten() {
    let place = Place::file();
    let Place::File(directory) = &place else {
        panic!("a file")
    };
    let path = directory.path().join("books.db");
    let bench = programs(&place, 1).remove(0);
    let context = bench.context();
    let created = bench
        .books
        .create_invoice(&context, &CAMPFIRE, invoice("a", true), None);
    let created = run(created).unwrap();
    let head = run(bench.books.head(bench.book)).unwrap();
    // Behind the back of everybody, the head stays where it was: the commit finds a row less than it must remove.
    let moved = |from: i64, to: i64| format!("update line set place = {to} where place = {from}");
    assert_eq!(tamper(&path, &[&moved(1, 9)]).unwrap().changed, 1);
    let failed = run(delete(&bench, &named(&created)));
    assert!(matches!(failed, Err(Failure::Store(_))), "{failed:?}");
    assert_eq!(run(bench.books.head(bench.book)).unwrap(), head);
    assert_eq!(tamper(&path, &[&moved(9, 1)]).unwrap().changed, 1);
    run(delete(&bench, &named(&created))).unwrap();
    bench.verified();
}

#[test]
fn an_answer_shows_the_chart_whatever_was_asked_before() {
    let place = Place::file();
    // The one that did not open the book: it knows nothing of the chart yet.
    let bench = programs(&place, 2).remove(1);
    run(async {
        let (context, input) = (bench.context(), CustomerInput::default());
        bench.books.add_customer(&context, input).await.unwrap();
        let created = bench
            .books
            .create_invoice(&context, &CAMPFIRE, invoice("a", true), None);
        let book = bench.books.book(bench.book).await.unwrap().unwrap();
        assert_eq!(created.await.unwrap().book, book);
    });
}
