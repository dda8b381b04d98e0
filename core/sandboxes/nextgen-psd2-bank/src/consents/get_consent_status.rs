//! The status of a consent (§4.3).

use bankchannel_nextgen_psd2::operations::consents::get_consent_status::{
    GetConsentStatusRequest, GetConsentStatusResponse,
};

use crate::{BankCall, SandboxBank, SandboxRefusal};

pub(crate) fn handle(
    bank: &SandboxBank,
    call: &BankCall<'_>,
    request: GetConsentStatusRequest,
) -> Result<GetConsentStatusResponse, SandboxRefusal> {
    let view =
        bank.state.consent(call.tpp, &request.consent_id, call.now_s).map_err(|problem| call.refused(problem))?;
    Ok(GetConsentStatusResponse::new(view.status.into()))
}
