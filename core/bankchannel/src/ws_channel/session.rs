//! The session: who is logged in, until when.

use std::time::{Duration, Instant};

use bankchannel_ws_channel::{
    Credentials,
    login::Authenticated,
    model::{ApiKey, Email, IdToken, Mode},
};

use super::WsChannelSettings;

/// How long before its end a session counts as expired: a call on its way must still arrive in time (docs/protocols/ws-channel.md §8.1).
pub const SKEW: Duration = Duration::from_secs(5);

/// Who is logged in, until when. With an account and no token it is a session that has ended and was not logged out of: the
/// setting `renew_session` renews it with the next call.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// The integrator's key.
    pub api_key: Option<ApiKey>,
    /// The token.
    pub id_token: Option<IdToken>,
    /// The account that the token is of.
    pub email: Option<Email>,
    /// The mode of the token.
    pub mode: Option<Mode>,
    /// When the token ends, by the clock that nobody sets; `None` is not known.
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

    /// Whether there is a token, whatever became of it.
    #[must_use]
    pub fn is_logged_in(&self) -> bool {
        self.id_token.is_some()
    }

    /// Whether the token has ended or is about to.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.ends.is_some_and(|ends| Instant::now() + SKEW >= ends)
    }

    /// Whether the service ended it: the token is gone, and it is known whose it was.
    pub(super) fn has_ended(&self) -> bool {
        self.id_token.is_none() && self.email.is_some()
    }

    /// How long the token still lives; `None` is not known.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        self.ends.map(|ends| ends.saturating_duration_since(Instant::now()))
    }

    pub(super) fn credentials(&self) -> Credentials {
        Credentials { api_key: self.api_key.clone(), id_token: self.id_token.clone() }
    }

    /// Takes what a complete login gave. `since` is an instant before the service counted: the session ends rather early.
    pub(super) fn logged_in(&mut self, given: Authenticated, email: Email, mode: Mode, since: Instant) {
        *self = Self {
            api_key: Some(given.api_key),
            id_token: Some(given.id_token),
            email: Some(email),
            mode: Some(mode),
            ends: given.expires_in.map(|life| since + Duration::from_secs(life.seconds().into())),
        };
    }

    /// Drops a token that the service no longer accepts, and keeps whose it was.
    pub(super) fn end(&mut self, email: Email, mode: Mode) {
        *self = Self { api_key: self.api_key.take(), email: Some(email), mode: Some(mode), ..Self::default() };
    }

    /// Forgets the token and whose it was. The API key stays: it is the account's, not the session's.
    pub(super) fn forget(&mut self) {
        *self = Self { api_key: self.api_key.take(), ..Self::default() };
    }
}
