//! Observation of a running call: its log and its progress.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub use bankchannel_transport::LogLevel;
use bankchannel_transport::Observer;

/// The maximum number of records in a log; the oldest are dropped.
pub const LOG_RECORDS_MAX: usize = 1000;

/// One record of a call's log.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// The severity.
    pub level: LogLevel,
    /// The event, redacted.
    pub text: String,
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

    pub(crate) fn push(&self, level: LogLevel, text: &str) {
        let mut records = self.records();
        if records.len() == LOG_RECORDS_MAX {
            records.pop_front();
        }
        records.push_back(LogRecord { level, text: text.to_owned() });
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

/// The progress of a call.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The current step, for a person; empty if only the byte counts have changed.
    pub text: String,
    /// Bytes of the current message's body that were sent or received so far.
    pub bytes: u64,
    /// The total number of bytes, if known.
    pub total: Option<u64>,
}

impl Progress {
    /// A report, such as a program's tests give to its own callback.
    pub fn new(text: impl Into<String>, bytes: u64, total: Option<u64>) -> Self {
        Self { text: text.into(), bytes, total }
    }
}

/// Receives the progress of a call. It runs in the call's own task, so it must return quickly and never block.
pub type Watcher = Arc<dyn Fn(&Progress) + Send + Sync>;

/// A call's log and watcher, as an observer of the transport.
pub(crate) struct Observers {
    log: Option<CallLog>,
    watcher: Option<Watcher>,
}

impl Observers {
    pub(crate) fn of(log: Option<CallLog>, watcher: Option<Watcher>) -> Option<Arc<dyn Observer>> {
        (log.is_some() || watcher.is_some()).then(|| Arc::new(Self { log, watcher }) as Arc<dyn Observer>)
    }

    fn moved(&self, bytes: u64, total: Option<u64>) {
        if let Some(watcher) = &self.watcher {
            watcher(&Progress { text: String::new(), bytes, total });
        }
    }
}

impl Observer for Observers {
    fn log(&self, level: LogLevel, line: &str) {
        if let Some(log) = &self.log {
            log.push(level, line);
        }
    }

    fn sent(&self, bytes: u64, total: Option<u64>) {
        self.moved(bytes, total);
    }

    fn received(&self, bytes: u64, total: Option<u64>) {
        self.moved(bytes, total);
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
            log.push(LogLevel::Info, &number.to_string());
        }
        let records = reader.drain();
        assert_eq!((records.len(), records[0].text.as_str()), (LOG_RECORDS_MAX, "3"));
        assert!(log.drain().is_empty());
    }
}
