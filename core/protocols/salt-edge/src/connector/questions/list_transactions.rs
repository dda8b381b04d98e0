//! List transactions: the transactions of an account.

use bankchannel_foundation::{model::Boundary, question::TypedQuestion};

use super::RefusedByBank;
use crate::model::{AccountId, BankTransaction, DayOrInstant};

/// The account and the period.
#[derive(Clone, Boundary)]
#[non_exhaustive]
pub struct ListTransactionsQuestion {
    /// The bank's own id of the customer.
    pub user_id: String,
    /// The account. The bank has to check that it belongs to this customer.
    pub account_id: AccountId,
    /// The first time or day.
    pub from_date: DayOrInstant,
    /// The last time or day; a day counts to its end.
    pub to_date: DayOrInstant,
    /// The third party's id at Salt Edge.
    pub client_id: u64,
    /// The token's id, as in `list_tokens`.
    pub token_id: String,
}

bankchannel_foundation::redacted_debug!(ListTransactionsQuestion, client_id);

/// An account's transactions, or a refusal.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ListTransactionsAnswer {
    /// All transactions of the requested period.
    pub transactions: Option<Vec<BankTransaction>>,
    /// The refusal, if the bank lists no transactions: `AccountNotFound` if the customer has no such account.
    pub refused: Option<RefusedByBank>,
}

/// List an account's transactions.
///
/// Salt Edge waits for the answer meanwhile. Asked only if the consent covers the account.
#[derive(Debug, TypedQuestion)]
#[question("bank.list_transactions", ListTransactionsQuestion => ListTransactionsAnswer)]
pub struct ListTransactions;
