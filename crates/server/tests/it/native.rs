//! Exchanges in the native dialect.
