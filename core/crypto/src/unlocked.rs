//! Private keys of any algorithm as PEM without a passphrase: for TLS, which accepts more than RSA.

use zeroize::Zeroizing;

use crate::{CryptoError, Result, encrypted_key, pem};

/// The first private key of `text` as a PEM block that needs no passphrase: `PRIVATE KEY`, `RSA PRIVATE KEY` and `EC
/// PRIVATE KEY` unchanged, `ENCRYPTED PRIVATE KEY` decrypted. The passphrase is ignored if the key is not encrypted.
///
/// # Errors
/// [`CryptoError::NoPem`], [`CryptoError::MalformedPem`], [`CryptoError::PemTooLarge`], [`CryptoError::EncryptedPem`] without a passphrase,
/// [`CryptoError::WrongPassphrase`], [`CryptoError::UnsupportedEncryption`], [`CryptoError::TooManyRounds`], [`CryptoError::InvalidKey`], and
/// the error that names another kind of block.
pub fn unlocked_private_key(text: &str, passphrase: Option<&str>) -> Result<Zeroizing<String>> {
    let blocks = pem::blocks(text, "private key")?;
    let block = blocks.iter().find(|block| block.is_private()).unwrap_or(&blocks[0]);
    if !block.is_private() {
        return Err(block.unexpected("private key"));
    }
    if !block.is_encrypted() {
        return Ok(Zeroizing::new(pem::encode(&block.label, &block.bytes)));
    }
    match passphrase {
        None => Err(CryptoError::EncryptedPem),
        Some(_) if block.label != "ENCRYPTED PRIVATE KEY" => Err(CryptoError::UnsupportedEncryption),
        Some(passphrase) => {
            let opened = encrypted_key::decrypt(&block.bytes, passphrase)?;
            Ok(Zeroizing::new(pem::encode("PRIVATE KEY", opened.as_bytes())))
        }
    }
}
