//! A client handle, and operations that only compute.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
};

use bankchannel_bridge::{self as bridge, Content, runtime};
use bytes::Bytes;
use napi::{Either, bindgen_prelude::Buffer};
use napi_derive::napi;

use crate::{
    events::{Events, defect},
    thrown,
};

/// A client handle.
#[napi]
pub struct Client(pub(crate) bridge::Client);

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
        made.map(Self).map_err(|error| thrown(&error))
    }

    /// Carries out an operation that only computes, here and now. Content is bytes or the path of a file.
    #[napi(catch_unwind)]
    pub fn local(
        &self,
        name: String,
        request: String,
        content: Option<Either<Buffer, String>>,
    ) -> napi::Result<String> {
        // The buffer is read where it lies: JavaScript cannot change it meanwhile.
        let content = content.map(|content| match content {
            Either::A(buffer) => Content::Bytes(Bytes::from_owner(buffer)),
            Either::B(path) => Content::from(PathBuf::from(path).as_path()),
        });
        computed(&self.0, &name, &request, content).map_err(|error| thrown(&error))
    }

    /// The same on a thread that may be busy; the end is told under this number.
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
        let (client, promise) = (self.0.clone(), events.promise(id));
        runtime()
            .map_err(|error| thrown(&error))?
            .spawn_blocking(move || promise.settle(computed(&client, &name, &request, content)));
        Ok(())
    }
}

fn computed(client: &bridge::Client, name: &str, request: &str, content: Option<Content>) -> bridge::Result<String> {
    // Neither the client nor the request is looked at again after a panic.
    catch_unwind(AssertUnwindSafe(|| client.local(name, request.as_bytes(), content))).unwrap_or_else(|_| Err(defect()))
}
