//! How this dialect behaves around its bodies: who may ask, how often, in which envelope, page by page.
//!
//! The vendor's page of the delete operation shows the invoice and the error bare; its wire wraps them in `data` and `errors`.
//! [`Envelope::Both`] says both in one body, so that a client written to either is served; every other operation speaks the
//! wire's envelope alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::tz::TimeZone;
use quittance_accounting::identity::{AccountKey, DocumentId, UuidReading};
use quittance_books::Actor;
use quittance_books::view::BookView;
use serde_json::{Map, Value};

use crate::app::App;
use crate::http::credentials::Credentials;
use crate::http::limiter::Window;
use crate::http::message::Method;
use crate::http::{Request, Response};

use super::errors::{Fault, Missing};

/// The dialect's name: in events, and the key of what only its clients know.
pub const NAME: &str = "layer";

/// Members of a list when the client does not say (the vendor's default).
pub const PAGE: i64 = 100;
/// The most members a list may be asked for: our choice, five of the vendor's pages.
pub const MOST_PER_PAGE: i64 = 500;
/// Ids, numbers and names: our choice, the usual length of a column.
pub const MOST_SHORT_TEXT: usize = 255;
/// Memos, descriptions and addresses: our choice, two pages of prose.
pub const MOST_LONG_TEXT: usize = 5_000;
/// Bytes of `metadata` as compact JSON (the vendor's limit).
pub const MOST_METADATA: usize = 1_024;
/// Tags on one document: our choice.
pub const MOST_TAGS: usize = 50;
/// Tax shares on one line: our choice.
pub const MOST_TAXES: usize = 50;
/// Decimal places of a quantity: our choice; with a price in cents the product stays exact.
pub const MOST_QUANTITY_PLACES: u32 = 12;
/// Years that a client may name: our choice, wide enough for any ledger and far from where calendars end.
pub const YEARS: std::ops::RangeInclusive<i16> = 1900..=2199;

/// What the ends of the vendor's OAuth scopes say: the rest of a scope is the address of the vendor's server.
pub const SCOPE_ENDS: [&str; 2] = ["/sandbox", "/production"];

/// Which form a body has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envelope {
    /// `data` or `errors` alone.
    Wire,
    /// The page's bare form with the wire's envelope among its members: the delete operation.
    Both,
}

/// Who sends the request. Bearer is the only scheme.
pub async fn actor(app: &App, request: &Request) -> Result<Actor, Fault> {
    match Credentials::of(&request.headers) {
        Credentials::Bearer { text } => app.identify(&text).await.map_err(super::errors::unidentified),
        Credentials::None => Err(super::errors::no_token(Missing::Nothing)),
        Credentials::Token { .. }
        | Credentials::TokenEmpty
        | Credentials::TokenSpaces
        | Credentials::Basic { .. }
        | Credentials::Malformed
        | Credentials::OtherScheme(_) => Err(super::errors::no_token(Missing::OtherScheme)),
    }
}

/// Whether a scope is one of the vendor's.
pub fn is_vendor_scope(scope: &str) -> bool {
    SCOPE_ENDS.iter().any(|end| scope.ends_with(end))
}

/// Whether the token was made for this dialect: for everything, or with one of the vendor's scopes.
pub fn has_scope(actor: &Actor) -> bool {
    actor.has_scope(NAME) || actor.scopes.iter().any(|scope| is_vendor_scope(scope))
}

/// The scopes of a token that are of this dialect.
pub fn own_scopes(actor: &Actor) -> Vec<String> {
    if actor.has_scope(NAME) {
        return vec![NAME.to_owned()];
    }
    let own = actor.scopes.iter().filter(|scope| is_vendor_scope(scope));
    own.cloned().collect()
}

/// Counts the call. The headers go on every answer after the token is known; the fault is for a refused call.
pub fn count(app: &App, actor: &Actor, request: &Request) -> (Vec<(&'static str, String)>, Option<Fault>) {
    let key = format!("{}:{}", actor.book.0, actor.token.map_or(0, |token| token.0));
    let windows = [Window::per_second(app.limits.layer_per_second)];
    let verdict = app.limiters.layer.take(&key, windows, request.at);
    let [usage] = verdict.usage;
    let headers = vec![
        ("x-ratelimit-limit", usage.limit.to_string()),
        ("x-ratelimit-remaining", usage.remaining().to_string()),
        ("x-ratelimit-reset", usage.reset_seconds().to_string()),
    ];
    let refused = (!verdict.allowed).then(|| super::errors::rate_limited(verdict.retry_after_seconds));
    (headers, refused)
}

/// A body of the wire: `{"data": ...}`.
pub fn enveloped(status: u16, data: Value) -> Response {
    let mut body = Map::new();
    body.insert("data".to_owned(), data);
    Response::json(status, &Value::Object(body))
}

/// A page of a list: `{"data": [...], "meta": {"pagination": {...}}}`; `next` is where the next one begins, if there is one.
pub fn page(data: Vec<Value>, paging: &Paging, next: Option<Place>, total: Option<i64>) -> Response {
    let mut pagination = serde_json::json!({
        "sort_by": paging.sort_by,
        "sort_order": if paging.descending { "DESC" } else { "ASC" },
        "cursor": next.as_ref().map(|place| paging.cursor_at(place)),
        "has_more": next.is_some(),
    });
    if paging.count {
        pagination["total_count"] = Value::from(total);
    }
    let body = serde_json::json!({"data": data, "meta": {"pagination": pagination}});
    Response::json(200, &body)
}

/// Where a page of a list ended: what was deleted before it moves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The number of the last one.
    pub key: i64,
    /// What it is in order of, where that is more than its number.
    pub value: Option<String>,
}

impl Place {
    /// A place in a list in order of creation.
    pub fn of_key(key: i64) -> Place {
        Place { key, value: None }
    }
}

/// Which part of a list is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    /// The sort key, in the vendor's word.
    pub sort_by: &'static str,
    /// From the last to the first.
    pub descending: bool,
    /// Where the page before ended.
    pub after: Option<Place>,
    /// How many at most.
    pub limit: i64,
    /// Whether the total was asked for.
    pub count: bool,
}

impl Paging {
    /// Reads the query. The first of `keys` is the default.
    pub fn of(pairs: &[(String, String)], keys: &[&'static str]) -> Result<Paging, Fault> {
        let value = |name: &str| {
            let found = pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim());
            found.filter(|value| !value.is_empty())
        };
        let bad = super::errors::query_format;
        let sort_by = match value("sort_by") {
            None => keys.first().copied().unwrap_or_default(),
            Some(word) => keys
                .iter()
                .find(|key| **key == word)
                .copied()
                .ok_or_else(|| bad("sort_by", &format!("one of {}", keys.join(", "))))?,
        };
        let descending = match value("sort_order").map(str::to_ascii_uppercase).as_deref() {
            None | Some("ASC" | "ASCENDING") => false,
            Some("DESC" | "DESCENDING" | "DES") => true,
            Some(_) => return Err(bad("sort_order", "ASC or DESC")),
        };
        let limit = match value("limit") {
            None => PAGE,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=MOST_PER_PAGE).contains(limit))
                .ok_or_else(|| bad("limit", &format!("a whole number from 1 to {MOST_PER_PAGE}")))?,
        };
        let count = match value("show_total_count") {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(bad("show_total_count", "true or false")),
        };
        let mut paging = Paging {
            sort_by,
            descending,
            after: None,
            limit,
            count,
        };
        if let Some(cursor) = value("cursor") {
            paging.after = Some(paging.place_in(cursor).ok_or_else(super::errors::bad_cursor)?);
        }
        Ok(paging)
    }

    /// The number after which the page begins.
    pub fn after_key(&self) -> Option<i64> {
        self.after.as_ref().map(|place| place.key)
    }

    /// Cuts off what was read beyond the page, of which there is one at most: where the next page begins, if there is one.
    pub fn cut<T>(&self, found: &mut Vec<T>, place: impl Fn(&T) -> Place) -> Option<Place> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let has_more = found.len() > limit;
        found.truncate(limit);
        found.last().filter(|_| has_more).map(place)
    }

    /// Opaque to clients: the order and the place where the page ended. A cursor of another order is refused, because it would skip
    /// and repeat.
    fn cursor_at(&self, place: &Place) -> String {
        let value = place.value.as_ref().map_or(String::new(), |value| format!(" {value}"));
        URL_SAFE_NO_PAD.encode(format!("{}{}{value}", self.cursor_head(), place.key))
    }

    fn cursor_head(&self) -> String {
        format!("2 {} {} ", self.sort_by, i32::from(self.descending))
    }

    fn place_in(&self, cursor: &str) -> Option<Place> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let place = text.strip_prefix(&self.cursor_head())?;
        let (key, value) = match place.split_once(' ') {
            None => (place, None),
            Some((key, value)) => (key, Some(value.to_owned())),
        };
        let key = key.parse().ok().filter(|key| *key >= 0)?;
        Some(Place { key, value })
    }
}

/// A business id in a path: a UUID, or the 24 hex digits that the command line shows.
pub fn read_business_id(text: &str) -> Result<Option<DocumentId>, Fault> {
    match DocumentId::from_hex(text) {
        Some(id) => Ok(Some(id)),
        None => read_id(text, "businessId"),
    }
}

/// The request headers that the vendor's client sends from a browser.
const SENT_HEADERS: &str = "Authorization, Content-Type, Cache-Control, Layer-Locale, Layer-React-Version";

/// The answer to a browser that asks whether a page of another origin may call. It brings no token, and needs none: what it may not do
/// without one is refused to the call itself.
pub fn preflight(request: &Request) -> Option<Response> {
    let asks = request.method == Method::OPTIONS
        && request.header("origin").is_some()
        && request.header("access-control-request-method").is_some();
    asks.then(|| {
        Response::empty(204)
            .with("access-control-allow-origin", "*")
            .with("access-control-allow-methods", "GET, POST, PUT, PATCH, DELETE")
            .with("access-control-allow-headers", SENT_HEADERS)
            .with("access-control-max-age", "600")
    })
}

/// Lets a page of another origin read the answer to its call. A token is what opens anything here, and no cookie is.
pub fn shared(request: &Request, response: Response) -> Response {
    match request.header("origin") {
        None => response,
        Some(_) => response.with("access-control-allow-origin", "*").with(
            "access-control-expose-headers",
            "Quittance-Receipt, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset",
        ),
    }
}

/// An id in a path. `None` is a UUID that names nothing here: unknown, not malformed.
pub fn read_id(text: &str, place: &str) -> Result<Option<DocumentId>, Fault> {
    match DocumentId::from_uuid(text) {
        UuidReading::Malformed => Err(super::errors::malformed_id(place)),
        UuidReading::Foreign | UuidReading::Part(..) => Ok(None),
        UuidReading::Document(id) => Ok(Some(id)),
    }
}

/// The UUID of a ledger account: part n of the book's id, where n is the account's number in the book.
pub fn account_uuid(book: &BookView, key: AccountKey) -> String {
    book.settings.id.uuid_of_part(u32::try_from(key.0).unwrap_or(0))
}

/// The account that a UUID names.
pub fn account_of_uuid(book: &BookView, text: &str) -> Option<AccountKey> {
    match DocumentId::from_uuid(text) {
        UuidReading::Part(id, part) if id == book.settings.id => Some(AccountKey(i64::from(part))),
        UuidReading::Part(..) | UuidReading::Malformed | UuidReading::Foreign | UuidReading::Document(_) => None,
    }
}

/// The UUID of something that has no record of its own (a tag and what it belongs to): version 8, the digits an FNV-1a digest of
/// its names, so that the same names always give the same UUID.
pub fn derived_uuid(names: &[&str]) -> String {
    let mut digest: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for byte in names.iter().flat_map(|name| name.bytes().chain([0])) {
        digest = (digest ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    let bits = (digest & !(0xf << 76) & !(0b11 << 62)) | (0x8 << 76) | (0b10 << 62);
    let hex = format!("{bits:032x}");
    let group = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [group(0, 8), group(8, 12), group(12, 16), group(16, 20), group(20, 32)].join("-")
}

/// The zone of the book: civil days are taken in it.
pub fn zone(book: &BookView) -> TimeZone {
    TimeZone::get(&book.settings.zone).unwrap_or(TimeZone::UTC)
}
