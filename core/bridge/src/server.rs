//! Embedded counterparts as handles.

use std::{future::Future, pin::Pin};

use bankchannel::{Error, Result};
use bankchannel_counterparts::{RunningCounterpart, counterpart};
use bankchannel_foundation::{error::row, model::Value};

use crate::{panics, runtime::runtime};

/// A running counterpart. Dropping it tells it to stop; [`stop`](Server::stop) also waits until it has.
pub struct Server {
    running: Option<RunningCounterpart>,
    process: u32,
}

impl Server {
    /// Starts a counterpart of this kind, one of [`COUNTERPARTS`](bankchannel_counterparts::COUNTERPARTS), with its options.
    ///
    /// # Errors
    /// `input.*`, `configuration.invalid`, `resource.storage`.
    pub fn start(kind: &str, options: Value<'_>) -> Result<Self> {
        panics::inside(|| {
            let starting = counterpart(kind)?.start(options)?;
            let running = runtime()?.block_on(starting)?;
            Ok(Self { running: Some(running), process: std::process::id() })
        })
    }

    /// What its readiness line says: its kind, where it listens, and what a client needs to reach it.
    ///
    /// # Errors
    /// `configuration.forked` in a child of the process that started it; `configuration.closed` when it was stopped.
    pub fn info(&self) -> Result<Value<'static>> {
        self.usable()?;
        let running = self.running.as_ref().ok_or_else(|| Error::new(&row::CLOSED))?;
        Ok(running.readiness().into())
    }

    /// Gives an order of the control interface, such as `seed`. It is carried out by [`Order::wait`], which needs the server no
    /// more: others may use it meanwhile.
    ///
    /// # Errors
    /// As [`info`](Self::info).
    pub fn control(&self, order: &str, request: Value<'_>) -> Result<Order> {
        self.usable()?;
        let running = self.running.as_ref().ok_or_else(|| Error::new(&row::CLOSED))?;
        Ok(Order(running.control(order, request.into_owned().into())))
    }

    /// Stops it; running answers get some time to finish.
    ///
    /// # Errors
    /// As [`info`](Self::info).
    pub fn stop(&mut self) -> Result<()> {
        self.usable()?;
        let running = self.running.take().ok_or_else(|| Error::new(&row::CLOSED))?;
        runtime()?.block_on(running.stop());
        Ok(())
    }

    fn usable(&self) -> Result<()> {
        if self.process == std::process::id() { Ok(()) } else { Err(Error::new(&row::FORKED)) }
    }
}

/// An order that was given.
pub struct Order(Pin<Box<dyn Future<Output = Result<serde_json::Value>> + Send>>);

impl Order {
    /// Carries it out; its answer.
    ///
    /// # Errors
    /// Those of the order.
    pub fn wait(self) -> Result<Value<'static>> {
        panics::inside(|| runtime()?.block_on(self.0).map(Into::into))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            // The threads that serve it are the parent's: here there is nothing to stop, and nothing may be dropped.
            std::mem::forget(self.running.take());
        } else if let Some(running) = self.running.take()
            && let Ok(runtime) = runtime()
        {
            // Whoever drops it may be an event loop or hold an interpreter's lock: it is told to stop, and not waited for.
            runtime.spawn(running.stop());
        }
    }
}
