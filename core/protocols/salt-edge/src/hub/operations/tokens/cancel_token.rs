//! Token cancel: POST `/api/priora/v1/tokens/cancel` (§2.5).

use bankchannel_foundation::prelude::*;

use crate::{ReportAfterwards, SaltEdge, SaltEdgeTerms, TokenUse, declare, model::OnBehalfOf};

/// A session.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct SessionNamed {
    /// The session's secret.
    pub session_secret: crate::model::SessionSecret,
}

/// Cancel an enrolment: the whole request.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct CancelTokenRequest {
    /// The third party.
    #[boundary(flatten)]
    pub on_behalf_of: OnBehalfOf,
    /// The session.
    #[boundary(flatten)]
    pub data: SessionNamed,
}

/// The session has ended.
#[derive(Debug, Clone, Boundary)]
pub struct CancelTokenResponse {}

/// Cancel an enrolment.
///
/// The session ends, and its token is revoked. A token that was confirmed meanwhile stays valid (§2.5, §5.8).
#[derive(Debug, Operation)]
#[operation(CancelTokenRequest => CancelTokenResponse)]
#[declaration(..declare::of_hub("tokens", "salt_edge_hub.cancel_token"))]
#[route(..declare::to_connector("tokens/cancel", Method::Post, "/api/priora/v1/tokens/cancel", Repeat::Safe))]
#[exchange(SaltEdge, SaltEdgeTerms::at_connector(TokenUse::None, ReportAfterwards::Nothing))]
pub struct CancelToken;
