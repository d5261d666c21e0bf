//! The store of Quittance: SQL and nothing else.
//!
//! Two engines stand behind one small seam ([`Store`], [`Unit`], [`Reader`]): SQLite, and a plain in-memory model that tests
//! and the simulator use. A unit of work reads what a decision wants into a [`Snapshot`](quittance_accounting::snapshot::Snapshot)
//! and commits sealed events together with the net change of the live tables. Nothing is decided here. Drivers are named in
//! `engine/` only.
//!
//! The seam is asynchronous although neither engine waits: an engine across a network will, and nothing above changes then.

pub mod beside;
pub mod codec;
pub mod engine;
pub mod error;
pub mod field;
mod gathering;
pub mod listing;
pub mod log;
pub mod reports;
pub mod tables;

pub use engine::{Arrival, Bare, BookCommit, BookEntry, Carried, Line, LineChange, Reader, Replay, Store, Unit};
pub use error::StoreError;
pub use log::{Event, Head};
