//! Signatures by keys whose secret is elsewhere: in an HSM, a smart card, an agent. In two steps: digests out, raw
//! signatures in.

use std::fmt;
use std::io::Read;
use std::time::SystemTime;

use aws_lc_rs::digest::Context;
use sequoia_openpgp::crypto::mpi;
use sequoia_openpgp::packet::Key;
use sequoia_openpgp::packet::key::{PublicParts, UnspecifiedRole};
use sequoia_openpgp::types::Curve;

use crate::key::algorithm::{is_acceptable_signer, unsupported};
use crate::sign::feed;
use crate::unsigned::{self, UnsignedSignature};
use crate::{HashAlgorithm, OpenPgpError, Result};

/// Bytes of a raw Ed25519 signature: R, then S (RFC 8032 §5.1.6).
const ED25519_BYTES: usize = 64;

/// Reads a document once and returns the digests to sign by each of `keys`.
///
/// # Errors
/// [`OpenPgpError::NoSigner`], [`OpenPgpError::TooMany`] (ten keys at most), [`OpenPgpError::SignatureBeforeKey`], [`OpenPgpError::Read`].
pub fn digest_detached(
    keys: &[&ExternalSigner],
    mut reader: impl Read,
    hash: HashAlgorithm,
    time: SystemTime,
) -> Result<Vec<PendingSignature>> {
    let mut digester = DetachedDigester::new(keys, hash, time)?;
    feed(&mut reader, |piece| digester.update(piece))?;
    digester.finish()
}

/// The raw operation for the holder of the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RawAlgorithm {
    /// RSASSA-PKCS1-v1_5 over a SHA-256 digest.
    RsaPkcs1Sha256,
    /// RSASSA-PKCS1-v1_5 over a SHA-384 digest.
    RsaPkcs1Sha384,
    /// RSASSA-PKCS1-v1_5 over a SHA-512 digest.
    RsaPkcs1Sha512,
    /// Ed25519 (pure, RFC 8032) with the digest as its message.
    Ed25519,
}

impl RawAlgorithm {
    /// Its name on the boundary.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RsaPkcs1Sha256 => "rsa_pkcs1_sha256",
            Self::RsaPkcs1Sha384 => "rsa_pkcs1_sha384",
            Self::RsaPkcs1Sha512 => "rsa_pkcs1_sha512",
            Self::Ed25519 => "ed25519",
        }
    }
}

/// A signing key or subkey whose secret is elsewhere.
#[derive(Clone)]
pub struct ExternalSigner {
    public: Key<PublicParts, UnspecifiedRole>,
    certificate: String,
}

impl ExternalSigner {
    pub(crate) fn new(public: Key<PublicParts, UnspecifiedRole>, certificate: String) -> Result<Self> {
        if Self::is_fit(&public) {
            return Ok(Self { public, certificate });
        }
        Err(unsupported(public.mpis()))
    }

    /// Whether signatures by keys of its algorithm are supported here.
    pub(crate) fn is_fit(public: &Key<PublicParts, UnspecifiedRole>) -> bool {
        is_acceptable_signer(public.mpis()) && SignatureForm::from_key(public.mpis()).is_some()
    }

    /// Fingerprint of the key or subkey that signs, 40 upper-case hex digits.
    pub fn fingerprint(&self) -> String {
        self.public.fingerprint().to_hex()
    }

    /// Fingerprint of the primary key it belongs to, 40 upper-case hex digits.
    pub fn primary_fingerprint(&self) -> &str {
        &self.certificate
    }
}

impl fmt::Debug for ExternalSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExternalSigner").field("fingerprint", &self.fingerprint()).finish_non_exhaustive()
    }
}

/// The push form of [`digest_detached`], for callers that receive the document in pieces.
pub struct DetachedDigester {
    keys: Vec<ExternalSigner>,
    hash: HashAlgorithm,
    time: SystemTime,
    document: Context,
}

impl fmt::Debug for DetachedDigester {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DetachedDigester").field("keys", &self.keys).field("hash", &self.hash).finish_non_exhaustive()
    }
}

impl DetachedDigester {
    /// Starts signatures dated `time` (fractions of a second are dropped).
    ///
    /// # Errors
    /// [`OpenPgpError::NoSigner`], [`OpenPgpError::TooMany`], [`OpenPgpError::SignatureBeforeKey`].
    pub fn new(keys: &[&ExternalSigner], hash: HashAlgorithm, time: SystemTime) -> Result<Self> {
        let document = unsigned::document(keys.iter().map(|key| key.public.creation_time()), hash, time)?;
        let keys = keys.iter().map(|&key| key.clone()).collect();
        Ok(Self { keys, hash, time, document })
    }

    /// The next piece of the document.
    pub fn update(&mut self, piece: &[u8]) {
        self.document.update(piece);
    }

    /// Ends the document: one signature for each key, in order, each still without its raw signature.
    ///
    /// # Errors
    /// [`OpenPgpError::Internal`] when the packets cannot be built.
    pub fn finish(self) -> Result<Vec<PendingSignature>> {
        let pending = |key: &ExternalSigner| {
            let form =
                SignatureForm::from_key(key.public.mpis()).ok_or(OpenPgpError::Internal("the choice of a key"))?;
            let unsigned = UnsignedSignature::new(self.document.clone(), &key.public, self.hash, self.time)?;
            Ok(PendingSignature { unsigned, form, hash: self.hash })
        };
        self.keys.iter().map(pending).collect()
    }
}

/// A signature that still lacks its raw signature.
#[derive(Clone)]
pub struct PendingSignature {
    unsigned: UnsignedSignature,
    form: SignatureForm,
    hash: HashAlgorithm,
}

impl fmt::Debug for PendingSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingSignature")
            .field("algorithm", &self.algorithm())
            .field("key_fingerprint", &self.key_fingerprint())
            .finish_non_exhaustive()
    }
}

impl PendingSignature {
    /// The operation that the holder of the secret must apply to the digest.
    pub fn algorithm(&self) -> RawAlgorithm {
        match (self.form, self.hash) {
            (SignatureForm::Rsa { .. }, HashAlgorithm::Sha256) => RawAlgorithm::RsaPkcs1Sha256,
            (SignatureForm::Rsa { .. }, HashAlgorithm::Sha384) => RawAlgorithm::RsaPkcs1Sha384,
            (SignatureForm::Rsa { .. }, HashAlgorithm::Sha512) => RawAlgorithm::RsaPkcs1Sha512,
            (SignatureForm::Ed25519 | SignatureForm::LegacyEd25519, _) => RawAlgorithm::Ed25519,
        }
    }

    /// The digest to sign: 32, 48 or 64 bytes.
    pub fn digest(&self) -> &[u8] {
        self.unsigned.digest().as_ref()
    }

    /// Fingerprint of the key or subkey that must sign it, 40 upper-case hex digits.
    pub fn key_fingerprint(&self) -> String {
        self.unsigned.key().fingerprint().to_hex()
    }

    /// Takes the raw signature: for RSA a big-endian number as long as the modulus, for Ed25519 R and S, 64 bytes. It
    /// is verified with the key before it becomes an armored block.
    ///
    /// # Errors
    /// [`OpenPgpError::SignedElsewhere`] if it has another length, or is not by this key over this digest.
    pub fn complete(self, raw: &[u8]) -> Result<String> {
        let (wanted, algorithm) = (self.form.raw_bytes(), self.algorithm().as_str());
        if raw.len() != wanted {
            let text = format!("it has {} bytes, {algorithm} with this key has {wanted}", raw.len());
            return Err(OpenPgpError::SignedElsewhere(text));
        }
        let number = match self.form {
            SignatureForm::Rsa { .. } => mpi::Signature::RSA { s: mpi::MPI::new(raw) },
            SignatureForm::LegacyEd25519 => {
                mpi::Signature::EdDSA { r: mpi::MPI::new(&raw[..32]), s: mpi::MPI::new(&raw[32..]) }
            }
            SignatureForm::Ed25519 => {
                let raw = raw.try_into().map_err(|_| OpenPgpError::Internal("the length of a signature"))?;
                mpi::Signature::Ed25519 { s: Box::new(raw) }
            }
        };
        let (key, digest) = (self.unsigned.key().clone(), *self.unsigned.digest());
        let signature = self.unsigned.with_number(number);
        signature.verify_digest(&key, digest.as_ref()).map_err(|_| {
            OpenPgpError::SignedElsewhere(format!(
                "it is not {algorithm} over the digest by the key {}",
                key.fingerprint().to_hex()
            ))
        })?;
        unsigned::armored(signature)
    }
}

/// The encoding of a raw signature in the packet.
#[derive(Clone, Copy)]
enum SignatureForm {
    Rsa {
        modulus_bytes: usize,
    },
    Ed25519,
    /// The classic (RFC 4880bis) form, which GnuPG 2.2 supports: the same signature, as two numbers.
    LegacyEd25519,
}

impl SignatureForm {
    fn from_key(key: &mpi::PublicKey) -> Option<Self> {
        match key {
            mpi::PublicKey::RSA { n, .. } => Some(Self::Rsa { modulus_bytes: n.value().len() }),
            mpi::PublicKey::Ed25519 { .. } => Some(Self::Ed25519),
            mpi::PublicKey::EdDSA { curve: Curve::Ed25519, .. } => Some(Self::LegacyEd25519),
            _ => None,
        }
    }

    fn raw_bytes(self) -> usize {
        match self {
            Self::Rsa { modulus_bytes } => modulus_bytes,
            Self::Ed25519 | Self::LegacyEd25519 => ED25519_BYTES,
        }
    }
}
