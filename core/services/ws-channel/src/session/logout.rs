//! `Logout` (docs/protocols/ws-channel.md §2.12): ends all sessions and tokens of this user, on every machine.

use bankchannel_ws_channel::{
    ServiceRefusal,
    operations::session::logout::{LogoutRequest, LogoutResponse},
};

use crate::{HandlerFault, ServiceCall, WsChannelService, challenges};

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: LogoutRequest,
) -> Result<LogoutResponse, HandlerFault> {
    let caller = call.caller()?;
    let foreign = |name: &str| ServiceRefusal { status: 403, ..ServiceRefusal::invalid(name) };
    if request.email.as_str() != caller.email {
        return Err(foreign("Email").into());
    }
    if challenges::stored(request.mode) != caller.mode {
        return Err(foreign("Mode").into());
    }
    let store = call.audited_store(service, &caller.email, "").await?;
    let _lock = service.login_locks.lock(&caller.email, caller.mode).await;
    // Everything in the store was issued before now, whatever the clock showed then.
    store.revoke_all(&caller.email, caller.mode, i64::MAX).await?;
    Ok(LogoutResponse::new("Logged out".into()))
}
