//! `SelectMFA` (docs/protocols/ws-channel.md §2.10, §3.4).

use bankchannel_crypto::digest;
use bankchannel_storage::ws_channel::{FactorSelection, PendingKind, SelectOutcome, StoredMode};
use bankchannel_ws_channel::{
    ServiceRefusal,
    model::MfaType,
    operations::session::select_mfa::{SelectMfaRequest, SelectMfaResponse},
    service_texts,
};

use super::{
    challenge_of, mfa_lock, text_of,
    token::{self, SessionToken},
};
use crate::{
    HandlerFault, ServiceCall, WsChannelService,
    codes::{self, CodeDraft},
};

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: SelectMfaRequest,
) -> Result<SelectMfaResponse, HandlerFault> {
    let email = request.email.as_str();
    call.about(email, StoredMode::Admin);
    let old = digest::sha256(request.session.expose().as_bytes());
    let pending = service.store.pending(&old, call.now_ms).await?;
    let pending = pending.filter(|found| found.kind == PendingKind::Mfa).ok_or(&service_texts::CODE_TOO_OLD)?;
    if pending.email != email || pending.mode != StoredMode::Admin {
        return Err((&service_texts::CODE_WRONG).into());
    }
    let user = service.store.credential(email, StoredMode::Admin).await?.ok_or(&service_texts::CODE_TOO_OLD)?;
    if service.store.locked_until(&mfa_lock(email, StoredMode::Admin), call.now_ms).await?.is_some() {
        return Err((&service_texts::LIMIT_EXCEEDED).into());
    }
    let factor = request.mfa_type;
    if factor == MfaType::Totp && user.totp_secret.is_none() {
        return Err(ServiceRefusal::invalid("MfaType").into());
    }
    let draft = (factor == MfaType::Sms)
        .then(|| CodeDraft::second_factor(service, &user.account, StoredMode::Admin, call.now_ms));
    let token = SessionToken::new();
    let select = FactorSelection {
        old,
        new: token::mfa_step(service, call, (email, StoredMode::Admin), challenge_of(factor), &token),
        code: draft.as_ref().map(|draft| draft.new.clone()),
    };
    match call.audited_store(service, email, "").await?.select_mfa(select).await? {
        SelectOutcome::Selected => {}
        SelectOutcome::Gone => return Err((&service_texts::CODE_TOO_OLD).into()),
        SelectOutcome::TooMany { retry_at } => return Err(codes::quota(retry_at, call.now_ms).into()),
    }
    if let Some(draft) = draft {
        codes::send(service, call, &draft.message).await?;
    }
    let mut made = SelectMfaResponse::new(text_of(factor).into());
    made.challenge_name = Some(factor.into());
    made.session = Some(token.mfa_session()?);
    Ok(made)
}
