//! Lists the authorisations of a consent, oldest first (§4.2).

use bankchannel_nextgen_psd2::operations::authorisations::list_authorisations::{
    ListAuthorisationsRequest, ListAuthorisationsResponse,
};

use crate::{BankCall, SandboxBank, SandboxRefusal};

pub(crate) fn handle(
    bank: &SandboxBank,
    call: &BankCall<'_>,
    request: ListAuthorisationsRequest,
) -> Result<ListAuthorisationsResponse, SandboxRefusal> {
    let ids = bank.state.authorisations(call.tpp, &request.consent_id, call.now_s);
    let authorisation_ids = ids.map_err(|problem| call.refused(problem))?;
    Ok(ListAuthorisationsResponse::new(authorisation_ids))
}
