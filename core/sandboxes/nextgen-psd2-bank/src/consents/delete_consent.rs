//! Deletes a consent on behalf of the third party (§4.4).

use bankchannel_nextgen_psd2::operations::consents::delete_consent::{DeleteConsentRequest, DeleteConsentResponse};

use crate::{BankCall, SandboxBank, SandboxRefusal};

pub(crate) fn handle(
    bank: &SandboxBank,
    call: &BankCall<'_>,
    request: DeleteConsentRequest,
) -> Result<DeleteConsentResponse, SandboxRefusal> {
    let done = bank.state.delete(call.tpp, &request.consent_id, call.now_s);
    done.map_err(|problem| call.refused(problem))?;
    Ok(DeleteConsentResponse::new())
}
