//! The observable parts of a running call: its log, its answers, its attempts.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub use bankchannel_transport::{AnsweredExchange, LogLevel, LogLine, LogValue, RequestedExchange};

/// The maximum number of records in a log; the oldest are dropped.
pub const LOG_RECORDS_MAX: usize = 1000;

/// One record of a call's log.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// The severity.
    pub level: LogLevel,
    /// The event, redacted: its text, and the facts in it by name.
    pub line: LogLine,
}

/// A call's log: redacted records, kept until they are taken. Clones share the records: give one to the call and read
/// another, on any thread.
#[derive(Clone, Default)]
pub struct CallLog(Arc<Mutex<VecDeque<LogRecord>>>);

impl CallLog {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the records since the last call, oldest first.
    #[must_use]
    pub fn drain(&self) -> Vec<LogRecord> {
        self.records().drain(..).collect()
    }

    pub(crate) fn push(&self, level: LogLevel, line: LogLine) {
        let mut records = self.records();
        if records.len() == LOG_RECORDS_MAX {
            records.pop_front();
        }
        records.push_back(LogRecord { level, line });
    }

    fn records(&self) -> MutexGuard<'_, VecDeque<LogRecord>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for CallLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CallLog({} records)", self.records().len())
    }
}

/// The maximum number of kept answers; the oldest are dropped.
pub const EXCHANGES_MAX: usize = 1000;

/// The answers to the exchanges of a call, kept on request: status, headers, request id and time. Clones share them: give
/// one to the call and read another.
#[derive(Clone, Default)]
pub struct AnsweredExchanges(Arc<Mutex<Vec<AnsweredExchange>>>);

impl AnsweredExchanges {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the answers so far, in order: the attempts of each exchange.
    #[must_use]
    pub fn take(&self) -> Vec<AnsweredExchange> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn push(&self, answer: AnsweredExchange) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A wait polls for as long as its caller wants.
        if answers.len() == EXCHANGES_MAX {
            answers.remove(0);
        }
        answers.push(answer);
    }
}

/// Functions that are called before and after each request of a call. They run in the call's own task, so they must return
/// quickly and never block; they cannot change the request.
#[derive(Clone, Default)]
pub struct ExchangeHooks {
    before: Option<Arc<BeforeRequest>>,
    after: Option<Arc<AfterAnswer>>,
}

type BeforeRequest = dyn Fn(&RequestedExchange) + Send + Sync;
type AfterAnswer = dyn Fn(&RequestedExchange, &AnsweredExchange) + Send + Sync;

impl ExchangeHooks {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Calls this function when an attempt at an exchange begins.
    #[must_use]
    pub fn before(self, before: impl Fn(&RequestedExchange) + Send + Sync + 'static) -> Self {
        Self { before: Some(Arc::new(before)), ..self }
    }

    /// Calls this function when the head of an answer has arrived. An attempt that fails without one has none.
    #[must_use]
    pub fn after(self, after: impl Fn(&RequestedExchange, &AnsweredExchange) + Send + Sync + 'static) -> Self {
        Self { after: Some(Arc::new(after)), ..self }
    }

    pub(crate) fn tell_before(&self, request: &RequestedExchange) {
        if let Some(before) = &self.before {
            before(request);
        }
    }

    pub(crate) fn tell_after(&self, request: &RequestedExchange, answer: &AnsweredExchange) {
        if let Some(after) = &self.after {
            after(request, answer);
        }
    }
}

impl std::fmt::Debug for ExchangeHooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ExchangeHooks")
    }
}

impl LogRecord {
    /// The facts as JSON members.
    pub fn fields_json(&self) -> serde_json::Map<String, serde_json::Value> {
        let json = |value: &LogValue| match value {
            LogValue::Text(text) => text.as_str().into(),
            LogValue::Number(number) => (*number).into(),
            _ => serde_json::Value::Null,
        };
        self.line.fields.iter().map(|(name, value)| ((*name).to_owned(), json(value))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_keeps_the_newest_records_and_is_drained_once() {
        let log = CallLog::new();
        let reader = log.clone();
        for number in 0..LOG_RECORDS_MAX + 3 {
            log.push(LogLevel::Info, number.to_string().into());
        }
        let records = reader.drain();
        assert_eq!((records.len(), records[0].line.text.as_str()), (LOG_RECORDS_MAX, "3"));
        assert!(log.drain().is_empty());
    }
}
