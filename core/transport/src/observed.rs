//! What hooks and logs are told of an attempt.

use std::time::Duration;

use crate::Attempt;

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

impl RequestedExchange {
    /// The observed facts of this attempt.
    #[must_use]
    pub fn new(attempt: &Attempt<'_>) -> Self {
        let (method, target) = (attempt.request.method.clone(), attempt.shown.to_owned());
        Self { method, target, attempt: attempt.number }
    }
}

/// The answer without its body.
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
