//! `VerifyPhone` (docs/protocols/ws-channel.md §2.3).

use bankchannel_storage::ws_channel::{CodePurpose, PhoneConfirmation};
use bankchannel_ws_channel::operations::account::verify_phone::{VerifyPhoneRequest, VerifyPhoneResponse};

use super::code_accepted;
use crate::{HandlerFault, ServiceCall, WsChannelService, challenges, codes};

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: VerifyPhoneRequest,
) -> Result<VerifyPhoneResponse, HandlerFault> {
    let (email, mode) = (request.email.as_str(), challenges::stored(request.mode));
    call.about(email, mode);
    let verification = PhoneConfirmation {
        email: email.to_owned(),
        mode,
        phone: request.phone.as_str().to_owned(),
        hash: codes::hash(service, email, mode, CodePurpose::VerifyPhone, request.code.expose()),
        max_tries: codes::MAX_TRIES,
        now: call.now_ms,
    };
    code_accepted(call.audited_store(service, email, "").await?.verify_phone(verification).await?)?;
    Ok(VerifyPhoneResponse::new("Phone confirmation successful.".into()))
}
