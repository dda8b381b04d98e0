//! The facts about each request until its end, for metrics and the log.
//!
//! Every request of a listener that is observed has an [`ObservedRequest`] as an extension: whatever works on it notes what it
//! learns, and when the last of them has let go, the observer is told, once. So a request is counted whose client has
//! hung up, and one that goes on after that is counted with the status that it had.

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use http::{Extensions, Method, Request, header};

/// Who is told of every request at its end.
pub trait RequestObserver: Send + Sync + 'static {
    /// A request has ended.
    fn ended(&self, request: &EndedRequest<'_>);
    /// A connection was closed before it could send a request.
    fn refused_connection(&self, why: ConnectionRefusal);
}

/// Why a connection was closed before a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionRefusal {
    /// Its address has as many connections as one may have.
    PerAddress,
    /// The TLS handshake failed, or took too long.
    Tls,
}

impl ConnectionRefusal {
    /// `per_address` or `tls`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PerAddress => "per_address",
            Self::Tls => "tls",
        }
    }
}

/// The facts about a request.
#[derive(Debug, Clone, Default)]
pub struct RequestFacts {
    /// The operation; empty if there is none.
    pub operation: &'static str,
    /// Why it was refused, as one of a closed list of codes; `None` if it was not, or if nothing is known.
    pub reason: Option<&'static str>,
    /// The same in words, for developers of clients: for the transcript only, since it may repeat what was sent.
    pub why: String,
    /// The client's address, where a proxy stands between; `None`: that of the connection.
    pub client: Option<IpAddr>,
    /// The pseudonym of the caller's account.
    pub account: Option<Arc<str>>,
    /// The request's id, which the server gave it.
    pub request_id: String,
    /// The caller's own id of it.
    pub caller_request_id: Option<String>,
    /// The trace that it belongs to.
    pub trace_id: Option<String>,
    /// Whether a supervisor sent it, every few seconds.
    pub is_probe: bool,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestEnd {
    /// Its whole response was handed to the connection.
    Whole,
    /// The connection ended before that.
    HungUp,
}

/// A request at its end.
pub struct EndedRequest<'a> {
    /// Its facts.
    pub facts: &'a RequestFacts,
    /// Its method.
    pub method: &'a Method,
    /// The status of its response; 0 if its client hung up before there was one.
    pub status: u16,
    /// How it ended.
    pub end: RequestEnd,
    /// From its head to the head of the response, or to its end if there was none.
    pub to_head: Duration,
    /// From its head to its end.
    pub to_end: Duration,
    /// The length of its body, as far as it was declared or read.
    pub received_bytes: u64,
    /// The bytes of the response's body that were handed to the connection.
    pub sent_bytes: u64,
    /// The address of the connection.
    pub peer: IpAddr,
}

/// A request until its end.
pub struct ObservedRequest {
    observer: Option<Arc<dyn RequestObserver>>,
    method: Method,
    peer: IpAddr,
    begun: Instant,
    facts: Mutex<RequestFacts>,
    answered: Mutex<Option<(u16, Duration)>>,
    received: AtomicU64,
    sent: AtomicU64,
    is_whole: AtomicBool,
}

impl ObservedRequest {
    /// Begins to observe a request, and makes it an extension of it.
    pub fn begin<B>(request: &mut Request<B>, peer: IpAddr, observer: Option<Arc<dyn RequestObserver>>) -> Arc<Self> {
        let declared =
            request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let observed = Arc::new(Self {
            observer,
            method: request.method().clone(),
            peer,
            begun: Instant::now(),
            facts: Mutex::default(),
            answered: Mutex::default(),
            received: AtomicU64::new(declared.unwrap_or_default()),
            sent: AtomicU64::new(0),
            is_whole: AtomicBool::new(false),
        });
        request.extensions_mut().insert(Arc::clone(&observed));
        observed
    }

    /// The request that these extensions belong to.
    pub fn of(extensions: &Extensions) -> Option<&Arc<Self>> {
        extensions.get()
    }

    /// Notes facts, or looks at those that are known.
    pub fn note<T>(&self, learned: impl FnOnce(&mut RequestFacts) -> T) -> T {
        learned(&mut self.facts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes the status: also of a request whose client has hung up. The last one counts.
    pub fn answered(&self, status: u16) {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Some((status, self.begun.elapsed()));
    }

    /// Notes how long the body was.
    pub fn received(&self, bytes: u64) {
        self.received.store(bytes, Ordering::Relaxed);
    }

    /// Notes bytes of the response that the connection has taken.
    pub(super) fn sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Notes that the connection has taken the whole response.
    pub(super) fn whole(&self) {
        self.is_whole.store(true, Ordering::Relaxed);
    }

    /// Whether the response has no body whatever its length says.
    pub(super) fn is_head(&self) -> bool {
        self.method == Method::HEAD
    }
}

impl Drop for ObservedRequest {
    fn drop(&mut self) {
        let Some(observer) = &self.observer else { return };
        let to_end = self.begun.elapsed();
        let answered = *self.answered.get_mut().unwrap_or_else(PoisonError::into_inner);
        let (status, to_head) = answered.unwrap_or((0, to_end));
        let end = if *self.is_whole.get_mut() { RequestEnd::Whole } else { RequestEnd::HungUp };
        observer.ended(&EndedRequest {
            facts: self.facts.get_mut().unwrap_or_else(PoisonError::into_inner),
            method: &self.method,
            status,
            end,
            to_head,
            to_end,
            received_bytes: *self.received.get_mut(),
            sent_bytes: *self.sent.get_mut(),
            peer: self.peer,
        });
    }
}
