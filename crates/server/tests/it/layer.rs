//! Exchanges in the layer dialect.
