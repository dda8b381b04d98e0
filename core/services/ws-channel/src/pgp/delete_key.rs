//! `DeleteKey` (docs/protocols/ws-channel.md §2.26, §7).

use bankchannel_ws_channel::{
    operations::pgp::delete_key::{DeleteKeyRequest, DeleteKeyResponse},
    service_texts,
};

use super::descriptors;
use crate::{HandlerFault, ServiceCall, WsChannelService, certs::OK};

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: DeleteKeyRequest,
) -> Result<DeleteKeyResponse, HandlerFault> {
    let session = call.caller()?;
    let store = call.audited_store(service, request.pgp_key_id.as_str(), "").await?;
    let left = store.delete_pgp_key(&session.email, request.pgp_key_id.as_str()).await?;
    let left = left.ok_or(&service_texts::NO_SUITABLE_KEYS)?;
    let mut made = DeleteKeyResponse::new(OK.into());
    made.pgp_keys = Some(descriptors(&left)?);
    Ok(made)
}
