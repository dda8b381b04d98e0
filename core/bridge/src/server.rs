//! Embedded counterparts as handles.

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

    /// Carries out an order of the control interface, such as `seed`, and answers what it answers.
    ///
    /// # Errors
    /// As [`info`](Self::info), and those of the order.
    pub fn control(&self, order: &str, request: Value<'_>) -> Result<Value<'static>> {
        self.usable()?;
        let running = self.running.as_ref().ok_or_else(|| Error::new(&row::CLOSED))?;
        let ordered = running.control(order, request.into_owned().into());
        runtime()?.block_on(ordered).map(Into::into)
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
