//! The Campfire dialect: receivables under `/coa` and `/rr`, as a service on Django REST framework answers.
//!
//! An invoice in any state can be deleted; what hangs on it goes along, and only a closed period stands in the way. The page
//! `docs/dialects/campfire.md` lists what is served, what is our own choice and what is known to differ.

use crate::app::App;
use crate::http::{Request, Response};

pub mod errors;
pub mod manners;
pub mod mapping;
pub mod routes;
pub mod rules;
pub mod wire;

/// Answers a request in this dialect.
pub async fn answer(app: &App, request: &Request) -> Response {
    routes::answer(app, request).await
}

/// The dialect's own internal error.
pub fn internal_error() -> Response {
    manners::internal_error_page()
}
