//! EnrollCert.

use bankchannel_ws_channel::operations::certs::enroll_cert::{EnrollCertRequest, EnrollCertResponse};

use crate::ws_channel::{
    fault::Fault,
    service::{Call, Service},
};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: EnrollCertRequest) -> Result<EnrollCertResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
