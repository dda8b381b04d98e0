//! The private half of a signing key, held by aws-lc-rs.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use aws_lc_rs::digest::Digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{self, Ed25519KeyPair};
use sequoia_openpgp::crypto::{Signer, mpi};
use sequoia_openpgp::packet::Key;
use sequoia_openpgp::packet::key::{PublicParts, SecretKeyMaterial, SecretParts, UnspecifiedRole};
use sequoia_openpgp::types::{Curve, HashAlgorithm, PublicKeyAlgorithm};
use zeroize::Zeroizing;

use crate::key::algorithm::{is_acceptable_signer, unsupported};
use crate::{OpenPgpError, Result, hash};

/// A signing key or subkey with its secret in memory. Cheap to clone; `Debug` shows the fingerprint only.
#[derive(Clone)]
pub struct UnlockedSigner {
    public: Key<PublicParts, UnspecifiedRole>,
    certificate: String,
    secret: Arc<SignerSecret>,
}

enum SignerSecret {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl UnlockedSigner {
    /// Moves the unencrypted secret of `key` into aws-lc-rs, which checks that its parts match.
    pub(crate) fn new(key: &Key<SecretParts, UnspecifiedRole>, certificate: String) -> Result<Self> {
        let public = key.parts_as_public().clone();
        if !is_acceptable_signer(public.mpis()) {
            return Err(unsupported(public.mpis()));
        }
        let SecretKeyMaterial::Unencrypted(material) = key.secret() else {
            return Err(OpenPgpError::Locked);
        };
        let secret = material.map(|secret| match (public.mpis(), secret) {
            (mpi::PublicKey::RSA { e, n }, mpi::SecretKeyMaterial::RSA { d, p, q, u }) => {
                import_rsa(n, e, d, p, q, u).map(SignerSecret::Rsa)
            }
            (mpi::PublicKey::EdDSA { curve: Curve::Ed25519, q }, mpi::SecretKeyMaterial::EdDSA { scalar }) => {
                let point = q.value().strip_prefix(&[0x40]).ok_or_else(|| unsound("the public point"))?;
                import_ed25519(&scalar.value_padded(32), point)
            }
            (mpi::PublicKey::Ed25519 { a }, mpi::SecretKeyMaterial::Ed25519 { x }) => import_ed25519(x, &a[..]),
            _ => Err(unsupported(public.mpis())),
        })?;
        Ok(Self { public, certificate, secret: Arc::new(secret) })
    }

    /// Fingerprint of the key or subkey that signs, 40 upper-case hex digits.
    pub fn fingerprint(&self) -> String {
        self.public.fingerprint().to_hex()
    }

    /// Fingerprint of the primary key it belongs to, 40 upper-case hex digits.
    pub fn primary_fingerprint(&self) -> &str {
        &self.certificate
    }

    /// When the signing key was created.
    pub(crate) fn created(&self) -> SystemTime {
        self.public.creation_time()
    }

    pub(crate) fn key(&self) -> &Key<PublicParts, UnspecifiedRole> {
        &self.public
    }

    /// The private-key operation over a finished digest.
    pub(crate) fn sign_digest(&self, digest: &Digest) -> Result<mpi::Signature> {
        match &*self.secret {
            SignerSecret::Rsa(pair) => {
                let encoding: &'static dyn signature::RsaEncoding = match digest.as_ref().len() {
                    32 => &signature::RSA_PKCS1_SHA256,
                    48 => &signature::RSA_PKCS1_SHA384,
                    64 => &signature::RSA_PKCS1_SHA512,
                    _ => return Err(OpenPgpError::Internal("the choice of a hash for RSA")),
                };
                let mut out = vec![0; pair.public_modulus_len()];
                pair.sign_digest(encoding, digest, &mut out).map_err(|_| OpenPgpError::Internal("RSA signing"))?;
                Ok(mpi::Signature::RSA { s: out.into() })
            }
            SignerSecret::Ed25519(pair) => {
                let out = pair.try_sign(digest.as_ref()).map_err(|_| OpenPgpError::Internal("Ed25519 signing"))?;
                let out: [u8; 64] = out.as_ref().try_into().map_err(|_| OpenPgpError::Internal("Ed25519 signing"))?;
                Ok(if self.public.pk_algo() == PublicKeyAlgorithm::Ed25519 {
                    mpi::Signature::Ed25519 { s: Box::new(out) }
                } else {
                    mpi::Signature::EdDSA { r: mpi::MPI::new(&out[..32]), s: mpi::MPI::new(&out[32..]) }
                })
            }
        }
    }
}

/// Sequoia's interface to this signer, used for the self-signatures of generated keys.
impl Signer for UnlockedSigner {
    fn public(&self) -> &Key<PublicParts, UnspecifiedRole> {
        &self.public
    }

    fn acceptable_hashes(&self) -> &[HashAlgorithm] {
        &[HashAlgorithm::SHA256, HashAlgorithm::SHA384, HashAlgorithm::SHA512]
    }

    fn sign(&mut self, algorithm: HashAlgorithm, digest: &[u8]) -> sequoia_openpgp::Result<mpi::Signature> {
        let algorithm = hash::accepted(algorithm).ok_or(OpenPgpError::Internal("the choice of a hash"))?;
        let digest =
            Digest::import_less_safe(digest, algorithm).map_err(|_| OpenPgpError::Internal("the digest length"))?;
        Ok(self.sign_digest(&digest)?)
    }
}

impl fmt::Debug for UnlockedSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnlockedSigner").field("fingerprint", &self.fingerprint()).finish_non_exhaustive()
    }
}

/// A new RSA key pair by aws-lc-rs, which generates several times faster than sequoia's backend. PKCS#8 DER.
pub(crate) fn generate_rsa(bits: usize) -> Result<Zeroizing<Vec<u8>>> {
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::KeySize;
    let size = match bits {
        2048 => KeySize::Rsa2048,
        3072 => KeySize::Rsa3072,
        4096 => KeySize::Rsa4096,
        _ => return Err(OpenPgpError::Internal("the choice of an RSA size")),
    };
    let pair = RsaKeyPair::generate(size).map_err(|_| OpenPgpError::Internal("RSA key generation"))?;
    let der: Pkcs8V1Der<'static> = pair.as_der().map_err(|_| OpenPgpError::Internal("RSA key export"))?;
    Ok(Zeroizing::new(der.as_ref().to_vec()))
}

/// Random seed for an Ed25519 key.
pub(crate) fn generate_ed25519_seed() -> Result<Zeroizing<[u8; 32]>> {
    let mut seed = Zeroizing::new([0; 32]);
    aws_lc_rs::rand::SecureRandom::fill(&SystemRandom::new(), &mut *seed)
        .map_err(|_| OpenPgpError::Internal("random number generation"))?;
    Ok(seed)
}

/// OpenPGP stores `u = p⁻¹ mod q`; PKCS#1 requires `q⁻¹ mod p`. Swapping the two primes makes them the same number.
fn import_rsa(
    n: &mpi::MPI,
    e: &mpi::MPI,
    d: &mpi::ProtectedMPI,
    p: &mpi::ProtectedMPI,
    q: &mpi::ProtectedMPI,
    u: &mpi::ProtectedMPI,
) -> Result<RsaKeyPair> {
    let (first, second) = (q.value(), p.value());
    RsaKeyPair::from_components(&KeyPairComponents {
        public_key: PublicKeyComponents { n: n.value(), e: e.value() },
        d: d.value(),
        p: first,
        q: second,
        dP: &remainder_by_predecessor(d.value(), first)[..],
        dQ: &remainder_by_predecessor(d.value(), second)[..],
        qInv: u.value(),
    })
    .map_err(|_| unsound("its RSA numbers do not match"))
}

fn import_ed25519(seed: &[u8], public: &[u8]) -> Result<SignerSecret> {
    Ed25519KeyPair::from_seed_and_public_key(seed, public)
        .map(SignerSecret::Ed25519)
        .map_err(|_| unsound("its Ed25519 numbers do not match"))
}

fn unsound(what: &str) -> OpenPgpError {
    OpenPgpError::InvalidKey(what.to_owned())
}

/// `value mod (prime − 1)`, big-endian, without branches on secret bits. `prime` is odd, so its predecessor only
/// loses the last bit. aws-lc-rs checks the result when it imports the key.
fn remainder_by_predecessor(value: &[u8], prime: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut modulus = Zeroizing::new(limbs(prime));
    modulus[0] &= !1;
    let mut rest = Zeroizing::new(vec![0u64; modulus.len()]);
    let mut reduced = rest.clone();
    for bit in value.iter().flat_map(|byte| (0..8).rev().map(move |shift| u64::from(byte >> shift & 1))) {
        let mut carry = bit;
        for limb in rest.iter_mut() {
            let next = *limb >> 63;
            *limb = *limb << 1 | carry;
            carry = next;
        }
        let mut borrow = 0;
        for ((out, &left), &right) in reduced.iter_mut().zip(rest.iter()).zip(modulus.iter()) {
            let (partial, first) = left.overflowing_sub(right);
            let (difference, second) = partial.overflowing_sub(borrow);
            *out = difference;
            borrow = u64::from(first | second);
        }
        // Take the difference when it did not underflow, or when the shift ran over the top.
        let take = (carry | (1 - borrow)).wrapping_neg();
        for (limb, &other) in rest.iter_mut().zip(reduced.iter()) {
            *limb = *limb & !take | other & take;
        }
    }
    Zeroizing::new(rest.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect())
}

/// Big-endian bytes as limbs, the lowest first; at least one.
fn limbs(bytes: &[u8]) -> Vec<u64> {
    let mut limbs: Vec<u64> =
        bytes.rchunks(8).map(|chunk| chunk.iter().fold(0, |limb, &byte| limb << 8 | u64::from(byte))).collect();
    limbs.resize(limbs.len().max(1), 0);
    limbs
}

#[cfg(test)]
mod tests {
    use super::remainder_by_predecessor;

    #[test]
    fn remainder_matches_machine_arithmetic() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..2_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let value = u128::from(state) << 64 | u128::from(state.rotate_left(17));
            let prime = (state.rotate_left(31) | 1).max(3);
            let rest = remainder_by_predecessor(&value.to_be_bytes(), &prime.to_be_bytes());
            let expected = (value % u128::from(prime - 1)) as u64;
            assert_eq!(rest[..], expected.to_be_bytes()[..], "{value} mod {prime} - 1");
        }
    }
}
