//! DownloadFile.

use bankchannel_ws_channel::operations::files::download_file::{DownloadFileRequest, DownloadFileResponse};

use crate::ws_channel::{
    fault::Fault,
    service::{Call, Service},
};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: DownloadFileRequest) -> Result<DownloadFileResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
