//! `DeleteKey`: DELETE `/pgp` (§2.26, §7).

use bankchannel_foundation::prelude::*;

use crate::{
    WsChannelCodec, WsChannelTerms, declare, errors,
    model::{PgpKeyDescriptor, PgpKeyId},
};

/// The key to remove.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct DeleteKeyRequest {
    /// The key's short id, as listed.
    pub pgp_key_id: PgpKeyId,
}

/// The key is removed.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct DeleteKeyResponse {
    /// The remaining keys. Newer services omit it.
    pub pgp_keys: Option<Vec<PgpKeyDescriptor>>,
    /// The service's text.
    pub response_text: String,
}

/// Remove a registered PGP key.
///
/// Without an authorize key the account can no longer send files. The deployed service does not implement this yet
/// and answers `ws_channel.not_implemented`.
#[derive(Debug, Operation)]
#[operation(DeleteKeyRequest => DeleteKeyResponse)]
#[declaration(..declare::exchange("ws_channel.delete_key", "pgp"))]
#[errors(..declare::MODE_ERRORS, errors::{PGP_KEY_MISSING, SIGNATURE_KEY_UNKNOWN, NOT_IMPLEMENTED, PARAMETER_REFUSED})]
#[route(..declare::session("DeleteKey", Method::Delete, "/pgp"))]
#[exchange(WsChannelCodec, WsChannelTerms::ADMIN)]
pub struct DeleteKey;
