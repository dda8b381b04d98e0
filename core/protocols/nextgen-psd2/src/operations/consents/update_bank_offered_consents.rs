//! Update bank-offered consents: POST `/v1/bank-offered-consents` (§1.3, §4.5).

use bankchannel_foundation::prelude::*;

use crate::{NextGenPsd2Codec, NextGenPsd2Terms, declare, model::linked};

/// The customer, and the address for the customer's return.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct UpdateBankOfferedConsentsRequest {
    /// The customer, if the third party knows the identifier.
    #[boundary(wire = "@PSU-ID")]
    pub psu_id: Option<crate::model::PsuId>,
    /// The customer's corporate agreement.
    #[boundary(wire = "@PSU-Corporate-ID")]
    pub psu_corporate_id: Option<crate::model::PsuCorporateId>,
    /// The address to which the bank returns the customer. Its query has a state of the third party.
    #[boundary(wire = "@TPP-Redirect-URI")]
    pub redirect_uri: crate::model::TppUri,
    /// The role in which the customer acts. If absent, the bank asks.
    #[boundary(wire = "@PSU-Context")]
    pub psu_context: Option<crate::model::CustomerContext>,
    /// False requests the bank's own application instead of a redirect, if possible.
    #[boundary(wire = "@TPP-Redirect-Preferred")]
    pub redirect_preferred: Option<bool>,
    /// The session from the bank's redirect.
    #[boundary(wire = "@TPP-Session-ID")]
    pub tpp_session_id: Option<crate::model::TppSessionId>,
    /// Names of announced changes of the bank's interface that shall already apply, such as `amount-as-string`.
    #[boundary(wire = "@X-Accept-Fix")]
    pub accept_fix: Option<Vec<String>>,
    /// The languages of the bank's texts, such as `nb,en;q=0.7`.
    #[boundary(wire = "@Accept-Language")]
    pub accept_language: Option<String>,
    /// The customer's own request, if the customer is present.
    #[boundary(wire = "@")]
    pub psu: Option<crate::model::PsuContext>,
}

/// The next step for the customer.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct UpdateBankOfferedConsentsResponse {
    /// Links by their names; `scaRedirect` is the one for the customer.
    #[boundary(wire = "_links")]
    pub links: crate::model::LinkMap,
    /// The address for the customer's browser, checked. Does not travel: it is made of the link `scaRedirect`.
    #[boundary(wire = "scaRedirect", off_wire)]
    pub sca_redirect: Option<String>,
    /// The way in which the customer authorises.
    #[boundary(wire = "@ASPSP-SCA-Approach")]
    pub sca_approach: Option<crate::model::ScaApproach>,
    /// The request's id, repeated by the bank.
    #[boundary(wire = "@X-Request-ID")]
    pub request_id: Option<String>,
    /// What of the bank's answer is in no other field, such as members of a later version of the standard. Does not
    /// travel: it is the rest of the answer. Absent if there is no rest.
    #[boundary(wire = "unread", off_wire)]
    pub unread: Option<Vec<crate::model::UnreadMember>>,
}

linked!(UpdateBankOfferedConsentsResponse, sca_redirect);

/// Get a link at which the customer gives, changes or withdraws consents.
///
/// The customer chooses the accounts at the bank. Not strictly needed the first time: the bank answers a request for
/// accounts without a consent with such a link too. Calling it again gives a new link. Dialect `era`.
#[derive(Debug, Operation)]
#[operation(UpdateBankOfferedConsentsRequest => UpdateBankOfferedConsentsResponse)]
#[declaration(..declare::exchange("nextgen_psd2.update_bank_offered_consents"))]
#[errors(..declare::FOR_CUSTOMER)]
#[route(..declare::route("updateBankOfferedConsents", Method::Post, "/v1/bank-offered-consents", 201))]
#[exchange(NextGenPsd2Codec, NextGenPsd2Terms { dialects: declare::ERA, roles: declare::AISP })]
pub struct UpdateBankOfferedConsents;
