//! Public keys from foreign bytes (docs/protocols/ws-channel.md §7).

use std::fmt;
use std::time::SystemTime;

use sequoia_openpgp::armor::Kind;
use sequoia_openpgp::packet::Tag;
use sequoia_openpgp::serialize::Marshal;
use sequoia_openpgp::{Cert, Packet};

use super::algorithm::KeyDescription;
use super::validity;
use crate::limits::{MAX_KEY_BLOCKS, MAX_KEY_BYTES, MAX_KEY_PACKETS, MAX_USER_IDS};
use crate::packets::{self, KeyLimits};
use crate::{ExternalSigner, OpenPgpError, Result, armor};

/// Bounds on a foreign key; the default is the specification's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKeyLimits {
    /// Maximum number of bytes of armor.
    pub bytes: usize,
    /// Maximum number of user ids and user attributes.
    pub user_ids: usize,
    /// Maximum number of packets.
    pub packets: usize,
}

impl Default for PublicKeyLimits {
    fn default() -> Self {
        Self { bytes: MAX_KEY_BYTES, user_ids: MAX_USER_IDS, packets: MAX_KEY_PACKETS }
    }
}

/// One version 4 public key with its subkeys and user ids.
#[derive(Clone)]
pub struct OpenPgpPublicKey {
    pub(crate) cert: Cert,
}

impl OpenPgpPublicKey {
    /// Reads exactly one armored public key from foreign bytes, within `limits`.
    ///
    /// # Errors
    /// [`OpenPgpError::PrivateKeyMaterial`] if it contains a private key anywhere, [`OpenPgpError::TooLarge`], [`OpenPgpError::TooMany`],
    /// [`OpenPgpError::NotArmored`], [`OpenPgpError::InvalidFormat`], [`OpenPgpError::NoKey`], [`OpenPgpError::SeveralKeys`],
    /// [`OpenPgpError::UnsupportedVersion`], [`OpenPgpError::InvalidKey`].
    pub fn from_armored(text: &[u8], limits: PublicKeyLimits) -> Result<Self> {
        if text.len() > limits.bytes {
            return Err(OpenPgpError::TooLarge { what: "the key", limit: limits.bytes, actual: text.len() });
        }
        if contains(text, armor::PRIVATE_KEY.as_bytes()) {
            return Err(OpenPgpError::PrivateKeyMaterial);
        }
        let blocks = armor::decode_blocks(text, armor::PUBLIC_KEY, MAX_KEY_BLOCKS)?;
        let limits = KeyLimits { packets: limits.packets, user_ids: limits.user_ids, public_only: true };
        Ok(Self { cert: certificate(packets::key(&blocks, limits)?)? })
    }

    /// Fingerprint of the primary key, 40 upper-case hex digits.
    pub fn fingerprint(&self) -> String {
        self.cert.fingerprint().to_hex()
    }

    /// The last 16 hex digits of the fingerprint, upper case.
    pub fn key_id(&self) -> String {
        self.cert.keyid().to_hex()
    }

    /// The last 8 hex digits of the fingerprint, upper case: the `PgpKeyId` of docs/protocols/ws-channel.md §7.
    /// Collisions are easy to make; compare fingerprints wherever it matters.
    pub fn short_id(&self) -> String {
        short_id(&self.fingerprint())
    }

    /// User ids, lossy if they are not UTF-8.
    pub fn user_ids(&self) -> Vec<String> {
        self.cert.userids().map(|id| String::from_utf8_lossy(id.userid().value()).into_owned()).collect()
    }

    /// Algorithm of the primary key as GnuPG spells it: `ed25519`, `rsa3072`.
    pub fn algorithm(&self) -> String {
        KeyDescription::from_key(self.cert.primary_key().key().mpis()).to_string()
    }

    /// When the primary key was created.
    pub fn created(&self) -> SystemTime {
        self.cert.primary_key().key().creation_time()
    }

    /// When the primary key expires, according to its self-signatures at `now`; `None` for never (or for a key that has
    /// no valid self-signature: see [`can_sign`](Self::can_sign)).
    pub fn expires(&self, now: SystemTime) -> Option<SystemTime> {
        validity::expires(&self.cert, now)
    }

    /// Whether its owner has revoked it.
    pub fn revoked(&self, now: SystemTime) -> bool {
        validity::is_revoked(&self.cert, now)
    }

    /// Whether it may sign at `now`: an unexpired, unrevoked key or subkey of an accepted algorithm, bound for signing.
    pub fn can_sign(&self, now: SystemTime) -> bool {
        !validity::signing_keys(&self.cert, now).is_empty()
    }

    /// Whether it is valid for encryption at `now`.
    pub fn can_encrypt(&self, now: SystemTime) -> bool {
        !validity::encryption_keys(&self.cert, now).is_empty()
    }

    /// Checks that it may sign at `now`: an unexpired, unrevoked key or subkey of an accepted algorithm, bound for
    /// signing.
    ///
    /// # Errors
    /// [`OpenPgpError::KeyExpired`], [`OpenPgpError::KeyRevoked`], [`OpenPgpError::UnsupportedAlgorithm`], [`OpenPgpError::NoSigningKey`].
    pub fn check_signing(&self, now: SystemTime) -> Result<()> {
        if self.can_sign(now) { Ok(()) } else { Err(validity::why_no_signing_key(&self.cert, now)) }
    }

    /// Checks that it is valid for encryption at `now`.
    ///
    /// # Errors
    /// [`OpenPgpError::KeyExpired`], [`OpenPgpError::KeyRevoked`], [`OpenPgpError::UnsupportedAlgorithm`], [`OpenPgpError::NoEncryptionKey`].
    pub fn check_encryption(&self, now: SystemTime) -> Result<()> {
        if self.can_encrypt(now) { Ok(()) } else { Err(validity::why_no_encryption_key(&self.cert, now)) }
    }

    /// Key ids (16 upper-case hex digits) of the key and subkeys that may sign at `now`.
    pub fn signing_key_ids(&self, now: SystemTime) -> Vec<String> {
        validity::signing_keys(&self.cert, now).iter().map(|key| key.keyid().to_hex()).collect()
    }

    /// The newest RSA or Ed25519 key or subkey that may sign at `now`, to be used where its secret is: in an HSM, a
    /// smart card, an agent.
    ///
    /// # Errors
    /// [`OpenPgpError::KeyExpired`], [`OpenPgpError::KeyRevoked`], [`OpenPgpError::NoSigningKey`], [`OpenPgpError::UnsupportedAlgorithm`] if those
    /// that may sign have other algorithms (RSA from 2048 bits and Ed25519 are supported here).
    pub fn external_signer(&self, now: SystemTime) -> Result<ExternalSigner> {
        let keys = validity::signing_keys(&self.cert, now);
        // A key with an unsupported algorithm is chosen only if there is no other.
        match keys.into_iter().max_by_key(|key| (ExternalSigner::is_fit(key), key.creation_time())) {
            Some(key) => ExternalSigner::new(key, self.fingerprint()),
            None => Err(validity::why_no_signing_key(&self.cert, now)),
        }
    }

    /// The armored public key, without Comment or Version lines.
    ///
    /// # Errors
    /// [`OpenPgpError::Internal`] if the library cannot write it.
    pub fn to_armored(&self) -> Result<String> {
        let mut bytes = Vec::new();
        self.cert.serialize(&mut bytes).map_err(|_| OpenPgpError::Internal("writing the public key"))?;
        armor::encode(Kind::PublicKey, &bytes)
    }
}

impl fmt::Debug for OpenPgpPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenPgpPublicKey").field("fingerprint", &self.fingerprint()).finish_non_exhaustive()
    }
}

/// The last 8 digits of a fingerprint.
pub(crate) fn short_id(fingerprint: &str) -> String {
    fingerprint[fingerprint.len().saturating_sub(8)..].to_owned()
}

/// Assembles the packets of one version 4 certificate.
pub(crate) fn certificate(found: Vec<Packet>) -> Result<Cert> {
    let unreadable = |packet: &Packet| matches!(packet, Packet::Unknown(unknown) if is_key(unknown.tag()));
    if found.iter().any(unreadable) {
        return Err(OpenPgpError::InvalidKey("a key packet cannot be read: it is damaged".into()));
    }
    Cert::from_packets(found.into_iter()).map_err(|_| OpenPgpError::InvalidKey("its packets do not form a key".into()))
}

fn is_key(tag: Tag) -> bool {
    matches!(tag, Tag::PublicKey | Tag::PublicSubkey | Tag::SecretKey | Tag::SecretSubkey)
}

fn contains(text: &[u8], needle: &[u8]) -> bool {
    text.windows(needle.len()).any(|window| window == needle)
}
