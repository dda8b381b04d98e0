//! Signals that end a service.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// Signals that end a service gracefully. Created before the service is ready, so that none is missed.
pub(crate) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// Ends nothing: a terminal that is closed, or a program that asks for a reload, must not cut requests off.
    _hangup: tokio::signal::unix::Signal,
}

impl Signals {
    /// Listens for SIGINT and SIGTERM; from now on SIGHUP is ignored.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            _hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for one.
    pub(crate) async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
