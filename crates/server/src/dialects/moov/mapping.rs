//! From the vendor's shapes to the core's and back.
//!
//! `reading` takes a body apart and says where it is wrong, `incoming` makes the core's inputs of it,
//! `editing` lays it over what is there, `outgoing` and `links` make the
//! vendor's shapes of views, whatever dialect made the document, `qr` the picture of a link. Deliberately absent: any decision about documents.

pub mod editing;
pub mod incoming;
pub mod links;
pub mod outgoing;
pub mod qr;
pub mod reading;

/// The dialect's name in `extra`.
pub const EXTRA: &str = "moov";
