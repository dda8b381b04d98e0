//! The runtime of a process, and the one of a process that only serves.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bankchannel::{CallOutcome, Error, Result};
use bankchannel_foundation::error::row;
use bankchannel_transport::background::{self, UndoneWork};
use tokio::runtime::{Builder, Runtime};

use crate::{panics, per_process::PerProcess, platform};

static RUNTIME: PerProcess<Runtime> = PerProcess::new();

/// Threads that drive connections. Calls are few and wait for the network, so one is enough, and a call's data stays on
/// it. Long computations and file reads have separate threads.
const WORKERS: usize = 1;

/// This process's runtime, started on first use.
///
/// # Errors
/// `resource.threads` if the system starts none, `internal` if it provides no events.
pub fn runtime() -> Result<&'static Runtime> {
    RUNTIME.get_or_make(|_| build(Builder::new_multi_thread().worker_threads(WORKERS)))
}

/// A runtime for a process that only serves: as many threads as processors.
///
/// # Errors
/// `resource.threads` if the system starts none, `internal` if it provides no events.
pub fn serving_runtime() -> Result<Runtime> {
    build(&mut Builder::new_multi_thread())
}

/// Runs work that may block on a thread for such work, and hands its result on.
///
/// # Errors
/// Those of [`runtime`]; then nothing is handed on.
pub fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
    done: impl FnOnce(Result<T>) + Send + 'static,
) -> Result<()> {
    runtime()?.spawn(async move {
        done(background::blocking(work).await.unwrap_or_else(|why| {
            let error = why.error("a defect inside bankchannel stopped the work");
            let outcome = if why == UndoneWork::Refused { CallOutcome::NotSent } else { CallOutcome::Unknown };
            Err(error.with_outcome(outcome))
        }));
    });
    Ok(())
}

fn build(builder: &mut Builder) -> Result<Runtime> {
    panics::leave_out_texts();
    background::check_threads().map_err(|error| error.with_outcome(CallOutcome::NotSent))?;
    let builder = builder.thread_name(panics::THREAD).on_thread_start(platform::on_thread_start).enable_all();
    // It panics if a thread cannot be spawned; across a language boundary that would abort the program.
    match catch_unwind(AssertUnwindSafe(|| builder.build())) {
        Ok(built) => built.map_err(|why| Error::internal(format!("the runtime cannot be started: {why}"))),
        Err(_) => {
            Err(Error::because(&row::THREADS, "the runtime cannot be started").with_outcome(CallOutcome::NotSent))
        }
    }
}
