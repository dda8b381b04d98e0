//! Signatures before any document is read.

use std::time::SystemTime;

use sequoia_openpgp::packet::Signature;
use sequoia_openpgp::types::{HashAlgorithm, SignatureType};
use sequoia_openpgp::{KeyHandle, Packet};

use super::DetachedVerifier;
use crate::limits::{MAX_SIGNATURE_BLOCKS, MAX_SIGNATURE_BYTES, MAX_SIGNATURES};
use crate::{OpenPgpError, OpenPgpPublicKey, Result, armor, packets};

/// Reads concatenated armored signature blocks; each may hold several packets.
///
/// # Errors
/// [`OpenPgpError::TooLarge`], [`OpenPgpError::TooMany`], [`OpenPgpError::NotArmored`], [`OpenPgpError::InvalidFormat`],
/// [`OpenPgpError::NoSignaturePackets`], and [`OpenPgpError::NotBinaryDocument`] if not one signature has type 0x00.
pub fn parse_signatures(armored: &[u8]) -> Result<SignatureSet> {
    if armored.len() > MAX_SIGNATURE_BYTES {
        return Err(OpenPgpError::TooLarge {
            what: "the signature",
            limit: MAX_SIGNATURE_BYTES,
            actual: armored.len(),
        });
    }
    let mut signatures = Vec::new();
    for block in armor::decode_blocks(armored, armor::SIGNATURE, MAX_SIGNATURE_BLOCKS)? {
        for packet in packets::signatures(&block)? {
            if signatures.len() == MAX_SIGNATURES {
                return Err(OpenPgpError::TooMany { what: "signature packets", limit: MAX_SIGNATURES });
            }
            // An unknown version or a damaged packet is judged later: another signature may be good.
            let packet = if let Packet::Signature(signature) = packet { Some(signature) } else { None };
            signatures.push(ParsedSignature { packet });
        }
    }
    if signatures.is_empty() {
        return Err(OpenPgpError::NoSignaturePackets);
    }
    if !signatures.iter().any(ParsedSignature::is_binary) {
        return Err(OpenPgpError::NotBinaryDocument);
    }
    Ok(SignatureSet { signatures })
}

/// The signatures of one upload, read but not yet checked against a document.
#[derive(Clone, Debug)]
pub struct SignatureSet {
    pub(super) signatures: Vec<ParsedSignature>,
}

impl SignatureSet {
    /// The signatures, in order.
    pub fn signatures(&self) -> &[ParsedSignature] {
        &self.signatures
    }

    /// Whether any signature names one of `keys`, or a subkey of one, as its issuer.
    pub fn names_any(&self, keys: &[&OpenPgpPublicKey]) -> bool {
        self.signatures.iter().any(|signature| keys.iter().any(|key| signature.names(key)))
    }

    /// Starts verifying a document that will be fed in pieces.
    pub fn verifier(self) -> DetachedVerifier {
        DetachedVerifier::new(self)
    }
}

/// One signature packet.
#[derive(Clone, Debug)]
pub struct ParsedSignature {
    /// `None` for a version or layout that is not known.
    pub(super) packet: Option<Signature>,
}

impl ParsedSignature {
    /// The claimed issuers: fingerprints (40 digits) and key ids (16 digits), upper-case hex.
    pub fn issuers(&self) -> Vec<String> {
        self.handles().iter().map(KeyHandle::to_hex).collect()
    }

    /// The claimed creation time.
    pub fn created(&self) -> Option<SystemTime> {
        self.packet.as_ref().and_then(|packet| packet.signature_creation_time())
    }

    /// Whether it signs a binary document (type 0x00).
    pub fn is_binary(&self) -> bool {
        // An unreadable packet is judged later, as a bad signature.
        self.packet.as_ref().is_none_or(|packet| packet.typ() == SignatureType::Binary)
    }

    /// Whether it claims `key` or a subkey of it as its issuer.
    pub fn names(&self, key: &OpenPgpPublicKey) -> bool {
        let handles = self.handles();
        key.cert.keys().any(|key| handles.iter().any(|handle| handle.aliases(key.key().key_handle())))
    }

    pub(super) fn handles(&self) -> Vec<KeyHandle> {
        self.packet.as_ref().map(Signature::get_issuers).unwrap_or_default()
    }

    pub(super) fn hash(&self) -> Option<HashAlgorithm> {
        self.packet.as_ref().map(|packet| packet.hash_algo())
    }
}
