//! What PostgreSQL may refuse for a reason that passes: units in each other's way, a session that is ended. Each is forced, at the
//! writes and at the commit, and the command is carried out once.
//!
//! The database itself makes the trouble: a trigger on the log fails every other time, by a sequence that no rollback takes back.

use quittance_accounting::plan::EventKind;
use quittance_books::Failure;
use quittance_books::input::DeleteOptions;
use quittance_store::{Scratch, StoreError};

use crate::setup::*;

fn scratch(bench: &Bench) -> &Scratch {
    match &bench.place {
        Place::Database(scratch) => scratch,
        Place::Memory | Place::File(_) | Place::Elsewhere => panic!("not PostgreSQL"),
    }
}

/// From now on every other event that is written meets this; at the commit, or when it is written.
fn trouble(bench: &Bench, what: &str, at_commit: bool) {
    let function = format!(
        "create or replace function trouble() returns trigger language plpgsql as $$ \
         begin if nextval('trouble') % 2 = 1 then {what}; end if; return null; end $$"
    );
    let trigger = if at_commit {
        "create constraint trigger trouble after insert on event deferrable initially deferred \
         for each row execute function trouble()"
    } else {
        "create trigger trouble after insert on event for each row execute function trouble()"
    };
    let all = [
        "drop trigger if exists trouble on event",
        "drop sequence if exists trouble",
        "create sequence trouble",
        &function,
        trigger,
    ];
    scratch(bench).carry_out(&all).unwrap();
}

/// How often the trouble was met.
fn met(bench: &Bench) -> i64 {
    let found = scratch(bench).carry_out(&["select last_value from trouble"]).unwrap();
    let events: i64 = found[0][0].as_ref().unwrap().parse().unwrap();
    events - events / 2
}

const TROUBLES: [(&str, &str); 6] = [
    (
        "a serialization failure",
        "raise exception 'trouble' using errcode = '40001'",
    ),
    ("a deadlock", "raise exception 'trouble' using errcode = '40P01'"),
    (
        "a lock that is not to be had",
        "raise exception 'trouble' using errcode = '55P03'",
    ),
    (
        "a cancelled statement",
        "raise exception 'trouble' using errcode = '57014'",
    ),
    (
        "a leader that may not write any more",
        "raise exception 'trouble' using errcode = '25006'",
    ),
    (
        "a session that is ended",
        "perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(60)",
    ),
];

#[test]
fn what_passes_is_tried_again_and_done_once() {
    let bench = Bench::in_database(0);
    let context = bench.context();
    for at_commit in [false, true] {
        for (name, what) in TROUBLES {
            trouble(&bench, what, at_commit);
            let before = run(bench.books.head(bench.book)).unwrap().unwrap();
            let view = run(bench
                .books
                .create_invoice(&context, &CAMPFIRE, invoice("a", true), None))
            .unwrap();
            let deleted = run(bench
                .books
                .delete_invoice(&context, &CAMPFIRE, named(&view), DeleteOptions::default()))
            .unwrap();
            assert_eq!(deleted.seal.seq, before.seq + 2, "{name}, at commit: {at_commit}");
            let kinds = run(bench.books.events(bench.book, before.seq, 9)).unwrap();
            let kinds: Vec<_> = kinds.into_iter().map(|event| event.kind).collect();
            assert_eq!(kinds, [EventKind::InvoiceCreated, EventKind::InvoiceDeleted], "{name}");
            assert_eq!(met(&bench), 2, "{name}, at commit: {at_commit}");
        }
    }
    bench.verified();
}

#[test]
fn a_command_whose_trouble_does_not_pass_is_told_and_harms_nobody() {
    let bench = Bench::in_database(0);
    let context = bench.context();
    let before = run(bench.books.head(bench.book)).unwrap().unwrap();
    // The disk is full for one of them.
    let full = [
        "create function full_disk() returns trigger language plpgsql as $$ begin \
         if new.external_id = 'unlucky' then raise exception 'no room' using errcode = '53100'; end if; return new; end $$",
        "create trigger full_disk before insert on invoice for each row execute function full_disk()",
    ];
    scratch(&bench).carry_out(&full).unwrap();
    let answers = run(async {
        let commands = ["a", "b", "unlucky", "c"].map(|external| {
            let mut input = invoice("a", true);
            input.external_id = Some(external.to_owned());
            bench.books.create_invoice(&context, &CAMPFIRE, input, None)
        });
        crate::groups::all(commands.into()).await
    });
    let well: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(well, [true, true, false, true], "{answers:?}");
    let after = run(bench.books.head(bench.book)).unwrap().unwrap();
    assert_eq!(after.seq, before.seq + 3);
    bench.verified();
}

#[test]
fn an_engine_that_does_not_know_a_commit_in_one_statement_is_written_to_part_by_part() {
    let bench = Bench::in_database(0);
    let context = bench.context();
    let unknown = [
        "create sequence refused",
        "create function is_unknown() returns trigger language plpgsql as $$ begin \
         if current_query() like 'with part0 %' then perform nextval('refused'); \
         raise exception 'no such thing' using errcode = '0A000'; end if; return null; end $$",
        "create trigger is_unknown before update on head for each statement execute function is_unknown()",
    ];
    scratch(&bench).carry_out(&unknown).unwrap();
    let before = run(bench.books.head(bench.book)).unwrap().unwrap();
    let made = 12;
    for _ in 0..made {
        let created = bench
            .books
            .create_invoice(&context, &CAMPFIRE, invoice("a", true), None);
        run(created).unwrap();
    }
    let after = run(bench.books.head(bench.book)).unwrap().unwrap();
    assert_eq!(after.seq, before.seq + made);
    let refused = scratch(&bench)
        .carry_out(&["select last_value, is_called from refused"])
        .unwrap();
    assert_eq!(refused[0][1].as_deref(), Some("t"), "it was never tried");
    let refused: i64 = refused[0][0].as_ref().unwrap().parse().unwrap();
    assert!(refused < made / 2, "tried {refused} times");
    bench.verified();
}

#[test]
fn a_commit_that_misses_a_row_fails_whole_and_says_which() {
    let bench = Bench::in_database(0);
    let context = bench.context();
    let created: Vec<_> = (0..6)
        .map(|_| {
            let created = bench
                .books
                .create_invoice(&context, &CAMPFIRE, invoice("a", true), None);
            run(created).unwrap()
        })
        .collect();
    let delete = |view| {
        let options = DeleteOptions::default();
        run(bench.books.delete_invoice(&context, &CAMPFIRE, named(view), options))
    };
    let (last, others) = created.split_last().unwrap();
    for view in others {
        delete(view).unwrap();
    }
    let head = run(bench.books.head(bench.book)).unwrap();
    // Behind the back of everybody.
    let moved = |from: i64, to: i64| format!("update line set place = {to} where place = {from}");
    scratch(&bench).carry_out(&[&moved(1, 9)]).unwrap();
    let failed = delete(last);
    assert!(
        matches!(failed, Err(Failure::Store(StoreError::RowCount { table: "line", .. }))),
        "{failed:?}"
    );
    assert_eq!(run(bench.books.head(bench.book)).unwrap(), head);
    scratch(&bench).carry_out(&[&moved(9, 1)]).unwrap();
    delete(last).unwrap();
    bench.verified();
}

#[test]
fn a_real_deadlock_ends_with_the_command_done_once() {
    let bench = Bench::in_database(0);
    let context = bench.context();
    let view = run(bench
        .books
        .create_invoice(&context, &CAMPFIRE, invoice("a", true), None))
    .unwrap();
    let before = run(bench.books.head(bench.book)).unwrap().unwrap();
    let scratch = scratch(&bench);
    std::thread::scope(|scope| {
        // Somebody who breaks the order of locks: an invoice first, and the head when the command waits for the invoice.
        let breaker = scope.spawn(move || {
            let waits = "do $$ begin perform 1 from invoice where book = 1 for update; \
                perform pg_advisory_lock(1); loop exit when exists (select 1 from pg_locks where not granted); \
                perform pg_sleep(0.001); end loop; perform 1 from head where book = 1 for update; end $$";
            scratch.carry_out(&[waits])
        });
        // The command is sent once the invoice is held: the advisory lock says so.
        let is_held = "select count(*) from pg_locks where locktype = 'advisory' and objid = 1";
        while scratch.carry_out(&[is_held]).unwrap()[0][0].as_deref() == Some("0") {}
        let deleted = run(bench
            .books
            .delete_invoice(&context, &CAMPFIRE, named(&view), DeleteOptions::default()))
        .unwrap();
        assert_eq!(deleted.seal.seq, before.seq + 1);
        // Whichever of the two PostgreSQL chose, the other went on.
        let _chosen = breaker.join().unwrap();
    });
    let after = run(bench.books.head(bench.book)).unwrap().unwrap();
    assert_eq!(after.seq, before.seq + 1);
    bench.verified();
}
