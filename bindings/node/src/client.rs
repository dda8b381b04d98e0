//! A client handle.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use bankchannel_bridge::{self as bridge, Error, Value, operations, parse_json, row};
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
    /// Makes a client of a protocol from its settings as JSON, with members in `camelCase`; missing settings are read from
    /// the variables, if there are any.
    #[napi(constructor, catch_unwind)]
    pub fn new(protocol: String, settings: String, variables: Option<HashMap<String, String>>) -> napi::Result<Self> {
        let open = || {
            let mut settings = parse_json(&settings)?;
            if let Some(shape) = operations::settings_shape(&protocol) {
                settings.name_as_declared(shape)?;
            }
            if let Some(members) = settings.as_object_mut() {
                members.insert("protocol", protocol);
                if let Some(variables) = variables {
                    members.insert(
                        "from_env",
                        variables.into_iter().map(|(name, text)| (name, text.into())).collect::<Value<'_>>(),
                    );
                }
            }
            bridge::BridgeClient::new(settings)
        };
        let client = open().map_err(|error| thrown(&error))?;
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

    /// The peer's address as its setting and its text, in camelCase; absent for a client that only computes.
    #[napi(catch_unwind)]
    pub fn address(&self) -> napi::Result<Option<Vec<String>>> {
        let shown = self.open()?.described();
        let address = shown.into_iter().find(|(name, _)| name.ends_with("_url"));
        Ok(address.map(|(name, text)| vec![name.replace("_url", "Url"), text]))
    }

    /// Frees its resources now: JavaScript's garbage collector does not see connections, and may never run. Running
    /// calls hold their own parts. A second call does nothing.
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
