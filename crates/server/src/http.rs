//! HTTP without a dialect: whole messages, the connection loop, credentials, exact numbers and call limits.
//!
//! Promise: nothing in here puts a member, header or status of its own into an answer, except `X-Request-Id`, the
//! framing headers HTTP itself demands, and the bodiless answers to a request that never became one (400, 408, 431).
//!
//! Not here: routes, envelopes, words. Each dialect has its own, because each vendor has its own.

pub mod credentials;
pub mod limiter;
pub mod message;
pub mod numbers;
pub mod oauth;
pub mod server;

pub use credentials::Credentials;
pub use message::{BodyError, Request, RequestHead, Response, Segments};
