//! Entries that debit a batch as one sum: which transactions they paid.

use std::collections::{HashMap, HashSet};

use crate::cash::{CashKind, DecimalSum};
use crate::data::Money;

use super::bookings::{StatementBookings, kind_rank};
use super::claims::ClaimStage;
use super::days;
use super::entries::{BookingHit, BookingTrack};
use super::named::leftover;
use super::reports::ReportResults;
use super::result::{LeftoverEntry, LeftoverReason};
use super::sent::SentPayments;
use super::subset::{STEPS, only_selection};

/// The part of a booking that belongs to a batch, or to the whole file.
#[derive(Debug, Clone)]
pub(super) struct BatchPart {
    pub(super) booking: usize,
    /// The batch that the bank names; `None` for the file.
    pub(super) scope: Option<usize>,
    /// Whether the bank names file or batch.
    pub(super) named: bool,
    /// The booked amount, without a sign and without the parts that are matched one by one.
    pub(super) amount: Option<CurrencyTotal>,
    /// The bank's own total of the batch, likewise.
    pub(super) total: Option<CurrencyTotal>,
    /// The bank's own count of its transactions, likewise.
    pub(super) count: Option<u64>,
    /// The reason to report if it belongs to nothing.
    pub(super) otherwise: LeftoverReason,
    /// What to report then in place of the whole booking: its transactions without a match, if one of them names some
    /// of the file.
    pub(super) unmatched_parts: Vec<LeftoverEntry>,
}

/// A sum in a currency.
#[derive(Debug, Clone)]
pub(super) struct CurrencyTotal {
    pub(super) sum: DecimalSum,
    pub(super) currency: String,
}

/// The result of a batch's booking for one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BatchBooked {
    pub(super) booking: usize,
    pub(super) verdict: BatchVerdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BatchVerdict {
    /// It is among the paid ones.
    Paid,
    /// It matches in all comparable values.
    Probable,
    /// No selection certainly matches the sum.
    Differs,
}

/// The bookings of a batch as a whole.
#[derive(Debug, Clone, Default)]
pub(super) struct BatchSum {
    pub(super) bookings: Vec<usize>,
    pub(super) booked: Option<Money>,
    pub(super) difference: Option<Money>,
}

/// An amount without its sign and without the others; `None` if they cannot be compared.
pub(super) fn without(money: Option<&Money>, others: &[Option<&Money>]) -> Option<CurrencyTotal> {
    let money = money?;
    let all = DecimalSum::from_decimal(&money.amount)?.size();
    let sum = others.iter().try_fold(all, |sum, other| {
        let other = other.filter(|other| other.currency == money.currency)?;
        sum.minus(DecimalSum::from_decimal(&other.amount)?.size())
    });
    Some(CurrencyTotal { sum: sum?, currency: money.currency.clone() })
}

/// Determines which transactions the bookings of batches paid. Returns a result for each batch of the file.
pub(super) fn settle<'a>(
    sent: &SentPayments<'a>,
    reported: &ReportResults<'a>,
    bookings: &StatementBookings<'a>,
    parts: Vec<BatchPart>,
    tracks: &mut [BookingTrack],
    leftovers: &mut Vec<LeftoverEntry>,
) -> Vec<BatchSum> {
    let mut settling = SettlingBatch {
        sent,
        reported,
        bookings,
        steps: STEPS,
        sums_of_scopes: Vec::new(),
        marked: HashSet::new(),
        tracks,
        sums: vec![BatchSum::default(); sent.file.batches.len()],
    };
    let mut debits: HashMap<Option<usize>, Vec<BatchPart>> = HashMap::new();
    if !parts.is_empty() {
        let sums = sent.scopes.iter().map(|scope| settling.sum_of_all(&scope.members));
        settling.sums_of_scopes = sums.collect();
    }
    let by_sum = settling.scopes_by_sum();
    for mut part in parts {
        let booking = &bookings.all[part.booking];
        if part.scope.is_none() && sent.scopes.len() == 1 {
            part.scope = Some(0);
        }
        let taken = match (part.named, booking.debit, booking.booked) {
            (false, true, true) => settling.unnamed(&part, &by_sum),
            (true, true, true) => {
                debits.entry(part.scope).or_default().push(part.clone());
                true
            }
            (true, true, false) => {
                settling.pending(&part);
                true
            }
            (true, false, true) => settling.returned(&part),
            _ => false,
        };
        if !taken && part.unmatched_parts.is_empty() {
            leftovers.push(leftover(booking, None, part.otherwise));
        } else if !taken {
            leftovers.append(&mut part.unmatched_parts);
        }
    }
    let whole = debits.remove(&None);
    let mut debits: Vec<_> = debits.into_iter().collect();
    // The steps of the searches are shared: always in the same order.
    debits.sort_unstable_by_key(|(scope, _)| *scope);
    for (scope, parts) in debits {
        settling.debited(scope, &parts);
    }
    if let Some(parts) = whole {
        settling.debited(None, &parts);
    }
    settling.sums
}

struct SettlingBatch<'s, 'a> {
    sent: &'s SentPayments<'a>,
    reported: &'s ReportResults<'a>,
    bookings: &'s StatementBookings<'a>,
    /// Steps left for searches.
    steps: u64,
    /// The sum of all transactions of each scope, if they have one currency.
    sums_of_scopes: Vec<Option<(DecimalSum, &'a str)>>,
    /// The marks of each transaction of a scope: one is enough, however many entries give it.
    marked: HashSet<(BatchMark, Option<usize>)>,
    tracks: &'s mut [BookingTrack],
    sums: Vec<BatchSum>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum BatchMark {
    Pending,
    Returned,
    Probable,
}

/// The transactions that a batch booking may be for.
struct OpenTransactions {
    /// Transactions without their own booking.
    members: Vec<usize>,
    refused: Vec<bool>,
}

impl<'a> SettlingBatch<'_, 'a> {
    fn members(&self, scope: Option<usize>) -> Vec<usize> {
        match scope {
            Some(scope) => self.sent.scopes[scope].members.clone(),
            None => (0..self.sent.transactions.len()).collect(),
        }
    }

    /// The scopes by sum and currency of all their transactions; `None` if several have the same.
    fn scopes_by_sum(&self) -> HashMap<(i128, &'a str), Option<usize>> {
        let mut by_sum = HashMap::new();
        for (number, sum) in self.sums_of_scopes.iter().enumerate() {
            if let Some((sum, currency)) = sum {
                by_sum.entry((sum.units(), *currency)).and_modify(|only| *only = None).or_insert(Some(number));
            }
        }
        by_sum
    }

    fn sum_of_all(&self, members: &[usize]) -> Option<(DecimalSum, &'a str)> {
        let currency = self.sent.transactions[*members.first()?].amount?.currency;
        Some((self.sum(members, currency)?, currency))
    }

    /// The sum of transactions that all have a currency.
    fn sum(&self, members: &[usize], currency: &str) -> Option<DecimalSum> {
        members.iter().try_fold(DecimalSum::default(), |sum, at| {
            let money = self.sent.transactions[*at].payment.money.as_ref()?;
            sum.plus(DecimalSum::from_decimal(&money.amount).filter(|_| money.currency == currency)?.size())
        })
    }

    /// A batch that the bank does not name, but whose count, sum and day match exactly one batch of the file.
    fn unnamed(&mut self, part: &BatchPart, by_sum: &HashMap<(i128, &'a str), Option<usize>>) -> bool {
        let booking = &self.bookings.all[part.booking];
        let total = part.total.as_ref().or(part.amount.as_ref());
        let scope = total.and_then(|total| *by_sum.get(&(total.sum.units(), total.currency.as_str()))?);
        let Some(scope) = scope else { return false };
        let (members, batch) = (&self.sent.scopes[scope].members, self.sent.scopes[scope].batches[0]);
        let execution = self.sent.file.batches[batch].execution.as_ref().map(|moment| moment.date);
        let about = execution.zip(booking.date()).is_some_and(|(execution, booked)| days::is_about(execution, booked));
        let debtor = members.first().and_then(|at| self.sent.transactions[*at].debtor);
        let same_account = debtor.zip(booking.account).is_none_or(|(own, other)| own == other);
        let fits = part.count == Some(members.len() as u64) && about && same_account;
        if !fits || !self.marked.insert((BatchMark::Probable, Some(scope))) {
            return false;
        }
        let found = BatchBooked { booking: part.booking, verdict: BatchVerdict::Probable };
        for at in members {
            let track = &mut self.tracks[*at];
            track.batch = track.batch.or(Some(found));
        }
        true
    }

    fn pending(&mut self, part: &BatchPart) {
        if !self.marked.insert((BatchMark::Pending, part.scope)) {
            return;
        }
        let hit = BookingHit { booking: part.booking, detail: None, exact: true };
        for at in self.members(part.scope) {
            let track = &mut self.tracks[at];
            track.pending = track.pending.or(Some(hit));
        }
    }

    /// A credit of a whole batch reverses it.
    fn returned(&mut self, part: &BatchPart) -> bool {
        let total = part.total.as_ref().or(part.amount.as_ref());
        let whole = part.scope.and_then(|scope| self.sums_of_scopes[scope]).zip(total);
        let same = whole
            .is_some_and(|((sum, currency), total)| sum.units() == total.sum.units() && currency == total.currency);
        if !same || !self.marked.insert((BatchMark::Returned, part.scope)) {
            return false;
        }
        let hit = BookingHit { booking: part.booking, detail: None, exact: true };
        for at in self.members(part.scope) {
            let track = &mut self.tracks[at];
            track.returned = track.returned.or(Some(hit));
        }
        true
    }

    /// The debits of a batch, or of the whole file. Each kind of message reports the same bookings, so the best one
    /// counts, unless only all together match: yesterday's statement and today's report.
    fn debited(&mut self, scope: Option<usize>, parts: &[BatchPart]) {
        let rank = |part: &&BatchPart| kind_rank(self.bookings.all[part.booking].kind);
        let all: Vec<&BatchPart> = parts.iter().collect();
        let Some(best) = all.iter().max_by_key(|part| rank(part)).map(|part| self.bookings.all[part.booking].kind)
        else {
            return;
        };
        let of_best: Vec<&BatchPart> =
            all.iter().filter(|part| self.bookings.all[part.booking].kind == best).copied().collect();
        let open = self.open(scope, best);
        let debit = DebitTotals::from_parts(&of_best);
        let paid = match self.exact(&open, &debit) {
            None if all.len() > of_best.len() => {
                self.exact(&open, &DebitTotals::from_parts(&all)).map(|paid| (paid, &all))
            }
            paid => paid.map(|paid| (paid, &of_best)),
        };
        let (verdicts, parts) = match paid {
            Some((members, parts)) => (members.into_iter().map(|at| (at, BatchVerdict::Paid)).collect(), parts),
            None => (self.selected(&open, &debit), &of_best),
        };
        for (at, verdict) in verdicts {
            self.tracks[at].batch = Some(BatchBooked { booking: parts[0].booking, verdict });
        }
        let DebitTotals { amounts, totals, .. } = DebitTotals::from_parts(parts);
        self.note_sums(scope, parts, &open, amounts.or(totals));
    }

    /// What batch bookings of this kind of message may be for: all transactions without their own booking there.
    fn open(&self, scope: Option<usize>, kind: CashKind) -> OpenTransactions {
        let mut members = self.members(scope);
        members.retain(|at| {
            let track = &self.tracks[*at];
            let own = track.debits.iter().any(|hit| self.bookings.all[hit.booking].kind == kind);
            !own && track.batch.is_none_or(|batch| batch.verdict == BatchVerdict::Probable)
        });
        let refused = |at: &usize| {
            let standing = &self.reported.standings[*at];
            standing.other.is_none() && standing.claim.is_some_and(|claim| claim.stage == ClaimStage::Refused)
        };
        OpenTransactions { refused: members.iter().map(refused).collect(), members }
    }

    /// The paid transactions, if they are all of them, or all that were not refused.
    fn exact(&self, open: &OpenTransactions, debit: &DebitTotals) -> Option<Vec<usize>> {
        let accepted: Vec<usize> = open.accepted().collect();
        let sums = [&debit.amounts, &debit.totals].into_iter().flatten();
        let fits = |members: &[usize], total: &CurrencyTotal| {
            let sum = self.sum(members, &total.currency);
            sum.is_some_and(|sum| sum.units() == total.sum.units()) && debit.counts(members)
        };
        let mut choices = sums.flat_map(|total| [(&open.members, total), (&accepted, total)]);
        choices.find(|(members, total)| fits(members, total)).map(|(members, _)| members.clone())
    }

    /// The verdict on each open transaction for a sum that matches neither all nor those that were not refused.
    /// Transactions without a verdict were not paid by it.
    fn selected(&mut self, open: &OpenTransactions, debit: &DebitTotals) -> Vec<(usize, BatchVerdict)> {
        let comparable = [&debit.totals, &debit.amounts].into_iter().flatten().find(|sum| self.compares(open, sum));
        let Some(wanted) = comparable else {
            let accepted: Vec<usize> = open.accepted().collect();
            return match debit.counts(&accepted) {
                true => accepted.into_iter().map(|at| (at, BatchVerdict::Probable)).collect(),
                false => open.members.iter().map(|at| (*at, BatchVerdict::Differs)).collect(),
            };
        };
        let amounts = open.members.iter().map(|at| self.sent.transactions[*at].amount.map(|amount| amount.units));
        let amounts: Option<Vec<i128>> = amounts.collect();
        let count = debit.count.map(|count| usize::try_from(count).unwrap_or(usize::MAX));
        let units = wanted.sum.units();
        match amounts.and_then(|amounts| only_selection(&amounts, units, count, &mut self.steps)) {
            Some(selected) => selected.into_iter().map(|at| (open.members[at], BatchVerdict::Paid)).collect(),
            None => open.members.iter().map(|at| (*at, BatchVerdict::Differs)).collect(),
        }
    }

    fn compares(&self, open: &OpenTransactions, total: &CurrencyTotal) -> bool {
        self.sum(&open.members, &total.currency).is_some()
    }

    /// Notes the sums at their batches.
    fn note_sums(
        &mut self,
        scope: Option<usize>,
        parts: &[&BatchPart],
        open: &OpenTransactions,
        total: Option<CurrencyTotal>,
    ) {
        let batches: Vec<usize> = match scope {
            Some(scope) => self.sent.scopes[scope].batches.clone(),
            None => (0..self.sums.len()).collect(),
        };
        let bookings: Vec<usize> = parts.iter().map(|part| part.booking).collect();
        if let ([batch], Some(total)) = (batches.as_slice(), total) {
            let accepted: Vec<usize> = open.accepted().collect();
            let difference = self.sum(&accepted, &total.currency).and_then(|sum| total.sum.minus(sum));
            let money = |sum: DecimalSum| Some(Money { amount: sum.decimal()?, currency: total.currency.clone() });
            let of_batch = &mut self.sums[*batch];
            (of_batch.booked, of_batch.difference) = (money(total.sum), difference.and_then(money));
        }
        // Bookings shared by several batches are listed at each of them, but only one: they may be many.
        let shown = if batches.len() == 1 { bookings.len() } else { 1 };
        for batch in batches {
            self.sums[batch].bookings.extend(bookings.iter().take(shown));
        }
    }
}

/// The totals of a batch's bookings.
struct DebitTotals {
    /// The booked amount.
    amounts: Option<CurrencyTotal>,
    /// The bank's own total of the batch.
    totals: Option<CurrencyTotal>,
    count: Option<u64>,
}

impl DebitTotals {
    fn from_parts(parts: &[&BatchPart]) -> Self {
        Self {
            amounts: total_of(parts.iter().map(|part| part.amount.as_ref())),
            totals: total_of(parts.iter().map(|part| part.total.as_ref().or(part.amount.as_ref()))),
            count: parts.iter().try_fold(0_u64, |count, part| count.checked_add(part.count?)),
        }
    }

    /// Whether the bank's count, if any, is the same.
    fn counts(&self, members: &[usize]) -> bool {
        self.count.is_none_or(|count| count == members.len() as u64)
    }
}

impl OpenTransactions {
    /// Those that were not refused.
    fn accepted(&self) -> impl Iterator<Item = usize> {
        self.members.iter().zip(&self.refused).filter(|(_, refused)| !**refused).map(|(at, _)| *at)
    }
}

/// The sum of all, if all are given in one currency.
fn total_of<'p>(mut totals: impl Iterator<Item = Option<&'p CurrencyTotal>>) -> Option<CurrencyTotal> {
    let first = totals.next()??.clone();
    totals.try_fold(first, |all, one| {
        let one = one.filter(|one| one.currency == all.currency)?;
        Some(CurrencyTotal { sum: all.sum.plus(one.sum)?, currency: all.currency })
    })
}
