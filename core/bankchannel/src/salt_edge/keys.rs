//! Sources of a client's key, and the key for local operations.

use bankchannel_crypto::signature::{Hash, VerifyingKey};
use bankchannel_foundation::{Error, Result, Secret};
use bankchannel_salt_edge::{
    connector::errors,
    envelope::BITS,
    model::keys::{JwtSigner, missing},
};

use crate::{
    KeySources,
    client::{
        keys::{CertificateAndKey, SettingSource, excluded, one_of, secret_of},
        signer::KeySigner,
    },
};

/// The key of a client, parsed.
#[derive(Clone)]
pub(crate) struct SaltEdgeKey {
    /// The local signer. Without it, the call asks for each signature.
    pub(crate) signer: Option<KeySigner>,
    /// The public key that verifies the signatures that a call asked for.
    pub(crate) public: Option<VerifyingKey>,
}

impl SaltEdgeKey {
    /// Reads the private key of the settings.
    ///
    /// # Errors
    /// `configuration.invalid`, naming the setting.
    pub(crate) fn read(private_key: Option<Secret>, mut sources: KeySources) -> Result<Self> {
        let source = match &sources.keystore_file {
            Some(path) => SettingSource::file("keystore_file", path),
            None => SettingSource::new("private_key", sources.private_key_file.as_deref()),
        };
        let private_key = secret_of("private_key", private_key, sources.private_key_file.take())?;
        if sources.keystore_file.is_some() && sources.pkcs11.is_some() {
            // Of three sources, those that come first are named.
            let is_given = private_key.is_some();
            let (setting, other) =
                if is_given { ("keystore_file", "private_key") } else { ("pkcs11", "keystore_file") };
            return Err(excluded(setting, other));
        }
        let keys = CertificateAndKey::read(None, private_key, sources)?;
        let read = |pem| KeySigner::read(&pem, keys.passphrase.as_ref(), "passphrase");
        let signer = match keys.token {
            Some(token) => Some(KeySigner::Token(token)),
            None => keys.private_key.map(read).transpose().map_err(|why| source.unusable(&why))?,
        };
        Ok(Self { signer, public: None })
    }

    /// The same with the public half, which verifies the signatures of a key that is elsewhere.
    ///
    /// # Errors
    /// `configuration.invalid`, naming the setting.
    pub(crate) fn with_public(self, public_key: Option<String>, file: Option<String>) -> Result<Self> {
        let public = one_of("public_key", public_key, file)?.map(|pem| {
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
        if let (Some(signer), Some(public)) = (&self.signer, &public)
            && signer.spki_der() != public.spki_der()
        {
            return Err(Error::invalid_setting("public_key", "does not belong to the private key"));
        }
        Ok(Self { public, ..self })
    }
}

impl JwtSigner for SaltEdgeKey {
    fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        let signer = self.signer.as_ref().ok_or_else(missing)?;
        signer.try_sign(Hash::Sha256, bytes).map_err(|fault| fault.into_error(&errors::TOKEN_FAILED))
    }
}
