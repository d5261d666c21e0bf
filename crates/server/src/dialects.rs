//! The dialects: one folder each, with the same six files.
//!
//! `routes` decides what a request asks for, `wire` holds the vendor's shapes and words, `mapping` turns them into the core's
//! and back, `errors` renders every refusal, `rules` says as data what each verb means, `manners` holds auth scheme, headers,
//! versions, slashes, envelopes and limits. A dialect's shapes never leave its folder.

pub mod bookeeping;
pub mod campfire;
pub mod highlevel;
pub mod layer;
pub mod moov;
pub mod native;
