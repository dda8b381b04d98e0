//! x

use bankchannel_ws_channel::operations::account::init_register::{InitRegisterRequest, InitRegisterResponse};

use crate::ws_channel::{fault::Fault, service::{Call, Service}};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: InitRegisterRequest) -> Result<InitRegisterResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
