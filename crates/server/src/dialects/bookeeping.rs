//! The Bookeeping.ai dialect: `/public-api/v1/...`, one bearer key per project.
//!
//! Promise: only drafts can be deleted, a delete answers 200 with an empty `data`, and every answer to a known key says how much of
//! its call limits is used. Deliberately absent: anything that asks a bank or sends a mail.

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
    errors::Problem::internal().response()
}
