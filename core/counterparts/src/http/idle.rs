//! Connections on which nothing happens: each holds a place that others want.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use http_body::{Body, Frame, SizeHint};

/// How long a connection may be without anything happening.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Until its first request.
    pub(super) first: Duration,
    /// Between requests, and between two parts of an answer that the client takes.
    pub(super) later: Duration,
}

/// What happens on one connection.
pub(super) struct Activity {
    limits: Limits,
    begun: Instant,
    handling: AtomicUsize,
    /// Milliseconds after `begun`; 0 until something was asked.
    last: AtomicU64,
}

impl Activity {
    pub(super) fn begin(limits: Limits) -> Arc<Self> {
        Arc::new(Self { limits, begun: Instant::now(), handling: AtomicUsize::new(0), last: AtomicU64::new(0) })
    }

    /// A request that is being handled, until the guard is dropped: for as long as that takes the connection is not idle.
    pub(super) fn handle(self: &Arc<Self>) -> Handling {
        self.handling.fetch_add(1, Ordering::AcqRel);
        Handling(Arc::clone(self))
    }

    /// An answer's body, whose parts are seen as they are taken.
    pub(super) fn watch<B>(self: &Arc<Self>, body: B) -> Watched<B> {
        Watched { body, activity: Arc::clone(self) }
    }

    /// Drives a connection to its end, or until nothing has happened on it for too long.
    pub(super) async fn serve<T>(&self, serving: impl Future<Output = T>) {
        let mut serving = std::pin::pin!(serving);
        loop {
            let left = self.left();
            if left.is_zero() || tokio::time::timeout(left, &mut serving).await.is_ok() {
                return;
            }
        }
    }

    /// How long nothing more may happen.
    fn left(&self) -> Duration {
        if self.handling.load(Ordering::Acquire) > 0 {
            return self.limits.later;
        }
        match self.last.load(Ordering::Acquire) {
            0 => self.limits.first.saturating_sub(self.begun.elapsed()),
            last => (Duration::from_millis(last) + self.limits.later).saturating_sub(self.begun.elapsed()),
        }
    }

    fn touch(&self) {
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(now.max(1), Ordering::Release);
    }
}

/// A request that is being handled.
pub(super) struct Handling(Arc<Activity>);

impl Drop for Handling {
    fn drop(&mut self) {
        self.0.touch();
        self.0.handling.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The body of an answer on its way.
pub(super) struct Watched<B> {
    body: B,
    activity: Arc<Activity>,
}

impl<B: Body + Unpin> Body for Watched<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if polled.is_ready() {
            self.activity.touch();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { first: Duration::from_millis(20), later: Duration::from_millis(60) };
    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_connection_that_asks_nothing_ends() {
        let activity = Activity::begin(LIMITS);
        assert!(tokio::time::timeout(LONG, activity.serve(std::future::pending::<()>())).await.is_ok());
        assert!(activity.begun.elapsed() >= LIMITS.first);
    }

    #[tokio::test]
    async fn one_that_asked_ends_when_nothing_follows_and_never_while_it_is_answered() {
        let activity = Activity::begin(LIMITS);
        let handling = activity.handle();
        let served = activity.serve(std::future::pending::<()>());
        assert!(tokio::time::timeout(LIMITS.later * 5, served).await.is_err(), "the bank is being asked");
        drop(handling);
        let answered = Instant::now();
        assert!(tokio::time::timeout(LONG, activity.serve(std::future::pending::<()>())).await.is_ok());
        assert!(answered.elapsed() + Duration::from_millis(5) >= LIMITS.later);
    }

    #[tokio::test]
    async fn an_answer_that_is_taken_piece_by_piece_goes_on() {
        let activity = Activity::begin(LIMITS);
        drop(activity.handle());
        let mut body = activity.watch(http_body_util::Full::new(bytes::Bytes::from_static(b"x")));
        tokio::time::sleep(LIMITS.later / 2).await;
        let before = activity.last.load(Ordering::Acquire);
        std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
        assert!(activity.last.load(Ordering::Acquire) > before);
    }
}
