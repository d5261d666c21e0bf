//! The same histories on every engine: the same answers, the same log, the same rows.

use quittance_books::listing::{InvoiceFilter, InvoiceQuery, OrderBy};
use quittance_store::tables::TABLES;

use crate::histories::History;
use crate::setup::*;

/// How many histories, unless QUITTANCE_HISTORIES says otherwise.
const HISTORIES: u64 = 24;

/// How many commands in each.
const STEPS: usize = 120;

fn histories() -> u64 {
    let asked = std::env::var("QUITTANCE_HISTORIES");
    asked.map_or(HISTORIES, |asked| asked.parse().unwrap())
}

#[test]
fn sqlite_answers_as_the_model_does_and_ends_in_the_same_log() {
    let kinds = alike(0..histories(), |retention| {
        let place = Place::file();
        Bench::at(place, retention)
    });
    // Histories in which a kind of event never comes prove nothing about it.
    assert!(kinds >= 18, "{kinds}");
}

#[test]
fn postgres_answers_as_the_model_does_and_ends_in_the_same_log() {
    // A third of them: each step is several journeys to a database. They are some of those that SQLite plays, so that all three
    // end alike.
    assert!(alike(0..histories().div_ceil(3), Bench::in_database) > 12);
}

/// Plays histories in an engine and in memory; how many kinds of events there were.
fn alike(seeds: std::ops::Range<u64>, bench: impl Fn(i64) -> Bench) -> usize {
    let mut kinds = std::collections::BTreeMap::new();
    for seed in seeds {
        let retention = (seed % 3) as i64;
        let (one, memory) = (bench(retention), Bench::in_memory(retention));
        let mut history = History::new(seed);
        let mut seq = 0;
        for step in 0..STEPS {
            let mut again = history.clone();
            let (answer, other) = (run(history.step(&one)), run(again.step(&memory)));
            let same = answer.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
            let from = |text: &str| String::from_utf8_lossy(&text.as_bytes()[same.saturating_sub(300)..]).into_owned();
            assert!(
                answer == other,
                "history {seed}, step {step}: {}\ninstead of {}",
                from(&answer),
                from(&other)
            );
            let events = run(one.books.events(one.book, seq, i64::MAX)).unwrap();
            let other = run(memory.books.events(memory.book, seq, i64::MAX)).unwrap();
            assert_eq!(events, other, "history {seed}, step {step}");
            seq = events.last().map_or(seq, |last| last.seq);
            for event in events {
                *kinds.entry(event.kind).or_insert(0) += 1;
            }
        }
        same_rows(&one, &memory);
        let (one, other) = (one.verified(), memory.verified());
        assert_eq!((one.seq, one.hash), (other.seq, other.hash));
        assert!(one.rows > 0);
    }
    kinds.len()
}

fn same_rows(one: &Bench, memory: &Bench) {
    run(async {
        let here = one.books.store().reader().await.unwrap();
        let there = memory.books.store().reader().await.unwrap();
        for table in TABLES {
            let rows = here.scan(one.book, table.name).await.unwrap();
            assert_eq!(
                rows,
                there.scan(memory.book, table.name).await.unwrap(),
                "{}",
                table.name
            );
        }
        assert_eq!(
            here.balances(one.book).await.unwrap(),
            there.balances(memory.book).await.unwrap()
        );
        assert_eq!(
            here.tallies(one.book).await.unwrap(),
            there.tallies(memory.book).await.unwrap()
        );
        for (order, descending) in [(OrderBy::Created, true), (OrderBy::Open, false), (OrderBy::DueAt, true)] {
            let query = InvoiceQuery {
                filter: InvoiceFilter::default(),
                order,
                descending,
                offset: 1,
                limit: 7,
                count: true,
            };
            let page = one.books.invoices(one.book, &query).await.unwrap();
            assert_eq!(page, memory.books.invoices(memory.book, &query).await.unwrap());
        }
    });
}
