//! The book, its periods, its log.

use quittance_books::Failure;
use serde_json::{Value, json};

use super::{Call, Ended, Stopped, failed};
use crate::dialects::native::errors::Fault;
use crate::dialects::native::manners::{MOST_EVENTS, MOST_REASON, USUAL_PER_PAGE, known_query, whole};
use crate::dialects::native::mapping::receipts::Deletion;
use crate::dialects::native::mapping::{receipts, showing};
use crate::dialects::native::wire::Members;
use crate::http::Response;

/// The token's book, as a list of one.
pub async fn books(call: &Call<'_>) -> Ended {
    known_query(call.request, &[])?;
    shown_books(call).await
}

/// The token's book as it is now.
pub async fn shown_books(call: &Call<'_>) -> Ended {
    let book = call.book().await?;
    let head = call.app.books.head(call.actor.book).await.map_err(failed)?;
    let data = [showing::book(&book.settings, head.as_ref())];
    Ok(Response::json(200, &json!({"data": data})))
}

/// How far the book is closed, and every period that was ever closed.
pub async fn periods(call: &Call<'_>) -> Ended {
    known_query(call.request, &[])?;
    shown_periods(call).await
}

async fn shown_periods(call: &Call<'_>) -> Ended {
    let periods = call.app.books.periods(call.actor.book).await.map_err(failed)?;
    let book = call.book().await?;
    Ok(Response::json(200, &showing::periods(&book.settings, &periods)))
}

/// Closes the book through a day.
pub async fn close(call: &Call<'_>) -> Ended {
    let body = call.body()?;
    let mut members = Members::of(&body, "")?;
    let through = members.day("through")?;
    let through = members.need("through", through)?;
    members.finish()?;
    let closed = call.app.books.close_period(&call.context(), through).await;
    closed.map_err(failed)?;
    shown_periods(call).await
}

/// Reopens the book back to a day, for a reason; all of it where the day is `null`.
pub async fn reopen(call: &Call<'_>) -> Ended {
    let body = call.body()?;
    let mut members = Members::of(&body, "")?;
    if !members.has("through") {
        // Reopening everything is asked for by name, never by leaving something out.
        return Err(members.wrong("through", "is required; null reopens everything").into());
    }
    let through = members.day("through")?;
    let reason = members.text("reason", MOST_REASON)?;
    let reason = members.need("reason", reason)?;
    members.finish()?;
    let reopened = call.app.books.reopen_period(&call.context(), through, &reason).await;
    reopened.map_err(failed)?;
    shown_periods(call).await
}

/// Events after a seq, in order.
pub async fn log(call: &Call<'_>) -> Ended {
    known_query(call.request, &["after", "limit"])?;
    let after = whole(call.request, "after", 0, i64::MAX)?.unwrap_or(0);
    let limit = whole(call.request, "limit", 1, MOST_EVENTS)?.unwrap_or(USUAL_PER_PAGE);
    let events = call
        .app
        .books
        .events(call.actor.book, after, limit)
        .await
        .map_err(failed)?;
    let last = events.last().map_or(after, |event| event.seq);
    let data: Vec<Value> = events.iter().map(showing::event).collect();
    Ok(Response::json(200, &json!({"data": data, "next_after": last})))
}

/// The receipt of the delete with this seq.
pub async fn receipt(call: &Call<'_>, seq: &str) -> Ended {
    known_query(call.request, &[])?;
    let seq: Option<i64> = seq.parse().ok().filter(|seq| *seq > 0);
    let Some(seq) = seq else {
        return Err(Fault::new(
            400,
            "malformed_id",
            "A receipt is named by its seq, a whole number from 1.",
        )
        .into());
    };
    let shown = shown_receipt(call, seq).await?;
    match shown {
        Some(shown) => Ok(Response::json(200, &shown)),
        None => Err(Fault::new(
            404,
            "not_found",
            "The event of this seq is no deletion, or there is none.",
        )
        .fact("seq", seq)
        .into()),
    }
}

/// The receipt of the delete with this seq, as it is shown.
pub async fn shown_receipt(call: &Call<'_>, seq: i64) -> Result<Option<Value>, Stopped> {
    let entry = call.app.books.deletion(call.actor.book, seq).await.map_err(failed)?;
    let Some(entry) = entry else { return Ok(None) };
    let book = call.book().await?;
    Ok(Some(receipts::receipt(&Deletion::of(&entry), &book)))
}

/// The fault of a document that the book does not have.
pub fn absent(kind: quittance_accounting::identity::DocumentKind) -> Stopped {
    failed(Failure::from(quittance_accounting::refusal::Refusal::NotFound { kind }))
}
