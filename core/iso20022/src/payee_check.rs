//! The payee check (verification of payee) in a status report: whether the names of the payees belong to their accounts.
//!
//! The check comes before the order is authorised: the statuses `RCVC`, `RVCM`, `RVMC`, `RVNM`, `RVNA` and `RVNC` say its
//! result, and the order waits at the bank until somebody releases or cancels it. Banks do not keep to the levels of the
//! codes, so each code is read at each level.

mod summary;

use bankchannel_foundation::model::Boundary;

use crate::data::{Code, boxed};
use crate::meaning;
use crate::status::{StatusReason, StatusReport};

pub(crate) use summary::{MAX_NOTES, ResultCounts, notes, settle};
pub use summary::{
    PayeeCheckNote, PayeeCheckNoteBuilder, PayeeCheckState, PayeeCheckSummary, PayeeCheckSummaryBuilder,
};

/// The result of the payee check for a payee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Boundary)]
#[non_exhaustive]
pub enum PayeeCheckResult {
    /// Name and account belong together.
    Match,
    /// The name is nearly that of the account: see the registered name.
    CloseMatch,
    /// The name is not that of the account.
    NoMatch,
    /// The name could not be checked.
    NotChecked,
    /// The check is not finished.
    Pending,
}

/// The result of the payee check for one transaction.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct PayeeCheck {
    /// The result.
    pub result: PayeeCheckResult,
    /// The name that the payee's bank has for the account; given with a close match.
    pub registered_name: Option<String>,
    /// The bank's further words on this payee.
    pub note: Option<String>,
}

/// The next step of an order that waits at the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Boundary)]
#[non_exhaustive]
pub enum OrderWaitsFor {
    /// The bank still checks the payees: wait for its next report.
    PayeeCheck,
    /// Somebody must release or cancel the order at the bank. Nothing is paid until then.
    Release,
}

boxed!(PayeeCheck, PayeeCheckSummary);

/// The advice while the check of a payee runs.
pub(crate) const CHECK_RUNS: &str = "wait for the next report: the bank has not finished the check of the payee";
/// The words for `PDNG` inside a payee check.
const PENDING_WORDS: &str = "payee check is running";
/// The status "pending", which inside a payee check means that the check of this payee is not finished.
const PENDING: &str = "PDNG";

/// Whether a status is one of a payee check.
pub(crate) fn is_of_check(code: &Code) -> bool {
    !code.proprietary && matches!(code.code.as_str(), "RCVC" | "RVCM" | "RVNC" | "RVMC" | "RVNM" | "RVNA")
}

/// Whether a report is one of a payee check: a level, a transaction or a count has such a status. A count of zero is
/// enough as long as no status says that payments go on: the check has only begun.
pub(crate) fn is_check(report: &StatusReport) -> bool {
    let of_batches = report.batches.iter().flat_map(|batch| &batch.counts);
    let mut counted = report.counts.iter().chain(of_batches).filter_map(|one| one.status.as_ref());
    statuses(report).any(is_of_check) || counted.any(is_of_check) && statuses(report).all(is_before_release)
}

/// Whether "pending" in a report of a payee check is about the check: no status says that payments go on.
pub(crate) fn means_pending_checks(report: &StatusReport) -> bool {
    statuses(report).all(is_before_release) && is_check(report)
}

/// Whether an order with this status, or the rest of it, has not been released.
fn is_before_release(code: &Code) -> bool {
    let others = matches!(code.code.as_str(), PENDING | "RJCT" | "CANC" | "PART" | "RCVD" | "ACTC");
    is_of_check(code) || others && !code.proprietary
}

/// Whether a status of a transaction says a result of the check.
pub(crate) fn is_result(code: &Code, in_check: bool) -> bool {
    is_of_check(code) || in_check && is_pending(code)
}

/// The statuses of a report at all levels, and those that its counts have.
fn statuses(report: &StatusReport) -> impl Iterator<Item = &Code> {
    let counts = report.counts.iter().chain(report.batches.iter().flat_map(|batch| &batch.counts));
    let counted = counts.filter(|one| one.count != Some(0)).filter_map(|one| one.status.as_ref());
    report.statuses().chain(counted)
}

fn is_pending(code: &Code) -> bool {
    !code.proprietary && code.code == PENDING
}

/// The result that a status says for each transaction that it applies to; `None` for one that says only that some of
/// them do not match. `in_check` is whether "pending" is about the check.
pub(crate) fn result_of(code: &Code, in_check: bool) -> Option<PayeeCheckResult> {
    if code.proprietary {
        return None;
    }
    match code.code.as_str() {
        "RCVC" => Some(PayeeCheckResult::Match),
        "RVMC" => Some(PayeeCheckResult::CloseMatch),
        "RVNM" => Some(PayeeCheckResult::NoMatch),
        "RVNA" => Some(PayeeCheckResult::NotChecked),
        "RVNC" => Some(PayeeCheckResult::Pending),
        PENDING if in_check => Some(PayeeCheckResult::Pending),
        _ => None,
    }
}

/// The next step of an order with this status of a payee check.
pub(crate) fn awaited(code: &Code, in_check: bool) -> Option<OrderWaitsFor> {
    match result_of(code, in_check) {
        Some(PayeeCheckResult::Pending) => Some(OrderWaitsFor::PayeeCheck),
        _ => is_of_check(code).then_some(OrderWaitsFor::Release),
    }
}

impl PayeeCheck {
    /// The check's result, with the bank's lines on this payee.
    pub(crate) fn with_words(result: PayeeCheckResult, reasons: &[StatusReason]) -> Self {
        let (mut texts, mut name) = (Vec::new(), None);
        for reason in reasons {
            let (explanation, text) = reason.information.split_at(explanation(&reason.information));
            texts.push(joined(explanation.iter()));
            let text = joined(text.iter());
            if result == PayeeCheckResult::CloseMatch && name.is_none() && is_name(&text) {
                name = Some(text);
            } else {
                texts.push(text);
            }
        }
        texts.retain(|text| !text.is_empty());
        Self { result, registered_name: name, note: Some(texts.join("; ")).filter(|note| !note.is_empty()) }
    }

    /// The result of a transaction with a status of its own.
    pub(crate) fn of_transaction(code: &Code, reasons: &[StatusReason], in_check: bool) -> Option<Self> {
        // "Some do not match", said of one transaction; the registered name comes with a close match only.
        let mixed = || is_of_check(code).then_some(PayeeCheckResult::NoMatch);
        Some(Self::with_words(result_of(code, in_check).or_else(mixed)?, reasons))
    }
}

/// Maximum number of characters of a name, by the schemas.
const MAX_NAME: usize = 140;

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= MAX_NAME
}

/// The number of lines that explain the code before another text begins: the first one begins with the code. They end with a
/// sentence, and a line without a code follows; or they are all a sentence.
fn explanation(lines: &[String]) -> usize {
    let is_coded = |line: &String| explained(line).0.is_some();
    if !lines.first().is_some_and(is_coded) {
        return 0;
    }
    let before_text = |end: &usize| ends_sentence(&lines[end - 1]) && !is_coded(&lines[*end]);
    let whole = || if is_sentence(lines) { lines.len() } else { 0 };
    (1..lines.len()).rev().find(before_text).unwrap_or_else(whole)
}

/// What ends a name with a full stop, beside what has three letters or less.
const SHORTENED: &[&str] = &["corp", "bros", "gmbh"];
/// Most letters of what is shortened by a full stop: `Ltd.`, `o.`, `Kft.`.
const SHORT: usize = 3;
/// Fewest words of a sentence that stands alone: a name mostly has less.
const MIN_SENTENCE: usize = 4;

/// Whether a line ends with a sentence, and not with a shortened word, as names do.
fn ends_sentence(line: &str) -> bool {
    let word = line.split_whitespace().next_back().and_then(|word| word.strip_suffix('.'));
    let is_shortened = |word: &str| SHORTENED.iter().any(|known| known.eq_ignore_ascii_case(word));
    word.is_some_and(|word| word.chars().count() > SHORT && !word.contains('.') && !is_shortened(word))
}

/// Whether lines are a sentence: they end as one, or with a short word where most of the others are in small letters.
fn is_sentence(lines: &[String]) -> bool {
    let words = || lines.iter().flat_map(|line| explained(line).1.split_whitespace());
    let Some(last) = lines.last().filter(|last| last.trim_end().ends_with('.')) else { return false };
    let long = || words().filter(|word| word.chars().count() >= SHORT);
    let small = long().filter(|word| word.starts_with(char::is_lowercase)).count();
    words().count() >= MIN_SENTENCE && (ends_sentence(last) || small * 2 > long().count())
}

/// Lines of one text, without the codes that they begin with.
fn joined<'l>(lines: impl Iterator<Item = &'l String>) -> String {
    let lines = lines.map(|line| explained(line).1).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

/// A line of text, and the code of a payee check that it begins with.
fn explained(line: &str) -> (Option<&str>, &str) {
    let line = line.trim();
    let Some((code, text)) = line.get(..4).zip(line.get(4..)) else { return (None, line) };
    let separated = text.is_empty() || text.starts_with([' ', ':', '-', '\t']);
    if separated && (is_of_check(&Code::new(code)) || code == PENDING) {
        return (Some(code), text.trim_start_matches([' ', ':', '-', '\t']));
    }
    (None, line)
}

/// The code with its meaning inside a payee check.
fn explain(code: &mut Code) {
    if is_pending(code) {
        code.meaning = Some(PENDING_WORDS.to_owned());
    }
}

/// A code of a payee check with its meaning.
fn known(code: &str) -> Code {
    let mut known = Code { meaning: meaning::status(code).map(str::to_owned), ..Code::new(code) };
    explain(&mut known);
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(lines: &[&str]) -> StatusReason {
        StatusReason { information: lines.iter().map(|line| (*line).to_owned()).collect(), ..StatusReason::default() }
    }

    #[test]
    fn the_registered_name_comes_with_a_close_match_only() {
        let of = |code: &str, reasons: &[StatusReason]| PayeeCheck::of_transaction(&Code::new(code), reasons, true);
        let close = of("RVMC", &[reason(&["RVMC Matti", "Wirtanen"]), reason(&["ask him"])]);
        let close = close.map(|check| (check.result, check.registered_name, check.note));
        let expected = (PayeeCheckResult::CloseMatch, Some("Matti Wirtanen".to_owned()), Some("ask him".to_owned()));
        assert_eq!(close, Some(expected));
        let not_checked = of("RVNA", &[reason(&["no answer"])]);
        let not_checked = not_checked.map(|check| (check.result, check.registered_name, check.note));
        assert_eq!(not_checked, Some((PayeeCheckResult::NotChecked, None, Some("no answer".to_owned()))));
        // The code of a whole file, said of one transaction.
        assert_eq!(of("RVCM", &[]).map(|check| check.result), Some(PayeeCheckResult::NoMatch));
        let mixed = of("RVCM", &[reason(&["A"])]).map(|check| (check.result, check.registered_name, check.note));
        assert_eq!(mixed, Some((PayeeCheckResult::NoMatch, None, Some("A".to_owned()))));
        // A notice about the code is no name.
        let close = of("RVMC", &[reason(&["RVMC If you go on, you are liable.", "Matti", "Wirtanen"])]);
        let close = close.map(|check| (check.registered_name, check.note));
        assert_eq!(close, Some((Some("Matti Wirtanen".to_owned()), Some("If you go on, you are liable.".to_owned()))));
        let alone = of("RVMC", &[reason(&["RVMC If you go on, you are liable."])]);
        let alone = alone.map(|check| (check.registered_name, check.note));
        assert_eq!(alone, Some((None, Some("If you go on, you are liable.".to_owned()))));
        let wrapped = of("RVMC", &[reason(&["RVMC If you go on,", "you are liable.", "Matti Wirtanen"])]);
        assert_eq!(wrapped.and_then(|check| check.registered_name).as_deref(), Some("Matti Wirtanen"));
        let short = of("RVMC", &[reason(&["RVMC Close match.", "Matti Wirtanen"])]);
        assert_eq!(short.and_then(|check| check.registered_name).as_deref(), Some("Matti Wirtanen"));
        let both = of("RVMC", &[reason(&["RVMC If you go on, you are liable.", "Firma Novák s. r. o."])]);
        assert_eq!(both.and_then(|check| check.registered_name).as_deref(), Some("Firma Novák s. r. o."));
        let coded = of("RVMC", &[reason(&["RVMC The name differs.", "RVMC If you go on, you are liable."])]);
        assert_eq!(coded.map(|check| check.registered_name), Some(None));
        let small = of("RVMC", &[reason(&["RVMC If you go on, nobody pays you."])]);
        assert_eq!(small.map(|check| check.registered_name), Some(None));
        for name in [
            "Dr. Matti|Wirtanen",
            "Trade and|Sons Ltd.",
            "Bakkerij van der Berg B.V.",
            "A. Virtanen",
            "Firma Novák s. r. o.",
            "Podjetje Novak d. o. o.",
            "Förderverein der Musikschule e. V.",
            "Magyar Példa Kereskedelmi és Szolgáltató Kft.",
        ] {
            let lines: Vec<&str> = name.split('|').collect();
            let coded = format!("RVMC {}", lines[0]);
            let close = of("RVMC", &[reason(&[&[coded.as_str()], &lines[1..]].concat())]);
            assert_eq!(close.and_then(|check| check.registered_name), Some(name.replace('|', " ")));
        }
        let notice = "words ".repeat(30);
        let close = of("RVMC", &[reason(&[&notice]), reason(&["Wirtanen"])]);
        assert_eq!(close.and_then(|check| check.registered_name).as_deref(), Some("Wirtanen"));
        assert_eq!(of("ACCP", &[]), None);
        assert_eq!(PayeeCheck::of_transaction(&Code::new("PDNG"), &[], false), None);
        assert_eq!(PayeeCheck::of_transaction(&Code::own("RVNM"), &[], true), None);
    }

    #[test]
    fn a_line_may_begin_with_the_code_that_it_explains() {
        assert_eq!(explained("RVMC The name"), (Some("RVMC"), "The name"));
        assert_eq!(explained("RVNA: not"), (Some("RVNA"), "not"));
        assert_eq!(explained("RVNAX"), (None, "RVNAX"));
        assert_eq!(explained("ACME Oy"), (None, "ACME Oy"));
        assert_eq!(explained("Ä€"), (None, "Ä€"));
    }
}
