//! The reports' statuses of each transaction: which transaction they name, and what follows for those that they do not
//! name.

use std::collections::{HashMap, HashSet};

use crate::cash::DecimalSum;
use crate::data::{Code, Moment, placeholder};
use crate::payee_check::{self, MAX_NOTES, PayeeCheckNote, PayeeCheckState};
use crate::status::{BatchStatus, StatusReason, StatusReport, TransactionStatus};

use super::claims::{ClaimStage, ClaimTimeline, ReportClaim, TransactionStanding, contradicts, settle};
use super::listed::{ListedStatuses, ParentStatus, deduce, sum_of};
use super::payees::{self, NamedPayees, PayeeClaim};
use super::result::{LeftoverReason, LeftoverReport, MatchedBy, ReportPlace, StatusSource};
use super::sent::{BankIds, IdLookup, SentPayments, UnsignedAmount, number_of};
use super::shared;

/// Maximum number of candidates that are listed for an ambiguous match.
pub(super) const MAX_CANDIDATES: usize = 10;

/// The results from the reports.
pub(super) struct ReportResults<'a> {
    /// The resulting status of each transaction.
    pub(super) standings: Vec<TransactionStanding<'a>>,
    /// Transactions that an ambiguous report may be about.
    pub(super) ambiguous: Vec<bool>,
    /// The bank's own references, and the transaction of each; `None` if several have it.
    pub(super) references: HashMap<&'a str, Option<usize>>,
    pub(super) leftovers: Vec<LeftoverReport>,
    /// The result of the payee check for each transaction.
    pub(super) payee_checks: Vec<Option<PayeeClaim<'a>>>,
    /// The bank's notices on the results of a payee check; `None` without a report of one.
    pub(super) payee_notes: Option<Vec<PayeeCheckNote>>,
    /// Whether a status of the file that is none of a check, such as a refusal, is about no transaction for certain.
    pub(super) has_unassigned: bool,
}

/// Reads the reports in the order of their time.
pub(super) fn read<'a>(sent: &SentPayments<'a>, reports: &'a [StatusReport]) -> ReportResults<'a> {
    let mut reading = ReportReading {
        sent,
        order: 0,
        number: 0,
        at: None,
        file: ClaimTimeline::default(),
        scopes: sent.scopes.iter().map(|_| ClaimTimeline::default()).collect(),
        own: Vec::new(),
        groups: vec![false; sent.groups()],
        references: HashMap::new(),
        leftovers: Vec::new(),
        is_check: false,
        in_check: false,
        check: None,
        payees: vec![None; sent.transactions.len()],
        payees_of_scopes: vec![None; sent.scopes.len()],
        payees_of_file: None,
        payee_notes: None,
    };
    let sums: Vec<Option<DecimalSum>> = sent.scopes.iter().map(|scope| sum_of(sent, &scope.members)).collect();
    let total = sums.iter().try_fold(DecimalSum::default(), |sum, one| sum.plus((*one)?));
    for (order, number) in by_time(reports).into_iter().enumerate() {
        (reading.order, reading.number) = (order, number);
        let report = &reports[number];
        reading.at = comparable_time(report);
        if report.original_message_id.is_some() && report.original_message_id == sent.file.id {
            reading.report(report, &sums, total);
        } else {
            let place = place(number, report, report.line);
            let rest = LeftoverReport { status: report.status.clone(), ..leftover(place, LeftoverReason::OtherFile) };
            reading.leftovers.push(LeftoverReport {
                original_message_id: shared::text(report.original_message_id.as_deref()),
                ..rest
            });
        }
    }
    reading.finish()
}

/// The indexes of the reports by creation time; one without a time follows the previous one.
pub(crate) fn by_time(reports: &[StatusReport]) -> Vec<usize> {
    let mut last = i64::MIN;
    let mut order: Vec<(i64, usize)> = Vec::with_capacity(reports.len());
    for (number, report) in reports.iter().enumerate() {
        last = report.created.as_ref().map_or(last, instant);
        order.push((last, number));
    }
    order.sort_unstable();
    order.into_iter().map(|(_, number)| number).collect()
}

/// When a report was made, in milliseconds; `None` for a time without an offset.
fn comparable_time(report: &StatusReport) -> Option<i64> {
    report.created.as_ref()?.instant.as_ref().map(|instant| instant.as_ms())
}

/// Milliseconds; a time without an offset counts as UTC.
fn instant(moment: &Moment) -> i64 {
    if let Some(instant) = &moment.instant {
        return instant.as_ms();
    }
    let time = moment.time.as_deref().and_then(|time| time.parse().ok()).unwrap_or(jiff::civil::Time::MIN);
    let zoned = moment.date.0.to_datetime(time).to_zoned(jiff::tz::TimeZone::UTC);
    zoned.map_or(i64::MIN, |zoned| zoned.timestamp().as_millisecond())
}

struct ReportReading<'s, 'a> {
    sent: &'s SentPayments<'a>,
    order: usize,
    number: usize,
    /// When the report was made, if its time can be compared.
    at: Option<i64>,
    file: ClaimTimeline<'a>,
    scopes: Vec<ClaimTimeline<'a>>,
    own: Vec<(usize, ReportClaim<'a>)>,
    /// The groups of transactions with an ambiguous status.
    groups: Vec<bool>,
    references: HashMap<&'a str, Option<usize>>,
    leftovers: Vec<LeftoverReport>,
    /// Whether the report is one of a payee check, and "pending" in it is about the check.
    is_check: bool,
    in_check: bool,
    /// How far its check is.
    check: Option<PayeeCheckState>,
    /// The results of payee checks: of each transaction, of each batch, and of the file.
    payees: Vec<Option<PayeeClaim<'a>>>,
    payees_of_scopes: Vec<Option<PayeeClaim<'a>>>,
    payees_of_file: Option<PayeeClaim<'a>>,
    payee_notes: Option<Vec<PayeeCheckNote>>,
}

/// The transaction of a status.
enum FoundTransaction {
    Nothing,
    One(usize, MatchedBy),
    /// Several transactions with its ids, by the number of their group.
    Group(usize),
    /// Several transactions with its payee, or several statuses with the payee of one.
    Payees(Vec<usize>),
}

impl<'a> ReportReading<'_, 'a> {
    fn report(&mut self, report: &'a StatusReport, sums: &[Option<DecimalSum>], total: Option<DecimalSum>) {
        let group =
            ParentStatus { code: report.status.as_ref(), reasons: &report.reasons, source: StatusSource::Group };
        self.is_check = payee_check::is_check(report);
        self.in_check = payee_check::means_pending_checks(report);
        self.check = report.payee_check.as_ref().map(|check| check.state).filter(|_| self.is_check);
        if self.is_check {
            let notes = self.payee_notes.get_or_insert_default();
            for note in payee_check::notes(report) {
                if notes.len() < MAX_NOTES && !notes.contains(&note) {
                    notes.push(note);
                }
            }
        }
        let mut listed = ListedStatuses::new();
        let scope = |batch: &BatchStatus| named_batch(batch).and_then(|id| self.sent.scope(id));
        // Only results of a check are found by the payee.
        let batches = report.batches.iter().filter(|_| self.is_check);
        let payees = NamedPayees::new(batches.map(|batch| (scope(batch), batch)));
        for batch in &report.batches {
            let own = ParentStatus {
                code: batch.status.as_ref(),
                reasons: if batch.reasons.is_empty() { &report.reasons } else { &batch.reasons },
                source: StatusSource::PaymentInformation,
            };
            let scope = match named_batch(batch).map(|id| self.sent.scope(id)) {
                None => None,
                Some(Some(scope)) => Some(scope),
                Some(None) => {
                    self.unknown_batch(report, batch);
                    listed.unclear = true;
                    continue;
                }
            };
            let above = if own.code.is_some() { own } else { group };
            let mut of_batch = self.transactions(report, batch, scope, above, &payees);
            if let Some(scope) = scope {
                let members = self.sent.scopes[scope].members.len() as u64;
                let deduced = || {
                    let original =
                        (batch.original_count, batch.original_sum.as_ref().and_then(DecimalSum::from_decimal));
                    deduce(&batch.counts, original, (members, sums[scope]), &of_batch)
                };
                let deduced = if own.is_mixed() { self.deduced(deduced()) } else { None };
                let claim = deduced.or(self.whole(own).map(|code| (Some(code), own.source)));
                if claim.is_none() && own.code.is_some() {
                    let mixed = self.claim(batch.line, None, (own.source, MatchedBy::PaymentId), own.reasons);
                    self.scopes[scope].add(ReportClaim { stage: ClaimStage::Mixed, ..mixed });
                }
                if let Some((code, source)) = claim {
                    let contradicted =
                        group.code.filter(|above| code.is_some_and(|code| contradicts(Some(above), code)));
                    let claim = self.claim(batch.line, code, (source, MatchedBy::PaymentId), own.reasons);
                    self.scopes[scope].add(ReportClaim { contradicted, ..claim });
                    self.payees_of_whole(code, MatchedBy::PaymentId, Some(scope));
                    let rest = members.saturating_sub(of_batch.count);
                    let sum = sums[scope].zip(of_batch.sum).and_then(|(all, listed)| all.minus(listed));
                    match code {
                        Some(code) => of_batch.add(code, rest, sum),
                        None => of_batch.unclear = true,
                    }
                }
            } else if let Some(code) = own.whole() {
                // The status of a batch without an id cannot be assigned to a transaction.
                let place = place(self.number, report, batch.line);
                let row = leftover(place, LeftoverReason::NoSuchBatch);
                self.leftovers.push(LeftoverReport { status: Some(code.clone()), ..row });
            }
            listed.append(of_batch);
        }
        let members = self.sent.transactions.len() as u64;
        let deduced = || {
            let original = (report.original_count, report.original_sum.as_ref().and_then(DecimalSum::from_decimal));
            deduce(&report.counts, original, (members, total), &listed)
        };
        let claim = match self.whole(group) {
            Some(code) if group.is_mixed() => self.deduced(deduced()).or(Some((Some(code), group.source))),
            Some(code) => Some((Some(code), group.source)),
            None if group.code.is_some() || !report.counts.is_empty() => self.deduced(deduced()),
            None if group.reasons.is_empty() => None,
            None => Some((None, StatusSource::Group)),
        };
        if claim.is_none() && group.code.is_some() {
            let mixed = self.claim(report.line, None, (group.source, MatchedBy::MessageId), group.reasons);
            self.file.add(ReportClaim { stage: ClaimStage::Mixed, ..mixed });
        }
        if let Some((code, source)) = claim {
            let claim = self.claim(report.line, code, (source, MatchedBy::MessageId), group.reasons);
            self.file.add(claim);
            self.payees_of_whole(code, MatchedBy::MessageId, None);
        }
    }

    /// A status that applies to each transaction of a whole. In a check, "in part" is about its results.
    fn whole(&self, of: ParentStatus<'a>) -> Option<&'a Code> {
        of.whole().or(of.code.filter(|_| self.in_check))
    }

    /// What follows for those that are not listed; in a check, not that they are accepted.
    fn deduced(&self, deduced: Option<(Option<&'a Code>, StatusSource)>) -> Option<(Option<&'a Code>, StatusSource)> {
        deduced.filter(|(code, _)| code.is_some() || !self.is_check)
    }

    /// Notes the result of a payee check for all transactions of a batch, or of the file.
    fn payees_of_whole(&mut self, code: Option<&'a Code>, by: MatchedBy, scope: Option<usize>) {
        let slot = match scope {
            Some(scope) => &mut self.payees_of_scopes[scope],
            None => &mut self.payees_of_file,
        };
        let of = (self.order, self.in_check);
        let runs = self.check == Some(PayeeCheckState::Pending);
        if let Some(claim) = code.and_then(|code| PayeeClaim::of_whole(of, code, runs, by)) {
            claim.put_into(slot);
        }
    }

    fn says_result(&self, one: &TransactionStatus) -> bool {
        one.status.as_ref().is_some_and(|code| payee_check::is_result(code, self.in_check))
    }

    /// Finds the transaction of a status: by its ids, or a result of a payee check without ids by the payee.
    fn find(&self, scope: Option<usize>, one: &'a TransactionStatus, payees: &NamedPayees<'a>) -> FoundTransaction {
        let (found, by) = self.sent.find_by(scope, &ids(one));
        match found {
            IdLookup::One(at) => FoundTransaction::One(at, by),
            IdLookup::Several(group) => FoundTransaction::Group(group),
            IdLookup::Nothing if payees::has_id(one) || !self.says_result(one) => FoundTransaction::Nothing,
            IdLookup::Nothing => match self.sent.payees().find(scope, one) {
                [at] if !payees::is_of_amount(&self.sent.transactions[*at], one) => FoundTransaction::Nothing,
                [at] if payees.is_single(scope, one) => FoundTransaction::One(*at, MatchedBy::AccountAndName),
                [] => FoundTransaction::Nothing,
                several => FoundTransaction::Payees(several.iter().take(MAX_CANDIDATES).copied().collect()),
            },
        }
    }

    /// Reads a batch's statuses of single transactions.
    fn transactions(
        &mut self,
        report: &'a StatusReport,
        batch: &'a BatchStatus,
        scope: Option<usize>,
        above: ParentStatus<'a>,
        payees: &NamedPayees<'a>,
    ) -> ListedStatuses<'a> {
        let mut listed = ListedStatuses::new();
        let mut seen = HashSet::new();
        for one in &batch.transactions {
            match self.find(scope, one, payees) {
                FoundTransaction::One(at, by) => {
                    self.transaction((at, by), one, above);
                    if seen.insert(at) {
                        let amount = self.sent.transactions[at].payment.money.as_ref();
                        match &one.status {
                            Some(code) => {
                                listed.add(code, 1, amount.and_then(|money| DecimalSum::from_decimal(&money.amount)))
                            }
                            None => listed.unclear = true,
                        }
                    }
                }
                FoundTransaction::Group(group) => {
                    self.groups[group] = true;
                    listed.unclear = true;
                    let numbers = self.sent.group(group).iter().take(MAX_CANDIDATES);
                    let candidates = numbers.map(|at| *at as u64 + 1).collect();
                    let row = self.leftover(report, batch, one, LeftoverReason::Ambiguous);
                    self.leftovers.push(LeftoverReport { candidates, ..row });
                }
                FoundTransaction::Payees(several) => {
                    listed.unclear = true;
                    let candidates = several.into_iter().map(|at| at as u64 + 1).collect();
                    let row = self.leftover(report, batch, one, LeftoverReason::Ambiguous);
                    self.leftovers.push(LeftoverReport { candidates, ..row });
                }
                FoundTransaction::Nothing => {
                    listed.unclear = true;
                    let row = self.leftover(report, batch, one, LeftoverReason::NoSuchTransaction);
                    self.leftovers.push(row);
                }
            }
        }
        listed
    }

    fn transaction(&mut self, (at, by): (usize, MatchedBy), one: &'a TransactionStatus, above: ParentStatus<'a>) {
        if let Some(reference) = one.servicer_reference.as_deref() {
            let same = |known: &mut Option<usize>| *known = known.filter(|known| *known == at);
            self.references.entry(reference).and_modify(same).or_insert(Some(at));
        }
        let (code, source) = match one.status.as_ref() {
            Some(code) => (Some(code), StatusSource::Transaction),
            None => (above.whole(), above.source),
        };
        let inherits = code.is_none_or(|code| ClaimStage::from_status(code, self.in_check) == ClaimStage::Refused);
        let reasons = if one.reasons.is_empty() && inherits { above.reasons } else { &one.reasons };
        if let Some(own) = one.status.as_ref()
            && let Some(claim) = PayeeClaim::own((self.order, self.in_check), own, one, by)
        {
            claim.put_into(&mut self.payees[at]);
        }
        let claim = self.claim(one.line, code, (source, by), reasons);
        let claim = match code {
            // Only a reason: it does not change the transaction's status.
            None => ReportClaim { stage: ClaimStage::Silent, ..claim },
            Some(code) => {
                ReportClaim { contradicted: above.code.filter(|above| contradicts(Some(above), code)), ..claim }
            }
        };
        self.own.push((at, claim));
    }

    /// Lists the statuses of a batch that the file does not have. Only a UETR still identifies a transaction.
    fn unknown_batch(&mut self, report: &'a StatusReport, batch: &'a BatchStatus) {
        if batch.status.is_some() || batch.transactions.is_empty() {
            let place = place(self.number, report, batch.line);
            self.leftovers.push(LeftoverReport {
                original_message_id: shared::text(report.original_message_id.as_deref()),
                payment_id: shared::text(batch.payment_id.as_deref()),
                status: batch.status.clone(),
                ..leftover(place, LeftoverReason::NoSuchBatch)
            });
        }
        let nothing = ParentStatus { code: None, reasons: &[], source: StatusSource::Transaction };
        for one in &batch.transactions {
            if let IdLookup::One(at) = self.sent.by_uetr(&ids(one)) {
                self.transaction((at, MatchedBy::Uetr), one, nothing);
            } else {
                let row = self.leftover(report, batch, one, LeftoverReason::NoSuchBatch);
                self.leftovers.push(row);
            }
        }
    }

    fn leftover(
        &self,
        report: &StatusReport,
        batch: &BatchStatus,
        one: &TransactionStatus,
        why: LeftoverReason,
    ) -> LeftoverReport {
        LeftoverReport {
            original_message_id: shared::text(report.original_message_id.as_deref()),
            payment_id: shared::text(batch.payment_id.as_deref()),
            instruction_id: one.instruction_id.clone(),
            end_to_end_id: one.end_to_end_id.clone(),
            uetr: one.uetr.clone(),
            status: one.status.clone(),
            ..leftover(place(self.number, report, one.line), why)
        }
    }

    /// A claim without a status means that the bank accepted, if the counts show it.
    fn claim(
        &self,
        line: u64,
        code: Option<&'a Code>,
        (source, by): (StatusSource, MatchedBy),
        reasons: &'a [StatusReason],
    ) -> ReportClaim<'a> {
        let stage = match (code, source) {
            (Some(code), _) => ClaimStage::from_status(code, self.in_check),
            // The others of the order are accepted: it is authorised.
            (None, StatusSource::Counts) => ClaimStage::Approved,
            (None, _) => ClaimStage::Silent,
        };
        let is_mixed = code.is_none_or(|code| matches!(code.code.as_str(), "RVCM" | "PART"));
        let stage = match source {
            StatusSource::Transaction => stage,
            _ => stage.of_whole(is_mixed, self.check, self.in_check),
        };
        let (order, report) = (self.order, self.number);
        ReportClaim { order, report, line, code, stage, source, by, reasons, contradicted: None, at: self.at }
    }

    fn finish(mut self) -> ReportResults<'a> {
        self.own.sort_by_key(|(at, claim)| (*at, claim.order));
        let mut own = self.own.chunk_by(|one, next| one.0 == next.0).peekable();
        let mut standings = Vec::with_capacity(self.sent.transactions.len());
        let mut payee_checks = Vec::with_capacity(self.sent.transactions.len());
        let mut claims = Vec::new();
        for (at, one) in self.sent.transactions.iter().enumerate() {
            claims.clear();
            if let Some(of_this) = own.next_if(|chunk| chunk.first().is_some_and(|(of, _)| *of == at)) {
                claims.extend(of_this.iter().map(|(_, claim)| *claim));
            }
            standings.push(settle(&self.file, &self.scopes[one.scope], &claims));
            payee_checks.push(payees::settle([self.payees[at], self.payees_of_scopes[one.scope], self.payees_of_file]));
        }
        let mut ambiguous = vec![false; standings.len()];
        for (group, _) in self.groups.iter().enumerate().filter(|(_, marked)| **marked) {
            for at in self.sent.group(group) {
                ambiguous[*at] = true;
            }
        }
        let Self { references, leftovers, payee_notes, .. } = self;
        let has_unassigned = leftovers.iter().any(|row| {
            let stage = row.status.as_ref().map(|code| ClaimStage::from_status(code, true));
            row.why != LeftoverReason::OtherFile && stage.is_some_and(ClaimStage::is_decided)
        });
        ReportResults { standings, ambiguous, references, leftovers, payee_checks, payee_notes, has_unassigned }
    }
}

/// The id of a batch. A placeholder means that the report has none, as banks write it.
fn named_batch(batch: &BatchStatus) -> Option<&str> {
    batch.payment_id.as_deref().filter(|id| !placeholder(id))
}

fn ids(one: &TransactionStatus) -> BankIds<'_> {
    BankIds {
        uetr: one.uetr.as_deref(),
        instruction: one.instruction_id.as_deref(),
        end_to_end: one.end_to_end_id.as_deref(),
        amount: one.money.as_ref().and_then(UnsignedAmount::from_money),
        account: one.creditor.as_deref().and_then(number_of),
        debtor: one.debtor.as_deref().and_then(number_of),
    }
}

pub(super) fn place(number: usize, report: &StatusReport, line: u64) -> ReportPlace {
    let id = shared::text(report.id.as_deref());
    ReportPlace { number: number as u64 + 1, id, created: report.created.clone(), line }
}

fn leftover(place: ReportPlace, why: LeftoverReason) -> LeftoverReport {
    LeftoverReport {
        place,
        why,
        original_message_id: None,
        payment_id: None,
        instruction_id: None,
        end_to_end_id: None,
        uetr: None,
        status: None,
        candidates: Vec::new(),
    }
}
