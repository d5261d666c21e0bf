//! How many invoices a list has: from the kept tallies where these know, else counted one by one.

use super::{Due, List, with_its_own};
use crate::engine::said::Spelling;
use crate::field::Cell;

/// The due day of a tally of open invoices: behind the currency if there is one, and empty where there is no due day.
pub(super) const DUE_DAY: &str = "case when substr(key, 4, 1) = ' ' then substr(key, 5) else key end";

/// The tallies added up.
const SUM: &str = "select cast(coalesce(sum(count), 0) as bigint) from tally where";

impl Due {
    /// The conditions of those that are due in the span, and open: their days lead to them in the index, their instants decide.
    pub(super) fn conditions(&self) -> String {
        let Due { from, to, .. } = self;
        let from = from.as_ref().map_or(String::new(), |from| {
            format!(" and due_on > {} and due_at >= {}", from.over, from.at)
        });
        format!("open > 0{from} and due_on < {} and due_at <= {}", to.to_come, to.at)
    }

    /// The conditions of the tallies by due day: of the days that lie in the span as a whole, or of all that it touches.
    pub(super) fn of_tallies(&self, whole: bool) -> String {
        let (after, before) = match whole {
            true => (self.from.as_ref().map(|from| &from.to_come), &self.to.over),
            false => (self.from.as_ref().map(|from| &from.over), &self.to.to_come),
        };
        // Those without a due day are left out by either.
        let after = after.map_or("''", String::as_str);
        format!("book = ?1 and kind = 'due' and {DUE_DAY} > {after} and {DUE_DAY} < {before}")
    }

    /// How many are due in the span: those of whole days as they are kept, and those of the days around its ends one by one.
    fn count(&self) -> String {
        let Due { from, to, .. } = self;
        let one_by_one = |days: &str| {
            let own = self.conditions();
            format!("(select count(*) from invoice where book = ?1 and {own} and {days})")
        };
        let kept = format!("({SUM} {})", self.of_tallies(true));
        let last = one_by_one(&format!("due_on >= {}", to.over));
        match from {
            None => format!("({kept} + {last})"),
            // The days around both ends may be the same: those around the first count up to those around the last.
            Some(from) => {
                let first = one_by_one(&format!("due_on <= {} and due_on < {}", from.to_come, to.over));
                format!("({kept} + {first} + {last})")
            }
        }
    }
}

impl List {
    /// The statement that says how many match, with its arguments. Money is on its way for few: these are counted one by one, and taken
    /// off all where those are meant for which none is.
    pub(in crate::engine) fn total(&self) -> (String, Vec<Cell>) {
        let mut arguments = self.arguments.clone();
        let all = self.with_standings() + &self.spans.conditions(&mut arguments);
        let along = self.along_being_paid().unwrap_or_default();
        let of_all = || format!("select count(*) from invoice where {all}");
        let sql = match (&self.looked_for, self.pending) {
            (Some(conditions), _) => format!(
                "select count(*) from invoice{along} where {all}{} and {conditions}",
                self.being_paid()
            ),
            (None, Some(true)) => format!("select count(*) from invoice{along} where {all}{}", self.being_paid()),
            (None, Some(false)) if self.pinned => format!("{}{}", of_all(), self.being_paid()),
            (None, Some(false)) => {
                let along = match self.spelling {
                    Spelling::Sqlite => " indexed by invoice_being_paid",
                    Spelling::Postgres => "",
                };
                let kept = self.kept().unwrap_or_else(of_all);
                format!("select ({kept}) - (select count(*) from invoice{along} where {all} and pending > 0)")
            }
            (None, None) => self.kept().unwrap_or_else(of_all),
        };
        with_its_own(&sql, &arguments)
    }

    /// How many match, whether money is on its way or not, from the kept tallies: when only standings, or days and currencies besides, are
    /// asked for. Those that are overdue are tallied by their due day, but for the days around the instant, and taken off where those are
    /// meant that are not: these would be all the others.
    fn kept(&self) -> Option<String> {
        match &self.due {
            Some((true, due)) if due.is_all => Some(format!("select {}", due.count())),
            Some((false, due)) if due.is_all => Some(format!("select ({}) - {}", self.of_standings(), due.count())),
            Some((false, due)) if self.by_standing => Some(format!(
                "select ({}) - (select count(*) from invoice where book = ?1 and {}{})",
                self.of_standings(),
                due.conditions(),
                self.among("standing")
            )),
            None => self.tallied(),
            Some(_) => None,
        }
    }

    /// How many are found, whether money is on its way or not, where tallies alone know it.
    pub(super) fn tallied(&self) -> Option<String> {
        match &self.due {
            None if self.by_standing => Some(self.of_standings()),
            None if self.by_day => Some(format!("{SUM} {}", self.dated)),
            Some(_) | None => None,
        }
    }

    fn of_standings(&self) -> String {
        format!("{SUM} book = ?1 and kind = 'standing'{}", self.among("key"))
    }
}
