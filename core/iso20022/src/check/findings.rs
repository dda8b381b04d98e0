//! The findings of one file: all are counted, the worst are kept.

use crate::rules::{Finding, Level};

/// Most findings reported for one file.
pub const MAX_FINDINGS: usize = 200;

/// The findings so far.
#[derive(Default)]
pub(super) struct Findings {
    list: Vec<Finding>,
    pub(super) errors: u64,
    pub(super) warnings: u64,
    /// Whether only errors are left in a full list.
    only_errors: bool,
}

impl Findings {
    /// Adds one. If the list is full, an error replaces the last finding that is not an error.
    pub(super) fn add(&mut self, finding: Finding) {
        match finding.level {
            Level::Error => self.errors += 1,
            Level::Warning => self.warnings += 1,
            Level::Info => {}
        }
        if self.list.len() < MAX_FINDINGS {
            self.list.push(finding);
        } else if finding.level == Level::Error && !self.only_errors {
            match self.list.iter().rposition(|kept| kept.level != Level::Error) {
                Some(at) => {
                    self.list.remove(at);
                    self.list.push(finding);
                }
                None => self.only_errors = true,
            }
        }
    }

    /// Adds one, if there is one.
    pub(super) fn extend(&mut self, finding: Option<Finding>) {
        if let Some(finding) = finding {
            self.add(finding);
        }
    }

    /// The kept findings.
    pub(super) fn kept(&mut self) -> &mut [Finding] {
        &mut self.list
    }

    /// Removes all findings that satisfy a test, as if they had not been found.
    pub(super) fn drop_if(&mut self, test: impl Fn(&Finding) -> bool) {
        let (mut errors, mut warnings) = (0, 0);
        self.list.retain(|finding| {
            let drop = test(finding);
            errors += u64::from(drop && finding.level == Level::Error);
            warnings += u64::from(drop && finding.level == Level::Warning);
            !drop
        });
        self.errors -= errors;
        self.warnings -= warnings;
    }

    /// The list in file order.
    pub(super) fn into_list(self) -> Vec<Finding> {
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Rule;

    #[test]
    fn errors_take_the_place_of_others() {
        let mut findings = Findings::default();
        for _ in 0..MAX_FINDINGS + 50 {
            findings.add(Finding::warning(Rule::Name, "w", "c"));
        }
        for _ in 0..3 {
            findings.add(Finding::error(Rule::Name, "e", "c"));
        }
        assert_eq!((findings.errors, findings.warnings), (3, 250));
        let list = findings.into_list();
        assert_eq!(list.len(), MAX_FINDINGS);
        assert_eq!(list.iter().filter(|finding| finding.level == Level::Error).count(), 3);
    }
}
