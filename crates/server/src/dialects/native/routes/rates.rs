//! The rates that the book keeps: one per currency and day, which holds until the next.

use jiff::civil::Date;
use quittance_accounting::money::Currency;

use super::parties::PAGED;
use super::{Call, Ended, Stopped, failed, page_of};
use crate::dialects::native::errors::Fault;
use crate::dialects::native::manners::{known_query, page};
use crate::dialects::native::mapping::{reading, showing};
use crate::http::Response;

/// The currency and the day that a path names.
fn named(currency: &str, day: &str) -> Result<(Currency, Date), Fault> {
    match (Currency::parse(currency), day.parse()) {
        (Some(currency), Ok(day)) => Ok((currency, day)),
        _ => Err(Fault::new(
            400,
            "malformed_id",
            "A rate is named by a currency of three letters and a day, as in /rates/EUR/2026-05-01.",
        )),
    }
}

/// Every rate that is kept, by currency and day.
pub async fn list(call: &Call<'_>) -> Ended {
    known_query(call.request, &PAGED)?;
    let page = page(call.request)?;
    let found = call.app.books.rates(call.actor.book, page.offset, page.limit + 1).await;
    Ok(Response::json(
        200,
        &page_of(found.map_err(failed)?, page, showing::kept_rate),
    ))
}

/// The rate that holds for a currency on a day.
pub async fn read(call: &Call<'_>, currency: &str, day: &str) -> Ended {
    known_query(call.request, &[])?;
    let (currency, day) = named(currency, day)?;
    let kept = call.app.books.rate_on(call.actor.book, currency, day).await;
    match kept.map_err(failed)? {
        Some(kept) => Ok(Response::json(200, &showing::kept_rate(&kept))),
        None => Err(Stopped::Fault(Fault::new(
            404,
            "not_found",
            "The book keeps no rate of this currency that holds on this day.",
        ))),
    }
}

/// Keeps a rate for a currency from a day on.
pub async fn keep(call: &Call<'_>, currency: &str, day: &str) -> Ended {
    let (currency, day) = named(currency, day)?;
    let kept = reading::kept_rate(&call.body()?, currency, day)?;
    call.app.books.keep_rate(&call.context(), kept).await.map_err(failed)?;
    Ok(Response::json(200, &showing::kept_rate(&kept)))
}
