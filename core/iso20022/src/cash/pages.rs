//! The pages of a statement that a bank splits into several files or messages.

use std::collections::BTreeMap;

use super::Statement;

/// The pages of one statement so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct StatementPages {
    /// The first and the last one of pages without a gap between them.
    ranges: BTreeMap<u64, u64>,
    last: Option<u64>,
    /// The highest page that closes with the balance of a page, and does not say whether another one follows.
    unsaid: Option<u64>,
}

impl StatementPages {
    /// Adds a page, or several that were joined; a statement without pages adds none. Returns whether it goes on from
    /// others: the same page again is a copy.
    pub(crate) fn add(&mut self, statement: &Statement) -> bool {
        let Some(page) = statement.page else { return false };
        let end = page.saturating_add(statement.pages.unwrap_or(1).saturating_sub(1));
        if statement.last_page == Some(true) {
            self.last = self.last.max(Some(end));
        }
        if statement.last_page.is_none() && closes_with_page(statement) {
            self.unsaid = self.unsaid.max(Some(end));
        }
        let goes_on = !self.ranges.is_empty() && !self.has_any(page, end);
        self.insert(page, end);
        goes_on
    }

    /// Whether this page is among them.
    pub(crate) fn has(&self, page: Option<u64>) -> bool {
        page.is_some_and(|page| self.has_any(page, page))
    }

    /// Whether one of these pages is among them: ranges have a gap between them, so the last one that begins early enough
    /// shows it.
    fn has_any(&self, first: u64, last: u64) -> bool {
        self.ranges.range(..=last).next_back().is_some_and(|(_, end)| first <= *end)
    }

    /// Adds the pages that were collected elsewhere.
    pub(crate) fn join(&mut self, other: &Self) {
        other.ranges.iter().for_each(|(first, last)| self.insert(*first, *last));
        self.last = self.last.max(other.last);
        self.unsaid = self.unsaid.max(other.unsaid);
    }

    fn insert(&mut self, mut first: u64, mut last: u64) {
        // Ranges that touch become one.
        while let Some((from, to)) = self.ranges.range(..=last.saturating_add(1)).next_back() {
            let (from, to) = (*from, *to);
            if to.saturating_add(1) < first {
                break;
            }
            self.ranges.remove(&from);
            (first, last) = (first.min(from), last.max(to));
        }
        self.ranges.insert(first, last);
    }

    /// The missing pages; nothing if the statement has no pages. A last page may close with the balance of a page, as some
    /// banks write it: then the balance with which the next statement begins shows whether a page is missing.
    pub(crate) fn missing(&self) -> Option<String> {
        let ((lowest, end), (_, highest)) = (self.ranges.first_key_value()?, self.ranges.last_key_value()?);
        if *lowest > 1 {
            return Some("page 1 is missing".to_owned());
        }
        if self.ranges.len() > 1 {
            return Some(format!("page {} is missing", end + 1));
        }
        let is_told = self.last.is_some() || self.unsaid == Some(*highest);
        (!is_told).then(|| format!("the pages after {highest} are missing: none is marked as the last"))
    }
}

fn closes_with_page(statement: &Statement) -> bool {
    let kind = statement.closing.as_ref().and_then(|closing| closing.kind.as_ref());
    kind.is_some_and(|kind| kind.code == "ITBD")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(all: &[(u64, u64)]) -> StatementPages {
        let mut pages = StatementPages::default();
        for (page, count) in all {
            pages.add(&Statement { page: Some(*page), pages: Some(*count), ..Statement::default() });
        }
        pages
    }

    #[test]
    fn gaps_and_joined_pages() {
        for (all, missing) in [
            (&[(1, 1), (3, 1)][..], "page 2 is missing"),
            (&[(2, 1)], "page 1 is missing"),
            (&[(0, 1), (2, 1)], "page 1 is missing"),
            (&[(1, 2), (4, 1)], "page 3 is missing"),
            (&[(3, 1), (1, 2)], "the pages after 3 are missing: none is marked as the last"),
            (&[(5, 1), (1, 1), (2, 3)], "the pages after 5 are missing: none is marked as the last"),
            (&[(1, 2), (1, 5), (2, 1)], "the pages after 5 are missing: none is marked as the last"),
            (
                &[(1, u64::MAX), (7, u64::MAX)],
                &format!("the pages after {} are missing: none is marked as the last", u64::MAX),
            ),
        ] {
            assert_eq!(pages(all).missing().as_deref(), Some(missing), "{all:?}");
        }
        let mut some = pages(&[(1, 2), (5, 1)]);
        assert!(some.has(Some(2)) && some.has(Some(5)) && !some.has(Some(3)) && !some.has(None));
        some.join(&pages(&[(3, 2)]));
        assert!(some.has(Some(3)) && some.ranges.len() == 1);
        assert_eq!(pages(&[]).missing(), None);
    }

    #[test]
    fn only_pages_that_are_not_there_go_on() {
        let of = |page: u64, count: u64| Statement { page: Some(page), pages: Some(count), ..Statement::default() };
        let mut pages = StatementPages::default();
        let added = [of(1, 2), of(3, 1), of(2, 1), of(3, 2), of(4, 1)].map(|one| pages.add(&one));
        assert_eq!(added, [false, true, false, false, false]);
        assert!(pages.add(&of(6, 1)) && !pages.add(&Statement::default()));
    }
}
