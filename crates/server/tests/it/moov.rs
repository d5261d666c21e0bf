//! Exchanges in the moov dialect.
