//! The payee check of each transaction, from the reports of one; and payees by account and name, which such a report may
//! give in place of ids.

use std::collections::HashMap;

use crate::data::{Code, Party};
use crate::payee_check::{PayeeCheck, PayeeCheckResult, is_of_check, result_of};
use crate::status::{BatchStatus, StatusReason, TransactionStatus};

use super::reports::MAX_CANDIDATES;
use super::result::MatchedBy;
use super::sent::{SentTransaction, UnsignedAmount, number_of};

/// The transactions of a payment file by account and name of the payee: those of each batch, and those of the file.
pub(super) struct PayeeIndex<'a>(HashMap<PayeeKey<'a>, Vec<usize>>);

/// A batch, or the whole file; the payee's account, and the name in small letters with single blanks.
type PayeeKey<'a> = (Option<usize>, &'a str, String);

impl<'a> PayeeIndex<'a> {
    pub(super) fn new(transactions: &[SentTransaction<'a>]) -> Self {
        let mut index: HashMap<PayeeKey<'a>, Vec<usize>> = HashMap::new();
        for (at, one) in transactions.iter().enumerate() {
            let Some((account, name)) = one.payment.creditor.as_deref().and_then(payee) else { continue };
            for scope in [None, Some(one.scope)] {
                let found = index.entry((scope, account, name.clone())).or_default();
                if found.len() <= MAX_CANDIDATES {
                    found.push(at);
                }
            }
        }
        Self(index)
    }

    /// The transactions with the payee of a status, at most one more than the candidates of an ambiguous match.
    pub(super) fn find(&self, scope: Option<usize>, one: &'a TransactionStatus) -> &[usize] {
        let key = one.creditor.as_deref().and_then(payee).map(|(account, name)| (scope, account, name));
        key.and_then(|key| self.0.get(&key)).map_or(&[], Vec::as_slice)
    }
}

/// A payee's account and name.
fn payee(party: &Party) -> Option<(&str, String)> {
    let name = party.name.as_deref()?.split_whitespace().collect::<Vec<_>>().join(" ");
    Some((number_of(party)?, name.to_lowercase())).filter(|(_, name)| !name.is_empty())
}

/// How often the statuses without ids of a report name each payee: one that is named twice may be about two
/// transactions. By the batch, and by the whole report.
pub(super) struct NamedPayees<'a>(HashMap<PayeeKey<'a>, usize>);

impl<'a> NamedPayees<'a> {
    /// The payees of a report's batches; `None` is a batch without an id.
    pub(super) fn new(batches: impl Iterator<Item = (Option<usize>, &'a BatchStatus)>) -> Self {
        let mut found: HashMap<PayeeKey<'a>, usize> = HashMap::new();
        for (scope, batch) in batches {
            for one in batch.transactions.iter().filter(|one| !has_id(one)) {
                let Some((account, name)) = one.creditor.as_deref().and_then(payee) else { continue };
                if scope.is_some() {
                    *found.entry((scope, account, name.clone())).or_default() += 1;
                }
                *found.entry((None, account, name)).or_default() += 1;
            }
        }
        Self(found)
    }

    /// Whether a status is the only one with its payee in its batch, or in the report if its batch has no id.
    pub(super) fn is_single(&self, scope: Option<usize>, one: &TransactionStatus) -> bool {
        let payee = one.creditor.as_deref().and_then(payee);
        payee.is_some_and(|(account, name)| self.0.get(&(scope, account, name)) == Some(&1))
    }
}

pub(super) fn has_id(one: &TransactionStatus) -> bool {
    one.uetr.is_some() || one.instruction_id.is_some() || one.end_to_end_id.is_some()
}

/// Whether a status repeats the amount of a transaction, if it gives one.
pub(super) fn is_of_amount(sent: &SentTransaction<'_>, one: &TransactionStatus) -> bool {
    let given = one.money.as_ref().and_then(UnsignedAmount::from_money);
    given.is_none_or(|given| sent.amount == Some(given))
}

/// A report's result of the payee check, of a transaction or of a whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct PayeeClaim<'a> {
    /// The report's place in the order of time.
    order: usize,
    code: &'a Code,
    /// `None` for a whole whose check is done, without a result for each transaction.
    result: Option<PayeeCheckResult>,
    /// The bank's words on this payee; those on a whole are not about one.
    reasons: &'a [StatusReason],
    pub(super) by: MatchedBy,
    is_own: bool,
    in_check: bool,
}

impl<'a> PayeeClaim<'a> {
    /// The result of a transaction with a status of its own.
    pub(super) fn own(
        (order, in_check): (usize, bool),
        code: &'a Code,
        one: &'a TransactionStatus,
        by: MatchedBy,
    ) -> Option<Self> {
        let result = Some(PayeeCheck::of_transaction(code, &one.reasons, in_check)?.result);
        Some(Self { order, code, result, reasons: &one.reasons, by, is_own: true, in_check })
    }

    /// The result of each transaction of a whole. As long as the check `runs`, a whole with mismatches says nothing.
    pub(super) fn of_whole(
        (order, in_check): (usize, bool),
        code: &'a Code,
        runs: bool,
        by: MatchedBy,
    ) -> Option<Self> {
        let result = result_of(code, in_check);
        if result.is_none() && (runs || !is_of_check(code)) {
            return None;
        }
        Some(Self { order, code, result, reasons: &[], by, is_own: false, in_check })
    }

    /// Replaces an earlier result. A check goes from pending to done and never back; the same result without the bank's
    /// words does not take those of the earlier one.
    pub(super) fn put_into(self, slot: &mut Option<Self>) {
        let replaces = |known: &Self| {
            (known.is_pending() || !self.is_pending())
                && !(known.result == self.result && self.reasons.is_empty() && !known.reasons.is_empty())
        };
        if slot.as_ref().is_none_or(replaces) {
            *slot = Some(self);
        }
    }

    fn is_pending(&self) -> bool {
        self.result == Some(PayeeCheckResult::Pending)
    }

    /// The check with the result, if there is one.
    pub(super) fn check(&self) -> Option<PayeeCheck> {
        let whole = || self.result.map(|result| PayeeCheck::with_words(result, &[]));
        if self.is_own { PayeeCheck::of_transaction(self.code, self.reasons, self.in_check) } else { whole() }
    }
}

/// The result for a transaction: its own one, that of its batch or that of the file. That of a whole takes the place of
/// one that is pending, from another report; never that of a result.
pub(super) fn settle<'a>(levels: [Option<PayeeClaim<'a>>; 3]) -> Option<PayeeClaim<'a>> {
    let [mut best, batch, file] = levels;
    for above in [batch, file].into_iter().flatten() {
        let ends = |known: PayeeClaim<'_>| {
            known.is_pending()
                && known.order != above.order
                && (above.result.is_some() && !above.is_pending() || above.order > known.order)
        };
        if best.is_none_or(ends) {
            best = Some(above);
        }
    }
    best.filter(|best| best.result.is_some())
}
