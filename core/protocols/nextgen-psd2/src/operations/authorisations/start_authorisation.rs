//! Start an authorisation: POST `/v1/consents/{consentId}/authorisations` (§4.2).

use bankchannel_foundation::prelude::*;

use crate::{
    NextGenPsd2Codec, NextGenPsd2Terms, declare,
    model::{
        ChallengeData, LinkMap, PsuContext, PsuCorporateId, PsuId, ScaApproach, ScaMethod, ScaStatus, TppMessage,
        TppUri, UnreadMember, linked,
    },
};

/// The consent, and the addresses for the customer's return.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct StartAuthorisationRequest {
    /// The consent's identifier.
    #[boundary(wire = "consentId")]
    pub consent_id: String,
    /// The customer, if the third party knows the identifier.
    #[boundary(wire = "@PSU-ID")]
    pub psu_id: Option<PsuId>,
    /// The customer's corporate agreement.
    #[boundary(wire = "@PSU-Corporate-ID")]
    pub psu_corporate_id: Option<PsuCorporateId>,
    /// The address to which the bank returns the customer.
    #[boundary(wire = "@TPP-Redirect-URI")]
    pub redirect_uri: Option<TppUri>,
    /// The address for a customer who did not authorise.
    #[boundary(wire = "@TPP-Nok-Redirect-URI")]
    pub nok_redirect_uri: Option<TppUri>,
    /// The customer's own request, if the customer is present.
    #[boundary(wire = "@")]
    pub psu: Option<PsuContext>,
}

/// The authorisation.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct StartAuthorisationResponse {
    /// The status.
    #[boundary(wire = "scaStatus")]
    pub sca_status: ScaStatus,
    /// The authorisation's identifier.
    #[boundary(wire = "authorisationId")]
    pub authorisation_id: Option<String>,
    /// Links by their names; `scaRedirect` is the one for the customer.
    #[boundary(wire = "_links")]
    pub links: LinkMap,
    /// The address for the customer's browser, checked. Does not travel: it is made of the link `scaRedirect`.
    #[boundary(wire = "scaRedirect", off_wire)]
    pub sca_redirect: Option<String>,
    /// The way in which the customer authorises.
    #[boundary(wire = "@ASPSP-SCA-Approach")]
    pub sca_approach: Option<ScaApproach>,
    /// A text of the bank for the customer.
    #[boundary(wire = "psuMessage")]
    pub psu_message: Option<String>,
    /// The methods among which the customer can choose.
    #[boundary(wire = "scaMethods")]
    pub sca_methods: Option<Vec<ScaMethod>>,
    /// The method that the bank has chosen.
    #[boundary(wire = "chosenScaMethod")]
    pub chosen_sca_method: Option<ScaMethod>,
    /// Data that the customer needs for the chosen method.
    #[boundary(wire = "challengeData")]
    pub challenge_data: Option<ChallengeData>,
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

linked!(StartAuthorisationResponse, sca_redirect);

/// Start the customer's authorisation of a consent.
///
/// Needed if the bank has not started one itself: after a consent that was created with
/// `explicit_authorisation_preferred`, or for another customer. Dialect `bg`.
#[derive(Debug, Operation)]
#[operation(StartAuthorisationRequest => StartAuthorisationResponse)]
#[declaration(..declare::exchange("nextgen_psd2.start_authorisation"))]
#[errors(..declare::WITH_CONSENT)]
#[route(..declare::route("startConsentAuthorisation", Method::Post, "/v1/consents/{consentId}/authorisations", 201))]
#[exchange(NextGenPsd2Codec, NextGenPsd2Terms { dialects: declare::BG, roles: declare::AISP })]
pub struct StartAuthorisation;
