//! One suite for both engines: the same books go through the seam of each, and no call may answer differently.

#[cfg(test)]
#[path = "conformance/chance.rs"]
mod chance;
#[cfg(test)]
#[path = "conformance/commands.rs"]
mod commands;
#[cfg(test)]
#[path = "conformance/compare.rs"]
mod compare;
#[cfg(test)]
#[path = "conformance/history.rs"]
mod history;
#[cfg(test)]
#[path = "conformance/ledger.rs"]
mod ledger;
#[cfg(test)]
#[path = "conformance/reports.rs"]
mod reports;
#[cfg(test)]
#[path = "conformance/twins.rs"]
mod twins;

use chance::Chance;
use commands::Commands;
use compare::compare;
use history::{following, history, stock};
use quittance_accounting::identity::BookKey;
use quittance_store::tables::TABLES;
use quittance_store::{BookCommit, BookEntry, Reader, Store, StoreError, Unit};
use twins::{Twins, now};

#[test]
fn random_histories_read_alike() {
    let histories: Vec<_> = (1..=9).map(|seed| history(seed, 160)).collect();
    for table in TABLES {
        let put: usize = histories.iter().filter_map(|put| put.get(table.name)).sum();
        assert!(put >= 10, "only {put} records of table {}", table.name);
    }
}

#[test]
fn an_empty_store_reads_alike() {
    compare(&Twins::new(), BookKey(1), &[], &mut Chance::new(1));
}

#[test]
fn a_stale_head_is_refused_and_nothing_stays() {
    let mut twins = Twins::new();
    let book = twins.open(1, 0);
    let moment = twins.moment();
    for store in [&twins.sqlite, &twins.memory] {
        let mut commands = Commands::new(3);
        stock(store, book, &mut commands, &moment);
        let commit = following(store, book, &mut commands, &moment);
        now(now(store.begin()).unwrap().commit(vec![commit.clone()])).unwrap();
        let before = now(now(store.reader()).unwrap().scan(book, "invoice"));
        let refused = Err(StoreError::RowCount {
            table: "head",
            expected: 1,
            found: 0,
        });
        assert_eq!(now(now(store.begin()).unwrap().commit(vec![commit.clone()])), refused);
        let elsewhere = BookCommit {
            book: BookKey(9),
            ..commit.clone()
        };
        assert_eq!(now(now(store.begin()).unwrap().commit(vec![elsewhere])), refused);
        let opened_again = BookCommit {
            opened: Some(BookEntry { book, id: twins::id(1) }),
            ..commit
        };
        assert_eq!(now(now(store.begin()).unwrap().commit(vec![opened_again])), refused);
        assert_eq!(now(now(store.reader()).unwrap().scan(book, "invoice")), before);
    }
    compare(&twins, book, &[1, 2], &mut Chance::new(5));
}

#[test]
fn a_unit_that_is_dropped_leaves_nothing() {
    let mut twins = Twins::new();
    let book = twins.open(1, 0);
    let moment = twins.moment();
    for store in [&twins.sqlite, &twins.memory] {
        let mut commands = Commands::new(4);
        stock(store, book, &mut commands, &moment);
        drop(following(store, book, &mut commands, &moment));
        assert_eq!(now(now(store.reader()).unwrap().scan(book, "invoice")), Ok(vec![]));
        let unit = now(store.begin()).unwrap();
        drop(unit);
        now(now(store.begin()).unwrap().commit(vec![])).unwrap();
        assert_eq!(now(store.scrub()), Ok(true));
    }
}

#[test]
fn a_second_opening_of_the_file_sees_and_continues_the_same_books() {
    let mut twins = Twins::new();
    let book = twins.open(1, 0);
    let other = Store::open_sqlite(&twins.folder.path().join("books.sqlite")).unwrap();
    let mut commands = Commands::new(7);
    for turn in 0..10 {
        if turn % 2 == 1 {
            twins.sqlite = Store::open_sqlite(&twins.folder.path().join("books.sqlite")).unwrap();
        }
        twins.run(book, &[commands.customer()]);
        let head = |store: &Store| now(now(store.reader()).unwrap().head(book)).unwrap();
        assert_eq!(head(&other), head(&twins.sqlite));
    }
    compare(&twins, book, &[], &mut Chance::new(2));
}

#[test]
fn the_seam_can_cross_threads() {
    fn crosses<T: Send + Sync>() {}
    fn moves<T: Send>() {}
    crosses::<Store>();
    crosses::<Reader<'_>>();
    moves::<Unit<'_>>();
}
