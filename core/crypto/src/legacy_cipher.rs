//! The ciphers of one bank's channel: a session's key by RSA with PKCS#1 v1.5, its content by 3DES. Nothing here is
//! for a bank whose profile does not ask for it.
//!
//! Who sees whether padding fits can decrypt messages that are not his (Bleichenbacher). So a key that cannot be unwrapped is
//! replaced by another one, the same each time for the same bytes: repeating a message tells nothing.

use aws_lc_rs::rsa::{Pkcs1PrivateDecryptingKey, Pkcs1PublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey};
use cbc::cipher::{Array, BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use des::TdesEde3;
use zeroize::Zeroizing;

use crate::cbc::{CbcCipher, CipherKind};
use crate::rsa::{RsaPrivateKey, RsaPublicKey};
use crate::{CryptoError, Result, digest, random};

/// 3DES with three keys.
pub const TRIPLE_DES: CbcCipher = CbcCipher(CipherKind::TripleDes);

/// A key for one message.
#[derive(Clone)]
pub struct SessionKey(Zeroizing<Vec<u8>>);

impl SessionKey {
    /// A random key for a cipher.
    #[must_use]
    pub fn random(cipher: CbcCipher) -> Self {
        let mut key = Zeroizing::new(vec![0; cipher.key_len()]);
        random::fill(&mut key);
        if cipher == TRIPLE_DES {
            key.iter_mut().for_each(|byte| *byte = with_odd_parity(*byte));
        }
        Self(key)
    }

    /// Its bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Wraps it for the holder of a key: RSAES-PKCS1-v1_5.
    ///
    /// # Errors
    /// [`CryptoError::Internal`].
    pub fn wrap(&self, recipient: &RsaPublicKey) -> Result<Vec<u8>> {
        let failed = |_| CryptoError::Internal("RSA encryption");
        let key = PublicEncryptingKey::from_der(recipient.spki_der()).map_err(|_| CryptoError::InvalidKey)?;
        let key = Pkcs1PublicEncryptingKey::new(key).map_err(failed)?;
        let mut out = vec![0; key.ciphertext_size()];
        let length = key.encrypt(&self.0, &mut out).map_err(failed)?.len();
        out.truncate(length);
        Ok(out)
    }

    /// The key for a cipher from what a private key has unwrapped; if that is nothing, or of another length, one that follows
    /// from the wrapped bytes and a secret that belongs to the private key.
    #[must_use]
    pub fn from_unwrapped(unwrapped: Option<&[u8]>, cipher: CbcCipher, wrapped: &[u8], secret: &[u8]) -> Self {
        // Made in each case: the same work whether or not it is used.
        let other = Zeroizing::new(digest::hmac_sha256(secret, &[b"key of a session", wrapped]));
        let mut key = Self(Zeroizing::new(other[..cipher.key_len()].to_vec()));
        if let Some(unwrapped) = unwrapped.filter(|unwrapped| unwrapped.len() == cipher.key_len()) {
            key.0.copy_from_slice(unwrapped);
        }
        key
    }
}

/// A private key that unwraps keys of sessions.
pub struct SessionKeyOpener {
    key: Pkcs1PrivateDecryptingKey,
    /// From what keys follow that take the place of those that do not fit.
    secret: Zeroizing<[u8; 32]>,
}

impl SessionKeyOpener {
    /// Of an RSA key.
    ///
    /// # Errors
    /// [`CryptoError::InvalidKey`].
    pub fn new(key: &RsaPrivateKey) -> Result<Self> {
        let secret = Zeroizing::new(digest::hmac_sha256(key.pkcs8_der(), &[b"keys that do not fit"]));
        let key = PrivateDecryptingKey::from_pkcs8(key.pkcs8_der()).map_err(|_| CryptoError::InvalidKey)?;
        Ok(Self { key: Pkcs1PrivateDecryptingKey::new(key).map_err(|_| CryptoError::InvalidKey)?, secret })
    }

    /// The key for a cipher; another one, always the same, if it cannot be unwrapped.
    #[must_use]
    pub fn open(&self, wrapped: &[u8], cipher: CbcCipher) -> SessionKey {
        let mut out = Zeroizing::new(vec![0; self.key.min_output_size()]);
        let unwrapped = self.key.decrypt(wrapped, &mut out).ok();
        SessionKey::from_unwrapped(unwrapped.as_deref(), cipher, wrapped, &*self.secret)
    }
}

crate::opaque_debug!(SessionKey, SessionKeyOpener);

/// The lowest bit of each byte of a DES key makes the number of its bits odd.
fn with_odd_parity(byte: u8) -> u8 {
    if byte.count_ones().is_multiple_of(2) { byte ^ 1 } else { byte }
}

pub(crate) struct TripleDesEncryption(Box<cbc::Encryptor<TdesEde3>>);

impl TripleDesEncryption {
    pub(crate) fn new(key: &[u8], iv: &[u8]) -> Option<Self> {
        cbc::Encryptor::new_from_slices(key, iv).ok().map(|cipher| Self(Box::new(cipher)))
    }

    /// Encrypts whole blocks in their place; `None` if they are not whole.
    pub(crate) fn update(&mut self, blocks: &mut [u8]) -> Option<()> {
        let (blocks, rest) = Array::<u8, _>::slice_as_chunks_mut(blocks);
        rest.is_empty().then(|| self.0.encrypt_blocks(blocks))
    }
}

pub(crate) struct TripleDesDecryption(Box<cbc::Decryptor<TdesEde3>>);

impl TripleDesDecryption {
    pub(crate) fn new(key: &[u8], iv: &[u8]) -> Option<Self> {
        cbc::Decryptor::new_from_slices(key, iv).ok().map(|cipher| Self(Box::new(cipher)))
    }

    /// Decrypts whole blocks in their place; `None` if they are not whole.
    pub(crate) fn update(&mut self, blocks: &mut [u8]) -> Option<()> {
        let (blocks, rest) = Array::<u8, _>::slice_as_chunks_mut(blocks);
        rest.is_empty().then(|| self.0.decrypt_blocks(blocks))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_key_is_unwrapped_by_its_recipient_alone() {
        let (own, other) = (RsaPrivateKey::generate(2048).unwrap(), RsaPrivateKey::generate(2048).unwrap());
        let (own_opener, other_opener) = (SessionKeyOpener::new(&own).unwrap(), SessionKeyOpener::new(&other).unwrap());
        for cipher in [CbcCipher::AES_128, CbcCipher::AES_192, CbcCipher::AES_256, TRIPLE_DES] {
            let key = SessionKey::random(cipher);
            let wrapped = key.wrap(own.public()).unwrap();
            assert_eq!(wrapped.len(), 256);
            assert_eq!(own_opener.open(&wrapped, cipher).expose(), key.expose());
            // Whatever does not fit gives a key of the right length, the same one each time.
            let damaged = [&wrapped[..255], &[wrapped[255] ^ 1]].concat();
            for (opener, wrapped) in [(&other_opener, &wrapped), (&own_opener, &damaged), (&own_opener, &Vec::new())] {
                let (first, second) = (opener.open(wrapped, cipher), opener.open(wrapped, cipher));
                assert_eq!(first.expose().len(), cipher.key_len());
                assert!(first.expose() != key.expose() && first.expose() == second.expose());
            }
        }
        // A key for another cipher is none for this one.
        let wrapped = SessionKey::random(TRIPLE_DES).wrap(own.public()).unwrap();
        assert_eq!(own_opener.open(&wrapped, CbcCipher::AES_256).expose().len(), 32);
    }

    #[test]
    fn keys_of_triple_des_have_odd_parity() {
        assert!(SessionKey::random(TRIPLE_DES).expose().iter().all(|byte| byte.count_ones() % 2 == 1));
        assert_eq!((with_odd_parity(0), with_odd_parity(1), with_odd_parity(3)), (1, 1, 2));
    }
}
