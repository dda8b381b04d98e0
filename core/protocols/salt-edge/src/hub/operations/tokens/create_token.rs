//! Token create: POST `/api/priora/v1/tokens/create` (§2.1).

use bankchannel_foundation::prelude::*;

use crate::{ReportAfterwards, SaltEdge, SaltEdgeTerms, TokenUse, declare, model::OnBehalfOf};

/// A request for a token.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct TokenWanted {
    /// The session for the connector's report.
    pub session_secret: crate::model::SessionSecret,
    /// The bank's code at Salt Edge.
    #[boundary(profile)]
    pub provider_code: Option<String>,
    /// The third party's name, to show to the customer.
    pub app_name: String,
    /// The third party's own request.
    pub original_request: crate::model::TokenRequested,
}

/// Begin a customer's enrolment: the whole request.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct CreateTokenRequest {
    /// The third party.
    #[boundary(flatten)]
    pub on_behalf_of: OnBehalfOf,
    /// The request for a token.
    #[boundary(flatten)]
    pub data: TokenWanted,
}

/// The connector accepted the request.
#[derive(Debug, Clone, Boundary)]
pub struct CreateTokenResponse {}

/// Begin a customer's enrolment.
///
/// A third party wants access to a customer's accounts. The connector replies at once and reports the result later,
/// in a separate session that the request names (§2.1, §5.1, §5.2).
#[derive(Debug, Operation)]
#[operation(CreateTokenRequest => CreateTokenResponse)]
#[declaration(..declare::of_hub("tokens", "salt_edge_hub.create_token"))]
#[route(..declare::to_connector("tokens/create", Method::Post, "/api/priora/v1/tokens/create", Repeat::Never))]
#[exchange(SaltEdge, SaltEdgeTerms::at_connector(TokenUse::None, ReportAfterwards::Outcome))]
pub struct CreateToken;
