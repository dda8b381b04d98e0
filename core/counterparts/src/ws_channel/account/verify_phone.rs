//! x

use bankchannel_ws_channel::operations::account::verify_phone::{VerifyPhoneRequest, VerifyPhoneResponse};

use crate::ws_channel::{fault::Fault, service::{Call, Service}};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: VerifyPhoneRequest) -> Result<VerifyPhoneResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
