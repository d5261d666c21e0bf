//! Between the native API's wire and the books, by hand and in both directions.

pub mod credits;
pub mod journal;
pub mod reading;
pub mod receipts;
pub mod showing;
