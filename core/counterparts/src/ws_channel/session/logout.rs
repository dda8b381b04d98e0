//! x

use bankchannel_ws_channel::operations::session::logout::{LogoutRequest, LogoutResponse};

use crate::ws_channel::{fault::Fault, service::{Call, Service}};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: LogoutRequest) -> Result<LogoutResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
