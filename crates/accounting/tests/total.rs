//! Every decision on any snapshot: a plan, refusals, something missing or a flaw named, and never a panic.
//!
//! Bytes become a snapshot and commands (`total/snapshots.rs`, `total/commands.rs`): records that contradict each other, numbers at
//! the ends of what a column holds, days at the ends of the calendar, some of it gathered and some not. Nothing keeps them
//! reachable. A plan is also checked, its receipt filled in, and carried out on the snapshot, because the writer does so. The
//! committed seeds (`total/seeds.txt`) are replayed and some thousand new inputs drawn in every run; `QUITTANCE_TEST_DECIDE_CASES=10000000
//! cargo test -p quittance-accounting --test total` draws more, from another start each time. `UPDATE_SEEDS=1` adds an input for
//! every outcome that no seed reaches yet. An input that panics is printed: it becomes a seed, then the mistake is mended.

#[cfg(test)]
#[path = "total/commands.rs"]
mod commands;
#[cfg(test)]
#[path = "total/crediting.rs"]
mod crediting;
#[cfg(test)]
mod model;
#[cfg(test)]
#[path = "total/snapshots.rs"]
mod snapshots;
#[cfg(test)]
#[path = "total/source.rs"]
mod source;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use quittance_accounting::refusal::Stop;

    use crate::source::Source;
    use crate::{commands, snapshots};

    const SEEDS: &str = include_str!("total/seeds.txt");
    /// The most commands of one input.
    const MOST_COMMANDS: usize = 6;
    /// How many inputs a run draws unless it is told otherwise: some seconds, without optimization.
    const USUAL_CASES: u64 = 6_000;
    /// How long an input is: enough for every record and command; behind its end everything is zero.
    const BYTES: usize = 900;

    /// The first word of a value as it is written for debugging.
    fn word(value: &impl std::fmt::Debug) -> String {
        let text = format!("{value:?}");
        text.split(|c: char| !c.is_alphanumeric())
            .next()
            .unwrap_or_default()
            .to_owned()
    }

    fn outcome(decided: &Result<quittance_accounting::plan::Plan, Stop>) -> String {
        match decided {
            Ok(_) => "done".to_owned(),
            Err(Stop::Missing(want)) => format!("missing {}", word(want)),
            Err(Stop::Refused(refusals)) => format!("refused {}", word(refusals.first())),
            Err(Stop::Flawed(flaw)) => format!("flawed {}", word(flaw)),
        }
    }

    /// Decides what the bytes say; what came of each command.
    fn decide(bytes: &[u8]) -> Vec<String> {
        let mut source = Source::new(bytes);
        let mut snapshot = snapshots::any(&mut source);
        let mut outcomes = Vec::new();
        for _ in 0..=source.below(MOST_COMMANDS) {
            let (verb, decided) = commands::any(&mut source, &snapshot);
            outcomes.push(format!("{verb}: {}", outcome(&decided)));
            let Ok(mut plan) = decided else { continue };
            let _what_it_lacks = plan.unknown_balances(&snapshot);
            plan.fill_balances(&snapshot);
            let _unbalanced = plan.check(&snapshot);
            let _missing = plan.forget_requests(&snapshot);
            snapshot.apply(&plan.changes);
            if source.once_in(4) {
                snapshot.settle();
            }
        }
        outcomes
    }

    /// As [`decide`], and an input that panics is shown.
    fn surely(bytes: &[u8]) -> Vec<String> {
        match catch_unwind(AssertUnwindSafe(|| decide(bytes))) {
            Ok(outcomes) => outcomes,
            Err(_) => panic!(
                "this input made a decision panic; add it to total/seeds.txt:\npanic: {}",
                hex(bytes)
            ),
        }
    }

    fn hex(bytes: &[u8]) -> String {
        // Zeros at the end say nothing.
        let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        bytes[..end].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn bytes_of(hex: &str) -> Vec<u8> {
        let pair = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(pair).collect()
    }

    /// Every seed with what it was kept for.
    fn seeds() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
        let lines = SEEDS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(|line| {
            let (kept_for, hex) = line.rsplit_once(' ').unwrap();
            (kept_for.trim_end_matches(" ="), bytes_of(hex))
        })
    }

    /// Inputs that follow from a number.
    fn drawn(start: u64) -> impl Iterator<Item = Vec<u8>> {
        let mut state = start;
        let mut next = move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        std::iter::repeat_with(move || (0..BYTES.div_ceil(8)).flat_map(|_| next().to_le_bytes()).collect())
    }

    #[test]
    fn the_seeds_are_decided() {
        let mut reached: BTreeMap<String, usize> = BTreeMap::new();
        for (_, bytes) in seeds() {
            for outcome in surely(&bytes) {
                *reached.entry(outcome).or_default() += 1;
            }
        }
        if std::env::var_os("UPDATE_SEEDS").is_some() {
            return add_seeds(reached);
        }
        // What is not reached is not tried: every command is carried out, refused and stopped by a flaw.
        let verbs = commands::VERBS.iter();
        let undone: Vec<_> = verbs
            .filter(|verb| !reached.contains_key(&format!("{verb}: done")))
            .collect();
        assert!(undone.is_empty(), "no seed has these done: {undone:?}");
        let of = |what: &str| reached.keys().filter(|outcome| outcome.contains(what)).count();
        assert!(of("refused") > 100, "{reached:#?}");
        assert!(of("flawed") > 30, "{reached:#?}");
        assert!(of("missing") > 30, "{reached:#?}");
    }

    fn add_seeds(mut reached: BTreeMap<String, usize>) {
        let mut added = String::new();
        for bytes in drawn(7).take(60_000) {
            let outcomes = surely(&bytes);
            let new: Vec<&String> = outcomes
                .iter()
                .filter(|outcome| !reached.contains_key(*outcome))
                .collect();
            if let Some(first) = new.first() {
                added += &format!("{first} = {}\n", hex(&bytes));
            }
            for outcome in outcomes {
                *reached.entry(outcome).or_default() += 1;
            }
        }
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/total/seeds.txt");
        std::fs::write(path, format!("{SEEDS}{added}")).unwrap();
    }

    #[test]
    fn what_is_drawn_is_decided() {
        let told = std::env::var("QUITTANCE_TEST_DECIDE_CASES")
            .ok()
            .map(|text| text.parse().unwrap());
        // Told to draw more, it starts somewhere else every time; else a run is the same as the last.
        let start = match told {
            Some(_) => std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 1),
            None => 1,
        };
        let cases: u64 = told.unwrap_or(USUAL_CASES);
        for bytes in drawn(start).take(usize::try_from(cases).unwrap_or(usize::MAX)) {
            surely(&bytes);
        }
    }

    #[test]
    fn seeds_with_other_bytes_are_decided() {
        let mut spoils = drawn(3);
        for (_, bytes) in seeds() {
            let spoil = spoils.next().unwrap_or_default();
            let mut other = bytes;
            other.resize(BYTES, 0);
            for step in spoil.chunks_exact(3).take(12) {
                let at = usize::from(u16::from_le_bytes([step[0], step[1]])) % BYTES;
                other[at] = step[2];
            }
            surely(&other);
        }
    }
}
