//! The reports' statuses of each transaction: which transaction they name, and what follows for those that they do not
//! name.

use std::collections::{HashMap, HashSet};

use crate::cash::DecimalSum;
use crate::data::{Code, Moment, placeholder};
use crate::status::{BatchStatus, StatusCount, StatusReason, StatusReport, TransactionStatus};

use super::claims::{ClaimStage, ClaimTimeline, ReportClaim, TransactionStanding, contradicts, settle};
use super::result::{LeftoverReason, LeftoverReport, ReportPlace, StatusSource};
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
}

/// Reads the reports in the order of their time.
pub(super) fn read<'a>(sent: &SentPayments<'a>, reports: &'a [StatusReport]) -> ReportResults<'a> {
    let mut reading = ReportReading {
        sent,
        order: 0,
        number: 0,
        file: ClaimTimeline::default(),
        scopes: sent.scopes.iter().map(|_| ClaimTimeline::default()).collect(),
        own: Vec::new(),
        groups: vec![false; sent.groups()],
        references: HashMap::new(),
        leftovers: Vec::new(),
    };
    let sums: Vec<Option<DecimalSum>> = sent.scopes.iter().map(|scope| sum_of(sent, &scope.members)).collect();
    let total = sums.iter().try_fold(DecimalSum::default(), |sum, one| sum.plus((*one)?));
    for (order, number) in by_time(reports).into_iter().enumerate() {
        (reading.order, reading.number) = (order, number);
        let report = &reports[number];
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
fn by_time(reports: &[StatusReport]) -> Vec<usize> {
    let mut last = i64::MIN;
    let mut order: Vec<(i64, usize)> = Vec::with_capacity(reports.len());
    for (number, report) in reports.iter().enumerate() {
        last = report.created.as_ref().map_or(last, instant);
        order.push((last, number));
    }
    order.sort_unstable();
    order.into_iter().map(|(_, number)| number).collect()
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
    file: ClaimTimeline<'a>,
    scopes: Vec<ClaimTimeline<'a>>,
    own: Vec<(usize, ReportClaim<'a>)>,
    /// The groups of transactions with an ambiguous status.
    groups: Vec<bool>,
    references: HashMap<&'a str, Option<usize>>,
    leftovers: Vec<LeftoverReport>,
}

/// A report's statuses of single transactions of a batch or of the file.
#[derive(Default)]
struct ListedStatuses<'a> {
    count: u64,
    sum: Option<DecimalSum>,
    by_code: HashMap<&'a str, u64>,
    /// Whether one of them was not accepted.
    exceptions: bool,
    /// Whether all of them were refused or are waiting.
    only_exceptions: bool,
    /// Whether one was ambiguous or has no status.
    unclear: bool,
}

impl<'a> ListedStatuses<'a> {
    fn new() -> Self {
        Self { sum: Some(DecimalSum::default()), only_exceptions: true, ..Self::default() }
    }

    fn add(&mut self, code: &'a Code, count: u64, sum: Option<DecimalSum>) {
        let exception = ClaimStage::from_status(code) == ClaimStage::Refused;
        self.count += count;
        self.sum = self.sum.zip(sum).and_then(|(sum, one)| sum.plus(one));
        *self.by_code.entry(&code.code).or_default() += count;
        self.exceptions |= exception;
        self.only_exceptions &= exception;
    }

    fn append(&mut self, other: Self) {
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
struct ParentStatus<'a> {
    code: Option<&'a Code>,
    reasons: &'a [StatusReason],
    source: StatusSource,
}

impl<'a> ParentStatus<'a> {
    /// A status that applies to each transaction.
    fn whole(&self) -> Option<&'a Code> {
        self.code.filter(|code| code.code != "PART")
    }
}

impl<'a> ReportReading<'_, 'a> {
    fn report(&mut self, report: &'a StatusReport, sums: &[Option<DecimalSum>], total: Option<DecimalSum>) {
        let group =
            ParentStatus { code: report.status.as_ref(), reasons: &report.reasons, source: StatusSource::Group };
        let mut listed = ListedStatuses::new();
        for batch in &report.batches {
            let own = ParentStatus {
                code: batch.status.as_ref(),
                reasons: if batch.reasons.is_empty() { &report.reasons } else { &batch.reasons },
                source: StatusSource::PaymentInformation,
            };
            // A placeholder means that the report has no batch id, as banks write it.
            let id = batch.payment_id.as_deref().filter(|id| !placeholder(id));
            let scope = match id.map(|id| self.sent.scope(id)) {
                None => None,
                Some(Some(scope)) => Some(scope),
                Some(None) => {
                    self.unknown_batch(report, batch);
                    listed.unclear = true;
                    continue;
                }
            };
            let above = if own.code.is_some() { own } else { group };
            let mut of_batch = self.transactions(report, batch, scope, above);
            if let Some(scope) = scope {
                let members = self.sent.scopes[scope].members.len() as u64;
                let claim = match own.whole() {
                    Some(code) => Some((Some(code), own.source)),
                    None => own.code.and_then(|_| {
                        let original =
                            (batch.original_count, batch.original_sum.as_ref().and_then(DecimalSum::from_decimal));
                        deduce(&batch.counts, original, (members, sums[scope]), &of_batch)
                    }),
                };
                if let Some((code, source)) = claim {
                    let contradicted =
                        group.code.filter(|above| code.is_some_and(|code| contradicts(Some(above), code)));
                    let claim = self.claim(batch.line, code, source, own.reasons);
                    self.scopes[scope].add(ReportClaim { contradicted, ..claim });
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
        let claim = match group.whole() {
            Some(code) => Some((Some(code), group.source)),
            None if group.code.is_some() || !report.counts.is_empty() => {
                let original = (report.original_count, report.original_sum.as_ref().and_then(DecimalSum::from_decimal));
                deduce(&report.counts, original, (members, total), &listed)
            }
            None if group.reasons.is_empty() => None,
            None => Some((None, StatusSource::Group)),
        };
        if let Some((code, source)) = claim {
            let claim = self.claim(report.line, code, source, group.reasons);
            self.file.add(claim);
        }
    }

    /// Reads a batch's statuses of single transactions.
    fn transactions(
        &mut self,
        report: &'a StatusReport,
        batch: &'a BatchStatus,
        scope: Option<usize>,
        above: ParentStatus<'a>,
    ) -> ListedStatuses<'a> {
        let mut listed = ListedStatuses::new();
        let mut seen = HashSet::new();
        for one in &batch.transactions {
            match self.sent.find(scope, &ids(one)) {
                IdLookup::One(at) => {
                    self.transaction(at, one, above);
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
                IdLookup::Several(group) => {
                    self.groups[group] = true;
                    listed.unclear = true;
                    let numbers = self.sent.group(group).iter().take(MAX_CANDIDATES);
                    let candidates = numbers.map(|at| *at as u64 + 1).collect();
                    let row = self.leftover(report, batch, one, LeftoverReason::Ambiguous);
                    self.leftovers.push(LeftoverReport { candidates, ..row });
                }
                IdLookup::Nothing => {
                    listed.unclear = true;
                    let row = self.leftover(report, batch, one, LeftoverReason::NoSuchTransaction);
                    self.leftovers.push(row);
                }
            }
        }
        listed
    }

    fn transaction(&mut self, at: usize, one: &'a TransactionStatus, above: ParentStatus<'a>) {
        if let Some(reference) = one.servicer_reference.as_deref() {
            let same = |known: &mut Option<usize>| *known = known.filter(|known| *known == at);
            self.references.entry(reference).and_modify(same).or_insert(Some(at));
        }
        let (code, source) = match one.status.as_ref() {
            Some(code) => (Some(code), StatusSource::Transaction),
            None => (above.whole(), above.source),
        };
        let inherits = code.is_none_or(|code| ClaimStage::from_status(code) == ClaimStage::Refused);
        let reasons = if one.reasons.is_empty() && inherits { above.reasons } else { &one.reasons };
        let claim = self.claim(one.line, code, source, reasons);
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
                self.transaction(at, one, nothing);
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

    /// A claim without a status means that the bank accepted.
    fn claim(
        &self,
        line: u64,
        code: Option<&'a Code>,
        source: StatusSource,
        reasons: &'a [StatusReason],
    ) -> ReportClaim<'a> {
        let stage = match (code, source) {
            (Some(code), _) => ClaimStage::from_status(code),
            (None, StatusSource::Counts) => ClaimStage::Open,
            (None, _) => ClaimStage::Silent,
        };
        ReportClaim { order: self.order, report: self.number, line, code, stage, source, reasons, contradicted: None }
    }

    fn finish(mut self) -> ReportResults<'a> {
        self.own.sort_by_key(|(at, claim)| (*at, claim.order));
        let mut own = self.own.chunk_by(|one, next| one.0 == next.0).peekable();
        let mut standings = Vec::with_capacity(self.sent.transactions.len());
        let mut claims = Vec::new();
        for (at, one) in self.sent.transactions.iter().enumerate() {
            claims.clear();
            if let Some(of_this) = own.next_if(|chunk| chunk.first().is_some_and(|(of, _)| *of == at)) {
                claims.extend(of_this.iter().map(|(_, claim)| *claim));
            }
            standings.push(settle(&self.file, &self.scopes[one.scope], &claims));
        }
        let mut ambiguous = vec![false; standings.len()];
        for (group, _) in self.groups.iter().enumerate().filter(|(_, marked)| **marked) {
            for at in self.sent.group(group) {
                ambiguous[*at] = true;
            }
        }
        ReportResults { standings, ambiguous, references: self.references, leftovers: self.leftovers }
    }
}

/// The status of transactions that a report does not list, if some were accepted and others not: the remainder of the
/// counts; without counts, the bank lists the exceptions, so the others were accepted.
fn deduce<'a>(
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

fn sum_of(sent: &SentPayments<'_>, members: &[usize]) -> Option<DecimalSum> {
    let amounts = members.iter().map(|at| sent.transactions[*at].payment.money.as_ref());
    amounts
        .map(|money| DecimalSum::from_decimal(&money?.amount))
        .try_fold(DecimalSum::default(), |sum, one| sum.plus(one?))
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
