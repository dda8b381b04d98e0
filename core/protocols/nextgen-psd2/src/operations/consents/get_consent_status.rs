//! Read the status of a consent: GET `/v1/consents/{consentId}/status` (§4.2).

use bankchannel_foundation::prelude::*;

use crate::{
    NextGenPsd2Codec, NextGenPsd2Terms, declare,
    model::{ConsentStatus, LinkedAnswer, PsuContext, UnreadMember},
};

/// The consent.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct GetConsentStatusRequest {
    /// The consent's identifier.
    #[boundary(wire = "consentId")]
    pub consent_id: String,
    /// The customer's own request, if the customer is present.
    #[boundary(wire = "@")]
    pub psu: Option<PsuContext>,
}

/// The status of the consent.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct GetConsentStatusResponse {
    /// The status.
    #[boundary(wire = "consentStatus")]
    pub consent_status: ConsentStatus,
    /// A text of the bank for the customer.
    #[boundary(wire = "psuMessage")]
    pub psu_message: Option<String>,
    /// The request's id, repeated by the bank.
    #[boundary(wire = "@X-Request-ID")]
    pub request_id: Option<String>,
    /// What of the bank's answer is in no other field, such as members of a later version of the standard. Does not
    /// travel: it is the rest of the answer. Absent if there is no rest.
    #[boundary(wire = "unread", off_wire)]
    pub unread: Option<Vec<UnreadMember>>,
}

impl LinkedAnswer for GetConsentStatusResponse {}

/// Read the status of a consent.
///
/// The short form of reading the consent, for waiting until the customer has authorised it. Dialect `bg`.
#[derive(Debug, Operation)]
#[operation(GetConsentStatusRequest => GetConsentStatusResponse)]
#[declaration(..declare::exchange("nextgen_psd2.get_consent_status"))]
#[errors(..declare::WITH_CONSENT)]
#[route(..declare::route("getConsentStatus", Method::Get, "/v1/consents/{consentId}/status", 200))]
#[exchange(NextGenPsd2Codec, NextGenPsd2Terms { dialects: declare::BG, roles: declare::AISP })]
pub struct GetConsentStatus;
