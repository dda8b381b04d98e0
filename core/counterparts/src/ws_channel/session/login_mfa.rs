//! x

use bankchannel_ws_channel::operations::session::login_mfa::{LoginMfaRequest, LoginMfaResponse};

use crate::ws_channel::{fault::Fault, service::{Call, Service}};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: LoginMfaRequest) -> Result<LoginMfaResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
