//! The console page.

use crate::app::App;
use crate::http::{Request, Response};

/// Answers a request for a page.
pub async fn answer(_app: &App, _request: &Request) -> Response {
    Response::empty(404)
}
