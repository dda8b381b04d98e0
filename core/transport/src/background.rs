//! Starts background work behind one boxed type, so that tokio's code for tasks is compiled once.

use std::{
    any::Any,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tokio_util::task::TaskTracker;

/// A task of any kind.
type Task = Pin<Box<dyn Future<Output = ()> + Send>>;
/// Work that may block, of any kind.
type Work = Box<dyn FnOnce() -> Box<dyn Any + Send> + Send>;

/// Starts a task, like [`tokio::spawn`].
#[track_caller]
pub fn spawn(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    let task: Task = Box::pin(task);
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

/// Starts work that may block, like [`tokio::task::spawn_blocking`].
#[track_caller]
pub fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Blocking<T> {
    let work: Work = Box::new(|| Box::new(work()));
    Blocking { running: spawn_blocking(work), result: PhantomData }
}

/// Running work. Dropping it leaves the work running.
#[derive(Debug)]
pub struct Blocking<T> {
    running: JoinHandle<Box<dyn Any + Send>>,
    result: PhantomData<fn() -> T>,
}

impl<T: 'static> Future for Blocking<T> {
    /// [`JoinError`] if the work panicked, or if the runtime ended before it began.
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.running).poll(context).map_ok(|made| match made.downcast() {
            Ok(made) => *made,
            Err(_) => unreachable!("the work makes this type"),
        })
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
        assert!(blocking(|| -> u32 { panic!("on demand") }).await.unwrap_err().is_panic());
        let (done, when_done) = tokio::sync::oneshot::channel();
        spawn(async move { done.send(7).unwrap() }).await.unwrap();
        assert_eq!(when_done.await.unwrap(), 7);
        let tracker = TaskTracker::new();
        assert_eq!(spawn_on(&tracker, async { 8 }).await.unwrap(), 8);
    }
}
