//! Closing and reopening the book, and sealing what its reports said of a closed span.
//!
//! A book is closed through one date, without holes. Every closing is remembered as a [`Period`]: the days that it added to the
//! closed span, and, once they are made, the digests of the reports about them with the end of the log that they know of. Nothing
//! that such a report says can change while the span is closed, so the seal may be made any time after the closing, and whoever
//! kept it can ask for the same bytes for ever. Reopening goes back to an earlier day, with a reason that the log keeps; a period of
//! which days were open again in between says so and keeps its seal. Deliberately absent: making reports.

use jiff::civil::Date;

use crate::book::{Period, PeriodSeal};
use crate::keeping::BOOK;
use crate::plan::{EventKind, Moment, Plan, Planner};
use crate::refusal::{Refusal, Stop};
use crate::snapshot::Snapshot;

/// Decides to close the book through a day that is over. `seq` is the seq that the event will have: the period is named by it.
pub fn close_period(snapshot: &Snapshot, moment: &Moment, through: Date, seq: i64) -> Result<Plan, Stop> {
    let mut settings = snapshot.settings()?.clone();
    let closed_through = settings.closed_through;
    let forward = closed_through.is_none_or(|closed| through > closed);
    if !forward || through >= moment.today {
        return Err(Refusal::CannotClose {
            closed_through,
            asked: through,
            today: moment.today,
        }
        .into());
    }
    settings.closed_through = Some(through);
    let mut planner = Planner::new(snapshot);
    planner.put(settings);
    planner.put(Period {
        closing: seq,
        first: closed_through.and_then(|closed| closed.tomorrow().ok()),
        through,
        closed_at: moment.at,
        seal: None,
        reopened: None,
    });
    Ok(planner.finish(EventKind::PeriodClosed, BOOK))
}

/// Decides to seal a period with what its reports came to. Refused where there is nothing to seal any more: somebody else was first,
/// or the days were opened again meanwhile.
pub fn seal_period(snapshot: &Snapshot, closing: i64, seal: PeriodSeal) -> Result<Plan, Stop> {
    let period = snapshot.periods()?.find(|period| period.closing == closing);
    let unsealed = period.filter(|period| period.seal.is_none() && period.reopened.is_none());
    let mut period = unsealed.cloned().ok_or(Refusal::NotFound { kind: BOOK.kind })?;
    period.seal = Some(seal);
    let mut planner = Planner::new(snapshot);
    planner.put(period);
    Ok(planner.finish(EventKind::PeriodSealed, BOOK))
}

/// Decides to reopen the book back to an earlier day; `None` opens all of it. `seq` is the seq that the event will have: the periods
/// that it opens name it, and what stays closed of one that it divides is a period of its own.
pub fn reopen_period(snapshot: &Snapshot, moment: &Moment, through: Option<Date>, seq: i64) -> Result<Plan, Stop> {
    let mut settings = snapshot.settings()?.clone();
    let back = settings
        .closed_through
        .is_some_and(|closed| through.is_none_or(|through| through < closed));
    if !back {
        return Err(Refusal::CannotReopen {
            closed_through: settings.closed_through,
            asked: through,
        }
        .into());
    }
    settings.closed_through = through;
    let mut planner = Planner::new(snapshot);
    planner.put(settings);
    let opened = snapshot
        .periods()?
        .filter(|period| period.reopened.is_none() && through.is_none_or(|through| period.through > through));
    for period in opened {
        planner.put(Period {
            reopened: Some(seq),
            ..period.clone()
        });
        if let Some(through) = through.filter(|through| period.first.is_none_or(|first| first <= *through)) {
            planner.put(Period {
                closing: seq,
                first: period.first,
                through,
                closed_at: moment.at,
                seal: None,
                reopened: None,
            });
        }
    }
    Ok(planner.finish(EventKind::PeriodReopened, BOOK))
}
