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
/// If it is known how much of the call is done.
const BAR: &str = "{spinner} {msg} [{bar:24}] {prefix} {elapsed}";

/// The parts of the bar: a share of the whole call is shown.
const PARTS: u64 = 1000;

/// Which step and file it is, and how many bytes of it have moved: `step 2 of 3, 1.5 MiB of 4.0 MiB`.
fn counted(report: &Report) -> String {
    let mut parts = Vec::new();
    if let (Some(file), Some(files)) = (report.file, report.files) {
        parts.push(format!("file {file} of {files}"));
    } else if let (1.., Some(steps)) = (report.step, report.steps) {
        parts.push(format!("step {} of {steps}", report.step));
    }
    if report.bytes > 0 {
        let total = report.total.map(|total| format!(" of {}", HumanBytes(total))).unwrap_or_default();
        parts.push(format!("{}{total}", HumanBytes(report.bytes)));
    }
    parts.join(", ")
}

/// A progress line; it disappears when dropped.
pub(crate) struct ProgressLine {
    line: ProgressBar,
    has_bar: AtomicBool,
}

impl ProgressLine {
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
        let shows_bar = report.fraction.is_some();
        if self.has_bar.swap(shows_bar, Ordering::Relaxed) != shows_bar {
            style(&self.line, if shows_bar { BAR } else { SPINNER });
        }
        if let Some(fraction) = report.fraction {
            self.line.set_length(PARTS);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // 0 to 1
            self.line.set_position((fraction.clamp(0.0, 1.0) * PARTS as f64) as u64);
        }
        self.line.set_prefix(counted(report));
    }

    /// Runs work that needs the terminal exclusively, such as a prompt.
    pub(crate) fn aside<T>(&self, run: impl FnOnce() -> T) -> T {
        self.line.suspend(run)
    }
}

impl Drop for ProgressLine {
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
    fn steps_files_and_bytes_are_counted() {
        let mut report = Report::new("sending the file", 1_572_864, Some(4_194_304));
        assert_eq!(counted(&report), "1.50 MiB of 4.00 MiB");
        (report.step, report.steps) = (2, Some(3));
        assert_eq!(counted(&report), "step 2 of 3, 1.50 MiB of 4.00 MiB");
        (report.file, report.files, report.bytes) = (Some(3), Some(7), 0);
        assert_eq!(counted(&report), "file 3 of 7");
    }

    #[test]
    fn the_templates_can_be_read() {
        for template in [SPINNER, BAR] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
