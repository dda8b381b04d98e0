//! Signatures with SHA-1: those that a peer's profile permits, and those of tests.

use super::{Certificate, CertificateHash};
use crate::digest::MessageDigestAlgorithm;
use crate::rsa::RsaPrivateKey;
use crate::x509::CertificateFault;
use crate::{Result, legacy_rsa};

impl Certificate {
    /// Whether the issuer's key made its signature with RSA and SHA-1, which is broken: only where a peer's profile
    /// permits such a certificate.
    #[must_use]
    pub fn is_signed_with_sha1_by(&self, issuer: &Self) -> bool {
        let Ok(key) = &issuer.0.key else { return false };
        let (signed, signature) = (self.part(&self.0.signed), self.part(&self.0.signature));
        self.is_signed_with_sha1() && key.verify_pkcs1_with(MessageDigestAlgorithm::Sha1, signed, signature)
    }

    /// Whether its signature is RSA with SHA-1.
    #[must_use]
    pub fn is_signed_with_sha1(&self) -> bool {
        matches!(&self.0.signature_hash, CertificateHash::Other(oid) if oid == "1.2.840.113549.1.1.5")
    }

    /// The same, signed again by its issuer's key, with SHA-1: every verifier must refuse it.
    ///
    /// # Errors
    /// [`CertificateFault`] for a certificate that is not signed by RSA with SHA-256.
    pub fn signed_with_sha1(&self, issuer_key: &RsaPrivateKey) -> Result<Self, CertificateFault> {
        const SHA256: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b";
        let unfit =
            || CertificateFault::from("a certificate that RSA with SHA-256 has not signed cannot be signed with SHA-1");
        let mut der = self.0.der.to_vec();
        // The algorithm is at the beginning of the signed part, and again after it.
        let find = |within: &[u8]| within.windows(SHA256.len()).position(|part| part == SHA256).ok_or_else(unfit);
        let begin = find(&der[self.0.signed.clone()])? + self.0.signed.start;
        let end = find(&der[self.0.signed.end..])? + self.0.signed.end;
        for at in [begin, end] {
            der[at + SHA256.len() - 1] = 0x05;
        }
        let signature = legacy_rsa::sign_sha1(issuer_key, &der[self.0.signed.clone()]).ok_or_else(unfit)?;
        let place = der.get_mut(self.0.signature.clone()).filter(|place| place.len() == signature.len());
        place.ok_or_else(unfit)?.copy_from_slice(&signature);
        Self::from_der(&der)
    }
}
