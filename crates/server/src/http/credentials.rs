//! What the `Authorization` header says, before anybody believes it.
//!
//! Parsing is total: every header, or none, is exactly one [`Credentials`]. The finer values (`TokenEmpty`,
//! `TokenSpaces`) exist because a vendor words them differently. Secrets never appear in `Debug` output.
//!
//! Not here: whether a token exists, is expired or reaches a book (`books`), and which scheme a dialect accepts (its
//! `manners.rs`).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;

/// The one thing an `Authorization` header can be.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// No header, or a blank one.
    None,
    /// `Token <text>`.
    Token {
        /// The secret.
        text: String,
    },
    /// `Token` with nothing behind it.
    TokenEmpty,
    /// `Token` with more than one word behind it.
    TokenSpaces,
    /// `Bearer <text>`.
    Bearer {
        /// The secret.
        text: String,
    },
    /// `Basic <base64 of user:password>`; the password may hold colons, either may be empty.
    Basic {
        /// The part before the first colon.
        user: String,
        /// The part after the first colon.
        password: String,
    },
    /// A known scheme with unreadable contents, bytes that are not text, or more than one header: two headers are never
    /// resolved by picking one, because a proxy in front may have picked the other.
    Malformed,
    /// A scheme nobody here speaks, as written.
    OtherScheme(String),
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Credentials::None => f.write_str("None"),
            Credentials::Token { .. } => f.write_str("Token { .. }"),
            Credentials::TokenEmpty => f.write_str("TokenEmpty"),
            Credentials::TokenSpaces => f.write_str("TokenSpaces"),
            Credentials::Bearer { .. } => f.write_str("Bearer { .. }"),
            Credentials::Basic { user, .. } => write!(f, "Basic {{ user: {user:?}, .. }}"),
            Credentials::Malformed => f.write_str("Malformed"),
            Credentials::OtherScheme(scheme) => write!(f, "OtherScheme({scheme:?})"),
        }
    }
}

impl Credentials {
    /// Reads the `Authorization` headers of a request. The scheme counts in any case; runs of spaces and tabs count as one.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let Some(value) = values.next() else {
            return Credentials::None;
        };
        if values.next().is_some() {
            return Credentials::Malformed;
        }
        let Ok(text) = std::str::from_utf8(value.as_bytes()) else {
            return Credentials::Malformed;
        };
        let mut words = text.split_ascii_whitespace();
        let Some(scheme) = words.next() else {
            return Credentials::None;
        };
        let first = words.next();
        let more = words.next().is_some();
        match scheme.to_ascii_lowercase().as_str() {
            "token" => match first {
                None => Credentials::TokenEmpty,
                Some(_) if more => Credentials::TokenSpaces,
                Some(text) => Credentials::Token { text: text.to_owned() },
            },
            "bearer" => match first {
                Some(text) if !more => Credentials::Bearer { text: text.to_owned() },
                _ => Credentials::Malformed,
            },
            "basic" => match first {
                Some(encoded) if !more => basic(encoded).unwrap_or(Credentials::Malformed),
                _ => Credentials::Malformed,
            },
            _ => Credentials::OtherScheme(scheme.to_owned()),
        }
    }
}

/// Padding is optional: clients that build the header by hand forget it, and nothing is ambiguous without it.
fn basic(encoded: &str) -> Option<Credentials> {
    let bytes = STANDARD
        .decode(encoded)
        .or_else(|_| STANDARD_NO_PAD.decode(encoded))
        .ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (user, password) = text.split_once(':')?;
    Some(Credentials::Basic {
        user: user.to_owned(),
        password: password.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    fn parsed(values: &[&[u8]]) -> Credentials {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        }
        Credentials::of(&headers)
    }

    fn basic(user: &str, password: &str) -> Credentials {
        Credentials::Basic {
            user: user.to_owned(),
            password: password.to_owned(),
        }
    }

    #[test]
    fn every_header_is_one_of_them() {
        let token = |text: &str| Credentials::Token { text: text.to_owned() };
        let bearer = |text: &str| Credentials::Bearer { text: text.to_owned() };
        let other = |text: &str| Credentials::OtherScheme(text.to_owned());
        let table: Vec<(&[&[u8]], Credentials)> = vec![
            (&[], Credentials::None),
            (&[b""], Credentials::None),
            (&[b"   "], Credentials::None),
            (&[b"Token abc"], token("abc")),
            (&[b"token abc"], token("abc")),
            (&[b"TOKEN \t abc "], token("abc")),
            (&[b"Token"], Credentials::TokenEmpty),
            (&[b"Token "], Credentials::TokenEmpty),
            (&[b"Token a b"], Credentials::TokenSpaces),
            (&[b"Bearer pit-abc"], bearer("pit-abc")),
            (&[b"bEARER pit-abc"], bearer("pit-abc")),
            (&[b"Bearer"], Credentials::Malformed),
            (&[b"Bearer a b"], Credentials::Malformed),
            (&[b"Basic aWQ6c2VjcmV0"], basic("id", "secret")),
            (&[b"basic aWQ6c2U6Y3JldA=="], basic("id", "se:cret")),
            (&[b"Basic aWQ6c2U6Y3JldA"], basic("id", "se:cret")),
            (&[b"Basic Og=="], basic("", "")),
            (&[b"Basic aWQ="], Credentials::Malformed),
            (&[b"Basic ***"], Credentials::Malformed),
            (&[b"Basic /////w=="], Credentials::Malformed),
            (&[b"Basic"], Credentials::Malformed),
            (&[b"Digest a=b"], other("Digest")),
            (&[b"abc"], other("abc")),
            (&[b"Token \xff"], Credentials::Malformed),
            (&[b"Token a", b"Token a"], Credentials::Malformed),
            (&[b"Token a", b"Bearer b"], Credentials::Malformed),
        ];
        for (values, expected) in table {
            let shown: Vec<_> = values.iter().map(|value| String::from_utf8_lossy(value)).collect();
            assert_eq!(parsed(values), expected, "{shown:?}");
        }
    }

    #[test]
    fn debug_output_keeps_the_secret() {
        let shown = format!(
            "{:?}",
            [
                parsed(&[b"Token s3cret"]),
                parsed(&[b"Bearer s3cret"]),
                basic("me", "s3cret")
            ]
        );
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
