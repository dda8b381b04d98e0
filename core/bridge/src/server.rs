//! Embedded counterparts as handles.

use bankchannel::{Error, Result};
use bankchannel_counterparts::{
    nextgen_psd2::{self, BankOptions},
    ws_channel::{self, ServiceOptions},
};
use bankchannel_foundation::{
    error::row,
    model::{self, Value},
};

use crate::{convert::parse_json, panics, runtime::runtime};

/// A running counterpart. Dropping it tells it to stop; [`stop`](Server::stop) also waits until it has.
pub struct Server {
    running: Option<Running>,
    process: u32,
}

impl Server {
    /// Starts a counterpart (`ws-channel` or `nextgen-psd2-bank`) with its options as JSON.
    ///
    /// # Errors
    /// `input.*`, `configuration.invalid`, `resource.storage`.
    pub fn start(kind: &str, options: &str) -> Result<Self> {
        panics::inside(|| {
            let running = Running::start(kind, parse_json(options)?)?;
            Ok(Self { running: Some(running), process: std::process::id() })
        })
    }

    /// What its readiness line says: its kind, where it listens, and what a client needs to reach it.
    ///
    /// # Errors
    /// `configuration.forked` in a child of the process that started it; `configuration.closed` when it was stopped.
    pub fn info(&self) -> Result<String> {
        self.usable()?;
        let running = self.running.as_ref().ok_or_else(|| Error::new(&row::CLOSED))?;
        Ok(running.readiness().to_string())
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

/// What the sandbox bank is called where one is started.
const BANK: &str = "nextgen-psd2-bank";

/// One of the counterparts.
enum Running {
    WsChannel(ws_channel::Running),
    NextGenPsd2(nextgen_psd2::Running),
}

impl Running {
    fn start(kind: &str, options: Value<'_>) -> Result<Self> {
        match kind {
            ws_channel::KIND => {
                let options: ServiceOptions = model::read_boundary(options)?;
                runtime()?.block_on(ws_channel::Running::start(options)).map(Self::WsChannel)
            }
            BANK => {
                let options: BankOptions = model::read_boundary(options)?;
                runtime()?.block_on(nextgen_psd2::Running::start(options)).map(Self::NextGenPsd2)
            }
            _ => Err(Error::invalid_field("kind", "must be `ws-channel` or `nextgen-psd2-bank`")),
        }
    }

    fn readiness(&self) -> serde_json::Value {
        match self {
            Self::WsChannel(running) => running.readiness(),
            Self::NextGenPsd2(running) => running.readiness(),
        }
    }

    async fn stop(self) {
        match self {
            Self::WsChannel(running) => running.stop().await,
            Self::NextGenPsd2(running) => running.stop().await,
        }
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
