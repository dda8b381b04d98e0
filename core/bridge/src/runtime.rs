//! The one runtime.

use std::{panic::catch_unwind, sync::OnceLock};

use bankchannel::{Error, Result};
use bankchannel_foundation::error::row;
use tokio::runtime::{Builder, Runtime};

use crate::{panics, per_process::PerProcess};

static RUNTIME: PerProcess<Runtime> = PerProcess::new();

/// Threads that drive connections; calls are few and wait for the network, so few are enough.
const WORKERS: usize = 2;

static ON_THREAD_START: OnceLock<fn()> = OnceLock::new();

/// Says what each of the runtime's threads does before anything else, such as to set its signal mask. It counts from the
/// runtime that is started next; what was said first stays.
pub fn on_thread_start(what: fn()) {
    let _ = ON_THREAD_START.set(what);
}

/// This process's runtime, started at first use.
///
/// # Errors
/// `internal` when the system gives no threads.
pub fn runtime() -> Result<&'static Runtime> {
    RUNTIME.get_or_make(|_| {
        panics::leave_out_texts();
        let failed = |why: &dyn std::fmt::Display| {
            Error::because(&row::INTERNAL, format!("the runtime cannot be started: {why}"))
        };
        let begin = || {
            if let Some(what) = ON_THREAD_START.get() {
                what();
            }
        };
        let build = || {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(WORKERS).thread_name(panics::THREAD).on_thread_start(begin).enable_all().build()
        };
        // It panics where a thread cannot be spawned; across a language boundary that would end the program.
        match catch_unwind(build) {
            Ok(built) => built.map_err(|why| failed(&why)),
            Err(_) => Err(failed(&"the system gives no threads")),
        }
    })
}
