//! The rows of a table with delimiters: one at a time, each of bounded size.

use std::io::Read;

use bankchannel_foundation::Error;
use csv_core::ReadRecordResult;

use super::csv::MAX_ROW;
use super::rows::{read_some, unreadable};
use crate::rules::{Finding, Rule};

/// The characters that may stand between two cells.
pub(super) const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Maximum number of columns.
const MAX_COLUMNS: usize = 128;
/// Enough bytes for a byte order mark and a line `sep=;`.
const FIRST_LINE: usize = 16;

/// The delimiter and length of a first line `sep=;`.
fn separator_line(start: &[u8]) -> Option<(u8, usize)> {
    let text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
    let (name, rest) = text.split_at_checked(4)?;
    if !name.eq_ignore_ascii_case(b"sep=") {
        return None;
    }
    let (delimiter, rest) = rest.split_first().filter(|(one, _)| DELIMITERS.contains(one))?;
    let end = if rest.starts_with(b"\r\n") { 2 } else { usize::from(rest.starts_with(b"\n")) };
    (end > 0).then(|| (*delimiter, start.len() - rest.len() + end))
}

/// The rows of a table, one at a time, each of bounded size.
pub(super) struct TableRecords<R> {
    input: R,
    reader: csv_core::Reader,
    buffer: Box<[u8]>,
    /// The unread part of the buffer.
    rest: std::ops::Range<usize>,
    cells: Box<[u8]>,
    ends: Box<[usize; MAX_COLUMNS]>,
    /// The number of lines before the first row.
    before: u64,
    /// The character between two cells.
    pub(super) delimiter: u8,
}

/// One row.
pub(super) struct TableRecord<'a> {
    /// Its first line, from 1.
    pub(super) line: u64,
    cells: &'a [u8],
    ends: &'a [usize],
}

impl<'a> TableRecord<'a> {
    /// Whether no cell holds anything, as in the rows that spreadsheet programs leave at the end.
    pub(super) fn is_empty(&self) -> bool {
        self.cells.iter().all(u8::is_ascii_whitespace)
    }

    pub(super) fn cells(&self) -> impl Iterator<Item = &'a [u8]> {
        let (cells, ends) = (self.cells, self.ends);
        ends.iter().enumerate().map(move |(at, end)| &cells[at.checked_sub(1).map_or(0, |before| ends[before])..*end])
    }
}

/// Why a row cannot be read.
pub(super) enum RecordFault {
    Input(Error),
    /// It is larger than the limit; the column where it exceeded it, from 0.
    TooLarge {
        line: u64,
        column: usize,
    },
    TooManyColumns {
        line: u64,
    },
}

impl RecordFault {
    pub(super) fn line(&self) -> Option<u64> {
        match self {
            Self::Input(_) => None,
            Self::TooLarge { line, .. } | Self::TooManyColumns { line } => Some(*line),
        }
    }

    pub(super) fn column(&self) -> Option<usize> {
        if let Self::TooLarge { column, .. } = self { Some(*column) } else { None }
    }

    pub(super) fn finding(self) -> Result<Finding, Error> {
        Ok(match self {
            Self::Input(error) => return Err(error),
            Self::TooLarge { .. } => Finding::error(
                Rule::Table,
                format!("the row has more than {MAX_ROW} bytes"),
                "check for a quotation mark that is not closed",
            ),
            Self::TooManyColumns { .. } => {
                let message = format!("the row has more than {MAX_COLUMNS} cells");
                Finding::error(Rule::Table, message, "give each row as many cells as the header row")
            }
        })
    }
}

impl<R: Read> TableRecords<R> {
    /// The rows of a table whose cells are divided by the given character; without it by that of a first line `sep=;`,
    /// which spreadsheet programs write, otherwise by a comma.
    pub(super) fn new(mut input: R, given: Option<u8>) -> Result<Self, Error> {
        let mut buffer: Box<[u8]> = vec![0; MAX_ROW].into();
        let mut filled = 0;
        while filled < FIRST_LINE {
            match read_some(&mut input, &mut buffer[filled..]).map_err(|why| unreadable(&why))? {
                0 => break,
                read => filled += read,
            }
        }
        let (told, start) = match separator_line(&buffer[..filled]) {
            Some((told, length)) => (Some(told), length),
            None => (None, 0),
        };
        let delimiter = given.or(told).unwrap_or(b',');
        Ok(Self {
            input,
            reader: csv_core::ReaderBuilder::new().delimiter(delimiter).build(),
            buffer,
            rest: start..filled,
            cells: vec![0; MAX_ROW].into(),
            ends: Box::new([0; MAX_COLUMNS]),
            before: u64::from(told.is_some()),
            delimiter,
        })
    }

    pub(super) fn next(&mut self) -> Result<Option<TableRecord<'_>>, RecordFault> {
        let (mut used, mut cells) = (0, 0);
        loop {
            if self.rest.is_empty() {
                let read =
                    read_some(&mut self.input, &mut self.buffer).map_err(|why| RecordFault::Input(unreadable(&why)))?;
                self.rest = 0..read;
            }
            let input = &self.buffer[self.rest.clone()];
            let at_end = input.is_empty();
            let (result, read, wrote, ended) =
                self.reader.read_record(input, &mut self.cells[used..], &mut self.ends[cells..]);
            self.rest.start += read;
            used += wrote;
            cells += ended;
            // Lines inside cells belong to the row; the reader is past the row's own line end, except at the end of the
            // file.
            let line = |last: bool| {
                let inside = self.cells[..used].iter().filter(|byte| **byte == b'\n').count() as u64;
                self.reader.line().saturating_sub(inside + u64::from(last && !at_end)).max(1) + self.before
            };
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => return Err(RecordFault::TooLarge { line: line(false), column: cells }),
                ReadRecordResult::OutputEndsFull => return Err(RecordFault::TooManyColumns { line: line(false) }),
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::Record => {
                    let line = line(true);
                    return Ok(Some(TableRecord { line, cells: &self.cells[..used], ends: &self.ends[..cells] }));
                }
            }
        }
    }
}
