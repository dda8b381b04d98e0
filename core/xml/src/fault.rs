//! Why XML cannot be read, or does not obey its schema.

use std::{fmt, io};

/// A fault of an XML document: its place, its description, and what to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmlFault {
    /// The line, from 1; `None` when the fault has no single place.
    pub line: Option<u64>,
    /// The column in that line in bytes, from 1; `None` when unknown.
    pub column: Option<u64>,
    /// The element as a path from the root, such as `/Document/Head/Id`; empty outside of elements.
    pub path: String,
    /// The fault in words.
    pub message: String,
    /// What to change, in words.
    pub change: String,
}

impl XmlFault {
    /// A fault without a place.
    pub fn new(message: impl Into<String>, change: impl Into<String>) -> Self {
        Self { line: None, column: None, path: String::new(), message: message.into(), change: change.into() }
    }

    /// The fault of an input that cannot be read: its own, if it has one, such as an archive's.
    pub fn of_input(error: &io::Error) -> Self {
        let own = error.get_ref().and_then(|inner| inner.downcast_ref::<Self>());
        own.cloned().unwrap_or_else(|| Self::new(format!("reading the file failed: {}", error.kind()), "read it again"))
    }

    /// The fault and its place, without the remedy: for a message of somebody else, which the reader cannot change.
    #[must_use]
    pub fn without_advice(&self) -> String {
        let line = self.line.map(|line| format!("line {line}: ")).unwrap_or_default();
        format!("{line}{}", self.message)
    }

    /// The same at a line and column.
    #[must_use]
    pub fn at(self, line: u64, column: u64) -> Self {
        Self { line: Some(line), column: Some(column), ..self }
    }

    /// The same at a line.
    #[must_use]
    pub fn on_line(self, line: u64) -> Self {
        Self { line: Some(line), ..self }
    }

    /// The same in an element.
    #[must_use]
    pub fn in_element(self, path: impl Into<String>) -> Self {
        Self { path: path.into(), ..self }
    }
}

impl fmt::Display for XmlFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        write!(f, "{}; {}", self.message, self.change)
    }
}

impl std::error::Error for XmlFault {}
