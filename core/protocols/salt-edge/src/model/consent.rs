//! A customer's consent, account by account (§4.2).

use bankchannel_foundation::model::Boundary;

/// The data of an account that a third party may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Boundary)]
#[non_exhaustive]
pub enum ConsentScope {
    /// The balance.
    Balance,
    /// The transactions.
    Transactions,
}

/// An account that a customer chose.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct AccountConsent {
    /// The account's id, or `all`.
    pub account_id: String,
    /// The readable data. With an empty list the third party sees the account without its
    /// balances and transactions.
    pub scopes: Vec<ConsentScope>,
}
