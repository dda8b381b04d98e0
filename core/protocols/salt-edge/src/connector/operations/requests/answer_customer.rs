//! Answer with a customer (§2.10).

use bankchannel_foundation::prelude::*;

use crate::{
    declare,
    hub::operations::customers::fetch_customer::{FetchCustomer, FetchCustomerResponse},
    model::{BankCustomer, HttpAnswer},
};

/// The customer to answer with.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct AnswerCustomerRequest {
    /// The bank's data of the customer.
    pub customer: BankCustomer,
}

/// Make the answer to a request for a customer's data.
///
/// Leave unknown fields out.
#[derive(Debug, Operation)]
#[operation(AnswerCustomerRequest => HttpAnswer)]
#[declaration(..declare::local("requests", "salt_edge_connector.answer_customer"))]
pub struct AnswerCustomer;

impl Local for AnswerCustomer {
    fn run(asked: AnswerCustomerRequest, _: LocalContext<'_>) -> Result<HttpAnswer, Error> {
        if asked.customer.name.is_empty() {
            return Err(Error::invalid_field("customer.name", "is empty"));
        }
        let response = FetchCustomerResponse { customer: asked.customer };
        Ok(HttpAnswer::from_message(&FetchCustomer::encode_response(response)))
    }
}
