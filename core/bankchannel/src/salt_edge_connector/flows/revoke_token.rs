//! Revoke: the bank ends a third party's access.

use bankchannel_foundation::{Result, prelude::*};
use bankchannel_storage::salt_edge_connector::RevokedToken;

use super::{Flow, flow, not_found, opened};
use crate::{
    CallOptions,
    salt_edge_connector::{SaltEdgeConnector, engine},
};

/// The token to revoke.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct RevokeTokenRequest {
    /// The token's id, from `list_tokens`.
    pub token_id: String,
    /// The time of the revocation. Default: now.
    pub at: Option<Timestamp>,
}

/// The token is revoked.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct RevokeTokenResponse {
    /// Whether this call revoked the token. False if it was already revoked.
    pub is_changed: bool,
}

/// Revoke a token: the customer or the bank ends the access.
///
/// From this answer on, the token is refused and its open sessions are failed. `work` reports the revocation to Salt
/// Edge, for a day at most.
#[derive(Debug, Operation)]
#[operation(RevokeTokenRequest => RevokeTokenResponse)]
#[declaration(..flow("tokens", "salt_edge_connector.revoke_token"))]
pub struct RevokeToken;

impl Flow<SaltEdgeConnector> for RevokeToken {
    async fn run(
        client: &SaltEdgeConnector,
        asked: RevokeTokenRequest,
        options: &CallOptions,
    ) -> Result<RevokeTokenResponse> {
        let id = engine::read_id("token_id", &asked.token_id)?;
        match opened(client, options, asked.at.as_ref()).await?.revoke_by_bank(id).await? {
            RevokedToken::Done => Ok(RevokeTokenResponse { is_changed: true }),
            RevokedToken::Unchanged => Ok(RevokeTokenResponse { is_changed: false }),
            RevokedToken::Refused(_) => Err(not_found("token_id", "token")),
        }
    }
}
