//! Certificates: strict reading, their names, their trusted issuers, and a small issuer.

mod certificate;
mod extensions;
mod fault;
mod issuer;
mod name;
mod name_text;
mod outline;
mod trust;
#[cfg(test)]
mod vectors;

pub use certificate::{Certificate, MAX_DER_BYTES, CertificateHash};
pub use extensions::KeyUsage;
pub use fault::CertificateFault;
pub use issuer::{CertificateIssuer, IssuerParts};
pub use name::{NameAttribute, DistinguishedName, Rdn};
pub use name_text::{NameFault, NameStyle};
pub use trust::{trusted_issuer, why_unissued};
