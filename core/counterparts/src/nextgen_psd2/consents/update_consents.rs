//! The same under the path that banks will remove (§1.3). The pipeline says in headers of the answer that it is deprecated.

use bankchannel_nextgen_psd2::{
    model::ScaApproach,
    operations::consents::update_consents::{UpdateConsentsRequest, UpdateConsentsResponse},
};

use super::{
    super::{
        links::links,
        refusal::Refusal,
        service::{Bank, Call},
    },
    update_bank_offered_consents::Asked,
};

pub(in super::super) fn handle(
    bank: &Bank,
    call: &Call<'_>,
    request: UpdateConsentsRequest,
) -> Result<UpdateConsentsResponse, Refusal> {
    tracing::warn!(tpp = call.tpp, "POST /v1/consents is deprecated: POST /v1/bank-offered-consents does the same");
    let asked = Asked {
        redirect_uri: &request.redirect_uri,
        psu_id: request.psu_id.as_ref(),
        psu_corporate_id: request.psu_corporate_id.as_ref(),
        psu_context: request.psu_context,
    };
    Ok(UpdateConsentsResponse {
        links: links(call.dialect, [("scaRedirect", asked.offer(bank, call)?)]),
        sca_redirect: None,
        sca_approach: Some(ScaApproach::Redirect),
        request_id: None,
    })
}
