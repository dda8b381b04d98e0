//! The hub under control: what is its own of the control interface.
//!
//! ```text
//!   POST sandbox/sessions            {"session_secret"?, "about"?: "token" | "refresh", "expires_at"?}: begins one
//!   POST sandbox/sessions/{secret}   {}: what came of it
//!   POST sandbox/sessions/all        {}: the names of all sessions, oldest first
//!   POST sandbox/requests            {"operation", "session_secret"?, …}: a request to a connector, signed, to be handed to it
//! ```

use std::sync::Arc;

use bankchannel_crypto::{digest::hex, random};
use bankchannel_foundation::{Error, Result, clock::SystemClock, error::row, model::Timestamp, operation::Entry};
use bankchannel_salt_edge::{connector::CATALOGUE, model::SessionSecret};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{service::Hub, state::About};
use crate::http::control::{Control, Controlled, Controlling, Further, parsed, read};

/// The largest order, bytes.
const ORDER_MAX: usize = 16 * 1024;
const SESSIONS: &str = "sessions";
const REQUESTS: &str = "requests";

/// A hub under control.
pub(super) struct Target {
    hub: Arc<Hub>,
    control: Arc<Control>,
}

/// A session to begin.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSession {
    session_secret: Option<String>,
    about: Option<String>,
    expires_at: Option<String>,
}

impl Target {
    /// The hub, where it may be controlled.
    pub(super) fn of(hub: Arc<Hub>) -> Option<Self> {
        let control = hub.control.clone()?;
        Some(Self { hub, control })
    }

    fn request(&self, body: &[u8]) -> Result<Value> {
        let body = parsed(body).map_err(|why| Error::because(&row::INVALID_JSON, why))?;
        self.hub.request(read(body)?)
    }

    fn begin(&self, body: &[u8]) -> Result<Value> {
        let body = parsed(body).map_err(|why| Error::because(&row::INVALID_JSON, why))?;
        let NewSession { session_secret, about, expires_at } = read(body)?;
        let secret = match session_secret {
            Some(given) => SessionSecret::new(&given)?.as_str().to_owned(),
            None => hex(&random::bytes::<16>()),
        };
        let about = about.as_deref().unwrap_or("token");
        let about = About::from_text(about).ok_or_else(|| Error::invalid_field("about", "must be token or refresh"))?;
        let expires = expires_at.as_deref().map(Timestamp::new).transpose()?;
        if !self.hub.state.begin(&secret, about, expires.map(|at| at.as_ms()), self.hub.now_ms()) {
            return Err(Error::invalid_field("session_secret", "there is a session of this name"));
        }
        Ok(json!({ "session_secret": secret }))
    }
}

impl Controlled for Target {
    fn clock(&self) -> &SystemClock {
        &self.hub.clock
    }

    fn reset_clock(&self) {
        match self.hub.clock_ms {
            Some(ms) => self.clock().set_ms(ms),
            None => self.clock().run(),
        }
    }

    fn control(&self) -> &Control {
        &self.control
    }

    fn catalogue(&self) -> &'static [Entry] {
        CATALOGUE
    }

    fn outbox(&self) -> Vec<Value> {
        Vec::new()
    }

    fn reset(&self) -> Controlling<'_> {
        Box::pin(async move {
            self.hub.state.reset();
            Ok(json!({}))
        })
    }

    fn seed(&self, _: Value) -> Controlling<'_> {
        Box::pin(async { Err(Error::invalid_field("seed", "a hub has no data to be put in: begin sessions")) })
    }

    fn limits(&self, _: Value) -> Result<Value> {
        Err(Error::invalid_field("limits", "a hub counts no requests"))
    }

    fn takes(&self, path: &str) -> Option<usize> {
        let is_own = path == SESSIONS
            || path == REQUESTS
            || path.strip_prefix("sessions/").is_some_and(|secret| !secret.is_empty());
        is_own.then_some(ORDER_MAX)
    }

    fn further(&self, asked: Further) -> Option<Controlling<'_>> {
        if asked.path == REQUESTS {
            return Some(Box::pin(std::future::ready(self.request(&asked.body))));
        }
        let done = match asked.path.strip_prefix(SESSIONS)? {
            "" => self.begin(&asked.body),
            "/all" => Ok(json!({"sessions": self.hub.state.sessions()})),
            secret => {
                let shown = self.hub.state.shown(secret.strip_prefix('/')?);
                shown.ok_or_else(|| Error::invalid_field("session_secret", "there is no such session"))
            }
        };
        Some(Box::pin(std::future::ready(done)))
    }
}
