//! HighLevel's invoices.
//!
//! Paths begin with `/invoices`, without a version; the tenant is the location named by `altId`. Only drafts can be deleted, and
//! the answer to a delete is the invoice. Deliberately absent: schedules, templates, estimates, text2pay, settings and edits,
//! which are answered as routes that do not exist.

pub mod errors;
mod manners;
mod mapping;
mod routes;
pub mod rules;
mod wire;

pub use errors::internal_error;
pub use routes::answer;
