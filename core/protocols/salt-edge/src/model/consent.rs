//! What a customer has agreed to, account by account (§4.2).

use bankchannel_foundation::Boundary;

/// What may be read of an account besides that it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Boundary)]
pub enum ConsentScope {
    /// Its balance.
    Balance,
    /// Its transactions.
    Transactions,
}

/// An account that a customer has chosen.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(same_names)]
pub struct AccountConsent {
    /// The account's id, or `all`.
    pub account_id: String,
    /// What may be read of it; an empty list lets it be seen, and no more.
    pub scopes: Vec<ConsentScope>,
}
