//! What a request to a token endpoint says: its members, and which client sends it.
//!
//! Members come as a form or as JSON, because clients of the same vendor send either; a client is named by HTTP Basic or by two of the
//! members. Not here: grant types, scopes, lifetimes and words, which differ by dialect.

use serde_json::Value;

use super::credentials::Credentials;
use super::message::{BodyError, Request};

/// Longest text of a member: a token is under a hundred characters, a list of scopes under a few hundred.
pub const MOST_TEXT: usize = 4_096;

/// Most scopes that one request may name.
pub const MOST_SCOPES: usize = 50;

/// Why a request cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub enum Unread {
    /// Its body is neither a form nor JSON.
    Body(BodyError),
    /// Its body is JSON and no object.
    NoObject,
    /// This member is no text, or too long.
    Member(String),
}

/// Which client sends a request.
#[derive(Clone, PartialEq, Eq)]
pub enum Client {
    /// The one of this id and secret.
    Pair {
        /// Its id.
        id: String,
        /// Its secret.
        secret: String,
    },
    /// None is named.
    Nobody,
    /// It cannot be told: half a pair, another scheme, or Basic beside members that say otherwise.
    Unclear,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Client::Pair { .. } => "Pair { .. }",
            Client::Nobody => "Nobody",
            Client::Unclear => "Unclear",
        })
    }
}

/// The members of a request to a token endpoint; one that is empty counts as absent.
#[derive(Clone, Default)]
pub struct Asked(Vec<(String, String)>);

impl Asked {
    /// Reads them.
    ///
    /// # Errors
    /// [`Unread`].
    pub fn read(request: &Request) -> Result<Asked, Unread> {
        let pairs = if request.media_type().as_deref() == Some("application/x-www-form-urlencoded") {
            request.form().map_err(Unread::Body)?.unwrap_or_default()
        } else {
            match request.json().map_err(Unread::Body)? {
                None => Vec::new(),
                Some(Value::Object(members)) => members
                    .into_iter()
                    .filter(|(_, value)| !value.is_null())
                    .map(|(name, value)| match value {
                        Value::String(text) => Ok((name, text)),
                        _ => Err(Unread::Member(name.chars().take(60).collect())),
                    })
                    .collect::<Result<_, _>>()?,
                Some(_) => return Err(Unread::NoObject),
            }
        };
        let long = pairs.iter().find(|(_, text)| text.len() > MOST_TEXT);
        match long {
            Some((name, _)) => Err(Unread::Member(name.chars().take(60).collect())),
            None => Ok(Asked(pairs)),
        }
    }

    /// The first member of this name that is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, text)| key == name && !text.is_empty());
        found.map(|(_, text)| text.as_str())
    }

    /// The client, by HTTP Basic or by the members of these names.
    pub fn client(&self, request: &Request, id: &str, secret: &str) -> Client {
        let members = (self.get(id), self.get(secret));
        match (Credentials::of(&request.headers), members) {
            (Credentials::None, (Some(id), Some(secret))) => Client::Pair {
                id: id.to_owned(),
                secret: secret.to_owned(),
            },
            (Credentials::None, (None, None)) => Client::Nobody,
            // Some clients repeat their id in the body.
            (Credentials::Basic { user, password }, (named, None)) if named.is_none_or(|named| named == user) => {
                Client::Pair {
                    id: user,
                    secret: password,
                }
            }
            (Credentials::Basic { user, password }, (Some(id), Some(secret))) if id == user && secret == password => {
                Client::Pair {
                    id: user,
                    secret: password,
                }
            }
            _ => Client::Unclear,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::message::Method;

    fn request(kind: &str, body: &str) -> Request {
        let request = Request::new(Method::POST, "/oauth2/token", jiff::Timestamp::UNIX_EPOCH);
        request.with_header("content-type", kind).with_body(body.to_owned())
    }

    #[test]
    fn a_form_and_json_say_the_same() {
        let form = request(
            "application/x-www-form-urlencoded; charset=utf-8",
            "scope=a+b&client_id=&x=%2F",
        );
        let json = request("application/json", r#"{"scope":"a b","client_id":null,"x":"/"}"#);
        for request in [form, json] {
            let asked = Asked::read(&request).unwrap();
            let got = ["scope", "client_id", "x", "y"].map(|name| asked.get(name));
            assert_eq!(got, [Some("a b"), None, Some("/"), None]);
        }
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for (body, expected) in [
            ("[]", Unread::NoObject),
            (r#"{"scope":["a"]}"#, Unread::Member("scope".to_owned())),
        ] {
            assert_eq!(Asked::read(&request("application/json", body)).err(), Some(expected));
        }
        let long = format!("scope={}", "a".repeat(MOST_TEXT + 1));
        let form = request("application/x-www-form-urlencoded", &long);
        assert_eq!(Asked::read(&form).err(), Some(Unread::Member("scope".to_owned())));
    }

    #[test]
    fn a_client_is_one_pair_or_unclear() {
        let pair = |id: &str, secret: &str| Client::Pair {
            id: id.to_owned(),
            secret: secret.to_owned(),
        };
        // id:secret
        let basic = "Basic aWQ6c2VjcmV0";
        for (header, body, expected) in [
            ("", "", Client::Nobody),
            ("", "client_id=a&client_secret=b", pair("a", "b")),
            ("", "client_id=a", Client::Unclear),
            (basic, "", pair("id", "secret")),
            (basic, "client_id=id", pair("id", "secret")),
            (basic, "client_id=id&client_secret=secret", pair("id", "secret")),
            (basic, "client_id=other", Client::Unclear),
            (basic, "client_id=id&client_secret=other", Client::Unclear),
            ("Bearer x", "", Client::Unclear),
        ] {
            let mut request = request("application/x-www-form-urlencoded", body);
            if !header.is_empty() {
                request = request.with_header("authorization", header);
            }
            let asked = Asked::read(&request).unwrap();
            assert_eq!(
                asked.client(&request, "client_id", "client_secret"),
                expected,
                "{header} {body}"
            );
        }
    }
}
