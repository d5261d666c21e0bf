//! Between the vendor's shapes and the core's, by hand, both ways.
//!
//! Amounts are whole cents on both sides; quantities are read from their digits. What only this dialect knows travels in `extra`
//! under its name: see [`input`] for what is put there and [`output`] for what is taken out again.

pub mod accounts;
pub mod editing;
pub mod fields;
pub mod input;
pub mod journal;
pub mod manual;
pub mod output;
pub mod page;
pub mod pdf;
pub mod preview;
pub mod refunds;
pub mod settling;
pub mod statements;
