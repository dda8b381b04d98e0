//! `InitPasswordReset` (docs/protocols/ws-channel.md §2.5): the same response, after the same time, whether or not a
//! message was sent.

use std::time::Duration;

use bankchannel_storage::ws_channel::CodeSend;
use bankchannel_ws_channel::operations::account::init_password_reset::{
    InitPasswordResetRequest, InitPasswordResetResponse,
};
use tokio::time::Instant;

use crate::{
    HandlerFault, ServiceCall, WsChannelService, challenges,
    codes::{self, CodeDraft},
};
use bankchannel_server::http::listen::network;

/// Minimum response time: storing and sending a code takes less on any working disk.
const LEAST_TIME: Duration = Duration::from_millis(60);

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: InitPasswordResetRequest,
) -> Result<InitPasswordResetResponse, HandlerFault> {
    let answer_at = Instant::now() + LEAST_TIME;
    // S38: a prefetching browser was not asked to reset anything.
    let sent = if call.prefetch { Ok(()) } else { counted(service, call, &request).await };
    tokio::time::sleep_until(answer_at).await;
    sent?;
    Ok(InitPasswordResetResponse::new("SMS sent".into()))
}

/// Counts by source before the address is looked up, so that a 429 reveals nothing about it.
async fn counted(
    service: &WsChannelService,
    call: &ServiceCall,
    request: &InitPasswordResetRequest,
) -> Result<(), HandlerFault> {
    service.limits.may_ask_for_reset(call.address, call.now_ms)?;
    send(service, call, request).await
}

async fn send(
    service: &WsChannelService,
    call: &ServiceCall,
    request: &InitPasswordResetRequest,
) -> Result<(), HandlerFault> {
    let (email, mode) = (request.email.as_str(), challenges::stored(request.mode));
    call.about(email, mode);
    let Some(credential) = service.store.credential(email, mode).await?.filter(|found| found.phone_verified) else {
        let decoy = codes::decoy(service, email, mode, call.now_ms);
        call.audited_store(service, email, "no user with a verified phone that is in use: nothing is sent")
            .await?
            .put_code(decoy)
            .await?;
        return Ok(());
    };
    let source = network(call.address).to_string();
    let is_known = service.store.has_logged_in_from(email, &source, call.now_ms).await?;
    let draft = CodeDraft::password_reset(service, &credential.account, mode, is_known, call.now_ms);
    if call.audited_store(service, email, "").await?.put_code(draft.new).await? != CodeSend::Send {
        return Ok(());
    }
    // A failed delivery is logged but not reported: for an unknown user there is none that could fail.
    if let Err(why) = codes::send(service, call, &draft.message).await {
        let _ = why.into_refusal(&call.request_id);
    }
    Ok(())
}
