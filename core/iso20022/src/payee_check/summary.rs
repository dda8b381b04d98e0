//! The payee check of a whole report, or of a whole payment file.

use bankchannel_foundation::model::Boundary;

use super::{
    PayeeCheck, PayeeCheckResult, explain, explained, is_check, is_of_check, joined, known, means_pending_checks,
    result_of, statuses,
};
use crate::data::{Code, keep};
use crate::rules::{Finding, Rule};
use crate::status::{StatusCount, StatusReason, StatusReport};

/// How far a payee check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Boundary)]
#[non_exhaustive]
pub enum PayeeCheckState {
    /// The result of each payee is there.
    Done,
    /// The results of some are still to come.
    Pending,
}

/// The payee check of a whole: its state, and how many transactions have which result.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct PayeeCheckSummary {
    /// How far the check is.
    pub state: PayeeCheckState,
    /// The number of transactions whose name and account belong together.
    pub matches: u64,
    /// The number of those whose name is nearly that of the account.
    pub close_matches: u64,
    /// The number of those whose name is not that of the account.
    pub no_matches: u64,
    /// The number of those that could not be checked.
    pub not_checked: u64,
    /// The number of those whose check is not finished.
    pub pending: u64,
    /// The number of those of which no result is given.
    pub unknown: u64,
    /// The bank's notices on kinds of results, such as a legal one: the lines of each code in one text. At most 20; the
    /// `notes` of a report say that it has more.
    pub notes: Vec<PayeeCheckNote>,
}

/// A bank's notice on a kind of result.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct PayeeCheckNote {
    /// The status that the text explains, if it begins with one.
    pub status: Option<Code>,
    /// The text, without the code.
    pub text: String,
}

impl PayeeCheckSummary {
    /// The counts in words: `1 match, 2 close matches`.
    pub fn in_words(&self) -> String {
        let counts = [
            (self.matches, "match", "matches"),
            (self.close_matches, "close match", "close matches"),
            (self.no_matches, "without match", "without match"),
            (self.not_checked, "not checked", "not checked"),
            (self.pending, "still checked", "still checked"),
            (self.unknown, "without a result", "without a result"),
        ];
        let words = counts.into_iter().filter(|(count, ..)| *count > 0);
        let words = words.map(|(count, one, several)| format!("{count} {}", if count == 1 { one } else { several }));
        words.collect::<Vec<_>>().join(", ")
    }
}

/// The number of transactions by result, in the order of [`PayeeCheckResult`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ResultCounts([u64; 5]);

impl ResultCounts {
    pub(crate) fn add(&mut self, result: PayeeCheckResult, count: u64) {
        let slot = &mut self.0[result as usize];
        *slot = slot.saturating_add(count);
    }

    fn of(&self, result: PayeeCheckResult) -> u64 {
        self.0[result as usize]
    }

    fn total(&self) -> u64 {
        self.0.iter().fold(0, |sum, one| sum.saturating_add(*one))
    }

    /// The summary of a whole with so many transactions.
    pub(crate) fn summary(self, count: u64, is_running: bool) -> PayeeCheckSummary {
        let pending = self.of(PayeeCheckResult::Pending);
        PayeeCheckSummary {
            state: if pending > 0 || is_running { PayeeCheckState::Pending } else { PayeeCheckState::Done },
            matches: self.of(PayeeCheckResult::Match),
            close_matches: self.of(PayeeCheckResult::CloseMatch),
            no_matches: self.of(PayeeCheckResult::NoMatch),
            not_checked: self.of(PayeeCheckResult::NotChecked),
            pending,
            unknown: count.saturating_sub(self.total()),
            notes: Vec::new(),
        }
    }
}

/// Maximum number of notices on kinds of results.
pub(crate) const MAX_NOTES: usize = 20;

/// Completes a report that was read: if it is one of a payee check, with the result of each transaction and the counts.
pub(crate) fn settle(report: &mut StatusReport) {
    if !is_check(report) {
        return;
    }
    let in_check = means_pending_checks(report);
    if in_check {
        explain_pending(report);
    }
    for one in report.batches.iter_mut().flat_map(|batch| &mut batch.transactions) {
        one.payee_check =
            one.status.as_ref().and_then(|code| PayeeCheck::of_transaction(code, &one.reasons, in_check)).map(Box::new);
    }
    let declared = declared(report, in_check);
    let (mut counts, mut count) = counted(report, in_check);
    if let Some(declared) = declared {
        let exceeds = counts.0.iter().zip(declared.0).any(|(found, said)| *found > said);
        if exceeds || (counts.total() == declared.total() && counts != declared) {
            let (message, change) = ("the counts of the payee check differ from its results", "rely on the results");
            let found = Finding::warning(Rule::Count, message, change).line(report.line);
            keep(vec![found.path("/Document/CstmrPmtStsRpt/OrgnlGrpInfAndSts/NbOfTxsPerSts")], &mut report.problems);
        } else {
            counts = declared;
        }
        count = count.max(declared.total());
    }
    let whole = report.status.iter().chain(report.batches.iter().filter_map(|batch| batch.status.as_ref()));
    let is_running = has_only_begun(report, counts)
        || whole.filter_map(|code| result_of(code, in_check)).any(|one| one == PayeeCheckResult::Pending);
    let count = report.original_count.unwrap_or(count).max(counts.total());
    let (notes, has_more) = first_notes(report);
    if has_more {
        report
            .notes
            .push(format!("the bank has more than {MAX_NOTES} notices on the payee check: the rest is left out"));
    }
    report.payee_check = Some(Box::new(PayeeCheckSummary { notes, ..counts.summary(count, is_running) }));
}

/// Whether no result has come, and not all is refused: the bank has only begun with the check.
fn has_only_begun(report: &StatusReport, counts: ResultCounts) -> bool {
    let is_refused = |code: &Code| !code.proprietary && matches!(code.code.as_str(), "RJCT" | "CANC");
    let is_all_refused = statuses(report).next().is_some() && statuses(report).all(is_refused);
    counts.total() == 0 && !statuses(report).any(is_of_check) && !is_all_refused
}

fn explain_pending(report: &mut StatusReport) {
    let of_counts = |counts: &mut Vec<StatusCount>| {
        counts.iter_mut().filter_map(|one| one.status.as_mut()).for_each(explain);
    };
    report.status.iter_mut().for_each(explain);
    of_counts(&mut report.counts);
    for batch in &mut report.batches {
        batch.status.iter_mut().for_each(explain);
        of_counts(&mut batch.counts);
        batch.transactions.iter_mut().filter_map(|one| one.status.as_mut()).for_each(explain);
    }
}

/// The bank's own counts: of the file, otherwise of all batches together.
fn declared(report: &StatusReport, in_check: bool) -> Option<ResultCounts> {
    let of = |counts: &[StatusCount]| {
        let mut declared = ResultCounts::default();
        for one in counts {
            if let Some(result) = one.status.as_ref().and_then(|code| result_of(code, in_check)) {
                declared.add(result, one.count.unwrap_or_default());
            }
        }
        declared
    };
    let whole = of(&report.counts);
    let all = || {
        let mut all = ResultCounts::default();
        for batch in &report.batches {
            let batch = of(&batch.counts);
            all.0.iter_mut().zip(batch.0).for_each(|(sum, one)| *sum = sum.saturating_add(one));
        }
        all
    };
    Some(if whole.total() > 0 { whole } else { all() }).filter(|declared| declared.total() > 0)
}

/// The results of the transactions that are listed, and of the others by the status of their batch or of the file; and
/// the number of all, as far as the report says it.
fn counted(report: &StatusReport, in_check: bool) -> (ResultCounts, u64) {
    let (mut counts, mut count) = (ResultCounts::default(), 0_u64);
    for batch in &report.batches {
        let (listed, mut with_status) = (batch.transactions.len() as u64, 0);
        for one in batch.transactions.iter().filter(|one| one.status.is_some()) {
            with_status += 1;
            one.payee_check.iter().for_each(|check| counts.add(check.result, 1));
        }
        let all = batch.original_count.unwrap_or(listed).max(listed);
        if let Some(result) = batch.status.as_ref().and_then(|code| result_of(code, in_check)) {
            counts.add(result, all - with_status);
        }
        count = count.saturating_add(all);
    }
    if let Some(result) = report.status.as_ref().and_then(|code| result_of(code, in_check)) {
        count = count.max(report.original_count.unwrap_or_default());
        counts.add(result, count.saturating_sub(counts.total()));
    }
    (counts, count)
}

/// The bank's lines on the file and on its batches, joined by the code that each begins with, within the limit of their
/// number. A line without one goes on with the line before it.
pub(crate) fn notes(report: &StatusReport) -> Vec<PayeeCheckNote> {
    first_notes(report).0
}

/// The same, and whether there are more. A file has as many batches as it likes: each is compared with these few only.
fn first_notes(report: &StatusReport) -> (Vec<PayeeCheckNote>, bool) {
    let mut notes: Vec<PayeeCheckNote> = Vec::new();
    let levels = std::iter::once(&report.reasons).chain(report.batches.iter().map(|batch| &batch.reasons));
    for note in levels.flat_map(|reasons| of_level(reasons)) {
        if notes.contains(&note) {
            continue;
        }
        if notes.len() == MAX_NOTES {
            return (notes, true);
        }
        notes.push(note);
    }
    (notes, false)
}

fn of_level(reasons: &[StatusReason]) -> Vec<PayeeCheckNote> {
    let mut texts: Vec<(Option<String>, Vec<&String>)> = Vec::new();
    let mut at = None;
    for line in reasons.iter().flat_map(|reason| &reason.information) {
        let code = explained(line).0;
        let place = match (code, at) {
            (Some(code), _) => texts.iter().position(|(known, _)| known.as_deref() == Some(code)),
            (None, last) => last,
        };
        let place = place.unwrap_or_else(|| {
            texts.push((code.map(str::to_owned), Vec::new()));
            texts.len() - 1
        });
        texts[place].1.push(line);
        at = Some(place);
    }
    let note = |(code, lines): (Option<String>, Vec<&String>)| PayeeCheckNote {
        status: code.as_deref().map(known),
        text: joined(lines.into_iter()),
    };
    texts.into_iter().map(note).filter(|note| !note.text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::BatchStatus;

    fn batch(line: &str) -> BatchStatus {
        let reason = StatusReason { information: vec![line.to_owned()], ..StatusReason::default() };
        BatchStatus { status: Some(Code::new("RVCM")), reasons: vec![reason], ..BatchStatus::default() }
    }

    #[test]
    fn notices_have_a_limit_and_a_report_says_that_it_has_more() {
        let settled = |lines: &[String]| {
            let batches = lines.iter().map(|line| batch(line)).collect();
            let mut report = StatusReport { batches, ..StatusReport::default() };
            settle(&mut report);
            (report.payee_check.map(|check| check.notes).unwrap_or_default(), report.notes)
        };
        let mut lines: Vec<String> = (0..20).map(|number| format!("RVNM Notice {number}")).collect();
        lines.extend_from_within(..);
        let (notes, said) = settled(&lines);
        assert_eq!((notes.len(), said.len()), (20, 0), "one that is repeated is no other");
        assert_eq!(notes.last().map(|note| note.text.as_str()), Some("Notice 19"));
        lines.push("RVNM Notice 20".to_owned());
        let (notes, said) = settled(&lines);
        assert_eq!(notes.len(), 20);
        assert!(matches!(said.as_slice(), [one] if one.contains("more than 20 notices")), "{said:?}");
        // 200,000 of them would take minutes if each were compared with all.
        let many: Vec<String> = (0..200_000).map(|number| format!("Notice {number}")).collect();
        assert_eq!(settled(&many).0.len(), 20);
    }
}
