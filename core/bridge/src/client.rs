//! A client handle: settings that every process shares, and connections that each has its own of.

use std::sync::Arc;

use bankchannel::{
    Result,
    ws_channel::{WsChannel, WsChannelSettings},
};
use bankchannel_foundation::model;

use crate::{convert::parse_json, per_process::PerProcess};

/// A client of a protocol. Cheap to clone, safe to use from many threads, usable after a fork.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    settings: WsChannelSettings,
    clients: PerProcess<WsChannel>,
}

impl Client {
    /// Makes a client of the WS Channel from its settings as JSON. Nothing is sent, and no thread started.
    ///
    /// # Errors
    /// `input.*` and `configuration.invalid`.
    pub fn new(settings: &[u8]) -> Result<Self> {
        let settings: WsChannelSettings = model::read_boundary(parse_json(settings)?)?;
        let client = Self(Arc::new(Inner { settings, clients: PerProcess::new() }));
        client.here()?;
        Ok(client)
    }

    /// This process's client.
    ///
    /// # Errors
    /// `configuration.invalid`.
    pub fn here(&self) -> Result<&WsChannel> {
        self.0.clients.get_or_make(|parent| {
            let client = WsChannel::new(self.0.settings.clone())?;
            if let Some(session) = parent.and_then(WsChannel::try_session) {
                client.set_session(session);
            }
            Ok(client)
        })
    }
}
