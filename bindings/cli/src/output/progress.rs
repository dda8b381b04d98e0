//! Progress of long work, on stderr and only on a terminal.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use bankchannel::Progress as Report;
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::error_is_terminal;

/// If the remaining amount is unknown.
const SPINNER: &str = "{spinner} {msg} {prefix} {elapsed}";
/// For a message of known length.
const BAR: &str = "{spinner} {msg} [{bar:24}] {prefix} {elapsed}";

/// A progress line; it disappears when dropped.
pub(crate) struct Progress {
    line: ProgressBar,
    has_bar: AtomicBool,
}

impl Progress {
    /// Shows the line, unless stderr is not a terminal.
    pub(crate) fn begin(text: &str) -> Self {
        let has_bar = AtomicBool::new(false);
        if !error_is_terminal() {
            return Self { line: ProgressBar::hidden(), has_bar };
        }
        let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        style(&line, SPINNER);
        line.set_message(text.to_owned());
        line.enable_steady_tick(Duration::from_millis(120));
        Self { line, has_bar }
    }

    /// Shows the progress of a call.
    pub(crate) fn update(&self, report: &Report) {
        if self.line.is_hidden() {
            return;
        }
        if !report.text.is_empty() {
            self.line.set_message(super::table::printable(&report.text).into_owned());
        }
        let total = report.total.map(|total| format!(" of {}", HumanBytes(total))).unwrap_or_default();
        let shows_bar = report.bytes > 0 && report.total.is_some();
        if self.has_bar.swap(shows_bar, Ordering::Relaxed) != shows_bar {
            style(&self.line, if shows_bar { BAR } else { SPINNER });
        }
        if let Some(total) = report.total {
            self.line.set_length(total);
            self.line.set_position(report.bytes);
        }
        self.line.set_prefix(if report.bytes > 0 {
            format!("{}{total}", HumanBytes(report.bytes))
        } else {
            String::new()
        });
    }

    /// Runs work that needs the terminal exclusively, such as a prompt.
    pub(crate) fn aside<T>(&self, run: impl FnOnce() -> T) -> T {
        self.line.suspend(run)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.line.finish_and_clear();
    }
}

fn style(line: &ProgressBar, template: &str) {
    // An invalid template leaves the line unchanged; a test parses both.
    if let Ok(style) = ProgressStyle::with_template(template) {
        line.set_style(style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_can_be_read() {
        for template in [SPINNER, BAR] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
