//! Every error.
