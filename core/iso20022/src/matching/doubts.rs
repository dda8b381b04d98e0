//! Debits that name transactions but may not belong to them: a refused transaction may have been paid all the same.

use std::collections::HashSet;

use super::bookings::MatchedBooking;
use super::days;
use super::entries::BookingTrack;
use super::reports::MAX_CANDIDATES;
use super::sent::{BankIds, IdLookup, SentPayments, SentTransaction};

/// The marks so far: one is enough, however many entries give it.
#[derive(Debug, Default)]
pub(super) struct AmbiguousMatches {
    marked: HashSet<DoubtMark>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum DoubtMark {
    /// The transactions with the same id.
    Group(usize),
    /// Those of a payment information id; of the whole file if there is none.
    Scope(Option<usize>),
}

impl AmbiguousMatches {
    /// The transactions that a booking names by one of its ids, unless an account shows that it belongs to others: some of
    /// their indexes. A debit marks all of them.
    pub(super) fn of_ids<'a>(
        &mut self,
        sent: &SentPayments<'a>,
        tracks: &mut [BookingTrack],
        booking: &MatchedBooking<'a>,
        (ids, debit): (&BankIds<'a>, bool),
    ) -> Vec<usize> {
        let mut candidates = Vec::new();
        for found in sent.named(ids) {
            let single;
            let members = match found {
                IdLookup::One(at) => {
                    single = [at];
                    single.as_slice()
                }
                IdLookup::Several(group) => sent.group(group),
                IdLookup::Nothing => continue,
            };
            let Some(first) = members.first().map(|at| &sent.transactions[*at]) else { continue };
            if !not_older(sent, first, booking) || (members.len() == 1 && contradicts(first, ids)) {
                continue;
            }
            candidates.extend(members.iter().take(MAX_CANDIDATES));
            let fresh = match found {
                IdLookup::Several(group) => debit && self.marked.insert(DoubtMark::Group(group)),
                _ => debit,
            };
            if fresh {
                members.iter().for_each(|at| tracks[*at].doubt = true);
            }
        }
        candidates.sort_unstable();
        candidates.dedup();
        candidates.truncate(MAX_CANDIDATES);
        candidates
    }

    /// Marks the transactions of a payment information id, or of the whole file, that the debit may belong to.
    pub(super) fn of_scope<'a>(
        &mut self,
        sent: &SentPayments<'a>,
        tracks: &mut [BookingTrack],
        booking: &MatchedBooking<'a>,
        scope: Option<usize>,
    ) {
        let one_of = scope.map_or(Some(0), |scope| sent.scopes[scope].members.first().copied());
        let Some(one) = one_of.and_then(|at| sent.transactions.get(at)) else { return };
        let ids = BankIds { debtor: booking.account, ..BankIds::default() };
        if !not_older(sent, one, booking) || (scope.is_some() && contradicts(one, &ids)) {
            return;
        }
        if !self.marked.insert(DoubtMark::Scope(scope)) {
            return;
        }
        match scope {
            Some(scope) => sent.scopes[scope].members.iter().for_each(|at| tracks[*at].doubt = true),
            None => tracks.iter_mut().for_each(|track| track.doubt = true),
        }
    }
}

/// Whether one of the accounts belongs to another payment.
fn contradicts<'a>(one: &SentTransaction<'a>, ids: &BankIds<'a>) -> bool {
    let differ = |own: Option<&str>, other: Option<&str>| own.zip(other).is_some_and(|(own, other)| own != other);
    differ(one.debtor, ids.debtor) || differ(one.account, ids.account)
}

/// Whether the booking is not older than the payment: ids are reused from month to month.
pub(super) fn not_older<'a>(sent: &SentPayments<'a>, one: &SentTransaction<'a>, booking: &MatchedBooking<'a>) -> bool {
    let (created, execution) = sent.days(one);
    created.or(execution).zip(booking.date()).is_none_or(|(made, booked)| days::day_before(made) <= booked)
}

/// Whether the booking follows the payment so soon that it cannot belong to another month's.
pub(super) fn in_course<'a>(sent: &SentPayments<'a>, one: &SentTransaction<'a>, booking: &MatchedBooking<'a>) -> bool {
    let (created, execution) = sent.days(one);
    let latest = created.max(execution).and_then(days::latest_with_ids);
    latest.zip(booking.date()).is_none_or(|(latest, booked)| booked <= latest)
}
