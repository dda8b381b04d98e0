//! `VerifyEmail` (docs/protocols/ws-channel.md §2.4).

use bankchannel_crypto::digest;
use bankchannel_storage::ws_channel::{CodePurpose, EmailConfirmation};
use bankchannel_ws_channel::operations::account::verify_email::{VerifyEmailRequest, VerifyEmailResponse};

use super::code_accepted;
use crate::{HandlerFault, ServiceCall, WsChannelService, challenges, codes};

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: VerifyEmailRequest,
) -> Result<VerifyEmailResponse, HandlerFault> {
    let (email, mode) = (request.email.as_str(), challenges::stored(request.mode));
    call.about(email, mode);
    let verification = EmailConfirmation {
        email: email.to_owned(),
        mode,
        token: digest::sha256(request.access_token.expose().as_bytes()),
        hash: codes::hash(service, email, mode, CodePurpose::VerifyEmail, request.code.expose()),
        max_tries: codes::MAX_TRIES,
        now: call.now_ms,
    };
    code_accepted(call.audited_store(service, email, "").await?.verify_email(verification).await?)?;
    Ok(VerifyEmailResponse::new("Email verification successful.".into()))
}
