//! Encrypts a password for a challenge (§3.1).

use bankchannel_crypto::rsa;
use bankchannel_foundation::prelude::*;

use crate::{
    challenge, declare, errors,
    model::{Challenge, EncryptedPassword},
};

/// The password and the challenge.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct EncryptPasswordRequest {
    /// The challenge from `init_login` or `init_register`.
    pub challenge: Challenge,
    /// The password: 1 to 199 bytes as UTF-8.
    pub password: Secret,
    /// The service's public key as PEM, `PUBLIC KEY` or `RSA PUBLIC KEY`, at least 2048 bits.
    pub public_key: String,
}

/// The answer to the challenge.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct EncryptPasswordResponse {
    /// The value of `encrypted` in `login`, `register` and `password_reset`.
    pub encrypted: EncryptedPassword,
}

/// Encrypt a password for a challenge.
///
/// RSAES-OAEP with SHA-1 over the password and the challenge's time stamp, to the public key of the service.
/// bankchannel contains the published keys of the test and the production environment; a self-hosted service has its
/// own key.
#[derive(Debug, Operation)]
#[operation(EncryptPasswordRequest => EncryptPasswordResponse)]
#[declaration(..declare::local("ws_channel.encrypt_password", "session"))]
#[errors(errors::CHALLENGE_MALFORMED)]
pub struct EncryptPassword;

impl Local for EncryptPassword {
    fn run(request: EncryptPasswordRequest, _: LocalContext<'_>) -> Result<EncryptPasswordResponse, Error> {
        let key =
            rsa::RsaPublicKey::from_pem(&request.public_key).map_err(|why| Error::invalid_field("public_key", why))?;
        let encrypted = challenge::encrypt_password(&request.password, &request.challenge, &key)?;
        Ok(EncryptPasswordResponse { encrypted })
    }
}
