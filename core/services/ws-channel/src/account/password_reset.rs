//! `PasswordReset` (docs/protocols/ws-channel.md §2.6, §3.5).

use bankchannel_storage::ws_channel::{CodePurpose, PasswordReplacement};
use bankchannel_ws_channel::{
    ServiceRefusal,
    operations::account::password_reset::{PasswordResetRequest, PasswordResetResponse},
    service_texts,
};

use super::{
    code_accepted,
    register::{NewPassword, hash_new_password},
};
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
    let opened = service.work_pool.run(move || hash_new_password(&answered)).await??;
    let password_hash = match opened {
        NewPassword::Hashed(hash) => hash,
        NewPassword::Unreadable => {
            service.limits.login_failed(call.address, call.now_ms);
            return Err((&service_texts::AUTHENTICATION_FAILED).into());
        }
        NewPassword::Unacceptable => return Err(ServiceRefusal::invalid("Password").into()),
    };
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
