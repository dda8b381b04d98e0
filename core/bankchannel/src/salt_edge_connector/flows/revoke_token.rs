//! Revoke: the bank ends a third party's access.

use bankchannel_foundation::{Boundary, Declaration, Operation, Result, model::Timestamp};
use bankchannel_storage::salt_edge_connector::Revoked;

use super::{Flow, flow, not_found, opened};
use crate::{
    CallOptions,
    salt_edge_connector::{SaltEdgeConnector, engine},
};

/// Which token.
#[derive(Debug, Clone, Boundary)]
pub struct RevokeTokenRequest {
    /// The token, as `list_tokens` names it.
    pub token_id: String,
    /// The instant at which it is revoked; now when left out.
    pub at: Option<Timestamp>,
}

/// It is revoked.
#[derive(Debug, Clone, Boundary)]
pub struct RevokeTokenResponse {
    /// Whether this call has revoked it; else it was before.
    pub is_changed: bool,
}

/// Revokes a token.
#[derive(Debug)]
pub struct RevokeToken;

impl Operation for RevokeToken {
    type Request = RevokeTokenRequest;
    type Response = RevokeTokenResponse;
    const DECLARATION: Declaration = flow(
        "tokens",
        "salt_edge_connector.revoke_token",
        "Revoke a token: the customer or the bank ends the access",
        "From the answer on the token is refused, and its open sessions have failed. `work` tells Salt Edge, for a day at most.",
        &[],
    );
}

impl Flow<SaltEdgeConnector> for RevokeToken {
    async fn run(
        client: &SaltEdgeConnector,
        asked: RevokeTokenRequest,
        options: &CallOptions,
    ) -> Result<RevokeTokenResponse> {
        let id = engine::read_id("token_id", &asked.token_id)?;
        match opened(client, options, asked.at.as_ref()).await?.revoke_by_bank(id).await? {
            Revoked::Done => Ok(RevokeTokenResponse { is_changed: true }),
            Revoked::Unchanged => Ok(RevokeTokenResponse { is_changed: false }),
            Revoked::Refused(_) => Err(not_found("token_id", "token")),
        }
    }
}
