//! Between which numbers, dates and instants a list lies, and where it goes on from a place.
//!
//! An index begins and ends at one condition each. What a second one leaves out at the same end would be walked past, which for a page
//! in the middle of a span is all that lies before it. So of two that limit the same end the one that says more is asked for alone.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::Date;
use quittance_accounting::identity::InvoiceKey;

use crate::field::{Cell, Field};
use crate::listing::{InvoicePlace, InvoiceQuery, OrderBy, PlaceValue};

/// From a value on and up to another.
pub(super) type Span<T> = (Option<T>, Option<T>);

/// What is asked for of values that lists are in order of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spans {
    pub(super) keys: Span<InvoiceKey>,
    pub(super) dates: Span<Date>,
    pub(super) sent: Span<Timestamp>,
}

impl Spans {
    /// The conditions.
    pub(super) fn conditions(&self, arguments: &mut Vec<Cell>) -> String {
        let mut conditions = String::new();
        spanned("key", self.keys, arguments, &mut conditions);
        spanned("invoice_date", self.dates, arguments, &mut conditions);
        spanned("sent_at", self.sent, arguments, &mut conditions);
        conditions
    }

    /// The conditions of a list that goes on from its place, in order of this column, or of creation.
    pub(super) fn beyond(mut self, column: Option<&str>, query: &InvoiceQuery, arguments: &mut Vec<Cell>) -> String {
        let mut place = query.after.as_ref();
        if query.order == OrderBy::Created {
            self.keys = self.keys_beyond(query);
            place = None;
        } else if let Some(InvoicePlace { value, .. }) = place {
            let says_more = if let (OrderBy::InvoiceDate, PlaceValue::On(day)) = (query.order, value) {
                says_more(&mut self.dates, *day, query.descending)
            } else if let (OrderBy::SentAt, PlaceValue::At(at)) = (query.order, value) {
                says_more(&mut self.sent, *at, query.descending)
            } else {
                true
            };
            place = place.filter(|_| says_more);
        }
        let conditions = self.conditions(arguments);
        match (column, place) {
            (Some(column), Some(place)) => {
                let beyond = lies_beyond(column, query.descending, place, arguments);
                format!("{conditions} and {beyond}")
            }
            (None, _) | (_, None) => conditions,
        }
    }

    /// Between which numbers those lie that a list in order of creation shows behind its place.
    pub(super) fn keys_beyond(&self, query: &InvoiceQuery) -> Span<InvoiceKey> {
        let (from, to) = self.keys;
        match (&query.after, query.descending) {
            (None, _) => (from, to),
            (Some(place), true) => {
                let before = InvoiceKey(place.key.0.saturating_sub(1));
                (from, Some(to.map_or(before, |to| to.min(before))))
            }
            (Some(place), false) => {
                let behind = InvoiceKey(place.key.0.saturating_add(1));
                (Some(from.map_or(behind, |from| from.max(behind))), to)
            }
        }
    }
}

/// Whether a place says more than the end of a span that lies on its side; if so, that end is taken away.
fn says_more<T: PartialOrd>((from, to): &mut Span<T>, place: T, descending: bool) -> bool {
    let end = if descending { to } else { from };
    let lies_beyond = |end: &T| if descending { *end < place } else { *end > place };
    if end.as_ref().is_some_and(lies_beyond) {
        return false;
    }
    *end = None;
    true
}

/// Adds the conditions that a column lies in a span.
pub(super) fn spanned<T: Field>(column: &str, (from, to): Span<T>, arguments: &mut Vec<Cell>, conditions: &mut String) {
    for (comparison, end) in [(">=", from), ("<=", to)] {
        if let Some(end) = end {
            arguments.push(end.cell());
            // Writing into a text cannot fail.
            let _ = write!(conditions, " and {column} {comparison} ?{}", arguments.len());
        }
    }
}

/// The condition that an invoice lies beyond a place, on its side of those without a value: see [`InvoiceQuery::other_side`].
fn lies_beyond(column: &str, descending: bool, place: &InvoicePlace, arguments: &mut Vec<Cell>) -> String {
    let mut bind = |cell: Cell| {
        arguments.push(cell);
        format!("?{}", arguments.len())
    };
    let key = bind(place.key.cell());
    let later = if descending { "<" } else { ">" };
    let value = match &place.value {
        PlaceValue::Nothing => return format!("{column} is null and key {later} {key}"),
        PlaceValue::At(at) => bind(at.cell()),
        PlaceValue::On(day) => bind(day.cell()),
        PlaceValue::Minor(minor) => bind(minor.cell()),
        PlaceValue::Name(name) => bind(name.cell()),
    };
    // As one value, of which an index finds the beginning: with a condition for each, all that have the same value would be passed.
    format!("({column}, key) {later} ({value}, {key})")
}
