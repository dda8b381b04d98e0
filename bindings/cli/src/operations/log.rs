//! Output of a call's log on stderr while it runs: with `--verbose` everything; otherwise the warnings of calls that
//! continue after a failure.

use std::time::Duration;

use bankchannel::{CallLog, LogLevel, LogRecord};

use crate::output::{self, progress::ProgressLine};

/// The polling interval during a call.
pub(super) const LOOK: Duration = Duration::from_millis(50);

/// A call's log, and the part of it that is shown.
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
    /// A log that is shown completely with `verbose`; otherwise its warnings are shown if the call may continue after a
    /// failure.
    pub(crate) fn new(verbose: bool, goes_on: bool) -> Self {
        let shown = match (verbose, goes_on) {
            (true, _) => Shown::Everything,
            (false, true) => Shown::Warnings,
            (false, false) => Shown::Nothing,
        };
        Self { records: CallLog::new(), shown }
    }

    /// The log that the call writes to.
    pub(crate) fn for_call(&self) -> Option<CallLog> {
        (self.shown != Shown::Nothing).then(|| self.records.clone())
    }

    /// Does the work, and shows log lines meanwhile.
    pub(crate) async fn shown_during<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => {
                    self.print(self.taken());
                    return done;
                }
                () = tokio::time::sleep(LOOK) => self.print(self.taken()),
            }
        }
    }

    /// The same, above a progress line.
    pub(super) fn show_beside(&self, progress: &ProgressLine) {
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
            output::print_note(&format!("{}: {}", record.level.as_str(), record.line.text));
        }
    }
}
