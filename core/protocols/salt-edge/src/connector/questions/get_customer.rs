//! Get customer: the bank's data on a customer.

use bankchannel_foundation::{model::Boundary, question::TypedQuestion};

use super::RefusedByBank;
use crate::model::BankCustomer;

/// The customer.
#[derive(Clone, Boundary)]
#[non_exhaustive]
pub struct GetCustomerQuestion {
    /// The bank's own id of the customer.
    pub user_id: String,
    /// The third party's id at Salt Edge.
    pub client_id: u64,
    /// The token's id, as in `list_tokens`.
    pub token_id: String,
}

bankchannel_foundation::redacted_debug!(GetCustomerQuestion, client_id);

/// A customer, or a refusal.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct GetCustomerAnswer {
    /// The bank's data of the customer.
    pub customer: Option<BankCustomer>,
    /// The refusal, if the bank gives no data.
    pub refused: Option<RefusedByBank>,
}

/// Return a customer's data.
///
/// Salt Edge waits for the answer meanwhile.
#[derive(Debug, TypedQuestion)]
#[question("bank.get_customer", GetCustomerQuestion => GetCustomerAnswer)]
pub struct GetCustomer;
