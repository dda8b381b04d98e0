//! The steps, shown as they happen: on stdout for a person, on stderr with `--json`.

use std::time::Instant;

use serde_json::{Value, json};

use crate::{
    exit::CommandOutcome,
    output::{self, Format, progress::ProgressLine},
};

/// The steps so far.
pub(super) struct Steps {
    format: Format,
    done: Vec<(&'static str, u64)>,
}

impl Steps {
    pub(super) fn new(format: Format) -> Self {
        Self { format, done: Vec::new() }
    }

    /// Carries out a step; its result comes with a detail for the output.
    pub(super) async fn step<T>(
        &mut self,
        name: &'static str,
        work: impl Future<Output = CommandOutcome<(T, String)>>,
    ) -> CommandOutcome<T> {
        let begun = Instant::now();
        let progress = ProgressLine::begin(name);
        let result = work.await;
        drop(progress);
        let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let number = self.done.len() + 1;
        let detail = match &result {
            Ok((_, detail)) => detail.as_str(),
            Err(_) => "failed",
        };
        self.say(format!("{number:>2}. {name:<44} {ms:>6} ms  {detail}").trim_end());
        let (value, _) = result?;
        self.done.push((name, ms));
        Ok(value)
    }

    /// Prints a further text.
    pub(super) fn say(&self, text: &str) {
        match self.format {
            Format::Table => output::line(text),
            Format::Json => output::print_note(text),
        }
    }

    /// The steps that were completed.
    pub(super) fn to_json(&self) -> Value {
        self.done.iter().map(|(name, ms)| json!({ "name": name, "ms": ms })).collect()
    }
}
