//! List transactions: what happened on an account.

use std::fmt;

use bankchannel_foundation::{
    Boundary,
    question::{QuestionDeclaration, TypedQuestion},
};

use super::RefusedByBank;
use crate::model::{AccountId, BankTransaction, DayOrInstant};

/// Which transactions.
#[derive(Clone, Boundary)]
pub struct ListTransactionsQuestion {
    /// The bank's own id of its customer.
    pub user_id: String,
    /// The account. Whether it is this customer's, the bank has to check.
    pub account_id: AccountId,
    /// The first instant or day.
    pub from_date: DayOrInstant,
    /// The last instant or day; a day is meant whole.
    pub to_date: DayOrInstant,
    /// The third party's id at Salt Edge.
    pub client_id: u64,
    /// The token, as `list_tokens` names it.
    pub token_id: String,
}

impl fmt::Debug for ListTransactionsQuestion {
    /// Only for whom it is asked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListTransactionsQuestion").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// An account's transactions, or a refusal.
#[derive(Debug, Clone, Boundary)]
pub struct ListTransactionsAnswer {
    /// All transactions of the time asked for.
    pub transactions: Option<Vec<BankTransaction>>,
    /// Why there are none to tell of: `AccountNotFound`, where the customer has no such account.
    pub refused: Option<RefusedByBank>,
}

/// What happened on an account.
#[derive(Debug)]
pub struct ListTransactions;

impl TypedQuestion for ListTransactions {
    type Request = ListTransactionsQuestion;
    type Answer = ListTransactionsAnswer;
    const DECLARATION: QuestionDeclaration = QuestionDeclaration {
        name: "bank.list_transactions",
        summary: "List an account's transactions",
        doc: "Asked while Salt Edge waits for the answer. Only after the consent was found to cover the account.",
    };
}
