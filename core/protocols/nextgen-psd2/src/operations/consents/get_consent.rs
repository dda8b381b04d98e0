//! Read a consent: GET `/v1/consents/{consentId}` (§4.2).

use bankchannel_foundation::prelude::*;

use crate::{
    NextGenPsd2Codec, NextGenPsd2Terms, declare,
    model::{ConsentAccess, ConsentStatus, LinkMap, PsuContext, UnreadMember, linked},
};

/// The consent to read.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct GetConsentRequest {
    /// The consent's identifier.
    #[boundary(wire = "consentId")]
    pub consent_id: String,
    /// The customer's own request, if the customer is present.
    #[boundary(wire = "@")]
    pub psu: Option<PsuContext>,
}

/// The consent as the bank has it.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct GetConsentResponse {
    /// The access that the consent gives.
    #[boundary(wire = "access")]
    pub access: ConsentAccess,
    /// Whether the consent is for repeated use.
    #[boundary(wire = "recurringIndicator")]
    pub recurring_indicator: bool,
    /// The last day of the consent; a bank may have shortened it.
    #[boundary(wire = "validUntil")]
    pub valid_until: Date,
    /// The maximum number of readings of each account in a day without the customer; a bank may have lowered it.
    #[boundary(wire = "frequencyPerDay")]
    pub frequency_per_day: u32,
    /// The day of the last use or change.
    #[boundary(wire = "lastActionDate")]
    pub last_action_date: Option<Date>,
    /// The status of the consent.
    #[boundary(wire = "consentStatus")]
    pub consent_status: ConsentStatus,
    /// Links by their names.
    #[boundary(wire = "_links")]
    pub links: LinkMap,
    /// The request's id, repeated by the bank.
    #[boundary(wire = "@X-Request-ID")]
    pub request_id: Option<String>,
    /// What of the bank's answer is in no other field, such as members of a later version of the standard. Does not
    /// travel: it is the rest of the answer. Absent if there is no rest.
    #[boundary(wire = "unread", off_wire)]
    pub unread: Option<Vec<UnreadMember>>,
}

linked!(GetConsentResponse);

/// Read a consent.
///
/// Shows the consent as the bank granted it: days and frequency may be less than requested. Dialect `bg`.
#[derive(Debug, Operation)]
#[operation(GetConsentRequest => GetConsentResponse)]
#[declaration(..declare::exchange("nextgen_psd2.get_consent"))]
#[errors(..declare::WITH_CONSENT)]
#[route(..declare::route("getConsentInformation", Method::Get, "/v1/consents/{consentId}", 200))]
#[exchange(NextGenPsd2Codec, NextGenPsd2Terms { dialects: declare::BG, roles: declare::AISP })]
pub struct GetConsent;
