//! Bookings that belong to no transaction for certain: the transactions that they may be about, and the doubt on these.

use crate::cash::EntryDetail;

use super::bookings::{MatchedBooking, is_debit};
use super::doubts::in_course;
use super::entries::{BookingHit, EntryMatching, NameScope};
use super::named::{difference, ids, leftover};
use super::reports::MAX_CANDIDATES;
use super::result::{LeftoverEntry, LeftoverReason};

/// A booking, or one of its transactions, that belongs to no transaction for certain.
pub(super) struct UnmatchedPart {
    pub(super) detail: Option<usize>,
    pub(super) named: NameScope,
    pub(super) why: LeftoverReason,
    /// The transactions that have one of its ids.
    pub(super) candidates: Vec<usize>,
}

impl<'a> EntryMatching<'_, 'a> {
    /// A booking, or one of its transactions, that matches nothing: with the transactions that it may be about all the
    /// same. A debit with another amount than the only one that it names is that transaction's trace.
    pub(super) fn unmatched(
        &mut self,
        (number, booking): (usize, &MatchedBooking<'a>),
        (at, detail): (Option<usize>, Option<&'a EntryDetail>),
        debit: bool,
        (named, why): (NameScope, LeftoverReason),
    ) -> UnmatchedPart {
        let ids = ids(booking, detail);
        let candidates = self.doubts.of_ids(self.sent, &mut self.tracks, booking, (&ids, debit));
        let mut part = UnmatchedPart { detail: at, named, why, candidates };
        if why == LeftoverReason::NoSuchTransaction && !part.candidates.is_empty() {
            part.why = LeftoverReason::Ambiguous;
        }
        if let [candidate] = part.candidates.as_slice() {
            let one = &self.sent.transactions[*candidate];
            let differs = one.amount.zip(ids.amount).is_some_and(|(own, other)| own != other);
            if differs && why == LeftoverReason::NoSuchTransaction {
                part.why = LeftoverReason::OtherAmount;
                let track = &mut self.tracks[*candidate].other_amounts;
                if debit && booking.booked && in_course(self.sent, one, booking) && track.len() < MAX_CANDIDATES {
                    track.push(BookingHit { booking: number, detail: at, exact: false });
                }
            }
        }
        part
    }

    /// The report on a booking, or on one of its transactions, that may be about these transactions of the file.
    pub(super) fn row(
        &self,
        booking: &MatchedBooking<'a>,
        detail: Option<usize>,
        why: LeftoverReason,
        candidates: &[usize],
    ) -> LeftoverEntry {
        let row = leftover(booking, detail, why);
        let only = if let [only] = candidates { Some(&self.sent.transactions[*only]) } else { None };
        let amounts = booking.own_money(detail).zip(only.and_then(|only| only.payment.money.as_ref()));
        LeftoverEntry {
            difference: amounts.and_then(|(booked, ordered)| difference(booked, ordered)),
            candidates: candidates.iter().map(|at| *at as u64 + 1).collect(),
            ..row
        }
    }

    /// An entry whose booking status or direction is unclear: it does not count as a payment, but may be one.
    pub(super) fn unclear(&mut self, booking: &MatchedBooking<'a>) {
        let mut candidates = Vec::new();
        let details = booking.details.iter().map(Some);
        let itself = booking.details.is_empty().then_some(None);
        let debits = details
            .chain(itself)
            .filter(|detail| detail.and_then(|detail| is_debit(detail.direction.as_ref()?)).unwrap_or(booking.debit));
        for detail in debits.clone() {
            let ids = ids(booking, detail);
            let mut found = self.doubts.of_ids(self.sent, &mut self.tracks, booking, (&ids, true));
            if found.is_empty()
                && let Some(at) =
                    self.by_reference(booking, detail, &ids).or_else(|| self.probable(booking, detail, &ids))
            {
                self.tracks[at].doubt = true;
                found.push(at);
            }
            let room = MAX_CANDIDATES - candidates.len();
            candidates.extend(found.into_iter().take(room));
        }
        self.doubt_batches(booking, debits, false);
        let why = if candidates.is_empty() { LeftoverReason::NoSuchTransaction } else { LeftoverReason::Ambiguous };
        let row = self.row(booking, None, why, &candidates);
        self.leftovers.push(row);
    }

    /// Marks the batches that a debit names without naming their transactions. Those that are `settled` by their sums
    /// are not in doubt, unless the debit names another file as well.
    pub(super) fn doubt_batches<'d>(
        &mut self,
        booking: &MatchedBooking<'a>,
        details: impl Iterator<Item = Option<&'d EntryDetail>>,
        settled: bool,
    ) where
        'a: 'd,
    {
        if !booking.debit {
            return;
        }
        let mut of_entry = false;
        for detail in details {
            if detail.is_some_and(|detail| {
                detail.uetr.is_some() || detail.instruction_id.is_some() || detail.end_to_end_id.is_some()
            }) {
                continue;
            }
            match detail.filter(|detail| detail.payment_id.is_some() || detail.message_id.is_some()) {
                Some(detail) => {
                    self.doubt_batch(booking, detail.message_id.as_ref(), detail.payment_id.as_ref(), settled);
                }
                None => of_entry = true,
            }
        }
        if of_entry {
            for batch in &booking.entry.batches {
                self.doubt_batch(booking, batch.message_id.as_ref(), batch.payment_id.as_ref(), settled);
            }
        }
    }

    fn doubt_batch(
        &mut self,
        booking: &MatchedBooking<'a>,
        message: Option<&String>,
        payment: Option<&String>,
        settled: bool,
    ) {
        if settled && !matches!(self.place(message, payment), NameScope::Elsewhere(_)) {
            return;
        }
        let scope = payment.and_then(|id| self.sent.scope(id));
        if scope.is_some() || (message.is_some() && message == self.sent.file.id.as_ref()) {
            self.doubts.of_scope(self.sent, &mut self.tracks, booking, scope);
        }
    }
}
