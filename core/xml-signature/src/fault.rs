//! Why a signature is not accepted.

use std::fmt;

use bankchannel_xml::TreeElement;

/// A problem of a signature: its kind, its place, its description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureFault {
    /// What sort of problem it is.
    pub kind: SignatureFaultKind,
    /// The element as a path from the root, as it is written; empty if there is none.
    pub place: String,
    /// The fault in words. Nothing of a value is repeated.
    pub message: String,
}

/// The kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureFaultKind {
    /// There is no signature.
    NotSigned,
    /// An element is missing, doubled, in the wrong place, or has forbidden content.
    Structure,
    /// A method that is not on the list, or not permitted here.
    Algorithm,
    /// A reference that does not lead to the element that must be signed.
    Reference,
    /// The certificate of the signer cannot be found or read.
    Certificate,
    /// The signed part was changed: a digest differs.
    Digest,
    /// The signature's value is not the key's over these references.
    Value,
}

impl SignatureFault {
    pub(crate) fn new(kind: SignatureFaultKind, at: TreeElement<'_>, message: impl Into<String>) -> Self {
        Self { kind, place: at.place(), message: message.into() }
    }

    pub(crate) fn structure(at: TreeElement<'_>, message: impl Into<String>) -> Self {
        Self::new(SignatureFaultKind::Structure, at, message)
    }
}

impl fmt::Display for SignatureFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.place.is_empty() { Ok(()) } else { write!(f, " ({})", self.place) }
    }
}

impl std::error::Error for SignatureFault {}
