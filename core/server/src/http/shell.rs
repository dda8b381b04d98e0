//! The steps common to all requests to a counterpart's API, for every protocol.
//!
//! ```text
//!   request ─► mount ─► route ─► ordered to fail? ─► Api::answer: the protocol's own checks, body, handler ─► transcript ─► answer
//! ```

use std::{future::Future, net::SocketAddr, sync::Arc, time::Instant};

use bankchannel_foundation::redact::redact_words;
use bankchannel_transport::background;
use hyper::{
    HeaderMap, Request, Response, StatusCode,
    body::Incoming,
    header::{CACHE_CONTROL, HeaderName, HeaderValue},
    http::request::Parts,
};
use tokio_util::task::TaskTracker;

use super::{
    answer::{self, AnswerBody},
    control::{ControlState, OrderedStatus, TranscriptLine},
    observed::ObservedRequest,
    router::{RouteMatch, RouteMount},
};

/// The operations of a counterpart, below one or more paths.
pub trait CounterpartApi: Send + Sync + 'static {
    /// The mounts of its operations.
    fn mounts(&self) -> impl Iterator<Item = &RouteMount>;

    /// Routes a request to the index of its mount and the match there. By default by method and path.
    fn route(&self, method: &str, path: &str) -> (usize, RouteMatch) {
        let mut mounts = self.mounts().enumerate();
        mounts.find_map(|(at, mount)| Some((at, mount.find(method, path)?))).unwrap_or((0, RouteMatch::Nothing))
    }

    /// State of the control interface, if it is open.
    fn control(&self) -> Option<&ControlState>;

    /// The id of a request, for the transcript and for the response's `X-Request-ID`; empty if it has none.
    fn request_id(&self, headers: &HeaderMap) -> String;

    /// The caller's own id of a request, which the response repeats as `X-Caller-Request-ID`; `None` if there is none
    /// that can be repeated.
    fn caller_id(&self, _headers: &HeaderMap) -> Option<String> {
        None
    }

    /// Where a request runs that must finish even if its client disconnects; `None` if it may be dropped.
    fn finishes(&self, _asked: &RoutedRequest) -> Option<&TaskTracker> {
        None
    }

    /// Answers a request.
    fn answer(&self, routed: RoutedRequest) -> impl Future<Output = Response<AnswerBody>> + Send;

    /// The response if [`answer`](Self::answer) panicked on a request that had to finish.
    fn broken_off(&self, _request_id: &str) -> Response<AnswerBody> {
        answer::empty(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// A request after routing.
pub struct RoutedRequest {
    /// The head of the request.
    pub head: Parts,
    /// Its body, not read yet.
    pub body: Incoming,
    /// The address of who sent it.
    pub peer: SocketAddr,
    /// Index of its mount in [`CounterpartApi::mounts`]; the first if none matches.
    pub mount: usize,
    /// The result of routing its path.
    pub found: RouteMatch,
    /// See [`CounterpartApi::request_id`].
    pub id: String,
    /// See [`CounterpartApi::caller_id`].
    pub caller_id: Option<String>,
    /// The status that the control interface ordered instead of carrying out the request.
    pub ordered: Option<u16>,
    /// The error class that it ordered with that status.
    pub ordered_class: Option<String>,
    /// The status that it ordered instead of the response, after the request is carried out.
    lost: Option<u16>,
    /// When its head had arrived.
    pub begun: Instant,
    /// What is noted of it. Where its body names the operation ([`RouteMatch::InBody`]), the reader of the body notes operation,
    /// id and why it was refused.
    pub observed: Arc<ObservedRequest>,
}

impl RoutedRequest {
    fn new(api: &impl CounterpartApi, mut request: Request<Incoming>, peer: SocketAddr) -> Self {
        let begun = Instant::now();
        let observed = ObservedRequest::of(request.extensions()).cloned();
        let observed = observed.unwrap_or_else(|| ObservedRequest::begin(&mut request, peer.ip(), None));
        let (head, body) = request.into_parts();
        let (mount, found) = api.route(head.method.as_str(), head.uri.path());
        let id = api.request_id(&head.headers);
        let caller_id = api.caller_id(&head.headers);
        let operation = found.operation();
        observed.note(|facts| {
            facts.operation = operation;
            facts.request_id.clone_from(&id);
            // As in the caller's own log: a misplaced token is not repeated.
            facts.caller_request_id = caller_id.as_deref().map(redact_words);
        });
        let ordered = api.control().filter(|_| !operation.is_empty()).and_then(|control| control.fault_for(operation));
        let (ordered, ordered_class, lost) = match ordered {
            Some(OrderedStatus::Instead(status, class)) => (Some(status), class, None),
            Some(OrderedStatus::Afterwards(status)) => (None, None, Some(status)),
            None => (None, None, None),
        };
        Self { head, body, peer, mount, found, id, caller_id, ordered, ordered_class, lost, begun, observed }
    }
}

/// Answers one request.
pub async fn answer<A: CounterpartApi>(
    api: Arc<A>,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> Response<AnswerBody> {
    let routed = RoutedRequest::new(&*api, request, peer);
    let Some(tasks) = api.finishes(&routed).cloned() else { return finish(&*api, routed).await };
    let id = routed.id.clone();
    let work = Arc::clone(&api);
    let running = background::spawn_on(&tasks, async move { finish(&*work, routed).await });
    running.await.unwrap_or_else(|why| {
        tracing::error!(%why, "a request was not completed");
        api.broken_off(&id)
    })
}

async fn finish<A: CounterpartApi>(api: &A, routed: RoutedRequest) -> Response<AnswerBody> {
    let (begun, observed, caller_id) = (routed.begun, Arc::clone(&routed.observed), routed.caller_id.clone());
    let seen = api.control().map(|_| (routed.head.method.clone(), routed.head.uri.path().to_owned()));
    let lost = routed.lost.and_then(|status| StatusCode::from_u16(status).ok());
    let mut response = api.answer(routed).await;
    if let Some(status) = lost {
        response = answer::empty(status);
    }
    observed.answered(response.status().as_u16());
    if let (Some(control), Some((method, path))) = (api.control(), seen) {
        let facts = observed.note(|facts| facts.clone());
        control.record(&TranscriptLine {
            method: method.as_str(),
            path: &path,
            status: response.status().as_u16(),
            operation: facts.operation,
            request_id: &facts.request_id,
            why: &facts.why,
            elapsed_ms: begun.elapsed().as_secs_f64() * 1000.0,
        });
    }
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let as_value = |id: &str| HeaderValue::from_str(id).ok().filter(|id| !id.is_empty());
    let own = observed.note(|facts| as_value(&facts.request_id));
    for (name, id) in [("x-request-id", own), ("x-caller-request-id", caller_id.as_deref().and_then(as_value))] {
        if let Some(id) = id {
            headers.insert(HeaderName::from_static(name), id);
        }
    }
    response
}
