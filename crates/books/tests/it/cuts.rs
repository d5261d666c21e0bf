//! Connections that are lost at every step of a command: it is carried out once, and its caller hears what became of it.

use std::sync::Arc;

use quittance_accounting::plan::EventKind;
use quittance_accounting::snapshot::Named;
use quittance_books::input::DeleteOptions;
use quittance_books::source::{Clock, Repeatable};
use quittance_books::{Books, Failure};
use quittance_store::{Scratch, StoreError};

use crate::proxy::{Proxy, Side};
use crate::setup::*;

/// More messages than any command here takes.
const MOST_STEPS: usize = 150;

/// Books that reach their database through a proxy. The connections are one each, so that what is sent is always the same.
fn behind_a_proxy() -> (Bench, Proxy) {
    let (bench, mut proxies) = behind_proxies(1);
    (bench, proxies.remove(0))
}

/// The same with several, as there are several machines of which one leads.
fn behind_proxies(many: usize) -> (Bench, Vec<Proxy>) {
    let scratch = Scratch::new().unwrap();
    let proxies: Vec<Proxy> = (0..many).map(|_| Proxy::to(scratch.place())).collect();
    let places: Vec<String> = proxies.iter().map(|proxy| proxy.at.to_string()).collect();
    let clock = SetClock::new();
    let address = format!("{}&writers=1&readers=1", scratch.address_at(&places.join(",")));
    let opened = Books::open_postgres(
        &address,
        Arc::clone(&clock) as Arc<dyn Clock>,
        Arc::new(Repeatable::new(3)),
    );
    let books = run(opened).unwrap();
    let book = run(books.open_book(book_input(0))).unwrap().0;
    let place = Place::Database(scratch);
    let bench = Bench {
        books,
        clock,
        book,
        place,
    };
    (bench, proxies)
}

/// Whether a message is a commit, or part of a statement that is one.
fn is_commit(message: &[u8]) -> bool {
    let says = |words: &[u8]| message.windows(words.len()).any(|window| window == words);
    says(b"commit\0") || is_whole(message)
}

/// Whether a message is part of a statement that is a whole commit.
fn is_whole(message: &[u8]) -> bool {
    let words = b"with part0 as";
    message.windows(words.len()).any(|window| window == words)
}

/// Has the same thing done again and again, and loses the connection at each message of it in turn; how often at a commit.
fn at_every_step(proxy: &Proxy, side: Side, mut once: impl FnMut(usize)) -> usize {
    let mut commits = 0;
    for step in 0.. {
        proxy.cut_after(step, side);
        once(step);
        let Some(message) = proxy.rest() else { break };
        commits += usize::from(is_commit(&message));
        assert!(step < MOST_STEPS, "no end of it");
    }
    commits
}

#[test]
fn a_command_is_carried_out_once_wherever_its_connection_is_lost() {
    let (bench, proxy) = behind_a_proxy();
    let head = || run(bench.books.head(bench.book)).unwrap().unwrap();
    let context = bench.context();
    for side in [Side::Before, Side::After, Side::Late(0)] {
        let commits = at_every_step(&proxy, side, |step| {
            let before = head();
            let mut input = invoice("a", true);
            input.external_id = Some(format!("{side:?} {step}"));
            let view = run(bench.books.create_invoice(&context, &CAMPFIRE, input, None)).unwrap();
            assert_eq!(head().seq, before.seq + 1, "{side:?} {step}");
            let event = run(bench.books.newest_events(bench.book, 1)).unwrap().remove(0);
            assert_eq!((event.kind, event.seq), (EventKind::InvoiceCreated, before.seq + 1));
            assert_eq!(event.subject.number, view.invoice.key.0);
        });
        assert!(commits > 0, "{side:?}: never at a commit");
        let created = run(async {
            let commands = (0..MOST_STEPS).map(|step| {
                let mut input = invoice("b", true);
                input.external_id = Some(format!("for {side:?} {step}"));
                bench.books.create_invoice(&context, &CAMPFIRE, input, None)
            });
            crate::groups::all(commands.collect()).await
        });
        assert!(created.iter().all(Result::is_ok), "{created:?}");
        let commits = at_every_step(&proxy, side, |step| {
            let before = head();
            let named = Named::External(format!("for {side:?} {step}"));
            let deleted = bench
                .books
                .delete_invoice(&context, &CAMPFIRE, named, DeleteOptions::default());
            let deleted = run(deleted).unwrap();
            assert_eq!(deleted.seal.seq, before.seq + 1, "{side:?} {step}");
            let after = head();
            assert_eq!((after.seq, after.hash), (deleted.seal.seq, deleted.seal.hash));
        });
        assert!(commits > 0, "{side:?}: never at a commit");
    }
    bench.verified();
}

#[test]
fn a_book_that_is_taken_for_granted_is_written_to_once_wherever_the_connection_is_lost() {
    let (bench, proxy) = behind_a_proxy();
    let context = bench.context();
    let create = || {
        let made = bench
            .books
            .create_invoice(&context, &CAMPFIRE, invoice("a", true), None);
        run(made).unwrap().invoice.key.0
    };
    for side in [Side::Before, Side::After, Side::Late(0)] {
        let mut commits = 0;
        for step in 0.. {
            // What was lost is gathered anew; after some batches nobody else is expected.
            let mut last = 0;
            for _ in 0..8 {
                last = create();
            }
            proxy.cut_after(step, side);
            assert_eq!(create(), last + 1, "{side:?} {step}");
            let Some(message) = proxy.rest() else { break };
            commits += usize::from(is_commit(&message));
            assert!(step < MOST_STEPS, "no end of it");
        }
        assert!(commits > 0, "{side:?}: never at a commit");
    }
    bench.verified();
}

#[test]
fn a_commit_that_comes_late_takes_place_once_whenever_it_comes() {
    let (bench, proxy) = behind_a_proxy();
    let context = bench.context();
    let create = || {
        let made = bench
            .books
            .create_invoice(&context, &CAMPFIRE, invoice("a", true), None);
        run(made).unwrap().invoice.key.0
    };
    let mut in_time = 0;
    // Its first two messages: the arguments, and carrying it out.
    for step in 0..2 {
        for messages in 0.. {
            for _ in 0..8 {
                create();
            }
            let last = create();
            proxy.cut_after(step, Side::Late(messages));
            let made = create();
            let is_late = proxy.is_on_its_way();
            assert!(proxy.rest().is_some_and(|message| is_whole(&message)), "step {step}");
            run(proxy.arrive());
            // The late one took place or the one that was sent after it, and not both.
            assert_eq!((made, create()), (last + 1, last + 2), "step {step}, after {messages}");
            if is_late {
                break;
            }
            in_time += 1;
            assert!(messages < MOST_STEPS, "no end of it");
        }
    }
    assert!(in_time > 9, "while it was looked for: only {in_time} times");
    bench.verified();
}

#[test]
fn a_commit_of_which_only_the_end_is_late_is_waited_for() {
    let (bench, proxy) = behind_a_proxy();
    let Place::Database(scratch) = &bench.place else {
        panic!("not PostgreSQL")
    };
    let context = bench.context();
    let create = || {
        let made = bench
            .books
            .create_invoice(&context, &CAMPFIRE, invoice("a", true), None);
        run(made).unwrap().invoice.key.0
    };
    let made: Vec<i64> = (0..9).map(|_| create()).collect();
    let last = made[8];
    // All is written and the book is held, but nothing is committed before the last message has come.
    proxy.cut_after(2, Side::Late(usize::MAX));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let waits =
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
            while scratch.carry_out(&[waits]).unwrap()[0][0].as_deref() == Some("0") {}
            run(proxy.arrive());
        });
        assert_eq!(create(), last + 1);
    });
    assert!(proxy.rest().is_some_and(|message| is_whole(&message)));
    assert_eq!(create(), last + 2);
    bench.verified();
}

#[test]
fn what_may_still_take_place_is_not_told_to_have_failed() {
    let (bench, proxy) = behind_a_proxy();
    let Place::Database(scratch) = &bench.place else {
        panic!("not PostgreSQL")
    };
    let context = bench.context();
    let create = || {
        bench
            .books
            .create_invoice(&context, &CAMPFIRE, invoice("a", true), None)
    };
    for _ in 0..9 {
        run(create()).unwrap();
    }
    let before = run(bench.books.head(bench.book)).unwrap().unwrap();
    let full = [
        "create function full_disk() returns trigger language plpgsql as $$ begin \
         raise exception 'no room' using errcode = '53100'; end $$",
        "create trigger full_disk before insert on event for each row execute function full_disk()",
    ];
    scratch.carry_out(&full).unwrap();
    proxy.cut_after(0, Side::Late(usize::MAX));
    let answer = run(create());
    assert!(proxy.rest().is_some_and(|message| is_whole(&message)));
    let in_doubt = matches!(answer, Err(Failure::Store(StoreError::InDoubt { .. })));
    assert!(in_doubt, "{answer:?}");
    // Whoever comes next is told what is so for sure.
    let answer = run(create());
    let failed = matches!(answer, Err(Failure::Store(StoreError::Engine { .. })));
    assert!(failed, "{answer:?}");
    scratch.carry_out(&["drop trigger full_disk on event"]).unwrap();
    run(proxy.arrive());
    // Now it took place, for the one who was told that it is not known.
    let after = run(bench.books.head(bench.book)).unwrap().unwrap();
    assert_eq!(after.seq, before.seq + 1);
    run(create()).unwrap();
    bench.verified();
}

#[test]
fn a_book_is_opened_once_wherever_the_connection_is_lost() {
    let (bench, proxy) = behind_a_proxy();
    let mut last = bench.book;
    for side in [Side::Before, Side::After, Side::Late(0)] {
        let commits = at_every_step(&proxy, side, |step| {
            let (book, _) = run(bench.books.open_book(book_input(0))).unwrap();
            assert_eq!(book.0, last.0 + 1, "{side:?} {step}");
            last = book;
        });
        assert!(commits > 0, "{side:?}: never at a commit");
    }
    let listed = run(bench.books.directory()).unwrap();
    assert_eq!(listed.len() as i64, last.0);
    for entry in listed {
        assert_eq!(run(bench.books.verify(entry.book, None, |_, _| {})).unwrap().flaws, []);
    }
}

#[test]
fn many_commands_in_one_commit_are_answered_once_each() {
    let (bench, proxy) = behind_a_proxy();
    let context = bench.context();
    let sides = [Side::Before, Side::After, Side::Late(0)];
    for (turn, side) in sides.into_iter().cycle().take(36).enumerate() {
        // Where nobody else was met for some batches, the next is decided while one is written, and comes back with it.
        let quiet = turn % 2 == 1;
        for _ in 0..if quiet { 8 } else { 0 } {
            let alone = bench
                .books
                .create_invoice(&context, &CAMPFIRE, invoice("a", true), None);
            run(alone).unwrap();
        }
        let before = run(bench.books.head(bench.book)).unwrap().unwrap();
        proxy.cut_after(if quiet { turn / 6 } else { 2 * turn }, side);
        let answers = run(async {
            let commands = (0..20).map(|_| {
                bench
                    .books
                    .create_invoice(&context, &CAMPFIRE, invoice("b", true), None)
            });
            crate::groups::all(commands.collect()).await
        });
        proxy.rest();
        let mut numbers: Vec<_> = answers
            .into_iter()
            .map(|answer| answer.unwrap().invoice.key.0)
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 20);
        let after = run(bench.books.head(bench.book)).unwrap().unwrap();
        assert_eq!(after.seq, before.seq + 20);
    }
    bench.verified();
}

#[test]
fn a_reader_looks_for_a_connection_that_answers() {
    let (bench, proxy) = behind_a_proxy();
    let created = run(bench
        .books
        .create_invoice(&bench.context(), &CAMPFIRE, invoice("a", true), None))
    .unwrap();
    let mut lost = 0;
    for side in [Side::Before, Side::After] {
        for step in 0..12 {
            proxy.cut_after(step, side);
            let shown = run(bench.books.invoice(bench.book, &named(&created)));
            lost += usize::from(proxy.rest().is_some());
            assert_eq!(shown, Ok(Some(created.clone())), "{side:?} {step}");
        }
    }
    assert!(lost > 6, "lost only {lost} times");
}

#[test]
fn a_reader_that_lost_its_connection_goes_on_only_if_nothing_was_written_meanwhile() {
    let (bench, proxies) = behind_proxies(1);
    let Place::Database(scratch) = &bench.place else {
        panic!("not PostgreSQL")
    };
    let clock = Arc::clone(&bench.clock) as Arc<dyn Clock>;
    let elsewhere = run(Books::open_postgres(
        &scratch.address(),
        clock,
        Arc::new(Repeatable::new(4)),
    ))
    .unwrap();
    for written in [false, true] {
        run(async {
            let reader = bench.books.store().reader().await.unwrap();
            let before = reader.scan(bench.book, "invoice").await.unwrap();
            proxies[0].darken();
            if written {
                elsewhere
                    .create_invoice(&bench.context(), &CAMPFIRE, invoice("a", true), None)
                    .await
                    .unwrap();
            }
            proxies[0].light();
            for _ in 0..2 {
                match reader.scan(bench.book, "invoice").await {
                    Ok(after) => assert!(!written && after == before, "written: {written}"),
                    Err(StoreError::Interrupted { .. }) => assert!(written),
                    Err(other) => panic!("{other}"),
                }
            }
        });
    }
}

#[test]
fn while_the_database_is_gone_everybody_waits_and_nothing_is_done_twice() {
    let (bench, proxy) = behind_a_proxy();
    let context = bench.context();
    for turn in 0..3 {
        let before = run(bench.books.head(bench.book)).unwrap().unwrap();
        proxy.darken();
        let view = run(async {
            let create = bench
                .books
                .create_invoice(&context, &CAMPFIRE, invoice("a", true), None);
            let (created, ()) = tokio::join!(create, proxy.light_after(4));
            created.unwrap()
        });
        let after = run(bench.books.head(bench.book)).unwrap().unwrap();
        assert_eq!(after.seq, before.seq + 1, "turn {turn}");
        proxy.darken();
        let named = named(&view);
        let shown = run(async {
            let show = bench.books.invoice(bench.book, &named);
            let (shown, ()) = tokio::join!(show, proxy.light_after(2));
            shown.unwrap()
        });
        assert_eq!(shown, Some(view), "turn {turn}");
    }
    bench.verified();
}

#[test]
fn when_one_machine_goes_another_is_found() {
    let (bench, proxies) = behind_proxies(2);
    let context = bench.context();
    proxies[1].darken();
    for turn in 0..4 {
        let (goes, comes) = (&proxies[turn % 2], &proxies[1 - turn % 2]);
        let before = run(bench.books.head(bench.book)).unwrap().unwrap();
        goes.darken();
        let created = run(async {
            let create = bench
                .books
                .create_invoice(&context, &CAMPFIRE, invoice("a", true), None);
            let (created, ()) = tokio::join!(create, comes.light_after(1));
            created.unwrap()
        });
        let after = run(bench.books.head(bench.book)).unwrap().unwrap();
        assert_eq!(after.seq, before.seq + 1, "turn {turn}");
        assert!(
            run(bench.books.invoice(bench.book, &named(&created)))
                .unwrap()
                .is_some()
        );
    }
    bench.verified();
}
