//! Read the status of an authorisation: GET `/v1/consents/{consentId}/authorisations/{authorisationId}` (§4.2).

use bankchannel_foundation::prelude::*;

use crate::{
    NextGenPsd2Codec, NextGenPsd2Terms, declare,
    model::{LinkedAnswer, PsuContext, ScaStatus},
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
    /// The request's id, repeated by the bank.
    #[boundary(wire = "@X-Request-ID")]
    pub request_id: Option<String>,
}

impl LinkedAnswer for GetAuthorisationStatusResponse {}

/// Read the status of a consent's authorisation.
///
/// An authorisation can be final while the consent waits for further customers. Dialect `bg`.
#[derive(Debug, OperationDocs)]
pub struct GetAuthorisationStatus;

impl Operation for GetAuthorisationStatus {
    type Request = GetAuthorisationStatusRequest;
    type Response = GetAuthorisationStatusResponse;
    const DECLARATION: Declaration = declare::exchange(
        "nextgen_psd2.get_authorisation_status",
        Self::DOCS,
        declare::WITH_CONSENT,
        declare::route(
            "getConsentScaStatus",
            Method::Get,
            "/v1/consents/{consentId}/authorisations/{authorisationId}",
            200,
        ),
    );
}

impl Exchange for GetAuthorisationStatus {
    type Codec = NextGenPsd2Codec;
    const TERMS: NextGenPsd2Terms = NextGenPsd2Terms { dialects: declare::BG, roles: declare::AISP };
}
