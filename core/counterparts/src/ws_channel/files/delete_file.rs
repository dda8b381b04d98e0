//! DeleteFile.

use bankchannel_ws_channel::operations::files::delete_file::{DeleteFileRequest, DeleteFileResponse};

use crate::ws_channel::{
    fault::Fault,
    service::{Call, Service},
};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: DeleteFileRequest) -> Result<DeleteFileResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
