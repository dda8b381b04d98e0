//! ListKeys.

use bankchannel_ws_channel::operations::pgp::list_keys::{ListKeysRequest, ListKeysResponse};

use crate::ws_channel::{
    fault::Fault,
    service::{Call, Service},
};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: ListKeysRequest) -> Result<ListKeysResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
