//! RetireCert.

use bankchannel_ws_channel::operations::certs::retire_cert::{RetireCertRequest, RetireCertResponse};

use crate::ws_channel::{
    fault::Fault,
    service::{Call, Service},
};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: RetireCertRequest) -> Result<RetireCertResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
