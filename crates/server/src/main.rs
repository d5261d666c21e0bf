//! The `quittance` binary.

fn main() {}
