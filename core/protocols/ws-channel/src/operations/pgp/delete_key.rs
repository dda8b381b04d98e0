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

const ERRORS: &[&ErrorRow] = declare::errors_of!(declare::MODE_ERRORS; &errors::PGP_KEY_MISSING, &errors::SIGNATURE_KEY_UNKNOWN, &errors::NOT_IMPLEMENTED, &errors::PARAMETER_REFUSED);

/// Remove a registered PGP key.
///
/// Without an authorize key the account can no longer send files. The deployed service does not implement this yet
/// and answers `ws_channel.not_implemented`.
#[derive(Debug, OperationDocs)]
pub struct DeleteKey;

impl Operation for DeleteKey {
    type Request = DeleteKeyRequest;
    type Response = DeleteKeyResponse;
    const DECLARATION: Declaration = declare::exchange(
        "ws_channel.delete_key",
        "pgp",
        Self::DOCS,
        ERRORS,
        declare::session("DeleteKey", Method::Delete, "/pgp"),
    );
}

impl Exchange for DeleteKey {
    type Codec = WsChannelCodec;
    const TERMS: WsChannelTerms = WsChannelTerms::ADMIN;
}
