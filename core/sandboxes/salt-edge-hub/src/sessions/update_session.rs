//! Records the progress of a session (§3.2).

use bankchannel_foundation::{Error, message::OutResponse, operation::Exchange};
use bankchannel_salt_edge::connector::operations::sessions::update_session::{UpdateSession, UpdateSessionResponse};
use bankchannel_salt_edge::receive::is_page;
use serde_json::json;

use crate::{
    ConnectorRequest, PlayedHub,
    pipeline::{RequestProblem, read, time},
};

pub(crate) fn handle(hub: &PlayedHub, asked: ConnectorRequest<'_>) -> Result<OutResponse, RequestProblem> {
    let request = read::<UpdateSession>(asked)?;
    let page = request.extra.as_ref().and_then(|extra| extra.redirect_url.as_deref());
    if page.is_some_and(|url| !is_page(url, &[])) {
        let why = "must be an absolute URL with https or http";
        return Err(RequestProblem::Unreadable(Error::invalid_field("extra.redirect_url", why)));
    }
    let update = json!({
        "status": request.status.as_str(),
        "redirect_url": request.extra.and_then(|extra| extra.redirect_url),
        "interactive_field": request.interactive_step_instruction.and_then(|step| step.interactive_field),
        "user_id": request.user_id,
    });
    let expires_ms = request.session_expires_at.map(|at| at.0.as_ms());
    hub.state.update(request.session_secret.as_str(), update, expires_ms, hub.now_ms())?;
    let mut made = UpdateSessionResponse::new();
    made.time = time(hub);
    Ok(UpdateSession::encode_response(made))
}
