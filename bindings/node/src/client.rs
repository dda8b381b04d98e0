//! A client handle.

use std::path::PathBuf;

use bankchannel_bridge::{self as bridge, Content, runtime};
use bytes::Bytes;
use napi::{Either, bindgen_prelude::Buffer};
use napi_derive::napi;

use crate::{events::Events, local, thrown};

/// A client handle.
#[napi]
pub struct Client {
    pub(crate) client: bridge::Client,
    number: u32,
}

#[napi]
impl Client {
    /// Makes a client of a protocol from its settings as JSON; with `environment` also from the environment's variables,
    /// wherever the settings say nothing.
    #[napi(constructor, catch_unwind)]
    pub fn new(protocol: String, settings: String, environment: bool) -> napi::Result<Self> {
        // There is one protocol yet; the name is asked for so that callers need not change when there are more.
        if protocol != "ws-channel" {
            return Err(thrown(&bridge::Error::invalid_field("protocol", "must be `ws-channel`")));
        }
        let settings = settings.as_bytes();
        let made = if environment { bridge::Client::from_env(settings) } else { bridge::Client::new(settings) };
        let client = made.map_err(|error| thrown(&error))?;
        let number = local::enter(client.clone());
        Ok(Self { client, number })
    }

    /// The number by which `local` knows it, as long as this handle lives.
    #[napi(getter, catch_unwind)]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Carries out an operation that only computes on a thread that may be busy; the end is told under this number. Content is
    /// bytes or the path of a file.
    #[napi(catch_unwind)]
    pub fn compute(
        &self,
        events: &Events,
        id: u32,
        name: String,
        request: String,
        content: Option<Either<Buffer, String>>,
    ) -> napi::Result<()> {
        let content = content.map(|content| match content {
            Either::A(buffer) => Content::Bytes(Bytes::copy_from_slice(&buffer)),
            Either::B(path) => Content::from(PathBuf::from(path).as_path()),
        });
        let (client, promise) = (self.client.clone(), events.promise(id));
        runtime()
            .map_err(|error| thrown(&error))?
            .spawn_blocking(move || promise.settle(local::computed(&client, &name, &request, content)));
        Ok(())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        local::leave(self.number);
    }
}
