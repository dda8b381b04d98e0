//! PKCS#12 files (`.p12`, `.pfx`; RFC 7292): a private key with its certificate, under a passphrase.

use std::fmt;

use p12_keystore::error::Error as Fault;
use p12_keystore::{Pkcs12Archive, PrivateKeyBag};
use zeroize::Zeroizing;

use crate::rsa::RsaPrivateKey;
use crate::signature::SigningKey;
use crate::x509::Certificate;
use crate::{CryptoError, Result, encrypted_key, key_derivation};

/// Largest file that is read, bytes: one key and a long chain stay far below.
pub const MAX_BYTES: usize = 256 * 1024;
/// Maximum number of rounds of key derivation in all parts that are visible without the passphrase, a second or two of
/// computing.
/// Parts inside an encrypted part (a key that is encrypted again) are seen too late for the sum, so each is limited
/// separately. `openssl` uses 2048 rounds in each part, other programs some ten thousand.
const MAX_ROUNDS: u64 = 2_000_000;
/// Maximum in one part: the library's own limit.
const MAX_ROUNDS_EACH: u64 = 1_000_000;

/// The content of a PKCS#12 file: one RSA key, and certificates.
///
/// The key is wiped when the last copy is dropped. The library that decrypts the file leaves its own copies in freed
/// memory.
pub struct Pkcs12Keystore {
    private_key: RsaPrivateKey,
    certificate: Option<Vec<u8>>,
    others: Vec<Vec<u8>>,
}

impl Pkcs12Keystore {
    /// Reads a file: DER, under PBES2 or the older SHA-1 with 3DES or 40-bit RC2, as `openssl pkcs12 -export` writes it with
    /// and without `-legacy`, with up to 1,000,000 rounds of key derivation in each part and 2,000,000 in all that are not
    /// themselves inside an encrypted part. The passphrase is checked by the file's own MAC first, where it has one.
    ///
    /// # Errors
    /// [`CryptoError::KeystoreTooLarge`], [`CryptoError::TooManyRounds`], [`CryptoError::WrongPassphrase`], [`CryptoError::UnsupportedEncryption`],
    /// [`CryptoError::InvalidKeystore`], [`CryptoError::NoKeyInKeystore`], [`CryptoError::SeveralKeys`], [`CryptoError::NotRsa`],
    /// [`CryptoError::KeyTooSmall`], [`CryptoError::KeyTooLarge`], [`CryptoError::InvalidKey`].
    pub fn read(der: &[u8], passphrase: &str) -> Result<Self> {
        let archive = open(der, passphrase)?;
        let private_key = RsaPrivateKey::from_pkcs8_der(the_key(&archive.keys)?)?;
        let mut certificate = None;
        let mut others: Vec<Vec<u8>> = Vec::new();
        for bag in &archive.certs {
            let der = bag.cert.as_der();
            // The key itself determines its certificate: the ids in the file are only labels.
            let is_own = Certificate::from_der(der).is_ok_and(|read| read.matches_private_key(&private_key));
            if is_own && certificate.is_none() {
                certificate = Some(der.to_vec());
            } else if !others.iter().any(|other| other == der) {
                others.push(der.to_vec());
            }
        }
        others.retain(|other| Some(other) != certificate.as_ref());
        Ok(Self { private_key, certificate, others })
    }

    /// The private key as unencrypted `-----BEGIN PRIVATE KEY-----`.
    #[must_use]
    pub fn private_key_pem(&self) -> Zeroizing<String> {
        self.private_key.to_pkcs8_pem()
    }

    /// The private key, ready to sign.
    ///
    /// # Errors
    /// [`CryptoError::InvalidKey`].
    pub fn signing_key(&self) -> Result<SigningKey> {
        SigningKey::from_private_key(&self.private_key)
    }

    /// The certificate that belongs to the key, DER; `None` if the file has only the key. If there are several, the
    /// first.
    #[must_use]
    pub fn certificate_der(&self) -> Option<&[u8]> {
        self.certificate.as_deref()
    }

    /// The same as `-----BEGIN CERTIFICATE-----`.
    #[must_use]
    pub fn certificate_pem(&self) -> Option<String> {
        self.certificate_der().map(|der| crate::pem::encode("CERTIFICATE", der))
    }

    /// The other certificates, DER, in the file's order, each once: usually those of the issuers.
    pub fn other_certificates(&self) -> impl Iterator<Item = &[u8]> {
        self.others.iter().map(Vec::as_slice)
    }
}

impl fmt::Debug for Pkcs12Keystore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs12Keystore")
            .field("has_certificate", &self.certificate.is_some())
            .field("others", &self.others.len())
            .finish_non_exhaustive()
    }
}

/// Opens a file that is neither too large nor too expensive.
pub(crate) fn open(der: &[u8], passphrase: &str) -> Result<Pkcs12Archive> {
    if der.len() > MAX_BYTES {
        return Err(CryptoError::KeystoreTooLarge { limit: MAX_BYTES, actual: der.len() });
    }
    key_derivation::check(der, MAX_ROUNDS_EACH, MAX_ROUNDS)?;
    Pkcs12Archive::from_pkcs12(der, passphrase).map_err(|fault| refused(&fault, passphrase))
}

/// The one key of a file; the same key twice counts once.
pub(crate) fn the_key(bags: &[PrivateKeyBag]) -> Result<&[u8]> {
    let [first, rest @ ..] = bags else { return Err(CryptoError::NoKeyInKeystore) };
    let der = first.key.as_der();
    if rest.iter().any(|bag| bag.key.as_der() != der) { Err(CryptoError::SeveralKeys) } else { Ok(der) }
}

fn refused(fault: &Fault, passphrase: &str) -> CryptoError {
    match fault {
        // The file's two-byte characters cannot encode such a passphrase.
        Fault::DerError(_) if passphrase.chars().any(|letter| letter > '\u{ffff}') => CryptoError::WrongPassphrase,
        Fault::DerError(fault) if encrypted_key::is_unknown(*fault) => CryptoError::UnsupportedEncryption,
        // Without a MAC, a wrong passphrase is detected when a part is decrypted: its padding is invalid.
        Fault::MacError(_) | Fault::Pkcs5Error(_) | Fault::UnpadError => CryptoError::WrongPassphrase,
        Fault::UnsupportedEncryptionScheme | Fault::UnsupportedMacAlgorithm => CryptoError::UnsupportedEncryption,
        Fault::InvalidParameters => CryptoError::TooManyRounds { limit: MAX_ROUNDS_EACH },
        _ => CryptoError::InvalidKeystore,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_beyond_the_limit_is_not_read() {
        let refused = Pkcs12Keystore::read(&vec![0x30; MAX_BYTES + 1], "").unwrap_err();
        assert_eq!(refused, CryptoError::KeystoreTooLarge { limit: MAX_BYTES, actual: MAX_BYTES + 1 });
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_answered(der: Vec<u8>) {
            assert!(Pkcs12Keystore::read(&der, "x").is_err());
        }
    }
}
