//! ListFiles.

use bankchannel_ws_channel::operations::files::list_files::{ListFilesRequest, ListFilesResponse};

use crate::ws_channel::{
    fault::Fault,
    service::{Call, Service},
};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: ListFilesRequest) -> Result<ListFilesResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
