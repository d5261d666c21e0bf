//! Exchanges with the server in process: what goes in and what comes out, byte for byte.
//!
//! One test binary, one module per dialect. Clock and chance repeat, so ids, times and hashes do too.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test, a panic is the report"
)]

mod backup;
mod bookeeping;
mod campfire;
mod commands;
mod crash;
mod crowds;
mod ending;
mod failover;
mod golden;
mod highlevel;
mod layer;
mod moov;
mod moving;
mod native;
mod on_postgres;
mod openapi;
mod pairs;
mod postgres;
mod process;
mod races;
mod refusals;
mod schema;
mod several;
mod strangers;
mod trouble;
