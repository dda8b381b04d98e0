//! Progress of long work, on stderr and only where a person looks at it.

use std::time::Duration;

use bankchannel::Progress as Report;
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::error_is_terminal;

/// A line that shows that work goes on; it disappears when dropped.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Begins to show what is being done; nothing where nobody looks.
    pub(crate) fn begin(text: &str) -> Self {
        if !error_is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {prefix} {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(text.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// Shows how far a call is.
    pub(crate) fn update(&self, report: &Report) {
        if self.0.is_hidden() {
            return;
        }
        if !report.text.is_empty() {
            self.0.set_message(super::table::printable(report.text.clone()));
        }
        let total = report.total.map(|total| format!(" of {}", HumanBytes(total))).unwrap_or_default();
        self.0.set_prefix(if report.bytes > 0 {
            format!("{}{total}", HumanBytes(report.bytes))
        } else {
            String::new()
        });
    }

    /// Runs something that needs the terminal for itself, such as a prompt.
    pub(crate) fn aside<T>(&self, run: impl FnOnce() -> T) -> T {
        self.0.suspend(run)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
