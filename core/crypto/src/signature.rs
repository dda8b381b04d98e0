//! RSA signatures with PKCS#1 v1.5 padding, SHA-256 or SHA-512. aws-lc does both the padding and its check.

use std::fmt;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{
    ParsedPublicKey, RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RsaParameters,
};

use crate::digest::MessageDigestAlgorithm;
use crate::rsa::{self, RsaNumbers, RsaPrivateKey, RsaPublicKey, bit_length};
use crate::{CryptoError, Result, digest, pem};

/// Largest SubjectPublicKeyInfo that is read, bytes: a key of 16384 bits stays below.
const MAX_SPKI_BYTES: usize = 4096;

/// A hash function of a signature or of a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Hash {
    /// The hash of `data`: 32 or 64 bytes.
    #[must_use]
    pub fn digest(self, data: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha256 => &aws_lc_rs::digest::SHA256,
            Self::Sha512 => &aws_lc_rs::digest::SHA512,
        };
        aws_lc_rs::digest::digest(algorithm, data).as_ref().to_vec()
    }

    /// The DigestInfo of the hash of `data` (RFC 8017 §9.2): the input of the padding of RSA with PKCS#1 v1.5.
    #[must_use]
    pub fn digest_info(self, data: &[u8]) -> Vec<u8> {
        let prefix: &[u8] = match self {
            Self::Sha256 => b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
            Self::Sha512 => b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
        };
        [prefix, &self.digest(data)].concat()
    }

    /// `SHA-256` or `SHA-512`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Sha512 => "SHA-512",
        }
    }
}

/// An RSA private key of 2048 to 8192 bits for signing. Read once, cheap to clone; aws-lc wipes it when the last copy
/// is dropped.
#[derive(Clone)]
pub struct SigningKey {
    key: Arc<KeyPair>,
    public: RsaPublicKey,
}

impl SigningKey {
    /// Reads the first private key, `PRIVATE KEY` (PKCS#8) or `RSA PRIVATE KEY` (PKCS#1), and with a passphrase
    /// `ENCRYPTED PRIVATE KEY` (PBES2, as `openssl` writes it); other text is skipped. The passphrase is ignored if the
    /// key is not encrypted.
    ///
    /// # Errors
    /// Those of [`RsaPrivateKey::from_pem`], and [`CryptoError::WrongPassphrase`], [`CryptoError::UnsupportedEncryption`],
    /// [`CryptoError::TooManyRounds`].
    pub fn from_pem(text: &str, passphrase: Option<&str>) -> Result<Self> {
        Self::from_private_key(&RsaPrivateKey::from_pem_under(text, passphrase)?)
    }

    /// The signing half of a key that was read already.
    ///
    /// # Errors
    /// [`CryptoError::InvalidKey`].
    pub fn from_private_key(key: &RsaPrivateKey) -> Result<Self> {
        let pair = KeyPair::from_pkcs8(key.pkcs8_der()).map_err(|_| CryptoError::InvalidKey)?;
        Ok(Self { key: Arc::new(pair), public: key.public().clone() })
    }

    /// The signature of `message`, [`modulus_len`](Self::modulus_len) bytes. The same input gives the same signature.
    ///
    /// # Errors
    /// [`CryptoError::Internal`].
    pub fn sign_pkcs1(&self, hash: Hash, message: &[u8]) -> Result<Vec<u8>> {
        let encoding = match hash {
            Hash::Sha256 => &RSA_PKCS1_SHA256,
            Hash::Sha512 => &RSA_PKCS1_SHA512,
        };
        let mut out = vec![0; self.key.public_modulus_len()];
        let signed = self.key.sign(encoding, &SystemRandom::new(), message, &mut out);
        signed.map(|()| out).map_err(|_| CryptoError::Internal("RSA signing"))
    }

    /// The SubjectPublicKeyInfo of the public half, DER.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        self.public.spki_der()
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &RsaPublicKey {
        &self.public
    }

    /// Length of the modulus, and of every signature, bytes.
    #[must_use]
    pub fn modulus_len(&self) -> usize {
        self.key.public_modulus_len()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").finish_non_exhaustive()
    }
}

/// An RSA public key for verifying. Read once, cheap to clone.
///
/// A key of any size can be read, so that errors can report its size; below 2048 and above 8192 bits nothing verifies.
#[derive(Clone)]
pub struct VerifyingKey(Arc<SignatureParts>);

struct SignatureParts {
    spki: Box<[u8]>,
    /// The start of the RSAPublicKey (PKCS#1) in `spki`; it extends to the end.
    pkcs1: usize,
    bits: usize,
    sound_exponent: bool,
    /// aws-lc's form of the key, made on first use: each supports one hash.
    sha256: OnceLock<Option<ParsedPublicKey>>,
    sha256_short: OnceLock<Option<ParsedPublicKey>>,
    sha384: OnceLock<Option<ParsedPublicKey>>,
    sha512: OnceLock<Option<ParsedPublicKey>>,
    sha1: OnceLock<Option<ParsedPublicKey>>,
}

impl VerifyingKey {
    /// Reads a SubjectPublicKeyInfo, DER.
    ///
    /// # Errors
    /// [`CryptoError::NotRsa`], [`CryptoError::InvalidKey`].
    pub fn from_spki_der(spki: &[u8]) -> Result<Self> {
        let (pkcs1, numbers) = numbers(spki)?;
        Ok(Self(Arc::new(SignatureParts {
            bits: bit_length(numbers.modulus),
            sound_exponent: is_sound(numbers.exponent),
            pkcs1: spki.len() - pkcs1.len(),
            spki: spki.into(),
            sha256: OnceLock::new(),
            sha256_short: OnceLock::new(),
            sha384: OnceLock::new(),
            sha512: OnceLock::new(),
            sha1: OnceLock::new(),
        })))
    }

    /// Reads every `PUBLIC KEY` (SPKI) and `RSA PUBLIC KEY` (PKCS#1) of a text, at least one; text between them is
    /// skipped.
    ///
    /// # Errors
    /// Those of [`RsaPublicKey::from_pem`]; SPKI keys of any size can be read.
    pub fn all_from_pem(text: &str) -> Result<Vec<Self>> {
        const WANTED: &str = "public key (PUBLIC KEY or RSA PUBLIC KEY)";
        let blocks = pem::blocks(text, WANTED)?;
        let read = |block: &pem::PemBlock| match block.label.as_str() {
            "PUBLIC KEY" => Self::from_spki_der(&block.bytes),
            "RSA PUBLIC KEY" => Self::from_spki_der(RsaPublicKey::from_pkcs1_der(&block.bytes)?.spki_der()),
            _ => Err(block.unexpected(WANTED)),
        };
        blocks.iter().map(read).collect()
    }

    /// Length of the modulus, bits.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.0.bits
    }

    /// Length of the modulus, and of every signature, bytes.
    #[must_use]
    pub fn modulus_len(&self) -> usize {
        self.0.bits.div_ceil(8)
    }

    /// Whether the public exponent is odd and 65537 or more.
    #[must_use]
    pub fn exponent_is_at_least_65537_and_odd(&self) -> bool {
        self.0.sound_exponent
    }

    /// The SubjectPublicKeyInfo, DER, as it was read.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.0.spki
    }

    /// SHA-256 over the SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki_sha256(&self) -> [u8; 32] {
        digest::sha256(&self.0.spki)
    }

    /// Whether `signature` is this key's over `message`: full check of the padding and of the hash's identifier.
    #[must_use]
    pub fn verify_pkcs1(&self, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
        match hash {
            Hash::Sha256 => self.verify(&self.0.sha256, &RSA_PKCS1_2048_8192_SHA256, message, signature),
            Hash::Sha512 => self.verify(&self.0.sha512, &RSA_PKCS1_2048_8192_SHA512, message, signature),
        }
    }

    /// The same with SHA-256 for a key of 1024 bits or more: for peers whose keys are shorter than RS256 requires, if a
    /// setting accepts them.
    #[must_use]
    pub fn verify_pkcs1_sha256_short(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verify(&self.0.sha256_short, &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, message, signature)
    }

    /// The same with SHA-384, used only for signatures of certificates.
    #[must_use]
    pub fn verify_pkcs1_sha384(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verify(&self.0.sha384, &RSA_PKCS1_2048_8192_SHA384, message, signature)
    }

    /// The same with any digest that a foreign message may name, SHA-1 too: whether that is permitted, the caller has
    /// decided.
    #[must_use]
    pub fn verify_pkcs1_with(&self, algorithm: MessageDigestAlgorithm, message: &[u8], signature: &[u8]) -> bool {
        match algorithm {
            MessageDigestAlgorithm::Sha1 => {
                self.verify(&self.0.sha1, &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, message, signature)
            }
            MessageDigestAlgorithm::Sha256 => self.verify_pkcs1(Hash::Sha256, message, signature),
            MessageDigestAlgorithm::Sha384 => self.verify_pkcs1_sha384(message, signature),
            MessageDigestAlgorithm::Sha512 => self.verify_pkcs1(Hash::Sha512, message, signature),
        }
    }

    /// The same for a key of 1024 bits or more, with SHA-1 and SHA-256 alone: for the examination of a message that is
    /// not trusted whatever the answer.
    #[must_use]
    pub fn computes_pkcs1(&self, algorithm: MessageDigestAlgorithm, message: &[u8], signature: &[u8]) -> bool {
        let short = match algorithm {
            _ if self.bits() >= rsa::MIN_BITS => return self.verify_pkcs1_with(algorithm, message, signature),
            MessageDigestAlgorithm::Sha1 => &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
            MessageDigestAlgorithm::Sha256 => &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
            MessageDigestAlgorithm::Sha384 | MessageDigestAlgorithm::Sha512 => return false,
        };
        let key = ParsedPublicKey::new(short, &self.0.spki[self.0.pkcs1..]);
        key.is_ok_and(|key| key.verify_sig(message, signature).is_ok())
    }

    fn verify(
        &self,
        cell: &OnceLock<Option<ParsedPublicKey>>,
        algorithm: &'static RsaParameters,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let key = cell.get_or_init(|| ParsedPublicKey::new(algorithm, &self.0.spki[self.0.pkcs1..]).ok());
        key.as_ref().is_some_and(|key| key.verify_sig(message, signature).is_ok())
    }
}

impl PartialEq for VerifyingKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.spki == other.0.spki
    }
}

impl Eq for VerifyingKey {}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sha256 = digest::hex(&self.spki_sha256());
        f.debug_struct("VerifyingKey").field("bits", &self.bits()).field("spki_sha256", &sha256).finish_non_exhaustive()
    }
}

/// The RSAPublicKey (PKCS#1) at the end of a SubjectPublicKeyInfo, and its positive numbers.
pub(crate) fn numbers(spki: &[u8]) -> Result<(&[u8], RsaNumbers<'_>)> {
    if spki.len() > MAX_SPKI_BYTES {
        return Err(CryptoError::InvalidKey);
    }
    let pkcs1 = rsa::pkcs1_of_spki(spki)?;
    let numbers = rsa::numbers(pkcs1)?;
    let positive = |number: &[u8]| number.first().is_some_and(|first| first & 0x80 == 0) && bit_length(number) > 0;
    if !positive(numbers.modulus) || !positive(numbers.exponent) {
        return Err(CryptoError::InvalidKey);
    }
    Ok((pkcs1, numbers))
}

fn is_sound(exponent: &[u8]) -> bool {
    // An odd number of 17 bits or more is 65537 or more.
    bit_length(exponent) >= 17 && exponent.last().is_some_and(|last| last & 1 == 1)
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;
