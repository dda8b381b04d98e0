//! The end of a page, from which the next one continues.

use bankchannel_foundation::model::Boundary;

use super::key::CountedKeys;
use super::tally::EntryTally;
use super::totals::{DecimalSum, StatementTotals};
use super::{CashMessage, Statement};
use crate::archive::ArchiveContent;

/// The end of a page. The next page continues from it in the same file, in this process or another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
pub struct Cursor {
    /// The start of the next page in the file, or in the file of an archive, in bytes from the beginning.
    pub position: u64,
    /// The line there, from 1.
    pub line: u64,
    /// The encoding of the file.
    pub encoding: String,
    /// The names of the elements that are open there, from the root; of a file of records its kind.
    pub open: Vec<String>,
    /// The number of messages started.
    pub messages: u64,
    /// The current message.
    pub message: CashMessage,
    /// The current statement, with the balances up to here and without its entries.
    pub statement: Statement,
    /// The number of its entries read so far.
    pub entries: u64,
    /// The exact sum of the booked ones, of any number of digits; left out once one could not be added.
    pub booked: Option<String>,
    /// The same of the reversals among them.
    pub reversed: Option<String>,
    /// The number of booked ones in another currency.
    pub other_currency: u64,
    /// All its entries so far, by direction.
    pub counted: EntryCounts,
    /// Those among them that are more than information: booked, pending or future.
    pub counted_bookings: EntryCounts,
    /// The booked ones among them.
    pub counted_booked: EntryCounts,
    /// The currency of their sums, if the statement does not say it: that of the first entry.
    pub currency: Option<String>,
    /// The keys so far, by which equal entries are counted.
    pub keys: String,
    /// The bank's additional information about the statement, if it came before this place.
    pub information: Option<String>,
    /// The number of the file in an archive that `position` is in, from 1; left out if the file is no archive.
    pub member: Option<u64>,
    /// The files of the archive so far.
    pub archive: Option<Box<ArchiveContent>>,
    /// Identifies the file: its size, and a digest of its beginning. A file with other values is refused for the next
    /// page. Left out if the content arrives as it is read.
    pub file: Option<String>,
}

/// Entries by direction, with the exact sums of their amounts, of any number of digits and without signs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct EntryCounts {
    /// The number of all entries, also of those without a direction.
    pub entries: u64,
    /// The number of credits.
    pub credits: u64,
    /// Their sum; left out once one could not be added.
    pub credit_sum: Option<String>,
    /// The number of debits.
    pub debits: u64,
    /// Their sum; left out once one could not be added.
    pub debit_sum: Option<String>,
    /// The number of reversals among all.
    pub reversals: u64,
}

impl StatementTotals {
    pub(super) fn from_cursor(cursor: &Cursor) -> Self {
        Self {
            all: EntryTally::from_counts(&cursor.counted),
            bookings: EntryTally::from_counts(&cursor.counted_bookings),
            booked_only: EntryTally::from_counts(&cursor.counted_booked),
            currency: cursor.currency.clone(),
            keys: CountedKeys::read(&cursor.keys),
            entries: cursor.entries,
            booked: cursor.booked.as_deref().and_then(DecimalSum::read),
            reversed: cursor.reversed.as_deref().and_then(DecimalSum::read),
            other_currency: cursor.other_currency,
        }
    }

    /// The cursor with these sums.
    pub(super) fn cursor(&self, cursor: Cursor) -> Cursor {
        Cursor {
            entries: self.entries,
            booked: self.booked.map(DecimalSum::text),
            reversed: self.reversed.map(DecimalSum::text),
            other_currency: self.other_currency,
            counted: self.all.counts(),
            counted_bookings: self.bookings.counts(),
            counted_booked: self.booked_only.counts(),
            currency: self.currency.clone(),
            keys: self.keys.text(),
            ..cursor
        }
    }
}
