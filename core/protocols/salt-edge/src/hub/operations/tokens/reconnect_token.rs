//! Token reconnect: POST `/api/priora/v1/tokens/reconnect` (§2.3).

use bankchannel_foundation::prelude::*;

use crate::{
    ReportAfterwards, SaltEdge, SaltEdgeTerms, TokenUse, declare, hub::operations::tokens::revoke_token::TokenSession,
    model::WithToken,
};

/// Renew a token: the whole request.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct ReconnectTokenRequest {
    /// The third party and the token.
    #[boundary(flatten)]
    pub with_token: WithToken,
    /// The new session.
    #[boundary(flatten)]
    pub data: TokenSession,
}

/// The connector accepted the request.
#[derive(Debug, Clone, Boundary)]
pub struct ReconnectTokenResponse {}

/// Renew a token.
///
/// The connector replaces the old token with a new one, asks the customer, or refuses. It reports in the session that
/// the request names. Deprecated by Salt Edge (§2.3, §5.7).
#[derive(Debug, Operation)]
#[operation(ReconnectTokenRequest => ReconnectTokenResponse)]
#[declaration(..declare::of_hub("tokens", "salt_edge_hub.reconnect_token"))]
#[route(..declare::to_connector("tokens/reconnect", Method::Post, "/api/priora/v1/tokens/reconnect", Repeat::Never))]
#[exchange(SaltEdge, SaltEdgeTerms::at_connector(TokenUse::Needed, ReportAfterwards::Outcome))]
pub struct ReconnectToken;
