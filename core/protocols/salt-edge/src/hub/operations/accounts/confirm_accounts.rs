//! Accounts confirm: POST `/api/priora/v1/accounts/confirm` (§2.8).

use bankchannel_foundation::prelude::*;

use crate::{
    ReportAfterwards, SaltEdge, SaltEdgeTerms, TokenUse, declare, hub::operations::tokens::confirm_token::StepAnswered,
    model::WithToken,
};

/// Answer an interactive step of a refresh: the whole request.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct ConfirmAccountsRequest {
    /// The third party and the token.
    #[boundary(flatten)]
    pub with_token: WithToken,
    /// The answer.
    #[boundary(flatten)]
    pub data: StepAnswered,
}

/// The connector accepted the request.
#[derive(Debug, Clone, Boundary)]
pub struct ConfirmAccountsResponse {}

/// Answer an interactive step of a refresh.
///
/// Forwards the customer's answer. The connector replies at once and reports the result later (§2.8, §5.4).
#[derive(Debug, Operation)]
#[operation(ConfirmAccountsRequest => ConfirmAccountsResponse)]
#[declaration(..declare::of_hub("accounts", "salt_edge_hub.confirm_accounts"))]
#[route(..declare::to_connector("accounts confirm", Method::Post, "/api/priora/v1/accounts/confirm", Repeat::Never))]
#[exchange(SaltEdge, SaltEdgeTerms::at_connector(TokenUse::Needed, ReportAfterwards::Outcome))]
pub struct ConfirmAccounts;
