//! One pass over the document, then a verdict on every signature.

use std::io::Read;
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::Context;
use sequoia_openpgp::packet::key::{PublicParts, UnspecifiedRole};
use sequoia_openpgp::packet::signature::subpacket::SubpacketTag;
use sequoia_openpgp::packet::{Key, Signature};
use sequoia_openpgp::serialize::MarshalInto;
use sequoia_openpgp::types::HashAlgorithm;

use super::signatures::{ParsedSignature, SignatureSet, parse_signatures};
use crate::key::algorithm::{SIGNERS, is_acceptable_signer};
use crate::key::{KeyDescription, KeyState, signing_key_state};
use crate::sign::feed;
use crate::{OpenPgpPublicKey, Result, hash};

/// Verifies armored signatures over the output of `reader`; the document is read once and never held in memory.
///
/// # Errors
/// Those of [`parse_signatures`] before anything is read, and [`OpenPgpError::Read`](crate::OpenPgpError::Read). A bad signature is
/// not an error: see [`SignatureOutcome`].
pub fn verify_detached(
    armored: &[u8],
    keys: &[&OpenPgpPublicKey],
    mut reader: impl Read,
    now: SystemTime,
    policy: &VerifyPolicy,
) -> Result<SignatureOutcome> {
    let mut verifier = parse_signatures(armored)?.verifier();
    feed(&mut reader, |piece| verifier.update(piece))?;
    Ok(verifier.finish(keys, now, policy))
}

/// The configurable rules of docs/protocols/ws-channel.md §5.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyPolicy {
    /// How far in the future a signature may be dated.
    pub future_tolerance: Duration,
}

impl Default for VerifyPolicy {
    fn default() -> Self {
        Self { future_tolerance: Duration::from_secs(24 * 60 * 60) }
    }
}

/// One result per signature, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureOutcome {
    /// The results.
    pub results: Vec<SignatureResult>,
}

impl SignatureOutcome {
    /// Fingerprints of the distinct primary keys that made a good signature.
    pub fn good_fingerprints(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for result in &self.results {
            if let SignatureResult::Good { fingerprint, .. } = result
                && !found.contains(&fingerprint.as_str())
            {
                found.push(fingerprint);
            }
        }
        found
    }

    /// Whether at least one signature is good.
    pub fn is_good(&self) -> bool {
        !self.good_fingerprints().is_empty()
    }

    /// Whether at least one signature names one of the given keys, good or not.
    pub fn has_known_issuer(&self) -> bool {
        self.results.iter().any(|result| !matches!(result, SignatureResult::UnknownIssuer { .. }))
    }
}

/// The result for one signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureResult {
    /// Valid, by a key that was valid then and is valid now.
    Good {
        /// Fingerprint of the primary key, 40 upper-case hex digits.
        fingerprint: String,
        /// Fingerprint of the key or subkey that made it.
        signing_key: String,
        /// The claimed creation time.
        created: SystemTime,
    },
    /// Made by none of the given keys.
    UnknownIssuer {
        /// The claimed issuers, upper-case hex.
        issuers: Vec<String>,
    },
    /// Names a given key as its issuer, but is not accepted.
    Bad {
        /// Fingerprint of the primary key it names.
        fingerprint: String,
        /// The reason.
        reason: BadReason,
    },
}

/// Why a signature is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadReason {
    /// The signature does not match the document and the key.
    #[error("the document was changed, or it was signed with another key")]
    Mismatch,
    /// Signed as text, so that other bytes would verify too.
    #[error("it is not a binary document signature")]
    NotBinary,
    /// SHA-1, MD5 or another refused hash.
    #[error("its hash algorithm is refused; use SHA-256, SHA-384 or SHA-512")]
    WeakHash,
    /// Not a version 4 signature.
    #[error("its OpenPGP version is not accepted")]
    Version,
    /// It has no creation time, or contradicts itself.
    #[error("it is malformed")]
    Malformed,
    /// It is dated too far in the future.
    #[error("it is dated in the future; check the signer's clock")]
    FromTheFuture,
    /// The signature itself has expired.
    #[error("the signature has expired")]
    SignatureExpired,
    /// The key has expired, now or when the signature was made.
    #[error("the key has expired")]
    KeyExpired,
    /// The key was revoked, now or when the signature was made.
    #[error("the key was revoked")]
    KeyRevoked,
    /// The signature is older than its key.
    #[error("the key did not exist yet when the signature was made")]
    KeyNotYetValid,
    /// The key may not sign: it is not bound for signing.
    #[error("the key may not sign")]
    KeyNotForSigning,
    /// The key's algorithm or size is refused.
    #[error("{0} keys are not accepted for signatures; accepted are {SIGNERS}")]
    KeyAlgorithm(KeyDescription),
    /// It marks an unsupported part as critical: a notation, for example. Its issuer forbids relying on it without
    /// understanding that part (RFC 4880 §5.2.3.1).
    #[error("it holds a critical part that is not known here, such as a notation; sign without it")]
    UnknownCritical,
}

/// Verifies a document fed in pieces; each accepted hash algorithm among the signatures is computed once.
pub struct DetachedVerifier {
    set: SignatureSet,
    documents: Vec<(HashAlgorithm, Context)>,
}

impl std::fmt::Debug for DetachedVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DetachedVerifier").field("set", &self.set).finish_non_exhaustive()
    }
}

impl DetachedVerifier {
    pub(super) fn new(set: SignatureSet) -> Self {
        let mut documents: Vec<(HashAlgorithm, Context)> = Vec::new();
        for signature in set.signatures.iter().filter(|signature| signature.is_binary()) {
            let Some(algorithm) = signature.hash() else {
                continue;
            };
            if let Some(digest) = hash::accepted(algorithm)
                && !documents.iter().any(|(known, _)| *known == algorithm)
            {
                documents.push((algorithm, Context::new(digest)));
            }
        }
        Self { set, documents }
    }

    /// The next piece of the document.
    pub fn update(&mut self, piece: &[u8]) {
        for (_, document) in &mut self.documents {
            document.update(piece);
        }
    }

    /// The signatures being verified.
    pub fn signatures(&self) -> &SignatureSet {
        &self.set
    }

    /// Ends the document and judges every signature by `keys` at the time `now`.
    pub fn finish(self, keys: &[&OpenPgpPublicKey], now: SystemTime, policy: &VerifyPolicy) -> SignatureOutcome {
        let judge = |signature| self.judge(signature, keys, now, policy);
        SignatureOutcome { results: self.set.signatures.iter().map(judge).collect() }
    }

    fn judge(
        &self,
        parsed: &ParsedSignature,
        keys: &[&OpenPgpPublicKey],
        now: SystemTime,
        policy: &VerifyPolicy,
    ) -> SignatureResult {
        let handles = parsed.handles();
        let mut bad = None;
        // Key ids can collide, so every matching key is tried.
        for key in keys {
            let Some(signature) = &parsed.packet else {
                break;
            };
            let candidates = key.cert.keys().map(|candidate| candidate.key());
            for candidate in candidates.filter(|key| handles.iter().any(|handle| handle.aliases(key.key_handle()))) {
                let fingerprint = key.fingerprint();
                match self.check(signature, key, candidate, now, policy) {
                    Ok(created) => {
                        let signing_key = candidate.fingerprint().to_hex();
                        return SignatureResult::Good { fingerprint, signing_key, created };
                    }
                    Err(reason) => {
                        bad.get_or_insert(SignatureResult::Bad { fingerprint, reason });
                    }
                }
            }
        }
        bad.unwrap_or_else(|| SignatureResult::UnknownIssuer { issuers: parsed.issuers() })
    }

    fn check(
        &self,
        signature: &Signature,
        owner: &OpenPgpPublicKey,
        key: &Key<PublicParts, UnspecifiedRole>,
        now: SystemTime,
        policy: &VerifyPolicy,
    ) -> Result<SystemTime, BadReason> {
        let (Signature::V4(v4), 4) = (signature, key.version()) else {
            return Err(BadReason::Version);
        };
        if !is_acceptable_signer(key.mpis()) {
            return Err(BadReason::KeyAlgorithm(KeyDescription::from_key(key.mpis())));
        }
        if v4.typ() != sequoia_openpgp::types::SignatureType::Binary {
            return Err(BadReason::NotBinary);
        }
        let document = self.documents.iter().find(|(algorithm, _)| *algorithm == v4.hash_algo());
        let Some((_, document)) = document else {
            return Err(BadReason::WeakHash);
        };
        let created = v4.signature_creation_time().ok_or(BadReason::Malformed)?;
        let mut subpackets = v4.hashed_area().iter().chain(v4.unhashed_area().iter());
        if subpackets.any(|subpacket| subpacket.critical() && !is_understood(subpacket.tag())) {
            return Err(BadReason::UnknownCritical);
        }
        if created > now + policy.future_tolerance {
            return Err(BadReason::FromTheFuture);
        }
        let lifetime = v4.signature_validity_period().filter(|lifetime| !lifetime.is_zero());
        if lifetime.is_some_and(|lifetime| created + lifetime <= now) {
            return Err(BadReason::SignatureExpired);
        }
        for time in [now, created] {
            match signing_key_state(&owner.cert, key, now, time) {
                KeyState::Good => {}
                // A key created by a clock ahead of ours, within the tolerance, is judged at its own time.
                KeyState::NotYet if time == now && key.creation_time() <= created => {}
                KeyState::NotYet => return Err(BadReason::KeyNotYetValid),
                KeyState::Expired => return Err(BadReason::KeyExpired),
                KeyState::Revoked => return Err(BadReason::KeyRevoked),
                KeyState::Unusable => return Err(BadReason::KeyNotForSigning),
            }
        }
        let area = v4.hashed_area().to_vec().map_err(|_| BadReason::Malformed)?;
        let head = [4, v4.typ().into(), v4.pk_algo().into(), v4.hash_algo().into()];
        let digest = hash::finish_v4(document.clone(), head, &area).ok_or(BadReason::Malformed)?;
        signature.verify_digest(key, digest.as_ref()).map_err(|_| BadReason::Mismatch)?;
        Ok(created)
    }
}

/// Whether a part of a document's signature is judged here, or cannot forbid relying on it. No notation is supported;
/// flags and preferences are for keys.
fn is_understood(tag: SubpacketTag) -> bool {
    matches!(
        tag,
        SubpacketTag::SignatureCreationTime
            | SubpacketTag::SignatureExpirationTime
            | SubpacketTag::Issuer
            | SubpacketTag::IssuerFingerprint
            | SubpacketTag::SignersUserID
            | SubpacketTag::PolicyURI
    )
}
