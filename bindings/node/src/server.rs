//! An embedded counterpart.

use std::sync::{Arc, Mutex, PoisonError};

use bankchannel_bridge::{self as bridge, Error, Value, parse_json, row};
use napi::{Either, bindgen_prelude::Buffer};
use napi_derive::napi;

use crate::{
    at_exit::remove_folders_at_exit,
    events::Events,
    local::copied,
    names::{request_of, response_in},
    thrown,
};

/// A started server; it stops when it is closed or collected.
#[napi]
pub struct Server {
    server: Arc<Mutex<Option<bridge::BridgeServer>>>,
}

#[napi]
impl Server {
    /// A handle without a server yet.
    #[napi(constructor, catch_unwind)]
    #[allow(clippy::new_without_default)] // made from JavaScript only
    pub fn new() -> Self {
        Self { server: Arc::default() }
    }

    /// Starts a counterpart with its options as JSON, with members in `camelCase`; the content of its readiness line is
    /// reported under this number.
    #[napi(catch_unwind)]
    pub fn start(&self, events: &Events, id: u32, kind: String, options: String) -> napi::Result<()> {
        remove_folders_at_exit();
        let place = Arc::clone(&self.server);
        later(events, id, move || {
            let mut options = parse_json(&options)?;
            if let Some(shape) = bridge::BridgeServer::options_shape(&kind) {
                options.name_as_declared(shape)?;
            }
            let server = bridge::BridgeServer::start(&kind, options)?;
            let info = server.info()?;
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
            Ok(info)
        })
    }

    /// Carries out an order of the control interface, whose request is JSON; its answer is reported under this number.
    #[napi(catch_unwind)]
    pub fn control(&self, events: &Events, id: u32, order: String, request: String) -> napi::Result<()> {
        let place = Arc::clone(&self.server);
        later(events, id, move || {
            let request = parse_json(&request)?;
            begun(&place, |server| server.control(&order, request))?.wait()
        })
    }

    /// Carries out a declared order, whose request is JSON with members in `camelCase`, and so is its answer; null if that
    /// says nothing. Content is bytes or the path of a file.
    #[napi(catch_unwind)]
    pub fn order(
        &self,
        events: &Events,
        id: u32,
        name: String,
        request: String,
        content: Option<Either<Buffer, String>>,
    ) -> napi::Result<()> {
        let entry = bridge::BridgeServer::declared_order(&name);
        let entry = entry.ok_or_else(|| thrown(&bridge::unknown_operation(&name)))?;
        let content = content.map(copied);
        let place = Arc::clone(&self.server);
        later(events, id, move || {
            let request = request_of(&request, Some(entry))?;
            let answer = begun(&place, |server| server.order(entry, request, content))?.wait()?;
            let is_empty = entry.response.fields().is_empty();
            Ok(if is_empty { Value::Null } else { response_in(answer, Some(entry)) })
        })
    }

    /// Stops it; the end is reported under this number. A second call does nothing.
    #[napi(catch_unwind)]
    pub fn stop(&self, events: &Events, id: u32) -> napi::Result<()> {
        let taken = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        later(events, id, move || {
            taken.map_or(Ok(()), |mut server| server.stop())?;
            Ok(Value::Null)
        })
    }
}

/// An order to the running server.
fn begun(
    place: &Mutex<Option<bridge::BridgeServer>>,
    order: impl FnOnce(&bridge::BridgeServer) -> bridge::Result<bridge::ControlOrder>,
) -> bridge::Result<bridge::ControlOrder> {
    match &*place.lock().unwrap_or_else(PoisonError::into_inner) {
        Some(server) => order(server),
        None => Err(Error::new(&row::CLOSED)),
    }
}

/// Runs blocking work on a thread of the runtime for such work.
fn later(
    events: &Events,
    id: u32,
    work: impl FnOnce() -> bridge::Result<Value<'static>> + Send + 'static,
) -> napi::Result<()> {
    let promise = events.promise(id);
    bridge::apart(work, |done| promise.settle(done)).map_err(|error| thrown(&error))
}
