//! KYC fetch: GET `/api/priora/v1/kyc` (§2.10).

use bankchannel_foundation::prelude::*;

use crate::{
    ReportAfterwards, SaltEdge, SaltEdgeTerms, TokenUse, declare,
    model::{BankCustomer, WithToken},
};

/// A session, if there is one.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct CustomerWanted {
    /// The session.
    pub session_secret: Option<crate::model::SessionSecret>,
}

/// Get a customer's data: the whole request.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct FetchCustomerRequest {
    /// The third party and the token.
    #[boundary(flatten)]
    pub with_token: WithToken,
    /// The session.
    #[boundary(flatten)]
    pub data: CustomerWanted,
}

/// A customer.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct FetchCustomerResponse {
    /// The bank's data of the customer.
    #[boundary(wire = "data")]
    pub customer: BankCustomer,
}

/// Get a customer's data.
///
/// Returns the name and the other data that the bank has (§2.10).
#[derive(Debug, Operation)]
#[operation(FetchCustomerRequest => FetchCustomerResponse)]
#[declaration(..declare::of_hub("customers", "salt_edge_hub.fetch_customer"))]
#[route(..declare::to_connector("kyc fetch", Method::Get, "/api/priora/v1/kyc", Repeat::Safe))]
#[exchange(SaltEdge, SaltEdgeTerms::at_connector(TokenUse::Needed, ReportAfterwards::Nothing))]
pub struct FetchCustomer;
