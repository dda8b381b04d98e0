//! The session: its user and its end.

use std::time::{Duration, Instant};

use bankchannel_ws_channel::{
    SessionCredentials,
    login::Authenticated,
    model::{ApiKey, Email, IdToken, Mode},
};

use super::WsChannelSettings;

/// The margin before its end at which a session counts as expired: a request must still arrive in time
/// (docs/protocols/ws-channel.md §8.1).
pub const SKEW: Duration = Duration::from_secs(5);

/// The current user and the end of the session. An account without a token is a session that ended without a logout:
/// with the setting `renew_session` the next call renews it.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// The integrator's key.
    pub api_key: Option<ApiKey>,
    /// The token.
    pub id_token: Option<IdToken>,
    /// The token's account.
    pub email: Option<Email>,
    /// The token's mode.
    pub mode: Option<Mode>,
    /// The end of the token, on the monotonic clock; `None` if not known.
    pub ends: Option<Instant>,
}

impl Session {
    pub(super) fn from_settings(settings: &WsChannelSettings) -> Self {
        let token = settings.id_token.as_ref();
        Self {
            api_key: settings.api_key.clone(),
            id_token: token.cloned(),
            email: token.and(settings.email.clone()),
            mode: token.and(settings.mode),
            ends: None,
        }
    }

    /// Whether there is a token, valid or not.
    #[must_use]
    pub fn is_logged_in(&self) -> bool {
        self.id_token.is_some()
    }

    /// Whether the token has expired or is about to.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.ends.is_some_and(|ends| Instant::now() + SKEW >= ends)
    }

    /// Whether the service ended the session: the token is gone, and its user is known.
    pub(super) fn has_ended(&self) -> bool {
        self.id_token.is_none() && self.email.is_some()
    }

    /// Whether there was no login or logout yet, with the client's count of logins and logouts.
    pub(super) fn is_fresh(&self, generation: u64) -> bool {
        generation == 0 && self.id_token.is_none() && self.email.is_none()
    }

    /// The remaining lifetime of the token; `None` if not known.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        self.ends.map(|ends| ends.saturating_duration_since(Instant::now()))
    }

    pub(super) fn credentials(&self) -> SessionCredentials {
        SessionCredentials { api_key: self.api_key.clone(), id_token: self.id_token.clone() }
    }

    /// Stores the result of a complete login. `since` is an instant before the service's own start of the session, so
    /// the session ends slightly early here.
    pub(super) fn logged_in(&mut self, given: Authenticated, email: Email, mode: Mode, since: Instant) {
        *self = Self {
            api_key: Some(given.api_key),
            id_token: Some(given.id_token),
            email: Some(email),
            mode: Some(mode),
            ends: given.expires_in.map(|life| since + Duration::from_secs(life.seconds().into())),
        };
    }

    /// Drops a token that the service no longer accepts, and keeps its user.
    pub(super) fn end(&mut self, email: Email, mode: Mode) {
        *self = Self { api_key: self.api_key.take(), email: Some(email), mode: Some(mode), ..Self::default() };
    }

    /// Forgets the token and its user. The API key stays: it belongs to the account, not to the session.
    pub(super) fn forget(&mut self) {
        *self = Self { api_key: self.api_key.take(), ..Self::default() };
    }
}
