//! x

use bankchannel_ws_channel::operations::account::init_password_reset::{InitPasswordResetRequest, InitPasswordResetResponse};

use crate::ws_channel::{fault::Fault, service::{Call, Service}};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: InitPasswordResetRequest) -> Result<InitPasswordResetResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
