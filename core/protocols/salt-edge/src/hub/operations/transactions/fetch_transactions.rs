//! Transactions fetch: GET `/api/priora/v1/transactions` (§2.9).

use bankchannel_foundation::{Boundary, Declaration, Exchange, Operation, message::Method, operation::Repeat};

use crate::{
    codec::SaltEdge,
    declare,
    model::{AccountId, BankTransaction, DayOrInstant, SessionSecret, WithToken},
    terms::{Afterwards, Side, Terms, TokenUse},
};

/// The account and the period.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct TransactionsWanted {
    /// The session's secret.
    pub session_secret: SessionSecret,
    /// The account.
    pub account_id: AccountId,
    /// The first time or day.
    pub from_date: DayOrInstant,
    /// The last time or day; a day counts to its end.
    pub to_date: DayOrInstant,
}

/// List an account's transactions: the whole request.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct FetchTransactionsRequest {
    /// The third party and the token.
    #[boundary(flatten, members(client_id: u64, consent_id: String, access_token: bankchannel_foundation::Secret))]
    pub with_token: WithToken,
    /// The account and the period.
    #[boundary(flatten, members(
        session_secret: SessionSecret,
        account_id: AccountId,
        from_date: DayOrInstant,
        to_date: DayOrInstant,
    ))]
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
#[derive(Debug)]
pub struct FetchTransactions;

impl Operation for FetchTransactions {
    type Request = FetchTransactionsRequest;
    type Response = FetchTransactionsResponse;
    const DECLARATION: Declaration = declare::of_hub(
        "transactions",
        "salt_edge_hub.fetch_transactions",
        "List an account's transactions",
        "Returns all transactions of the requested period in one answer: there are no pages (§2.9).",
        declare::to_connector("transactions fetch", Method::Get, "/api/priora/v1/transactions", Repeat::Safe),
    );
}

impl Exchange for FetchTransactions {
    type Codec = SaltEdge;
    const TERMS: Terms = Terms { served_by: Side::Connector, token: TokenUse::Needed, afterwards: Afterwards::Nothing };
}
