//! Receives the progress of an exchange.

use std::time::Duration;

use crate::LogLine;

/// Receives the progress of an exchange: for a log, and for a progress bar. Called from the task of the exchange: it
/// must be quick and never wait.
pub trait ExchangeObserver: Send + Sync {
    /// A line for a log.
    fn log(&self, level: LogLevel, line: &LogLine);

    /// An attempt begins.
    fn requested(&self, request: &RequestedExchange) {
        let _ = request;
    }

    /// An answer to the attempt that began last has begun: its head is there.
    fn answered(&self, answer: &AnsweredExchange) {
        let _ = answer;
    }

    /// Whether [`answered`](Self::answered) does anything.
    fn wants_answers(&self) -> bool {
        false
    }

    /// This many bytes of the request's body have been handed to the network; `total` if it is known. A retried request
    /// starts again at zero.
    fn sent(&self, bytes: u64, total: Option<u64>);

    /// This many bytes of the answer's body have arrived; `total` if the server gave it.
    fn received(&self, bytes: u64, total: Option<u64>);
}

/// An attempt at an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RequestedExchange {
    /// The method of the request.
    pub method: String,
    /// Path and query as in logs: addresses, numbers and names in them are redacted.
    pub target: String,
    /// The number of the attempt, from 1.
    pub attempt: u32,
}

/// What was answered, without the body.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AnsweredExchange {
    /// The method of the request.
    pub method: String,
    /// The HTTP status.
    pub status: u16,
    /// The headers in order, with names in lower case. They may hold cookies and tokens.
    pub headers: Vec<(String, String)>,
    /// The peer's id of the request, from its header `X-Request-ID`.
    pub request_id: Option<String>,
    /// The time from the start of this attempt until the head of the answer.
    pub duration: Duration,
}

impl AnsweredExchange {
    pub(crate) fn new(method: &str, response: &reqwest::Response, duration: Duration) -> Self {
        let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Self {
            method: method.to_owned(),
            status: response.status().as_u16(),
            headers: response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
            request_id: response.headers().get("x-request-id").map(text),
            duration,
        }
    }
}

/// The importance of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// Each exchange, and its result.
    Debug,
    /// Each step of a flow.
    Info,
    /// An exchange that failed, whether it is retried or not.
    Warning,
}

impl LogLevel {
    /// `debug`, `info` or `warning`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
        }
    }
}
