//! The control interface, for tests and demonstrations: the same in every counterpart (design §6).
//!
//! Its orders are operations, declared where they are carried out ([`orders`](crate::orders)): common ones, at their path
//! and below `sandbox/` too, and a server's own, below `sandbox/` only.
//!
//! It is disabled by default, listens on loopback only, and refuses browsers.

use std::{
    any::Any,
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use bankchannel_foundation::{
    Error, Result,
    clock::SystemClock,
    error::row,
    json,
    model::{Boundary, PlainNumber},
    operation::CatalogueEntry,
    redact::redact_words,
};
use bankchannel_transport::background;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use hyper::{Method, Request, Response, StatusCode, body::Incoming, header, http::request::Parts};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{
    Listener,
    answer::{self, AnswerBody},
    intake::{self, IntakeError},
    listen::handler,
};
use crate::orders::{CallableOrder, OrderRequest, found_at, unknown};

/// Number of requests that the transcript keeps.
const REMEMBERED: usize = 1000;
/// Number of characters kept of a path and of a request id.
const REMEMBERED_TEXT: usize = 256;
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
    /// The messages to people since the start.
    fn outbox(&self) -> Vec<Value> {
        Vec::new()
    }
    /// Deletes all data.
    fn reset(&self) -> BoxFuture<'_, Result<()>>;
    /// The orders that only this counterpart has.
    fn orders(&self) -> &'static [&'static [CallableOrder]];
    /// What carries out its own orders.
    fn host(&self) -> Arc<dyn Any + Send + Sync>;
}

/// State of the control interface: the transcript and the pending faults.
#[derive(Default)]
pub struct ControlState {
    transcript: Mutex<VecDeque<TranscriptRecord>>,
    faults: Mutex<Vec<OrderedFault>>,
    pending_faults: AtomicUsize,
}

/// An order to let requests fail.
#[derive(Debug, Boundary)]
pub struct OrderedFault {
    /// The operation, with or without its protocol: `list_files`.
    pub operation: String,
    /// The HTTP status that the requests get: 400 to 599.
    pub status: u16,
    /// How many requests fail. Default: 1.
    pub count: Option<u32>,
    /// Whether they are carried out, and only their answer is lost. Default: false.
    pub done: Option<bool>,
    /// The class in the answer, for servers whose errors have classes.
    pub error_class: Option<String>,
}

/// A request that the server has answered.
#[derive(Debug, Clone, Boundary)]
pub struct TranscriptRecord {
    /// The method.
    pub method: String,
    /// The path, without the query; redacted.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// The operation, `-` if none was found.
    pub operation: String,
    /// The request's id.
    pub request_id: String,
    /// Milliseconds from the head of the request to the head of the answer.
    pub ms: PlainNumber,
    /// Why it was refused; absent if it was not, or if the server does not say.
    pub why: Option<String>,
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

/// A text, shortened to the transcript's limit.
pub fn clipped(text: &str) -> String {
    text.chars().take(REMEMBERED_TEXT).collect()
}

impl ControlState {
    /// Adds a request to the transcript.
    pub fn record(&self, seen: &TranscriptLine<'_>) {
        let line = TranscriptRecord {
            method: seen.method.to_owned(),
            path: clipped(&redact_words(seen.path)),
            status: seen.status,
            operation: seen.operation.to_owned(),
            request_id: clipped(seen.request_id),
            ms: PlainNumber((seen.elapsed_ms * 100.0).round() / 100.0),
            why: (!seen.why.is_empty()).then(|| clipped(&redact_words(seen.why))),
        };
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
        match faults[at].count {
            Some(left) if left > 1 => faults[at].count = Some(left - 1),
            _ => drop(faults.remove(at)),
        }
        self.pending_faults.store(faults.len(), Ordering::Release);
        Some(if done == Some(true) { OrderedStatus::Afterwards(status) } else { OrderedStatus::Instead(status, class) })
    }

    pub(crate) fn fail(&self, fault: OrderedFault) -> Result<(), Error> {
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

    pub(crate) fn transcript(&self) -> Vec<TranscriptRecord> {
        self.transcript.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(crate) fn forget(&self) {
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
        return answer::json(StatusCode::FORBIDDEN, json!({ "error": { "message": "not for browsers" } }).to_string());
    }
    let path = head.uri.path().trim_matches('/');
    let (path, is_below) = match path.strip_prefix("sandbox/") {
        Some(below) => (below, true),
        None => (path, false),
    };
    let Some(found) = found_at(&*target, path, is_below) else {
        return refuse(StatusCode::NOT_FOUND, &unknown(&*target, path));
    };
    if head.method.as_str() != found.method().as_str() {
        return other_method(found.method().as_str());
    }
    let body = match take(body, found.max_bytes()).await {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    let request = match found.raw_headers() {
        Some(headers) => {
            Ok(OrderRequest { members: members_of(&head, headers), content: Some(body), ..OrderRequest::default() })
        }
        None if head.method == Method::GET => Ok(OrderRequest::default()),
        None => parsed(&body).map(|members| OrderRequest { members, ..OrderRequest::default() }),
    };
    let done = match request {
        Ok(request) => found.carry_out(target, request).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(value) => answer::json(StatusCode::OK, value.to_string()),
        Err(error) if std::ptr::eq(error.row(), &raw const row::UNAVAILABLE) => {
            refuse(StatusCode::SERVICE_UNAVAILABLE, &error)
        }
        Err(error) => refuse(StatusCode::BAD_REQUEST, &error),
    }
}

/// The members that are headers.
fn members_of(head: &Parts, headers: &[(&'static str, &'static str)]) -> Value {
    let given = headers.iter().filter_map(|(header, member)| {
        let text = head.headers.get(*header)?.to_str().ok()?;
        Some(((*member).to_owned(), text.into()))
    });
    Value::Object(given.collect())
}

/// The path exists, but only with this method.
fn other_method(method: &'static str) -> Response<AnswerBody> {
    let why = Error::invalid_field("method", format!("use {method} for this path"));
    let mut refused = refuse(StatusCode::METHOD_NOT_ALLOWED, &why);
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
            Err(refuse(StatusCode::PAYLOAD_TOO_LARGE, &Error::because(&row::TOO_LARGE, why)))
        }
        Err(_) => {
            let why = "the body could not be read".to_owned();
            Err(refuse(StatusCode::BAD_REQUEST, &Error::because(&row::INVALID_JSON, why)))
        }
    }
}

/// Parses a body as JSON; an empty body is an empty object.
fn parsed(body: &[u8]) -> Result<Value> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    let why = |why| Error::because(&row::INVALID_JSON, format!("the body is {why}"));
    json::parse(body, MAX_DEPTH).map(Into::into).map_err(why)
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

fn refuse(status: StatusCode, why: &Error) -> Response<AnswerBody> {
    answer::json(status, json!({ "error": why.to_json() }).to_string())
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
