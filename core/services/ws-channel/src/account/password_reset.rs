//! `PasswordReset` (docs/protocols/ws-channel.md §2.6, §3.5).

use bankchannel_storage::ws_channel::{CodePurpose, PasswordReplacement};
use bankchannel_ws_channel::operations::account::password_reset::{PasswordResetRequest, PasswordResetResponse};

use super::{code_accepted, register::hash_new_password};
use crate::{HandlerFault, ServiceCall, WsChannelService, challenges, codes, session::lock_keys};

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: PasswordResetRequest,
) -> Result<PasswordResetResponse, HandlerFault> {
    let (email, mode) = (request.email.as_str(), challenges::stored(request.mode));
    call.about(email, mode);
    let who = (&request.email, request.mode);
    let answered = challenges::take(service, call, who, &request.ch_resp, &request.encrypted).await?;
    let password_hash = hash_new_password(service, call, answered).await?;
    let reset = PasswordReplacement {
        email: email.to_owned(),
        mode,
        hash: codes::hash(service, email, mode, CodePurpose::PasswordReset, request.code.expose()),
        password_hash,
        max_tries: codes::MAX_TRIES,
        clear: lock_keys(email, mode),
        now: call.now_ms,
    };
    let _lock = service.login_locks.lock(email, mode).await;
    code_accepted(call.audited_store(service, email, "").await?.reset_password(reset).await?)?;
    Ok(PasswordResetResponse::new("Password reset".into()))
}
