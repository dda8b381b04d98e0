//! Certificates: strict reading, their names, their trusted issuers, paths to anchors, requests for them, revocation
//! lists, and a small issuer.

mod certificate;
mod extensions;
mod fault;
mod issuer;
mod name;
mod name_text;
mod outline;
mod path;
mod request;
mod revocation_list;
mod revocation_scope;
mod signed_before;
mod trust;
#[cfg(test)]
mod vectors;

pub use certificate::{Certificate, CertificateHash, MAX_DER_BYTES};
pub use extensions::KeyUsage;
pub use fault::CertificateFault;
pub use issuer::{CertificateIssuer, CertificatePurpose, NewCertificate, NewRevocationList, is_key_of, new_p256_key};
pub use name::{DistinguishedName, NameAttribute, Rdn};
pub use name_text::{NameFault, NameStyle};
pub use path::{MAX_PATH_CERTIFICATES, PathFault, PathRules, certificate_path};
pub use request::{CertificateRequest, SubjectAttribute};
pub use revocation_list::{MAX_REVOCATION_LIST_BYTES, RevocationList, RevocationReasonCode, RevokedEntry};
pub use trust::{trusted_issuer, why_unissued};
