//! Block ciphers in CBC mode without padding, over pieces, as XML encryption has them. Nothing protects their text against
//! changes: a decrypted text counts only once a signature inside of it holds.

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, Algorithm, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext,
    UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;

use crate::legacy_cipher::{TripleDesDecryption, TripleDesEncryption};
use crate::{CryptoError, Result};

/// Largest block of the ciphers here, bytes.
pub const MAX_BLOCK: usize = 16;

/// A block cipher in CBC mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CbcCipher(pub(crate) CipherKind);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum CipherKind {
    Aes128,
    Aes192,
    Aes256,
    TripleDes,
}

impl CbcCipher {
    /// AES with a key of 128 bits.
    pub const AES_128: Self = Self(CipherKind::Aes128);
    /// AES with a key of 192 bits.
    pub const AES_192: Self = Self(CipherKind::Aes192);
    /// AES with a key of 256 bits. For the other cipher see [`TRIPLE_DES`](crate::legacy_cipher::TRIPLE_DES).
    pub const AES_256: Self = Self(CipherKind::Aes256);

    /// Length of its key, bytes.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self.0 {
            CipherKind::Aes128 => 16,
            CipherKind::Aes192 | CipherKind::TripleDes => 24,
            CipherKind::Aes256 => 32,
        }
    }

    /// Length of its block and of its initialisation vector, bytes.
    #[must_use]
    pub const fn block_len(self) -> usize {
        match self.0 {
            CipherKind::Aes128 | CipherKind::Aes192 | CipherKind::Aes256 => 16,
            CipherKind::TripleDes => 8,
        }
    }

    /// The form of AES; `None` for the other cipher.
    fn aes(self) -> Option<&'static Algorithm> {
        match self.0 {
            CipherKind::Aes128 => Some(&AES_128),
            CipherKind::Aes192 => Some(&AES_192),
            CipherKind::Aes256 => Some(&AES_256),
            CipherKind::TripleDes => None,
        }
    }

    fn check(self, key: &[u8], iv: &[u8]) -> Result<()> {
        let fits = key.len() == self.key_len() && iv.len() == self.block_len();
        fits.then_some(()).ok_or(CryptoError::Internal("length of a cipher's key or vector"))
    }
}

const FAILED: CryptoError = CryptoError::Internal("block cipher");

/// Encryption of pieces, each of whole blocks.
pub struct CbcEncryption(EncryptionState);

enum EncryptionState {
    Aes(Box<EncryptingKey>, [u8; 16]),
    TripleDes(TripleDesEncryption),
}

impl CbcEncryption {
    /// Begins with a key and an initialisation vector, which must be random and used once.
    ///
    /// # Errors
    /// [`CryptoError::Internal`] for another length of either.
    pub fn new(cipher: CbcCipher, key: &[u8], iv: &[u8]) -> Result<Self> {
        cipher.check(key, iv)?;
        Ok(Self(match cipher.aes() {
            Some(form) => {
                let key = UnboundCipherKey::new(form, key).and_then(EncryptingKey::cbc).map_err(|_| FAILED)?;
                EncryptionState::Aes(Box::new(key), iv.try_into().map_err(|_| FAILED)?)
            }
            None => EncryptionState::TripleDes(TripleDesEncryption::new(key, iv).ok_or(FAILED)?),
        }))
    }

    /// Encrypts the next blocks in their place.
    ///
    /// # Errors
    /// [`CryptoError::Internal`] if they are not whole.
    pub fn update(&mut self, blocks: &mut [u8]) -> Result<()> {
        if blocks.is_empty() {
            return Ok(());
        }
        match &mut self.0 {
            EncryptionState::Aes(key, iv) => {
                let context = EncryptionContext::Iv128(FixedLength::from(&*iv));
                key.less_safe_encrypt(blocks, context).map_err(|_| FAILED)?;
                // The last block is the vector of the next one.
                *iv = *blocks.last_chunk().ok_or(FAILED)?;
                Ok(())
            }
            EncryptionState::TripleDes(cipher) => cipher.update(blocks).ok_or(FAILED),
        }
    }
}

/// Decryption of pieces, each of whole blocks.
pub struct CbcDecryption(DecryptionState);

enum DecryptionState {
    Aes(Box<DecryptingKey>, [u8; 16]),
    TripleDes(TripleDesDecryption),
}

impl CbcDecryption {
    /// Begins with a key and the initialisation vector of the text.
    ///
    /// # Errors
    /// [`CryptoError::Internal`] for another length of either.
    pub fn new(cipher: CbcCipher, key: &[u8], iv: &[u8]) -> Result<Self> {
        cipher.check(key, iv)?;
        Ok(Self(match cipher.aes() {
            Some(form) => {
                let key = UnboundCipherKey::new(form, key).and_then(DecryptingKey::cbc).map_err(|_| FAILED)?;
                DecryptionState::Aes(Box::new(key), iv.try_into().map_err(|_| FAILED)?)
            }
            None => DecryptionState::TripleDes(TripleDesDecryption::new(key, iv).ok_or(FAILED)?),
        }))
    }

    /// Decrypts the next blocks in their place.
    ///
    /// # Errors
    /// [`CryptoError::Internal`] if they are not whole.
    pub fn update(&mut self, blocks: &mut [u8]) -> Result<()> {
        if blocks.is_empty() {
            return Ok(());
        }
        match &mut self.0 {
            DecryptionState::Aes(key, iv) => {
                let next = *blocks.last_chunk().ok_or(FAILED)?;
                let context = DecryptionContext::Iv128(FixedLength::from(&*iv));
                key.decrypt(blocks, context).map_err(|_| FAILED)?;
                *iv = next;
                Ok(())
            }
            DecryptionState::TripleDes(cipher) => cipher.update(blocks).ok_or(FAILED),
        }
    }
}

crate::opaque_debug!(CbcEncryption, CbcDecryption);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::legacy_cipher::TRIPLE_DES;
    use proptest::prelude::*;

    const KEY: [u8; 32] = {
        let mut key = [0; 32];
        let mut at = 0;
        while at < 32 {
            key[at] = at as u8;
            at += 1;
        }
        key
    };

    /// NIST SP 800-38A, F.2.1, F.2.3 and F.2.5: CBC-AES128, 192 and 256.Encrypt, the first two blocks of each.
    #[test]
    fn aes_gives_the_published_values() {
        let bytes = |hex: &str| data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap();
        let iv = bytes("000102030405060708090a0b0c0d0e0f");
        let plain = bytes("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
        for (cipher, key, expected) in [
            (
                CbcCipher::AES_128,
                "2b7e151628aed2a6abf7158809cf4f3c",
                "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2",
            ),
            (
                CbcCipher::AES_192,
                "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
                "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a",
            ),
            (
                CbcCipher::AES_256,
                "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
                "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d",
            ),
        ] {
            let (key, mut text) = (bytes(key), plain.clone());
            CbcEncryption::new(cipher, &key, &iv).unwrap().update(&mut text).unwrap();
            assert_eq!(text, bytes(expected), "{cipher:?}");
            CbcDecryption::new(cipher, &key, &iv).unwrap().update(&mut text).unwrap();
            assert_eq!(text, plain, "{cipher:?}");
        }
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        for cipher in [CbcCipher::AES_128, CbcCipher::AES_192, CbcCipher::AES_256, TRIPLE_DES] {
            let (key, iv) = (&KEY[..cipher.key_len()], &KEY[..cipher.block_len()]);
            assert!(
                CbcEncryption::new(cipher, &key[1..], iv).is_err()
                    && CbcDecryption::new(cipher, key, &iv[1..]).is_err()
            );
            let mut text = vec![0; cipher.block_len() + 1];
            assert!(CbcEncryption::new(cipher, key, iv).unwrap().update(&mut text).is_err());
            assert!(CbcDecryption::new(cipher, key, iv).unwrap().update(&mut text).is_err());
        }
    }

    proptest! {
        #[test]
        fn pieces_give_the_same_as_the_whole(text in proptest::collection::vec(any::<u8>(), 0..500), cut in 0..30_usize) {
            for cipher in [CbcCipher::AES_256, TRIPLE_DES] {
                let block = cipher.block_len();
                let text = &text[..text.len() / block * block];
                let cut = (cut * block).min(text.len());
                let (key, iv) = (&KEY[..cipher.key_len()], &KEY[..block]);
                let (mut whole, mut pieces) = (text.to_vec(), text.to_vec());
                CbcEncryption::new(cipher, key, iv).unwrap().update(&mut whole).unwrap();
                let mut encryption = CbcEncryption::new(cipher, key, iv).unwrap();
                encryption.update(&mut pieces[..cut]).unwrap();
                encryption.update(&mut pieces[cut..]).unwrap();
                prop_assert_eq!(&whole, &pieces);
                let mut decryption = CbcDecryption::new(cipher, key, iv).unwrap();
                decryption.update(&mut pieces[..cut]).unwrap();
                decryption.update(&mut pieces[cut..]).unwrap();
                prop_assert_eq!(&pieces, text);
            }
        }
    }
}
