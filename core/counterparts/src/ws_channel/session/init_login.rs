//! x

use bankchannel_ws_channel::operations::session::init_login::{InitLoginRequest, InitLoginResponse};

use crate::ws_channel::{fault::Fault, service::{Call, Service}};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: InitLoginRequest) -> Result<InitLoginResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
