//! List the authorisations of a consent: GET `/v1/consents/{consentId}/authorisations` (§4.2).

use bankchannel_foundation::prelude::*;

use crate::{
    NextGenPsd2Codec, NextGenPsd2Terms, declare,
    model::{LinkedAnswer, PsuContext, UnreadMember},
};

/// The consent.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ListAuthorisationsRequest {
    /// The consent's identifier.
    #[boundary(wire = "consentId")]
    pub consent_id: String,
    /// The customer's own request, if the customer is present.
    #[boundary(wire = "@")]
    pub psu: Option<PsuContext>,
}

/// The authorisations.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ListAuthorisationsResponse {
    /// The authorisations' identifiers.
    #[boundary(wire = "authorisationIds")]
    pub authorisation_ids: Vec<String>,
    /// The request's id, repeated by the bank.
    #[boundary(wire = "@X-Request-ID")]
    pub request_id: Option<String>,
    /// What of the bank's answer is in no other field, such as members of a later version of the standard. Does not
    /// travel: it is the rest of the answer. Absent if there is no rest.
    #[boundary(wire = "unread", off_wire)]
    pub unread: Option<Vec<UnreadMember>>,
}

impl LinkedAnswer for ListAuthorisationsResponse {}

/// List the authorisations of a consent.
///
/// Returns only their identifiers. Dialect `bg`.
#[derive(Debug, Operation)]
#[operation(ListAuthorisationsRequest => ListAuthorisationsResponse)]
#[declaration(..declare::exchange("nextgen_psd2.list_authorisations"))]
#[errors(..declare::WITH_CONSENT)]
#[route(..declare::route("getConsentAuthorisation", Method::Get, "/v1/consents/{consentId}/authorisations", 200))]
#[exchange(NextGenPsd2Codec, NextGenPsd2Terms { dialects: declare::BG, roles: declare::AISP })]
pub struct ListAuthorisations;
