//! The status of an authorisation (§4.3).

use bankchannel_nextgen_psd2::operations::authorisations::get_authorisation_status::{
    GetAuthorisationStatusRequest, GetAuthorisationStatusResponse,
};

use crate::{BankCall, SandboxBank, SandboxRefusal};

pub(crate) fn handle(
    bank: &SandboxBank,
    call: &BankCall<'_>,
    request: GetAuthorisationStatusRequest,
) -> Result<GetAuthorisationStatusResponse, SandboxRefusal> {
    let (consent, authorisation) = (&request.consent_id, &request.authorisation_id);
    let view = bank.state.authorisation(call.tpp, consent, authorisation, call.now_s);
    let sca_status = view.map_err(|problem| call.refused(problem))?.sca_status.into();
    Ok(GetAuthorisationStatusResponse::new(sca_status))
}
