//! Creates a consent for a third party (§4.1, §4.2). Its first authorisation starts implicitly, together with the
//! consent.

use bankchannel_nextgen_psd2::{
    model::{PsuCorporateId, PsuId, ScaApproach, TppUri},
    operations::consents::create_consent::{CreateConsentRequest, CreateConsentResponse},
};

use crate::{
    BankCall, SandboxBank, SandboxRefusal,
    links::{consent_path, links},
    state::NewConsent,
};

pub(crate) fn handle(
    bank: &SandboxBank,
    call: &BankCall<'_>,
    request: CreateConsentRequest,
) -> Result<CreateConsentResponse, SandboxRefusal> {
    if request.combined_service_indicator == Some(true) {
        return Err(SandboxRefusal {
            path: Some("combinedServiceIndicator".into()),
            ..SandboxRefusal::new(400, "SESSIONS_NOT_SUPPORTED", "combinedServiceIndicator must be false at this bank")
        });
    }
    let Some(redirect_uri) = &request.redirect_uri else {
        return Err(SandboxRefusal::by("V36", 400, "FORMAT_ERROR", "TPP-Redirect-URI is missing"));
    };
    let new = NewConsent {
        access: request.access,
        recurring: request.recurring_indicator,
        valid_until: request.valid_until,
        frequency: request.frequency_per_day,
        redirect_uri: redirect_uri.as_str(),
        nok_redirect_uri: request.nok_redirect_uri.as_ref().map(TppUri::as_str),
        psu_id: request.psu_id.as_ref().map(PsuId::as_str),
        psu_corporate_id: request.psu_corporate_id.as_ref().map(PsuCorporateId::as_str),
    };
    let created = bank.state.create_consent(call.tpp, new, call.now_s).map_err(|problem| call.refused(problem))?;
    let own = consent_path(&created.consent_id);
    let mut made = CreateConsentResponse::new(
        created.consent_id,
        created.status.into(),
        links(
            call.dialect,
            [
                ("scaRedirect", bank.sca_redirect(call.dialect, &created.redirect_state, None)),
                ("self", own.clone()),
                ("status", format!("{own}/status")),
                ("scaStatus", format!("{own}/authorisations/{}", created.authorisation_id)),
            ],
        ),
    );
    made.sca_status = Some(created.sca_status.into());
    made.sca_approach = Some(ScaApproach::Redirect);
    made.location = Some(format!("{}{}{own}", bank.origin, call.base_path));
    Ok(made)
}
