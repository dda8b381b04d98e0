//! The one runtime of a process, and that of one that only serves.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bankchannel::{Error, Result};
use bankchannel_foundation::error::row;
#[cfg(unix)]
use nix::sys::signal::{SigSet, Signal};
use tokio::runtime::{Builder, Runtime};

use crate::{panics, per_process::PerProcess};

static RUNTIME: PerProcess<Runtime> = PerProcess::new();

/// Threads that drive connections. Calls are few and wait for the network, so one is enough, and what a call touches stays on
/// it. What computes for long, or reads a file, has threads of its own.
const WORKERS: usize = 1;

/// This process's runtime, started at first use.
///
/// # Errors
/// `internal` when the system gives no threads.
pub fn runtime() -> Result<&'static Runtime> {
    RUNTIME.get_or_make(|_| build(Builder::new_multi_thread().worker_threads(WORKERS)))
}

/// A runtime for a process that does nothing but serve: as many threads as there are processors.
///
/// # Errors
/// `internal` when the system gives no threads.
pub fn serving_runtime() -> Result<Runtime> {
    build(&mut Builder::new_multi_thread())
}

fn build(builder: &mut Builder) -> Result<Runtime> {
    panics::leave_out_texts();
    let failed =
        |why: &dyn std::fmt::Display| Error::because(&row::INTERNAL, format!("the runtime cannot be started: {why}"));
    let builder = builder.thread_name(panics::THREAD).on_thread_start(block_sigpipe).enable_all();
    // It panics where a thread cannot be spawned; across a language boundary that would end the program.
    match catch_unwind(AssertUnwindSafe(|| builder.build())) {
        Ok(built) => built.map_err(|why| failed(&why)),
        Err(_) => Err(failed(&"the system cannot start threads")),
    }
}

/// Has a write to a connection that the peer has closed fail, and not end the program: SIGPIPE goes to the thread that
/// writes, and only a Rust program ignores it from the beginning. The program's own threads and its handling of signals
/// stay as they are.
fn block_sigpipe() {
    #[cfg(unix)]
    {
        let mut pipe = SigSet::empty();
        pipe.add(Signal::SIGPIPE);
        // It fails for a wrong argument only.
        let _ = pipe.thread_block();
    }
}
