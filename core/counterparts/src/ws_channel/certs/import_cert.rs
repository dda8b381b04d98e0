//! ImportCert.

use bankchannel_ws_channel::operations::certs::import_cert::{ImportCertRequest, ImportCertResponse};

use crate::ws_channel::{
    fault::Fault,
    service::{Call, Service},
};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: ImportCertRequest) -> Result<ImportCertResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
