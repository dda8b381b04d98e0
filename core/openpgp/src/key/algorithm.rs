//! Accepted public-key algorithms by use, and their names.

use std::fmt;

use sequoia_openpgp::crypto::mpi::PublicKey;
use sequoia_openpgp::types::Curve;

use crate::OpenPgpError;
use crate::limits::{MAX_RSA_BITS, MIN_RSA_BITS};

/// The accepted signing keys.
pub(crate) const SIGNERS: &str = "RSA of 2048 to 4096 bits, Ed25519, ECDSA over NIST P-256, P-384 or P-521";
/// The accepted encryption keys.
pub(crate) const RECIPIENTS: &str = "RSA of 2048 to 4096 bits, Curve25519, ECDH over NIST P-256, P-384 or P-521";

/// Whether signatures by this key are accepted (docs/protocols/ws-channel.md §5.2).
pub(crate) fn is_acceptable_signer(key: &PublicKey) -> bool {
    match key {
        PublicKey::RSA { n, .. } => (MIN_RSA_BITS..=MAX_RSA_BITS).contains(&n.bits()),
        PublicKey::EdDSA { curve, .. } => *curve == Curve::Ed25519,
        PublicKey::Ed25519 { .. } => true,
        PublicKey::ECDSA { curve, .. } => is_nist(curve),
        _ => false,
    }
}

/// Whether secrets may be encrypted to this key.
pub(crate) fn is_acceptable_recipient(key: &PublicKey) -> bool {
    match key {
        PublicKey::RSA { n, .. } => (MIN_RSA_BITS..=MAX_RSA_BITS).contains(&n.bits()),
        PublicKey::ECDH { curve, .. } => *curve == Curve::Cv25519 || is_nist(curve),
        PublicKey::X25519 { .. } => true,
        _ => false,
    }
}

/// The algorithm and size of a key, shown as GnuPG spells them: `rsa3072`, `ed25519`, `cv25519`, `nistp256`, `dsa2048`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyDescription {
    name: &'static str,
    /// The size in bits, or the number of an unnamed algorithm.
    number: Option<usize>,
}

impl KeyDescription {
    pub(crate) fn from_key(key: &PublicKey) -> Self {
        let (name, number) = match key {
            PublicKey::RSA { n, .. } => ("rsa", Some(n.bits())),
            PublicKey::DSA { p, .. } => ("dsa", Some(p.bits())),
            PublicKey::ElGamal { p, .. } => ("elg", Some(p.bits())),
            PublicKey::EdDSA { curve, .. } | PublicKey::ECDSA { curve, .. } | PublicKey::ECDH { curve, .. } => {
                (curve_name(curve), None)
            }
            PublicKey::Ed25519 { .. } => ("ed25519", None),
            PublicKey::X25519 { .. } => ("x25519", None),
            PublicKey::Ed448 { .. } => ("ed448", None),
            PublicKey::X448 { .. } => ("x448", None),
            other => ("algorithm ", other.algo().map(|algorithm| usize::from(u8::from(algorithm)))),
        };
        Self { name, number }
    }
}

impl fmt::Display for KeyDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        self.number.map_or(Ok(()), |number| number.fmt(f))
    }
}

/// The error that names an algorithm which cannot sign here.
pub(crate) fn unsupported(key: &PublicKey) -> OpenPgpError {
    OpenPgpError::UnsupportedAlgorithm {
        algorithm: KeyDescription::from_key(key).to_string(),
        purpose: "making signatures",
        accepted: "RSA of 2048 to 4096 bits, Ed25519",
    }
}

fn is_nist(curve: &Curve) -> bool {
    matches!(curve, Curve::NistP256 | Curve::NistP384 | Curve::NistP521)
}

fn curve_name(curve: &Curve) -> &'static str {
    match curve {
        Curve::NistP256 => "nistp256",
        Curve::NistP384 => "nistp384",
        Curve::NistP521 => "nistp521",
        Curve::Ed25519 => "ed25519",
        Curve::Cv25519 => "cv25519",
        Curve::BrainpoolP256 => "brainpoolP256r1",
        Curve::BrainpoolP384 => "brainpoolP384r1",
        Curve::BrainpoolP512 => "brainpoolP512r1",
        Curve::Unknown(id) => match &id[..] {
            [0x2b, 0x65, 0x71] => "ed448",
            [0x2b, 0x65, 0x6f] => "x448",
            [0x2b, 0x81, 0x04, 0x00, 0x0a] => "secp256k1",
            _ => "unknown curve",
        },
        _ => "unknown curve",
    }
}
