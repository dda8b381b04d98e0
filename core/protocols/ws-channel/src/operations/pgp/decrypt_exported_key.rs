//! Opens an exported private key (§6.4).

use bankchannel_foundation::prelude::*;
use bankchannel_openpgp as openpgp;

use crate::{
    declare, errors,
    model::{PgpPrivateKeys, PrivateKeyPem},
    pgp,
};

/// The message and the key.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct DecryptExportedKeyRequest {
    /// The armored OpenPGP message from `export_cert`.
    pub encrypted_private_key: String,
    /// The armored private half of the export key. Of several keys, the matching one is used.
    pub private_key: PgpPrivateKeys,
    /// The passphrase of the private key, if it is locked.
    pub passphrase: Option<Secret>,
}

/// The private key.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct DecryptExportedKeyResponse {
    /// The bank certificate's private key as PKCS#8 PEM. Anyone who has it can sign in the account's name.
    pub private_key_pem: PrivateKeyPem,
}

/// Decrypt an exported private key.
///
/// Decrypts the answer of `export_cert` with the private half of the export key. An expired export key still decrypts
/// messages to it. The message is not signed: the caller has to check that the key matches the certificate beside it.
#[derive(Debug, Operation)]
#[operation(DecryptExportedKeyRequest => DecryptExportedKeyResponse)]
#[declaration(takes_time: true, ..declare::local("ws_channel.decrypt_exported_key", "pgp"))]
#[errors(errors::{DECRYPTION_FAILED, PGP_KEY_REFUSED, PGP_KEY_UNFIT, PASSPHRASE_REFUSED})]
pub struct DecryptExportedKey;

impl Local for DecryptExportedKey {
    fn run(request: DecryptExportedKeyRequest, with: LocalContext<'_>) -> Result<DecryptExportedKeyResponse, Error> {
        let keys = pgp::private_keys("private_key", request.private_key.expose(), request.passphrase.as_ref())?;
        let mut last = openpgp::OpenPgpError::NoKey;
        for key in &keys {
            match openpgp::decrypt(key, request.encrypted_private_key.as_bytes(), with.now()) {
                Ok(plain) => {
                    let pem = std::str::from_utf8(&plain).map_err(|_| Error::new(&errors::DECRYPTION_FAILED))?;
                    return Ok(DecryptExportedKeyResponse { private_key_pem: PrivateKeyPem::new(pem)? });
                }
                Err(why) => last = why,
            }
        }
        Err(pgp::fault("encrypted_private_key", last))
    }
}
