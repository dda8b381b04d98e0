//! List accounts: what a customer has.

use std::fmt;

use bankchannel_foundation::{
    Boundary,
    question::{QuestionDeclaration, TypedQuestion},
};

use super::RefusedByBank;
use crate::model::BankAccount;

/// Whose accounts.
#[derive(Clone, Boundary)]
pub struct ListAccountsQuestion {
    /// The bank's own id of its customer.
    pub user_id: String,
    /// The third party's id at Salt Edge.
    pub client_id: u64,
    /// The token, as `list_tokens` names it.
    pub token_id: String,
}

impl fmt::Debug for ListAccountsQuestion {
    /// Only for whom it is asked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListAccountsQuestion").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// A customer's accounts, or a refusal.
#[derive(Debug, Clone, Boundary)]
pub struct ListAccountsAnswer {
    /// All accounts of the customer. Those that the consent does not cover are left out of what is sent.
    pub accounts: Option<Vec<BankAccount>>,
    /// Why there are none to tell of.
    pub refused: Option<RefusedByBank>,
}

/// What a customer has.
#[derive(Debug)]
pub struct ListAccounts;

impl TypedQuestion for ListAccounts {
    type Request = ListAccountsQuestion;
    type Answer = ListAccountsAnswer;
    const DECLARATION: QuestionDeclaration = QuestionDeclaration {
        name: "bank.list_accounts",
        summary: "List a customer's accounts",
        doc: "Asked while Salt Edge waits for the answer. Give all accounts: the consent is applied by the connector.",
    };
}
