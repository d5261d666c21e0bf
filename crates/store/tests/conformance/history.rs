//! Random histories of two books, and the single steps that other tests begin with.

use std::collections::BTreeMap;

use quittance_accounting::identity::BookKey;
use quittance_accounting::plan::Moment;
use quittance_accounting::record::Change;
use quittance_store::tables::table_of;
use quittance_store::{BookCommit, Store};

use crate::chance::Chance;
use crate::commands::{ALL_RULES, Commands, resource};
use crate::compare::compare;
use crate::twins::{Batch, Engine, Twins, now};

/// Runs a random history over two books, compares after every unit, and counts the records it put by table.
pub fn history(engine: Engine, seed: u64, units: i64) -> BTreeMap<&'static str, usize> {
    let mut twins = Twins::new(engine);
    let mut chance = Chance::new(seed + 1_000);
    let mut words = Chance::new(seed + 2_000);
    let mut books =
        [(1, 0), (2, 30)].map(|(n, retention)| (twins.open(n, retention), Commands::new(2 * seed + n as u64)));
    let mut put = BTreeMap::from([("book", 2), ("account", 2)]);
    for (book, commands) in &mut books {
        twins.run(*book, &commands.stock());
    }
    for unit in 0..units {
        let (book, commands) = &mut books[chance.below(2) as usize];
        let mut batch: Vec<_> = (0..chance.below(5) + 1).map(|_| commands.next()).collect();
        batch.push(resource(&mut words, 1_000_000 * seed as i64 + unit));
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

/// Gives a book the customers and products that random invoices name.
pub fn stock(store: &Store, book: BookKey, commands: &mut Commands, moment: &Moment) {
    let mut unit = now(store.begin()).unwrap();
    let mut batch = Batch::new(book, now(unit.head(book)).unwrap().unwrap());
    for command in commands.stock() {
        batch.decide(&mut unit, moment, &command).unwrap();
    }
    now(unit.commit(vec![batch.finish()])).unwrap();
}

/// A commit that follows the head as it is now.
pub fn following(store: &Store, book: BookKey, commands: &mut Commands, moment: &Moment) -> BookCommit {
    let mut unit = now(store.begin()).unwrap();
    let mut batch = Batch::new(book, now(unit.head(book)).unwrap().unwrap());
    batch
        .decide(&mut unit, moment, &commands.new_invoice(ALL_RULES[0]))
        .unwrap();
    batch.finish()
}
