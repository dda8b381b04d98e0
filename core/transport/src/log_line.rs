//! Lines of a log with the facts in them.

use std::{fmt, time::Duration};

use bankchannel_foundation::{CallOutcome, Result, message::InResponse};

use crate::LogLevel;

/// A line of a log: a text for people, and the facts in it by name for programs. It contains no secret, no e-mail
/// address and no phone number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogLine {
    /// What happened.
    pub text: String,
    /// The facts, such as `http_status`.
    pub fields: Vec<(&'static str, LogValue)>,
}

/// A fact in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogValue {
    /// A name or an id.
    Text(String),
    /// A count, a status, or a time in the unit that the field's name says.
    Number(u64),
}

impl LogLine {
    /// A line without facts.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), fields: Vec::new() }
    }

    /// The same with a fact.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<LogValue>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// The same with a fact, if it is known.
    #[must_use]
    pub fn with_some(self, name: &'static str, value: Option<impl Into<LogValue>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
}

/// The line before an attempt; `shown` is the target, redacted.
#[must_use]
pub fn requested_line(method: &str, shown: &str) -> LogLine {
    LogLine::new(format!("request {method} {shown}")).with("http_method", method)
}

/// The line after an attempt, and its level.
#[must_use]
pub fn answered_line(method: &str, shown: &str, result: &Result<InResponse>, elapsed: Duration) -> (LogLevel, LogLine) {
    let elapsed = elapsed.as_millis();
    match result {
        Ok(answer) => {
            let line = LogLine::new(format!("response {} {method} {shown} in {elapsed} ms", answer.status));
            let line = line.with("http_method", method).with("http_status", answer.status);
            (LogLevel::Debug, line.with("duration_ms", elapsed))
        }
        Err(error) => {
            let (code, outcome) = (error.code(), error.outcome().map_or("none", CallOutcome::as_str));
            let text = format!("error {code} {method} {shown} after {elapsed} ms, outcome {outcome}");
            let line = LogLine::new(text).with("http_method", method).with("code", code).with("outcome", outcome);
            (LogLevel::Warning, line.with("duration_ms", elapsed))
        }
    }
}

impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<&str> for LogLine {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for LogLine {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for LogValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for LogValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

macro_rules! from_number {
    ($($number:ty),+) => {$(
        impl From<$number> for LogValue {
            fn from(number: $number) -> Self {
                Self::Number(u64::try_from(number).unwrap_or(u64::MAX))
            }
        }
    )+};
}

from_number!(u8, u16, u32, u64, u128, usize);
