//! The Candor binary.
fn main() {}
