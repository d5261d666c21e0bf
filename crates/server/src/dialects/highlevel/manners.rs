//! How HighLevel talks: versions, credentials, locations, call limits and the sizes that are accepted.
//!
//! Deliberately absent: routes, the shapes of bodies, the words of refusals.

use quittance_accounting::book::BookSettings;
use quittance_accounting::identity::{DocumentId, UuidReading};
use quittance_books::Actor;

use super::errors::Fault;
use crate::app::{App, Unidentified};
use crate::http::credentials::Credentials;
use crate::http::limiter::{Verdict, Window};
use crate::http::{Request, Response};

/// The name of this dialect in events and beside the texts that only it knows.
pub const NAME: &str = "highlevel";

/// Every version the vendor has published, newest first. They mean the same here: the specifications of the invoices differ in
/// nothing but this header, and the vendor's own clients send different ones of them.
pub const VERSIONS: [&str; 5] = ["v3", "2023-02-21", "2021-07-28", "2021-04-15", "legacy"];

/// Reaches what looks.
pub const READ_SCOPE: &str = "invoices.readonly";
/// Reaches what changes.
pub const WRITE_SCOPE: &str = "invoices.write";
/// Scopes of reading and writing templates.
pub const TEMPLATE_SCOPES: [&str; 2] = ["invoices/template.readonly", "invoices/template.write"];
/// Scopes of reading and writing schedules.
pub const SCHEDULE_SCOPES: [&str; 2] = ["invoices/schedule.readonly", "invoices/schedule.write"];
/// Scopes of reading and writing estimates and their templates.
pub const ESTIMATE_SCOPES: [&str; 2] = ["invoices/estimate.readonly", "invoices/estimate.write"];

/// Every scope that something here asks for.
pub fn scopes() -> Vec<&'static str> {
    let own = [
        [READ_SCOPE, WRITE_SCOPE],
        TEMPLATE_SCOPES,
        SCHEDULE_SCOPES,
        ESTIMATE_SCOPES,
    ];
    own.concat()
}

/// The most invoices on one page. The vendor states none for invoices; this is what it states for its other lists.
pub const MOST_LISTED: i64 = 100;
/// The furthest that a page may begin.
pub const FURTHEST_OFFSET: i64 = 1_000_000_000;
/// How many of the newest invoices a search, or a filter by payment mode, looks through: texts are not indexed.
pub const MOST_SEARCHED: i64 = 2_000;
/// The most bytes of a name, an id, an address line: no field of an invoice that is printed on one line needs more.
pub const LINE_BYTES: usize = 1_000;
/// The most bytes of a text that may run over pages, such as the terms.
pub const TEXT_BYTES: usize = 64 * 1024;
/// The most bytes of an invoice number that a client brings.
pub const NUMBER_BYTES: usize = 64;
/// The most bytes of a number's prefix, from the vendor's settings page.
pub const PREFIX_BYTES: usize = 10;
/// The most bytes of a title in the settings, from the vendor's specification.
pub const TITLE_BYTES: usize = 40;
/// The most days between an invoice and the day it is due, or an estimate and the day it ends, in the settings: ten years.
pub const MOST_DAYS: i64 = 3_660;
/// The most intervals between late fees, and between the invoices of a schedule: a leap year of days.
pub const MOST_INTERVALS: i64 = 366;
/// The most invoices that a schedule may be told to make: a hundred years of weeks.
pub const MOST_RECURRENCES: i64 = 5_200;
/// The most taxes on a line.
pub const MOST_TAXES: usize = 20;
/// The most members of any other list that a client sends: addresses, attachments, charges.
pub const MOST_MEMBERS: usize = 500;
/// Digits that every JSON reader keeps: the numbers below 2^53 have at least these.
pub const SAFE_DIGITS: usize = 15;

/// The interval of the burst limit.
const BURST_SECONDS: u32 = 10;

/// Whether a token reaches this dialect at all. The vendor's tokens reach nothing else; ours may have been made for another dialect,
/// and then not even what the vendor asks no scope for is theirs.
pub fn is_in_reach(actor: &Actor) -> bool {
    let of_invoices = |scope: &String| scope.starts_with("invoices.") || scope.starts_with("invoices/");
    actor.has_scope(READ_SCOPE) || actor.scopes.iter().any(of_invoices)
}

/// Checks the `Version` header, which every call must have.
pub fn check_version(request: &Request) -> Result<(), Fault> {
    let Some(version) = request.headers.get("version") else {
        return Err(Fault::VersionMissing);
    };
    match version.to_str() {
        Ok(version) if VERSIONS.contains(&version.trim()) => Ok(()),
        Ok(_) | Err(_) => Err(Fault::VersionUnknown),
    }
}

/// The actor behind the bearer token. Private integration tokens and access tokens travel the same way.
pub async fn identify(app: &App, request: &Request) -> Result<Actor, Fault> {
    let text = match Credentials::of(&request.headers) {
        Credentials::Bearer { text } => text,
        Credentials::None
        | Credentials::Token { .. }
        | Credentials::TokenEmpty
        | Credentials::TokenSpaces
        | Credentials::Basic { .. }
        | Credentials::Malformed
        | Credentials::OtherScheme(_) => return Err(Fault::BadToken),
    };
    app.identify(&text).await.map_err(|unidentified| match unidentified {
        Unidentified::Token(_) => Fault::BadToken,
        Unidentified::Books(failure) => Fault::Books(failure),
    })
}

/// Counts a call: the vendor counts by app and location, which is a token of a book here.
pub fn count(app: &App, actor: &Actor) -> Verdict<2> {
    let token = actor.token.map_or(0, |token| token.0);
    let windows = [
        Window::burst(app.limits.highlevel_burst, BURST_SECONDS),
        Window::per_day(app.limits.highlevel_daily),
    ];
    let key = format!("{}:{token}", actor.book.0);
    app.limiters.highlevel.take(&key, windows, app.now())
}

/// Says on an answer how many calls are left.
pub fn with_usage(answer: Response, verdict: &Verdict<2>) -> Response {
    let [burst, day] = verdict.usage;
    let answer = answer
        .with("X-RateLimit-Limit-Daily", day.limit.to_string())
        .with("X-RateLimit-Daily-Remaining", day.remaining().to_string())
        .with(
            "X-RateLimit-Interval-Milliseconds",
            (u64::from(BURST_SECONDS) * 1_000).to_string(),
        )
        .with("X-RateLimit-Max", burst.limit.to_string())
        .with("X-RateLimit-Remaining", burst.remaining().to_string());
    if verdict.allowed {
        answer
    } else {
        answer.with("Retry-After", verdict.retry_after_seconds.to_string())
    }
}

/// Whether a location id names this book, in either spelling of its id.
pub fn is_location(text: &str, book: &BookSettings) -> bool {
    let named = DocumentId::from_hex(text).or(match DocumentId::from_uuid(text) {
        UuidReading::Document(id) => Some(id),
        UuidReading::Part(..) | UuidReading::Foreign | UuidReading::Malformed => None,
    });
    named == Some(book.id)
}
