//! flowstream
fn main() {}
