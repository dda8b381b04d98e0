//! Private keys under a passphrase: `ENCRYPTED PRIVATE KEY` (RFC 5958) with PBES2 (RFC 8018), read by the `pkcs8` crate.

use pkcs8::der::{self, ErrorKind, Tag};
use pkcs8::{EncryptedPrivateKeyInfoRef, SecretDocument, pkcs5};

use crate::{CryptoError, Result, key_derivation};

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
