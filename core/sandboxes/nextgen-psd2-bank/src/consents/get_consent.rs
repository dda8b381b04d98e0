//! Reads a consent (§4.2).

use bankchannel_nextgen_psd2::operations::consents::get_consent::{
    GetConsentRequest, GetConsentResponse, GetConsentResponseFields,
};

use super::super::{
    links::{consent_path, links},
    refusal::SandboxRefusal,
    service::{BankCall, SandboxBank},
};

pub(in super::super) fn handle(
    bank: &SandboxBank,
    call: &BankCall<'_>,
    request: GetConsentRequest,
) -> Result<GetConsentResponse, SandboxRefusal> {
    let view =
        bank.state.consent(call.tpp, &request.consent_id, call.now_s).map_err(|problem| call.refused(problem))?;
    let own = consent_path(&request.consent_id);
    Ok(GetConsentResponse::from(GetConsentResponseFields {
        access: view.access,
        recurring_indicator: view.recurring,
        valid_until: view.valid_until,
        frequency_per_day: view.frequency,
        last_action_date: Some(view.last_action),
        consent_status: view.status.into(),
        links: links(
            call.dialect,
            [("self", own.clone()), ("status", format!("{own}/status")), ("account", "/v1/accounts".to_owned())],
        ),
        request_id: None,
    }))
}
