//! Exchanges in the bookeeping dialect.
