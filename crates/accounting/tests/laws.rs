//! Laws that hold after every step of any history of a book.
//!
//! Histories are generated: up to forty commands in any order, under six rules, on open and closed days. Each command is decided
//! three times (on the whole book, again on the whole book, and on a sparse snapshot that is given only what it asks for), carried
//! out, and followed by every law. Absent: single figures (`figures.rs`) and the policy itself (`deletion_table.rs`).

#[cfg(test)]
#[path = "laws/books_add_up.rs"]
mod books_add_up;
#[cfg(test)]
#[path = "laws/commands.rs"]
mod commands;
#[cfg(test)]
#[path = "laws/deletes.rs"]
mod deletes;
#[cfg(test)]
#[path = "laws/gathering.rs"]
mod gathering;
#[cfg(test)]
#[path = "laws/history.rs"]
mod history;
#[cfg(test)]
mod model;
#[cfg(test)]
#[path = "laws/twin.rs"]
mod twin;
#[cfg(test)]
#[path = "laws/words.rs"]
mod words;

use proptest::prelude::*;
use proptest::strategy::ValueTree;

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_law_holds_after_every_step(commands in commands::history(40)) {
        history::run(&commands);
    }
}

/// A generator that only makes refused commands would prove nothing.
#[test]
fn the_generator_reaches_every_verb() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = commands::history(40);
    let mut reached = std::collections::BTreeMap::new();
    for _ in 0..1400 {
        let commands = strategy.new_tree(&mut runner).unwrap().current();
        for (verb, accepted) in history::run(&commands) {
            *reached.entry(verb).or_insert(0) += i32::from(accepted);
        }
    }
    for (verb, accepted) in &reached {
        assert!(*accepted > 5, "no {verb} was ever accepted: {reached:?}");
    }
    assert_eq!(reached.len(), 40, "{reached:?}");
}
