//! Which public-key algorithms are accepted for what, and their names.

use sequoia_openpgp::crypto::mpi::PublicKey;
use sequoia_openpgp::types::Curve;

use crate::limits::MIN_RSA_BITS;

/// May this key make signatures that count? RSA from 2048 bits, Ed25519, ECDSA over the NIST curves (sheet §5.2).
pub(crate) fn is_acceptable_signer(key: &PublicKey) -> bool {
    match key {
        PublicKey::RSA { n, .. } => n.bits() >= MIN_RSA_BITS,
        PublicKey::EdDSA { curve, .. } => *curve == Curve::Ed25519,
        PublicKey::Ed25519 { .. } => true,
        PublicKey::ECDSA { curve, .. } => is_nist(curve),
        _ => false,
    }
}

/// May secrets be encrypted to this key? RSA from 2048 bits, X25519, ECDH over the NIST curves.
pub(crate) fn is_acceptable_recipient(key: &PublicKey) -> bool {
    match key {
        PublicKey::RSA { n, .. } => n.bits() >= MIN_RSA_BITS,
        PublicKey::ECDH { curve, .. } => *curve == Curve::Cv25519 || is_nist(curve),
        PublicKey::X25519 { .. } => true,
        _ => false,
    }
}

/// The algorithm as GnuPG spells it: `rsa3072`, `ed25519`, `cv25519`, `nistp256`, `dsa2048`.
pub(crate) fn name(key: &PublicKey) -> String {
    match key {
        PublicKey::RSA { n, .. } => format!("rsa{}", n.bits()),
        PublicKey::DSA { p, .. } => format!("dsa{}", p.bits()),
        PublicKey::ElGamal { p, .. } => format!("elg{}", p.bits()),
        PublicKey::EdDSA { curve, .. } | PublicKey::ECDSA { curve, .. } | PublicKey::ECDH { curve, .. } => {
            curve_name(curve)
        }
        PublicKey::Ed25519 { .. } => "ed25519".into(),
        PublicKey::X25519 { .. } => "x25519".into(),
        PublicKey::Ed448 { .. } => "ed448".into(),
        PublicKey::X448 { .. } => "x448".into(),
        other => other.algo().map_or_else(|| "unknown".into(), |algorithm| algorithm.to_string()),
    }
}

fn is_nist(curve: &Curve) -> bool {
    matches!(curve, Curve::NistP256 | Curve::NistP384 | Curve::NistP521)
}

fn curve_name(curve: &Curve) -> String {
    match curve {
        Curve::NistP256 => "nistp256".into(),
        Curve::NistP384 => "nistp384".into(),
        Curve::NistP521 => "nistp521".into(),
        Curve::Ed25519 => "ed25519".into(),
        Curve::Cv25519 => "cv25519".into(),
        Curve::BrainpoolP256 => "brainpoolP256r1".into(),
        Curve::BrainpoolP384 => "brainpoolP384r1".into(),
        Curve::BrainpoolP512 => "brainpoolP512r1".into(),
        _ => "unknown curve".into(),
    }
}
