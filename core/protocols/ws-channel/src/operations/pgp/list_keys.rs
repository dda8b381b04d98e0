//! `ListKeys`: GET `/pgp` (§2.26).

use bankchannel_foundation::prelude::*;

use crate::{WsChannelCodec, WsChannelTerms, declare, model::PgpKeyDescriptor};

/// The request has no fields.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ListKeysRequest;

/// The keys.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ListKeysResponse {
    /// The registered keys.
    pub pgp_keys: Vec<PgpKeyDescriptor>,
    /// The service's text.
    pub response_text: String,
}

/// List the account's registered PGP keys.
///
/// Keys belong to the account: both users see and use them. The short id identifies a key; compare fingerprints if it
/// matters.
#[derive(Debug, Operation)]
#[operation(ListKeysRequest => ListKeysResponse)]
#[declaration(..declare::exchange("ws_channel.list_keys", "pgp"))]
#[errors(..declare::SESSION_ERRORS)]
#[route(..declare::session("ListKeys", Method::Get, "/pgp"))]
#[exchange(WsChannelCodec, WsChannelTerms::SESSION)]
pub struct ListKeys;
