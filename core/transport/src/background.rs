//! Starts background work behind one boxed type, so that tokio's code for tasks is compiled once.
//!
//! Where the system refuses threads, tokio keeps blocking work waiting for one of its threads to become free, which may
//! never happen. So work that waits looks from time to time whether a thread could be started, and ends if not.

use std::{
    any::Any,
    fmt,
    future::Future,
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bankchannel_foundation::{Error, error::row};
use tokio::{runtime::Handle, task::JoinHandle, time::Sleep};
use tokio_util::task::TaskTracker;

/// How long work waits for its thread before it looks whether one can be started.
const PATIENCE: Duration = Duration::from_millis(500);

/// A task of any kind.
type BackgroundTask = Pin<Box<dyn Future<Output = ()> + Send>>;
/// Work that may block, of any kind.
type BlockingWork = Box<dyn FnOnce() -> Box<dyn Any + Send> + Send>;
/// Work until a thread takes it, or its caller takes it back.
type WaitingWork = Arc<Mutex<Option<BlockingWork>>>;

/// Starts a task, like [`tokio::spawn`].
#[track_caller]
pub fn spawn(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    let task: BackgroundTask = Box::pin(task);
    tokio::spawn(task)
}

/// Starts a task that the tracker waits for, like [`TaskTracker::spawn`].
#[track_caller]
pub fn spawn_on<T: Send + 'static>(
    tracker: &TaskTracker,
    task: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    let task: Pin<Box<dyn Future<Output = T> + Send>> = Box::pin(task);
    tracker.spawn(task)
}

/// Starts work that may block, like [`tokio::task::spawn_blocking`]; it fails where the system refuses threads.
#[track_caller]
pub fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> RunningWork<T> {
    let work: BlockingWork = Box::new(|| Box::new(work()));
    let waiting: WaitingWork = Arc::new(Mutex::new(Some(work)));
    let taken = Arc::clone(&waiting);
    let run = move || take(&taken).map(|work| work());
    // It panics if the runtime has no thread at all and gets none.
    let runtime = Handle::current();
    let running = catch_unwind(AssertUnwindSafe(|| runtime.spawn_blocking(run))).ok();
    if running.is_none() {
        drop(take(&waiting));
    }
    RunningWork { running, waiting, look: None, result: PhantomData }
}

fn take(waiting: &WaitingWork) -> Option<BlockingWork> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Whether this is the panic of a runtime that gets no thread, which [`blocking`] turns into an error.
#[must_use]
pub fn is_refused_thread(payload: &(dyn Any + Send)) -> bool {
    payload.downcast_ref::<String>().is_some_and(|text| text.starts_with("OS can't spawn worker thread"))
}

/// Whether the system starts a thread now.
///
/// # Errors
/// `resource.threads`.
pub fn check_threads() -> Result<(), Error> {
    // With a stack of the same size as every other: a limit of memory refuses it, too.
    let started = std::thread::Builder::new().spawn(|| ());
    started.map(drop).map_err(|why| Error::because(&row::THREADS, format!("the system starts no thread: {why}")))
}

/// Running work. Dropping it leaves the work running.
#[must_use]
pub struct RunningWork<T> {
    /// `None` if it could not be started.
    running: Option<JoinHandle<Option<Box<dyn Any + Send>>>>,
    waiting: WaitingWork,
    look: Option<Pin<Box<Sleep>>>,
    result: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for RunningWork<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningWork").field("running", &self.running).finish_non_exhaustive()
    }
}

/// Why work has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoneWork {
    /// The system refused a thread: the work was not begun, and never will be.
    Refused,
    /// It panicked, or the runtime ended first.
    Aborted,
}

impl fmt::Display for UndoneWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "the system starts no thread",
            Self::Aborted => "the work was aborted",
        })
    }
}

impl std::error::Error for UndoneWork {}

impl UndoneWork {
    /// `resource.threads`, or `internal` with this text.
    #[must_use]
    pub fn error(self, aborted: &'static str) -> Error {
        match self {
            Self::Refused => Error::because(&row::THREADS, self.to_string()),
            Self::Aborted => Error::internal(aborted),
        }
    }
}

impl<T> RunningWork<T> {
    /// Whether the work waits although the system refuses threads; then it is taken back.
    fn is_refused(&mut self, context: &mut Context<'_>) -> bool {
        let waits = |waiting: &WaitingWork| waiting.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        while waits(&self.waiting) {
            let look = self.look.get_or_insert_with(|| Box::pin(tokio::time::sleep(PATIENCE)));
            if look.as_mut().poll(context).is_pending() {
                return false;
            }
            self.look = None;
            if check_threads().is_err() && take(&self.waiting).is_some() {
                return true;
            }
        }
        false
    }
}

impl<T: 'static> Future for RunningWork<T> {
    type Output = Result<T, UndoneWork>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(running) = &mut self.running else { return Poll::Ready(Err(UndoneWork::Refused)) };
        match Pin::new(running).poll(context) {
            Poll::Ready(Ok(Some(made))) => Poll::Ready(match made.downcast() {
                Ok(made) => Ok(*made),
                Err(_) => unreachable!("the work makes this type"),
            }),
            Poll::Ready(_) => Poll::Ready(Err(UndoneWork::Aborted)),
            Poll::Pending if self.is_refused(context) => Poll::Ready(Err(UndoneWork::Refused)),
            Poll::Pending => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::{sync::mpsc, time::Duration};

    use super::*;

    #[tokio::test]
    async fn work_begins_at_once_and_gives_its_result() {
        let (begun, begins) = mpsc::channel();
        let work = blocking(move || begun.send(()).is_ok());
        assert!(begins.recv_timeout(Duration::from_secs(10)).is_ok(), "before it is awaited");
        assert!(work.await.unwrap());
        assert!(blocking(|| -> u32 { panic!("on demand") }).await.unwrap_err() == UndoneWork::Aborted);
        let (done, when_done) = tokio::sync::oneshot::channel();
        spawn(async move { done.send(7).unwrap() }).await.unwrap();
        assert_eq!(when_done.await.unwrap(), 7);
        let tracker = TaskTracker::new();
        assert_eq!(spawn_on(&tracker, async { 8 }).await.unwrap(), 8);
    }
}
