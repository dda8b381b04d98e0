//! The control interface, for tests and demonstrations: the same in every counterpart (design §6).
//!
//! ```text
//!   GET  outbox        the messages that would go by SMS or mail, oldest first
//!   GET  transcript    the latest requests: method, path (redacted), status, operation, request id, milliseconds
//!   POST reset         restores the state of the first start: data, outbox, transcript, clock, limits, faults
//!   POST seed          loads data: each counterpart has its own format
//!   POST clock         {"now": RFC 3339} or {"advance_s": N}
//!   POST fail_next     {"operation": NAME, "status": 503, "count": 1, "done": false}: the next requests get this
//!                      status and are not carried out; with `done` they are carried out, only their response is lost
//!   POST limits        {…}: replaces the limits; omitted ones get their defaults
//! ```
//!
//! The same names also exist below `sandbox/`. A counterpart may add further ones there ([`ControlTarget::takes`]), all
//! of them POST.
//!
//! It is disabled by default, listens on loopback only, and refuses browsers.

use std::{
    collections::VecDeque,
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use bankchannel_foundation::{
    Error, clock::SystemClock, error::row, json, operation::CatalogueEntry, redact::redact_words,
};
use bankchannel_transport::background;
use bytes::Bytes;
use hyper::{Method, Request, Response, StatusCode, body::Incoming, header, http::request::Parts};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{
    Listener,
    answer::{self, AnswerBody},
    intake::{self, IntakeError},
    listen::handler,
    orders::{self, CommonOrder},
};
use crate::wrong_type::without_values;

/// Number of requests that the transcript keeps.
const REMEMBERED: usize = 1000;
/// Number of characters kept of a path and of a request id.
const REMEMBERED_TEXT: usize = 256;
/// Size limit of a body: seeds contain files.
pub const MAX_BODY: usize = 64 * 1024 * 1024;
const MAX_DEPTH: usize = 16;
/// Limit of pending `fail_next` orders.
const FAULTS_MAX: usize = 1000;

/// Opens the interface on a free loopback port until `stop` is cancelled. Returns its address and the task that serves
/// it.
///
/// # Errors
/// `configuration.invalid`.
pub async fn open(target: Arc<dyn ControlTarget>, stop: &CancellationToken) -> Result<(String, JoinHandle<()>), Error> {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let listener = Listener::bind(any, None).await.map_err(|why| Error::invalid_setting("control", why))?;
    let url = format!("{}://{}", listener.scheme(), listener.address());
    let port = listener.address().port();
    let handle = handler(move |request, _| answer(Arc::clone(&target), request, port));
    let task = background::spawn(listener.serve(stop.clone(), handle));
    Ok((url, task))
}

/// A counterpart that the control interface can drive.
pub trait ControlTarget: Send + Sync + 'static {
    /// Its clock.
    fn clock(&self) -> &SystemClock;
    /// Resets its clock to the time of the start.
    fn reset_clock(&self) {
        self.clock().reset();
    }
    /// Its control state.
    fn control(&self) -> &ControlState;
    /// Its operations.
    fn catalogue(&self) -> &'static [CatalogueEntry];
    /// The error classes that an answer may be ordered to have; none for a counterpart whose errors have no class.
    fn error_classes(&self) -> &'static [&'static str] {
        &[]
    }
    /// The outbox: messages since the start.
    fn outbox(&self) -> Vec<Value> {
        Vec::new()
    }
    /// Deletes all data.
    fn reset(&self) -> ControlFuture<'_>;
    /// Loads data.
    fn seed(&self, request: Value) -> ControlFuture<'_>;
    /// Replaces the limits.
    ///
    /// # Errors
    /// `input.*`.
    fn limits(&self, request: Value) -> Result<Value, Error>;
    /// The paths below `sandbox/` that only this counterpart has, for whoever has given another one.
    fn own_orders(&self) -> &'static [&'static str] {
        &[]
    }
    /// Body size limit of a path below `sandbox/` that only this counterpart has; `None` for an unknown path.
    fn takes(&self, _path: &str) -> Option<usize> {
        None
    }
    /// Handles such a path.
    fn handle_order(&self, _asked: ControlRequest) -> Option<ControlFuture<'_>> {
        None
    }
}

/// A request to a path that only one kind of counterpart has; its method is POST.
pub struct ControlRequest {
    /// The path below `sandbox/`, not decoded.
    pub path: String,
    /// The headers.
    pub headers: hyper::HeaderMap,
    /// The raw body.
    pub body: Bytes,
}

/// The future result of a control operation.
pub type ControlFuture<'a> = Pin<Box<dyn Future<Output = Result<Value, Error>> + Send + 'a>>;

/// State of the control interface: the transcript and the pending faults.
#[derive(Default)]
pub struct ControlState {
    transcript: Mutex<VecDeque<Value>>,
    faults: Mutex<Vec<OrderedFault>>,
    pending_faults: AtomicUsize,
}

/// An order to let requests fail.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderedFault {
    pub(super) operation: String,
    pub(super) status: u16,
    #[serde(default = "once")]
    pub(super) count: u32,
    #[serde(default)]
    pub(super) done: bool,
    /// The class in the answer, for counterparts that have classes.
    #[serde(default)]
    pub(super) error_class: Option<String>,
}

/// How often an order applies that does not say it.
pub fn once() -> u32 {
    1
}

/// An operation's name without its protocol.
pub(super) fn short(operation: &str) -> &str {
    operation.rsplit_once('.').map_or(operation, |(_, short)| short)
}

/// The status ordered for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderedStatus {
    /// The request is not carried out; with the class of the answer, if one was given.
    Instead(u16, Option<String>),
    /// The request is carried out, and its own response is replaced by the status.
    Afterwards(u16),
}

/// One line of the transcript.
pub struct TranscriptLine<'a> {
    /// The method of the request.
    pub method: &'a str,
    /// Its path, without the query.
    pub path: &'a str,
    /// The status of the answer.
    pub status: u16,
    /// The operation, `-` if none was found.
    pub operation: &'a str,
    /// The request's id.
    pub request_id: &'a str,
    /// Why it was refused; empty if it was not, or if the server does not say.
    pub why: &'a str,
    /// From the head of the request to the head of the answer.
    pub elapsed_ms: f64,
}

/// A text, shortened to what the transcript keeps.
pub fn clipped(text: &str) -> String {
    text.chars().take(REMEMBERED_TEXT).collect()
}

impl ControlState {
    /// Adds a request to the transcript.
    pub fn record(&self, seen: &TranscriptLine<'_>) {
        let mut line = json!({
            "method": seen.method,
            "path": clipped(&redact_words(seen.path)),
            "status": seen.status,
            "operation": seen.operation,
            "request_id": clipped(seen.request_id),
            "ms": (seen.elapsed_ms * 100.0).round() / 100.0,
        });
        if !seen.why.is_empty() {
            line["why"] = clipped(&redact_words(seen.why)).into();
        }
        let mut transcript = self.transcript.lock().unwrap_or_else(PoisonError::into_inner);
        transcript.push_back(line);
        if transcript.len() > REMEMBERED {
            transcript.pop_front();
        }
    }

    /// The status ordered for the next request of this operation, if any.
    pub fn fault_for(&self, operation: &str) -> Option<OrderedStatus> {
        if self.pending_faults.load(Ordering::Acquire) == 0 {
            return None;
        }
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let is_meant = |fault: &OrderedFault| fault.operation == operation || fault.operation == short(operation);
        let at = faults.iter().position(is_meant)?;
        let (status, done, class) = (faults[at].status, faults[at].done, faults[at].error_class.clone());
        faults[at].count -= 1;
        if faults[at].count == 0 {
            faults.remove(at);
        }
        self.pending_faults.store(faults.len(), Ordering::Release);
        Some(if done { OrderedStatus::Afterwards(status) } else { OrderedStatus::Instead(status, class) })
    }

    pub(super) fn fail(&self, fault: OrderedFault) -> Result<(), Error> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        if faults.len() >= FAULTS_MAX {
            return Err(Error::invalid_field(
                "operation",
                format!("is one order too many: at most {FAULTS_MAX} can wait"),
            ));
        }
        faults.push(fault);
        self.pending_faults.store(faults.len(), Ordering::Release);
        Ok(())
    }

    pub(super) fn transcript(&self) -> Vec<Value> {
        self.transcript.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(super) fn forget(&self) {
        self.transcript.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.pending_faults.store(0, Ordering::Release);
    }
}

/// Answers one request to the control interface.
pub async fn answer(target: Arc<dyn ControlTarget>, request: Request<Incoming>, port: u16) -> Response<AnswerBody> {
    let (head, body) = request.into_parts();
    // Pages in a browser on this machine must not reach it, whatever host name resolves to this machine.
    let host = head.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| head.uri.authority().map(hyper::http::uri::Authority::as_str)).unwrap_or_default();
    let browser = head.headers.contains_key(header::ORIGIN) || head.headers.contains_key("sec-fetch-site");
    if browser || !is_own(host, port) {
        return refuse(StatusCode::FORBIDDEN, "not for browsers");
    }
    let path = head.uri.path().trim_matches('/');
    let path = match path.strip_prefix("sandbox/") {
        Some(below) if CommonOrder::named(below).is_some() => below,
        Some(below) => return handle_order(&*target, below, &head, body).await,
        None => path,
    };
    let Some(order) = CommonOrder::named(path) else { return nowhere(&*target, path) };
    if head.method != order.method() {
        return other_method(order.method());
    }
    let body = match take(body, MAX_BODY).await {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    let request = match parsed(if head.method == Method::GET { &[] } else { &body }) {
        Ok(request) => request,
        Err(why) => return refuse(StatusCode::BAD_REQUEST, &why),
    };
    order_answer(orders::carry_out_common(&*target, order, request).await)
}

/// Answers a request to a path that only this counterpart has.
async fn handle_order(target: &dyn ControlTarget, path: &str, head: &Parts, body: Incoming) -> Response<AnswerBody> {
    let Some(largest) = target.takes(path) else { return nowhere(target, path) };
    if head.method != Method::POST {
        return other_method("POST");
    }
    let body = match take(body, largest).await {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    match target.handle_order(ControlRequest { path: path.to_owned(), headers: head.headers.clone(), body }) {
        Some(doing) => order_answer(doing.await),
        None => nowhere(target, path),
    }
}

/// There is no such order.
fn nowhere(target: &dyn ControlTarget, path: &str) -> Response<AnswerBody> {
    refuse(StatusCode::NOT_FOUND, &format!("the order {}", orders::unknown(target, path)))
}

fn order_answer(done: Result<Value, Error>) -> Response<AnswerBody> {
    match done {
        Ok(value) => answer::json(StatusCode::OK, value.to_string()),
        Err(error) => {
            let busy = std::ptr::eq(error.row(), &raw const row::UNAVAILABLE);
            let status = if busy { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::BAD_REQUEST };
            answer::json(status, json!({ "error": error.to_json() }).to_string())
        }
    }
}

/// The path exists, but only with this method.
fn other_method(method: &'static str) -> Response<AnswerBody> {
    let mut refused = refuse(StatusCode::METHOD_NOT_ALLOWED, &format!("use {method} for this path"));
    refused.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(method));
    refused
}

/// Whether the host is this machine's loopback address or `localhost`, which no other site can claim, with this port.
pub fn is_own(host: &str, port: u16) -> bool {
    let Some((name, given)) = host.rsplit_once(':') else { return false };
    given.parse() == Ok(port) && (name.eq_ignore_ascii_case("localhost") || matches!(name, "127.0.0.1" | "[::1]"))
}

async fn take(body: Incoming, largest: usize) -> Result<Bytes, Response<AnswerBody>> {
    match intake::plain(body, largest).await {
        Ok(taken) => Ok(taken.body),
        Err(IntakeError::TooLarge) => {
            let why = format!("the body has more than {} MiB", largest / (1024 * 1024));
            Err(refuse(StatusCode::PAYLOAD_TOO_LARGE, &why))
        }
        Err(_) => Err(refuse(StatusCode::BAD_REQUEST, "the body could not be read")),
    }
}

/// Parses a body as JSON; an empty body is an empty object.
pub fn parsed(body: &[u8]) -> Result<Value, String> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    json::parse(body, MAX_DEPTH).map(Into::into).map_err(|why| format!("the body is {why}"))
}

/// Reads a request of the control interface.
///
/// # Errors
/// `input.invalid_json`, which names the fault.
pub fn read<T: for<'de> Deserialize<'de>>(request: Value) -> Result<T, Error> {
    serde_json::from_value(request).map_err(|why| {
        let why = without_values(&why.to_string()).unwrap_or_else(|| "a value has the wrong type".to_owned());
        Error::because(&row::INVALID_JSON, why)
    })
}

/// Checks the request of an order that has no members: what stands there would be passed over.
///
/// # Errors
/// `input.invalid_json`, which names the first member.
pub fn no_members(request: Value) -> Result<(), Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct NoMembers {}
    read(request).map(|NoMembers {}| ())
}

/// One value of an order, or a list of them.
///
/// # Errors
/// `input.invalid_json`, which names the fault; also for an empty list, which orders nothing.
pub fn one_or_many<T: for<'de> Deserialize<'de>>(request: Value) -> Result<Vec<T>, Error> {
    match request.as_array() {
        Some(all) if all.is_empty() => {
            Err(Error::because(&row::INVALID_JSON, "the list is empty: it orders nothing".to_owned()))
        }
        Some(_) => read(request),
        None => read(request).map(|one| vec![one]),
    }
}

/// The operation of a catalogue that an order names, with or without its protocol.
///
/// # Errors
/// `input.invalid_field`, which lists those there are.
pub fn operation_named(catalogue: &'static [CatalogueEntry], name: &str) -> Result<&'static str, Error> {
    let served = || catalogue.iter().filter(|entry| entry.declaration.route.is_some());
    let mut names = served().map(|entry| entry.declaration.name);
    names.find(|known| name == *known || name == short(known)).ok_or_else(|| {
        let known: Vec<&str> = served().map(|entry| short(entry.declaration.name)).collect();
        Error::invalid_field("operation", format!("is not known; there are {}", known.join(", ")))
    })
}

fn refuse(status: StatusCode, why: &str) -> Response<AnswerBody> {
    answer::json(status, json!({ "error": { "message": why } }).to_string())
}

#[cfg(test)]
mod tests {
    use super::is_own;

    #[test]
    fn only_this_machines_own_names_are_answered() {
        for own in ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"] {
            assert!(is_own(own, 8080), "{own}");
        }
        for foreign in ["", "127.0.0.1", "127.0.0.1:8081", "rebound.example.test:8080", "localhost.example.test:8080"] {
            assert!(!is_own(foreign, 8080), "{foreign}");
        }
    }
}
