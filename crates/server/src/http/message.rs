//! One request and one answer, each whole in memory.
//!
//! A dialect reads a [`Request`] that cannot change or stall under it, and writes a [`Response`] that goes out exactly
//! as written: no content type, header or byte appears that it did not set. Path and query stay raw, because vendors
//! differ in what an encoded slash or a missing slash means; the accessors decode.
//!
//! Not here: reading from the socket and bounding sizes (`http::server`), what an empty or broken body is answered
//! with (each dialect's `errors.rs`).

use std::borrow::Cow;
use std::net::{Ipv4Addr, SocketAddr};

pub use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};
pub use hyper::{HeaderMap, Method};
use jiff::Timestamp;
use serde_json::Value;

use single::SingleMembers;

/// Nesting accepted in a JSON body. The deepest vendor schema has six levels; beyond this a body is an attack on a
/// recursive reader, not an invoice.
pub const MAX_JSON_DEPTH: usize = 64;

/// What stays of a request after it was handed over: enough to log it, and to answer in the right dialect when nothing else is left.
#[derive(Debug, Clone)]
pub struct RequestHead {
    /// The method, as sent.
    pub method: Method,
    /// The path, raw and undecoded, with its leading slash.
    pub path: String,
    /// Names this request in logs, in the event log and in the answer.
    pub request_id: String,
}

/// A request, read to its end.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method, as sent.
    pub method: Method,
    /// The path, raw and undecoded, with its leading slash.
    pub path: String,
    /// The query, raw, without the question mark; empty when there is none.
    pub query: String,
    /// All headers, names in lower case, in the order they came.
    pub headers: HeaderMap,
    /// The body; empty when there is none, and empty when [`Self::body_too_large`] is set.
    pub body: Bytes,
    /// The body was over the limit and has been thrown away. A flag and not an answer, so that each dialect can refuse
    /// in its own words; [`Self::json`] and [`Self::form`] refuse it too, so it cannot pass for an empty body.
    pub body_too_large: bool,
    /// Names this request in logs, in the event log and in the answer.
    pub request_id: String,
    /// When the head had been read: the only clock reading a request takes.
    pub at: Timestamp,
    /// The other end of the connection; a proxy's address behind a proxy.
    pub peer: SocketAddr,
}

/// Why a body could not be read as what the dialect expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyError {
    /// The body was over the size limit and was not kept.
    TooLarge,
    /// The body has a content coding, such as gzip: nothing is decoded here.
    Encoded,
    /// The body is not UTF-8.
    NotUtf8,
    /// The body nests deeper than [`MAX_JSON_DEPTH`].
    TooDeep,
    /// The body is not one JSON value.
    NotJson {
        /// What is wrong, without the position.
        message: String,
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault in bytes, from 1; 0 at the start of a line.
        column: usize,
    },
}

impl std::fmt::Display for BodyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BodyError::TooLarge => f.write_str("the body is too large"),
            BodyError::Encoded => f.write_str("the body is encoded, and no content coding is taken"),
            BodyError::NotUtf8 => f.write_str("the body is not UTF-8"),
            BodyError::TooDeep => write!(f, "the body nests deeper than {MAX_JSON_DEPTH} levels"),
            BodyError::NotJson { message, line, column } => {
                write!(f, "the body is not JSON: {message} at line {line} column {column}")
            }
        }
    }
}

impl std::error::Error for BodyError {}

/// A path cut at its slashes, each part percent-decoded after the cut, so that `%2F` stays inside its part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segments {
    /// The parts in order. A doubled slash leaves an empty part, so it matches no route by accident. Bytes that are not
    /// UTF-8 become U+FFFD, which no id contains.
    pub parts: Vec<String>,
    /// Whether the path ended in a slash; to some vendors that is another route.
    pub trailing_slash: bool,
}

impl Segments {
    /// Cuts a raw path.
    pub fn of(path: &str) -> Self {
        let inner = path.strip_prefix('/').unwrap_or(path);
        let trailing_slash = path.ends_with('/');
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        let parts = match inner {
            "" => Vec::new(),
            _ => inner.split('/').map(percent_decoded).collect(),
        };
        Segments { parts, trailing_slash }
    }

    /// The parts as a slice of `&str`, for `match`.
    pub fn as_strs(&self) -> Vec<&str> {
        self.parts.iter().map(String::as_str).collect()
    }
}

fn percent_decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}

impl Request {
    /// A request that never saw a socket: for tests and for the console calling the API in process. `target` is path
    /// and query. Peer is the loopback, the request id is empty.
    pub fn new(method: Method, target: &str, at: Timestamp) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Request {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            body_too_large: false,
            request_id: String::new(),
            at,
            peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        }
    }

    /// Adds a header. A name or value that HTTP does not allow is left out: it could not have arrived either.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            self.headers.append(name, value);
        }
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// The address that the client reached us at. A host with letters that no address has is not repeated.
    pub fn origin(&self) -> String {
        let host = self.header("host").unwrap_or_default();
        let plain = |letter: char| letter.is_ascii_alphanumeric() || ".:-[]".contains(letter);
        let host = if host.is_empty() || !host.chars().all(plain) {
            "localhost"
        } else {
            host
        };
        format!("http://{host}")
    }

    /// What names it.
    pub fn head(&self) -> RequestHead {
        RequestHead {
            method: self.method.clone(),
            path: self.path.clone(),
            request_id: self.request_id.clone(),
        }
    }

    /// The first header of that name, whatever its case; `None` also when its value is not visible ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The content type without its parameters, in lower case.
    pub fn media_type(&self) -> Option<String> {
        let essence = self.header("content-type")?.split(';').next()?.trim();
        (!essence.is_empty()).then(|| essence.to_ascii_lowercase())
    }

    /// The path, cut and decoded.
    pub fn segments(&self) -> Segments {
        Segments::of(&self.path)
    }

    /// The query members in order, decoded as a form (`+` is a space). A member without `=` has an empty value.
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        form_pairs(self.query.as_bytes())
    }

    /// The first query member of that name.
    pub fn query_value(&self, name: &str) -> Option<String> {
        self.query_pairs()
            .into_iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    /// All query members of that name, in order.
    pub fn query_values(&self, name: &str) -> Vec<String> {
        self.query_pairs()
            .into_iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value)
            .collect()
    }

    /// The body as JSON, whatever the content type says. An empty or blank body is `None`: SDKs announce JSON on every
    /// call, also where they send nothing.
    ///
    /// # Errors
    /// Any [`BodyError`].
    pub fn json(&self) -> Result<Option<Value>, BodyError> {
        let text = self.text()?;
        if text.trim_ascii().is_empty() {
            return Ok(None);
        }
        if deeper_than(text.as_bytes(), MAX_JSON_DEPTH) {
            return Err(BodyError::TooDeep);
        }
        serde_json::from_str(text).map(Some).map_err(|error| not_json(&error))
    }

    /// The same, and refused where an object has a member twice: whoever looked at the body on the way may have taken the other one.
    ///
    /// # Errors
    /// Any [`BodyError`].
    pub fn json_said_once(&self) -> Result<Option<Value>, BodyError> {
        let read = self.json()?;
        if read.is_some() {
            serde_json::from_str::<SingleMembers>(self.text()?).map_err(|error| not_json(&error))?;
        }
        Ok(read)
    }

    /// The body as `application/x-www-form-urlencoded`, whatever the content type says; an empty body is `None`.
    ///
    /// # Errors
    /// [`BodyError::TooLarge`], [`BodyError::Encoded`] and [`BodyError::NotUtf8`].
    pub fn form(&self) -> Result<Option<Vec<(String, String)>>, BodyError> {
        let text = self.text()?;
        Ok((!text.is_empty()).then(|| form_pairs(text.as_bytes())))
    }

    /// Whether the body has another content coding than none.
    fn is_encoded(&self) -> bool {
        let plain = |coding: &str| coding.is_empty() || coding.eq_ignore_ascii_case("identity");
        let mut lines = self.headers.get_all("content-encoding").iter();
        lines.any(|line| {
            line.to_str()
                .map_or(true, |line| !line.split(',').all(|coding| plain(coding.trim())))
        })
    }

    fn text(&self) -> Result<&str, BodyError> {
        if self.body_too_large {
            return Err(BodyError::TooLarge);
        }
        if !self.body.is_empty() && self.is_encoded() {
            return Err(BodyError::Encoded);
        }
        std::str::from_utf8(&self.body).map_err(|_| BodyError::NotUtf8)
    }
}

/// What a client that sent an encoded body may send instead, as RFC 9110 (15.5.16) has it: the header that goes with a 415.
pub const PLAIN_BODIES: (&str, &str) = ("accept-encoding", "identity");

fn not_json(error: &serde_json::Error) -> BodyError {
    let (line, column) = (error.line(), error.column());
    let full = error.to_string();
    let position = format!(" at line {line} column {column}");
    let message = full.strip_suffix(&position).unwrap_or(&full).to_owned();
    BodyError::NotJson { message, line, column }
}

fn form_pairs(bytes: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(bytes)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// Counts brackets outside strings, before anything recursive looks at the text.
fn deeper_than(text: &[u8], limit: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b'[' | b'{') => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// An answer. What stands here goes out; `Content-Length`, `Date` and `X-Request-Id` are all the server adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers in the order they go out. A name may repeat.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// No body and no content type.
    pub fn empty(status: u16) -> Self {
        Response {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Compact JSON, members in the order they stand in the value, `Content-Type: application/json`.
    pub fn json(status: u16, value: &Value) -> Self {
        Self::empty(status)
            .with("content-type", "application/json")
            .with_body(value.to_string())
    }

    /// Appends a header; an earlier one of the same name stays.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body and nothing else: the content type is the caller's to say.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The first header of that name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

mod single;
#[cfg(test)]
mod tests;
