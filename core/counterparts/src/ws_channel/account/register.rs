//! x

use bankchannel_ws_channel::operations::account::register::{RegisterRequest, RegisterResponse};

use crate::ws_channel::{fault::Fault, service::{Call, Service}};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: RegisterRequest) -> Result<RegisterResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
