//! The open elements at a place in a document.

use super::local;
use crate::text::shorten;

/// Longest name in a path, in characters: a hostile name may have millions.
const MAX_STEP: usize = 60;

/// The names of the open elements, as written.
#[derive(Default)]
pub(super) struct OpenElements {
    /// Concatenated.
    names: String,
    /// The start of each name in `names`.
    starts: Vec<usize>,
}

impl OpenElements {
    pub(super) fn depth(&self) -> usize {
        self.starts.len()
    }

    pub(super) fn push(&mut self, name: &str) {
        self.starts.push(self.names.len());
        self.names.push_str(name);
    }

    pub(super) fn pop(&mut self) {
        self.names.truncate(self.starts.pop().unwrap_or_default());
    }

    /// The name of the innermost one; empty for none.
    #[inline]
    pub(super) fn innermost(&self) -> &str {
        self.starts.last().map_or("", |start| &self.names[*start..])
    }

    /// The names from the root.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let ends = self.starts.iter().skip(1).copied().chain([self.names.len()]);
        self.starts.iter().zip(ends).map(|(start, end)| &self.names[*start..end])
    }

    /// The path from the root, of local names.
    pub(super) fn path(&self) -> String {
        self.names().map(|name| format!("/{}", shorten(local(name), MAX_STEP))).collect()
    }
}
