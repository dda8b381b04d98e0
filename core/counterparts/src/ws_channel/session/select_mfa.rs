//! x

use bankchannel_ws_channel::operations::session::select_mfa::{SelectMfaRequest, SelectMfaResponse};

use crate::ws_channel::{fault::Fault, service::{Call, Service}};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: SelectMfaRequest) -> Result<SelectMfaResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
