//! Everything between a socket and the books: HTTP, settings, logs.
//!
//! A dialect or the native API sees a whole [`http::Request`] and returns a whole [`http::Response`]; neither knows
//! the connection it travels on.
//!
//! Not here: any rule about documents (`accounting`), any unit of work (`books`), any SQL (`store`).

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "in a test, a panic is the report"))]

pub mod app;
pub mod cli;
pub mod config;
pub mod console;
pub mod demo;
pub mod dialects;
pub mod exports;
pub mod http;
pub mod imports;
pub mod openapi;
mod reception;
pub mod reports;
mod scopes;
pub mod telemetry;

/// What every program of this crate allocates with: see the manifest for the reason.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
