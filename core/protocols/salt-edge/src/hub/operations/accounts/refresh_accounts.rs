//! Accounts refresh: PUT `/api/priora/v1/accounts` (§2.7).

use bankchannel_foundation::prelude::*;

use crate::{ReportAfterwards, SaltEdge, SaltEdgeTerms, TokenUse, declare, model::WithToken};

/// The period to read again.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct RefreshWanted {
    /// The session for the connector's report.
    pub session_secret: crate::model::SessionSecret,
    /// The first time or day.
    pub from_date: Option<crate::model::DayOrInstant>,
    /// The last time or day; a day counts to its end.
    pub to_date: Option<crate::model::DayOrInstant>,
    /// The address to which the customer's browser returns after the bank's page, if a page is needed.
    pub redirect_url: Option<String>,
}

/// Refresh a customer's accounts: the whole request.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct RefreshAccountsRequest {
    /// The third party and the token.
    #[boundary(flatten)]
    pub with_token: WithToken,
    /// The period and the session.
    #[boundary(flatten)]
    pub data: RefreshWanted,
}

/// The connector accepted the request.
#[derive(Debug, Clone, Boundary)]
pub struct RefreshAccountsResponse {}

/// Refresh a customer's accounts.
///
/// A connector that keeps a copy reads this period again from the bank and reports when that is done (§2.7, §5.4).
#[derive(Debug, Operation)]
#[operation(RefreshAccountsRequest => RefreshAccountsResponse)]
#[declaration(..declare::of_hub("accounts", "salt_edge_hub.refresh_accounts"))]
#[route(..declare::to_connector("accounts refresh", Method::Put, "/api/priora/v1/accounts", Repeat::Never))]
#[exchange(SaltEdge, SaltEdgeTerms::at_connector(TokenUse::Needed, ReportAfterwards::Outcome))]
pub struct RefreshAccounts;
