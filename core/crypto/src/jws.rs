//! JSON Web Signatures in compact form (RFC 7515): parsed strictly, verified and made. The caller reads header and
//! payload: before it chooses a key, and after the signature was verified.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::Result;
use crate::signature::{Hash, SigningKey, VerifyingKey};

/// The length of a typical signature, bytes: a key of 4096 bits.
const SIGNATURE: usize = 512;

/// A parsed signed text. Nothing in it is trustworthy before [`verify`](Self::verify).
pub struct CompactJws<'a> {
    /// The header's bytes: JSON, if it is well-formed.
    pub header: Vec<u8>,
    /// The payload's bytes.
    pub payload: Vec<u8>,
    signature: Vec<u8>,
    /// The signed text: the first two parts as sent, with the dot between them.
    signed: &'a str,
}

/// Why a text is not a compact JWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// There are not three parts.
    #[error("it must have three parts with a dot between them, not {0}")]
    Parts(usize),
    /// A part is not base64url: padding, another alphabet, bits left over.
    #[error("its {0} is not base64url without padding")]
    Encoding(&'static str),
}

impl<'a> CompactJws<'a> {
    /// Parses a text: three parts of base64url without padding. Memory is bounded by the text's length.
    ///
    /// # Errors
    /// [`JwsError`]; it does not repeat any of the text.
    pub fn split(text: &'a str) -> Result<Self, JwsError> {
        let parts = || JwsError::Parts(text.split('.').count());
        let (signed, signature) = text.rsplit_once('.').ok_or_else(parts)?;
        let (header, payload) = signed.split_once('.').ok_or_else(parts)?;
        if payload.contains('.') {
            return Err(parts());
        }
        let decoded = |name, part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| JwsError::Encoding(name));
        Ok(Self {
            header: decoded("header", header)?,
            payload: decoded("payload", payload)?,
            signature: decoded("signature", signature)?,
            signed,
        })
    }

    /// Whether the signature is by this key, RSA with PKCS#1 v1.5: `RS256` or `RS512` (RFC 7518 §3.3). The algorithm in
    /// the header is ignored.
    #[must_use]
    pub fn verify(&self, key: &VerifyingKey, hash: Hash) -> bool {
        key.verify_pkcs1(hash, self.signed.as_bytes(), &self.signature)
    }

    /// The same with RS256 for a key of 1024 bits or more: see [`VerifyingKey::verify_pkcs1_sha256_short`].
    #[must_use]
    pub fn verify_short(&self, key: &VerifyingKey) -> bool {
        key.verify_pkcs1_sha256_short(self.signed.as_bytes(), &self.signature)
    }
}

impl std::fmt::Debug for CompactJws<'_> {
    /// Shows nothing: a payload may contain a token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompactJws").finish_non_exhaustive()
    }
}

/// Signs header and payload, and returns both with the signature.
///
/// # Errors
/// Those of [`SigningKey::sign_pkcs1`].
pub fn sign(header: &[u8], payload: &[u8], key: &SigningKey, hash: Hash) -> Result<String> {
    let text = signing_input(header, payload);
    let signature = key.sign_pkcs1(hash, text.as_bytes())?;
    Ok(with_signature(text, &signature))
}

/// The text to sign: header and payload in base64url, with a dot between them. For external keys.
#[must_use]
pub fn signing_input(header: &[u8], payload: &[u8]) -> String {
    let encoded = |length: usize| length.div_ceil(3) * 4;
    // With capacity for the signature of a typical key: the payload is not copied again.
    let mut text = String::with_capacity(encoded(header.len()) + encoded(payload.len()) + encoded(SIGNATURE) + 2);
    URL_SAFE_NO_PAD.encode_string(header, &mut text);
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut text);
    text
}

/// The complete JWS, from the signed text and the raw signature.
#[must_use]
pub fn with_signature(mut signing_input: String, signature: &[u8]) -> String {
    signing_input.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut signing_input);
    signing_input
}

#[cfg(test)]
#[path = "jws_tests.rs"]
mod tests;
