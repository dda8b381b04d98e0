//! Encrypts a bank's private key to an export key (§6.4).

use bankchannel_foundation::prelude::*;
use bankchannel_openpgp as openpgp;

use crate::{
    declare, errors,
    model::{PgpKeys, PrivateKeyPem},
    pgp,
};

/// The private key and the export key.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct EncryptForExportRequest {
    /// The private key as PEM.
    pub private_key: PrivateKeyPem,
    /// The armored export key.
    pub public_key: PgpKeys,
}

/// The message.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct EncryptForExportResponse {
    /// An armored OpenPGP message, as in the answer of `export_cert`.
    pub encrypted_private_key: String,
}

/// Encrypt a private key to an export key.
///
/// Does the same as the service with the private key of an exported certificate: AES-256 with integrity protection,
/// to every encryption key of the given export key, unsigned.
#[derive(Debug, Operation)]
#[operation(EncryptForExportRequest => EncryptForExportResponse)]
#[declaration(takes_time: true, ..declare::local("ws_channel.encrypt_for_export", "pgp"))]
#[errors(errors::{PGP_KEY_REFUSED, PGP_KEY_UNFIT})]
pub struct EncryptForExport;

impl Local for EncryptForExport {
    fn run(request: EncryptForExportRequest, with: LocalContext<'_>) -> Result<EncryptForExportResponse, Error> {
        let keys = pgp::public_keys("public_key", request.public_key.expose())?;
        let [key] = &keys[..] else { return Err(pgp::fault("public_key", openpgp::OpenPgpError::SeveralKeys)) };
        let encrypted_private_key = openpgp::encrypt(key, request.private_key.expose().as_bytes(), with.now())
            .map_err(|why| pgp::fault("public_key", why))?;
        Ok(EncryptForExportResponse { encrypted_private_key })
    }
}
