//! The list of refunds.

use quittance_accounting::identity::DocumentKind;
use quittance_accounting::money::Amount;
use quittance_accounting::snapshot::Named;
use quittance_books::listing::DocumentQuery;
use quittance_books::view::RefundView;
use serde_json::Value;

use super::super::super::errors::{self, Fault};
use super::super::super::manners::{self, Paging, Place};
use super::super::super::mapping::fields::When;
use super::super::super::mapping::{output, refunds};
use super::super::Call;
use super::super::invoices::{cents, known_pairs, value};
use super::{Whole, look_up, whole};
use crate::http::Response;

/// What the list reads of a query.
const QUERY: [&str; 12] = [
    "sort_by",
    "sort_order",
    "cursor",
    "limit",
    "show_total_count",
    "external_id",
    "status",
    "completed_at_start",
    "completed_at_end",
    "min_amount",
    "max_amount",
    "reference_number",
];

/// How many refunds a page of a narrowed list looks at: a page that ends before it is full says where the next one goes on.
const MOST_LOOKED_AT: i64 = 2_000;

/// What a refund must be to be in the list.
struct Filter {
    /// The status word.
    status: Option<&'static str>,
    narrows: bool,
    from: Option<When>,
    to: Option<When>,
    amount: (Option<i64>, Option<i64>),
    reference: Option<String>,
}

impl Filter {
    fn of(pairs: &[(String, String)]) -> Result<Filter, Fault> {
        let when = |name: &str| match value(pairs, name) {
            None => Ok(None),
            Some(text) => match When::read(text) {
                None => Err(errors::query_format(name, "a date or an ISO 8601 instant")),
                when => Ok(when),
            },
        };
        let words = ["PAID", "PARTIALLY_PAID", "SENT"];
        let status = match value(pairs, "status") {
            None => None,
            Some(text) => match words.into_iter().find(|word| *word == text) {
                None => return Err(errors::query_format("status", "PAID, PARTIALLY_PAID or SENT")),
                word => word,
            },
        };
        let mut filter = Filter {
            status,
            narrows: false,
            from: when("completed_at_start")?,
            to: when("completed_at_end")?,
            amount: (cents(pairs, "min_amount")?, cents(pairs, "max_amount")?),
            reference: value(pairs, "reference_number").map(str::to_owned),
        };
        filter.narrows = filter.status.is_some()
            || filter.from.is_some()
            || filter.to.is_some()
            || filter.amount != (None, None)
            || filter.reference.is_some();
        Ok(filter)
    }

    fn takes(&self, call: &Call<'_>, known: &Whole) -> bool {
        let Some(RefundView { refund, content }) = known.0.first().map(|part| &part.refund) else {
            return false;
        };
        let (at, total): (_, Amount) = (refund.refunded_at, known.total());
        let reference = output::kept(&content.extra, "reference_number").and_then(Value::as_str);
        self.status.is_none_or(|word| word == output::refund_status(&known.0))
            && self.from.is_none_or(|from| at >= from.instant(&call.zone))
            && self.to.is_none_or(|to| at <= to.last_instant(&call.zone))
            && self.amount.0.is_none_or(|least| total.minor() >= least)
            && self.amount.1.is_none_or(|most| total.minor() <= most)
            && self.reference.as_deref().is_none_or(|wanted| reference == Some(wanted))
    }
}

/// A page of refunds, in order of recording. What gave back money of no invoice is in no list here.
pub async fn list(call: &Call<'_>) -> Result<Response, Fault> {
    let pairs = known_pairs(call, &QUERY)?;
    let paging = Paging::of(&pairs, &["created_at"])?;
    let filter = Filter::of(&pairs)?;
    let (looked_at, ask) = match value(&pairs, "external_id") {
        Some(external_id) => {
            let found = look_up(call, &Named::External(external_id.to_owned())).await?;
            (found.into_iter().collect::<Vec<_>>(), i64::MAX)
        }
        None => {
            let ask = if filter.narrows {
                MOST_LOOKED_AT
            } else {
                paging.limit + 1
            };
            let query = DocumentQuery {
                kind: DocumentKind::Refund,
                descending: paging.descending,
                after: paging.after_key(),
                limit: ask,
            };
            let found = call.app.books.refunds_after(call.key(), &query).await;
            (found.map_err(|failure| errors::fault(&failure))?, ask)
        }
    };
    let (mut passed, mut data) = (None, Vec::new());
    let mut has_more = looked_at.len() as i64 == ask;
    for view in looked_at {
        if data.len() as i64 == paging.limit {
            has_more = true;
            break;
        }
        passed = Some(Place::of_key(view.refund.key.0));
        // A part stands in the list with its whole, and what was paid with what it pays.
        if view.refund.pays.is_some() || refunds::whole_of(&view).is_some() {
            continue;
        }
        if let Some(whole) = whole(call, view).await?
            && filter.takes(call, &whole)
        {
            data.push(whole.shown(&call.book));
        }
    }
    Ok(manners::page(data, &paging, passed.filter(|_| has_more), None))
}
