//! `UnshareCerts` (docs/protocols/ws-channel.md §2.15, §6.5).

use bankchannel_storage::ws_channel::UnshareOutcome;
use bankchannel_ws_channel::{
    operations::certs::unshare_certs::{UnshareCertsRequest, UnshareCertsResponse},
    service_texts,
};

use super::share_certs::addresses;
use crate::{HandlerFault, ServiceCall, WsChannelService};

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: UnshareCertsRequest,
) -> Result<UnshareCertsResponse, HandlerFault> {
    let session = call.caller()?;
    let target = request.ext_email.as_str();
    let store = call.audited_store(service, target, "").await?;
    match store.unshare_certs(&session.api_key, &session.email, target).await? {
        UnshareOutcome::Unshared(links) => Ok(UnshareCertsResponse::new(addresses(service, links)?)),
        UnshareOutcome::NoUser => Err((&service_texts::USER_ABSENT).into()),
    }
}
