//! Whether the statements of all shown files follow each other.

use bankchannel_iso20022::cash::{CheckedStatements, ContinuityCheck, Statement, StatementBreak};

/// The statements of the files so far.
#[derive(Default)]
pub(super) struct ShownStatements {
    check: ContinuityCheck,
    count: u64,
    /// The files, each with the number of its first statement among all.
    files: Vec<(u64, String)>,
}

impl ShownStatements {
    /// The next statements are of this file.
    pub(super) fn begin(&mut self, file: &str) {
        self.files.push((self.count + 1, file.to_owned()));
    }

    /// Adds a statement at its end.
    pub(super) fn add(&mut self, statement: &Statement) {
        self.count += 1;
        self.check.add(statement);
    }

    /// The result, with a line on each break for people.
    pub(super) fn finish(self) -> (CheckedStatements, Vec<String>) {
        let Self { check, files, .. } = self;
        let checked = check.finish();
        let mut lines: Vec<String> = checked.breaks.iter().map(|one| line(one, &files)).collect();
        let more = checked.break_count - checked.breaks.len() as u64;
        if more > 0 {
            lines.push(format!("and {more} further places where statements do not follow each other"));
        }
        (checked, lines)
    }
}

fn line(one: &StatementBreak, files: &[(u64, String)]) -> String {
    let file = |number: u64| {
        let at = files.partition_point(|(first, _)| *first <= number);
        at.checked_sub(1).and_then(|at| files.get(at)).map_or("", |(_, name)| name.as_str())
    };
    let before = file(one.before.number);
    let places = match one.after.as_ref().map(|after| file(after.number)) {
        Some(after) if after != before => format!("{before}, {after}"),
        _ => before.to_owned(),
    };
    let account = one.account.as_deref().unwrap_or("without a number");
    let currency = one.currency.as_deref().map(|currency| format!(" in {currency}")).unwrap_or_default();
    format!("{places}: account {account}{currency}: {}", one.message)
}
