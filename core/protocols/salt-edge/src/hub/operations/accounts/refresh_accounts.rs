//! Accounts refresh: PUT `/api/priora/v1/accounts` (§2.7).

use bankchannel_foundation::{Boundary, Declaration, Exchange, Operation, message::Method, operation::Repeat};

use crate::{
    codec::SaltEdge,
    declare,
    model::{DayOrInstant, SessionSecret, WithToken},
    terms::{Afterwards, Side, Terms, TokenUse},
};

/// Days to read again.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct RefreshWanted {
    /// The session in which the connector reports.
    pub session_secret: SessionSecret,
    /// The first day.
    pub from_date: Option<DayOrInstant>,
    /// The last day; a day is meant whole.
    pub to_date: Option<DayOrInstant>,
    /// Where the customer's browser goes after the bank's page, if there must be one.
    pub redirect_url: Option<String>,
}

/// Have a customer's accounts read again: the whole request.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct RefreshAccountsRequest {
    /// On whose behalf, and with which token.
    #[boundary(flatten)]
    pub with_token: WithToken,
    /// What is asked.
    #[boundary(flatten)]
    pub data: RefreshWanted,
}

/// The request is taken.
#[derive(Debug, Clone, Boundary)]
pub struct RefreshAccountsResponse {}

/// Have a customer's accounts read again.
#[derive(Debug)]
pub struct RefreshAccounts;

impl Operation for RefreshAccounts {
    type Request = RefreshAccountsRequest;
    type Response = RefreshAccountsResponse;
    const DECLARATION: Declaration = declare::of_hub(
        "accounts",
        "salt_edge_hub.refresh_accounts",
        "Have a customer's accounts read again",
        "A connector that keeps a copy reads these days again from the bank, and reports when that is done (§2.7, §5.4).",
        declare::to_connector("accounts refresh", Method::Put, "/api/priora/v1/accounts", Repeat::Never),
    );
}

impl Exchange for RefreshAccounts {
    type Codec = SaltEdge;
    const TERMS: Terms = Terms { served_by: Side::Connector, token: TokenUse::Needed, afterwards: Afterwards::Outcome };
}
