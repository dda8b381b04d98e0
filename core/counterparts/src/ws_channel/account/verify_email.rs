//! x

use bankchannel_ws_channel::operations::account::verify_email::{VerifyEmailRequest, VerifyEmailResponse};

use crate::ws_channel::{fault::Fault, service::{Call, Service}};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: VerifyEmailRequest) -> Result<VerifyEmailResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
