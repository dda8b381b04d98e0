//! x

use bankchannel_ws_channel::operations::session::verify_totp::{VerifyTotpRequest, VerifyTotpResponse};

use crate::ws_channel::{fault::Fault, service::{Call, Service}};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: VerifyTotpRequest) -> Result<VerifyTotpResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
