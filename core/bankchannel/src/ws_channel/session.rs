//! The session: who is logged in, until when.

use std::time::{Duration, Instant};

use bankchannel_ws_channel::{
    Credentials,
    model::{ApiKey, IdToken, Mode},
};

use super::WsChannelSettings;

/// How long before its end a session counts as expired: a call on its way must still arrive in time (§8.1).
const SKEW: Duration = Duration::from_secs(5);

/// Who is logged in, until when.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// The integrator's key.
    pub api_key: Option<ApiKey>,
    /// The token.
    pub id_token: Option<IdToken>,
    /// The mode of the token.
    pub mode: Option<Mode>,
    /// When the token ends, by the clock that nobody sets; `None` is not known.
    pub ends: Option<Instant>,
}

impl Session {
    pub(super) fn from_settings(settings: &WsChannelSettings) -> Self {
        Self {
            api_key: settings.api_key.clone(),
            id_token: settings.id_token.clone(),
            mode: settings.id_token.as_ref().and(settings.mode),
            ends: None,
        }
    }

    /// Whether the token has ended or is about to.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.ends.is_some_and(|ends| Instant::now() + SKEW >= ends)
    }

    pub(super) fn credentials(&self) -> Credentials {
        Credentials { api_key: self.api_key.clone(), id_token: self.id_token.clone() }
    }
}
