//! What `--verbose` shows of a call: its log, on stderr, as it is written.

use bankchannel::CallLog;

use crate::output::{self, progress::Progress};

/// A call's log, when somebody wants to see it.
#[derive(Clone)]
pub(super) struct Log(Option<CallLog>);

impl Log {
    /// A log that is shown or, without `--verbose`, not even written.
    pub(super) fn of(verbose: bool) -> Self {
        Self(verbose.then(CallLog::new))
    }

    /// Where the call writes to.
    pub(super) fn for_call(&self) -> Option<CallLog> {
        self.0.clone()
    }

    /// Whether anything will be shown.
    pub(super) fn is_shown(&self) -> bool {
        self.0.is_some()
    }

    /// Shows what was written since the last time.
    pub(super) fn show(&self, progress: &Progress) {
        let records = self.0.as_ref().map(CallLog::drain).unwrap_or_default();
        if records.is_empty() {
            return;
        }
        progress.aside(|| {
            for record in records {
                output::note(&format!("{}: {}", record.level.as_str(), record.text));
            }
        });
    }
}
