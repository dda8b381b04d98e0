//! The outcome of each transaction, from reports and bookings together.

use std::borrow::Cow;

use crate::cash::ReturnInformation;
use crate::data::Money;
use crate::meaning::{self, Again, PaymentCircumstances};
use crate::payee_check::CHECK_RUNS;
use crate::status::{StatusReason, StatusReport};

use super::advice;
use super::batches::BatchVerdict;
use super::claims::ClaimStage;
use super::days;
use super::entries::{BookedResults, BookingHit, BookingTrack};
use super::named::difference;
use super::payees::PayeeClaim;
use super::reports::{MAX_CANDIDATES, ReportResults, place};
use super::result::{MatchedTransaction, Outcome};
use super::sent::{SentPayments, UnsignedAmount};
use super::shared;

/// All information about one transaction.
pub(super) struct TransactionCase<'c, 'a> {
    pub(super) sent: &'c SentPayments<'a>,
    pub(super) reports: &'a [StatusReport],
    pub(super) reported: &'c ReportResults<'a>,
    pub(super) booked: &'c BookedResults<'a>,
    pub(super) at: usize,
}

impl<'a> TransactionCase<'_, 'a> {
    fn track(&self) -> &BookingTrack {
        &self.booked.tracks[self.at]
    }

    fn stage(&self) -> Option<ClaimStage> {
        self.reported.standings[self.at].claim.map(|claim| claim.stage)
    }

    fn batch(&self, verdict: BatchVerdict) -> Option<BookingHit> {
        let found = self.track().batch.filter(|batch| batch.verdict == verdict)?;
        Some(BookingHit { booking: found.booking, detail: None, exact: true })
    }

    /// The entry that debited it.
    fn debit(&self) -> Option<BookingHit> {
        match self.track().debits.as_slice() {
            [hit] => Some(*hit),
            _ => self.batch(BatchVerdict::Paid),
        }
    }

    fn outcome(&self) -> Outcome {
        let (track, standing) = (self.track(), &self.reported.standings[self.at]);
        let stage = self.stage();
        // One return reverses only one of two debits.
        if track.debits.len() > 1 {
            return Outcome::Ambiguous;
        }
        if track.returned.is_some() {
            return Outcome::Returned;
        }
        if standing.other.is_some() {
            return Outcome::Conflict;
        }
        if let Some(hit) = self.debit() {
            return match stage {
                Some(ClaimStage::Refused) => Outcome::Conflict,
                _ if self.with_others(hit) => Outcome::PaidInBatch,
                _ => Outcome::Paid,
            };
        }
        let code = standing.claim.and_then(|claim| claim.code).map(|code| code.code.as_str());
        let known = code.and_then(meaning::status_of);
        match stage {
            Some(ClaimStage::Refused) if code == Some("CANC") => return Outcome::Cancelled,
            Some(ClaimStage::Refused) => return Outcome::Rejected,
            _ if self.batch(BatchVerdict::Differs).is_some() => return Outcome::BatchDiffers,
            _ if track.ambiguous.is_some() => return Outcome::Ambiguous,
            Some(ClaimStage::Executed | ClaimStage::Arrived) => return Outcome::ExecutedReported,
            // Debited and on its way; if it is blocked, the bank must be asked.
            Some(ClaimStage::Debited) if known.is_some_and(|known| known.again == Again::No) => {
                return Outcome::ExecutedReported;
            }
            _ if track.probable.is_some() || self.batch(BatchVerdict::Probable).is_some() => return Outcome::Probable,
            _ if !track.other_amounts.is_empty() => return Outcome::AmountDiffers,
            _ => {}
        }
        match stage {
            Some(ClaimStage::Open | ClaimStage::Approved | ClaimStage::Moving)
                if code.is_none_or(|code| code.starts_with("AC")) =>
            {
                Outcome::Accepted
            }
            Some(
                ClaimStage::Open
                | ClaimStage::Checking
                | ClaimStage::Checked
                | ClaimStage::Approved
                | ClaimStage::Moving
                | ClaimStage::Debited,
            ) => Outcome::InProgress,
            _ if track.pending.is_some() => Outcome::InProgress,
            _ if self.reported.ambiguous[self.at] => Outcome::Ambiguous,
            _ => Outcome::Unknown,
        }
    }

    /// Whether an entry debited other transactions too.
    fn with_others(&self, hit: BookingHit) -> bool {
        let booking = &self.booked.bookings.all[hit.booking];
        hit.detail.is_none() && self.track().batch.is_some()
            || booking.details.len() > 1
            || booking.entry.batches.iter().any(|batch| batch.count.is_some_and(|count| count > 1))
    }

    /// Whether money may have moved, or may still move; a rejection alone does not show this.
    fn in_doubt(&self) -> bool {
        let track = self.track();
        track.ambiguous.is_some()
            || track.probable.is_some()
            || track.pending.is_some()
            || track.batch.is_some()
            || track.doubt
            || self.reported.ambiguous[self.at]
    }

    /// Whether another debit, in addition to the reversed one, may belong to this payment.
    fn another_debit(&self) -> bool {
        let track = self.track();
        track.ambiguous.is_some() || track.probable.is_some() || track.doubt
    }

    fn circumstances(&self, outcome: Outcome) -> PaymentCircumstances {
        if outcome == Outcome::Returned {
            return PaymentCircumstances { instant: false, not_debited: true };
        }
        let one = &self.sent.transactions[self.at];
        let kinds = [&self.sent.file.batches[one.batch].kind, &one.payment.kind];
        let mut codes = kinds.into_iter().flat_map(|kind| kind.local_instrument.iter().chain(&kind.service_levels));
        PaymentCircumstances {
            instant: codes.any(|code| code.code == "INST"),
            not_debited: self.shows_no_debit().unwrap_or_default(),
        }
    }

    /// Whether the given statements prove that the account was not debited: up to some days after the debit was due,
    /// and after the bank refused.
    fn shows_no_debit(&self) -> Option<bool> {
        let one = &self.sent.transactions[self.at];
        let (created, execution) = self.sent.days(one);
        let claim = self.reported.standings[self.at].claim?;
        let refused = self.reports[claim.report].created.as_ref().map(|moment| moment.date);
        let from = execution?.min(created.or(execution)?);
        let to = days::when_to_ask(execution.max(created).max(refused)?)?;
        Some(self.booked.cover.shows_no_debit(one.debtor?, one.amount?, from, to))
    }

    /// Whether the returned amount may differ from the ordered one: a charge, or a part that the payee keeps. One that is
    /// not known may be a part.
    fn returned_in_part(&self) -> bool {
        let Some(hit) = self.track().returned.filter(|hit| hit.detail.is_some()) else { return false };
        let back = self.booked.bookings.all[hit.booking].own_money(hit.detail).and_then(UnsignedAmount::from_money);
        self.sent.transactions[self.at].amount.is_some_and(|ordered| back != Some(ordered))
    }

    /// Why the money came back.
    fn return_information(&self) -> Option<&'a ReturnInformation> {
        let hit = self.track().returned?;
        self.booked.bookings.all[hit.booking].details.get(hit.detail?)?.returned.as_deref()
    }

    /// All reasons: of the return, otherwise of the status.
    fn reasons(&self) -> Cow<'a, [StatusReason]> {
        if let Some(returned) = self.return_information() {
            return Cow::Owned(vec![StatusReason {
                code: returned.reason.clone(),
                information: returned.information.clone(),
                originator: returned.originator.clone(),
            }]);
        }
        Cow::Borrowed(self.reported.standings[self.at].claim.map_or(&[], |claim| claim.reasons))
    }

    /// Whether it may be sent again, according to the reasons shown; `all` is false if there are more.
    fn again(&self, outcome: Outcome, shown: &[StatusReason], all: bool) -> (Again, String) {
        let code = self.reported.standings[self.at].claim.and_then(|claim| claim.code);
        match outcome {
            Outcome::Rejected | Outcome::Cancelled if self.in_doubt() => advice::in_doubt(),
            Outcome::Returned if self.another_debit() => advice::in_doubt(),
            Outcome::Returned if self.returned_in_part() => advice::returned_in_part(),
            Outcome::Rejected | Outcome::Returned => advice::of_reasons(shown, all, self.circumstances(outcome)),
            Outcome::Unknown if code.is_none() => (Again::No, self.when_to_ask()),
            Outcome::InProgress if self.has_unassigned_decision() => advice::unassigned_decision(),
            Outcome::InProgress if self.check_runs() => (Again::Wait, CHECK_RUNS.to_owned()),
            Outcome::Accepted | Outcome::InProgress | Outcome::Unknown => advice::of_status(code, outcome),
            _ => advice::of_outcome(outcome),
        }
    }

    fn payee(&self) -> Option<&PayeeClaim<'a>> {
        self.reported.payee_checks[self.at].as_ref()
    }

    /// Whether its payee is still checked, as far as the bank says.
    fn check_runs(&self) -> bool {
        self.stage() == Some(ClaimStage::Checking)
    }

    /// Whether its last status is one of a check, and the bank has decided about a transaction that it does not name.
    fn has_unassigned_decision(&self) -> bool {
        self.reported.has_unassigned && self.stage().is_some_and(ClaimStage::is_check)
    }

    fn when_to_ask(&self) -> String {
        let batch = &self.sent.file.batches[self.sent.transactions[self.at].batch];
        let day = batch.execution.as_ref().and_then(|execution| days::when_to_ask(execution.date));
        match day {
            Some(day) => format!("look at the account first; ask the bank from {}", day.0),
            None => "look at the account first; then ask the bank".to_owned(),
        }
    }

    /// How much larger the booking is than the order.
    fn difference(&self, hit: Option<BookingHit>) -> Option<Money> {
        let hit = hit?;
        let booked = self.booked.bookings.all[hit.booking].own_money(hit.detail)?;
        difference(booked, self.sent.transactions[self.at].payment.money.as_ref()?)
    }

    pub(super) fn matched(&self) -> MatchedTransaction {
        let one = &self.sent.transactions[self.at];
        let (payment, batch) = (one.payment, &self.sent.file.batches[one.batch]);
        let standing = &self.reported.standings[self.at];
        let (outcome, given) = (self.outcome(), self.reasons());
        let reasons = match &given {
            // The reason of the return is this transaction's own.
            Cow::Owned(own) => own.clone(),
            Cow::Borrowed(all) => shared::reasons(all),
        };
        let (again, advice) = self.again(outcome, &reasons, reasons.len() == given.len());
        let shown = |hit: BookingHit| self.booked.bookings.all[hit.booking].place(hit.detail);
        let track = self.track();
        let other = match track.other_amounts.as_slice() {
            [other] if outcome == Outcome::AmountDiffers => Some(*other),
            _ => None,
        };
        let own = self.track().debits.first().copied().filter(|_| track.debits.len() == 1).or(other);
        let weak = || {
            track
                .probable
                .or(self.batch(BatchVerdict::Probable))
                .or(self.batch(BatchVerdict::Differs))
                .or(other)
                .or(track.pending)
        };
        let ambiguous = track.debits.iter().chain(&track.ambiguous).filter(|_| outcome == Outcome::Ambiguous);
        let candidates: Vec<BookingHit> = ambiguous.chain(&track.other_amounts).take(MAX_CANDIDATES).copied().collect();
        let creditor = payment.creditor.as_deref();
        let claim = standing.claim;
        MatchedTransaction {
            number: self.at as u64 + 1,
            line: payment.line,
            batch: one.batch as u64 + 1,
            batch_id: shared::text(batch.id.as_deref()),
            instruction_id: payment.instruction_id.clone(),
            end_to_end_id: payment.end_to_end_id.clone(),
            uetr: payment.uetr.clone(),
            creditor: creditor.and_then(|party| party.name.clone()),
            iban: creditor.and_then(|party| party.iban.clone()),
            account: creditor.and_then(|party| party.account.clone()),
            money: payment.money.clone(),
            outcome,
            status: claim.and_then(|claim| claim.code).map(shared::code),
            status_from: claim.filter(|claim| claim.stage != ClaimStage::Silent).map(|claim| claim.source),
            matched_by: claim.filter(|claim| claim.stage != ClaimStage::Silent).map(|claim| claim.by),
            other_status: standing.other.map(shared::code),
            payee_check: self.payee().and_then(PayeeClaim::check).map(|check| Box::new(shared::payee_check(check))),
            payee_check_matched_by: self.payee().map(|payee| payee.by),
            reason: reasons.iter().find_map(|reason| reason.code.clone()),
            reasons,
            again,
            advice,
            report: claim.map(|claim| place(claim.report, &self.reports[claim.report], claim.line)),
            booking: self.debit().or_else(weak).map(shown),
            return_booking: track.returned.map(shown),
            candidates: candidates.into_iter().map(shown).collect(),
            difference: self.difference(own),
        }
    }
}
