//! Get customer: what the bank knows of one.

use std::fmt;

use bankchannel_foundation::{
    Boundary,
    question::{QuestionDeclaration, TypedQuestion},
};

use super::RefusedByBank;
use crate::model::BankCustomer;

/// Which customer.
#[derive(Clone, Boundary)]
pub struct GetCustomerQuestion {
    /// The bank's own id of its customer.
    pub user_id: String,
    /// The third party's id at Salt Edge.
    pub client_id: u64,
    /// The token, as `list_tokens` names it.
    pub token_id: String,
}

impl fmt::Debug for GetCustomerQuestion {
    /// Only for whom it is asked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GetCustomerQuestion").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// A customer, or a refusal.
#[derive(Debug, Clone, Boundary)]
pub struct GetCustomerAnswer {
    /// What the bank knows.
    pub customer: Option<BankCustomer>,
    /// Why nothing is told.
    pub refused: Option<RefusedByBank>,
}

/// What the bank knows of a customer.
#[derive(Debug)]
pub struct GetCustomer;

impl TypedQuestion for GetCustomer {
    type Request = GetCustomerQuestion;
    type Answer = GetCustomerAnswer;
    const DECLARATION: QuestionDeclaration = QuestionDeclaration {
        name: "bank.get_customer",
        summary: "Say what the bank knows of a customer",
        doc: "Asked while Salt Edge waits for the answer.",
    };
}
