//! Idle connections: each takes a place that other clients need.

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

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio_util::sync::CancellationToken;

use super::observed::ObservedRequest;

/// Largest part of a response that is handed to the connection at once: the client's progress is seen per part.
const PART: usize = 64 * 1024;

/// Time limits of an idle connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConnectionLimits {
    /// Until the first request.
    pub(super) first: Duration,
    /// Between requests, and between two parts of a response that the client reads.
    pub(super) later: Duration,
    /// How long a connection that has sent requests is still served after its graceful shutdown began.
    pub(super) farewell: Duration,
}

/// Activity on one connection.
pub(super) struct ConnectionActivity {
    limits: ConnectionLimits,
    begun: Instant,
    handling: AtomicUsize,
    /// Milliseconds after `begun`; 0 until the first request was answered.
    last: AtomicU64,
}

impl ConnectionActivity {
    pub(super) fn begin(limits: ConnectionLimits) -> Arc<Self> {
        Arc::new(Self { limits, begun: Instant::now(), handling: AtomicUsize::new(0), last: AtomicU64::new(0) })
    }

    /// Marks a request as in progress until the guard is dropped: meanwhile the connection is not idle.
    pub(super) fn handle(self: &Arc<Self>) -> RequestHandling {
        self.handling.fetch_add(1, Ordering::AcqRel);
        RequestHandling(Arc::clone(self))
    }

    /// Wraps a response body so that each part that the client reads counts as activity, and is noted of its request.
    pub(super) fn watch<B: Body<Data = Bytes>>(
        self: &Arc<Self>,
        body: B,
        request: Arc<ObservedRequest>,
    ) -> WatchedBody<B> {
        if body.is_end_stream() || request.is_head() {
            request.whole();
        }
        WatchedBody { body, rest: Bytes::new(), activity: Arc::clone(self), request }
    }

    /// Drives a connection to its end, or until it was idle for too long. Graceful shutdown comes first, then or when
    /// the server stops: requests in flight are still answered, or their clients learn that they were not accepted.
    pub(super) async fn serve<F: Future>(
        &self,
        serving: F,
        stop: &CancellationToken,
        bid_farewell: impl Fn(Pin<&mut F>),
    ) {
        let mut serving = std::pin::pin!(serving);
        let mut told: Option<Instant> = None;
        loop {
            let left = self.left();
            let wait = match told {
                None if left.is_zero() && self.has_asked() => {
                    bid_farewell(serving.as_mut());
                    told = Some(Instant::now());
                    self.limits.farewell
                }
                None => left,
                Some(at) => left.max(self.limits.farewell.saturating_sub(at.elapsed())),
            };
            if wait.is_zero() {
                return;
            }
            tokio::select! {
                biased;
                _ = &mut serving => return,
                () = stop.cancelled(), if told.is_none() => {
                    bid_farewell(serving.as_mut());
                    told = Some(Instant::now());
                }
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Whether a request was answered.
    fn has_asked(&self) -> bool {
        self.last.load(Ordering::Acquire) != 0
    }

    /// Time left until the connection counts as idle for too long.
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

/// A request in progress.
pub(super) struct RequestHandling(Arc<ConnectionActivity>);

impl Drop for RequestHandling {
    fn drop(&mut self) {
        self.0.touch();
        self.0.handling.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A response body that is sent in parts.
pub(super) struct WatchedBody<B> {
    body: B,
    /// Bytes taken from the body that the client has not read yet.
    rest: Bytes,
    activity: Arc<ConnectionActivity>,
    request: Arc<ObservedRequest>,
}

impl<B: Body<Data = Bytes> + Unpin> Body for WatchedBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if self.rest.is_empty() {
            let polled = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
            self.activity.touch();
            let frame = match polled {
                Some(Ok(frame)) => frame,
                None => {
                    self.request.whole();
                    return Poll::Ready(None);
                }
                failed => return Poll::Ready(failed),
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        } else {
            self.activity.touch();
        }
        let length = self.rest.len().min(PART);
        let part = self.rest.split_to(length);
        self.request.sent(length);
        // A connection that knows the length does not ask whether more follows.
        if self.size_hint().exact() == Some(0) || self.is_end_stream() {
            self.request.whole();
        }
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (of_body, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(of_body.lower() + rest);
        if let Some(upper) = of_body.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: ConnectionLimits = ConnectionLimits {
        first: Duration::from_millis(20),
        later: Duration::from_millis(60),
        farewell: Duration::from_millis(40),
    };
    const LONG: Duration = Duration::from_secs(60);

    /// Serves a connection that never ends by itself; returns the number of graceful shutdowns.
    async fn serve(activity: &ConnectionActivity) -> usize {
        let told = AtomicUsize::new(0);
        let stop = CancellationToken::new();
        let bid_farewell = |_: Pin<&mut std::future::Pending<()>>| {
            told.fetch_add(1, Ordering::AcqRel);
        };
        activity.serve(std::future::pending::<()>(), &stop, bid_farewell).await;
        told.load(Ordering::Acquire)
    }

    #[tokio::test]
    async fn a_connection_that_asks_nothing_ends() {
        let activity = ConnectionActivity::begin(LIMITS);
        assert_eq!(tokio::time::timeout(LONG, serve(&activity)).await, Ok(0));
        assert!(activity.begun.elapsed() >= LIMITS.first);
    }

    #[tokio::test]
    async fn one_that_is_bidden_farewell_is_served_to_its_end() {
        let activity = ConnectionActivity::begin(LIMITS);
        drop(activity.handle());
        let asked = Instant::now();
        assert_eq!(tokio::time::timeout(LONG, serve(&activity)).await, Ok(1));
        assert!(asked.elapsed() + Duration::from_millis(10) >= LIMITS.later + LIMITS.farewell);
        // A request that arrives meanwhile.
        let handling = activity.handle();
        assert!(tokio::time::timeout(LIMITS.later * 5, serve(&activity)).await.is_err());
        drop(handling);
    }

    #[tokio::test]
    async fn a_stop_bids_farewell_at_once() {
        let activity = ConnectionActivity::begin(ConnectionLimits { first: LONG, later: LONG, farewell: LONG });
        let stop = CancellationToken::new();
        let ended = tokio::sync::Notify::new();
        stop.cancel();
        let served = activity.serve(ended.notified(), &stop, |_| ended.notify_one());
        assert!(tokio::time::timeout(LONG / 2, served).await.is_ok());
    }

    #[tokio::test]
    async fn one_that_asked_ends_when_nothing_follows_and_never_while_it_is_answered() {
        let activity = ConnectionActivity::begin(LIMITS);
        let handling = activity.handle();
        assert!(tokio::time::timeout(LIMITS.later * 5, serve(&activity)).await.is_err(), "the bank is being asked");
        drop(handling);
        let answered = Instant::now();
        assert_eq!(tokio::time::timeout(LONG, serve(&activity)).await, Ok(1));
        assert!(answered.elapsed() + Duration::from_millis(5) >= LIMITS.later);
    }

    #[tokio::test]
    async fn an_answer_that_is_taken_piece_by_piece_goes_on() {
        let activity = ConnectionActivity::begin(LIMITS);
        drop(activity.handle());
        // One large part, as a listing has.
        let whole: Vec<u8> = (0..2 * PART + 1).map(|n| (n % 251) as u8).collect();
        let mut request = http::Request::new(());
        let request = ObservedRequest::begin(&mut request, std::net::Ipv4Addr::LOCALHOST.into(), None);
        let mut body = activity.watch(http_body_util::Full::new(Bytes::from(whole.clone())), request);
        let mut taken = Vec::new();
        for length in [PART, PART, 1] {
            assert!(!body.is_end_stream());
            assert_eq!(body.size_hint().exact(), Some((whole.len() - taken.len()) as u64));
            tokio::time::sleep(LIMITS.later / 4).await;
            let before = activity.last.load(Ordering::Acquire);
            let part = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
            let part = part.and_then(Result::ok).and_then(|frame| frame.into_data().ok()).unwrap_or_default();
            assert_eq!(part.len(), length);
            taken.extend_from_slice(&part);
            assert!(activity.last.load(Ordering::Acquire) > before);
        }
        assert!(body.is_end_stream());
        assert_eq!(taken, whole);
    }
}
