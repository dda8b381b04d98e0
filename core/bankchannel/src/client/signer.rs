//! A signer: a private key in memory, or one that stays in its token.

use bankchannel_crypto::signature::{Hash, SigningKey};
use bankchannel_foundation::{Error, Secret, error::ErrorRow, shown};
use bankchannel_pkcs11::SigningToken;

/// An RSA key that signs, in memory or in a token. Cheap to clone.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum KeySigner {
    /// A key in memory.
    Key(SigningKey),
    /// A key in an HSM or on a smart card.
    Token(SigningToken),
}

/// The reason why signing failed.
pub(crate) enum SigningFailure {
    /// A defect of the library.
    Internal(String),
    /// The token did not sign; the request is not at fault.
    Token(String),
}

impl SigningFailure {
    /// Converts it to an error. `token_failed` is the protocol's row for a token.
    pub(crate) fn into_error(self, token_failed: &'static ErrorRow) -> Error {
        match self {
            Self::Internal(why) => Error::internal(why),
            Self::Token(why) => Error::because(token_failed, why).with("field", "pkcs11"),
        }
    }
}

impl KeySigner {
    /// Reads a key from PEM text. `opener` is the name of the field with the passphrase of an encrypted key.
    pub(crate) fn read(private_key: &Secret, passphrase: Option<&Secret>, opener: &str) -> Result<Self, String> {
        let key = SigningKey::from_pem(private_key.expose(), passphrase.map(Secret::expose));
        key.map(Self::Key)
            .map_err(|fault| format!("{}{}", fault.naming_opener(opener), shown::key_file_remedy(private_key.expose())))
    }

    /// Signs these bytes, hashed once, with RSASSA-PKCS1-v1_5. A token uses its own connection and may be slow, so call
    /// this on a thread that may block.
    pub(crate) fn try_sign(&self, hash: Hash, bytes: &[u8]) -> Result<Vec<u8>, SigningFailure> {
        match self {
            Self::Key(key) => key.sign_pkcs1(hash, bytes).map_err(|fault| SigningFailure::Internal(fault.to_string())),
            Self::Token(token) => token.sign(hash, bytes).map_err(|fault| SigningFailure::Token(fault.to_string())),
        }
    }

    /// The SubjectPublicKeyInfo of its public half, DER. If the key belongs to a certificate, it equals the
    /// certificate's.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        match self {
            Self::Key(key) => key.spki_der(),
            Self::Token(token) => token.public_key_spki(),
        }
    }
}
