//! One suite for every engine: the same books go through its seam and through the model's, and no call may answer differently.

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
#[path = "conformance/postgres.rs"]
mod only_postgres;
#[cfg(test)]
#[path = "conformance/parts.rs"]
mod parts;
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
use twins::{Engine, Twins, now};

#[cfg(test)]
fn random_histories_read_alike(engine: Engine) {
    // A database at the other end of a socket answers each of very many questions later than a file does: fewer histories, in which
    // what is rare may not come up.
    let (seeds, units, least) = match engine {
        Engine::Sqlite => (1..=9, 160, 10),
        Engine::Postgres => (1..=3, 110, 0),
    };
    let histories: Vec<_> = seeds.map(|seed| history(engine, seed, units)).collect();
    for table in TABLES {
        let put: usize = histories.iter().filter_map(|put| put.get(table.name)).sum();
        assert!(put >= least, "only {put} records of table {}", table.name);
    }
}

#[cfg(test)]
fn an_empty_store_reads_alike(engine: Engine) {
    compare(&Twins::new(engine), BookKey(1), &[], &mut Chance::new(1));
}

#[cfg(test)]
fn a_stale_head_is_refused_and_nothing_stays(engine: Engine) {
    let mut twins = Twins::new(engine);
    let book = twins.open(1, 0);
    let moment = twins.moment();
    for store in [&twins.engine, &twins.memory] {
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

#[cfg(test)]
fn a_unit_that_is_dropped_leaves_nothing(engine: Engine) {
    let mut twins = Twins::new(engine);
    let book = twins.open(1, 0);
    let moment = twins.moment();
    for store in [&twins.engine, &twins.memory] {
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

#[cfg(test)]
fn a_second_opening_sees_and_continues_the_same_books(engine: Engine) {
    let mut twins = Twins::new(engine);
    let book = twins.open(1, 0);
    let other = twins.place.open();
    let mut commands = Commands::new(7);
    for turn in 0..10 {
        if turn % 2 == 1 {
            twins.engine = twins.place.open();
        }
        twins.run(book, &[commands.customer()]);
        let head = |store: &Store| now(now(store.reader()).unwrap().head(book)).unwrap();
        assert_eq!(head(&other), head(&twins.engine));
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

/// The suite on one engine.
macro_rules! suite {
    ($module:ident, $engine:expr; $($test:ident)*) => {
        mod $module {
            $(#[test]
            fn $test() {
                super::$test($engine);
            })*
        }
    };
    ($($test:ident)*) => {
        suite!(sqlite, crate::twins::Engine::Sqlite; $($test)*);
        suite!(postgres, crate::twins::Engine::Postgres; $($test)*);
    };
}

suite! {
    random_histories_read_alike
    an_empty_store_reads_alike
    a_stale_head_is_refused_and_nothing_stays
    a_unit_that_is_dropped_leaves_nothing
    a_second_opening_sees_and_continues_the_same_books
}
