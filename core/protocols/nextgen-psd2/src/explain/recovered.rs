//! What a signature says by itself: the hash that was signed, where the key fits (§3.3 `recovered`).

use bankchannel_crypto::legacy_rsa;
use bankchannel_crypto::signature::Hash;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

/// What the public operation of RSA makes of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovered {
    /// Whole PKCS #1 v1.5 padding: the key fits, and this hash was signed.
    Pkcs1 {
        /// `sha1`, `sha256`, `sha384` or `sha512`.
        hash: &'static str,
        /// The hash value.
        value: Vec<u8>,
    },
    /// No such padding: another key, or RSA-PSS.
    PssOrWrongKey,
    /// The signature is not as long as the modulus.
    LengthMismatch,
}

impl Recovered {
    /// Applies the public key (a SubjectPublicKeyInfo in DER) to a signature.
    #[must_use]
    pub fn from_signature(spki: &[u8], signature: &[u8]) -> Self {
        match legacy_rsa::recover(spki, signature) {
            legacy_rsa::Recovered::Pkcs1 { hash, value } => Self::Pkcs1 { hash, value },
            legacy_rsa::Recovered::Other => Self::PssOrWrongKey,
            legacy_rsa::Recovered::WrongLength => Self::LengthMismatch,
        }
    }

    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Pkcs1 { hash, value } => {
                json!({"padding": "pkcs1-v1_5", "hash": hash, "value": HEXLOWER.encode(value)})
            }
            Self::PssOrWrongKey => json!({"padding": "pss-or-wrong-key"}),
            Self::LengthMismatch => json!({"padding": "length mismatch"}),
        }
    }

    pub(super) fn goal(&self) -> Option<Goal<'_>> {
        match self {
            Self::Pkcs1 { hash, value } => Some(Goal { hash, value }),
            _ => None,
        }
    }
}

/// The hash that a guess must have.
#[derive(Clone, Copy)]
pub(super) struct Goal<'a> {
    pub(super) hash: &'a str,
    pub(super) value: &'a [u8],
}

impl Goal<'_> {
    /// Whether a text has this hash. Never for SHA-1 and SHA-384, which nothing here computes: they are refused by name.
    pub(super) fn is_of(self, text: &[u8]) -> bool {
        match self.hash {
            "sha256" => Hash::Sha256.digest(text) == self.value,
            "sha512" => Hash::Sha512.digest(text) == self.value,
            _ => false,
        }
    }
}
