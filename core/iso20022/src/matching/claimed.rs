//! The entries of statements that have a payment file's references without naming a message.

use std::collections::BTreeSet;

use crate::answers::ClaimedEntry;
use crate::cash::{Entry, EntryDetail, Statement};
use crate::payment::PaymentFile;

use super::sent::SentPayments;
use super::{entries, reports};

/// The entries, by their order among all bookings, or details of them, that belong to transactions or batches of the
/// payment file for certain. Those that name another message are left out: matching accepts a bank's own message ids,
/// but they may as well be those of another payment with the same references.
pub(crate) fn claimed_entries(payment: &PaymentFile, statements: &[Statement]) -> BTreeSet<ClaimedEntry> {
    let sent = SentPayments::new(payment);
    let reported = reports::read(&sent, &[]);
    let booked = entries::read(&sent, &reported, statements);
    let of_tracks = booked.tracks.iter().flat_map(|track| {
        let hits = track.debits.iter().chain(&track.returned).chain(&track.pending);
        hits.map(|hit| (hit.booking, hit.detail))
    });
    let of_batches = booked.batches.iter().flat_map(|batch| batch.bookings.iter().map(|booking| (*booking, None)));
    of_tracks
        .chain(of_batches)
        .filter(|(booking, detail)| {
            let booking = &booked.bookings.all[*booking];
            !names_a_message(booking.entry, detail.and_then(|at| booking.details.get(at)))
        })
        .collect()
}

fn names_a_message(entry: &Entry, detail: Option<&EntryDetail>) -> bool {
    detail.is_some_and(|detail| detail.message_id.is_some())
        || entry.batches.iter().any(|batch| batch.message_id.is_some())
}
