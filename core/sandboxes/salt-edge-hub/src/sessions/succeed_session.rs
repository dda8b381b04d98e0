//! Records that a session has succeeded (§3.1).

use bankchannel_foundation::{message::OutResponse, operation::Exchange};
use bankchannel_salt_edge::connector::operations::sessions::succeed_session::{SucceedSession, SucceedSessionResponse};

use crate::{
    ConnectorRequest, PlayedHub,
    pipeline::{RequestProblem, read, time},
    state::SessionEnding,
};

pub(crate) fn handle(hub: &PlayedHub, asked: ConnectorRequest<'_>) -> Result<OutResponse, RequestProblem> {
    let request = read::<SucceedSession>(asked)?;
    let ending = SessionEnding::Success {
        token: request.token.map(|token| token.expose().to_owned()),
        expires_ms: request.token_expires_at.map(|at| at.0.as_ms()),
        user_id: request.user_id,
    };
    hub.state.end(request.session_secret.as_str(), ending, hub.now_ms())?;
    let mut made = SucceedSessionResponse::new();
    made.time = time(hub);
    Ok(SucceedSession::encode_response(made))
}
