//! All output of this program: results to stdout, everything else to stderr.

pub(crate) mod files;
pub(crate) mod interrupt;
pub(crate) mod mask;
pub(crate) mod progress;
pub(crate) mod prompt;
pub(crate) mod table;
mod terminal;
mod write;

use serde_json::Value;

use crate::exit::CommandFailure;

pub(crate) use write::{Stdout, bytes, end_process, error_is_terminal, is_terminal, line, partial, print_note};

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
    pub(crate) fn fail(self, failure: &CommandFailure) {
        // The text first: a fault of stdout must not suppress it.
        if let Some(text) = failure.text() {
            print_note(&text);
        }
        if let (Self::Json, Some(value)) = (self, failure.json()) {
            json(&value);
        }
    }
}

/// Writes one JSON value on one line. Terminal control characters are escaped, which means the same to a parser.
pub(crate) fn json(value: &Value) {
    line(&json_text(value));
}

/// The same as text, without the line end.
pub(crate) fn json_text(value: &Value) -> String {
    escaped(&value.to_string())
}

fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if table::steers(c) {
            // JSON has such characters only inside its texts.
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_cannot_steer_the_terminal_and_means_the_same() {
        let value = Value::String("a\u{1b}[2J\u{7f}\u{9b}31m\u{202e}\n".into());
        let text = escaped(&value.to_string());
        assert!(!text.contains(table::steers), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).expect("it is JSON"), value);
    }
}
