//! How Bookeeping.ai is spoken to: bearer keys, call limits and their headers, the envelope, paging.
//!
//! Promise: whoever is answered after their key was recognised reads the five limiter headers, on success and on failure alike.
//! Deliberately absent: what an operation does.

use quittance_books::{Actor, Verb};
use serde::Serialize;
use serde_json::{Value, json};

use super::errors::{self, Problem};
use crate::app::App;
use crate::http::limiter::{Verdict, Window};
use crate::http::{Credentials, Request, Response};

/// Scope of a token that may look. The vendor's keys have no scopes; ours do, so that a token made for another dialect with less
/// than everything does not reach everything here.
pub const READ_SCOPE: &str = "bookeeping.read";
/// Scope of a token that may write.
pub const WRITE_SCOPE: &str = "bookeeping.write";
/// Size of a page when none is asked for: the vendor's default.
pub const DEFAULT_LIMIT: i64 = 10;
/// The largest page: the vendor's.
pub const MOST_LIMIT: i64 = 250;
/// The last page: beyond it an offset would not fit the store's own bounds, and no book has so many invoices.
pub const LAST_PAGE: i64 = 1_000_000_000;
/// Letters of a name, a number or a reference: what fits a line of a form.
pub const SHORT_TEXT: usize = 255;
/// Letters of a note or a description: a page of text.
pub const LONG_TEXT: usize = 10_000;
/// Ids in a comma-separated filter: what a page can show.
pub const MOST_FILTER_IDS: usize = 250;
/// Entries of one transaction: what an accountant writes by hand; the books take no more.
pub const MOST_ENTRIES: usize = 200;
/// Months in the balance of an account: a year, as in a graph.
pub const MOST_MONTHS: usize = 12;
/// Warnings in one answer: more would be noise.
pub const MOST_WARNINGS: usize = 20;

/// Which limiter counts a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// GET.
    Read,
    /// Everything else, delete included.
    Write,
}

/// Whoever sent the request.
pub async fn identify(app: &App, request: &Request) -> Result<Actor, Problem> {
    let text = match Credentials::of(&request.headers) {
        Credentials::Bearer { text } => text,
        Credentials::None => return Err(Problem::unauthorized("API key is missing")),
        Credentials::Token { .. }
        | Credentials::TokenEmpty
        | Credentials::TokenSpaces
        | Credentials::Basic { .. }
        | Credentials::Malformed
        | Credentials::OtherScheme(_) => {
            return Err(Problem::unauthorized(
                "The Authorization header must be: Bearer <API key>",
            ));
        }
    };
    app.identify(&text).await.map_err(|fault| errors::unidentified(&fault))
}

/// Counts the call.
pub fn count(app: &App, actor: &Actor, kind: Kind, request: &Request) -> Verdict<2> {
    let (limiter, limits) = match kind {
        Kind::Read => (&app.limiters.bookeeping_read, app.limits.bookeeping_read),
        Kind::Write => (&app.limiters.bookeeping_write, app.limits.bookeeping_write),
    };
    let windows = [Window::per_minute(limits.per_minute), Window::per_day(limits.per_day)];
    let token = actor.token.map_or(0, |token| token.0);
    limiter.take(&format!("{}:{token}", actor.book.0), windows, request.at)
}

/// The answer to a call beyond the limits.
pub fn too_many(verdict: &Verdict<2>) -> Response {
    let [minute, _] = &verdict.usage;
    let which = if minute.remaining() == 0 { "minutely" } else { "daily" };
    Problem::too_many(format!("Rate limit exceeded: the {which} limit is used up"))
        .response()
        .with("retry-after", verdict.retry_after_seconds.to_string())
}

/// Adds the five headers of the limiter.
pub fn limited(response: Response, verdict: &Verdict<2>, kind: Kind) -> Response {
    let [minute, day] = &verdict.usage;
    let word = match kind {
        Kind::Read => "read",
        Kind::Write => "write",
    };
    response
        .with("x-rate-limiter-daily-limit", day.limit.to_string())
        .with("x-rate-limiter-minutely-limit", minute.limit.to_string())
        .with("x-rate-limiter-daily-usage", day.used.to_string())
        .with("x-rate-limiter-minutely-usage", minute.used.to_string())
        .with("x-rate-limiter-operation-type", word)
}

/// Whether the key reaches what is asked: first its scope, then its role.
pub fn allow(actor: &Actor, verb: Verb) -> Result<(), Problem> {
    let scope = match verb {
        Verb::Read => READ_SCOPE,
        Verb::WriteDraft | Verb::Post => WRITE_SCOPE,
    };
    if !actor.has_scope(scope) {
        return Err(Problem::out_of_reach(format!("This API key lacks the scope {scope}")));
    }
    if actor.may(verb) {
        Ok(())
    } else {
        Err(errors::forbidden(verb))
    }
}

/// The envelope of a success. `operation` is the operation's own summary.
pub fn success(operation: &str, warnings: &[String], data: &impl Serialize) -> Response {
    // The shapes of `wire` always serialize; should one ever not, that is a fault of ours and must not look like success.
    let Ok(data) = serde_json::to_value(data) else {
        return Problem::internal().response();
    };
    let message = format!("{operation} executed successfully");
    Response::json(
        200,
        &json!({"message": message, "metaData": {"warnings": warnings}, "data": data}),
    )
}

/// The data of a list.
pub fn list_data(plural: &str, items: &impl Serialize, count: i64) -> Value {
    json!({plural: items, "count": count})
}

/// What a list is in order of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// The id, which is the order of creation.
    Id,
    /// The name.
    Name,
    /// Creation.
    CreatedAt,
    /// The last change.
    UpdatedAt,
    /// The document's own date.
    TransactionDate,
}

/// A page as asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many to pass over.
    pub offset: i64,
    /// How many to hand out.
    pub limit: i64,
    /// In what order.
    pub sort: SortKey,
    /// From the last to the first.
    pub descending: bool,
}

/// Reads the four members of paging.
pub fn page(request: &Request) -> Result<Page, Problem> {
    let number = request.query_value("page");
    let number = whole(number.as_deref(), "page", 1, LAST_PAGE)?.unwrap_or(1);
    let limit = request.query_value("limit");
    let limit = whole(limit.as_deref(), "limit", 1, MOST_LIMIT)?.unwrap_or(DEFAULT_LIMIT);
    let sort = match request.query_value("sortKey").as_deref() {
        None | Some("" | "_id") => SortKey::Id,
        Some("name") => SortKey::Name,
        Some("createdAt") => SortKey::CreatedAt,
        Some("updatedAt") => SortKey::UpdatedAt,
        Some("transactionDate") => SortKey::TransactionDate,
        Some(_) => {
            return Err(Problem::bad(
                "sortKey must be one of _id, name, createdAt, updatedAt, transactionDate",
            ));
        }
    };
    let descending = match request.query_value("sortOrder").as_deref() {
        None | Some("" | "1") => false,
        Some("-1") => true,
        Some(_) => return Err(Problem::bad("sortOrder must be 1 or -1")),
    };
    Ok(Page {
        offset: (number - 1) * limit,
        limit,
        sort,
        descending,
    })
}

fn whole(text: Option<&str>, name: &str, least: i64, most: i64) -> Result<Option<i64>, Problem> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let read = text
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok());
    match read.flatten().filter(|number| (least..=most).contains(number)) {
        Some(number) => Ok(Some(number)),
        None => Err(Problem::bad(format!(
            "{name} must be a whole number from {least} to {most}"
        ))),
    }
}

/// One page of a list that is already in memory and in ascending order.
pub fn cut<T>(mut items: Vec<T>, page: Page) -> Vec<T> {
    if page.descending {
        items.reverse();
    }
    let offset = usize::try_from(page.offset).unwrap_or(usize::MAX);
    let limit = usize::try_from(page.limit).unwrap_or(0);
    items.into_iter().skip(offset).take(limit).collect()
}
