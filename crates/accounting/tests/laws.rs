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
#[path = "laws/references.rs"]
mod references;
#[cfg(test)]
#[path = "laws/twin.rs"]
mod twin;
#[cfg(test)]
#[path = "laws/words.rs"]
mod words;

use commands::{Command, Later, Verb};
use model::ALL_RULES;
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
    for _ in 0..1600 {
        let commands = strategy.new_tree(&mut runner).unwrap().current();
        for (verb, accepted) in history::run(&commands) {
            *reached.entry(verb).or_insert(0) += i32::from(accepted);
        }
    }
    for (verb, accepted) in &reached {
        assert!(*accepted > 5, "no {verb} was ever accepted: {reached:?}");
    }
    assert_eq!(reached.len(), 49, "{reached:?}");
}

/// Histories in which a law was broken once, with the batches begun at every place.
#[test]
fn what_was_found_stays_found() {
    for first in 0..5 {
        for (steps, accepted) in found(first) {
            let idle = std::iter::repeat_n(("native", Verb::Issue(999)), first as usize);
            let steps = (0..).zip(idle.chain(steps));
            let commands = steps.map(|(at, (dialect, verb))| Command {
                at,
                rules: *ALL_RULES.iter().find(|rules| rules.dialect == dialect).unwrap(),
                day: jiff::civil::date(2026, 5, 1),
                verb,
                currency: None,
            });
            let outcomes = history::run(&commands.collect::<Vec<_>>());
            let done = outcomes.iter().filter(|(_, done)| *done).count();
            assert_eq!(done, accepted, "{outcomes:?}");
        }
    }
}

/// Each with the dialects of its steps and how many of them are accepted; the first step stands at the place that is given.
fn found(first: u64) -> [(Vec<(&'static str, Verb)>, usize); 3] {
    let issue = || Verb::Create {
        issue: true,
        lines: vec![(0, 4000)],
        discount: 0,
        number: None,
        external: None,
        customer: 1,
        abroad: None,
    };
    let credit = |amount| Verb::Credit {
        n: Some(first),
        amount,
        line: None,
        apply: false,
        external: None,
    };
    [
        // Texts of a write-off that came back and went again in one batch.
        (
            vec![
                ("campfire", issue()),
                ("campfire", Verb::WriteOff(first, None, None)),
                ("layer", Verb::Delete(first)),
                ("campfire", Verb::Restore(first)),
                ("campfire", Verb::Delete(first)),
            ],
            5,
        ),
        // Another credit note took what a deleted one had taken.
        (
            vec![
                ("campfire", issue()),
                ("campfire", credit(None)),
                ("layer", Verb::Later(Later::DeleteCredit(first + 1))),
                ("campfire", credit(None)),
                ("campfire", Verb::Later(Later::RestoreCredit(first + 1))),
            ],
            4,
        ),
        // The rest was given up between a credit note and its deletion.
        (
            vec![
                ("campfire", issue()),
                ("campfire", credit(Some(1500))),
                ("campfire", Verb::WriteOff(first, None, None)),
                ("layer", Verb::Later(Later::DeleteCredit(first + 1))),
                ("campfire", Verb::Later(Later::RestoreCredit(first + 1))),
            ],
            5,
        ),
    ]
}
