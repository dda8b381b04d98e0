//! A signer with this protocol's errors.

use bankchannel_crypto::signature::Hash;
use bankchannel_foundation::{Error, Result, Secret};
use bankchannel_nextgen_psd2::errors;

pub use crate::client::signer::KeySigner;

impl KeySigner {
    /// Reads a key from PEM text.
    ///
    /// # Errors
    /// `nextgen_psd2.key_unusable`.
    pub fn from_pem(private_key: &Secret, passphrase: Option<&Secret>) -> Result<Self> {
        Self::read(private_key, passphrase, "passphrase")
            .map_err(|why| Error::because(&errors::KEY_UNUSABLE, why).with("field", "private_key"))
    }

    /// Signs `signing_string`, hashed once with `hash`, with RSASSA-PKCS1-v1_5. A token uses its own connection and may
    /// be slow, so call this on a thread that may block.
    ///
    /// # Errors
    /// `nextgen_psd2.token_failed`.
    pub fn sign(&self, hash: Hash, signing_string: &[u8]) -> Result<Vec<u8>> {
        self.try_sign(hash, signing_string).map_err(|fault| fault.into_error(&errors::TOKEN_FAILED))
    }
}
