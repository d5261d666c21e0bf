//! Giving invoices their numbers, out of a series or as a client brought them.
//!
//! A counted number is never given twice, not even by one command that numbers several invoices. An explicit one is free again
//! once its invoice is deleted. Deliberately absent: freeing, which is part of deletion, and marking as void.

use crate::book::{NumberState, NumberUse, Series};
use crate::identity::InvoiceKey;
use crate::plan::Planner;
use crate::record::{Record, RecordKey};
use crate::refusal::{Refusal, Stop};
use crate::rules::NumberRules;

/// Takes the next number of a series. A counted number is never given twice: numbers that a client used ahead of the count are
/// passed over.
pub(crate) fn take_next(
    planner: &mut Planner<'_>,
    invoice: InvoiceKey,
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
        next += 1;
        if snapshot.number(&number)?.is_none() {
            planner.put(Series {
                prefix: prefix.to_owned(),
                next,
            });
            planner.put(NumberUse {
                number: number.clone(),
                counted: true,
                invoice,
                state: NumberState::Used,
            });
            return Ok(number);
        }
    }
}

/// Takes the number that a client brought. It is free when nobody has it, or when a deleted invoice had brought it; it moves the
/// counter of its series past it.
pub(crate) fn take_explicit(
    planner: &mut Planner<'_>,
    invoice: InvoiceKey,
    number: &str,
    rules: NumberRules,
) -> Result<String, Stop> {
    let snapshot = planner.snapshot;
    if let Some(line) = snapshot.number(number)?
        && (line.counted || line.state != NumberState::Deleted)
    {
        return Err(Refusal::NumberTaken {
            number: number.to_owned(),
            invoice: line.invoice,
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
        invoice,
        state: NumberState::Used,
    };
    planner.put(line);
    Ok(number.to_owned())
}
