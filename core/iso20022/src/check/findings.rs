//! The findings of one file: all are counted, the worst are kept.

use bankchannel_xml::XmlFault;

use crate::rules::{Finding, Level};

/// Maximum number of findings reported for one file.
pub const MAX_FINDINGS: usize = 200;

/// The findings so far.
#[derive(Default)]
pub(super) struct CheckFindings {
    list: Vec<Finding>,
    pub(super) errors: u64,
    pub(super) warnings: u64,
    /// Whether only errors are left in a full list.
    only_errors: bool,
}

impl CheckFindings {
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

    /// Adds the faults of the schema: their number, and those that were kept, which all stay.
    pub(super) fn add_schema(&mut self, count: u64, faults: Vec<XmlFault>) {
        while self.list.len() + faults.len() > MAX_FINDINGS {
            let least = self.list.iter().rposition(|kept| kept.level != Level::Error);
            self.list.remove(least.unwrap_or(self.list.len().saturating_sub(1)));
        }
        self.errors += count;
        self.list.splice(..0, faults.into_iter().map(Finding::from));
    }

    /// The list in the order of the file, which may be one line; findings without a line come first.
    pub(super) fn into_list(self) -> Vec<Finding> {
        let mut list = self.list;
        list.sort_by_cached_key(|finding| {
            let path = finding.path.as_deref().unwrap_or_default();
            (finding.line, number_of("PmtInf", path), number_of("CdtTrfTxInf", path))
        });
        list
    }
}

/// The number of the element with this name in a path; 0 if it is not in it.
fn number_of(name: &str, path: &str) -> u64 {
    let number = path.split('/').find_map(|step| step.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']'));
    number.and_then(|number| number.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Rule;

    #[test]
    fn errors_take_the_place_of_others() {
        let mut findings = CheckFindings::default();
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
