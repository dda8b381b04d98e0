//! Update consents (deprecated): POST `/v1/consents` (§1.3).

use bankchannel_foundation::{Boundary, Declaration, Exchange, Operation, message::Method, operation::Deprecated};

use crate::{
    Terms,
    codec::Psd2,
    declare,
    model::{CustomerContext, LinkMap, PsuContext, PsuCorporateId, PsuId, ScaApproach, TppSessionId, TppUri, linked},
};

/// For whom, and where the customer goes afterwards.
#[derive(Debug, Clone, Boundary)]
pub struct UpdateConsentsRequest {
    /// The customer, where the third party knows it.
    #[boundary(wire = "@PSU-ID")]
    pub psu_id: Option<PsuId>,
    /// The customer's corporate agreement.
    #[boundary(wire = "@PSU-Corporate-ID")]
    pub psu_corporate_id: Option<PsuCorporateId>,
    /// Where the bank sends the customer afterwards; a state of the third party's own stands in its query.
    #[boundary(wire = "@TPP-Redirect-URI")]
    pub redirect_uri: TppUri,
    /// In which quality the customer acts; left out, the bank asks.
    #[boundary(wire = "@PSU-Context")]
    pub psu_context: Option<CustomerContext>,
    /// False asks for the bank's own application instead of a redirect, where that is possible.
    #[boundary(wire = "@TPP-Redirect-Preferred")]
    pub redirect_preferred: Option<bool>,
    /// The session that the bank's redirect named.
    #[boundary(wire = "@TPP-Session-ID")]
    pub tpp_session_id: Option<TppSessionId>,
    /// Names of announced changes of the bank's interface that are to hold already, such as `amount-as-string`.
    #[boundary(wire = "@X-Accept-Fix")]
    pub accept_fix: Option<Vec<String>>,
    /// The languages of the bank's texts, such as `nb,en;q=0.7`.
    #[boundary(wire = "@Accept-Language")]
    pub accept_language: Option<String>,
    /// The customer's own request, where the customer is present.
    #[boundary(wire = "@")]
    pub psu: Option<PsuContext>,
}

/// Where the customer goes on.
#[derive(Debug, Clone, Boundary)]
pub struct UpdateConsentsResponse {
    /// Links by their names; `scaRedirect` is the one for the customer.
    #[boundary(wire = "_links")]
    pub links: LinkMap,
    /// Where to send the customer, checked. Does not travel: it is made of the link `scaRedirect`.
    #[boundary(wire = "scaRedirect", off_wire)]
    pub sca_redirect: Option<String>,
    /// How the customer authorises.
    #[boundary(wire = "@ASPSP-SCA-Approach")]
    pub sca_approach: Option<ScaApproach>,
    /// The request's id, repeated by the bank.
    #[boundary(wire = "@X-Request-ID")]
    pub request_id: Option<String>,
}

linked!(UpdateConsentsResponse, sca_redirect);

/// When the banks' documents began to say so: 2025-01-01T00:00:00Z.
const SINCE_S: i64 = 1_735_689_600;

/// Does what [`UpdateBankOfferedConsents`](super::update_bank_offered_consents::UpdateBankOfferedConsents) does, under its old path.
#[derive(Debug)]
pub struct UpdateConsents;

impl Operation for UpdateConsents {
    type Request = UpdateConsentsRequest;
    type Response = UpdateConsentsResponse;
    const DECLARATION: Declaration = Declaration {
        deprecated: Some(Deprecated { since_s: SINCE_S, successor: "nextgen_psd2.update_bank_offered_consents" }),
        ..declare::exchange(
            "nextgen_psd2.update_consents",
            "Deprecated: get a link for the customer, under the old path",
            "Deprecated by the banks, which will remove it: use `update_bank_offered_consents`, which does the same. Dialect `era`.",
            declare::FOR_CUSTOMER,
            declare::route("updateConsents", Method::Post, "/v1/consents", 201),
        )
    };
}

impl Exchange for UpdateConsents {
    type Codec = Psd2;
    const TERMS: Terms = Terms { dialects: declare::ERA, roles: declare::AISP };
}
