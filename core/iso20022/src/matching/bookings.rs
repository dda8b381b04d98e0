//! The bookings in statements, reports and notifications: each once, however many of them report it.

use std::collections::HashMap;

use bankchannel_foundation::model::Date;

use crate::cash::{
    CashKind, ContinuityCheck, Direction, Entry, EntryDetail, EntryDigest, Statement, StatementBreakKind,
    StatementPages,
};
use crate::data::Money;
use crate::rules::Level;

use super::result::BookingPlace;
use super::shared;

/// Maximum number of notes of missing pages and statements.
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

/// A statement and its pages.
#[derive(Default)]
struct StatementSeries {
    pages: StatementPages,
    /// How often a booking was seen: two equal entries of one statement are two bookings.
    seen: HashMap<EntryDigest, u32>,
}

/// Collects the bookings of all statements.
pub(super) fn collect(statements: &[Statement]) -> StatementBookings<'_> {
    let mut found = StatementBookings { all: Vec::new(), unclear: Vec::new(), repeated: 0, notes: Vec::new() };
    let mut known: HashMap<(EntryDigest, u32), usize> = HashMap::new();
    let mut series: HashMap<_, StatementSeries> = HashMap::new();
    let mut order = Vec::new();
    for (number, statement) in statements.iter().enumerate() {
        let account = statement.account.iban.as_deref().or(statement.account.account.as_deref());
        let name = (kind_rank(statement.kind), account, statement.id.as_deref(), statement.sequence.as_deref());
        let pages = series.entry(name).or_insert_with(|| {
            order.push(name);
            StatementSeries::default()
        });
        // The next page continues a statement; the same page again is a copy.
        if !pages.pages.add(statement) {
            pages.seen.clear();
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
            let key = EntryDigest::new(account, entry, entry.direction.as_ref());
            let times = pages.seen.entry(key).and_modify(|times| *times += 1).or_default();
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
        if let Some(missing) = pages.pages.missing()
            && found.notes.len() < MAX_NOTES
        {
            found.notes.push(format!("statement {}: {missing}", crate::text::quote(number)));
        }
    }
    found.notes.extend(missing_statements(statements).take(MAX_NOTES));
    found
}

/// Statements that are missing by the numbers and balances of the others: a debit may be in them.
fn missing_statements(statements: &[Statement]) -> impl Iterator<Item = String> {
    let mut continuity = ContinuityCheck::default();
    statements.iter().for_each(|statement| continuity.add(statement));
    let checked = continuity.finish();
    let more = (checked.not_compared > 0).then(|| {
        format!("{} statements were not compared with those before them: they are too many", checked.not_compared)
    });
    // Missing pages have their notes, of every kind of statement.
    let breaks = checked.breaks.into_iter();
    let breaks = breaks.filter(|one| one.level == Level::Warning && one.kind != StatementBreakKind::Pages);
    more.into_iter().chain(breaks.map(|one| one.message))
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
    /// The status is missing where it must be given, or a bank's own.
    Unclear,
}

fn standing(entry: &Entry) -> EntryStanding {
    let status = entry.status.as_ref().map(|status| status.code.as_str());
    match status {
        Some("BOOK") => EntryStanding::Booked,
        // The reader knows what an entry is that has no status.
        None if entry.booked => EntryStanding::Booked,
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

impl<'a> MatchedBooking<'a> {
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

    /// The amount of a transaction, or of a booking that is one: the whole of several is not the amount of any of them.
    pub(super) fn own_money(&self, detail: Option<usize>) -> Option<&'a Money> {
        match detail.and_then(|at| self.details.get(at)) {
            Some(detail) => detail.money.as_ref(),
            None if self.details.len() < 2 => self.entry.money.as_ref(),
            None => None,
        }
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
