//! The Layer dialect: `/v1/businesses/{businessId}/...`, Bearer tokens, `data` and `errors` envelopes.
//!
//! Its delete answers in two forms at once, because the vendor's page and the vendor's wire differ: see `manners.rs`.
//! Deliberately absent: bills, banks, payouts and payroll, which are no part of receivables.

use crate::app::App;
use crate::http::{Request, Response};

mod errors;
pub(crate) mod manners;
mod mapping;
mod routes;
pub mod rules;
mod wire;

pub use errors::{failure, internal_error, refusals};
pub use rules::RULES;

/// Whether a request at the address that several vendors' clients ask for tokens at is for this one.
pub fn asks_for_token(request: &Request) -> bool {
    routes::asks_for_token(request)
}

/// Answers a request in this dialect.
pub async fn answer(app: &App, request: &Request) -> Response {
    routes::answer(app, request).await
}
