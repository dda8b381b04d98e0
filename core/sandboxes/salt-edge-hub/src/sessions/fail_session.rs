//! Records that a session has failed (§3.3).

use bankchannel_foundation::{Exchange, message::OutResponse};
use bankchannel_salt_edge::connector::operations::sessions::fail_session::{
    FailSession, FailSessionResponse, FailSessionResponseFields,
};

use super::super::{
    pipeline::{Asked, Problem, read, time},
    service::Hub,
    state::Ending,
};

pub(crate) fn handle(hub: &Hub, asked: Asked<'_>) -> Result<OutResponse, Problem> {
    let request = read::<FailSession>(asked)?;
    let ending = Ending::Failure { class: request.error_class, user_id: request.user_id };
    hub.state.end(request.session_secret.as_str(), ending, hub.now_ms())?;
    Ok(FailSession::encode_response(FailSessionResponse::from(FailSessionResponseFields { time: time(hub) })))
}
