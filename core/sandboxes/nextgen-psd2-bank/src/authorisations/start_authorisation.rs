//! Starts another authorisation of a consent that is not authorised yet (§4.2).

use bankchannel_nextgen_psd2::{
    model::{PsuCorporateId, PsuId, ScaApproach, TppUri},
    operations::authorisations::start_authorisation::{StartAuthorisationRequest, StartAuthorisationResponse},
};

use crate::{
    BankCall, SandboxBank, SandboxRefusal,
    links::{consent_path, links},
    state::NewAuthorisation,
};

pub(crate) fn handle(
    bank: &SandboxBank,
    call: &BankCall<'_>,
    request: StartAuthorisationRequest,
) -> Result<StartAuthorisationResponse, SandboxRefusal> {
    let new = NewAuthorisation {
        redirect_uri: request.redirect_uri.as_ref().map(TppUri::as_str),
        nok_redirect_uri: request.nok_redirect_uri.as_ref().map(TppUri::as_str),
        psu_id: request.psu_id.as_ref().map(PsuId::as_str),
        psu_corporate_id: request.psu_corporate_id.as_ref().map(PsuCorporateId::as_str),
    };
    let started = bank
        .state
        .start_authorisation(call.tpp, &request.consent_id, &new, call.now_s)
        .map_err(|problem| call.refused(problem))?;
    let status = format!("{}/authorisations/{}", consent_path(&request.consent_id), started.authorisation_id);
    let mut made = StartAuthorisationResponse::new(
        started.sca_status.into(),
        links(
            call.dialect,
            [("scaRedirect", bank.sca_redirect(call.dialect, &started.redirect_state, None)), ("scaStatus", status)],
        ),
    );
    made.authorisation_id = Some(started.authorisation_id);
    made.sca_approach = Some(ScaApproach::Redirect);
    Ok(made)
}
