//! Read the status of an authorisation: GET `/v1/consents/{consentId}/authorisations/{authorisationId}` (§4.2).

use bankchannel_foundation::prelude::*;

use crate::{
    NextGenPsd2Codec, NextGenPsd2Terms, declare,
    model::{LinkMap, LinkedAnswer, PsuContext, ScaStatus, TppMessage, UnreadMember},
};

/// The consent and the authorisation.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct GetAuthorisationStatusRequest {
    /// The consent's identifier.
    #[boundary(wire = "consentId")]
    pub consent_id: String,
    /// The authorisation's identifier.
    #[boundary(wire = "authorisationId")]
    pub authorisation_id: String,
    /// The customer's own request, if the customer is present.
    #[boundary(wire = "@")]
    pub psu: Option<PsuContext>,
}

/// The status of the authorisation.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct GetAuthorisationStatusResponse {
    /// The status.
    #[boundary(wire = "scaStatus")]
    pub sca_status: ScaStatus,
    /// A text of the bank for the customer.
    #[boundary(wire = "psuMessage")]
    pub psu_message: Option<String>,
    /// Whether the payee is on the customer's list of trusted beneficiaries.
    #[boundary(wire = "trustedBeneficiaryFlag")]
    pub trusted_beneficiary: Option<bool>,
    /// Links by their names.
    #[boundary(wire = "_links")]
    pub links: Option<LinkMap>,
    /// The bank's messages to the third party, such as warnings.
    #[boundary(wire = "tppMessages", alias = "tppMessage")]
    pub tpp_messages: Option<Vec<TppMessage>>,
    /// The request's id, repeated by the bank.
    #[boundary(wire = "@X-Request-ID")]
    pub request_id: Option<String>,
    /// What of the bank's answer is in no other field, such as members of a later version of the standard. Does not
    /// travel: it is the rest of the answer. Absent if there is no rest.
    #[boundary(wire = "unread", off_wire)]
    pub unread: Option<Vec<UnreadMember>>,
}

impl LinkedAnswer for GetAuthorisationStatusResponse {
    fn links(&self) -> Option<&LinkMap> {
        self.links.as_ref()
    }

    fn resolve_links(&mut self, base_url: &str) {
        self.links.iter_mut().flat_map(LinkMap::values_mut).for_each(|link| link.resolve(base_url));
    }
}

/// Read the status of a consent's authorisation.
///
/// An authorisation can be final while the consent waits for further customers. Dialect `bg`.
#[derive(Debug, Operation)]
#[operation(GetAuthorisationStatusRequest => GetAuthorisationStatusResponse)]
#[declaration(..declare::exchange("nextgen_psd2.get_authorisation_status"))]
#[errors(..declare::WITH_CONSENT)]
#[route(..declare::route(
    "getConsentScaStatus", Method::Get, "/v1/consents/{consentId}/authorisations/{authorisationId}", 200,
))]
#[exchange(NextGenPsd2Codec, NextGenPsd2Terms { dialects: declare::BG, roles: declare::AISP })]
pub struct GetAuthorisationStatus;
