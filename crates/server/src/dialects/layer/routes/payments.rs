//! Payments as a list.

use jiff::Timestamp;
use quittance_accounting::identity::DocumentKind;
use quittance_accounting::settlement::{Method, Witness};
use quittance_accounting::snapshot::Named;
use quittance_books::listing::DocumentQuery;
use quittance_books::view::PaymentView;
use serde_json::Value;

use super::super::errors::{self, Fault};
use super::super::manners::{self, Paging, Place};
use super::super::mapping::fields::When;
use super::super::mapping::output;
use super::super::wire;
use super::Call;
use super::invoices::{known_pairs, several, value};
use super::settling::settled;
use crate::http::Response;

/// What the list reads of a query.
const QUERY: [&str; 12] = [
    "sort_by",
    "sort_order",
    "cursor",
    "limit",
    "show_total_count",
    "external_id",
    "method",
    "paid_at_start",
    "paid_at_end",
    "reference_number",
    "in_payout",
    "matched",
];

/// How many payments a page of a narrowed list looks at: a page that ends before it is full says where the next one goes on.
const MOST_LOOKED_AT: i64 = 2_000;

/// What a payment must be to be in the list.
struct Filter {
    method: Option<Method>,
    references: Vec<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    /// Part of a payout: there are none here.
    in_payout: Option<bool>,
    /// Matched to money on a bank account: vouched for by a bank.
    matched: Option<bool>,
}

impl Filter {
    fn of(call: &Call<'_>, pairs: &[(String, String)]) -> Result<Filter, Fault> {
        let instant = |name: &str| match value(pairs, name) {
            None => Ok(None),
            Some(text) => When::read(text)
                .map(Some)
                .ok_or_else(|| errors::query_format(name, "a date or an ISO 8601 instant")),
        };
        let truth = |name: &str| match value(pairs, name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(errors::query_format(name, "true or false")),
        };
        let method = match value(pairs, "method") {
            None => None,
            Some(word) => {
                let expected = "CASH, CHECK, CREDIT_CARD, ACH, CREDIT_BALANCE or OTHER";
                Some(wire::method(word).ok_or_else(|| errors::query_format("method", expected))?)
            }
        };
        Ok(Filter {
            method,
            references: several(pairs, "reference_number"),
            from: instant("paid_at_start")?.map(|when| when.instant(&call.zone)),
            to: instant("paid_at_end")?.map(|when| when.last_instant(&call.zone)),
            in_payout: truth("in_payout")?,
            matched: truth("matched")?,
        })
    }

    fn takes_all(&self) -> bool {
        let says_nothing = self.in_payout != Some(true) && self.matched.is_none();
        says_nothing && self.method.is_none() && self.references.is_empty() && self.from.is_none() && self.to.is_none()
    }

    fn takes(&self, view: &PaymentView) -> bool {
        let payment = &view.payment;
        let reference = output::kept(&view.content.extra, "reference_number").and_then(Value::as_str);
        self.method.is_none_or(|method| payment.method == method)
            && (self.references.is_empty()
                || reference.is_some_and(|own| self.references.iter().any(|wanted| wanted == own)))
            && self.from.is_none_or(|from| payment.paid_at >= from)
            && self.to.is_none_or(|to| payment.paid_at <= to)
            && self.in_payout != Some(true)
            && self
                .matched
                .is_none_or(|matched| (payment.witness == Witness::Bank) == matched)
    }
}

/// A page of payments, in order of recording.
pub async fn list(call: &Call<'_>) -> Result<Response, Fault> {
    let pairs = known_pairs(call, &QUERY)?;
    let paging = Paging::of(&pairs, &["imported_at"])?;
    let filter = Filter::of(call, &pairs)?;
    let books = &call.app.books;
    if filter.in_payout == Some(true) {
        return Ok(manners::page(Vec::new(), &paging, None, None));
    }
    if let Some(external_id) = value(&pairs, "external_id") {
        let found = books
            .payment(call.key(), &Named::External(external_id.to_owned()))
            .await;
        let found = found.map_err(|failure| errors::fault(&failure))?;
        let found: Vec<PaymentView> = found.into_iter().filter(|view| filter.takes(view)).collect();
        let total = i64::try_from(found.len()).ok();
        return Ok(manners::page(shown(call, &found).await?, &paging, None, total));
    }
    let ask = if filter.takes_all() {
        paging.limit + 1
    } else {
        MOST_LOOKED_AT
    };
    let query = DocumentQuery {
        kind: DocumentKind::Payment,
        descending: paging.descending,
        after: paging.after_key(),
        limit: ask,
    };
    let looked_at = books.payments_after(call.key(), &query).await;
    let looked_at = looked_at.map_err(|failure| errors::fault(&failure))?;
    let (mut passed, mut found) = (None, Vec::new());
    let mut has_more = looked_at.len() as i64 == ask;
    for view in looked_at {
        if found.len() as i64 == paging.limit {
            has_more = true;
            break;
        }
        passed = Some(Place::of_key(view.payment.key.0));
        if filter.takes(&view) {
            found.push(view);
        }
    }
    // The cursor goes on behind what was looked at, which is more than what is shown.
    let next = passed.filter(|_| has_more);
    Ok(manners::page(shown(call, &found).await?, &paging, next, None))
}

async fn shown(call: &Call<'_>, payments: &[PaymentView]) -> Result<Vec<Value>, Fault> {
    // Read after the payments: every account where they arrived is in it.
    let book = call.book_now().await?;
    let mut data = Vec::with_capacity(payments.len());
    for view in payments {
        let invoices = settled(call, view).await?;
        data.push(output::value(&output::payment(&book, view, &invoices)));
    }
    Ok(data)
}
