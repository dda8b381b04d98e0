//! Reads a consent (§4.2).

use bankchannel_nextgen_psd2::operations::consents::get_consent::{GetConsentRequest, GetConsentResponse};

use crate::{
    BankCall, SandboxBank, SandboxRefusal,
    links::{consent_path, links},
};

pub(crate) fn handle(
    bank: &SandboxBank,
    call: &BankCall<'_>,
    request: GetConsentRequest,
) -> Result<GetConsentResponse, SandboxRefusal> {
    let view =
        bank.state.consent(call.tpp, &request.consent_id, call.now_s).map_err(|problem| call.refused(problem))?;
    let own = consent_path(&request.consent_id);
    let mut made = GetConsentResponse::new(
        view.access,
        view.recurring,
        view.valid_until,
        view.frequency,
        view.status.into(),
        links(
            call.dialect,
            [("self", own.clone()), ("status", format!("{own}/status")), ("account", "/v1/accounts".to_owned())],
        ),
    );
    made.last_action_date = Some(view.last_action);
    Ok(made)
}
