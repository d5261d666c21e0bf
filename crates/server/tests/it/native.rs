//! Exchanges in the native dialect.

mod abroad;
mod catalogue;
mod credits;
mod done;
mod exchanges;
mod inputs;
mod journal;
mod money;
mod openings;
mod pages;
mod worlds;
