//! What a connector does: it reads the hub's requests and answers them, and tells and asks the hub.

pub mod errors;
pub mod operations;
pub mod questions;

pub use operations::{CATALOGUE, TERMS, terms};

/// The protocol's name.
pub const PROTOCOL: &str = "salt-edge-connector";
