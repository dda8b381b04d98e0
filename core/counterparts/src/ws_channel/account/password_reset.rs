//! x

use bankchannel_ws_channel::operations::account::password_reset::{PasswordResetRequest, PasswordResetResponse};

use crate::ws_channel::{fault::Fault, service::{Call, Service}};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: PasswordResetRequest) -> Result<PasswordResetResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
