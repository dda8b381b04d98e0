//! A statement while its entries are read from a format that is not XML: numbers, keys, sums, unread parts.

use super::totals::StatementTotals;
use super::{CashMessage, Cursor, Entry, Statement};
use crate::data::{UnreadTally, keep};
use crate::rules::Finding;

/// A statement whose entries are being read.
pub(crate) struct OpenStatement {
    pub(crate) statement: Statement,
    /// The bank's additional information about it.
    pub(crate) information: Option<String>,
    /// Its parts that are in no field.
    pub(crate) unread: UnreadTally,
    totals: StatementTotals,
    /// The page in the keys of its entries: of a page after the first one, which may be read without the others.
    pub(crate) key_page: Option<u64>,
}

impl OpenStatement {
    pub(crate) fn new(statement: Statement, key_page: Option<u64>) -> Self {
        Self {
            statement,
            information: None,
            unread: UnreadTally::default(),
            totals: StatementTotals::default(),
            key_page,
        }
    }

    /// Continues at the end of a page of a result.
    pub(crate) fn resume(cursor: &Cursor, key_page: Option<u64>) -> Self {
        Self {
            statement: cursor.statement.clone(),
            information: cursor.information.clone(),
            unread: UnreadTally::new(cursor.statement.unread.clone()),
            totals: StatementTotals::from_cursor(cursor),
            key_page,
        }
    }

    /// The header, as far as it is known.
    pub(crate) fn header(&self) -> Statement {
        Statement { unread: self.unread.found(), ..self.statement.clone() }
    }

    /// The number of the next entry.
    pub(crate) fn next_number(&self) -> u64 {
        self.totals.entries + 1
    }

    /// Completes an entry and counts it.
    pub(crate) fn add(&mut self, mut entry: Entry) -> Entry {
        let number = self.next_number();
        let account = self.statement.account.number();
        let is_debit = entry.direction == Some(super::Direction::Debit);
        entry.complete(is_debit, false, account);
        entry.number = number;
        if let Some(digest) = entry.digest(account, false) {
            entry.key = Some(self.totals.keys.key(&digest, number, self.key_page));
        }
        self.totals.add(&entry, self.statement.currency());
        entry
    }

    /// The statement with the results that follow from all its entries. `place` says where in the file a contradiction
    /// is, by the part of the statement.
    pub(crate) fn end(self, place: impl Fn(&str) -> String) -> Statement {
        let Self { mut statement, information, unread, totals, .. } = self;
        statement.finish(&totals, information);
        let line = statement.line;
        let placed = |found: Finding| {
            let path = found.path.as_deref().map(&place);
            Finding { path, ..found.line(line) }
        };
        keep(statement.contradictions(&totals).into_iter().map(placed).collect(), &mut statement.problems);
        statement.unread = unread.found();
        statement
    }

    /// Where the next page of a result continues.
    pub(crate) fn cursor(&self, at: CursorPlace, messages: u64, message: &CashMessage) -> Cursor {
        let (position, line) = at.place;
        self.totals.cursor(Cursor {
            position,
            line,
            encoding: at.encoding.to_owned(),
            open: at.open,
            messages,
            message: message.clone(),
            statement: self.header(),
            information: self.information.clone(),
            ..Cursor::default()
        })
    }
}

/// A place in a file.
pub(crate) struct CursorPlace {
    /// In bytes from the beginning, and the line from 1.
    pub(crate) place: (u64, u64),
    pub(crate) encoding: &'static str,
    /// The state of the format's reader.
    pub(crate) open: Vec<String>,
}
