//! Why a certificate, a request for one or a revocation list is not accepted.

use std::fmt;

use crate::asn1;

/// A problem of a certificate, a request for one or a revocation list, described for a person. It contains nothing
/// private.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFault(pub String);

impl fmt::Display for CertificateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CertificateFault {}

impl From<&str> for CertificateFault {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<der::Error> for CertificateFault {
    fn from(error: der::Error) -> Self {
        asn1::problem(error).into()
    }
}

impl From<crate::CryptoError> for CertificateFault {
    fn from(error: crate::CryptoError) -> Self {
        Self(error.to_string())
    }
}
