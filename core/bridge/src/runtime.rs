//! The one runtime.

use bankchannel::{Error, Result};
use bankchannel_foundation::error::row;
use tokio::runtime::{Builder, Runtime};

use crate::per_process::PerProcess;

static RUNTIME: PerProcess<Runtime> = PerProcess::new();

/// Threads that drive connections; calls are few and wait for the network, so few are enough.
const WORKERS: usize = 2;

/// This process's runtime, started at first use.
///
/// # Errors
/// `internal` when the system gives no threads.
pub fn runtime() -> Result<&'static Runtime> {
    RUNTIME.get_or_make(|_| {
        Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name("bankchannel")
            .enable_all()
            .build()
            .map_err(|why| Error::because(&row::INTERNAL, format!("the runtime cannot be started: {why}")))
    })
}
