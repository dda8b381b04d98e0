//! `UploadKey`: PUT `/pgp` (§2.26, §7).

use bankchannel_foundation::prelude::*;

use crate::{
    WsChannelCodec, WsChannelTerms, declare, errors,
    model::{PgpKey, PgpKeyPurpose},
};

/// The key and its purpose.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct UploadKeyRequest {
    /// One ASCII-armored public key; never a private one.
    pub pgp_key: PgpKey,
    /// The purpose.
    pub pgp_key_purpose: PgpKeyPurpose,
}

/// The key is registered.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct UploadKeyResponse {
    /// The service's text.
    pub response_text: String,
}

/// Register a PGP public key.
///
/// With purpose `authorize` the key's signatures authorize uploads; with purpose `export` exported private keys are
/// encrypted to it. A key has only one purpose. Anyone who has the private half of an authorize key and a data
/// session can send payments. Repeating it changes nothing. On the deployed service it cannot be undone.
#[derive(Debug, Operation)]
#[operation(UploadKeyRequest => UploadKeyResponse)]
#[declaration(..declare::exchange("ws_channel.upload_key", "pgp"))]
#[errors(..declare::MODE_ERRORS, errors::{PGP_KEY_REFUSED, PARAMETER_REFUSED})]
#[route(success: 201, ..declare::session("UploadKey", Method::Put, "/pgp"))]
#[exchange(WsChannelCodec, WsChannelTerms::ADMIN)]
pub struct UploadKey;
