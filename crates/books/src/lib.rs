//! The use cases of Quittance.
//!
//! [`Books`] is the one thing a server talks to: commands go through the writer (`write.rs`, the only place that opens a unit of
//! work), questions through a reader. Clock and chance are arguments. Deliberately absent: HTTP, wire shapes, SQL.

pub mod access;
pub mod books;
mod command;
pub mod content;
mod counts;
pub mod export;
mod extract;
pub mod failure;
pub mod granting;
pub mod input;
pub mod journal;
pub mod ledger;
pub mod moving;
pub mod openings;
mod places;
pub mod queries;
pub mod rates;
pub mod reports;
pub mod resources;
mod signing;
pub mod source;
pub mod together;
pub mod tokens;
pub mod tries;
pub mod verify;
pub mod view;
pub mod write;

pub use access::{Actor, TokenFault, Verb};
pub use books::Books;
pub use failure::Failure;
pub use quittance_store::{Event, Head, StoreError};
pub use verify::{Verdict, VerifyFlaw};

/// What the benchmark compares with: recorded statements, and a file that repeats them with nothing around them.
pub mod baseline {
    pub use quittance_store::{Bare, Carried};
}

/// What a list may be asked for.
pub mod listing {
    pub use quittance_store::documents::DocumentQuery;
    pub use quittance_store::listing::{AccountQuery, CustomerOfEntry, EntryPlace, EntryQuery, PostingPlace};
    pub use quittance_store::listing::{CreditOrder, CreditQuery, CreditState};
    pub use quittance_store::listing::{Cut, MOST_LOOKED_AT, MOST_TEXTS_LOOKED_AT};
    pub use quittance_store::listing::{InvoiceFilter, InvoicePlace, InvoiceQuery, OrderBy, PlaceValue};
    pub use quittance_store::listing::{MOST_PER_PAGE, ResourceQuery};
    pub use quittance_store::listing::{PaymentFilter, PaymentOrder, PaymentQuery};
    pub use quittance_store::listing::{TextCondition, TextPath};
    pub use quittance_store::parts::{PartPlace, PartQuery};
}
