//! The store of Quittance: SQL and nothing else.
//!
//! Two engines and a plain in-memory model, for tests and the simulator, stand behind one small seam ([`Store`], [`Unit`],
//! [`Reader`]): SQLite and PostgreSQL. A unit of work reads what a decision wants into a
//! [`Snapshot`](quittance_accounting::snapshot::Snapshot) and commits sealed events together with the net change of the live tables.
//! Nothing is decided here. Drivers are named in `engine/` only.
//!
//! The seam is asynchronous because an engine may be at the other end of a network; SQLite never waits.

pub mod beside;
pub mod codec;
pub mod documents;
pub mod engine;
pub mod error;
pub mod field;
mod gathering;
pub mod listing;
pub mod log;
pub mod parts;
pub mod reports;
pub mod tables;

pub use engine::{Arrival, Bare, BookCommit, BookEntry, Carried, Lanes, Line, LineChange, Reader, Replay, Store, Unit};
#[cfg(feature = "scratch")]
pub use engine::{CarriedOut, Scratch};
pub use error::StoreError;
pub use log::{Event, Head};
