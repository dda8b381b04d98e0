//! Records that a token was revoked at the bank (§3.5).

use bankchannel_foundation::{message::OutResponse, operation::Exchange};
use bankchannel_salt_edge::{
    class::of_hub as class,
    connector::operations::tokens::revoke_token_at_hub::{RevokeTokenAtHub, RevokeTokenAtHubResponse},
};

use crate::{
    ConnectorRequest, PlayedHub,
    pipeline::{RequestProblem, read, time},
};

pub(crate) fn handle(hub: &PlayedHub, asked: ConnectorRequest<'_>) -> Result<OutResponse, RequestProblem> {
    if asked.headers.get("token").is_none_or(<[u8]>::is_empty) {
        return Err((&class::TOKEN_MISSING).into());
    }
    let request = read::<RevokeTokenAtHub>(asked)?;
    hub.state.revoke(request.token.expose(), hub.now_ms())?;
    let mut response = RevokeTokenAtHubResponse::new();
    response.revoked = Some(true);
    response.time = time(hub);
    Ok(RevokeTokenAtHub::encode_response(response))
}
