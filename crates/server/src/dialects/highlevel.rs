//! HighLevel's invoices.
//!
//! Paths begin with `/invoices`, without a version; the tenant is the location named by `altId`. Only drafts can be deleted, and
//! the answer to a delete is the invoice. What the books do not know (settings, templates, schedules, estimates) is stored beside them as
//! resources. Deliberately absent: messages, payment pages and anything else that would leave the server.

pub mod errors;
pub(crate) mod manners;
mod mapping;
mod routes;
pub mod rules;
mod wire;

pub use errors::internal_error;
pub use routes::{answer, run_due};
