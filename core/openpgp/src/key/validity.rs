//! Whether a key is valid at a point in time. Sequoia has the certification rules; the accepted algorithms are those of
//! docs/protocols/ws-channel.md §5.2.

use std::time::SystemTime;

use sequoia_openpgp::Cert;
use sequoia_openpgp::cert::ValidCert;
use sequoia_openpgp::cert::amalgamation::{ValidAmalgamation, ValidateAmalgamation};
use sequoia_openpgp::packet::Key;
use sequoia_openpgp::packet::key::{PublicParts, UnspecifiedRole};
use sequoia_openpgp::policy::StandardPolicy;
use sequoia_openpgp::types::{KeyFlags, RevocationStatus};

use super::algorithm::{KeyDescription, RECIPIENTS, SIGNERS, is_acceptable_recipient, is_acceptable_signer};
use crate::OpenPgpError;

type PublicPart = Key<PublicParts, UnspecifiedRole>;

/// Whether a key may sign, and the reason if not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyState {
    Good,
    Expired,
    Revoked,
    /// Created later than the given time.
    NotYet,
    /// Not bound to the certificate for signing, not by accepted self-signatures, or of a refused algorithm.
    Unusable,
}

/// Sequoia's rules with cut-off dates judged at `now`.
pub(crate) fn policy(now: SystemTime) -> StandardPolicy<'static> {
    StandardPolicy::at(now)
}

/// Runs `read` on the certificate as valid at `now`; `None` if no accepted self-signature makes it valid.
pub(crate) fn with_valid<T>(cert: &Cert, now: SystemTime, read: impl FnOnce(&ValidCert<'_>) -> T) -> Option<T> {
    let policy = policy(now);
    cert.with_policy(&policy, now).ok().map(|valid| read(&valid))
}

/// When the primary key expires, according to its self-signatures at `now`.
pub(crate) fn expires(cert: &Cert, now: SystemTime) -> Option<SystemTime> {
    with_valid(cert, now, |valid| valid.primary_key().key_expiration_time()).flatten()
}

/// Whether the primary key is revoked at `now`. A revocation counts even if no self-signature is valid.
pub(crate) fn is_revoked(cert: &Cert, now: SystemTime) -> bool {
    matches!(cert.revocation_status(&policy(now), now), RevocationStatus::Revoked(_))
}

/// Keys that may sign at `now`: valid, in a valid certificate, of an accepted algorithm.
pub(crate) fn signing_keys(cert: &Cert, now: SystemTime) -> Vec<PublicPart> {
    cert.keys()
        .map(|key| key.key().clone())
        .filter(|key| signing_key_state(cert, key, now, now) == KeyState::Good)
        .collect()
}

/// Why no key of `cert` may sign at `now`.
pub(crate) fn why_no_signing_key(cert: &Cert, now: SystemTime) -> OpenPgpError {
    let states: Vec<KeyState> = cert.keys().map(|key| signing_key_state(cert, key.key(), now, now)).collect();
    if states.contains(&KeyState::Expired) {
        return OpenPgpError::KeyExpired;
    }
    if states.contains(&KeyState::Revoked) {
        return OpenPgpError::KeyRevoked;
    }
    let refused = |key: &PublicPart| key.pk_algo().for_signing() && !is_acceptable_signer(key.mpis());
    unsupported(cert, refused, "signatures", SIGNERS).unwrap_or(OpenPgpError::NoSigningKey)
}

/// Why no key of `cert` is valid for encryption at `now`.
pub(crate) fn why_no_encryption_key(cert: &Cert, now: SystemTime) -> OpenPgpError {
    if is_revoked(cert, now) {
        return OpenPgpError::KeyRevoked;
    }
    if expires(cert, now).is_some_and(|end| end <= now) {
        return OpenPgpError::KeyExpired;
    }
    let refused = |key: &PublicPart| key.pk_algo().for_encryption() && !is_acceptable_recipient(key.mpis());
    unsupported(cert, refused, "encryption", RECIPIENTS).unwrap_or(OpenPgpError::NoEncryptionKey)
}

/// The error that names the first key of `cert` whose algorithm is refused.
fn unsupported(
    cert: &Cert,
    refused: impl Fn(&PublicPart) -> bool,
    purpose: &'static str,
    accepted: &'static str,
) -> Option<OpenPgpError> {
    let key = cert.keys().map(|key| key.key()).find(|key| refused(key))?;
    Some(OpenPgpError::UnsupportedAlgorithm {
        algorithm: KeyDescription::from_key(key.mpis()).to_string(),
        purpose,
        accepted,
    })
}

/// Keys that are valid for encryption at `now`.
pub(crate) fn encryption_keys(cert: &Cert, now: SystemTime) -> Vec<PublicPart> {
    if is_revoked(cert, now) {
        return Vec::new();
    }
    let flags = KeyFlags::empty().set_transport_encryption().set_storage_encryption();
    with_valid(cert, now, |valid| {
        if valid.alive().is_err() {
            return Vec::new();
        }
        let usable = valid.keys().supported().alive().revoked(false).key_flags(flags);
        usable.map(|key| key.key().clone()).filter(|key| is_acceptable_recipient(key.mpis())).collect()
    })
    .unwrap_or_default()
}

/// The state at `time` of one key of `cert`, judged by what is known at `now`.
///
/// If every self-signature is newer than `time` (the owner extended the key and exported only the newest), the present
/// one counts for the past: its expiry still counts from the key's creation.
pub(crate) fn signing_key_state(cert: &Cert, key: &PublicPart, now: SystemTime, time: SystemTime) -> KeyState {
    if !is_acceptable_signer(key.mpis()) {
        return KeyState::Unusable;
    }
    if key.creation_time() > time || cert.primary_key().key().creation_time() > time {
        return KeyState::NotYet;
    }
    let policy = policy(now);
    if matches!(cert.revocation_status(&policy, time), RevocationStatus::Revoked(_)) {
        return KeyState::Revoked;
    }
    let Some(erased) = cert.keys().find(|candidate| candidate.key().fingerprint() == key.fingerprint()) else {
        return KeyState::Unusable;
    };
    let bound = erased.clone().with_policy(&policy, time).or_else(|_| erased.with_policy(&policy, now));
    let Ok(bound) = bound else {
        return KeyState::Unusable;
    };
    if matches!(bound.revocation_status(), RevocationStatus::Revoked(_)) {
        return KeyState::Revoked;
    }
    if !bound.for_signing() {
        return KeyState::Unusable;
    }
    let certificate_ends = bound.valid_cert().primary_key().key_expiration_time();
    let ends = [certificate_ends, bound.key_expiration_time()].into_iter().flatten().min();
    if ends.is_some_and(|end| end <= time) { KeyState::Expired } else { KeyState::Good }
}
