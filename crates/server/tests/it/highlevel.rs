//! Exchanges in the highlevel dialect.
