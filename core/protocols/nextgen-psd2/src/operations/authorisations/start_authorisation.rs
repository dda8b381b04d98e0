//! Start an authorisation: POST `/v1/consents/{consentId}/authorisations` (§4.2).

use bankchannel_foundation::{Boundary, Declaration, Exchange, Operation, message::Method};

use crate::{
    Terms,
    codec::Psd2,
    declare,
    model::{LinkMap, PsuContext, PsuCorporateId, PsuId, ScaApproach, ScaStatus, TppUri, linked},
};

/// Of which consent, and where the customer goes afterwards.
#[derive(Debug, Clone, Boundary)]
pub struct StartAuthorisationRequest {
    /// The consent's identifier.
    #[boundary(wire = "consentId")]
    pub consent_id: String,
    /// The customer, where the third party knows it.
    #[boundary(wire = "@PSU-ID")]
    pub psu_id: Option<PsuId>,
    /// The customer's corporate agreement.
    #[boundary(wire = "@PSU-Corporate-ID")]
    pub psu_corporate_id: Option<PsuCorporateId>,
    /// Where the bank sends the customer afterwards.
    #[boundary(wire = "@TPP-Redirect-URI")]
    pub redirect_uri: Option<TppUri>,
    /// Where it sends the customer who has not authorised.
    #[boundary(wire = "@TPP-Nok-Redirect-URI")]
    pub nok_redirect_uri: Option<TppUri>,
    /// The customer's own request, where the customer is present.
    #[boundary(wire = "@")]
    pub psu: Option<PsuContext>,
}

/// The authorisation.
#[derive(Debug, Clone, Boundary)]
pub struct StartAuthorisationResponse {
    /// Where it stands.
    #[boundary(wire = "scaStatus")]
    pub sca_status: ScaStatus,
    /// Its identifier.
    #[boundary(wire = "authorisationId")]
    pub authorisation_id: Option<String>,
    /// Links by their names; `scaRedirect` is the one for the customer.
    #[boundary(wire = "_links")]
    pub links: LinkMap,
    /// Where to send the customer, checked. Does not travel: it is made of the link `scaRedirect`.
    #[boundary(wire = "scaRedirect", off_wire)]
    pub sca_redirect: Option<String>,
    /// How the customer authorises.
    #[boundary(wire = "@ASPSP-SCA-Approach")]
    pub sca_approach: Option<ScaApproach>,
    /// A text of the bank for the customer.
    #[boundary(wire = "psuMessage")]
    pub psu_message: Option<String>,
    /// The request's id, repeated by the bank.
    #[boundary(wire = "@X-Request-ID")]
    pub request_id: Option<String>,
}

linked!(StartAuthorisationResponse, sca_redirect);

/// Starts an authorisation of a consent.
#[derive(Debug)]
pub struct StartAuthorisation;

impl Operation for StartAuthorisation {
    type Request = StartAuthorisationRequest;
    type Response = StartAuthorisationResponse;
    const DECLARATION: Declaration = declare::exchange(
        "nextgen_psd2.start_authorisation",
        "Start the customer's authorisation of a consent",
        "Needed where the bank has not started one itself: after a consent that was created with \
         `explicit_authorisation_preferred`, or for a further customer. Dialect `bg`.",
        declare::WITH_CONSENT,
        declare::route("startConsentAuthorisation", Method::Post, "/v1/consents/{consentId}/authorisations", 201),
    );
}

impl Exchange for StartAuthorisation {
    type Codec = Psd2;
    const TERMS: Terms = Terms { dialects: declare::BG, roles: declare::AISP };
}
