//! The members of a list's query into what the books can be asked.

use jiff::{Timestamp, ToSpan};
use quittance_accounting::identity::CustomerKey;
use quittance_accounting::invoice::Standing;
use quittance_accounting::money::Currency;
use quittance_books::listing::{InvoiceFilter, InvoiceQuery, OrderBy};
use quittance_books::view::BookView;
use serde_json::Value;

use crate::http::Request;

use super::super::manners::Paging;
use super::fields::{Fields, day};
use super::{entity, number_of};

/// Filters that the vendor has and this server has not. To pass them over would show rows that were not asked for.
const MISSING: [&str; 10] = [
    "parent_client",
    "contract",
    "ref_number",
    "q",
    "paid_date_from",
    "paid_date_to",
    "line_tag_id",
    "line_tag_group_id",
    "download",
    "include_deleted",
];

/// What a list comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// This query.
    Query(Box<InvoiceQuery>),
    /// Nothing can match.
    Nothing,
}

/// Reads a list's query.
pub fn read(request: &Request, book: &BookView, paging: Paging, now: Timestamp) -> Result<Asked, Value> {
    let nothing = serde_json::Map::new();
    let mut wrong = Fields::of(&nothing);
    let mut filter = InvoiceFilter::default();
    let mut possible = true;
    for (name, value) in request.query_pairs() {
        if value.is_empty() {
            continue;
        }
        match name.as_str() {
            "status" => status(&value, now, &mut filter, &mut wrong),
            "sentStatus" => match value.as_str() {
                "sent" => filter.sent = Some(true),
                "not_sent" => filter.sent = Some(false),
                _ => wrong.say(&name, no_choice(&value)),
            },
            "client" => possible &= client(&value, book, &mut filter, &mut wrong),
            "entity" => match value.parse::<i64>() {
                Ok(id) => possible &= id == entity(book.key),
                Err(_) => wrong.say(&name, "Enter a number."),
            },
            "currency" => possible &= Currency::parse(&value) == Some(book.settings.currency),
            "invoice_number" => filter.number = Some(value),
            "start_date" | "end_date" => match day(&value) {
                Some(date) if name == "start_date" => filter.invoice_date.0 = Some(date),
                Some(date) => filter.invoice_date.1 = Some(date),
                None => wrong.say(&name, "Enter a valid date."),
            },
            other if MISSING.contains(&other) => wrong.say(other, "This server has no such filter."),
            _ => {}
        }
    }
    let (order, descending) = order(request, &mut wrong);
    match wrong.errors() {
        Some(errors) => Err(errors),
        None if !possible => Ok(Asked::Nothing),
        None => Ok(Asked::Query(Box::new(InvoiceQuery {
            filter,
            order,
            descending,
            offset: paging.offset,
            limit: paging.limit,
            count: true,
        }))),
    }
}

fn no_choice(value: &str) -> String {
    let shown: String = value.chars().take(100).collect();
    format!("\"{shown}\" is not a valid choice.")
}

/// Whether anything can match a client.
fn client(value: &str, book: &BookView, filter: &mut InvoiceFilter, wrong: &mut Fields<'_>) -> bool {
    let Ok(id) = value.parse::<i64>() else {
        wrong.say("client", "Enter a number.");
        return true;
    };
    let Some(number) = number_of(book.key, id) else {
        return false;
    };
    let key = CustomerKey(number);
    if filter.customer.is_some_and(|known| known != key) {
        wrong.say("client", "This server filters by one client at a time.");
    }
    filter.customer = Some(key);
    true
}

fn order(request: &Request, wrong: &mut Fields<'_>) -> (OrderBy, bool) {
    let sort = request.query_value("sort").unwrap_or_default();
    match sort.as_str() {
        "" | "-invoice_date" => (OrderBy::InvoiceDate, true),
        "invoice_date" => (OrderBy::InvoiceDate, false),
        "amount_due" => (OrderBy::Open, false),
        "-amount_due" => (OrderBy::Open, true),
        other => {
            wrong.say("sort", no_choice(other));
            (OrderBy::InvoiceDate, true)
        }
    }
}

fn status(value: &str, now: Timestamp, filter: &mut InvoiceFilter, wrong: &mut Fields<'_>) {
    let still_open = [Standing::Open, Standing::PartPaid, Standing::PartWrittenOff];
    let mut only = |standings: &[Standing]| filter.standings = Some(standings.to_vec());
    match value {
        "unpaid" => only(&[Standing::Open]),
        "partially_paid" => only(&[Standing::PartPaid, Standing::PartWrittenOff]),
        "paid" => only(&[Standing::Paid, Standing::Refunded]),
        "uncollectible" => only(&[Standing::WrittenOff]),
        "voided" => only(&[Standing::Void]),
        "sent" => {
            only(&[Standing::Open]);
            filter.sent = Some(true);
        }
        "current" => {
            only(&still_open);
            filter.overdue = Some((false, now));
        }
        "past_due" => filter.overdue = Some((true, now)),
        "1_30" => aged(filter, now, 0, Some(30)),
        "31_60" => aged(filter, now, 30, Some(60)),
        "61_90" => aged(filter, now, 60, Some(90)),
        "91_120" => aged(filter, now, 90, Some(120)),
        "over_120" => aged(filter, now, 120, None),
        other => wrong.say("status", no_choice(other)),
    }
}

/// Overdue by more than so many whole days, and by no more than so many.
fn aged(filter: &mut InvoiceFilter, now: Timestamp, more_than: i64, at_most: Option<i64>) {
    let ago = |days: i64| now.checked_sub((days * 24).hours()).unwrap_or(Timestamp::MIN);
    filter.overdue = Some((true, now));
    let from = at_most.and_then(|days| ago(days).checked_add(1.microsecond()).ok());
    filter.due_at = (from, Some(ago(more_than)));
}
