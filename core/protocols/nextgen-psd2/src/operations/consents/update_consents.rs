//! Update consents (deprecated): POST `/v1/consents` (§1.3).

use bankchannel_foundation::{operation::Deprecated, prelude::*};

use super::update_bank_offered_consents::{UpdateBankOfferedConsentsRequest, UpdateBankOfferedConsentsResponse};
use crate::{
    NextGenPsd2Codec, NextGenPsd2Terms, declare,
    model::{LinkMap, LinkedAnswer},
};

/// The customer, and the address for the customer's return.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct UpdateConsentsRequest {
    /// All of it.
    #[boundary(flatten)]
    pub request: UpdateBankOfferedConsentsRequest,
}

/// The next step for the customer.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct UpdateConsentsResponse {
    /// All of it.
    #[boundary(flatten)]
    pub response: UpdateBankOfferedConsentsResponse,
}

impl LinkedAnswer for UpdateConsentsResponse {
    const LEADS_CUSTOMER: bool = true;

    fn links(&self) -> Option<&LinkMap> {
        self.response.links()
    }

    fn resolve_links(&mut self, base_url: &str) {
        self.response.resolve_links(base_url);
    }

    fn set_sca_redirect(&mut self, url: String) {
        self.response.set_sca_redirect(url);
    }
}

/// The date of the deprecation in the banks' documents: 2025-01-01T00:00:00Z.
const SINCE_S: i64 = 1_735_689_600;

/// Deprecated: get a link for the customer, under the old path.
///
/// Deprecated by the banks, which will remove it: use `update_bank_offered_consents`, which does the same. Dialect `era`.
#[derive(Debug, Operation)]
#[operation(UpdateConsentsRequest => UpdateConsentsResponse)]
#[declaration(
    deprecated: Some(Deprecated { since_s: SINCE_S, successor: "nextgen_psd2.update_bank_offered_consents" }),
    ..declare::exchange("nextgen_psd2.update_consents")
)]
#[errors(..declare::FOR_CUSTOMER)]
#[route(..declare::route("updateConsents", Method::Post, "/v1/consents", 201))]
#[exchange(NextGenPsd2Codec, NextGenPsd2Terms { dialects: declare::ERA, roles: declare::AISP })]
pub struct UpdateConsents;
