//! UploadKey.

use bankchannel_ws_channel::operations::pgp::upload_key::{UploadKeyRequest, UploadKeyResponse};

use crate::ws_channel::{
    fault::Fault,
    service::{Call, Service},
};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: UploadKeyRequest) -> Result<UploadKeyResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
