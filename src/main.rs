//! dingsync
fn main() {}
