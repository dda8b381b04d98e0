//! The reports' claims about a transaction, in order of time, and the status that results from them.

use crate::data::Code;
use crate::meaning::{self, MoneyState};
use crate::payee_check::{self, OrderWaitsFor, PayeeCheckState};
use crate::status::StatusReason;

use super::result::{MatchedBy, StatusSource};

/// A report's claim about a transaction.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReportClaim<'a> {
    /// The report's place in the order of time.
    pub(super) order: usize,
    /// The report's index in the input.
    pub(super) report: usize,
    /// The line in the report's file.
    pub(super) line: u64,
    /// The status; `None` if it was deduced that the bank accepted, or if there is only a reason.
    pub(super) code: Option<&'a Code>,
    pub(super) stage: ClaimStage,
    pub(super) source: StatusSource,
    /// The key by which the report names the transaction, or its batch or file.
    pub(super) by: MatchedBy,
    pub(super) reasons: &'a [StatusReason],
    /// A status of the same report that contradicts this one: of the batch or of the file.
    pub(super) contradicted: Option<&'a Code>,
    /// When the report was made, in milliseconds; `None` for a time that cannot be compared.
    pub(super) at: Option<i64>,
}

/// The progress of a transaction according to a status, as far as later statuses depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ClaimStage {
    /// Only a reason is given.
    Silent,
    /// An unknown status, or a bank's own.
    Unknown,
    /// Received, checked, waiting.
    Open,
    /// Some of the whole are accepted and others not, and which, it does not say: a check of payees is over.
    Mixed,
    /// The bank still checks the payees.
    Checking,
    /// The payees are checked: the order waits for its release.
    Checked,
    /// Accepted: the order is authorised, mostly after a check of payees.
    Approved,
    /// Accepted for execution: money may move.
    Moving,
    /// Debited and on its way, or stopped there.
    Debited,
    /// Debited.
    Executed,
    /// On the creditor's account.
    Arrived,
    /// Rejected or cancelled.
    Refused,
}

impl ClaimStage {
    const COUNT: usize = 12;

    /// The stage of a status. `in_check` is whether "pending" is about a check of payees.
    pub(crate) fn from_status(code: &Code, in_check: bool) -> Self {
        if code.proprietary {
            return Self::Unknown;
        }
        match payee_check::awaited(code, in_check) {
            Some(OrderWaitsFor::PayeeCheck) => return Self::Checking,
            Some(OrderWaitsFor::Release) => return Self::Checked,
            None => {}
        }
        let Some(known) = meaning::status_of(&code.code) else { return Self::Unknown };
        match (known.is_final, known.money) {
            (true, MoneyState::Arrived) => Self::Arrived,
            (true, MoneyState::Debited) => Self::Executed,
            (true, _) => Self::Refused,
            // Others are before it: the format alone was looked at, or a confirmation is awaited.
            (false, MoneyState::NotMoved) if matches!(code.code.as_str(), "ACCP" | "ACFC" | "ACWC") => Self::Approved,
            (false, MoneyState::NotMoved | MoneyState::Mixed) => Self::Open,
            (false, MoneyState::Debited) => Self::Debited,
            (false, _) => Self::Moving,
        }
    }

    /// The stage of a status of the whole in a report of a check: one that is mixed is not the last one as long as some payees
    /// are checked, and what is said of the format says nothing of the order.
    pub(super) fn of_whole(self, is_mixed: bool, check: Option<PayeeCheckState>, in_check: bool) -> Self {
        match (self, check) {
            (Self::Checked, Some(PayeeCheckState::Pending)) if is_mixed => Self::Checking,
            (Self::Open, Some(PayeeCheckState::Pending)) if in_check => Self::Checking,
            (Self::Open, Some(PayeeCheckState::Done)) if in_check => Self::Checked,
            (stage, _) => stage,
        }
    }

    /// The order's next step, if the status is one of a check of payees.
    pub(crate) fn waits_for(self) -> Option<OrderWaitsFor> {
        match self {
            Self::Checking => Some(OrderWaitsFor::PayeeCheck),
            Self::Checked => Some(OrderWaitsFor::Release),
            _ => None,
        }
    }

    /// Whether the order has not been authorised, as a check of payees comes before that.
    pub(super) fn is_check(self) -> bool {
        self.waits_for().is_some()
    }

    /// Whether it is refused, or authorised.
    pub(super) fn is_decided(self) -> bool {
        self == Self::Refused || self.is_authorised()
    }

    /// Whether the order was authorised.
    pub(crate) fn is_authorised(self) -> bool {
        matches!(self, Self::Approved | Self::Moving | Self::Debited | Self::Executed | Self::Arrived)
    }
}

/// A status, as far as its place in the progress of an order goes.
#[derive(Debug, Clone, Copy)]
struct StatusRank {
    stage: ClaimStage,
    /// How closely it names the transaction.
    closeness: u8,
    /// When its report was made, in milliseconds; `None` for a time that cannot be compared, as without an offset.
    at: Option<i64>,
}

/// Whether the order was authorised, by any status so far: then a check of payees is over.
#[derive(Debug, Clone, Copy, Default)]
enum StatusAuthorisation {
    #[default]
    NotYet,
    /// It was accepted, the last time at this time. Some banks accept an order before they check its payees: a check whose
    /// report is later is not over.
    AcceptedAt(i64),
    /// Its money moves, or it was accepted at a time that cannot be compared.
    Final,
}

/// The progress of an order, by its statuses so far.
#[derive(Debug, Clone, Copy, Default)]
struct StatusProgress {
    authorisation: StatusAuthorisation,
}

impl StatusProgress {
    /// Takes the next status of a transaction, a batch or a file; `false` if it does not replace the one that counts now. An
    /// order goes from received to the check of its payees, to the end of the check, to its authorisation, and never back:
    /// reports come late, in any order, and with times that cannot be compared. A result that names a transaction is not
    /// replaced by one of the whole.
    fn take(&mut self, now: Option<StatusRank>, next: StatusRank) -> bool {
        use ClaimStage::{Checked, Checking, Open, Unknown};
        self.authorise(next);
        match (now.map(|now| now.stage), next.stage) {
            (_, check) if check.is_check() && self.is_over(next.at) => false,
            (Some(now), Open | Unknown) => !now.is_check(),
            (Some(Checked), Checking) => false,
            (Some(Checked), Checked) => now.is_none_or(|now| now.closeness <= next.closeness),
            _ => true,
        }
    }

    fn authorise(&mut self, next: StatusRank) {
        use StatusAuthorisation::{AcceptedAt, Final, NotYet};
        self.authorisation = match (self.authorisation, next.stage, next.at) {
            (_, stage, _) if !stage.is_authorised() => return,
            (NotYet, ClaimStage::Approved, Some(at)) => AcceptedAt(at),
            (AcceptedAt(known), ClaimStage::Approved, Some(at)) => AcceptedAt(known.max(at)),
            _ => Final,
        };
    }

    /// Whether a check whose report was made at this time is over.
    fn is_over(self, check: Option<i64>) -> bool {
        match (self.authorisation, check) {
            (StatusAuthorisation::NotYet, _) => false,
            (StatusAuthorisation::AcceptedAt(accepted), Some(check)) => check <= accepted,
            _ => true,
        }
    }
}

/// Whether a lower level contradicts a refusal of the whole that it belongs to.
pub(super) fn contradicts(above: Option<&Code>, below: &Code) -> bool {
    above.is_some_and(|above| ClaimStage::from_status(above, false) == ClaimStage::Refused)
        && below.code.starts_with("AC")
        && !below.proprietary
}

/// The status of a transaction after all reports.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TransactionStanding<'a> {
    pub(super) claim: Option<ReportClaim<'a>>,
    /// The status that contradicts it.
    pub(super) other: Option<&'a Code>,
    /// Whether a superseded status reported a debit.
    debited: bool,
    progress: StatusProgress,
}

impl<'a> TransactionStanding<'a> {
    /// Adds the next claim: later ones replace those that are not final; a refusal and an execution contradict each
    /// other, in either order.
    pub(super) fn add(&mut self, next: &ReportClaim<'a>) {
        if self.other.is_some() {
            return;
        }
        let rank = |claim: &ReportClaim<'_>| StatusRank {
            stage: claim.stage,
            closeness: claim.source.closeness(),
            at: claim.at,
        };
        if !self.progress.take(self.claim.as_ref().map(rank), rank(next)) && next.contradicted.is_none() {
            return;
        }
        let Some(now) = &self.claim else {
            if next.stage == ClaimStage::Mixed {
                return;
            }
            (self.claim, self.other) = (Some(*next), next.contradicted);
            return;
        };
        if next.contradicted.is_some() {
            (self.claim, self.other) = (Some(*next), next.contradicted);
            return;
        }
        self.debited |= now.stage == ClaimStage::Debited;
        if next.stage == ClaimStage::Mixed {
            // What the check said is over, and nothing is known in its place.
            self.claim = self.claim.filter(|now| !now.stage.is_check());
            return;
        }
        match (now.stage, next.stage) {
            // Debited money may be gone, whatever was reported in between.
            (_, ClaimStage::Refused) if self.debited => self.other = next.code,
            (ClaimStage::Executed | ClaimStage::Arrived, ClaimStage::Refused)
            | (
                ClaimStage::Refused,
                ClaimStage::Moving | ClaimStage::Debited | ClaimStage::Executed | ClaimStage::Arrived,
            ) => {
                self.other = next.code;
            }
            (ClaimStage::Executed, ClaimStage::Arrived) => self.claim = Some(*next),
            (ClaimStage::Executed | ClaimStage::Arrived | ClaimStage::Refused, _) | (_, ClaimStage::Silent) => {}
            (_, _) => self.claim = Some(*next),
        }
    }
}

/// The reports' claims about a whole batch or file. The first and the last claim of each stage are enough, of those whose
/// time can be compared and of the others: those in between do not change the result. So the cost is not the number of
/// reports times the number of transactions.
#[derive(Debug, Default)]
pub(super) struct ClaimTimeline<'a> {
    claims: Vec<ReportClaim<'a>>,
}

impl<'a> ClaimTimeline<'a> {
    /// Adds a claim; they come in the order of time.
    pub(super) fn add(&mut self, claim: ReportClaim<'a>) {
        let same = |one: &&ReportClaim<'_>| {
            (one.stage, one.at.is_some()) == (claim.stage, claim.at.is_some()) && one.contradicted.is_none()
        };
        if claim.contradicted.is_none() && self.claims.iter().filter(same).count() == 2 {
            let last = self.claims.iter().rposition(|one| same(&one));
            self.claims.remove(last.unwrap_or_default());
        }
        let contradicted = self.claims.iter().any(|one| one.contradicted.is_some());
        if !(contradicted && claim.contradicted.is_some()) {
            self.claims.push(claim);
        }
        debug_assert!(self.claims.len() <= 4 * ClaimStage::COUNT + 1, "a timeline stays short");
    }

    pub(super) fn claims(&self) -> &[ReportClaim<'a>] {
        &self.claims
    }
}

/// The status that results from the claims about the file, the batch and the transaction itself: within one report, the
/// lowest level with a status counts.
pub(super) fn settle<'a>(
    file: &ClaimTimeline<'a>,
    batch: &ClaimTimeline<'a>,
    own: &[ReportClaim<'a>],
) -> TransactionStanding<'a> {
    let mut all: Vec<(u8, &ReportClaim<'a>)> = Vec::with_capacity(own.len() + 4);
    all.extend(file.claims().iter().map(|claim| (2, claim)));
    all.extend(batch.claims().iter().map(|claim| (1, claim)));
    all.extend(own.iter().map(|claim| (0, claim)));
    all.sort_by_key(|(level, claim)| (claim.order, *level));
    let mut standing = TransactionStanding::default();
    let mut last = None;
    for (level, claim) in all {
        if last.is_none_or(|(order, lowest)| order != claim.order || lowest == level) {
            last = Some((claim.order, level));
            standing.add(claim);
        }
    }
    standing
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CODES: &[&str] =
        &["ACTC", "ACCP", "ACSP", "ACWP", "ACSC", "ACCC", "RJCT", "PDNG", "PEND", "RVNC", "RCVC", "RVCM"];

    fn code(at: usize) -> Code {
        Code { code: CODES[at].to_owned(), meaning: None, proprietary: false, issuer: None }
    }

    fn claim(code: &Code, order: usize) -> ReportClaim<'_> {
        let source = StatusSource::Group;
        ReportClaim {
            order,
            report: order,
            line: 0,
            code: Some(code),
            stage: ClaimStage::from_status(code, false),
            source,
            by: MatchedBy::MessageId,
            reasons: &[],
            contradicted: None,
            at: None,
        }
    }

    proptest! {
        /// A timeline with claims left out gives the same result as a complete one.
        #[test]
        fn cut_timelines_settle_as_whole_ones(
            said in proptest::collection::vec((0..CODES.len(), 0..3_usize, any::<bool>(), 0..2_i64), 0..40),
        ) {
            let codes: Vec<Code> = (0..CODES.len()).map(code).collect();
            let (mut file, mut batch, mut own, mut naive) = (ClaimTimeline::default(), ClaimTimeline::default(), Vec::new(), TransactionStanding::default());
            let mut time = 0;
            for (order, (at, level, is_comparable, later)) in said.iter().enumerate() {
                time += later;
                let claim = ReportClaim { at: is_comparable.then_some(time), ..claim(&codes[*at], order) };
                naive.add(&claim);
                match level {
                    0 => own.push(claim),
                    1 => batch.add(claim),
                    _ => file.add(claim),
                }
            }
            let short = settle(&file, &batch, &own);
            prop_assert_eq!(short.other.is_some(), naive.other.is_some());
            if naive.other.is_none() {
                prop_assert_eq!(short.claim.map(|claim| claim.stage), naive.claim.map(|claim| claim.stage));
            }
        }
    }
}
