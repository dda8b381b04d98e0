//! Lists the authorisations of a consent, oldest first (§4.2).

use bankchannel_nextgen_psd2::operations::authorisations::list_authorisations::{
    ListAuthorisationsRequest, ListAuthorisationsResponse, ListAuthorisationsResponseFields,
};

use super::super::{
    refusal::Refusal,
    service::{Bank, Call},
};

pub(in super::super) fn handle(
    bank: &Bank,
    call: &Call<'_>,
    request: ListAuthorisationsRequest,
) -> Result<ListAuthorisationsResponse, Refusal> {
    let ids = bank.state.authorisations(call.tpp, &request.consent_id, call.now_s);
    let authorisation_ids = ids.map_err(|problem| call.refused(problem))?;
    Ok(ListAuthorisationsResponse::from(ListAuthorisationsResponseFields { authorisation_ids, request_id: None }))
}
