//! Exchanges in the campfire dialect.
