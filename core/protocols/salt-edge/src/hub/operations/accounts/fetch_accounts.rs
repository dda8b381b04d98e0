//! Accounts fetch: GET `/api/priora/v1/accounts` (§2.6).

use bankchannel_foundation::prelude::*;

use crate::{
    ReportAfterwards, SaltEdge, SaltEdgeTerms, TokenUse, declare,
    hub::operations::tokens::cancel_token::SessionNamed,
    model::{BankAccount, WithToken},
};

/// List a customer's accounts: the whole request.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct FetchAccountsRequest {
    /// The third party and the token.
    #[boundary(flatten)]
    pub with_token: WithToken,
    /// The session.
    #[boundary(flatten)]
    pub data: SessionNamed,
}

/// A customer's accounts.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct FetchAccountsResponse {
    /// The accounts.
    #[boundary(wire = "data")]
    pub accounts: Vec<BankAccount>,
}

/// List a customer's accounts.
///
/// All accounts that the customer's consent covers (§2.6).
#[derive(Debug, Operation)]
#[operation(FetchAccountsRequest => FetchAccountsResponse)]
#[declaration(..declare::of_hub("accounts", "salt_edge_hub.fetch_accounts"))]
#[route(..declare::to_connector("accounts fetch", Method::Get, "/api/priora/v1/accounts", Repeat::Safe))]
#[exchange(SaltEdge, SaltEdgeTerms::at_connector(TokenUse::Needed, ReportAfterwards::Nothing))]
pub struct FetchAccounts;
