//! The same histories on both engines: the same answers, the same log, the same rows.

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
fn both_engines_answer_alike_and_end_in_the_same_log() {
    let mut kinds = std::collections::BTreeMap::new();
    for seed in 0..histories() {
        let (_directory, path) = file();
        let retention = (seed % 3) as i64;
        let (sqlite, memory) = (Bench::in_file(&path, retention), Bench::in_memory(retention));
        let mut history = History::new(seed);
        let mut seq = 0;
        for step in 0..STEPS {
            let mut again = history.clone();
            let (answer, other) = (run(history.step(&sqlite)), run(again.step(&memory)));
            let same = answer.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
            let from = |text: &str| String::from_utf8_lossy(&text.as_bytes()[same.saturating_sub(300)..]).into_owned();
            assert!(
                answer == other,
                "history {seed}, step {step}: {}\ninstead of {}",
                from(&answer),
                from(&other)
            );
            let events = run(sqlite.books.events(sqlite.book, seq, i64::MAX)).unwrap();
            let other = run(memory.books.events(memory.book, seq, i64::MAX)).unwrap();
            assert_eq!(events, other, "history {seed}, step {step}");
            seq = events.last().map_or(seq, |last| last.seq);
            for event in events {
                *kinds.entry(event.kind).or_insert(0) += 1;
            }
        }
        same_rows(&sqlite, &memory);
        let (one, other) = (sqlite.verified(), memory.verified());
        assert_eq!((one.seq, one.hash), (other.seq, other.hash));
        assert!(one.rows > 0);
    }
    // Histories in which a kind of event never comes prove nothing about it.
    assert!(kinds.len() >= 18, "{kinds:?}");
}

fn same_rows(sqlite: &Bench, memory: &Bench) {
    run(async {
        let one = sqlite.books.store().reader().await.unwrap();
        let other = memory.books.store().reader().await.unwrap();
        for table in TABLES {
            let rows = one.scan(sqlite.book, table.name).await.unwrap();
            assert_eq!(
                rows,
                other.scan(memory.book, table.name).await.unwrap(),
                "{}",
                table.name
            );
        }
        assert_eq!(
            one.balances(sqlite.book).await.unwrap(),
            other.balances(memory.book).await.unwrap()
        );
        assert_eq!(
            one.tallies(sqlite.book).await.unwrap(),
            other.tallies(memory.book).await.unwrap()
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
            let page = sqlite.books.invoices(sqlite.book, &query).await.unwrap();
            assert_eq!(page, memory.books.invoices(memory.book, &query).await.unwrap());
        }
    });
}
