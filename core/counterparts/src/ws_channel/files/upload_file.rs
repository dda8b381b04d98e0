//! UploadFile.

use bankchannel_ws_channel::operations::files::upload_file::{UploadFileRequest, UploadFileResponse};

use crate::ws_channel::{
    fault::Fault,
    service::{Call, Service},
};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: UploadFileRequest) -> Result<UploadFileResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
