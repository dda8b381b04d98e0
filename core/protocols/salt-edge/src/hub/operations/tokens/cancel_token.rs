//! Token cancel: POST `/api/priora/v1/tokens/cancel` (§2.5).

use bankchannel_foundation::prelude::*;

use crate::{ReportAfterwards, SaltEdge, SaltEdgeTerms, ServingSide, TokenUse, declare, model::OnBehalfOf};

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
#[derive(Debug, OperationDocs)]
pub struct CancelToken;

impl Operation for CancelToken {
    type Request = CancelTokenRequest;
    type Response = CancelTokenResponse;
    const DECLARATION: Declaration = declare::of_hub(
        "tokens",
        "salt_edge_hub.cancel_token",
        Self::DOCS,
        declare::to_connector("tokens/cancel", Method::Post, "/api/priora/v1/tokens/cancel", Repeat::Safe),
    );
}

impl Exchange for CancelToken {
    type Codec = SaltEdge;
    const TERMS: SaltEdgeTerms = SaltEdgeTerms {
        served_by: ServingSide::Connector,
        token: TokenUse::None,
        afterwards: ReportAfterwards::Nothing,
    };
}
