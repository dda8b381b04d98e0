//! What the hub does: it asks a connector. With it a bank's own tests call their connector as Salt Edge would.

pub mod errors;
pub mod operations;

pub use operations::{CATALOGUE, TERMS, terms};

/// The protocol's name.
pub const PROTOCOL: &str = "salt-edge-hub";
