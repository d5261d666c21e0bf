//! Pages in order of creation of what an index has in order of something else, day by day, and within each day in order of creation.
//!
//! Which days there are is kept in the tallies. So a page is merged of the days: it costs a look at each, and then what it shows, and
//! nothing has to be collected and sorted however many match. SQLite merges with a queue; PostgreSQL, whose recursive queries
//! know no order and which engines that shard by book do not have, takes as many days as the page has places, and of each as many.

use super::spans::{Spans, spanned};
use super::totals::DUE_DAY;
use super::{List, bind, with_its_own};
use crate::engine::said::Spelling;
use crate::field::Cell;
use crate::listing::{InvoiceQuery, OrderBy};

/// The most invoices that are passed over by merging, which searches an index for each of them: farther on it is sooner done to collect
/// all and to sort them.
const MOST_PASSED_OVER: i64 = 20_000;

/// The days that a page is merged of.
pub(super) struct Days {
    /// The statement that finds them, each as `run`.
    days: String,
    /// The column that has them, in an index in which the number follows.
    column: &'static str,
    index: &'static str,
}

impl List {
    /// Whether the list may be merged of the days that the invoices are dated on, although standings lead to them as well.
    pub(super) fn may_run_by_date(&self, query: &InvoiceQuery) -> bool {
        let only = self.looked_for.is_none() && !self.pinned && !self.of_customers && self.pending != Some(true);
        only && query.order == OrderBy::Created && self.spans.dates != (None, None) && self.overdue().is_none()
    }

    /// The days that a page is merged of, where that is the way to it.
    pub(super) fn runs(&self, query: &InvoiceQuery, crowded: Option<bool>) -> Option<Days> {
        if query.offset > MOST_PASSED_OVER {
            return None;
        }
        if self.may_run_by_date(query) && (self.standings.is_none() || crowded == Some(true)) {
            return Some(Days {
                days: format!(
                    "select distinct key as run from tally where {} and count > 0",
                    self.dated
                ),
                column: "invoice_date",
                index: "invoice_by_date",
            });
        }
        let due = self
            .overdue()
            .filter(|_| self.is_sorted_by_due() && query.order == OrderBy::Created)?;
        Some(Days {
            days: format!(
                "select distinct {DUE_DAY} as run from tally where {} and count > 0",
                due.of_tallies(false)
            ),
            column: "due_on",
            index: "invoice_open_by_due",
        })
    }

    /// The statement of a page that is merged of days, with its arguments.
    pub(super) fn merged(&self, days: &Days, query: &InvoiceQuery) -> (String, Vec<Cell>) {
        let mut arguments = self.arguments.clone();
        let spans = Spans {
            keys: (None, None),
            ..self.spans
        };
        let own = self.all_but_spans() + &spans.conditions(&mut arguments);
        let (from, to) = self.spans.keys_beyond(query);
        let (mut first, mut following) = (own.clone(), own);
        spanned("key", (from, to), &mut arguments, &mut first);
        // Where the one before was taken is the one end, and here is the other.
        let rest = if query.descending { (from, None) } else { (None, to) };
        spanned("key", rest, &mut arguments, &mut following);
        let (limit, offset) = (query.limit.max(0), query.offset.max(0));
        let mut bind = |number: i64| bind(&mut arguments, number);
        let places = [&bind(limit), &bind(offset), &bind(limit.saturating_add(offset))];
        let sql = match self.spelling {
            Spelling::Sqlite => queued(days, [&first, &following], query.descending, places),
            Spelling::Postgres => side_by_side(days, &first, query.descending, places),
        };
        with_its_own(&sql, &arguments)
    }
}

/// As SQLite merges: a queue of the next invoice of each day, of which the first is taken and followed by the next of its day. A day
/// that has no more goes to the end of the queue, and one before whose first there are as many days as places is not queued.
fn queued(days: &Days, [first, following]: [&str; 2], descending: bool, [limit, offset, both]: [&String; 3]) -> String {
    let Days { days, column, index } = days;
    let (later, direction, end) = match descending {
        true => ("<", " desc", -1),
        false => (">", "", i64::MAX),
    };
    let next = |of: &str, own: &str| {
        format!(
            "coalesce((select key from invoice indexed by {index} where {own} and {column} = {of}.run \
             order by key{direction} limit 1), {end})"
        )
    };
    let first = next("day", first);
    let following = next("merged", &format!("{following} and key {later} merged.key"));
    format!(
        "with recursive day as ({days}), \
         ahead(run, key) as (select run, {first} from day order by 2{direction} limit {both}), \
         merged(run, key) as (select run, key from ahead \
         union all select run, {following} from merged where key <> {end} order by 2{direction} limit {limit} offset {offset}) \
         select key from merged where key <> {end}"
    )
}

/// As PostgreSQL merges: the days whose first invoice comes first, as many as places up to the end of the page, and of each as many.
fn side_by_side(days: &Days, own: &str, descending: bool, [limit, offset, both]: [&String; 3]) -> String {
    let Days { days, column, .. } = days;
    let direction = if descending { " desc" } else { "" };
    let of = |run: &str, most: &str| {
        format!("select key from invoice where {own} and {column} = {run} order by key{direction} limit {most}")
    };
    let (first, several) = (of("day.run", "1"), of("ahead.run", both));
    format!(
        "with day as ({days}), ahead as (select day.run as run from day cross join lateral ({first}) as foremost \
         order by foremost.key{direction} limit {both}) \
         select page.key from ahead cross join lateral ({several}) as page order by page.key{direction} limit {limit} offset {offset}"
    )
}
