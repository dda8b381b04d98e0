//! Matches bookings with transactions: one by one here, batches in [`super::batches`].

use crate::cash::{Batch, EntryDetail, Statement};
use crate::data::Money;

use super::batches::{self, BatchBooked, BatchPart};
use super::bookings::{MatchedBooking, StatementBookings, collect, is_debit};
use super::cover::StatementCover;
use super::days;
use super::doubts::{AmbiguousMatches, in_course, not_older};
use super::named::{fits, ids, leftover};
use super::reports::{MAX_CANDIDATES, ReportResults};
use super::result::{LeftoverEntry, LeftoverReason};
use super::sent::{BankIds, IdLookup, SentPayments};
use super::unmatched::UnmatchedPart;

/// A booking, or one of its transactions, that belongs to a transaction of the payment file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BookingHit {
    pub(super) booking: usize,
    pub(super) detail: Option<usize>,
    /// Whether the bank names the file, the batch or the UETR.
    pub(super) exact: bool,
}

/// The bookings of a transaction.
#[derive(Debug, Default)]
pub(super) struct BookingTrack {
    /// Its own debits; after all are read, only those with the best names are kept.
    pub(super) debits: Vec<BookingHit>,
    pub(super) returned: Option<BookingHit>,
    pub(super) pending: Option<BookingHit>,
    pub(super) probable: Option<BookingHit>,
    pub(super) batch: Option<BatchBooked>,
    /// A booking that belongs to this transaction or to another one with the same ids.
    pub(super) ambiguous: Option<BookingHit>,
    /// Whether a debit names it that may not be its own.
    pub(super) doubt: bool,
    /// Debits that name it alone, and have another amount.
    pub(super) other_amounts: Vec<BookingHit>,
}

/// The results from the bookings.
pub(super) struct BookedResults<'a> {
    pub(super) bookings: StatementBookings<'a>,
    pub(super) tracks: Vec<BookingTrack>,
    pub(super) batches: Vec<batches::BatchSum>,
    pub(super) leftovers: Vec<LeftoverEntry>,
    pub(super) cover: StatementCover<'a>,
}

/// Matches all bookings.
pub(super) fn read<'a>(
    sent: &SentPayments<'a>,
    reported: &ReportResults<'a>,
    statements: &'a [Statement],
) -> BookedResults<'a> {
    let mut matching = EntryMatching {
        sent,
        reported,
        tracks: sent.transactions.iter().map(|_| BookingTrack::default()).collect(),
        parts: Vec::new(),
        groups: vec![false; sent.groups()],
        doubts: AmbiguousMatches::default(),
        leftovers: Vec::new(),
    };
    let bookings = collect(statements);
    for (number, booking) in bookings.all.iter().enumerate() {
        matching.booking(number, booking);
    }
    for booking in &bookings.unclear {
        matching.unclear(booking);
    }
    matching.keep_best(&bookings);
    let parts = std::mem::take(&mut matching.parts);
    let batches = batches::settle(sent, reported, &bookings, parts, &mut matching.tracks, &mut matching.leftovers);
    matching.found_returns(&bookings);
    let cover = StatementCover::new(statements, &bookings.unclear, &matching.leftovers);
    BookedResults { bookings, tracks: matching.tracks, batches, leftovers: matching.leftovers, cover }
}

pub(super) struct EntryMatching<'s, 'a> {
    pub(super) sent: &'s SentPayments<'a>,
    pub(super) reported: &'s ReportResults<'a>,
    pub(super) tracks: Vec<BookingTrack>,
    parts: Vec<BatchPart>,
    /// The groups of transactions with an ambiguous booking.
    groups: Vec<bool>,
    pub(super) doubts: AmbiguousMatches,
    pub(super) leftovers: Vec<LeftoverEntry>,
}

/// The scope of the names that a bank gives.
#[derive(Clone, Copy)]
pub(super) enum NameScope {
    /// This file; in this batch, if one is named.
    Here(Option<usize>),
    /// Neither file nor batch is named.
    Nowhere,
    Elsewhere(LeftoverReason),
}

/// The result of matching a booking, or one of its transactions.
enum EntryMatch {
    One(usize, bool),
    /// A transaction whose booking is so late that it may belong to another month's payment.
    Late(usize),
    Probable(usize),
    Several(usize),
    Nothing(LeftoverReason),
}

impl<'a> EntryMatching<'_, 'a> {
    fn booking(&mut self, number: usize, booking: &MatchedBooking<'a>) {
        let single = match booking.entry.batches.as_slice() {
            [batch] => Some(batch),
            _ => None,
        };
        let mut unmatched = Vec::new();
        let mut own = Vec::new();
        // An entry without details counts as its own only detail.
        let details = booking.details.iter().enumerate().map(|(at, detail)| (Some(at), Some(detail)));
        let itself = booking.details.is_empty().then_some((None, None));
        for (at, detail) in details.chain(itself) {
            let debit = detail.and_then(|detail| is_debit(detail.direction.as_ref()?)).unwrap_or(booking.debit);
            let named = self.named(single, detail);
            match self.find(booking, detail, debit, named) {
                EntryMatch::One(transaction, exact) => {
                    own.push(detail.and_then(|detail| detail.money.as_ref()));
                    self.take(transaction, booking, debit, BookingHit { booking: number, detail: at, exact });
                }
                EntryMatch::Late(transaction) => {
                    let hit = BookingHit { booking: number, detail: at, exact: false };
                    let track = &mut self.tracks[transaction];
                    if debit && booking.booked {
                        track.probable = track.probable.or(Some(hit));
                        let row = leftover(booking, at, LeftoverReason::Ambiguous);
                        self.leftovers.push(LeftoverEntry { candidates: vec![transaction as u64 + 1], ..row });
                    } else {
                        track.doubt = true;
                        self.take(transaction, booking, debit, hit);
                    }
                }
                EntryMatch::Probable(transaction) => {
                    let hit = BookingHit { booking: number, detail: at, exact: false };
                    let track = &mut self.tracks[transaction];
                    if track.probable.replace(hit).is_some() {
                        track.ambiguous = Some(hit);
                    }
                }
                EntryMatch::Several(group) => {
                    let hit = BookingHit { booking: number, detail: at, exact: false };
                    let members = self.sent.group(group);
                    let candidates = members.iter().take(MAX_CANDIDATES).map(|at| *at as u64 + 1).collect();
                    let row = leftover(booking, at, LeftoverReason::Ambiguous);
                    self.leftovers.push(LeftoverEntry { candidates, ..row });
                    if !std::mem::replace(&mut self.groups[group], true) {
                        for member in members {
                            self.tracks[*member].ambiguous = Some(hit);
                        }
                    }
                }
                EntryMatch::Nothing(why) => {
                    unmatched.push(self.unmatched((number, booking), (at, detail), debit, (named, why)));
                }
            }
        }
        if unmatched.is_empty() {
            return;
        }
        let mut parts = self.batch_parts(number, booking, &unmatched, &own);
        let nameless = unmatched.iter().map(|part| part.detail.and_then(|at| booking.details.get(at)));
        self.doubt_batches(booking, nameless, !parts.is_empty());
        if let Some(first) = parts.first_mut() {
            // Those without a name may be debits of the file as well.
            if unmatched.iter().any(|part| !part.candidates.is_empty()) {
                let row = |part: &UnmatchedPart| self.row(booking, part.detail, part.why, &part.candidates);
                first.unmatched_parts = unmatched.iter().map(row).collect();
            }
            self.parts.append(&mut parts);
            return;
        }
        let nobody = unmatched.len() == 1 || unmatched.iter().all(|part| part.candidates.is_empty());
        let whole = own.is_empty() && nobody && unmatched.len() == booking.details.len().max(1);
        for part in unmatched.into_iter().take(if whole { 1 } else { usize::MAX }) {
            let detail = part.detail.filter(|_| !whole || booking.details.len() == 1);
            let row = self.row(booking, detail, part.why, &part.candidates);
            self.leftovers.push(row);
        }
    }

    /// Whether the bank names this file or one of its batches.
    fn named(&self, batch: Option<&'a Batch>, detail: Option<&'a EntryDetail>) -> NameScope {
        let of_detail = |id: fn(&EntryDetail) -> Option<&String>| detail.and_then(id);
        let of_batch = |id: fn(&Batch) -> Option<&String>| batch.and_then(id);
        let message = of_detail(|one| one.message_id.as_ref()).or_else(|| of_batch(|one| one.message_id.as_ref()));
        let payment = of_detail(|one| one.payment_id.as_ref()).or_else(|| of_batch(|one| one.payment_id.as_ref()));
        self.place(message, payment)
    }

    pub(super) fn place(&self, message: Option<&String>, payment: Option<&String>) -> NameScope {
        let scope = payment.map(|id| self.sent.scope(id));
        match (message, scope) {
            (Some(message), _) if Some(message) != self.sent.file.id.as_ref() => {
                NameScope::Elsewhere(LeftoverReason::OtherFile)
            }
            (_, Some(Some(scope))) => NameScope::Here(Some(scope)),
            (Some(_), _) => NameScope::Here(None),
            (None, Some(None)) => NameScope::Elsewhere(LeftoverReason::NoSuchBatch),
            (None, None) => NameScope::Nowhere,
        }
    }

    fn find(
        &self,
        booking: &MatchedBooking<'a>,
        detail: Option<&'a EntryDetail>,
        debit: bool,
        named: NameScope,
    ) -> EntryMatch {
        let ids = ids(booking, detail);
        if let IdLookup::One(at) = self.sent.by_uetr(&ids) {
            return EntryMatch::One(at, true);
        }
        let scope = if let NameScope::Here(scope) = named { scope } else { None };
        match self.sent.find(scope, &ids) {
            IdLookup::One(at) => {
                if matches!(named, NameScope::Here(_)) {
                    return EntryMatch::One(at, true);
                }
                let one = &self.sent.transactions[at];
                // Many banks use their own message ids: with one of those, the account must match too.
                let named_here =
                    matches!(named, NameScope::Nowhere) || one.account.is_some() && one.account == ids.account;
                if named_here && not_older(self.sent, one, booking) && fits(one, &ids, booking, detail, debit) {
                    return if in_course(self.sent, one, booking) {
                        EntryMatch::One(at, false)
                    } else {
                        EntryMatch::Late(at)
                    };
                }
            }
            IdLookup::Several(group) => {
                let near = self.sent.group(group).first().is_some_and(|at| {
                    let one = &self.sent.transactions[*at];
                    not_older(self.sent, one, booking) && in_course(self.sent, one, booking)
                });
                match named {
                    NameScope::Here(_) => return EntryMatch::Several(group),
                    NameScope::Nowhere if near => return EntryMatch::Several(group),
                    NameScope::Nowhere | NameScope::Elsewhere(_) => {}
                }
            }
            IdLookup::Nothing => {}
        }
        if let Some(at) = self.by_reference(booking, detail, &ids) {
            return EntryMatch::One(at, true);
        }
        match (self.probable(booking, detail, &ids).filter(|_| debit && booking.booked), named) {
            (Some(at), _) => EntryMatch::Probable(at),
            (None, NameScope::Elsewhere(why)) => EntryMatch::Nothing(why),
            (None, _) => EntryMatch::Nothing(LeftoverReason::NoSuchTransaction),
        }
    }

    /// The transaction whose booking the bank announced with its own reference.
    pub(super) fn by_reference(
        &self,
        booking: &MatchedBooking<'a>,
        detail: Option<&'a EntryDetail>,
        ids: &BankIds<'a>,
    ) -> Option<usize> {
        let of_entry = booking.entry.servicer_reference.as_deref().filter(|_| booking.details.len() < 2);
        let reference = detail.and_then(|detail| detail.servicer_reference.as_deref()).or(of_entry)?;
        let at = (*self.reported.references.get(reference)?)?;
        let one = &self.sent.transactions[at];
        let amount = one.amount.zip(ids.amount);
        let same = amount.is_none_or(|(own, other)| own.currency != other.currency || own == other);
        let debtor = one.debtor.zip(ids.debtor).is_none_or(|(own, other)| own == other);
        (same && debtor).then_some(at)
    }

    /// The only transaction of this amount to this account about this day, for the same purpose as far as the booking has one.
    pub(super) fn probable(
        &self,
        booking: &MatchedBooking<'a>,
        detail: Option<&'a EntryDetail>,
        ids: &BankIds<'a>,
    ) -> Option<usize> {
        let (amount, account, detail) = (ids.amount?, ids.account?, detail?);
        let at = self.sent.by_creditor(amount, account)?;
        let one = &self.sent.transactions[at];
        let execution = self.sent.file.batches[one.batch].execution.as_ref()?.date;
        let ordered = &one.payment.remittance;
        let booked = &detail.remittance;
        // Banks leave the purpose out of some bookings; another purpose is another payment.
        let purpose = booked.reference().is_none_or(|booked| ordered.reference() == Some(booked))
            && booked.text().is_none_or(|booked| ordered.text() == Some(booked));
        let debtor = one.debtor.zip(ids.debtor).is_none_or(|(own, other)| own == other);
        // A contradicting id means that it is another payment.
        let contradicts = ids.end_to_end.is_some() && one.payment.end_to_end_id.is_some();
        (purpose && debtor && !contradicts && days::is_about(execution, booking.date()?)).then_some(at)
    }

    fn take(&mut self, transaction: usize, booking: &MatchedBooking<'a>, debit: bool, hit: BookingHit) {
        let track = &mut self.tracks[transaction];
        match (debit, booking.booked) {
            (true, true) => track.debits.push(hit),
            (true, false) => track.pending = track.pending.or(Some(hit)),
            (false, true) => track.returned = track.returned.or(Some(hit)),
            // Money that may come back changes nothing yet.
            (false, false) => {}
        }
    }

    /// The parts of a booking that belong to batches, without those that are matched one by one.
    fn batch_parts(
        &self,
        number: usize,
        booking: &MatchedBooking<'a>,
        unmatched: &[UnmatchedPart],
        own: &[Option<&'a Money>],
    ) -> Vec<BatchPart> {
        let part = |scope: Option<usize>, named: bool| BatchPart {
            booking: number,
            scope,
            named,
            amount: None,
            total: None,
            count: None,
            otherwise: LeftoverReason::NoSuchTransaction,
            unmatched_parts: Vec::new(),
        };
        match booking.entry.batches.as_slice() {
            [] => {
                // Details without their own ids may still name the batch.
                let mut scopes = unmatched.iter().map(|part| match part.named {
                    NameScope::Here(scope) => Some(scope),
                    _ => None,
                });
                let Some(Some(first)) = scopes.next() else { return Vec::new() };
                if scopes.any(|scope| scope != Some(first)) {
                    return Vec::new();
                }
                let amount = batches::without(booking.entry.money.as_ref(), own);
                vec![BatchPart { amount, ..part(first, true) }]
            }
            [batch] => {
                let (scope, named) = match self.place(batch.message_id.as_ref(), batch.payment_id.as_ref()) {
                    NameScope::Here(scope) => (scope, true),
                    NameScope::Nowhere if own.is_empty() => (None, false),
                    // With a bank's own message id, sum and day may still match.
                    NameScope::Elsewhere(why) if booking.details.is_empty() => {
                        return vec![BatchPart {
                            total: batches::without(batch.total.as_ref(), own),
                            amount: batches::without(booking.entry.money.as_ref(), own),
                            count: batch.count,
                            otherwise: why,
                            ..part(None, false)
                        }];
                    }
                    _ => return Vec::new(),
                };
                let matched = own.len() as u64;
                vec![BatchPart {
                    amount: batches::without(booking.entry.money.as_ref(), own),
                    total: batches::without(batch.total.as_ref(), own),
                    count: batch.count.and_then(|count| count.checked_sub(matched)),
                    ..part(scope, named)
                }]
            }
            several => {
                let parts = several.iter().map(|batch| {
                    match self.place(batch.message_id.as_ref(), batch.payment_id.as_ref()) {
                        NameScope::Here(scope) if own.is_empty() => Some(BatchPart {
                            total: batches::without(batch.total.as_ref(), &[]),
                            count: batch.count,
                            ..part(scope, true)
                        }),
                        _ => None,
                    }
                });
                parts.flatten().collect()
            }
        }
    }
}
