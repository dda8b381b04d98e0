//! Private keys under a passphrase: `ENCRYPTED PRIVATE KEY` (RFC 5958) with PBES2 (RFC 8018), read and written by the
//! `pkcs8` crate.

use pkcs8::der::{self, ErrorKind, Tag};
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef, SecretDocument, pkcs5};

use zeroize::Zeroizing;

use crate::{CryptoError, Result, key_derivation, pem, random};

/// Maximum number of rounds of key derivation, some seconds of computing: a file with more is taken for a mistake.
const MAX_ROUNDS: u64 = 10_000_000;

/// The PKCS#8 in `der`, wiped when dropped.
///
/// # Errors
/// [`Error::WrongPassphrase`], [`Error::UnsupportedEncryption`], [`Error::TooManyRounds`], [`Error::InvalidKey`].
pub(crate) fn decrypt(der: &[u8], passphrase: &str) -> Result<SecretDocument> {
    key_derivation::check(der, MAX_ROUNDS, MAX_ROUNDS)?;
    let info = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|fault| match fault {
        pkcs8::Error::Asn1(fault) if is_unknown(fault) => CryptoError::UnsupportedEncryption,
        _ => CryptoError::InvalidKey,
    })?;
    info.decrypt(passphrase).map_err(|fault| match fault {
        pkcs8::Error::EncryptedPrivateKey(
            pkcs5::Error::NoPbes1CryptSupport | pkcs5::Error::UnsupportedAlgorithm { .. },
        ) => CryptoError::UnsupportedEncryption,
        pkcs8::Error::EncryptedPrivateKey(pkcs5::Error::AlgorithmParametersInvalid { .. }) => CryptoError::InvalidKey,
        // By chance, a wrong passphrase can leave valid padding, but not a key.
        _ => CryptoError::WrongPassphrase,
    })
}

/// Rounds of key derivation of keys that are written: what OWASP recommends for PBKDF2 with HMAC-SHA-256.
const ROUNDS: u32 = 600_000;

/// A private key, PKCS#8 DER, under a passphrase as PEM: PBKDF2 with HMAC-SHA-256, AES-256-CBC, as openssl reads it.
///
/// # Errors
/// [`CryptoError::Internal`].
pub(crate) fn encrypt(pkcs8: &[u8], passphrase: &str) -> Result<Zeroizing<String>> {
    let failed = |_| CryptoError::Internal("encrypting a private key");
    let (salt, iv) = (random::bytes::<16>(), random::bytes::<16>());
    let parameters = pkcs5::pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(ROUNDS, &salt, iv);
    let parameters = parameters.map_err(|_| CryptoError::Internal("parameters of encryption"))?;
    let key = PrivateKeyInfoRef::try_from(pkcs8).map_err(|_| CryptoError::InvalidKey)?;
    let encrypted = key.encrypt_with_params(parameters, passphrase).map_err(failed)?;
    Ok(Zeroizing::new(pem::encode("ENCRYPTED PRIVATE KEY", encrypted.as_bytes())))
}

/// Whether reading failed on an algorithm that the library does not support.
pub(crate) fn is_unknown(fault: der::Error) -> bool {
    matches!(fault.kind(), ErrorKind::OidUnknown { .. } | ErrorKind::Value { tag: Tag::ObjectIdentifier })
}

#[cfg(test)]
mod tests {
    proptest::proptest! {
        #[test]
        fn any_bytes_are_answered(der: Vec<u8>) {
            assert!(super::decrypt(&der, "x").is_err());
        }
    }
}
