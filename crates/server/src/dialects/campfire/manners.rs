//! Manners of this dialect: the `Token` scheme, slashes, `Allow`, pages, HTML pages outside the framework, limits.
//!
//! No call limit: none is documented.

use std::num::IntErrorKind;

use jiff::Timestamp;
use quittance_accounting::identity::PaymentKey;
use quittance_accounting::money::LARGEST_AMOUNT;
use quittance_books::listing::PartPlace;
use serde::Serialize;

use crate::http::{Credentials, Request, Response};

use super::errors::{self, Problem};
use super::wire::Page;

/// Names this dialect in the log and in `extra`.
pub const DIALECT: &str = "campfire";

/// The scope a token must hold, unless it holds all. The vendor has roles and no scopes; without a scope of its own a token that
/// another dialect narrows could do everything here.
pub const SCOPE: &str = "campfire";

/// What a 401 asks for.
pub const CHALLENGE: &str = "Token";

/// Rows on a page unless the client says: the vendor's figure.
pub const DEFAULT_LIMIT: i64 = 100;

/// Most rows on a page: the vendor's figure.
pub const MOST_LIMIT: i64 = 10_000;

/// Most characters of a text for which the vendor gives no length: a few pages of prose.
pub const MOST_TEXT: usize = 20_000;

/// Most characters of a name, a number or a key.
pub const MOST_NAME: usize = 255;

/// Most ids in a list of ids.
pub const MOST_IDS: usize = 100;

/// Most decimal places of a quantity, a rate or an exchange rate.
pub const MOST_PLACES: u32 = 10;

/// Most digits of a number: the framework's setting in the vendor's samples.
pub const MOST_DIGITS: u32 = 20;

/// Payments in one form of one call of `pay`, and transactions in one of them: more than anybody settles one invoice with by hand.
pub const MOST_PAYMENTS: usize = 50;

/// Most invoices in one call of `bulk-create` and numbers in one of `bulk-search`: with the limit of a body, seconds of work.
pub const MOST_AT_ONCE: usize = 100;

/// Most characters of an account's number: the vendor's figure.
pub const MOST_ACCOUNT_NUMBER: usize = 12;

/// Most characters of the type of an entry or the subtype of an account: several words.
pub const MOST_TYPE: usize = 50;

/// Largest amount, in major units of a currency with two places.
pub const LARGEST: i64 = LARGEST_AMOUNT / 100;

/// Line ids are the invoice's integer times this plus the place; an invoice has at most 1000 lines.
pub const LINES_PER_INVOICE: i64 = 1024;

/// The same for a credit memo, whose taxes are lines of their own here: at most 1000 lines with up to three taxes each.
pub const LINES_PER_MEMO: i64 = 4096;

/// Rows of a memo's payments are its integer times this plus the place: it can be applied 500 times.
pub const PAYMENTS_PER_MEMO: i64 = 1024;

/// The words of a page for a path that is no route, as long as the framework's own.
const NOT_FOUND_PAGE: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>Nothing here</title>\n</head>\n<body>\n  \
<h1>Nothing here</h1>\n  <p>No route of this server has this path or id.</p>\n</body>\n</html>\n";

/// The words of a page for a request whose handling broke, as long as the framework's own.
const BROKEN_PAGE: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>Server fault</title>\n</head>\n<body>\n  \
<h1>This one is our own fault. (500)</h1>\n</body>\n</html>\n";

/// What the credentials of a request come to.
pub enum Presented {
    /// The text of a token.
    Token(String),
    /// None that this dialect reads.
    Nothing,
    /// The scheme without a token.
    Empty,
    /// The scheme with several words.
    Spaces,
}

/// Reads the credentials. Only the `Token` scheme counts; every other one is as if nothing had been sent.
pub fn presented(request: &Request) -> Presented {
    match Credentials::of(&request.headers) {
        Credentials::Token { text } => Presented::Token(text),
        Credentials::TokenEmpty => Presented::Empty,
        Credentials::TokenSpaces => Presented::Spaces,
        Credentials::None
        | Credentials::Bearer { .. }
        | Credentials::Basic { .. }
        | Credentials::Malformed
        | Credentials::OtherScheme(_) => Presented::Nothing,
    }
}

/// Whether the client takes JSON.
pub fn takes_json(request: &Request) -> bool {
    let Some(accept) = request.header("accept") else {
        return true;
    };
    let mut ranges = accept
        .split(',')
        .map(|range| range.split(';').next().unwrap_or_default().trim());
    accept.trim().is_empty()
        || ranges.any(|range| {
            let range = range.to_ascii_lowercase();
            matches!(range.as_str(), "*/*" | "application/*" | "application/json")
        })
}

/// A framework's answer with a JSON body. `Allow` is added by the route.
pub fn json(status: u16, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => Response::empty(status)
            .with("content-type", "application/json")
            .with_body(body),
        Err(_) => internal_error_page(),
    }
}

/// The page for a path that is no route, and for an id that is not digits.
pub fn not_found_page() -> Response {
    page(404, NOT_FOUND_PAGE)
}

/// The page for a request whose handling broke.
pub fn internal_error_page() -> Response {
    page(500, BROKEN_PAGE)
}

/// Whether an answer is one of the pages, which come from outside the framework and so carry no `Allow`.
pub fn is_page(response: &Response) -> bool {
    response
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("text/html"))
}

fn page(status: u16, body: &str) -> Response {
    Response::empty(status)
        .with("content-type", "text/html; charset=utf-8")
        .with_body(body)
}

/// Reads a whole number; the vendor's have no end, so what passes ours stands for the largest or the smallest.
fn whole(text: &str) -> Option<i64> {
    match text.parse::<i64>() {
        Ok(number) => Some(number),
        Err(error) => match error.kind() {
            IntErrorKind::PosOverflow => Some(i64::MAX),
            IntErrorKind::NegOverflow => Some(i64::MIN),
            _ => None,
        },
    }
}

/// Sends the client to the same path with its slash; the query stays.
pub fn to_the_slash(request: &Request) -> Response {
    let query = if request.query.is_empty() {
        String::new()
    } else {
        format!("?{}", request.query)
    };
    Response::empty(301)
        .with("content-type", "text/html; charset=utf-8")
        .with("location", format!("{}/{query}", request.path))
}

/// Which rows are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    /// At most so many.
    pub limit: i64,
    /// After so many.
    pub offset: i64,
}

impl Paging {
    /// Reads `limit` and `offset`; what cannot be read counts as not given.
    pub fn of(request: &Request) -> Paging {
        let number = |name: &str| request.query_value(name).and_then(|text| whole(text.trim()));
        Paging {
            limit: number("limit")
                .filter(|n| *n > 0)
                .map_or(DEFAULT_LIMIT, |n| n.min(MOST_LIMIT)),
            offset: number("offset").filter(|n| *n >= 0).unwrap_or(0),
        }
    }

    /// A page of `count` rows in all, with the addresses of its neighbours.
    pub fn page<T>(self, request: &Request, count: i64, results: Vec<T>) -> Page<T> {
        let more = self.offset.saturating_add(self.limit) < count;
        self.uncounted(request, Some(count), more, results)
    }

    /// A page of rows of which there are more or not, counted or not.
    pub fn uncounted<T>(self, request: &Request, count: Option<i64>, more: bool, results: Vec<T>) -> Page<T> {
        let after = self.offset.saturating_add(self.limit);
        let previous = (self.offset > 0).then(|| {
            let before = self.offset - self.limit;
            self.address(request, (before > 0).then_some(before))
        });
        Page {
            count,
            next: more.then(|| self.address(request, Some(after))),
            previous,
            results,
        }
    }

    /// The absolute address of this list at another offset, other members kept, in order of name.
    fn address(self, request: &Request, offset: Option<i64>) -> String {
        let mut members = request.query_pairs();
        members.retain(|(name, _)| name != "limit" && name != "offset");
        members.push(("limit".to_owned(), self.limit.to_string()));
        members.extend(offset.map(|offset| ("offset".to_owned(), offset.to_string())));
        address(request, members)
    }
}

/// The absolute address of this path with these members, in order of name.
fn address(request: &Request, mut members: Vec<(String, String)>) -> String {
    members.sort_by(|(one, _), (other, _)| one.cmp(other));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(members)
        .finish();
    let host = request.header("host").unwrap_or("localhost");
    format!("http://{host}{}?{query}", request.path)
}

/// A place in a feed, which a client only hands back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// Before the first row.
    Beginning,
    /// Behind this one.
    After(PartPlace),
}

impl Cursor {
    /// The cursor of a request, if it pages by cursor: an empty one is the beginning.
    pub fn of(request: &Request) -> Result<Option<Cursor>, Problem> {
        match request.query_value("cursor") {
            None => Ok(None),
            Some(text) if text.is_empty() => Ok(Some(Cursor::Beginning)),
            Some(text) => read_place(&text)
                .map(|place| Some(Cursor::After(place)))
                .ok_or_else(errors::invalid_cursor),
        }
    }

    /// The row that it stands behind.
    pub fn place(self) -> Option<PartPlace> {
        match self {
            Cursor::Beginning => None,
            Cursor::After(place) => Some(place),
        }
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Cursor::Beginning => Ok(()),
            Cursor::After(place) => {
                let at = place.updated_at.as_nanosecond();
                write!(f, "{at:x}-{:x}-{:x}", place.payment.0, place.place)
            }
        }
    }
}

fn read_place(text: &str) -> Option<PartPlace> {
    let mut parts = text.split('-');
    let mut part = || i128::from_str_radix(parts.next()?, 16).ok();
    let (at, payment, place) = (part()?, part()?, part()?);
    Some(PartPlace {
        updated_at: Timestamp::from_nanosecond(at).ok()?,
        payment: PaymentKey(payment.try_into().ok()?),
        place: place.try_into().ok()?,
    })
}

/// A page of a feed that is read on from a cursor.
pub fn cursor_page<T>(request: &Request, count: Option<i64>, next: Option<Cursor>, results: Vec<T>) -> Page<T> {
    let next = next.map(|cursor| {
        let mut members = request.query_pairs();
        members.retain(|(name, _)| name != "cursor");
        members.push(("cursor".to_owned(), cursor.to_string()));
        address(request, members)
    });
    Page {
        count,
        next,
        previous: None,
        results,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_are_as_long_as_the_frameworks() {
        assert_eq!((NOT_FOUND_PAGE.len(), BROKEN_PAGE.len()), (179, 145));
    }
}
