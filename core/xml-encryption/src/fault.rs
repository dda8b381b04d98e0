//! Why a document is not decrypted.

use std::fmt;

use bankchannel_xml::TreeElement;

/// A fault in the structure of encrypted data, which anybody can see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptionFault {
    /// The element as a path from the root, as it is written.
    pub place: String,
    /// The fault in words. Of values it repeats the names of methods, shortened.
    pub message: String,
}

impl EncryptionFault {
    pub(crate) fn new(at: TreeElement<'_>, message: impl Into<String>) -> Self {
        Self { place: at.place(), message: message.into() }
    }
}

impl fmt::Display for EncryptionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.place)
    }
}

impl std::error::Error for EncryptionFault {}

/// The document cannot be decrypted with this key. The reason is left out on purpose: whoever sees a difference between a
/// wrong key, wrong padding and a wrong text can decrypt messages that are not his.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecryptionFailure;

impl fmt::Display for DecryptionFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the document cannot be decrypted with this key, or was changed")
    }
}

impl std::error::Error for DecryptionFailure {}
