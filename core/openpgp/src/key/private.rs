//! Our own private keys.

use std::fmt;
use std::time::SystemTime;

use sequoia_openpgp::armor::Kind;
use sequoia_openpgp::cert::amalgamation::key::PrimaryKey;
use sequoia_openpgp::crypto::Password;
use sequoia_openpgp::packet::key::{SecretKeyMaterial, SecretParts, UnspecifiedRole};
use sequoia_openpgp::packet::{Key, Tag};
use sequoia_openpgp::serialize::Serialize;
use sequoia_openpgp::{Cert, Packet};
use zeroize::Zeroizing;

use super::public::{OpenPgpPublicKey, PublicKeyLimits, certificate};
use super::validity;
use crate::limits::{MAX_KEY_BLOCKS, MAX_KEY_PACKETS, MAX_PRIVATE_KEY_BYTES, MAX_USER_IDS};
use crate::packets::{self, KeyLimits};
use crate::{OpenPgpError, Result, UnlockedSigner, armor};

/// A private key, possibly locked by a passphrase. `Debug` shows the fingerprint only.
#[derive(Clone)]
pub struct OpenPgpPrivateKey {
    pub(crate) cert: Cert,
}

impl OpenPgpPrivateKey {
    /// Reads exactly one armored private key.
    ///
    /// # Errors
    /// [`OpenPgpError::NoPrivateKey`] for a public key, and those of [`OpenPgpPublicKey::from_armored`].
    pub fn from_armored(text: &[u8]) -> Result<Self> {
        let limits = PublicKeyLimits { bytes: MAX_PRIVATE_KEY_BYTES, user_ids: MAX_USER_IDS, packets: MAX_KEY_PACKETS };
        if text.len() > limits.bytes {
            return Err(OpenPgpError::TooLarge { what: "the private key", limit: limits.bytes, actual: text.len() });
        }
        let blocks = match armor::decode_blocks(text, armor::PRIVATE_KEY, MAX_KEY_BLOCKS) {
            Err(OpenPgpError::NotArmored { .. }) if OpenPgpPublicKey::from_armored(text, limits).is_ok() => {
                return Err(OpenPgpError::NoPrivateKey);
            }
            blocks => blocks?,
        };
        let bounds = KeyLimits { packets: limits.packets, user_ids: limits.user_ids, public_only: false };
        let found = packets::key(&blocks, bounds)?;
        if found.iter().any(|packet| packet.tag() == Tag::PublicKey) {
            return Err(OpenPgpError::NoPrivateKey);
        }
        let cert = certificate(found)?;
        if !cert.is_tsk() {
            return Err(OpenPgpError::NoPrivateKey);
        }
        Ok(Self { cert })
    }

    /// The armored private key, locked or unlocked as it is in memory. Wiped when dropped.
    ///
    /// # Errors
    /// [`OpenPgpError::Internal`] if the library cannot write it.
    pub fn to_armored(&self) -> Result<Zeroizing<String>> {
        let mut bytes = Zeroizing::new(Vec::new());
        self.cert.as_tsk().serialize(&mut *bytes).map_err(|_| OpenPgpError::Internal("writing the private key"))?;
        armor::encode(Kind::SecretKey, &bytes).map(Zeroizing::new)
    }

    /// The public half.
    pub fn public(&self) -> OpenPgpPublicKey {
        OpenPgpPublicKey { cert: self.cert.clone().strip_secret_key_material() }
    }

    /// Fingerprint of the primary key, 40 upper-case hex digits.
    pub fn fingerprint(&self) -> String {
        self.cert.fingerprint().to_hex()
    }

    /// Whether a passphrase is needed before it can sign.
    pub fn is_locked(&self) -> bool {
        self.cert.keys().secret().any(|key| is_locked(key.key().secret()))
    }

    /// Unlocks every locked part with the passphrase. A key that is not locked is unchanged.
    ///
    /// # Errors
    /// [`OpenPgpError::WrongPassphrase`]; [`OpenPgpError::UnsupportedProtection`] if no part can be unlocked with a passphrase.
    pub fn unlock(&mut self, passphrase: &str) -> Result<()> {
        let password = Password::from(passphrase);
        let mut opened: Vec<Packet> = Vec::new();
        let mut stubs = 0;
        for key in self.cert.keys().secret() {
            match key.key().secret() {
                SecretKeyMaterial::Unencrypted(_) => continue,
                SecretKeyMaterial::Encrypted(locked) if !locked.s2k().is_supported() => {
                    stubs += 1;
                    continue;
                }
                SecretKeyMaterial::Encrypted(_) => {}
            }
            let unlocked = key.key().clone().decrypt_secret(&password).map_err(|_| OpenPgpError::WrongPassphrase)?;
            opened.push(if key.primary() {
                unlocked.role_into_primary().into()
            } else {
                unlocked.role_into_subordinate().into()
            });
        }
        if opened.is_empty() {
            let all_stubs = stubs > 0 && self.cert.keys().unencrypted_secret().next().is_none();
            return if all_stubs { Err(OpenPgpError::UnsupportedProtection) } else { Ok(()) };
        }
        let cert = self.cert.clone().insert_packets(opened);
        self.cert = cert.map_err(|_| OpenPgpError::Internal("unlocking the private key"))?.0;
        Ok(())
    }

    /// The newest key or subkey that may sign at `now`, its secret moved into the signing library.
    ///
    /// # Errors
    /// [`OpenPgpError::Locked`], [`OpenPgpError::KeyExpired`], [`OpenPgpError::KeyRevoked`], [`OpenPgpError::NoSigningKey`],
    /// [`OpenPgpError::UnsupportedAlgorithm`] (only RSA from 2048 bits and Ed25519 sign here), [`OpenPgpError::InvalidKey`].
    pub fn signer(&self, now: SystemTime) -> Result<UnlockedSigner> {
        let good = validity::signing_keys(&self.cert, now);
        let mut keys: Vec<_> = self
            .cert
            .keys()
            .secret()
            .map(|key| key.key().clone())
            .filter(|key| good.iter().any(|other| other.fingerprint() == key.fingerprint()))
            .collect();
        keys.sort_by_key(|key| key.creation_time());
        let newest_first = || keys.iter().rev();
        if let Some(key) = newest_first().find(|key| key.has_unencrypted_secret()) {
            return UnlockedSigner::new(key, self.fingerprint());
        }
        match newest_first().next().map(Key::secret) {
            Some(secret) if is_locked(secret) => Err(OpenPgpError::Locked),
            Some(_) => Err(OpenPgpError::UnsupportedProtection),
            None => Err(validity::why_no_signing_key(&self.cert, now)),
        }
    }
}

impl fmt::Debug for OpenPgpPrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenPgpPrivateKey").field("fingerprint", &self.fingerprint()).finish_non_exhaustive()
    }
}

/// Keys whose secret is unencrypted, for decryption.
pub(crate) fn open_keys(cert: &Cert) -> Vec<Key<SecretParts, UnspecifiedRole>> {
    cert.keys().unencrypted_secret().map(|key| key.key().clone()).collect()
}

/// Locked by a passphrase, as opposed to a stub whose secret is elsewhere.
fn is_locked(secret: &SecretKeyMaterial) -> bool {
    matches!(secret, SecretKeyMaterial::Encrypted(locked) if locked.s2k().is_supported())
}
