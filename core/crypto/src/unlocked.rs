//! Private keys of any algorithm as PEM without a passphrase: for TLS, which takes more than RSA.

use zeroize::Zeroizing;

use crate::{Error, Result, encrypted_key, pem};

/// The first private key of `text` as a PEM block that needs no passphrase: `PRIVATE KEY`, `RSA PRIVATE KEY` and
/// `EC PRIVATE KEY` as they are, `ENCRYPTED PRIVATE KEY` opened. A passphrase for a key that is not encrypted is not used.
///
/// # Errors
/// [`Error::NoPem`], [`Error::MalformedPem`], [`Error::PemTooLarge`], [`Error::EncryptedPem`] without a passphrase,
/// [`Error::WrongPassphrase`], [`Error::UnsupportedEncryption`], [`Error::TooManyRounds`], [`Error::InvalidKey`], and what another
/// block is.
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
        None => Err(Error::EncryptedPem),
        Some(_) if block.label != "ENCRYPTED PRIVATE KEY" => Err(Error::UnsupportedEncryption),
        Some(passphrase) => {
            let opened = encrypted_key::decrypt(&block.bytes, passphrase)?;
            Ok(Zeroizing::new(pem::encode("PRIVATE KEY", opened.as_bytes())))
        }
    }
}
