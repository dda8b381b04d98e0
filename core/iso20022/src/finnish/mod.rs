//! Finnish records: machine-readable statements (TITO) and incoming reference payments (KTL, TL, SVM).
//!
//! ```text
//!  file ─► RecordInput: record by record ─┬─► TitoReader: T00, T10, T11, …   ─┐
//!                                         └─► PaymentsReader: 0, 3, 5, 9     ─┴─► CashItem, CashItem, …
//! ```
//!
//! Records have one byte a character and fields at fixed places. Their results are those of camt files; a page can end after
//! any entry, since a record is read again until the next one shows that its entry is complete.

mod codes;
mod fields;
mod item;
mod payments;
mod recognise;
mod records;
mod statement;
mod tito;

use std::collections::VecDeque;
use std::io::Read;

use bankchannel_xml::XmlFault;

pub(crate) use recognise::{is_reference_payments, is_tito};
pub(crate) use records::is_seven_bit;

use self::payments::PaymentsReader;
use self::records::{RawRecord, RecordEncoding, RecordInput};
use self::tito::TitoReader;
use crate::cash::{
    Before, CashItem, CashKind, CashMessage, Cursor, CursorPlace, FOREIGN_CURSOR, OpenStatement, READ_AGAIN,
    ReadOptions, StatementSource,
};
use crate::data::UnreadElement;
use crate::recognise::FileFormat;

/// The names of the formats in a cursor.
const TITO: &str = "TITO";
const PAYMENTS: &str = "KTL";
/// Whether its records are lines, in a cursor.
const LINES: &str = "lines";
const FIXED: &str = "fixed";

/// The statements of a file of records.
pub(crate) struct RecordStatements<'a> {
    input: RecordInput<'a>,
    encoding: RecordEncoding,
    reader: RecordReader,
    /// A record that was given back.
    pending: Option<RawRecord>,
    items: VecDeque<CashItem>,
    message: CashMessage,
    message_told: bool,
    before: Before,
    /// Whether the item given last was an entry.
    after_entry: bool,
    finished: bool,
}

enum RecordReader {
    Tito(Box<TitoReader>),
    Payments(Box<PaymentsReader>),
}

impl<'a> RecordStatements<'a> {
    /// Reads a file from its beginning.
    ///
    /// # Errors
    /// The encoding is not one of records.
    pub(crate) fn open(
        input: Box<dyn Read + 'a>,
        format: FileFormat,
        options: &ReadOptions,
        mut before: Before,
    ) -> Result<Self, XmlFault> {
        let encoding = RecordEncoding::named(options.encoding.as_deref())?;
        let (reader, kind, note) = match format {
            FileFormat::Tito => {
                let note = "the file is a Finnish machine-readable statement (TITO)";
                (RecordReader::Tito(Box::new(TitoReader::new(encoding))), CashKind::Statement, note)
            }
            _ => {
                let note = "the file has Finnish reference payments (KTL)";
                (RecordReader::Payments(Box::new(PaymentsReader::new(encoding))), CashKind::Notification, note)
            }
        };
        let notes = vec![note.to_owned(), format!("the file is read as {}", encoding.name())];
        let message = CashMessage { kind, notes, ..CashMessage::default() };
        before.messages += 1;
        Ok(Self {
            input: RecordInput::new(input, 0, 1),
            encoding,
            reader,
            pending: None,
            items: VecDeque::new(),
            message,
            message_told: false,
            before,
            after_entry: false,
            finished: false,
        })
    }

    /// The format of the file that a cursor is in, if it is one of records.
    pub(crate) fn format_of(cursor: &Cursor) -> Option<FileFormat> {
        match cursor.open.first().map(String::as_str) {
            Some(TITO) => Some(FileFormat::Tito),
            Some(PAYMENTS) => Some(FileFormat::ReferencePayments),
            _ => None,
        }
    }

    /// Goes on at the end of a page; the input is at [`Cursor::position`].
    ///
    /// # Errors
    /// The cursor's encoding is not one of records.
    pub(crate) fn resume(
        input: Box<dyn Read + 'a>,
        format: FileFormat,
        options: &ReadOptions,
        cursor: Cursor,
    ) -> Result<Self, XmlFault> {
        let options = ReadOptions { encoding: Some(cursor.encoding.clone()), ..options.clone() };
        let foreign = |_| XmlFault::new(FOREIGN_CURSOR, READ_AGAIN);
        let before = Before { messages: cursor.messages.saturating_sub(1), unread: Vec::new() };
        let mut resumed = Self::open(input, format, &options, before).map_err(foreign)?;
        let run = OpenStatement::resume(&cursor, None);
        match &mut resumed.reader {
            RecordReader::Tito(reader) => {
                reader.statements = cursor.statement.number;
                reader.run = Some(run);
            }
            RecordReader::Payments(reader) => {
                let sums = cursor.open.get(1).map(String::as_str).unwrap_or_default();
                **reader = PaymentsReader::resume(resumed.encoding, run, sums);
            }
        }
        let has_lines = cursor.open.last().is_none_or(|form| form != FIXED);
        resumed.input = resumed.input.moved(cursor.position, cursor.line, has_lines);
        resumed.message_told = true;
        resumed.message = cursor.message.clone();
        resumed.items.push_back(CashItem::Message(Box::new(cursor.message)));
        resumed.items.push_back(CashItem::Statement(Box::new(cursor.statement)));
        Ok(resumed)
    }

    /// Reads on by one record.
    fn step(&mut self) -> Result<(), XmlFault> {
        if !std::mem::replace(&mut self.message_told, true) {
            self.items.push_back(CashItem::Message(Box::new(self.message.clone())));
            return Ok(());
        }
        let record = match (self.pending.take(), &self.reader) {
            (Some(record), _) => Some(record),
            (None, RecordReader::Tito(_)) => self.input.statement_record()?,
            (None, RecordReader::Payments(_)) => self.input.payment_record()?,
        };
        let is_end = record.is_none();
        let messages = self.before.messages;
        self.pending = match &mut self.reader {
            RecordReader::Tito(reader) => reader.take(record, messages, &mut self.items)?,
            RecordReader::Payments(reader) => reader.take(record, messages, &mut self.items),
        };
        self.finished = is_end && self.items.is_empty();
        Ok(())
    }

    fn run(&self) -> Option<&OpenStatement> {
        match &self.reader {
            RecordReader::Tito(reader) => reader.run.as_ref(),
            RecordReader::Payments(reader) => reader.run.as_ref(),
        }
    }
}

impl StatementSource for RecordStatements<'_> {
    fn next_item(&mut self) -> Option<Result<CashItem, XmlFault>> {
        loop {
            if let Some(item) = self.items.pop_front() {
                self.after_entry = matches!(item, CashItem::Entry(_));
                return Some(Ok(item));
            }
            if self.finished {
                return None;
            }
            if let Err(fault) = self.step() {
                self.finished = true;
                return Some(Err(fault));
            }
        }
    }

    fn cursor(&mut self) -> Option<Cursor> {
        if !self.after_entry || !self.items.is_empty() {
            return None;
        }
        let pending = self.pending.as_ref().map(|record| (record.position, record.line));
        let (open_place, open) = match &self.reader {
            RecordReader::Tito(reader) => (reader.open_place(), vec![TITO.to_owned()]),
            RecordReader::Payments(reader) => {
                let form = if self.input.has_lines() { LINES } else { FIXED };
                (None, vec![PAYMENTS.to_owned(), reader.sums.text(), form.to_owned()])
            }
        };
        let place = open_place.or(pending).unwrap_or_else(|| self.input.place());
        let place = CursorPlace { place, encoding: self.encoding.name(), open };
        Some(self.run()?.cursor(place, self.before.messages, &self.message))
    }

    fn unread(&self) -> Vec<UnreadElement> {
        self.before.unread.clone()
    }

    fn unread_of_statement(&self) -> Vec<UnreadElement> {
        self.run().map(|run| run.unread.found()).unwrap_or_default()
    }

    fn messages(&self) -> u64 {
        self.before.messages
    }
}
