//! The runtime of a process, and the one of a process that only serves.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bankchannel::{Error, Result};
use bankchannel_foundation::error::row;
#[cfg(unix)]
use nix::sys::signal::{SigSet, Signal};
use tokio::runtime::{Builder, Runtime};

use crate::{panics, per_process::PerProcess};

static RUNTIME: PerProcess<Runtime> = PerProcess::new();

/// Threads that drive connections. Calls are few and wait for the network, so one is enough, and a call's data stays on
/// it. Long computations and file reads have separate threads.
const WORKERS: usize = 1;

/// This process's runtime, started on first use.
///
/// # Errors
/// `internal` if the system provides no threads.
pub fn runtime() -> Result<&'static Runtime> {
    RUNTIME.get_or_make(|_| build(Builder::new_multi_thread().worker_threads(WORKERS)))
}

/// A runtime for a process that only serves: as many threads as processors.
///
/// # Errors
/// `internal` if the system provides no threads.
pub fn serving_runtime() -> Result<Runtime> {
    build(&mut Builder::new_multi_thread())
}

fn build(builder: &mut Builder) -> Result<Runtime> {
    panics::leave_out_texts();
    let failed =
        |why: &dyn std::fmt::Display| Error::because(&row::INTERNAL, format!("the runtime cannot be started: {why}"));
    let builder = builder.thread_name(panics::THREAD).on_thread_start(block_sigpipe).enable_all();
    // It panics if a thread cannot be spawned; across a language boundary that would abort the program.
    match catch_unwind(AssertUnwindSafe(|| builder.build())) {
        Ok(built) => built.map_err(|why| failed(&why)),
        Err(_) => Err(failed(&"the system cannot start threads")),
    }
}

/// Makes a write to a connection closed by the peer fail instead of ending the program: SIGPIPE goes to the writing
/// thread, and only Rust programs ignore it from the start. The program's own threads and its signal handling are not
/// changed.
fn block_sigpipe() {
    #[cfg(unix)]
    {
        let mut pipe = SigSet::empty();
        pipe.add(Signal::SIGPIPE);
        // It fails only for an invalid argument.
        let _ = pipe.thread_block();
    }
}
