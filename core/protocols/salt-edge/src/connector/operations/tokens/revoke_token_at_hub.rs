//! Tokens revoke: DELETE `/api/connectors/v1/tokens/revoke` (§3.5).

use bankchannel_foundation::prelude::*;

use crate::{SaltEdge, SaltEdgeTerms, TokenUse, connector::errors::OF_TOKENS, declare, model::Instant};

/// The token to report.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct RevokeTokenAtHubRequest {
    /// The access token.
    #[boundary(wire = "@Token")]
    pub token: Secret,
}

/// The result.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct RevokeTokenAtHubResponse {
    /// Whether the token is revoked.
    pub revoked: Option<bool>,
    /// The time of Salt Edge's answer.
    #[boundary(wire = "meta.time")]
    pub time: Option<Instant>,
}

/// Report that a token was revoked at the bank.
///
/// Send it when the customer or the bank ends the access. Do not send it when Salt Edge asked for the revocation
/// (§3.5).
#[derive(Debug, Operation)]
#[operation(RevokeTokenAtHubRequest => RevokeTokenAtHubResponse)]
#[declaration(..declare::of_connector("tokens", "salt_edge_connector.revoke_token_at_hub"))]
#[errors(..OF_TOKENS)]
#[route(..declare::to_hub("tokens/revoke (hub)", Method::Delete, "/api/connectors/v1/tokens/revoke", Repeat::Safe))]
#[exchange(SaltEdge, SaltEdgeTerms::at_hub(TokenUse::Needed))]
pub struct RevokeTokenAtHub;
