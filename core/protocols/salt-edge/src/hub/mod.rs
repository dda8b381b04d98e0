//! The hub's side, which sends requests to a connector. A bank's own tests use it to call their connector as Salt Edge
//! would.

pub mod errors;
pub mod operations;

pub use operations::{CATALOGUE, TERMS, terms};

/// The protocol's name.
pub const PROTOCOL: &str = "salt-edge-hub";
