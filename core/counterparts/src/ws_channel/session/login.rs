//! x

use bankchannel_ws_channel::operations::session::login::{LoginRequest, LoginResponse};

use crate::ws_channel::{fault::Fault, service::{Call, Service}};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: LoginRequest) -> Result<LoginResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
