//! Records that a session has failed (§3.3).

use bankchannel_foundation::{message::OutResponse, operation::Exchange};
use bankchannel_salt_edge::connector::operations::sessions::fail_session::{FailSession, FailSessionResponse};

use crate::{
    ConnectorRequest, PlayedHub,
    pipeline::{RequestProblem, read, time},
    state::SessionEnding,
};

pub(crate) fn handle(hub: &PlayedHub, asked: ConnectorRequest<'_>) -> Result<OutResponse, RequestProblem> {
    let request = read::<FailSession>(asked)?;
    let ending = SessionEnding::Failure { class: request.error_class, user_id: request.user_id };
    hub.state.end(request.session_secret.as_str(), ending, hub.now_ms())?;
    let mut made = FailSessionResponse::new();
    made.time = time(hub);
    Ok(FailSession::encode_response(made))
}
