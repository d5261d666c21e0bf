//! What single commands come to: discounts, taxes, tips, currencies, numbers, over-allocation, voids, periods,
//! entries by hand.
//!
//! One row per case with figures that can be checked by hand. Absent: deletion (`deletion_table.rs`) and whole histories (`laws.rs`).

#[cfg(test)]
mod model;

#[cfg(test)]
#[path = "figures/arriving.rs"]
mod arriving;
#[cfg(test)]
#[path = "figures/credits.rs"]
mod credits;
#[cfg(test)]
#[path = "figures/credits_abroad.rs"]
mod credits_abroad;
#[cfg(test)]
#[path = "figures/documents.rs"]
mod documents;
#[cfg(test)]
#[path = "figures/edits.rs"]
mod edits;
#[cfg(test)]
#[path = "figures/exchange.rs"]
mod exchange;
#[cfg(test)]
#[path = "figures/ledger.rs"]
mod ledger;
#[cfg(test)]
#[path = "figures/numbers.rs"]
mod numbers;
#[cfg(test)]
#[path = "figures/payments.rs"]
mod payments;
#[cfg(test)]
#[path = "figures/settlements.rs"]
mod settlements;
