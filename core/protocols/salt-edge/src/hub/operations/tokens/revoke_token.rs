//! Token revoke: POST `/api/priora/v1/tokens/revoke` (§2.2).

use bankchannel_foundation::prelude::*;

use crate::{ReportAfterwards, SaltEdge, SaltEdgeTerms, TokenUse, declare, model::WithToken};

/// A session for an existing token.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct TokenSession {
    /// The new session's secret.
    pub session_secret: crate::model::SessionSecret,
    /// The bank's code at Salt Edge.
    #[boundary(profile)]
    pub provider_code: Option<String>,
}

/// Revoke a token: the whole request.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct TokenRevocationRequest {
    /// The third party and the token.
    #[boundary(flatten)]
    pub with_token: WithToken,
    /// The session.
    #[boundary(flatten)]
    pub data: TokenSession,
}

/// The token is revoked.
#[derive(Debug, Clone, Boundary)]
pub struct TokenRevocationResponse {}

/// Revoke a token.
///
/// The customer or the third party ends the access. From this answer on, the token is refused. Revoking a token twice
/// succeeds too (§2.2, §5.5).
#[derive(Debug, Operation)]
#[operation(TokenRevocationRequest => TokenRevocationResponse)]
#[declaration(..declare::of_hub("tokens", "salt_edge_hub.revoke_token"))]
#[route(..declare::to_connector("tokens/revoke", Method::Post, "/api/priora/v1/tokens/revoke", Repeat::Safe))]
#[exchange(SaltEdge, SaltEdgeTerms::at_connector(TokenUse::Needed, ReportAfterwards::Nothing))]
pub struct RevokeToken;
