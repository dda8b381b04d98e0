//! The facts in a key file.

use std::time::SystemTime;

use super::private::OpenPgpPrivateKey;
use super::public::{OpenPgpPublicKey, PublicKeyLimits};
use crate::{OpenPgpError, Result};

/// Facts about a public or private key, for display. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenPgpKeyInfo {
    /// Fingerprint of the primary key, 40 upper-case hex digits.
    pub fingerprint: String,
    /// Last 16 digits of it.
    pub key_id: String,
    /// Last 8 digits of it, the `PgpKeyId` of the WS Channel.
    pub short_id: String,
    /// User ids, lossy if they are not UTF-8.
    pub user_ids: Vec<String>,
    /// Algorithm of the primary key as GnuPG spells it.
    pub algorithm: String,
    /// When the primary key was created.
    pub created: SystemTime,
    /// When it expires; `None` for never.
    pub expires: Option<SystemTime>,
    /// Whether it is revoked.
    pub revoked: bool,
    /// Whether it is valid for signing at the time of inspection.
    pub can_sign: bool,
    /// Whether it is valid for encryption at the time of inspection.
    pub can_encrypt: bool,
    /// Whether the file holds the private key.
    pub secret: bool,
    /// Whether the private key needs a passphrase.
    pub locked: bool,
}

/// Reads an armored public or private key and returns its facts.
///
/// # Errors
/// Those of [`OpenPgpPublicKey::from_armored`] and [`OpenPgpPrivateKey::from_armored`].
pub fn inspect(text: &[u8], now: SystemTime) -> Result<OpenPgpKeyInfo> {
    match OpenPgpPublicKey::from_armored(text, PublicKeyLimits::default()) {
        Ok(key) => Ok(info(&key, now, None)),
        Err(OpenPgpError::PrivateKeyMaterial | OpenPgpError::TooLarge { .. }) => {
            let private = OpenPgpPrivateKey::from_armored(text)?;
            Ok(info(&private.public(), now, Some(private.is_locked())))
        }
        Err(error) => Err(error),
    }
}

fn info(key: &OpenPgpPublicKey, now: SystemTime, locked: Option<bool>) -> OpenPgpKeyInfo {
    OpenPgpKeyInfo {
        fingerprint: key.fingerprint(),
        key_id: key.key_id(),
        short_id: key.short_id(),
        user_ids: key.user_ids(),
        algorithm: key.algorithm(),
        created: key.created(),
        expires: key.expires(now),
        revoked: key.revoked(now),
        can_sign: key.can_sign(now),
        can_encrypt: key.can_encrypt(now),
        secret: locked.is_some(),
        locked: locked.unwrap_or(false),
    }
}
