//! The moov dialect.

use crate::app::App;
use crate::http::{Request, Response};

/// Answers a request in this dialect.
pub async fn answer(_app: &App, _request: &Request) -> Response {
    Response::empty(501)
}

/// The dialect's own internal error.
pub fn internal_error() -> Response {
    Response::empty(500)
}
