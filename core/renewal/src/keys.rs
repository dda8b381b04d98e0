//! The keys of a customer that are certified and renewed as one: one that signs, and at banks that encrypt one that decrypts.

use bankchannel_crypto::{
    rsa::RsaPrivateKey,
    x509::{Certificate, CertificateRequest},
};

/// A key and the request for its certificate.
pub struct RequestedKey {
    /// The key.
    pub key: RsaPrivateKey,
    /// The request.
    pub request: CertificateRequest,
}

/// New keys, and the requests for their certificates.
pub struct RequestedKeys {
    /// The key that signs.
    pub signing: RequestedKey,
    /// The key that decrypts, at banks that encrypt.
    pub encryption: Option<RequestedKey>,
}

/// The requests for the certificates of a customer's keys: the same ones, as often as they are sent.
#[derive(Debug, Clone)]
pub struct CertificateRequests {
    /// For the key that signs.
    pub signing: CertificateRequest,
    /// For the key that decrypts, at banks that encrypt.
    pub encryption: Option<CertificateRequest>,
}

/// The certificates of a customer's keys, issued together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateSet {
    /// Of the key that signs.
    pub signing: Certificate,
    /// Of the key that decrypts, at banks that encrypt.
    pub encryption: Option<Certificate>,
}

impl From<Certificate> for CertificateSet {
    fn from(signing: Certificate) -> Self {
        Self { signing, encryption: None }
    }
}

impl CertificateSet {
    /// From when on all of them hold, and until when, Unix seconds.
    #[must_use]
    pub fn validity_s(&self) -> (i64, i64) {
        let both = |of: fn(&Certificate) -> i64| (of(&self.signing), self.encryption.as_ref().map(of));
        let (begin, other_begin) = both(Certificate::not_before_s);
        let (end, other_end) = both(Certificate::not_after_s);
        (begin.max(other_begin.unwrap_or(begin)), end.min(other_end.unwrap_or(end)))
    }
}
