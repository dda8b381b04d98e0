//! Says whether the client has a session that lives.

use bankchannel_foundation::{Result, prelude::*};
use bankchannel_ws_channel::model::{Email, Mode};

use super::{Flow, flow};
use crate::{CallOptions, ws_channel::WsChannel};

/// Nothing.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct SessionStateRequest {}

/// The client's session, as the client knows it.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct SessionStateResponse {
    /// Its state.
    pub state: LoginSessionState,
    /// The account of the session.
    pub email: Option<Email>,
    /// The mode of the session.
    pub mode: Option<Mode>,
    /// The remaining life of an active session in seconds, if known.
    pub seconds_left: Option<u32>,
    /// Whether the next call logs in by itself if the session does not live: see the setting `renew_session`.
    pub renews: bool,
}

/// The state of a client's session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum LoginSessionState {
    /// There is none: nobody has logged in, or the user has logged out.
    None,
    /// It lives, as far as the client knows.
    Active,
    /// Its time is over, or will be within 5 seconds.
    Expired,
    /// The service has ended it before its time.
    Ended,
}

/// Get the state of the client's session: whether it lives, and how long.
///
/// Nothing is sent and nothing is changed. The service may have ended an active session meanwhile: the next call
/// learns of it.
#[derive(Debug, Operation)]
#[operation(SessionStateRequest => SessionStateResponse)]
#[declaration(..flow("ws_channel.session_state", "session"))]
pub struct SessionState;

impl Flow<WsChannel> for SessionState {
    async fn run(client: &WsChannel, _: SessionStateRequest, _: &CallOptions) -> Result<SessionStateResponse> {
        let (session, is_fresh) = client.session_and_is_fresh();
        let state = match (session.is_logged_in(), session.is_expired()) {
            (true, false) => LoginSessionState::Active,
            (true, true) => LoginSessionState::Expired,
            (false, _) if session.has_ended() => LoginSessionState::Ended,
            (false, _) => LoginSessionState::None,
        };
        let is_active = state == LoginSessionState::Active;
        Ok(SessionStateResponse {
            state,
            seconds_left: session
                .time_left()
                .filter(|_| is_active)
                .map(|left| u32::try_from(left.as_secs()).unwrap_or(u32::MAX)),
            renews: client.can_renew(&session) && (state != LoginSessionState::None || is_fresh),
            email: session.email.clone(),
            mode: session.mode,
        })
    }
}
