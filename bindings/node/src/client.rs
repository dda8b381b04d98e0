//! A client handle.

use std::sync::{Mutex, PoisonError};

use bankchannel_bridge::{self as bridge, Error, parse_json, row};
use napi_derive::napi;

use crate::{local, thrown};

/// A client handle.
#[napi]
pub struct Client {
    // `None` after it was closed.
    client: Mutex<Option<bridge::BridgeClient>>,
    number: u32,
}

#[napi]
impl Client {
    /// Makes a client from its settings as JSON, whose member `protocol` names the protocol; with `environment` missing
    /// settings are read from the environment variables.
    #[napi(constructor, catch_unwind)]
    pub fn new(settings: String, environment: bool) -> napi::Result<Self> {
        let make = if environment { bridge::BridgeClient::from_env } else { bridge::BridgeClient::new };
        let client = parse_json(&settings).and_then(make).map_err(|error| thrown(&error))?;
        let number = local::enter(client.clone());
        Ok(Self { client: Mutex::new(Some(client)), number })
    }

    /// Its number for `local`, until this handle is closed or collected.
    #[napi(getter, catch_unwind)]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The time limit of an exchange in seconds if the call has none; `undefined` for operations without a limit.
    #[napi(catch_unwind)]
    pub fn limit(&self, name: String) -> napi::Result<Option<f64>> {
        Ok(self.open()?.limit(&name).map(|limit| limit.as_secs_f64()))
    }

    /// Frees its resources now: JavaScript's garbage collector does not see connections, and may never run. Running
    /// calls hold what they need themselves. A second call does nothing.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.leave();
    }
}

impl Client {
    /// The client, unless it was closed.
    pub(crate) fn open(&self) -> napi::Result<bridge::BridgeClient> {
        let client = self.client.lock().unwrap_or_else(PoisonError::into_inner).clone();
        client.ok_or_else(|| thrown(&Error::new(&row::CLOSED)))
    }

    fn leave(&self) {
        let left = self.client.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Only once: afterwards the number may belong to another client.
        if left.is_some() {
            local::leave(self.number);
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.leave();
    }
}
