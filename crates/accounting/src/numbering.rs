//! Giving invoices and credit notes their numbers, out of a series or as a client brought them.
//!
//! A counted number is never given twice, not even by one command that numbers several invoices. An explicit one is free again
//! once its document is deleted. Deliberately absent: freeing, which is part of deletion, and marking as void.

use crate::book::{NumberState, NumberUse, Series};
use crate::identity::DocumentRef;
use crate::plan::Planner;
use crate::record::{Record, RecordKey};
use crate::refusal::{Refusal, Stop};
use crate::rules::NumberRules;

/// The numbers that a series gives after one of its own. Whoever looks up whether that one was ever used, for one of many invoices
/// that are numbered, does well to look these up at once.
pub fn following(number: &str, count: usize) -> impl Iterator<Item = String> {
    let digits = number.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (prefix, digits) = number.split_at(number.len() - digits);
    let (first, width) = (digits.parse::<i64>().ok(), digits.len());
    let numbers = (1..).zip(first.into_iter().cycle()).take(count);
    numbers.filter_map(move |(after, first)| Some(format!("{prefix}{:0width$}", first.checked_add(after)?)))
}

/// Takes the next number of a series. A counted number is never given twice: numbers that a client used ahead of the count are
/// passed over.
pub(crate) fn take_next(
    planner: &mut Planner<'_>,
    document: DocumentRef,
    prefix: &str,
    width: usize,
) -> Result<String, Stop> {
    let snapshot = planner.snapshot;
    let planned = match planner.planned(&RecordKey::Series(prefix.to_owned())) {
        Some(Record::Series(series)) => Some(series.next),
        _ => None,
    };
    let mut next = match planned {
        Some(next) => next,
        None => snapshot.series(prefix)?.map_or(1, |series| series.next),
    };
    loop {
        let number = format!("{prefix}{next:0width$}");
        let Some(taken) = snapshot.number(&number)? else {
            planner.put(Series {
                prefix: prefix.to_owned(),
                next: next.saturating_add(1),
            });
            planner.put(NumberUse {
                number: number.clone(),
                counted: true,
                document,
                state: NumberState::Used,
            });
            return Ok(number);
        };
        // Behind the last count there is none.
        let document = taken.document;
        next = next.checked_add(1).ok_or(Refusal::NumberTaken { number, document })?;
    }
}

/// Takes the number that a client brought. It is free when nobody has it, or when a deleted document had brought it; it moves the
/// counter of its series past it.
pub(crate) fn take_explicit(
    planner: &mut Planner<'_>,
    document: DocumentRef,
    number: &str,
    rules: NumberRules,
) -> Result<String, Stop> {
    let snapshot = planner.snapshot;
    if let Some(line) = snapshot.number(number)?
        && (line.counted || line.state != NumberState::Deleted)
    {
        return Err(Refusal::NumberTaken {
            number: number.to_owned(),
            document: line.document,
        }
        .into());
    }
    let count = number
        .strip_prefix(rules.prefix)
        .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    if let Some(count) = count
        .and_then(|digits| digits.parse::<i64>().ok())
        .filter(|count| *count < i64::MAX / 2)
        && snapshot.series(rules.prefix)?.is_none_or(|series| series.next <= count)
    {
        planner.put(Series {
            prefix: rules.prefix.to_owned(),
            next: count + 1,
        });
    }
    let line = NumberUse {
        number: number.to_owned(),
        counted: false,
        document,
        state: NumberState::Used,
    };
    planner.put(line);
    Ok(number.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_following_numbers_are_those_that_the_series_gives() {
        let after = |number: &str| following(number, 3).collect::<Vec<_>>();
        assert_eq!(after("INV-0098"), ["INV-0099", "INV-0100", "INV-0101"]);
        assert_eq!(after("2026/9999"), ["2026/10000", "2026/10001", "2026/10002"]);
        assert_eq!(after("7"), ["8", "9", "10"]);
        assert!(after("INV-").is_empty(), "no number");
        assert!(after("9223372036854775807").is_empty(), "nor after the last");
        assert!(after("99999999999999999999").is_empty());
    }
}
