//! The content of a signature: the hash that was signed, if the key fits (§3.3 `recovered`).

use bankchannel_crypto::legacy_rsa;
use bankchannel_crypto::signature::Hash;
use bankchannel_foundation::model::Boundary;
use data_encoding::HEXLOWER;

/// The name when there is no hash: the padding is valid, but contains no DigestInfo of a known hash.
pub(super) const BARE: &str = "none";

/// The result of RSA's public operation on a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureContent {
    /// Valid PKCS #1 v1.5 padding: the key fits, and this content was signed.
    Pkcs1 {
        /// `sha1`, `sha256`, `sha384` or `sha512`; `none` if the padding contains no DigestInfo of these.
        hash: &'static str,
        /// The hash value; with `none` all bytes inside the padding.
        value: Vec<u8>,
    },
    /// No such padding: another key, or RSA-PSS.
    PssOrWrongKey,
    /// The signature is not as long as the modulus.
    LengthMismatch,
}

impl SignatureContent {
    /// Applies the public key (a SubjectPublicKeyInfo in DER) to a signature.
    #[must_use]
    pub fn from_signature(spki: &[u8], signature: &[u8]) -> Self {
        match legacy_rsa::recover(spki, signature) {
            legacy_rsa::RecoveredSignature::Pkcs1 { hash, value } => Self::Pkcs1 { hash, value },
            legacy_rsa::RecoveredSignature::Other => Self::PssOrWrongKey,
            legacy_rsa::RecoveredSignature::WrongLength => Self::LengthMismatch,
        }
    }

    pub(super) fn goal(&self) -> Option<HashGoal<'_>> {
        match self {
            Self::Pkcs1 { hash, value } => Some(HashGoal { hash, value }),
            _ => None,
        }
    }
}

/// The hash recovered from the signature.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct RecoveredHash {
    /// `pkcs1-v1_5`: the key fits, and the signed text has this hash. `pss-or-wrong-key`: another key or another
    /// padding. `length mismatch`: not a signature by this key.
    pub padding: String,
    /// The hash's name, with `pkcs1-v1_5`: `sha1`, `sha256`, `sha384` or `sha512`; `none` if a hash or a text was
    /// signed directly, without the DigestInfo that names the hash.
    pub hash: Option<String>,
    /// The hash of the signed text, lower-case hex. With `none`: all signed bytes.
    pub value: Option<String>,
}

impl From<&SignatureContent> for RecoveredHash {
    fn from(recovered: &SignatureContent) -> Self {
        let (padding, content) = match recovered {
            SignatureContent::Pkcs1 { hash, value } => ("pkcs1-v1_5", Some((*hash, value))),
            SignatureContent::PssOrWrongKey => ("pss-or-wrong-key", None),
            SignatureContent::LengthMismatch => ("length mismatch", None),
        };
        let (hash, value) = content.map(|(hash, value)| (hash.to_owned(), HEXLOWER.encode(value))).unzip();
        Self { padding: padding.to_owned(), hash, value }
    }
}

/// The hash that a guess must have.
#[derive(Clone, Copy)]
pub(super) struct HashGoal<'a> {
    pub(super) hash: &'a str,
    pub(super) value: &'a [u8],
}

impl HashGoal<'_> {
    /// Whether a text has this hash. Always false for SHA-1 and SHA-384, which are not computed here: they are refused
    /// by name. Without a DigestInfo: whether the value is a hash of the text, or the text itself.
    pub(super) fn is_of(self, text: &[u8]) -> bool {
        match self.hash {
            "sha256" => Hash::Sha256.digest(text) == self.value,
            "sha512" => Hash::Sha512.digest(text) == self.value,
            BARE => self.bare(text).is_some(),
            _ => false,
        }
    }

    /// Whether there is no DigestInfo.
    pub(super) fn is_bare(self) -> bool {
        self.hash == BARE
    }

    /// The way in which a text was signed without a DigestInfo (H-11); `None` if it was not.
    pub(super) fn bare(self, text: &[u8]) -> Option<&'static str> {
        match self.value.len() {
            _ if !self.is_bare() || text.is_empty() => None,
            _ if text == self.value => Some("the text itself was signed, not hashed and without a DigestInfo"),
            32 if Hash::Sha256.digest(text) == self.value => Some("the SHA-256 hash was signed without a DigestInfo"),
            64 if Hash::Sha512.digest(text) == self.value => Some("the SHA-512 hash was signed without a DigestInfo"),
            _ => None,
        }
    }
}
