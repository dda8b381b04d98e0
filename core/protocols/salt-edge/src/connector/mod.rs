//! The connector's side: it reads and answers the hub's requests, and sends reports and questions to the hub.

pub mod errors;
pub mod operations;
pub mod questions;

pub use operations::{CATALOGUE, TERMS, terms};

/// The protocol's name.
pub const PROTOCOL: &str = "salt-edge-connector";
