//! Token confirm: POST `/api/priora/v1/tokens/confirm` (§2.4).

use bankchannel_foundation::prelude::*;

use crate::{ReportAfterwards, SaltEdge, SaltEdgeTerms, TokenUse, declare, model::OnBehalfOf};

/// An answer to an interactive step.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct StepAnswered {
    /// The session that waits for the answer.
    pub session_secret: crate::model::SessionSecret,
    /// The bank's code at Salt Edge.
    #[boundary(profile)]
    pub provider_code: Option<String>,
    /// The third party's own request.
    pub original_request: crate::model::ConfirmationRequested,
}

/// Answer an interactive step of an enrolment: the whole request.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct ConfirmTokenRequest {
    /// The third party.
    #[boundary(flatten)]
    pub on_behalf_of: OnBehalfOf,
    /// The answer.
    #[boundary(flatten)]
    pub data: StepAnswered,
}

/// The connector accepted the request.
#[derive(Debug, Clone, Boundary)]
pub struct ConfirmTokenResponse {}

/// Answer an interactive step of an enrolment.
///
/// Forwards the customer's answer, such as a one-time code. The connector replies at once and reports the result
/// later (§2.4, §5.2).
#[derive(Debug, Operation)]
#[operation(ConfirmTokenRequest => ConfirmTokenResponse)]
#[declaration(..declare::of_hub("tokens", "salt_edge_hub.confirm_token"))]
#[route(..declare::to_connector("tokens/confirm", Method::Post, "/api/priora/v1/tokens/confirm", Repeat::Never))]
#[exchange(SaltEdge, SaltEdgeTerms::at_connector(TokenUse::None, ReportAfterwards::Outcome))]
pub struct ConfirmToken;
