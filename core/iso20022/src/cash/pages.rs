//! The pages of a statement that a bank splits into several files or messages.

use std::collections::BTreeSet;

use super::Statement;

/// The pages of one statement so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct StatementPages {
    numbers: BTreeSet<u64>,
    last: Option<u64>,
}

impl StatementPages {
    /// Adds a page; a statement without pages adds none. Returns whether it goes on from others: the same page again is
    /// a copy.
    pub(crate) fn add(&mut self, statement: &Statement) -> bool {
        let is_new = statement.page.is_some_and(|page| self.numbers.insert(page));
        if statement.last_page == Some(true) {
            self.last = self.last.max(statement.page);
        }
        is_new && self.numbers.len() > 1
    }

    /// Whether this page is among them.
    pub(crate) fn has(&self, page: Option<u64>) -> bool {
        page.is_some_and(|page| self.numbers.contains(&page))
    }

    /// Adds the pages that were collected elsewhere.
    pub(crate) fn join(&mut self, other: &Self) {
        self.numbers.extend(&other.numbers);
        self.last = self.last.max(other.last);
    }

    /// The missing pages; nothing if the statement has no pages.
    pub(crate) fn missing(&self) -> Option<String> {
        let (highest, first) = (*self.numbers.last()?, u64::from(!self.numbers.contains(&0)));
        if let Some((missing, _)) = (first..).zip(&self.numbers).find(|(wanted, page)| wanted != *page) {
            return Some(format!("page {missing} is missing"));
        }
        (self.last.is_none()).then(|| format!("the pages after {highest} are missing: none is marked as the last"))
    }
}
