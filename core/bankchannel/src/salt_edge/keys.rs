//! Sources of a client's key, and the key for local operations.

use bankchannel_crypto::signature::{Hash, VerifyingKey};
use bankchannel_foundation::{Error, Result, model::Boundary};
use bankchannel_pkcs11::SigningToken;
use bankchannel_salt_edge::{
    connector::errors,
    envelope::BITS,
    model::keys::{JwtSigner, missing},
};

use crate::client::{
    keys::{SettingSource, excluded, keystore, one_of, secret_of},
    signer::KeySigner,
};

/// The key that a client signs with.
#[derive(Debug, Clone, Default, Boundary)]
#[boundary(flattened)]
pub struct KeySettings {
    /// The private key as PEM text, PKCS#8 or PKCS#1, 2048 bits or more. If the key is elsewhere, give `public_key`:
    /// each call then asks for the signature.
    #[boundary(gives = "private_key")]
    pub private_key: Option<bankchannel_foundation::Secret>,
    /// A file with the private key.
    #[boundary(gives = "private_key")]
    pub private_key_file: Option<String>,
    /// A PKCS#12 file (`.p12`, `.pfx`) with the private key.
    #[boundary(gives = "private_key")]
    pub keystore_file: Option<String>,
    /// The key in an HSM or on a smart card.
    #[boundary(gives = "private_key")]
    pub pkcs11: Option<bankchannel_pkcs11::Pkcs11Settings>,
    /// The passphrase of an encrypted private key or of the PKCS#12 file.
    pub passphrase: Option<bankchannel_foundation::Secret>,
    /// The public half as PEM text, if the private key is elsewhere. It verifies each signature that a call asked for,
    /// before anything is sent.
    #[boundary(gives = "public_key")]
    pub public_key: Option<String>,
    /// A file with the public half.
    #[boundary(gives = "public_key")]
    pub public_key_file: Option<String>,
}

/// The key of a client, parsed.
#[derive(Clone)]
pub(crate) struct SaltEdgeKey {
    /// The local signer. Without it, the call asks for each signature.
    pub(crate) signer: Option<KeySigner>,
    /// The public key that verifies the signatures that a call asked for.
    pub(crate) public: Option<VerifyingKey>,
}

impl SaltEdgeKey {
    /// Reads the key of the settings.
    ///
    /// # Errors
    /// `configuration.invalid`, naming the setting.
    pub(crate) fn from_settings(settings: KeySettings) -> Result<Self> {
        let passphrase = settings.passphrase.as_ref();
        let source = SettingSource::new("private_key", settings.private_key_file.as_deref());
        let given = secret_of("private_key", settings.private_key, settings.private_key_file)?;
        let signer = match (given, settings.keystore_file, settings.pkcs11) {
            (None, None, None) => None,
            (Some(pem), None, None) => {
                Some(KeySigner::read(&pem, passphrase, "passphrase").map_err(|why| source.unusable(&why))?)
            }
            (None, Some(path), None) => {
                let (_, pem) = keystore("keystore_file", &path, "passphrase", passphrase)?;
                let source = SettingSource::file("keystore_file", &path);
                Some(KeySigner::read(&pem, None, "passphrase").map_err(|why| source.unusable(&why))?)
            }
            (None, None, Some(pkcs11)) => {
                let token =
                    SigningToken::open(&pkcs11).map_err(|fault| Error::invalid_setting("pkcs11", fault.to_string()))?;
                Some(KeySigner::Token(token))
            }
            (Some(_), Some(_), _) => return Err(excluded("keystore_file", "private_key")),
            (Some(_), None, Some(_)) => return Err(excluded("pkcs11", "private_key")),
            (None, Some(_), Some(_)) => return Err(excluded("pkcs11", "keystore_file")),
        };
        let public = one_of("public_key", settings.public_key, settings.public_key_file)?;
        let public = public.map(|pem| {
            let read = VerifyingKey::all_from_pem(&pem);
            let read = read.map_err(|fault| Error::invalid_setting("public_key", fault.to_string()))?;
            match <[VerifyingKey; 1]>::try_from(read) {
                Ok([key]) if BITS.contains(&key.bits()) => Ok(key),
                Ok([key]) => {
                    let why = format!("has {} bits, and must have {} to {}", key.bits(), BITS.start(), BITS.end());
                    Err(Error::invalid_setting("public_key", why))
                }
                Err(_) => Err(Error::invalid_setting("public_key", "must be one key")),
            }
        });
        let public = public.transpose()?;
        if let (Some(signer), Some(public)) = (&signer, &public)
            && signer.spki_der() != public.spki_der()
        {
            return Err(Error::invalid_setting("public_key", "does not belong to the private key"));
        }
        Ok(Self { signer, public })
    }
}

impl JwtSigner for SaltEdgeKey {
    fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        let signer = self.signer.as_ref().ok_or_else(missing)?;
        signer.try_sign(Hash::Sha256, bytes).map_err(|fault| fault.into_error(&errors::TOKEN_FAILED))
    }
}
