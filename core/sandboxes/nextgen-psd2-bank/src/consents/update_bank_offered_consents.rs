//! Returns a link where the customer gives, changes or withdraws consents (§1.3, §4.5).

use bankchannel_nextgen_psd2::{
    model::{PsuCorporateId, PsuId, ScaApproach},
    operations::consents::update_bank_offered_consents::{
        UpdateBankOfferedConsentsRequest, UpdateBankOfferedConsentsResponse,
    },
};

use crate::{BankCall, SandboxBank, SandboxRefusal, links::links, state::ConsentOffer};

pub(crate) fn handle(
    bank: &SandboxBank,
    call: &BankCall<'_>,
    request: UpdateBankOfferedConsentsRequest,
) -> Result<UpdateBankOfferedConsentsResponse, SandboxRefusal> {
    let offer = ConsentOffer {
        redirect_uri: request.redirect_uri.as_str(),
        psu_id: request.psu_id.as_ref().map(PsuId::as_str),
        psu_corporate_id: request.psu_corporate_id.as_ref().map(PsuCorporateId::as_str),
        psu_context: request.psu_context,
    };
    let redirect = bank.state.offer(call.tpp, &offer, call.now_s).map_err(|problem| call.refused(problem))?;
    let link = bank.sca_redirect(call.dialect, &redirect.state, redirect.context);
    let mut made = UpdateBankOfferedConsentsResponse::new(links(call.dialect, [("scaRedirect", link)]));
    made.sca_approach = Some(ScaApproach::Redirect);
    Ok(made)
}
