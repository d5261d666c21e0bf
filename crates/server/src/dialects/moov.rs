//! The Moov dialect: invoices of an account under `/accounts/{accountID}/invoices`, with what a client needs to get there.
//!
//! Promise: every answer carries `x-request-id`, and a status that the vendor gives no body has none here either. Deliberately
//! absent: payment links, transfers, catalog images, the resending of mail, and every other resource of an account.

mod errors;
pub(crate) mod manners;
mod mapping;
mod routes;
pub mod rules;
mod wire;

pub use errors::{Deed, failure, unidentified};
pub use rules::RULES;

use crate::app::App;
use crate::http::{Request, Response};

/// Answers a request in this dialect.
pub async fn answer(app: &App, request: &Request) -> Response {
    let response = match routes::answer(app, request).await {
        Ok(response) | Err(response) => response,
    };
    manners::with_request_id(response, &request.request_id)
}

/// The dialect's own internal error.
pub fn internal_error() -> Response {
    errors::internal()
}
