//! The methods that signatures name, and which of them are permitted.

use bankchannel_crypto::digest::MessageDigestAlgorithm;
use bankchannel_xml::TreeElement;

use crate::fault::{SignatureFault, SignatureFaultKind};
use crate::names::EXCLUSIVE_NAMESPACE;

/// A canonicalisation method (Canonical XML 1.0, Exclusive XML Canonicalization 1.0).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CanonicalMethod {
    /// Inclusive, without comments.
    Inclusive,
    /// Inclusive, with comments.
    InclusiveWithComments,
    /// Exclusive, without comments.
    Exclusive,
    /// Exclusive, with comments.
    ExclusiveWithComments,
}

impl CanonicalMethod {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Inclusive, Self::InclusiveWithComments, Self::Exclusive, Self::ExclusiveWithComments];

    /// Its identifier.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Inclusive => "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
            Self::InclusiveWithComments => "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
            Self::Exclusive => EXCLUSIVE_NAMESPACE,
            Self::ExclusiveWithComments => "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
        }
    }

    /// The method with this identifier.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.uri() == uri)
    }

    /// Whether only namespaces that are used are written.
    #[must_use]
    pub const fn is_exclusive(self) -> bool {
        matches!(self, Self::Exclusive | Self::ExclusiveWithComments)
    }

    /// Whether comments are written.
    #[must_use]
    pub const fn keeps_comments(self) -> bool {
        matches!(self, Self::InclusiveWithComments | Self::ExclusiveWithComments)
    }
}

/// A canonicalisation method with its parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanonicalForm {
    /// The method.
    pub method: CanonicalMethod,
    /// The PrefixList of InclusiveNamespaces: prefixes that the exclusive method treats as the inclusive one does; empty
    /// for the default namespace.
    pub prefixes: Vec<String>,
}

impl From<CanonicalMethod> for CanonicalForm {
    fn from(method: CanonicalMethod) -> Self {
        Self { method, prefixes: Vec::new() }
    }
}

/// The digests and their identifiers: as a digest, and with RSA (PKCS#1 v1.5).
const DIGESTS: [(MessageDigestAlgorithm, &str, &str); 4] = [
    (
        MessageDigestAlgorithm::Sha256,
        "http://www.w3.org/2001/04/xmlenc#sha256",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    ),
    (
        MessageDigestAlgorithm::Sha1,
        "http://www.w3.org/2000/09/xmldsig#sha1",
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
    ),
    (
        MessageDigestAlgorithm::Sha384,
        "http://www.w3.org/2001/04/xmldsig-more#sha384",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    ),
    (
        MessageDigestAlgorithm::Sha512,
        "http://www.w3.org/2001/04/xmlenc#sha512",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    ),
];

/// The identifier of a digest.
#[must_use]
pub fn digest_uri(algorithm: MessageDigestAlgorithm) -> &'static str {
    DIGESTS.iter().find(|(known, ..)| *known == algorithm).map_or("", |(_, uri, _)| uri)
}

/// The identifier of an RSA signature with a digest.
#[must_use]
pub fn signature_uri(algorithm: MessageDigestAlgorithm) -> &'static str {
    DIGESTS.iter().find(|(known, ..)| *known == algorithm).map_or("", |(.., uri)| uri)
}

pub(crate) fn digest_named(uri: &str) -> Option<MessageDigestAlgorithm> {
    DIGESTS.iter().find(|(_, known, _)| *known == uri).map(|(algorithm, ..)| *algorithm)
}

pub(crate) fn signature_named(uri: &str) -> Option<MessageDigestAlgorithm> {
    DIGESTS.iter().find(|(.., known)| *known == uri).map(|(algorithm, ..)| *algorithm)
}

/// Which of the known methods may be used: a message is judged by its weakest part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AlgorithmRules {
    /// Whether SHA-1 may be used, as a digest and with RSA.
    pub allows_sha1: bool,
}

impl AlgorithmRules {
    pub(crate) fn check(self, algorithm: MessageDigestAlgorithm, at: TreeElement<'_>) -> Result<(), SignatureFault> {
        if algorithm == MessageDigestAlgorithm::Sha1 && !self.allows_sha1 {
            let message = "it uses SHA-1, which is broken and not permitted here";
            return Err(SignatureFault::new(SignatureFaultKind::Algorithm, at, message));
        }
        Ok(())
    }
}
