//! Exchanges in the native dialect.

mod catalogue;
mod exchanges;
mod inputs;
mod pages;
mod worlds;
