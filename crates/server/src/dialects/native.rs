//! The native API, under `/api/v1`: every verb of the books, with receipts, plans and refusals in full.
//!
//! It is the sixth dialect and has the same six files. Promise: a refusal carries all of its reasons with their facts, and the
//! legal ways out as requests that can be sent as they stand. Deliberately absent: any vendor's shapes.

pub mod errors;
pub mod manners;
pub mod mapping;
pub mod routes;
pub mod rules;
pub mod wire;

use crate::app::App;
use crate::http::{Request, Response};

/// Answers a request in this dialect.
pub async fn answer(app: &App, request: &Request) -> Response {
    routes::answer(app, request).await
}

/// The dialect's own internal error.
pub fn internal_error() -> Response {
    errors::Fault::internal().answer()
}
