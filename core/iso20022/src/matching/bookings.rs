//! The bookings in statements, reports and notifications: each once, however many of them report it.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use bankchannel_foundation::model::Date;

use crate::cash::Direction;
use crate::cash::{CashKind, Entry, EntryDetail, Statement};

use super::result::BookingPlace;
use super::sent::{UnsignedAmount, number_of};
use super::shared;

/// Maximum number of notes of missing pages.
const MAX_NOTES: usize = 100;

/// A booking, or a future one.
pub(super) struct MatchedBooking<'a> {
    /// The statement's index in the input.
    pub(super) statement: usize,
    pub(super) account: Option<&'a str>,
    pub(super) kind: CashKind,
    pub(super) statement_id: Option<&'a str>,
    pub(super) entry: &'a Entry,
    /// The transactions behind it, from whichever message lists them.
    pub(super) details: &'a [EntryDetail],
    /// The index of the statement that lists them.
    details_of: usize,
    pub(super) debit: bool,
    pub(super) booked: bool,
}

/// All bookings.
pub(super) struct StatementBookings<'a> {
    pub(super) all: Vec<MatchedBooking<'a>>,
    /// Entries whose booking status or direction is unclear.
    pub(super) unclear: Vec<MatchedBooking<'a>>,
    /// Entries that repeat another one.
    pub(super) repeated: u64,
    pub(super) notes: Vec<String>,
}

/// The key of a booking. Without the bank's own reference, the transactions behind the entries must be the same.
#[derive(PartialEq, Eq, Hash, Clone)]
struct BookingKey<'a> {
    account: Option<&'a str>,
    amount: Option<UnsignedAmount<'a>>,
    debit: bool,
    date: Option<Date>,
    reference: Option<&'a str>,
    details: u64,
}

/// A statement and its pages.
#[derive(Default)]
struct StatementSeries<'a> {
    pages: BTreeSet<u64>,
    last: Option<u64>,
    /// How often a key was seen: two equal entries of one statement are two bookings.
    seen: HashMap<BookingKey<'a>, u32>,
}

/// Collects the bookings of all statements.
pub(super) fn collect(statements: &[Statement]) -> StatementBookings<'_> {
    let mut found = StatementBookings { all: Vec::new(), unclear: Vec::new(), repeated: 0, notes: Vec::new() };
    let mut known: HashMap<(BookingKey<'_>, u32), usize> = HashMap::new();
    let mut series: HashMap<_, StatementSeries<'_>> = HashMap::new();
    let mut order = Vec::new();
    for (number, statement) in statements.iter().enumerate() {
        let account = statement.account.iban.as_deref().or(statement.account.account.as_deref());
        let name = (kind_rank(statement.kind), account, statement.id.as_deref(), statement.sequence.as_deref());
        let pages = series.entry(name).or_insert_with(|| {
            order.push(name);
            StatementSeries::default()
        });
        // The next page continues a statement; the same page again is a copy.
        let goes_on = statement.page.is_some_and(|page| pages.pages.insert(page)) && pages.pages.len() > 1;
        if !goes_on {
            pages.seen.clear();
        }
        if statement.last_page == Some(true) {
            pages.last = pages.last.max(statement.page);
        }
        for entry in &statement.entries {
            let (debit, standing) = (entry.direction.as_ref().and_then(is_debit), standing(entry));
            if standing == EntryStanding::Informs {
                continue;
            }
            let booking = MatchedBooking {
                statement: number,
                account,
                kind: statement.kind,
                statement_id: statement.id.as_deref(),
                entry,
                details: &entry.details,
                details_of: number,
                debit: debit.unwrap_or(true),
                booked: standing == EntryStanding::Booked,
            };
            if debit.is_none() || standing == EntryStanding::Unclear {
                found.unclear.push(booking);
                continue;
            }
            let key = booking.key();
            let times = pages.seen.entry(key.clone()).and_modify(|times| *times += 1).or_default();
            match known.entry((key, *times)) {
                std::collections::hash_map::Entry::Vacant(free) => {
                    free.insert(found.all.len());
                    found.all.push(booking);
                }
                std::collections::hash_map::Entry::Occupied(at) => {
                    found.repeated += 1;
                    found.all[*at.get()].merge(booking);
                }
            }
        }
    }
    for name in order {
        let (pages, number) = (&series[&name], name.2.unwrap_or("without an id"));
        if let Some(missing) = pages.missing()
            && found.notes.len() < MAX_NOTES
        {
            found.notes.push(format!("statement {}: {missing}", crate::text::quote(number)));
        }
    }
    found
}

/// Whether money leaves the account; `None` if that cannot be read.
pub(super) fn is_debit(direction: &Direction) -> Option<bool> {
    match direction {
        Direction::Debit => Some(true),
        Direction::Credit => Some(false),
        Direction::Other(_) => None,
    }
}

/// Whether an entry is booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EntryStanding {
    Booked,
    Pending,
    /// For information only.
    Informs,
    /// The status is missing, or a bank's own.
    Unclear,
}

fn standing(entry: &Entry) -> EntryStanding {
    let status = entry.status.as_ref().map(|status| status.code.as_str());
    match status {
        Some("BOOK") => EntryStanding::Booked,
        Some("PDNG" | "FUTR") => EntryStanding::Pending,
        Some("INFO") => EntryStanding::Informs,
        _ => EntryStanding::Unclear,
    }
}

/// Statements are final, reports are of the day, notifications explain.
pub(super) fn kind_rank(kind: CashKind) -> usize {
    match kind {
        CashKind::Notification => 0,
        CashKind::Report => 1,
        CashKind::Statement => 2,
    }
}

impl StatementSeries<'_> {
    /// The missing pages; nothing if the statement has no pages.
    fn missing(&self) -> Option<String> {
        let (highest, first) = (*self.pages.last()?, u64::from(!self.pages.contains(&0)));
        if let Some((missing, _)) = (first..).zip(&self.pages).find(|(wanted, page)| wanted != *page) {
            return Some(format!("page {missing} is missing"));
        }
        (self.last.is_none()).then(|| format!("the pages after {highest} are missing: none is marked as the last"))
    }
}

impl<'a> MatchedBooking<'a> {
    fn key(&self) -> BookingKey<'a> {
        let entry = self.entry;
        let reference = entry.servicer_reference.as_deref();
        let mut details = DefaultHasher::new();
        if reference.is_none() {
            entry.reference.hash(&mut details);
            for detail in self.details {
                let party = detail.counterparty.as_deref();
                (&detail.end_to_end_id, &detail.instruction_id, &detail.text).hash(&mut details);
                (&detail.creditor_reference, party.and_then(number_of)).hash(&mut details);
                detail.money.as_ref().map(|money| money.amount.as_str()).hash(&mut details);
            }
        }
        BookingKey {
            account: self.account,
            amount: entry.money.as_ref().and_then(UnsignedAmount::from_money),
            debit: self.debit,
            date: entry.booking_date.or(entry.value_date),
            reference,
            details: details.finish(),
        }
    }

    /// Merges the same booking of another message: booked entries, and statements, take precedence; the details come
    /// from whichever has them.
    fn merge(&mut self, other: Self) {
        let better = (other.booked, kind_rank(other.kind)) > (self.booked, kind_rank(self.kind));
        let worse = if better { std::mem::replace(self, other) } else { other };
        if self.details.is_empty() {
            (self.details, self.details_of) = (worse.details, worse.details_of);
        }
    }

    pub(super) fn date(&self) -> Option<Date> {
        self.entry.booking_date.or(self.entry.value_date)
    }

    pub(super) fn place(&self, detail: Option<usize>) -> BookingPlace {
        let of_detail = detail.and_then(|at| self.details.get(at));
        BookingPlace {
            statement: self.statement as u64 + 1,
            statement_id: shared::text(self.statement_id),
            kind: self.kind,
            entry: self.entry.number,
            detail: detail.map(|at| at as u64 + 1),
            line: of_detail.filter(|_| self.details_of == self.statement).map_or(self.entry.line, |detail| detail.line),
            date: self.date(),
            reference: shared::text(self.entry.reference.as_deref()),
            servicer_reference: of_detail
                .and_then(|detail| detail.servicer_reference.clone())
                .or_else(|| shared::text(self.entry.servicer_reference.as_deref())),
            money: of_detail.and_then(|detail| detail.money.clone()).or_else(|| self.entry.money.clone()),
        }
    }
}
