//! A protocol as small as one can be: `docs/architecture.md` says what one more costs, and this one is what it was counted with.

mod codec;
pub mod errors;
pub mod operations;

pub use codec::Plain;
pub use operations::{CATALOGUE, TERMS};

/// The protocol's name.
pub const PROTOCOL: &str = "toy";

/// Nothing is said of an exchange beyond its route.
pub type Terms = ();
