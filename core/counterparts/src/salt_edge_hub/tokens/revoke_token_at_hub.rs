//! Takes note that a token was revoked at the bank (§3.5).

use bankchannel_foundation::{
    Exchange,
    message::{InRequest, OutResponse},
};
use bankchannel_salt_edge::{
    class::of_hub as class,
    connector::operations::tokens::revoke_token_at_hub::{RevokeTokenAtHub, RevokeTokenAtHubResponse},
};

use super::super::{
    pipeline::{Problem, read, time},
    service::Hub,
};

pub(crate) fn handle(hub: &Hub, message: InRequest<'_>) -> Result<OutResponse, Problem> {
    if message.headers.is_none_or(|headers| headers.get("token").is_none_or(<[u8]>::is_empty)) {
        return Err((&class::TOKEN_MISSING).into());
    }
    let request = read::<RevokeTokenAtHub>(message)?;
    hub.state.revoke(request.token.expose(), hub.now_ms())?;
    let response = RevokeTokenAtHubResponse { revoked: Some(true), time: time(hub) };
    Ok(RevokeTokenAtHub::encode_response(response))
}
