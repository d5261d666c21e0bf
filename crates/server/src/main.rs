//! The `quittance` binary. The command line is not built yet; everything it will call lives in the library beside it.

fn main() {}
