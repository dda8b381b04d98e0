//! End a consent: DELETE `/v1/consents/{consentId}` (§4.2, §4.4).

use bankchannel_foundation::prelude::*;

use crate::{
    NextGenPsd2Codec, NextGenPsd2Terms, declare,
    model::{LinkedAnswer, PsuContext, UnreadMember},
};

/// The consent to end.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct DeleteConsentRequest {
    /// The consent's identifier.
    #[boundary(wire = "consentId")]
    pub consent_id: String,
    /// The customer's own request, if the customer is present.
    #[boundary(wire = "@")]
    pub psu: Option<PsuContext>,
}

/// The consent is ended.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct DeleteConsentResponse {
    /// The request's id, repeated by the bank.
    #[boundary(wire = "@X-Request-ID")]
    pub request_id: Option<String>,
    /// What of the bank's answer is in no other field, such as members of a later version of the standard. Does not
    /// travel: it is the rest of the answer. Absent if there is no rest.
    #[boundary(wire = "unread", off_wire)]
    pub unread: Option<Vec<UnreadMember>>,
}

impl LinkedAnswer for DeleteConsentResponse {}

/// End a consent.
///
/// A consent that has already ended does not change, and the answer is the same. Dialect `bg`.
#[derive(Debug, Operation)]
#[operation(DeleteConsentRequest => DeleteConsentResponse)]
#[declaration(..declare::exchange("nextgen_psd2.delete_consent"))]
#[errors(..declare::WITH_CONSENT)]
#[route(..declare::route("deleteConsent", Method::Delete, "/v1/consents/{consentId}", 204))]
#[exchange(NextGenPsd2Codec, NextGenPsd2Terms { dialects: declare::BG, roles: declare::AISP })]
pub struct DeleteConsent;
