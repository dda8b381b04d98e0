//! What signs: a private key at hand, or one that stays in its token.

use bankchannel_crypto::signature::{Hash, SigningKey};
use bankchannel_foundation::{Error, Result, Secret, error::row};
use bankchannel_nextgen_psd2::errors;
use bankchannel_pkcs11::{self as pkcs11, Token};

/// An RSA key that signs, wherever it is. Cheap to clone.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Signer {
    /// A key in memory.
    Key(SigningKey),
    /// A key in an HSM or on a smart card.
    Token(Token),
}

impl Signer {
    /// A key as PEM text.
    ///
    /// # Errors
    /// `nextgen_psd2.key_unusable`.
    pub fn from_pem(private_key: &Secret, passphrase: Option<&Secret>) -> Result<Self> {
        SigningKey::from_pem(private_key.expose(), passphrase.map(Secret::expose))
            .map(Self::Key)
            .map_err(|fault| unusable(fault.naming_opener("passphrase"), "private_key"))
    }

    /// RSASSA-PKCS1-v1_5 over `signing_string`, hashed once with `hash`. A token is asked over its own line: it may take a while,
    /// so call it on a thread that may wait.
    ///
    /// # Errors
    /// `nextgen_psd2.token_failed`.
    pub fn sign(&self, hash: Hash, signing_string: &[u8]) -> Result<Vec<u8>> {
        match self {
            Self::Key(key) => {
                key.sign_pkcs1(hash, signing_string).map_err(|fault| Error::because(&row::INTERNAL, fault.to_string()))
            }
            Self::Token(token) => token.sign(hash, signing_string).map_err(of_token),
        }
    }

    /// The SubjectPublicKeyInfo of its public half, DER: the certificate's, if it is the certificate's key.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        match self {
            Self::Key(key) => key.spki_der(),
            Self::Token(token) => token.public_key_spki(),
        }
    }
}

/// A token's refusal, as it comes up in a call: the request is not at fault.
fn of_token(fault: pkcs11::Error) -> Error {
    Error::because(&errors::TOKEN_FAILED, fault.to_string()).with("field", "pkcs11")
}

fn unusable(why: String, field: &str) -> Error {
    Error::because(&errors::KEY_UNUSABLE, why).with("field", field)
}
