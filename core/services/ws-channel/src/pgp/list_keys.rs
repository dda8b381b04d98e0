//! `ListKeys` (docs/protocols/ws-channel.md §2.26).

use bankchannel_ws_channel::operations::pgp::list_keys::{ListKeysRequest, ListKeysResponse};

use super::descriptors;
use crate::{HandlerFault, ServiceCall, WsChannelService, certs::OK};

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    _request: ListKeysRequest,
) -> Result<ListKeysResponse, HandlerFault> {
    let keys = service.store.pgp_keys(&call.caller()?.email).await?;
    Ok(ListKeysResponse::new(descriptors(&keys)?, OK.into()))
}
