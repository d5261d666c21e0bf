//! Exchanges in the native dialect.

mod catalogue;
mod exchanges;
mod inputs;
mod journal;
mod pages;
mod worlds;
