//! One suite for both engines: the same books go through the seam of each, and no call may answer differently.

#[path = "conformance/chance.rs"]
mod chance;
#[path = "conformance/commands.rs"]
mod commands;
#[path = "conformance/compare.rs"]
mod compare;
#[path = "conformance/twins.rs"]
mod twins;

use std::collections::BTreeMap;

use chance::Chance;
use commands::{ALL_RULES, Commands};
use compare::compare;
use quittance_accounting::identity::BookKey;
use quittance_accounting::plan::Moment;
use quittance_accounting::record::Change;
use quittance_store::tables::{TABLES, table_of};
use quittance_store::{BookCommit, BookEntry, Store, StoreError};
use twins::{Batch, Twins, now};

/// Runs a random history over two books, compares after every unit, and counts the records it put by table.
fn history(seed: u64, units: i64) -> BTreeMap<&'static str, usize> {
    let mut twins = Twins::new();
    let mut chance = Chance::new(seed + 1_000);
    let mut books =
        [(1, 0), (2, 30)].map(|(n, retention)| (twins.open(n, retention), Commands::new(2 * seed + n as u64)));
    let mut put = BTreeMap::from([("book", 2), ("account", 2)]);
    for (book, commands) in &mut books {
        twins.run(*book, &commands.stock());
    }
    for unit in 0..units {
        let (book, commands) = &mut books[chance.below(2) as usize];
        let batch: Vec<_> = (0..chance.below(5) + 1).map(|_| commands.next()).collect();
        for plan in twins.run(*book, &batch).into_iter().flatten() {
            commands.learn(&plan);
            for change in &plan.changes {
                if let Change::Put(record) = change {
                    *put.entry(table_of(record).name).or_default() += 1;
                }
            }
        }
        if unit % 3 == 0 {
            compare(&twins, *book, &commands.ids, &mut chance);
        }
    }
    for book in [BookKey(1), BookKey(2), BookKey(3), BookKey(-1)] {
        compare(&twins, book, &books[0].1.ids, &mut chance);
    }
    put
}

#[test]
fn random_histories_read_alike() {
    let histories: Vec<_> = (1..=6).map(|seed| history(seed, 90)).collect();
    for table in TABLES {
        let put: usize = histories.iter().filter_map(|put| put.get(table.name)).sum();
        assert!(put >= 10, "only {put} records of table {}", table.name);
    }
}

#[test]
fn an_empty_store_reads_alike() {
    compare(&Twins::new(), BookKey(1), &[], &mut Chance::new(1));
}

/// A commit that follows the head as it is now.
fn following(store: &Store, book: BookKey, commands: &mut Commands, moment: &Moment) -> BookCommit {
    let mut unit = now(store.begin()).unwrap();
    let mut batch = Batch::new(book, now(unit.head(book)).unwrap().unwrap());
    batch
        .decide(&mut unit, moment, &commands.new_invoice(ALL_RULES[0]))
        .unwrap();
    batch.finish()
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

/// Gives a book the customers and products that random invoices name.
fn stock(store: &Store, book: BookKey, commands: &mut Commands, moment: &Moment) {
    let mut unit = now(store.begin()).unwrap();
    let mut batch = Batch::new(book, now(unit.head(book)).unwrap().unwrap());
    for command in commands.stock() {
        batch.decide(&mut unit, moment, &command).unwrap();
    }
    now(unit.commit(vec![batch.finish()])).unwrap();
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
    crosses::<quittance_store::Reader<'_>>();
    moves::<quittance_store::Unit<'_>>();
}
