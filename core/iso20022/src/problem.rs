//! One problem of a file, described for a person.

use std::fmt;

use serde::Serialize;

/// One problem of a file: its place, its description, and what to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Line in the file, from 1; absent when the problem has no single place.
    pub line: Option<usize>,
    /// Column in that line in bytes, from 1; absent when unknown.
    pub column: Option<usize>,
    /// The element concerned, as a path from the root such as `/Document/CstmrCdtTrfInitn/PmtInf[2]/DbtrAcct`; empty when
    /// the file could not be read as XML.
    pub path: String,
    /// The reason code that a bank would answer: `FF01` (format), `AM10`, `AM18`, `AC01`, … (docs/protocols/ws-channel.md §6.8).
    pub code: &'static str,
    /// What is wrong, in words.
    pub message: String,
    /// What to change, in words.
    pub change: String,
}

impl Problem {
    /// A problem of the file's format (`FF01`).
    pub(crate) fn format(at: Place, message: impl Into<String>, change: impl Into<String>) -> Self {
        Self::coded("FF01", at, message, change)
    }

    /// A problem with the given reason code.
    pub(crate) fn coded(code: &'static str, at: Place, message: impl Into<String>, change: impl Into<String>) -> Self {
        let Place { line, column, path } = at;
        Self { line, column, path, code, message: message.into(), change: change.into() }
    }
}

/// Where in a file something is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub(crate) line: Option<usize>,
    pub(crate) column: Option<usize>,
    pub(crate) path: String,
}

impl Place {
    /// A place without a path: used while the file is not yet known to be XML.
    pub(crate) fn at(line: usize, column: usize) -> Self {
        Self { line: Some(line), column: Some(column), path: String::new() }
    }

    /// No place at all.
    pub(crate) fn nowhere() -> Self {
        Self::default()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        write!(f, "{}; {}", self.message, self.change)
    }
}
