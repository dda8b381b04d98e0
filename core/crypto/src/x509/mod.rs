//! Certificates: reading them, and a small issuer.

mod certificate;
mod issuer;
mod name;

pub use certificate::Certificate;
pub use issuer::{Issuer, IssuerParts};
pub use name::{SHORT_NAMES, escape};
