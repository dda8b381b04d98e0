//! The statuses that a report lists, and the conclusion for those that it does not list.

use std::collections::HashMap;

use crate::cash::DecimalSum;
use crate::data::Code;
use crate::status::{StatusCount, StatusReason};

use super::claims::ClaimStage;
use super::result::StatusSource;
use super::sent::SentPayments;

/// A report's statuses of single transactions of a batch or of the file.
#[derive(Default)]
pub(super) struct ListedStatuses<'a> {
    pub(super) count: u64,
    pub(super) sum: Option<DecimalSum>,
    pub(super) by_code: HashMap<&'a str, u64>,
    /// Whether one of them was not accepted.
    pub(super) exceptions: bool,
    /// Whether all of them were refused or are waiting.
    pub(super) only_exceptions: bool,
    /// Whether one was ambiguous or has no status.
    pub(super) unclear: bool,
}

impl<'a> ListedStatuses<'a> {
    pub(super) fn new() -> Self {
        Self { sum: Some(DecimalSum::default()), only_exceptions: true, ..Self::default() }
    }

    pub(super) fn add(&mut self, code: &'a Code, count: u64, sum: Option<DecimalSum>) {
        let exception = ClaimStage::from_status(code, false) == ClaimStage::Refused;
        self.count += count;
        self.sum = self.sum.zip(sum).and_then(|(sum, one)| sum.plus(one));
        *self.by_code.entry(&code.code).or_default() += count;
        self.exceptions |= exception;
        self.only_exceptions &= exception;
    }

    pub(super) fn append(&mut self, other: Self) {
        self.count += other.count;
        self.sum = self.sum.zip(other.sum).and_then(|(sum, one)| sum.plus(one));
        for (code, count) in other.by_code {
            *self.by_code.entry(code).or_default() += count;
        }
        self.exceptions |= other.exceptions;
        self.only_exceptions &= other.only_exceptions;
        self.unclear |= other.unclear;
    }
}

/// The status of the whole that transactions belong to.
#[derive(Clone, Copy)]
pub(super) struct ParentStatus<'a> {
    pub(super) code: Option<&'a Code>,
    pub(super) reasons: &'a [StatusReason],
    pub(super) source: StatusSource,
}

impl<'a> ParentStatus<'a> {
    /// A status that applies to each transaction.
    pub(super) fn whole(&self) -> Option<&'a Code> {
        self.code.filter(|code| code.code != "PART")
    }

    /// A status that applies to some of the transactions: the counts may say to which.
    pub(super) fn is_mixed(&self) -> bool {
        self.code.is_some_and(|code| matches!(code.code.as_str(), "PART" | "RVCM"))
    }
}

/// The status of transactions that a report does not list, if some were accepted and others not: the remainder of the
/// counts; without counts, the bank lists the exceptions, so the others were accepted.
pub(super) fn deduce<'a>(
    counts: &'a [StatusCount],
    (original_count, original_sum): (Option<u64>, Option<DecimalSum>),
    (members, total): (u64, Option<DecimalSum>),
    listed: &ListedStatuses<'a>,
) -> Option<(Option<&'a Code>, StatusSource)> {
    let rest = members.checked_sub(listed.count).filter(|rest| *rest > 0)?;
    let other_sum = original_sum.zip(total).is_some_and(|(said, total)| said.units() != total.units());
    if listed.unclear || original_count.is_some_and(|count| count != members) || other_sum {
        return None;
    }
    let rest_sum = total.zip(listed.sum).and_then(|(total, listed)| total.minus(listed));
    let mut left = None;
    for one in counts {
        let code = one.status.as_ref()?;
        let known = listed.by_code.get(code.code.as_str()).copied().unwrap_or_default();
        let of_rest = one.count?.checked_sub(known)?;
        if of_rest == 0 {
            continue;
        }
        let said = one.sum.as_ref().filter(|_| known == 0).and_then(DecimalSum::from_decimal);
        let fits = said.zip(rest_sum).is_none_or(|(said, rest)| said.units() == rest.units());
        if of_rest != rest || !fits || left.replace(code).is_some() {
            return None;
        }
    }
    let by_count = original_count.is_some() || !counts.is_empty();
    match left {
        Some(code) => Some((Some(code), StatusSource::Counts)),
        None => (by_count && listed.exceptions && listed.only_exceptions).then_some((None, StatusSource::Counts)),
    }
}

pub(super) fn sum_of(sent: &SentPayments<'_>, members: &[usize]) -> Option<DecimalSum> {
    let amounts = members.iter().map(|at| sent.transactions[*at].payment.money.as_ref());
    amounts
        .map(|money| DecimalSum::from_decimal(&money?.amount))
        .try_fold(DecimalSum::default(), |sum, one| sum.plus(one?))
}
