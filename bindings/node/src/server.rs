//! An embedded counterpart.

use std::sync::{Arc, Mutex, PoisonError};

use bankchannel_bridge::{self as bridge, runtime};
use napi::{Env, bindgen_prelude::Object};
use napi_derive::napi;

use crate::thrown;

/// A server that was started; it stops when it is closed or collected.
#[napi]
pub struct Server {
    server: Arc<Mutex<Option<bridge::Server>>>,
}

/// What became of a start or stop.
#[napi(object)]
pub(crate) struct Done {
    /// What the readiness line says, as JSON.
    pub info: Option<String>,
    /// The error's JSON.
    pub error: Option<String>,
}

#[napi]
impl Server {
    /// A handle without a server yet.
    #[napi(constructor, catch_unwind)]
    #[allow(clippy::new_without_default)] // made from JavaScript only
    pub fn new() -> Self {
        Self { server: Arc::default() }
    }

    /// Starts a counterpart with its options as JSON; promises what became of it.
    #[napi(catch_unwind, ts_return_type = "Promise<Done>")]
    pub fn start<'env>(&self, env: &'env Env, kind: String, options: String) -> napi::Result<Object<'env>> {
        let place = Arc::clone(&self.server);
        later(env, move || {
            let server = bridge::Server::start(&kind, options.as_bytes())?;
            let info = server.info()?;
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
            Ok(Some(info))
        })
    }

    /// Stops it; promises what became of it. A second time does nothing.
    #[napi(catch_unwind, ts_return_type = "Promise<Done>")]
    pub fn stop<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        let taken = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        later(env, move || taken.map_or(Ok(None), |mut server| server.stop().map(|()| None)))
    }
}

/// Runs what blocks on a thread of the runtime that may.
fn later<'env>(
    env: &'env Env,
    work: impl FnOnce() -> bridge::Result<Option<String>> + Send + 'static,
) -> napi::Result<Object<'env>> {
    let runtime = runtime().map_err(|error| thrown(&error))?;
    let (deferred, promise) = env.create_deferred()?;
    runtime.spawn_blocking(move || {
        let done = work();
        deferred.resolve(move |_| {
            Ok(match done {
                Ok(info) => Done { info, error: None },
                Err(error) => Done { info: None, error: Some(error.to_json().to_string()) },
            })
        });
    });
    Ok(promise)
}
