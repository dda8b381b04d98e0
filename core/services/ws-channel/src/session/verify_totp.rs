//! `VerifyTOTP` (docs/protocols/ws-channel.md §2.11).

use bankchannel_crypto::digest;
use bankchannel_storage::ws_channel::{ConfirmTotp, PendingKind, StoredMode, TotpOutcome};
use bankchannel_ws_channel::{
    ServiceRefusal,
    operations::session::verify_totp::{VerifyTotpRequest, VerifyTotpResponse},
    service_texts,
};

use super::{open_totp, totp_step};
use crate::{HandlerFault, ServiceCall, WsChannelService, codes::MAX_TRIES};

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: VerifyTotpRequest,
) -> Result<VerifyTotpResponse, HandlerFault> {
    let email = request.email.as_str();
    call.about(email, StoredMode::Admin);
    let token = digest::sha256(request.access_token.expose().as_bytes());
    let pending = service.store.pending(&token, call.now_ms).await?;
    let pending = pending.filter(|found| found.kind == PendingKind::TotpEnrol);
    let pending = pending.ok_or_else(|| ServiceRefusal::invalid("AccessToken"))?;
    // Another user's token is refused like a wrong code, and uses up one of the token's tries (§3.4).
    let step = match &pending.secret {
        Some(sealed) if pending.email == email => {
            let secret = open_totp(service, &pending.email, sealed)?;
            totp_step(&secret, request.code.expose(), call.now_ms, None)
        }
        _ => None,
    };
    let confirm = ConfirmTotp { token, email: pending.email, step, max_tries: MAX_TRIES, now: call.now_ms };
    match call.audited_store(service, email, "").await?.confirm_totp(confirm).await? {
        TotpOutcome::Enabled => Ok(VerifyTotpResponse::new("TOTP enabled".into())),
        TotpOutcome::Wrong => Err((&service_texts::CODE_WRONG).into()),
        TotpOutcome::NoToken => Err(ServiceRefusal::invalid("AccessToken").into()),
    }
}
