//! List accounts: a customer's accounts.

use bankchannel_foundation::{model::Boundary, question::TypedQuestion};

use super::RefusedByBank;
use crate::model::BankAccount;

/// The customer.
#[derive(Clone, Boundary)]
#[non_exhaustive]
pub struct ListAccountsQuestion {
    /// The bank's own id of the customer.
    pub user_id: String,
    /// The third party's id at Salt Edge.
    pub client_id: u64,
    /// The token's id, as in `list_tokens`.
    pub token_id: String,
}

bankchannel_foundation::redacted_debug!(ListAccountsQuestion, client_id);

/// A customer's accounts, or a refusal.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ListAccountsAnswer {
    /// All accounts of the customer. The connector removes the accounts that the consent does not cover.
    pub accounts: Option<Vec<BankAccount>>,
    /// The refusal, if the bank lists no accounts.
    pub refused: Option<RefusedByBank>,
}

/// List a customer's accounts.
///
/// Salt Edge waits for the answer meanwhile. Return all accounts: the connector applies the consent.
#[derive(Debug, TypedQuestion)]
#[question("bank.list_accounts", ListAccountsQuestion => ListAccountsAnswer)]
pub struct ListAccounts;
