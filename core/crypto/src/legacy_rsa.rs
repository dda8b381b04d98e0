//! Decodes RSA signatures, to explain to a person why one does not verify. Nothing here decides whether a signature is
//! valid. A private key is used here only for signatures with SHA-1, for tests of code that must refuse them; otherwise
//! only the public operation of the `rsa` crate is used.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPssSaltLength, VerificationAlgorithm,
};
use rsa::{BigUint, Pkcs1v15Sign, pkcs8::DecodePrivateKey as _};

use crate::rsa::{MAX_BITS, RsaPrivateKey, bit_length};
use crate::signature::{Hash, numbers};

/// Longest supported public exponent, bits: a longer one only costs time.
const MAX_EXPONENT_BITS: usize = 33;

const PSS_MAX_SHA256: RsaParameters = RSA_PSS_2048_8192_SHA256.with_pss_salt_length(RsaPssSaltLength::Max);
const PSS_MAX_SHA512: RsaParameters = RSA_PSS_2048_8192_SHA512.with_pss_salt_length(RsaPssSaltLength::Max);

/// The DigestInfo of RFC 8017 §9.2 up to the hash value, by hash: name, length of the value, prefix.
const DIGEST_INFOS: [(&str, usize, &[u8]); 4] = [
    ("sha1", 20, b"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14"),
    ("sha256", 32, b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"),
    ("sha384", 48, b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30"),
    ("sha512", 64, b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40"),
];

/// The result of the public operation on a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecoveredSignature {
    /// PKCS#1 v1.5 padding: the key matches, and this was signed.
    Pkcs1 {
        /// `sha1`, `sha256`, `sha384` or `sha512`; `none` if the padding contains none of these DigestInfos.
        hash: &'static str,
        /// The signed hash value; with `none`, everything in the padding.
        value: Vec<u8>,
    },
    /// No such padding: another key, PSS, or a damaged signature. Also if the key is unsupported.
    Other,
    /// The signature is not as long as the modulus.
    WrongLength,
}

/// Recovers the signed data from a signature with the public key `spki` (SubjectPublicKeyInfo, DER).
#[must_use]
pub fn recover(spki: &[u8], signature: &[u8]) -> RecoveredSignature {
    let Ok((_, numbers)) = numbers(spki) else { return RecoveredSignature::Other };
    let bits = bit_length(numbers.modulus);
    if signature.len() != bits.div_ceil(8) {
        return RecoveredSignature::WrongLength;
    }
    let odd = numbers.modulus.last().is_some_and(|last| last & 1 == 1);
    if bits > MAX_BITS || bit_length(numbers.exponent) > MAX_EXPONENT_BITS || !odd {
        return RecoveredSignature::Other;
    }
    let modulus = BigUint::from_bytes_be(numbers.modulus);
    let number = BigUint::from_bytes_be(signature);
    if number >= modulus {
        return RecoveredSignature::Other;
    }
    let block = number.modpow(&BigUint::from_bytes_be(numbers.exponent), &modulus).to_bytes_be();
    unpad(&block, signature.len()).unwrap_or(RecoveredSignature::Other)
}

/// Whether `signature` is a PSS signature over `message`, its salt as long as the hash or as long as possible.
#[must_use]
pub fn verify_pss(spki: &[u8], hash: Hash, message: &[u8], signature: &[u8]) -> bool {
    let algorithms = match hash {
        Hash::Sha256 => [RSA_PSS_2048_8192_SHA256, PSS_MAX_SHA256],
        Hash::Sha512 => [RSA_PSS_2048_8192_SHA512, PSS_MAX_SHA512],
    };
    let Ok((key, _)) = numbers(spki) else { return false };
    algorithms.iter().any(|algorithm| algorithm.verify_sig(key, message, signature).is_ok())
}

/// PKCS#1 v1.5 with keys of 1024 bits and more.
///
/// For tests only: published examples of signatures were made with such keys. Never trust anything signed with one.
#[must_use]
pub fn verify_pkcs1_any_size(spki: &[u8], hash: Hash, message: &[u8], signature: &[u8]) -> bool {
    let algorithm = match hash {
        Hash::Sha256 => &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        Hash::Sha512 => &RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    };
    numbers(spki).is_ok_and(|(key, _)| algorithm.verify_sig(key, message, signature).is_ok())
}

/// PKCS#1 v1.5 with SHA-1.
///
/// For tests only: a certificate with such a signature must be refused everywhere. The operation is not blinded.
#[must_use]
pub fn sign_sha1(key: &RsaPrivateKey, message: &[u8]) -> Option<Vec<u8>> {
    let key = rsa::RsaPrivateKey::from_pkcs8_der(key.pkcs8_der()).ok()?;
    let (_, length, prefix) = DIGEST_INFOS[0];
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, message);
    key.sign(Pkcs1v15Sign { hash_len: Some(length), prefix: prefix.into() }, hash.as_ref()).ok()
}

/// Reads `00 01 ff … ff 00` and the rest, normally a DigestInfo; the number `block` has lost its leading zero.
fn unpad(block: &[u8], length: usize) -> Option<RecoveredSignature> {
    if block.len() + 1 != length {
        return None;
    }
    let padded = block.strip_prefix(&[0x01])?;
    let end = padded.iter().position(|&byte| byte != 0xff)?;
    let info = padded[end..].strip_prefix(&[0x00])?;
    // RFC 8017 §9.2: at least eight bytes of padding.
    if end < 8 {
        return None;
    }
    let known = DIGEST_INFOS.iter().find_map(|(hash, length, prefix)| {
        let value = info.strip_prefix(*prefix).filter(|value| value.len() == *length)?;
        Some((*hash, value))
    });
    // Another key never gives intact padding: whatever was signed, it was signed with this one.
    let (hash, value) = known.unwrap_or(("none", info));
    Some(RecoveredSignature::Pkcs1 { hash, value: value.to_vec() })
}

#[cfg(test)]
#[path = "legacy_rsa_tests.rs"]
mod tests;
