//! Which of a transaction's bookings count, once all are matched.

use super::batches::BatchVerdict;
use super::bookings::{StatementBookings, kind_rank};
use super::claims::ClaimStage;
use super::entries::{BookingHit, EntryMatching};
use super::named::leftover;
use super::result::LeftoverReason;

impl<'a> EntryMatching<'_, 'a> {
    /// Of the debits of one transaction, those with the best names count. Two in one kind of message are two bookings,
    /// one of which may belong to another payment with the same ids.
    pub(super) fn keep_best(&mut self, bookings: &StatementBookings<'a>) {
        for track in &mut self.tracks {
            if track.debits.len() < 2 {
                continue;
            }
            if track.debits.iter().any(|hit| hit.exact) {
                let (best, rest) = track.debits.iter().partition(|hit| hit.exact);
                track.debits = best;
                let rest: Vec<BookingHit> = rest;
                for hit in rest {
                    let row = leftover(&bookings.all[hit.booking], hit.detail, LeftoverReason::Ambiguous);
                    self.leftovers.push(row);
                }
            }
            let mut by_kind = [0; 3];
            for hit in &track.debits {
                by_kind[kind_rank(bookings.all[hit.booking].kind)] += 1;
            }
            track.debits.sort_by_key(|hit| std::cmp::Reverse(kind_rank(bookings.all[hit.booking].kind)));
            if by_kind.into_iter().all(|times| times < 2) {
                track.debits.truncate(1);
            }
        }
    }

    /// A credit reverses a payment if the bank marks it so, or if the payment was debited before: anyone may pay with
    /// the same end-to-end id.
    pub(super) fn found_returns(&mut self, bookings: &StatementBookings<'a>) {
        for (track, standing) in self.tracks.iter_mut().zip(&self.reported.standings) {
            let Some(hit) = track.returned else { continue };
            let booking = &bookings.all[hit.booking];
            let detail = hit.detail.and_then(|at| booking.details.get(at));
            let said = hit.exact || booking.entry.reversal || detail.is_some_and(|detail| detail.returned.is_some());
            let debited = !track.debits.is_empty()
                || track.batch.is_some_and(|batch| batch.verdict == BatchVerdict::Paid)
                || standing
                    .claim
                    .is_some_and(|claim| matches!(claim.stage, ClaimStage::Executed | ClaimStage::Arrived));
            let before = track.debits.first().and_then(|debit| bookings.all[debit.booking].date());
            let in_order = before.zip(booking.date()).is_none_or(|(debit, credit)| debit <= credit);
            if !in_order || !(said || debited) {
                track.returned = None;
                self.leftovers.push(leftover(booking, hit.detail, LeftoverReason::NoSuchTransaction));
            }
        }
    }
}
