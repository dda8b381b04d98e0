//! Opens an exported private key (§6.4).

use bankchannel_foundation::{Boundary, Declaration, Error, Local, LocalContext, Operation, Secret, error::Row};
use bankchannel_openpgp as openpgp;

use crate::{
    errors,
    model::{PgpPrivateKeys, PrivateKeyPem},
    pgp, route,
};

/// What to open with which key.
#[derive(Debug, Clone, Boundary)]
pub struct DecryptExportedKeyRequest {
    /// The armored OpenPGP message from `export_cert`.
    pub encrypted_private_key: String,
    /// The armored private half of the export key; of several, the one that opens it is used.
    pub private_key: PgpPrivateKeys,
    /// Opens the private key when it is locked.
    pub passphrase: Option<Secret>,
}

/// The private key.
#[derive(Debug, Clone, Boundary)]
pub struct DecryptExportedKeyResponse {
    /// The bank certificate's private key as PKCS#8 PEM: whoever has it can sign in the account's name.
    pub private_key_pem: PrivateKeyPem,
}

const ERRORS: &[&Row] =
    &[&errors::DECRYPTION_FAILED, &errors::PGP_KEY_REFUSED, &errors::PGP_KEY_UNFIT, &errors::PASSPHRASE_REFUSED];

/// Opens an exported private key.
#[derive(Debug)]
pub struct DecryptExportedKey;

impl Operation for DecryptExportedKey {
    type Request = DecryptExportedKeyRequest;
    type Response = DecryptExportedKeyResponse;
    const DECLARATION: Declaration = route::local(
        "ws_channel.decrypt_exported_key",
        "pgp",
        "Open a private key that was exported",
        "Decrypts what `export_cert` answered with the private half of the export key. An expired export key still opens what was \
         encrypted to it. The message is not signed: that the key belongs to the certificate beside it is for the caller to see.",
        ERRORS,
    );
}

impl Local for DecryptExportedKey {
    fn run(request: DecryptExportedKeyRequest, with: LocalContext<'_>) -> Result<DecryptExportedKeyResponse, Error> {
        let keys = pgp::private_keys("private_key", request.private_key.expose(), request.passphrase.as_ref())?;
        let mut last = openpgp::Error::NoKey;
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
