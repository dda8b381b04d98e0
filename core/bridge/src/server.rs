//! Embedded counterparts as handles.

use std::{future::Future, pin::Pin};

use bankchannel::{Content, Error, Result, operation::CatalogueEntry};
use bankchannel_counterparts::{COUNTERPARTS, EmbeddedServer, counterpart};
use bankchannel_foundation::{
    error::row,
    model::{Shape, Value},
};

use crate::{panics, runtime::runtime};

/// A running counterpart. Dropping it starts its shutdown; [`stop`](BridgeServer::stop) also waits for its end.
pub struct BridgeServer {
    running: Option<EmbeddedServer>,
    process: u32,
}

impl BridgeServer {
    /// Starts a counterpart of this kind, one of [`COUNTERPARTS`](bankchannel_counterparts::COUNTERPARTS), with its options.
    ///
    /// # Errors
    /// `input.*`, `configuration.invalid`, `resource.storage`.
    pub fn start(kind: &str, options: Value<'_>) -> Result<Self> {
        panics::inside(|| {
            let starting = EmbeddedServer::begin(counterpart(kind)?, options)?;
            let running = runtime()?.block_on(starting)?;
            Ok(Self { running: Some(running), process: std::process::id() })
        })
    }

    /// The shape of the options of this kind of counterpart; `None` if there is no such kind.
    #[must_use]
    pub fn options_shape(kind: &str) -> Option<&'static Shape> {
        counterpart(kind).ok().map(|found| found.options)
    }

    /// The content of its readiness line: its kind, its address, and the settings of a client that reaches it.
    ///
    /// # Errors
    /// `configuration.forked` in a child of the process that started it; `configuration.closed` after it was stopped.
    pub fn info(&self) -> Result<Value<'static>> {
        self.usable()?;
        let running = self.running.as_ref().ok_or_else(|| Error::new(&row::CLOSED))?;
        Ok(running.readiness().into())
    }

    /// The order of this name, such as `sepa_bank.uploads`, of any kind of server.
    #[must_use]
    pub fn declared_order(name: &str) -> Option<&'static CatalogueEntry> {
        COUNTERPARTS.iter().flat_map(|counterpart| counterpart.orders()).find(|entry| entry.declaration.name == name)
    }

    /// Creates a declared order, whose request and answer are those of its declaration; its errors name it.
    ///
    /// # Errors
    /// As [`info`](Self::info).
    pub fn order(
        &self,
        order: &'static CatalogueEntry,
        request: Value<'_>,
        content: Option<Content>,
    ) -> Result<ControlOrder> {
        self.usable()?;
        let running = self.running.as_ref().ok_or_else(|| Error::new(&row::CLOSED))?;
        let name = order.declaration.name;
        let answered = running.declared_order(name, request.into_owned().into(), content);
        Ok(ControlOrder(Box::pin(async move { answered.await.map_err(|error| error.in_operation(name)) })))
    }

    /// Creates an order of the control interface, such as `seed`. [`ControlOrder::wait`] runs it, without needing the server:
    /// others may use the server meanwhile.
    ///
    /// # Errors
    /// As [`info`](Self::info).
    pub fn control(&self, order: &str, request: Value<'_>) -> Result<ControlOrder> {
        self.usable()?;
        let running = self.running.as_ref().ok_or_else(|| Error::new(&row::CLOSED))?;
        Ok(ControlOrder(running.control(order, request.into_owned().into())))
    }

    /// Stops it; requests in flight get some time to finish.
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

/// An order to run.
pub struct ControlOrder(Pin<Box<dyn Future<Output = Result<serde_json::Value>> + Send>>);

impl ControlOrder {
    /// Runs it and returns its answer.
    ///
    /// # Errors
    /// Those of the order.
    pub fn wait(self) -> Result<Value<'static>> {
        panics::inside(|| runtime()?.block_on(self.0).map(Into::into))
    }
}

impl Drop for BridgeServer {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            // The threads that serve it are the parent's: there is nothing to stop here, and nothing may be dropped.
            std::mem::forget(self.running.take());
        } else if let Some(running) = self.running.take()
            && let Ok(runtime) = runtime()
        {
            // The dropping thread may be an event loop or hold an interpreter's lock: shutdown is started but not
            // awaited.
            runtime.spawn(running.stop());
        }
    }
}
