//! Why a certificate is not accepted.

use std::fmt;

use crate::asn1;

/// A problem of a certificate, described for a person. It contains nothing private.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault(pub String);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

impl From<&str> for Fault {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<der::Error> for Fault {
    fn from(error: der::Error) -> Self {
        asn1::problem(error).into()
    }
}

impl From<crate::Error> for Fault {
    fn from(error: crate::Error) -> Self {
        Self(error.to_string())
    }
}
