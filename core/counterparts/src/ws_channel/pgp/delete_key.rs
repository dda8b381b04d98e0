//! DeleteKey.

use bankchannel_ws_channel::operations::pgp::delete_key::{DeleteKeyRequest, DeleteKeyResponse};

use crate::ws_channel::{
    fault::Fault,
    service::{Call, Service},
};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: DeleteKeyRequest) -> Result<DeleteKeyResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
