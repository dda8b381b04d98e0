//! Whether the statements of all shown files follow each other.

use bankchannel_iso20022::cash::{CheckedStatements, ContinuityCheck, Statement, StatementBreak};

/// The statements of the files that were read to their end, so far.
#[derive(Default)]
pub(super) struct ShownStatements {
    check: ContinuityCheck,
    count: u64,
    /// Those of the file that is being read.
    of_file: ContinuityCheck,
    count_of_file: u64,
    /// The files, each with the number of its first statement among all.
    files: Vec<(u64, String)>,
}

impl ShownStatements {
    /// Adds a statement at its end. It counts when its file was read to the end.
    pub(super) fn add(&mut self, statement: &Statement) {
        self.count_of_file += 1;
        self.of_file.add(statement);
    }

    /// Ends a file: its statements count, unless it is left out.
    pub(super) fn end_file(&mut self, file: &str, is_whole: bool) {
        let (read, count) = (std::mem::take(&mut self.of_file), std::mem::take(&mut self.count_of_file));
        if is_whole && count > 0 {
            self.files.push((self.count + 1, file.to_owned()));
            self.check.append(read);
            self.count += count;
        }
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
        if checked.not_compared > 0 {
            lines.push(format!("{} further statements were not compared: they are too many", checked.not_compared));
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
