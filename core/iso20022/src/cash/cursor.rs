//! Where a page ended, so that the next one can go on there.

use bankchannel_foundation::Boundary;

use super::totals::{Sum, Totals};
use super::{CashMessage, Statement};

/// Where a page ended. The next page goes on from it in the same file, in this process or another.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct Cursor {
    /// Where in the file the next page begins, in bytes from its beginning.
    pub position: u64,
    /// The line there, from 1.
    pub line: u64,
    /// The encoding of the file.
    pub encoding: String,
    /// The names of the elements that are open there, from the root.
    pub open: Vec<String>,
    /// How many messages have begun.
    pub messages: u64,
    /// The message that is read.
    pub message: CashMessage,
    /// The statement that is read, with the balances up to here and without its entries.
    pub statement: Statement,
    /// How many of its entries have been read.
    pub entries: u64,
    /// The exact sum of the booked ones, of any number of digits; left out once one could not be added.
    pub booked: Option<String>,
    /// The same of the reversals among them.
    pub reversed: Option<String>,
    /// How many booked ones are in another currency.
    pub other_currency: u64,
    /// What the bank adds to the statement, where that stood before this place.
    pub information: Option<String>,
    /// What the file is known by: its size, and a digest of its beginning. The next page of a file with others is refused. Left out
    /// where content arrives as it is read.
    pub file: Option<String>,
}

impl Totals {
    pub(super) fn of(cursor: &Cursor) -> Self {
        Self {
            entries: cursor.entries,
            booked: cursor.booked.as_deref().and_then(Sum::read),
            reversed: cursor.reversed.as_deref().and_then(Sum::read),
            other_currency: cursor.other_currency,
        }
    }
}
