//! Payment links of invoices, to read.

use base64::Engine as _;
use quittance_accounting::snapshot::Named;
use quittance_books::listing::{InvoiceFilter, InvoiceQuery, OrderBy};

use rust_decimal::Decimal;

use super::invoices::{parameter, whole};
use super::{Call, shown};
use crate::dialects::moov::errors::{self, Deed};
use crate::dialects::moov::manners::{DEFAULT_COUNT, MOST_COUNT};
use crate::dialects::moov::mapping::{links, qr};
use crate::dialects::moov::wire::{PaymentLink, PictureOfLink};
use crate::http::{Request, Response};

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
    Ok(shown(200, &link_of(call, code).await?))
}

/// The address of a link as a picture to scan: in JSON, unless a PNG is what the client would rather have.
pub async fn qr_code(call: &Call<'_>, code: &str) -> Result<Response, Response> {
    let link = link_of(call, code).await?;
    let picture = qr::picture(&link.link).map_err(|why| {
        tracing::error!(%why, "a payment link has no picture");
        errors::internal()
    })?;
    if wants_png(call.request) {
        return Ok(Response::empty(200)
            .with("content-type", "image/png")
            .with_body(picture));
    }
    let qr_code = base64::engine::general_purpose::STANDARD.encode(picture);
    Ok(shown(200, &PictureOfLink { qr_code }))
}

async fn link_of(call: &Call<'_>, code: &str) -> Result<PaymentLink, Response> {
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
    link.ok_or_else(errors::not_found)
}

/// Whether the client names PNG and not JSON, or PNG before it by its weights.
fn wants_png(request: &Request) -> bool {
    let accept = request.header("accept").unwrap_or_default().to_ascii_lowercase();
    let weight_of = |wanted: &str| {
        accept.split(',').find_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let is_wanted = parts.next() == Some(wanted);
            let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<Decimal>().ok());
            is_wanted.then(|| weight.unwrap_or(Decimal::ONE))
        })
    };
    match (weight_of("image/png"), weight_of("application/json")) {
        (Some(png), Some(json)) => png > json,
        (Some(png), None) => !png.is_zero(),
        (None, Some(_) | None) => false,
    }
}
