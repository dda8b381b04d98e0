//! A minimal protocol: `docs/architecture.md` gives the cost of a new protocol, which was measured with this one.

mod codec;
pub mod errors;
pub mod operations;

pub use codec::Plain;
pub use operations::{CATALOGUE, TERMS};

/// The protocol's name.
pub const PROTOCOL: &str = "toy";

/// Exchanges have no terms beyond their route.
pub type Terms = ();
