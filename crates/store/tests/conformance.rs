//! One suite for every engine: the same books go through its seam and through the model's, and no call may answer differently.

#[cfg(test)]
#[path = "conformance/arrivals.rs"]
mod arrivals;
#[cfg(test)]
#[path = "conformance/certificates.rs"]
mod certificates;
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
#[path = "conformance/credits.rs"]
mod credits;
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

use arrivals::a_book_arrives_step_by_step_and_is_nobodys_until_it_is_there;
use chance::Chance;
use commands::Commands;
use compare::compare;
use history::{following, history, stock};
use quittance_accounting::identity::{AccountKey, BookKey};
use quittance_accounting::kept::BalanceKey;
use quittance_accounting::snapshot::{Named, Snapshot, Want};
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

/// What the log has at a seq is told while the book is held, and nothing beyond its end; entering a book brings what is wanted
/// along, and its head says whether what was known before still holds.
#[cfg(test)]
fn a_unit_tells_what_became_of_a_commit(engine: Engine) {
    let mut twins = Twins::new(engine);
    let book = twins.open(1, 0);
    let mut commands = Commands::new(9);
    twins.run(book, &commands.stock());
    for store in [&twins.engine, &twins.memory] {
        let reader = now(store.reader()).unwrap();
        let (head, events) = (
            now(reader.head(book)).unwrap(),
            now(reader.events(book, 0, 100)).unwrap(),
        );
        let head = head.unwrap();
        assert_eq!(events.len() as i64, head.seq);
        drop(reader);
        let mut unit = now(store.begin()).unwrap();
        for event in &events {
            assert_eq!(now(unit.event_hash(book, event.seq)), Ok(Some(event.hash)));
        }
        assert_eq!(now(unit.event_hash(book, head.seq + 1)), Ok(None));
        drop(unit);
        let mut unit = now(store.begin()).unwrap();
        assert_eq!(now(unit.event_hash(BookKey(9), 1)), Ok(None));
        drop(unit);
        let mut known = Snapshot::sparse(head.counters);
        let mut unit = now(store.begin()).unwrap();
        let wants = [Want::Chart, Want::Customer(Named::Key(1))];
        assert_eq!(now(unit.enter(book, &wants, &mut known)), Ok(Some(head)));
        assert!(wants.iter().all(|want| known.has(want)));
        let key = BalanceKey::ever(AccountKey(1));
        assert!(!known.knows_balance(&key));
        now(unit.load_balances(book, &[key], &mut known)).unwrap();
        assert!(known.knows_balance(&key) && known.turnover(key).is_zero());
        drop(unit);
        let mut unit = now(store.begin()).unwrap();
        assert_eq!(now(unit.enter(book, &[], &mut known)), Ok(Some(head)));
        drop(unit);
        let mut unit = now(store.begin()).unwrap();
        let mut nothing = Snapshot::default();
        assert_eq!(now(unit.enter(BookKey(9), &wants, &mut nothing)), Ok(None));
    }
}

/// Whatever can be asked of the seam is asked here: a function that no test calls is one that the engines may answer differently.
#[test]
fn every_function_of_the_seam_is_asked() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = |path: &str| std::fs::read_to_string(folder.join(path)).unwrap();
    let seam = [
        text("src/engine.rs"),
        text("src/reports.rs"),
        text("src/reports/registers.rs"),
    ]
    .concat();
    let files = std::fs::read_dir(folder.join("tests/conformance")).unwrap();
    let suite: String = files
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .chain([text("tests/conformance.rs")])
        .collect();
    let names = seam.split("pub async fn ").skip(1);
    let names: Vec<&str> = names.filter_map(|rest| rest.split(['(', '<']).next()).collect();
    assert!(names.len() > 40, "{names:?}");
    for name in names {
        let asked = [format!(".{name}("), format!("::{name}(")];
        assert!(asked.iter().any(|asked| suite.contains(asked)), "nobody asks {name}");
    }
}

#[test]
fn the_seam_can_cross_threads() {
    fn crosses<T: Send + Sync>() {}
    fn moves<T: Send>() {}
    crosses::<Store>();
    crosses::<Reader<'_>>();
    moves::<Unit<'_>>();
}

/// Where a book can be taken to be at a head instead of being held, a wrong head is noticed before anything is promised.
#[cfg(test)]
fn a_head_that_was_assumed_is_confirmed(engine: Engine) {
    let is_sqlite = matches!(engine, Engine::Sqlite);
    let mut twins = Twins::new(engine);
    let book = twins.open(1, 0);
    let head = |store: &Store| now(now(store.reader()).unwrap().head(book)).unwrap().unwrap();
    let before = head(&twins.engine);
    let mut commands = Commands::new(10);
    twins.run(book, &commands.stock());
    let after = head(&twins.engine);
    assert_ne!(before, after);
    for (assumed, confirmed) in [(after, Ok(())), (before, Err(StoreError::Moved { book: book.0 }))] {
        let mut unit = now(twins.engine.begin()).unwrap();
        if unit.assume(book, assumed).unwrap() {
            assert_eq!(now(unit.confirm()), confirmed);
        } else {
            assert!(is_sqlite, "PostgreSQL can");
            assert_eq!(now(unit.confirm()), Ok(()), "nothing was assumed");
        }
    }
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
    a_unit_tells_what_became_of_a_commit
    a_head_that_was_assumed_is_confirmed
    a_book_arrives_step_by_step_and_is_nobodys_until_it_is_there
}
