//! A link at which the customer gives, changes or takes back consents (§1.3, §4.5).

use bankchannel_nextgen_psd2::{
    model::{CustomerContext, PsuCorporateId, PsuId, ScaApproach, TppUri},
    operations::consents::update_bank_offered_consents::{
        UpdateBankOfferedConsentsRequest, UpdateBankOfferedConsentsResponse,
    },
};

use super::super::{
    links::links,
    refusal::Refusal,
    service::{Bank, Call},
    state::Offer,
};

pub(in super::super) fn handle(
    bank: &Bank,
    call: &Call<'_>,
    request: UpdateBankOfferedConsentsRequest,
) -> Result<UpdateBankOfferedConsentsResponse, Refusal> {
    let asked = Asked {
        redirect_uri: &request.redirect_uri,
        psu_id: request.psu_id.as_ref(),
        psu_corporate_id: request.psu_corporate_id.as_ref(),
        psu_context: request.psu_context,
    };
    Ok(UpdateBankOfferedConsentsResponse {
        links: links(call.dialect, [("scaRedirect", asked.offer(bank, call)?)]),
        sca_redirect: None,
        sca_approach: Some(ScaApproach::Redirect),
        request_id: None,
    })
}

/// What both routes are asked.
pub(super) struct Asked<'a> {
    pub(super) redirect_uri: &'a TppUri,
    pub(super) psu_id: Option<&'a PsuId>,
    pub(super) psu_corporate_id: Option<&'a PsuCorporateId>,
    pub(super) psu_context: Option<CustomerContext>,
}

impl Asked<'_> {
    /// Stores the offer; answers the link for the customer.
    pub(super) fn offer(&self, bank: &Bank, call: &Call<'_>) -> Result<String, Refusal> {
        let offer = Offer {
            redirect_uri: self.redirect_uri.as_str(),
            psu_id: self.psu_id.map(PsuId::as_str),
            psu_corporate_id: self.psu_corporate_id.map(PsuCorporateId::as_str),
            psu_context: self.psu_context,
        };
        let redirect = bank.state.offer(call.tpp, &offer, call.now_s).map_err(|problem| call.refused(problem))?;
        Ok(bank.sca_redirect(call.dialect, &redirect.state, redirect.context))
    }
}
