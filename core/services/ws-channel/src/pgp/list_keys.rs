//! `ListKeys` (docs/protocols/ws-channel.md §2.26).

use bankchannel_ws_channel::operations::pgp::list_keys::{ListKeysRequest, ListKeysResponse, ListKeysResponseFields};

use super::descriptors;
use crate::{
    certs::OK,
    fault::Fault,
    service::{Call, Service},
};

pub(crate) async fn handle(
    service: &Service,
    call: &Call,
    _request: ListKeysRequest,
) -> Result<ListKeysResponse, Fault> {
    let keys = service.store.pgp_keys(&call.caller()?.email).await?;
    Ok(ListKeysResponse::from(ListKeysResponseFields { pgp_keys: descriptors(&keys)?, response_text: OK.into() }))
}
