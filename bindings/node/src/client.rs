//! A client handle.

use std::sync::{Mutex, PoisonError};

use bankchannel_bridge::{self as bridge, Error, parse_json, row};
use napi_derive::napi;

use crate::{local, thrown};

/// A client handle.
#[napi]
pub struct Client {
    // Gone when it was closed.
    client: Mutex<Option<bridge::Client>>,
    number: u32,
}

#[napi]
impl Client {
    /// Makes a client from its settings as JSON, whose member `protocol` says of which protocol; with `environment` also from the
    /// environment's variables, wherever the settings say nothing.
    #[napi(constructor, catch_unwind)]
    pub fn new(settings: String, environment: bool) -> napi::Result<Self> {
        let make = if environment { bridge::Client::from_env } else { bridge::Client::new };
        let client = parse_json(&settings).and_then(make).map_err(|error| thrown(&error))?;
        let number = local::enter(client.clone());
        Ok(Self { client: Mutex::new(Some(client)), number })
    }

    /// The number by which `local` knows it, until this handle is closed or collected.
    #[napi(getter, catch_unwind)]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// How long an exchange may take, in seconds, where its call says nothing of it; `undefined` for what has no limit.
    #[napi(catch_unwind)]
    pub fn limit(&self, name: String) -> napi::Result<Option<f64>> {
        Ok(self.open()?.limit(&name).map(|limit| limit.as_secs_f64()))
    }

    /// Gives back what it holds, now: JavaScript's collector does not see connections, and may never come. Calls that run
    /// hold what they need themselves. A second time does nothing.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.leave();
    }
}

impl Client {
    /// The client, unless it was closed.
    pub(crate) fn open(&self) -> napi::Result<bridge::Client> {
        let client = self.client.lock().unwrap_or_else(PoisonError::into_inner).clone();
        client.ok_or_else(|| thrown(&Error::new(&row::CLOSED)))
    }

    fn leave(&self) {
        let left = self.client.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Once only: after that the number may be another client's.
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
