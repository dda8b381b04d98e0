//! Observation of a running call: its log, and its progress for the watcher.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bankchannel_transport::Observer;
pub use bankchannel_transport::{AnsweredExchange, LogLevel, LogLine, LogValue};

use crate::progress::{ProgressDirection, Watcher};

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

    fn push(&self, answer: AnsweredExchange) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A wait polls for as long as its caller wants.
        if answers.len() == EXCHANGES_MAX {
            answers.remove(0);
        }
        answers.push(answer);
    }
}

/// A call's log, its watcher and its answers, as an observer of the transport.
pub(crate) struct Observers {
    log: Option<CallLog>,
    watcher: Option<Watcher>,
    answers: Option<AnsweredExchanges>,
}

impl Observers {
    pub(crate) fn of(
        log: Option<CallLog>,
        watcher: Option<Watcher>,
        answers: Option<AnsweredExchanges>,
    ) -> Option<Arc<dyn Observer>> {
        let observes = log.is_some() || watcher.is_some() || answers.is_some();
        observes.then(|| Arc::new(Self { log, watcher, answers }) as Arc<dyn Observer>)
    }

    fn moved(&self, direction: ProgressDirection, bytes: u64, total: Option<u64>) {
        if let Some(watcher) = &self.watcher {
            watcher.tell(&watcher.stage.moved(direction, bytes, total));
        }
    }
}

impl Observer for Observers {
    fn log(&self, level: LogLevel, line: &LogLine) {
        if let Some(log) = &self.log {
            log.push(level, line.clone());
        }
    }

    fn answered(&self, answer: &AnsweredExchange) {
        if let Some(answers) = &self.answers {
            answers.push(answer.clone());
        }
    }

    fn wants_answers(&self) -> bool {
        self.answers.is_some()
    }

    fn sent(&self, bytes: u64, total: Option<u64>) {
        self.moved(ProgressDirection::Send, bytes, total);
    }

    fn received(&self, bytes: u64, total: Option<u64>) {
        self.moved(ProgressDirection::Receive, bytes, total);
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
