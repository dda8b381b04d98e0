//! The bankchannel command
fn main() {}
