//! Everything that this program writes: results to stdout, everything else to stderr.

pub(crate) mod progress;
pub(crate) mod prompt;
pub(crate) mod table;
mod write;

use serde_json::Value;

use crate::exit::Failure;

pub(crate) use write::{bytes, error_is_terminal, is_terminal, line, note, partial};

/// How results are to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Tables, for a person.
    Table,
    /// One JSON object, for a program.
    Json,
}

impl Format {
    /// Shows a result.
    pub(crate) fn show(self, value: &Value) {
        match self {
            Self::Json => json(value),
            Self::Table => line(table::render(value).trim_end()),
        }
    }

    /// Shows a failure: a text on stderr, and with `--json` also `{"error": …}` on stdout.
    pub(crate) fn fail(self, failure: &Failure) {
        if let (Self::Json, Some(value)) = (self, failure.json()) {
            json(&value);
        }
        if let Some(text) = failure.text() {
            note(&table::printable(text));
        }
    }
}

/// Writes one JSON value on one line.
pub(crate) fn json(value: &Value) {
    line(&value.to_string());
}
