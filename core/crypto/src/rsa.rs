//! RSA keys in PEM, and RSAES-OAEP with SHA-1 (docs/protocols/ws-channel.md §3.1).
//!
//! SHA-1 in OAEP is sound (docs/protocols/ws-channel.md §10 S5) and used by the deployed service and its clients; no
//! other hash is offered.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::rsa::{
    KeyPair, KeySize, OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    PublicEncryptingKey, PublicKeyComponents,
};
use zeroize::Zeroizing;

use crate::asn1::{Reader, SliceReader, element, integer, only, tag, whole_bits};
use crate::{CryptoError, Result, digest, pem};

/// Smallest RSA modulus accepted, bits (docs/protocols/ws-channel.md §3.1).
pub const MIN_BITS: usize = 2048;
/// Largest RSA modulus accepted, bits.
pub const MAX_BITS: usize = 8192;
/// The bytes of a block used by OAEP with SHA-1: a 2048-bit key holds 256 − 42 = 214.
pub const OAEP_SHA1_OVERHEAD: usize = 42;

const PUBLIC: &str = "public key (PUBLIC KEY or RSA PUBLIC KEY)";
const PRIVATE: &str = "private key (PRIVATE KEY or RSA PRIVATE KEY)";
/// DER of the object identifier rsaEncryption (RFC 8017).
const RSA_ENCRYPTION: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// An RSA public key of 2048 to 8192 bits. Cheap to clone.
#[derive(Clone)]
pub struct RsaPublicKey {
    spki: Arc<[u8]>,
    key: Arc<OaepPublicEncryptingKey>,
}

impl RsaPublicKey {
    /// Reads exactly one `PUBLIC KEY` (SPKI) or `RSA PUBLIC KEY` (PKCS#1); text around it is skipped.
    ///
    /// # Errors
    /// [`CryptoError::NoPem`], [`CryptoError::MalformedPem`], [`CryptoError::PrivateKeyGiven`], [`CryptoError::CertificateGiven`],
    /// [`CryptoError::EncryptedPem`], [`CryptoError::UnexpectedPem`], [`CryptoError::SeveralKeys`], [`CryptoError::NotRsa`],
    /// [`CryptoError::KeyTooSmall`], [`CryptoError::KeyTooLarge`], [`CryptoError::InvalidKey`].
    pub fn from_pem(text: &str) -> Result<Self> {
        let blocks = pem::blocks(text, PUBLIC)?;
        if let Some(wrong) = blocks.iter().find(|block| !block.is_public_key()) {
            return Err(wrong.unexpected(PUBLIC));
        }
        match &blocks[..] {
            [block] if block.label == "PUBLIC KEY" => Self::from_spki_der(&block.bytes),
            [block] => Self::from_pkcs1_der(&block.bytes),
            _ => Err(CryptoError::SeveralKeys),
        }
    }

    /// Reads a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`CryptoError::NotRsa`], [`CryptoError::KeyTooSmall`], [`CryptoError::KeyTooLarge`], [`CryptoError::InvalidKey`].
    pub fn from_spki_der(der: &[u8]) -> Result<Self> {
        Self::from_pkcs1_der(pkcs1_of_spki(der)?)
    }

    /// Makes a key from its two numbers, big-endian.
    ///
    /// # Errors
    /// [`CryptoError::KeyTooSmall`], [`CryptoError::KeyTooLarge`], [`CryptoError::InvalidKey`].
    pub fn from_numbers(modulus: &[u8], exponent: &[u8]) -> Result<Self> {
        check_bits(bit_length(modulus))?;
        let bare = |number: &[u8]| number.iter().copied().skip_while(|&byte| byte == 0).collect::<Vec<u8>>();
        let numbers = PublicKeyComponents { n: bare(modulus), e: bare(exponent) };
        let key: PublicEncryptingKey = numbers.try_into().map_err(|_| CryptoError::InvalidKey)?;
        let spki: PublicKeyX509Der<'static> = key.as_der().map_err(|_| CryptoError::InvalidKey)?;
        Self::from_spki_der(spki.as_ref())
    }

    pub(crate) fn from_pkcs1_der(der: &[u8]) -> Result<Self> {
        check_bits(bit_length(numbers(der)?.modulus))?;
        let key = aws_lc_rs::rsa::PublicKey::from_der(der).map_err(|_| CryptoError::InvalidKey)?;
        let spki: PublicKeyX509Der<'static> = key.as_der().map_err(|_| CryptoError::InvalidKey)?;
        let key = PublicEncryptingKey::from_der(spki.as_ref()).map_err(|_| CryptoError::InvalidKey)?;
        Self::from_parts(spki.as_ref(), key)
    }

    fn from_parts(spki: &[u8], key: PublicEncryptingKey) -> Result<Self> {
        let key = OaepPublicEncryptingKey::new(key).map_err(|_| CryptoError::InvalidKey)?;
        Ok(Self { spki: spki.into(), key: Arc::new(key) })
    }

    /// The key as `-----BEGIN PUBLIC KEY-----`.
    pub fn to_spki_pem(&self) -> String {
        pem::encode("PUBLIC KEY", &self.spki)
    }

    /// The SubjectPublicKeyInfo, DER.
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// SHA-256 over the SubjectPublicKeyInfo: the key's identifier in the specification.
    pub fn spki_sha256(&self) -> [u8; 32] {
        digest::sha256(&self.spki)
    }

    /// Length of the modulus, and of every ciphertext, bytes.
    pub fn modulus_len(&self) -> usize {
        self.key.ciphertext_size()
    }

    /// Longest plaintext of OAEP with SHA-1, bytes: 214 for 2048 bits.
    pub fn oaep_sha1_capacity(&self) -> usize {
        self.modulus_len() - OAEP_SHA1_OVERHEAD
    }

    /// RSAES-OAEP with SHA-1 and MGF1-SHA-1, empty label. The result has [`modulus_len`](Self::modulus_len) bytes.
    ///
    /// # Errors
    /// [`CryptoError::MessageTooLong`].
    pub fn encrypt_oaep_sha1(&self, plaintext: &[u8]) -> Result<Vec<u8>> {
        let limit = self.oaep_sha1_capacity();
        if plaintext.len() > limit {
            return Err(CryptoError::MessageTooLong { limit, actual: plaintext.len() });
        }
        let mut out = vec![0; self.modulus_len()];
        let length = self
            .key
            .encrypt(&OAEP_SHA1_MGF1SHA1, plaintext, &mut out, None)
            .map_err(|_| CryptoError::Internal("RSA encryption"))?
            .len();
        out.truncate(length);
        Ok(out)
    }
}

impl PartialEq for RsaPublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.spki == other.spki
    }
}

impl Eq for RsaPublicKey {}

impl fmt::Debug for RsaPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RsaPublicKey").field("spki_sha256", &digest::hex(&self.spki_sha256())).finish_non_exhaustive()
    }
}

/// An RSA private key of 2048 to 8192 bits. Cheap to clone; `Debug` shows the public half's hash only.
#[derive(Clone)]
pub struct RsaPrivateKey {
    pkcs8: Arc<Zeroizing<Vec<u8>>>,
    key: Arc<OaepPrivateDecryptingKey>,
    public: RsaPublicKey,
}

/// Decryption failed. The reason is omitted on purpose: a difference would be an oracle (docs/protocols/ws-channel.md
/// §10 S4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the data cannot be decrypted with this key")]
pub struct DecryptError;

impl RsaPrivateKey {
    /// Makes a new key of 2048, 3072 or 4096 bits, e = 65537. Takes up to some seconds of computing.
    ///
    /// # Errors
    /// [`CryptoError::UnsupportedKeySize`].
    pub fn generate(bits: usize) -> Result<Self> {
        let size = match bits {
            2048 => KeySize::Rsa2048,
            3072 => KeySize::Rsa3072,
            4096 => KeySize::Rsa4096,
            _ => return Err(CryptoError::UnsupportedKeySize { bits }),
        };
        let key = PrivateDecryptingKey::generate(size).map_err(|_| CryptoError::Internal("RSA key generation"))?;
        Self::from_key(key)
    }

    /// Reads the first private key, `PRIVATE KEY` (PKCS#8) or `RSA PRIVATE KEY` (PKCS#1); other text is skipped.
    ///
    /// # Errors
    /// [`CryptoError::NoPem`], [`CryptoError::MalformedPem`], [`CryptoError::EncryptedPem`], [`CryptoError::PublicKeyGiven`],
    /// [`CryptoError::CertificateGiven`], [`CryptoError::UnexpectedPem`], [`CryptoError::NotRsa`], [`CryptoError::KeyTooSmall`],
    /// [`CryptoError::KeyTooLarge`], [`CryptoError::InvalidKey`].
    pub fn from_pem(text: &str) -> Result<Self> {
        let blocks = pem::blocks(text, PRIVATE)?;
        let block = blocks.iter().find(|block| block.is_private()).unwrap_or(&blocks[0]);
        if block.is_encrypted() {
            return Err(CryptoError::EncryptedPem);
        }
        match block.label.as_str() {
            "PRIVATE KEY" => Self::from_pkcs8_der(&block.bytes),
            "RSA PRIVATE KEY" => {
                let pair = KeyPair::from_der(&block.bytes).map_err(rejected)?;
                let pkcs8: Pkcs8V1Der<'static> = pair.as_der().map_err(|_| CryptoError::InvalidKey)?;
                Self::from_pkcs8_der(&Zeroizing::new(pkcs8.as_ref().to_vec()))
            }
            _ if block.is_private() => Err(CryptoError::NotRsa),
            _ => Err(block.unexpected(PRIVATE)),
        }
    }

    /// Reads the first private key, as [`from_pem`](Self::from_pem), and with a passphrase `ENCRYPTED PRIVATE KEY` (PBES2, as
    /// `openssl` writes it). The passphrase is ignored if the key is not encrypted.
    ///
    /// # Errors
    /// Those of [`from_pem`](Self::from_pem), and [`CryptoError::WrongPassphrase`], [`CryptoError::UnsupportedEncryption`],
    /// [`CryptoError::TooManyRounds`].
    pub fn from_pem_under(text: &str, passphrase: Option<&str>) -> Result<Self> {
        let blocks = pem::blocks(text, "private key (PRIVATE KEY, RSA PRIVATE KEY or ENCRYPTED PRIVATE KEY)")?;
        let first = blocks.iter().find(|block| block.is_private());
        match (first, passphrase) {
            (Some(block), Some(passphrase)) if block.is_encrypted() => {
                if block.label != "ENCRYPTED PRIVATE KEY" {
                    return Err(CryptoError::UnsupportedEncryption);
                }
                Self::from_pkcs8_der(crate::encrypted_key::decrypt(&block.bytes, passphrase)?.as_bytes())
            }
            _ => Self::from_pem(text),
        }
    }

    pub(crate) fn from_pkcs8_der(der: &[u8]) -> Result<Self> {
        // The algorithm is near the front: SEQUENCE, version, SEQUENCE { OID, … }.
        if !der[..der.len().min(32)].windows(RSA_ENCRYPTION.len()).any(|window| window == RSA_ENCRYPTION) {
            return Err(CryptoError::NotRsa);
        }
        Self::from_key(PrivateDecryptingKey::from_pkcs8(der).map_err(rejected)?)
    }

    fn from_key(key: PrivateDecryptingKey) -> Result<Self> {
        check_bits(key.key_size_bits())?;
        let pkcs8: Pkcs8V1Der<'static> = key.as_der().map_err(|_| CryptoError::InvalidKey)?;
        let pkcs8 = Arc::new(Zeroizing::new(pkcs8.as_ref().to_vec()));
        let public = key.public_key();
        let spki: PublicKeyX509Der<'static> = public.as_der().map_err(|_| CryptoError::InvalidKey)?;
        let public = RsaPublicKey::from_parts(spki.as_ref(), public)?;
        let key = OaepPrivateDecryptingKey::new(key).map_err(|_| CryptoError::InvalidKey)?;
        Ok(Self { pkcs8, key: Arc::new(key), public })
    }

    /// The key as unencrypted `-----BEGIN PRIVATE KEY-----` (PKCS#8). Wiped when dropped.
    pub fn to_pkcs8_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(pem::encode("PRIVATE KEY", &self.pkcs8))
    }

    /// The key as PKCS#8 under a passphrase, PEM (`ENCRYPTED PRIVATE KEY`). Takes a moment.
    ///
    /// # Errors
    /// [`CryptoError::Internal`].
    pub fn to_encrypted_pem(&self, passphrase: &str) -> Result<Zeroizing<String>> {
        crate::encrypted_key::encrypt(&self.pkcs8, passphrase)
    }

    /// The key as PKCS#8, DER.
    pub(crate) fn pkcs8_der(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The public half.
    pub fn public(&self) -> &RsaPublicKey {
        &self.public
    }

    /// Reverses [`RsaPublicKey::encrypt_oaep_sha1`].
    ///
    /// # Errors
    /// [`DecryptError`] for every reason, including a wrong length.
    pub fn decrypt_oaep_sha1(&self, ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
        if ciphertext.len() != self.public.modulus_len() {
            return Err(DecryptError);
        }
        let mut out = Zeroizing::new(vec![0; self.key.min_output_size()]);
        let length = self.key.decrypt(&OAEP_SHA1_MGF1SHA1, ciphertext, &mut out, None).map_err(|_| DecryptError)?.len();
        out.truncate(length);
        Ok(out)
    }
}

impl fmt::Debug for RsaPrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RsaPrivateKey").field("public", &self.public).finish_non_exhaustive()
    }
}

/// The RSAPublicKey (PKCS#1) in a SubjectPublicKeyInfo, DER. Key algorithms may have identifiers that `der` does not
/// accept.
pub(crate) fn pkcs1_of_spki(der: &[u8]) -> Result<&[u8]> {
    let read = || {
        let mut fields = SliceReader::new(only(der, tag::SEQUENCE)?)?;
        let mut algorithm = SliceReader::new(element(&mut fields, tag::SEQUENCE)?.content)?;
        let id = element(&mut algorithm, tag::OID)?.whole;
        let key = whole_bits(&mut fields)?;
        fields.finish().map(|()| (id, key))
    };
    match read() {
        Ok((id, key)) if id == RSA_ENCRYPTION => Ok(key),
        Ok(_) => Err(CryptoError::NotRsa),
        Err(_) => Err(CryptoError::InvalidKey),
    }
}

/// The numbers of an RSAPublicKey, big-endian, with a leading zero if the high bit is set.
pub(crate) struct RsaNumbers<'a> {
    pub(crate) modulus: &'a [u8],
    pub(crate) exponent: &'a [u8],
}

pub(crate) fn numbers(pkcs1: &[u8]) -> Result<RsaNumbers<'_>> {
    let read = || {
        let mut fields = SliceReader::new(only(pkcs1, tag::SEQUENCE)?)?;
        let (modulus, exponent) = (integer(&mut fields)?, integer(&mut fields)?);
        fields.finish().map(|()| RsaNumbers { modulus, exponent })
    };
    read().map_err(|_| CryptoError::InvalidKey)
}

fn check_bits(bits: usize) -> Result<()> {
    match bits {
        ..MIN_BITS => Err(CryptoError::KeyTooSmall),
        MIN_BITS..=MAX_BITS => Ok(()),
        _ => Err(CryptoError::KeyTooLarge),
    }
}

/// aws-lc-rs gives its reason only as text.
fn rejected(error: KeyRejected) -> CryptoError {
    match error.to_string().as_str() {
        "TooSmall" => CryptoError::KeyTooSmall,
        "TooLarge" => CryptoError::KeyTooLarge,
        _ => CryptoError::InvalidKey,
    }
}

/// Bits of a big-endian number, without leading zeros.
pub(crate) fn bit_length(number: &[u8]) -> usize {
    let significant = number.iter().position(|&byte| byte != 0).map_or(&[][..], |start| &number[start..]);
    significant.first().map_or(0, |first| significant.len() * 8 - first.leading_zeros() as usize)
}

#[cfg(test)]
#[path = "rsa_tests.rs"]
mod tests;
