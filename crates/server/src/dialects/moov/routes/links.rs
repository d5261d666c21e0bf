//! Payment links of invoices, to read.

use quittance_accounting::snapshot::Named;
use quittance_books::listing::{InvoiceFilter, InvoiceQuery, OrderBy};

use super::invoices::{parameter, whole};
use super::{Call, shown};
use crate::dialects::moov::errors::{self, Deed};
use crate::dialects::moov::manners::{DEFAULT_COUNT, MOST_COUNT};
use crate::dialects::moov::mapping::links;
use crate::http::Response;

/// The type of these links, and the types that a list can be narrowed to.
const INVOICE_PAYMENT: &str = "invoice-payment";
const TYPES: [&str; 3] = ["payment", "payout", INVOICE_PAYMENT];

/// A page of links, those of the newest invoices first.
pub async fn list(call: &Call<'_>) -> Result<Response, Response> {
    let mut faults = Vec::new();
    let skip = whole(call, "skip", 0, 0, i64::MAX, &mut faults);
    let count = whole(call, "count", DEFAULT_COUNT, 1, MOST_COUNT, &mut faults);
    let types = parameter(call, "types");
    let types: Option<Vec<&str>> = types.as_deref().map(|text| text.split(',').map(str::trim).collect());
    let is_unknown = |types: &Vec<&str>| types.iter().any(|name| !TYPES.contains(name));
    if !faults.is_empty() || types.as_ref().is_some_and(is_unknown) {
        // The vendor declares no form for what is wrong with this list.
        return Err(errors::bad_request(&format!(
            "skip and count must be whole numbers, count from 1 to {MOST_COUNT}, types of {}.",
            TYPES.join(", ")
        )));
    }
    if types.is_some_and(|types| !types.contains(&INVOICE_PAYMENT)) {
        return Ok(shown(200, &Vec::<()>::new()));
    }
    let query = InvoiceQuery {
        filter: InvoiceFilter {
            sent: Some(true),
            ..InvoiceFilter::default()
        },
        order: OrderBy::Created,
        descending: true,
        after: None,
        offset: skip,
        limit: count,
        count: false,
    };
    let page = call.app.books.invoices(call.context.actor.book, &query).await;
    let page = page.map_err(|failure| call.failed(&failure, Deed::Look))?;
    let origin = call.request.origin();
    let found: Vec<_> = page
        .invoices
        .iter()
        .filter_map(|view| links::link(view, &origin))
        .collect();
    Ok(shown(200, &found))
}

/// One link.
pub async fn get(call: &Call<'_>, code: &str) -> Result<Response, Response> {
    let key = links::key_of(code).ok_or_else(errors::not_found)?;
    let found = call
        .app
        .books
        .invoice(call.context.actor.book, &Named::Key(key.0))
        .await;
    let view = found.map_err(|failure| call.failed(&failure, Deed::Look))?;
    let link = view
        .filter(|view| view.deleted.is_none())
        .and_then(|view| links::link(&view, &call.request.origin()));
    link.map(|link| shown(200, &link)).ok_or_else(errors::not_found)
}
