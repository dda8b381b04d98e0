//! What is shown of a call's log, on stderr, as it is written: with `--verbose` everything; otherwise warnings, of calls that go on after
//! a failure.

use bankchannel::{CallLog, LogLevel, LogRecord};

use crate::output::{self, progress::Progress};

/// A call's log, and how much of it somebody wants to see.
#[derive(Clone)]
pub(crate) struct Log {
    records: CallLog,
    shown: Shown,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    Warnings,
    Everything,
}

impl Log {
    /// A log of which everything is shown with `verbose`, and warnings where the call goes on after a failure. Any other call ends with
    /// the error that its last warning tells.
    pub(crate) fn new(verbose: bool, goes_on: bool) -> Self {
        let shown = match (verbose, goes_on) {
            (true, _) => Shown::Everything,
            (false, true) => Shown::Warnings,
            (false, false) => Shown::Nothing,
        };
        Self { records: CallLog::new(), shown }
    }

    /// Where the call writes to.
    pub(crate) fn for_call(&self) -> Option<CallLog> {
        (self.shown != Shown::Nothing).then(|| self.records.clone())
    }

    /// Shows what was written since the last time.
    pub(crate) fn show(&self) {
        self.print(self.taken());
    }

    /// The same, beside a line of progress.
    pub(super) fn show_beside(&self, progress: &Progress) {
        let records = self.taken();
        if !records.is_empty() {
            progress.aside(|| self.print(records));
        }
    }

    fn taken(&self) -> Vec<LogRecord> {
        let mut records = self.records.drain();
        records.retain(|record| self.shown == Shown::Everything || record.level == LogLevel::Warning);
        records
    }

    fn print(&self, records: Vec<LogRecord>) {
        for record in records {
            output::note(&format!("{}: {}", record.level.as_str(), record.text));
        }
    }
}
