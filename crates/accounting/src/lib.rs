//! The accounting of Quittance: documents, the ledger, and every decision about them.
//!
//! Everything here is pure, total and deterministic: a snapshot and a moment go in, a plan or refusals come out. There is no I/O,
//! clock, chance, async, SQL or serialization in this crate, and therefore nothing in it can fail for a reason of the machine.
//!
//! Read [`deletion`] first; the rest exists so that it can be decided.

pub mod account;
pub mod allocating;
pub mod annotating;
pub mod arriving;
pub mod book;
pub mod content;
pub mod crediting;
pub mod deletion;
pub mod editing;
pub mod exchange;
pub mod granting;
pub mod identity;
pub mod invoice;
pub mod issuing;
pub mod journal;
pub mod keeping;
pub mod kept;
pub mod ledger;
pub mod money;
pub mod numbering;
pub mod payment_changes;
pub mod periods;
pub mod plan;
pub mod record;
pub mod refunding;
pub mod refusal;
pub mod reopening;
pub mod report;
pub mod resource;
pub mod rounding;
pub mod rules;
pub mod settlement;
pub mod settling;
pub mod snapshot;
pub mod voiding;
pub mod writing_off;
