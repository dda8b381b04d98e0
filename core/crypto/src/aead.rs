//! Small secrets sealed at rest: AES-256-GCM, bound to their owner (docs/protocols/ws-channel.md §10 S26).
//!
//! Format, version 1: `01`, 8 bytes key id, 12 bytes random nonce, ciphertext, 16 bytes tag. Version and key id are
//! authenticated together with the caller's associated data. With random nonces one key may seal 2³² times.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::{CryptoError, Result, digest, random};

/// Bytes of a sealing key.
pub const KEY_BYTES: usize = 32;
/// Bytes of a key id.
pub const KEY_ID_BYTES: usize = 8;

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const HEADER_BYTES: usize = 1 + KEY_ID_BYTES;
/// Bytes that sealing adds to a secret.
pub const OVERHEAD_BYTES: usize = HEADER_BYTES + NONCE_BYTES + TAG_BYTES;

/// A key that seals. `Debug` shows its id only; its bytes are wiped when dropped.
pub struct SealingKey {
    bytes: Zeroizing<[u8; KEY_BYTES]>,
    id: [u8; KEY_ID_BYTES],
    key: LessSafeKey,
}

impl SealingKey {
    /// A new random key.
    pub fn generate() -> Self {
        Self::new(Zeroizing::new(random::bytes()))
    }

    /// The key with these 32 bytes.
    ///
    /// # Errors
    /// [`CryptoError::SealingKeyLength`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let array = <[u8; KEY_BYTES]>::try_from(bytes);
        array
            .map(|bytes| Self::new(Zeroizing::new(bytes)))
            .map_err(|_| CryptoError::SealingKeyLength { actual: bytes.len() })
    }

    /// The key's bytes, to be stored where only the owner reads.
    pub fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.bytes
    }

    /// The key's public name: the first bytes of a hash of it.
    pub fn key_id(&self) -> [u8; KEY_ID_BYTES] {
        self.id
    }

    /// Seals `secret`; only [`open`](Self::open) with the same `associated` data gives it back.
    pub fn seal(&self, secret: &[u8], associated: &[u8]) -> Vec<u8> {
        let nonce = random::bytes::<NONCE_BYTES>();
        let mut sealed = Vec::with_capacity(secret.len() + OVERHEAD_BYTES);
        sealed.push(VERSION);
        sealed.extend_from_slice(&self.id);
        let aad = Aad::from([&sealed[..], associated].concat());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(secret);
        let content = &mut sealed[HEADER_BYTES + NONCE_BYTES..];
        let tag = self
            .key
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, content)
            .expect("a secret in memory is far below AES-GCM's limit of 64 GiB");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// Reverses [`seal`](Self::seal).
    ///
    /// # Errors
    /// [`CryptoError::SealedFormat`], [`CryptoError::UnknownSealingKey`], [`CryptoError::SealedDamaged`].
    pub fn open(&self, sealed: &[u8], associated: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let id = key_id_of(sealed)?;
        if id != self.id {
            return Err(CryptoError::UnknownSealingKey { key_id: digest::hex(&id) });
        }
        let (header, rest) = sealed.split_at(HEADER_BYTES);
        let (nonce, content) = rest.split_at(NONCE_BYTES);
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| CryptoError::SealedFormat)?;
        let mut content = Zeroizing::new(content.to_vec());
        let aad = Aad::from([header, associated].concat());
        let length = self.key.open_in_place(nonce, aad, &mut content).map_err(|_| CryptoError::SealedDamaged)?.len();
        content.truncate(length);
        Ok(content)
    }

    fn new(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        let hash = digest::hmac_sha256(&*bytes, &[b"bankchannel sealing key id"]);
        let mut id = [0; KEY_ID_BYTES];
        id.copy_from_slice(&hash[..KEY_ID_BYTES]);
        let key = UnboundKey::new(&AES_256_GCM, &*bytes).expect("AES-256 keys have 32 bytes");
        Self { bytes, id, key: LessSafeKey::new(key) }
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKey").field("key_id", &digest::hex(&self.id)).finish_non_exhaustive()
    }
}

/// The current sealing key, and older keys that can still open.
#[derive(Debug)]
pub struct SealingVault {
    current: SealingKey,
    older: Vec<SealingKey>,
}

impl SealingVault {
    /// A vault that seals with `current` and opens with any of the keys.
    pub fn new(current: SealingKey, older: Vec<SealingKey>) -> Self {
        Self { current, older }
    }

    /// The key that seals.
    pub fn current(&self) -> &SealingKey {
        &self.current
    }

    /// Seals with the current key.
    pub fn seal(&self, secret: &[u8], associated: &[u8]) -> Vec<u8> {
        self.current.seal(secret, associated)
    }

    /// Opens with the key that the sealed data names.
    ///
    /// # Errors
    /// [`CryptoError::SealedFormat`], [`CryptoError::UnknownSealingKey`], [`CryptoError::SealedDamaged`].
    pub fn open(&self, sealed: &[u8], associated: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let id = key_id_of(sealed)?;
        let key = self.older.iter().find(|key| key.id == id).unwrap_or(&self.current);
        key.open(sealed, associated)
    }
}

/// The id of the key that sealed this data, for finding the key.
///
/// # Errors
/// [`CryptoError::SealedFormat`].
pub fn key_id_of(sealed: &[u8]) -> Result<[u8; KEY_ID_BYTES]> {
    if sealed.len() < OVERHEAD_BYTES || sealed[0] != VERSION {
        return Err(CryptoError::SealedFormat);
    }
    sealed[1..HEADER_BYTES].try_into().map_err(|_| CryptoError::SealedFormat)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn older_keys_open_and_unknown_ones_are_named() {
        let old = SealingKey::generate();
        let sealed = old.seal(b"secret", b"account 1");
        let copy = SealingKey::from_bytes(old.as_bytes()).unwrap();
        assert_eq!(copy.key_id(), old.key_id());
        let vault = SealingVault::new(SealingKey::generate(), vec![copy]);
        assert_eq!(*vault.open(&sealed, b"account 1").unwrap(), b"secret");
        assert_eq!(*vault.open(&vault.seal(b"new", b""), b"").unwrap(), b"new");
        let error = SealingKey::generate().open(&sealed, b"account 1").unwrap_err();
        assert_eq!(error, CryptoError::UnknownSealingKey { key_id: digest::hex(&old.key_id()) });
        assert_eq!(SealingKey::from_bytes(&[0; 31]).unwrap_err(), CryptoError::SealingKeyLength { actual: 31 });
    }

    #[test]
    fn nothing_secret_is_shown() {
        let key = SealingKey::from_bytes(&[0xab; 32]).unwrap();
        let shown = format!("{key:?}");
        assert!(shown.contains(&digest::hex(&key.key_id())) && !shown.contains("abab") && !shown.contains("171"));
    }

    proptest! {
        #[test]
        fn round_trip_and_every_change_is_noticed(
            secret in proptest::collection::vec(any::<u8>(), 0..200),
            associated in proptest::collection::vec(any::<u8>(), 0..50),
            position: usize,
            flip in 1u8..,
        ) {
            let key = SealingKey::from_bytes(&[7; 32]).unwrap();
            let sealed = key.seal(&secret, &associated);
            prop_assert_eq!(sealed.len(), secret.len() + OVERHEAD_BYTES);
            prop_assert_eq!(&*key.open(&sealed, &associated).unwrap(), &secret);
            prop_assert_ne!(&key.seal(&secret, &associated), &sealed);
            prop_assert_eq!(key.open(&sealed, &[&associated[..], b"x"].concat()), Err(CryptoError::SealedDamaged));
            let mut changed = sealed.clone();
            changed[position % sealed.len()] ^= flip;
            prop_assert!(key.open(&changed, &associated).is_err());
            prop_assert!(key.open(&sealed[..position % sealed.len()], &associated).is_err());
        }
    }
}
