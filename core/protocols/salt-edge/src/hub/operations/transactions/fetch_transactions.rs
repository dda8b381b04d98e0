//! Transactions fetch: GET `/api/priora/v1/transactions` (§2.9).

use bankchannel_foundation::prelude::*;

use crate::{
    ReportAfterwards, SaltEdge, SaltEdgeTerms, TokenUse, declare,
    model::{BankTransaction, WithToken},
};

/// The account and the period.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct TransactionsWanted {
    /// The session's secret.
    pub session_secret: crate::model::SessionSecret,
    /// The account.
    pub account_id: crate::model::AccountId,
    /// The first time or day.
    pub from_date: crate::model::DayOrInstant,
    /// The last time or day; a day counts to its end.
    pub to_date: crate::model::DayOrInstant,
}

/// List an account's transactions: the whole request.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct FetchTransactionsRequest {
    /// The third party and the token.
    #[boundary(flatten)]
    pub with_token: WithToken,
    /// The account and the period.
    #[boundary(flatten)]
    pub data: TransactionsWanted,
}

/// An account's transactions.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct FetchTransactionsResponse {
    /// The transactions.
    #[boundary(wire = "data")]
    pub transactions: Vec<BankTransaction>,
}

/// List an account's transactions.
///
/// Returns all transactions of the requested period in one answer: there are no pages (§2.9).
#[derive(Debug, Operation)]
#[operation(FetchTransactionsRequest => FetchTransactionsResponse)]
#[declaration(..declare::of_hub("transactions", "salt_edge_hub.fetch_transactions"))]
#[route(..declare::to_connector("transactions fetch", Method::Get, "/api/priora/v1/transactions", Repeat::Safe))]
#[exchange(SaltEdge, SaltEdgeTerms::at_connector(TokenUse::Needed, ReportAfterwards::Nothing))]
pub struct FetchTransactions;
