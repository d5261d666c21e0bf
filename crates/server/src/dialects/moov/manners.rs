//! How the Moov dialect is spoken: credentials, versions, ids, limits and the header on every answer.
//!
//! Promise: nothing here looks at an invoice. Deliberately absent: the words of refusals (`errors.rs`).

use quittance_accounting::identity::{DocumentId, UuidReading};
use quittance_books::Actor;

use super::errors;
use crate::app::App;
use crate::http::limiter::Window;
use crate::http::{Credentials, Request, Response};

/// The scope of asking whether somebody is there.
pub const PING_SCOPE: &str = "/ping.read";
/// The scopes of reading and adding the accounts that can be billed.
pub const ACCOUNTS_SCOPES: [&str; 2] = ["/accounts.read", "/accounts.write"];
/// The end of the scope of reading one account, whichever.
pub const PROFILE_SCOPE: &str = "profile.read";
/// The ends of the scopes of reading and writing the invoices of the merchant's account.
pub const INVOICES_SCOPES: [&str; 2] = ["invoices.read", "invoices.write"];
/// The ends of the scopes of its payment links, which are under the scope of transfers.
pub const LINKS_SCOPES: [&str; 2] = ["transfers.read", "transfers.write"];

/// The scope that ends so, of an account.
pub fn scope_of(account: &str, end: &str) -> String {
    format!("/accounts/{account}/{end}")
}

/// Every scope that something here asks for of whoever acts for this account.
pub fn scopes(account: &str) -> Vec<String> {
    let whole = [PING_SCOPE].into_iter().chain(ACCOUNTS_SCOPES).map(str::to_owned);
    let ends = INVOICES_SCOPES.into_iter().chain(LINKS_SCOPES).chain([PROFILE_SCOPE]);
    whole.chain(ends.map(|end| scope_of(account, end))).collect()
}

/// Whether a scope is of reading one account, whichever.
pub fn is_profile_scope(scope: &str) -> bool {
    let rest = scope.strip_prefix("/accounts/").and_then(|rest| rest.split_once('/'));
    rest.is_some_and(|(account, end)| end == PROFILE_SCOPE && document_id(account).is_some())
}

/// Rows of a list when the client does not say: the vendor's default.
pub const DEFAULT_COUNT: i64 = 200;
/// The most rows of a list; the vendor names no maximum. A thousand invoices of some lines each are a few megabytes.
pub const MOST_COUNT: i64 = 1_000;
/// Hours between two mails of the same channel about one invoice, and between sending it and the next, as the vendor has it.
pub const HOURS_BETWEEN_NOTICES: i64 = 24;
/// Characters of the code of a payment link, as the vendor's have.
pub const LINK_CODE_LETTERS: usize = 10;
/// Characters of an item's or an option's name, as for the vendor's payment links.
pub const MOST_NAME: usize = 150;
/// Characters of an option's group, as for the vendor's payment links.
pub const MOST_GROUP: usize = 100;
/// Options of one item; the vendor names no maximum. With it, no price can overflow for want of a bound.
pub const MOST_OPTIONS: usize = 100;
/// Characters of an invoice number, as the vendor has it.
pub const MOST_NUMBER: usize = 64;
/// Characters of a description; the vendor names no maximum. Several pages of text.
pub const MOST_DESCRIPTION: usize = 5_000;
/// Characters of an e-mail address, a name or a client's own id; the vendor names none for these. The longest address that mail can carry.
pub const MOST_SHORT_TEXT: usize = 254;
/// Characters of `valueDecimal`: a hundred billion with nine places has 22.
pub const MOST_DECIMAL: usize = 40;

/// Which of the two shapes of tax a version has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `taxAmount`, before v2026.07.00.
    TaxAmount,
    /// `amountDetails` with tax and surcharge, from v2026.07.00 on.
    AmountDetails,
}

/// The released versions, oldest first, with the shape each has. All of them serve invoices here.
const VERSIONS: [(&str, Shape); 8] = [
    ("v2024.01.00", Shape::TaxAmount),
    ("v2025.01.00", Shape::TaxAmount),
    ("v2025.04.00", Shape::TaxAmount),
    ("v2025.07.00", Shape::TaxAmount),
    ("v2026.01.00", Shape::TaxAmount),
    ("v2026.04.00", Shape::TaxAmount),
    ("v2026.07.00", Shape::AmountDetails),
    ("v2026.10.00", Shape::AmountDetails),
];

/// The shape that the version header asks for; `Err` with the header's text when it is no version. None asks for the oldest; one
/// that is not known asks for the newest that is not newer, and `dev` for the newest of all.
pub fn shape(request: &Request) -> Result<Shape, String> {
    let mut headers = request.headers.get_all("x-moov-version").iter();
    let Some(value) = headers.next() else {
        return Ok(Shape::TaxAmount);
    };
    let text = String::from_utf8_lossy(value.as_bytes()).trim().to_owned();
    if text.is_empty() {
        return Ok(Shape::TaxAmount);
    }
    if headers.any(|other| other != value) || !is_version(&text) {
        return Err(text);
    }
    // All of one length and form, so their order is that of their text; `dev` is after every digit.
    let not_newer = VERSIONS.iter().rev().find(|(known, _)| *known <= text.as_str());
    Ok(match (text.as_str(), not_newer) {
        ("dev", _) => Shape::AmountDetails,
        (_, Some((_, shape))) => *shape,
        (_, None) => Shape::TaxAmount,
    })
}

fn is_version(text: &str) -> bool {
    let form = b"v0000.00.00";
    text == "dev"
        || (text.len() == form.len()
            && text.bytes().zip(form).all(|(byte, place)| match place {
                b'0' => byte.is_ascii_digit(),
                _ => byte == *place,
            }))
}

/// Who calls.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
}

impl Caller {
    /// Whether the call may reach what needs this scope. A token made with scopes is bound by them as a key pair too.
    pub fn reaches(&self, scope: &str) -> bool {
        self.actor.has_scope(scope)
    }
}

/// Names the caller by HTTP Basic or by an access token; anything else is 401.
pub async fn caller(app: &App, request: &Request) -> Result<Caller, Response> {
    let found = match Credentials::of(&request.headers) {
        Credentials::Bearer { text } => app.identify(&text).await,
        Credentials::Basic { user, password } => app.identify_pair(&user, &password).await,
        Credentials::None
        | Credentials::Token { .. }
        | Credentials::TokenEmpty
        | Credentials::TokenSpaces
        | Credentials::Malformed
        | Credentials::OtherScheme(_) => return Err(errors::unauthorized()),
    };
    let actor = found.map_err(|why| errors::unidentified(&why))?;
    count_call(app, request, &actor)?;
    Ok(Caller { actor })
}

/// Counts the call, or answers 429 with the seconds to wait.
pub fn count_call(app: &App, request: &Request, actor: &Actor) -> Result<(), Response> {
    let token = actor.token.map_or(0, |token| token.0);
    let key = format!("{}:{token}", actor.book.0);
    let window = Window::per_second(app.limits.moov_per_second);
    let verdict = app.limiters.moov.take(&key, [window], request.at);
    if verdict.allowed {
        Ok(())
    } else {
        Err(errors::rate_limited(verdict.retry_after_seconds))
    }
}

/// The id in a path or a body: a UUID that a document here can have. Any other text names nothing.
pub fn document_id(text: &str) -> Option<DocumentId> {
    match DocumentId::from_uuid(text) {
        UuidReading::Document(id) => Some(id),
        UuidReading::Malformed | UuidReading::Foreign | UuidReading::Part(..) => None,
    }
}

/// The id of a book in a path: its UUID or its 24 hex digits, because other dialects spell it so.
pub fn book_id(text: &str) -> Option<DocumentId> {
    document_id(text).or_else(|| DocumentId::from_hex(text))
}

/// The answer with the request's id.
pub fn with_request_id(response: Response, request_id: &str) -> Response {
    response.with("x-request-id", request_id)
}

/// Whether the client is moov-go, which takes 201 and not 200 for a payment that was recorded.
pub fn expects_created(request: &Request) -> bool {
    request
        .header("user-agent")
        .is_some_and(|agent| agent.starts_with("moov-go/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_between_those_released_take_the_one_before() {
        let shape_of = |text: &str| {
            let method = crate::http::message::Method::GET;
            let request = Request::new(method, "/ping", jiff::Timestamp::UNIX_EPOCH);
            shape(&request.with_header("X-Moov-Version", text))
        };
        for old in ["", "v0001.00.00", "v2024.00.00", "v2026.04.00", "v2026.06.99"] {
            assert_eq!(shape_of(old), Ok(Shape::TaxAmount), "{old}");
        }
        for new in ["v2026.07.00", "v2026.07.01", "v2026.10.00", "v9000.00.00", "dev"] {
            assert_eq!(shape_of(new), Ok(Shape::AmountDetails), "{new}");
        }
        for bad in [
            "2026.07.00",
            "v2026.7.0",
            "latest",
            "v2026-07-00",
            "v2026.07.00.1",
            "V2026.07.00",
        ] {
            assert_eq!(shape_of(bad), Err(bad.to_owned()));
        }
    }
}
