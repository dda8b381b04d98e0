//! The deprecated path of `update_bank_offered_consents`, which banks will remove (§1.3). The pipeline marks it as
//! deprecated in response headers.

use bankchannel_nextgen_psd2::operations::consents::update_consents::{UpdateConsentsRequest, UpdateConsentsResponse};

use super::{
    super::{
        refusal::SandboxRefusal,
        service::{BankCall, SandboxBank},
    },
    update_bank_offered_consents,
};

pub(crate) fn handle(
    bank: &SandboxBank,
    call: &BankCall<'_>,
    request: UpdateConsentsRequest,
) -> Result<UpdateConsentsResponse, SandboxRefusal> {
    tracing::warn!(tpp = call.tpp, "POST /v1/consents is deprecated: POST /v1/bank-offered-consents does the same");
    let response = update_bank_offered_consents::handle(bank, call, request.request)?;
    Ok(UpdateConsentsResponse::new(response))
}
