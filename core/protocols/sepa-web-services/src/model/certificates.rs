//! Certificates in answers (§5.2).

use bankchannel_foundation::model::Boundary;

/// A certificate that a bank gives.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct BankCertificate {
    /// The name that the bank gives it, if it gives one.
    pub name: Option<String>,
    /// The certificate as PEM text, however the bank has packed it.
    pub certificate: String,
    /// The bank's word for its form, such as `X509v3`.
    pub certificate_format: Option<String>,
}
