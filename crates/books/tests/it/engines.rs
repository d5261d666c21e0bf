//! The same histories on every engine: the same answers, the same log, the same rows.

use quittance_books::listing::{InvoiceFilter, InvoiceQuery, OrderBy};
use quittance_store::tables::TABLES;

use crate::histories::History;
use crate::setup::*;

/// How many histories, unless QUITTANCE_TEST_HISTORIES says otherwise.
const HISTORIES: u64 = 24;

/// How many commands in each.
const STEPS: usize = 120;

fn histories() -> u64 {
    let asked = std::env::var("QUITTANCE_TEST_HISTORIES");
    asked.map_or(HISTORIES, |asked| asked.parse().unwrap())
}

#[test]
fn sqlite_answers_as_the_model_does_and_ends_in_the_same_log() {
    let kinds = alike(0..histories(), |retention| vec![Bench::at(Place::file(), retention)]);
    // Histories in which a kind of event never comes prove nothing about it.
    assert!(kinds >= 18, "{kinds}");
}

#[test]
fn sqlite_and_postgres_answer_as_the_model_does_and_all_three_end_in_the_same_log() {
    // A third of them: each step is several journeys to a database.
    let kinds = alike(0..histories().div_ceil(3), |retention| {
        let places = [Place::file(), Place::database()];
        places.map(|place| Bench::at(place, retention)).into()
    });
    assert!(kinds > 12, "{kinds}");
}

/// Plays histories in engines and in memory; how many kinds of events there were.
fn alike(seeds: std::ops::Range<u64>, benches: impl Fn(i64) -> Vec<Bench>) -> usize {
    let mut kinds = std::collections::BTreeMap::new();
    for seed in seeds {
        let retention = (seed % 3) as i64;
        let (engines, memory) = (benches(retention), Bench::in_memory(retention));
        let mut history = History::new(seed);
        let mut seq = 0;
        for step in 0..STEPS {
            let before = history.clone();
            let expected = run(history.step(&memory));
            let events = run(memory.books.events(memory.book, seq, i64::MAX)).unwrap();
            for one in &engines {
                let answer = run(before.clone().step(one));
                same_answer(&answer, &expected, &format!("history {seed}, step {step}"));
                let found = run(one.books.events(one.book, seq, i64::MAX)).unwrap();
                assert_eq!(found, events, "history {seed}, step {step}");
            }
            seq = events.last().map_or(seq, |last| last.seq);
            for event in events {
                *kinds.entry(event.kind).or_insert(0) += 1;
            }
        }
        let expected = memory.verified();
        for one in &engines {
            same_rows(one, &memory);
            let found = one.verified();
            assert_eq!((found.seq, found.hash), (expected.seq, expected.hash));
            assert!(found.rows > 0);
        }
    }
    kinds.len()
}

fn same_answer(answer: &str, expected: &str, at: &str) {
    let same = answer.bytes().zip(expected.bytes()).take_while(|(a, b)| a == b).count();
    let from = |text: &str| String::from_utf8_lossy(&text.as_bytes()[same.saturating_sub(300)..]).into_owned();
    assert!(
        answer == expected,
        "{at}: {}\ninstead of {}",
        from(answer),
        from(expected)
    );
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
                after: None,
                offset: 1,
                limit: 7,
                count: true,
            };
            let page = one.books.invoices(one.book, &query).await.unwrap();
            assert_eq!(page, memory.books.invoices(memory.book, &query).await.unwrap());
        }
    });
}
