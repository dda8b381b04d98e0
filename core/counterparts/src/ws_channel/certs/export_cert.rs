//! ExportCert.

use bankchannel_ws_channel::operations::certs::export_cert::{ExportCertRequest, ExportCertResponse};

use crate::ws_channel::{
    fault::Fault,
    service::{Call, Service},
};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: ExportCertRequest) -> Result<ExportCertResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
