//! Transfers as rows of content: one JSON object per line, or a table.

use std::io::{self, BufRead, BufReader, Read};

use bankchannel_foundation::error::row;
use bankchannel_foundation::model::read_boundary;
use bankchannel_foundation::{Error, json, model::Boundary};

use super::csv::{self, PaymentTable};
use super::model::CreditTransfer;
use super::{DataPlace, PaymentMaker};
use crate::rules::{Finding, Rule};

/// Longest line of JSON, in bytes.
pub const MAX_LINE: usize = 256 * 1024;
/// The maximum number of unreadable rows before the rest is skipped: an endless input would never be refused.
pub const MAX_REFUSED_ROWS: usize = 10_000;
/// Deepest nesting of a row's JSON.
const MAX_DEPTH: usize = 8;

/// The format of the rows of transfers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum RowFormat {
    /// One transfer per line, as a JSON object with the fields of `CreditTransfer`.
    #[default]
    JsonLines,
    /// A table with a header row that names its columns.
    Csv,
}

impl PaymentMaker {
    /// Adds the transfers of content. Their problems are reported when the file is finished.
    ///
    /// # Errors
    /// The content cannot be read, the options of the table are wrong, or the transfers cannot be stored.
    pub fn add_rows(&mut self, input: impl Read, format: RowFormat, table: &PaymentTable) -> Result<(), Error> {
        match format {
            RowFormat::JsonLines => self.add_lines(BufReader::new(input)),
            RowFormat::Csv => csv::read(input, table, self),
        }
    }

    fn add_lines(&mut self, mut input: impl BufRead) -> Result<(), Error> {
        let (mut text, mut line, mut number, mut refused) = (Vec::new(), 0, 0, 0);
        loop {
            text.clear();
            let read =
                (&mut input).take(MAX_LINE as u64 + 1).read_until(b'\n', &mut text).map_err(|why| unreadable(&why))?;
            if read == 0 {
                return Ok(());
            }
            line += 1;
            if text.trim_ascii().is_empty() {
                continue;
            }
            number += 1;
            let place = DataPlace { transaction: Some(number), line: Some(line) };
            if text.len() > MAX_LINE {
                let message = format!("the line has more than {MAX_LINE} bytes");
                self.refuse(place, Finding::error(Rule::Table, message, "write one transfer a line"));
                // The start of the next line is unknown.
                return Ok(());
            }
            match transfer(text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&text)) {
                Ok(transfer) => self.add_at(place, transfer)?,
                Err(found) => {
                    self.refuse(place, *found);
                    refused += 1;
                    if refused == MAX_REFUSED_ROWS {
                        return Ok(());
                    }
                }
            }
        }
    }
}

/// The transfer of a line.
fn transfer(line: &[u8]) -> Result<CreditTransfer, Box<Finding>> {
    let value = json::parse(line, MAX_DEPTH).map_err(|why| {
        if let Some((number, field)) = not_a_number(line) {
            let message = format!("{number} is no value of JSON");
            let found = Finding::error(Rule::Table, message, "leave the field out, or give a value").value(number);
            return Box::new(match field {
                Some(field) => found.path(field),
                None => found,
            });
        }
        let change = "write one JSON object a line, in UTF-8";
        Box::new(Finding::error(Rule::Table, why.to_string().replace("line 1, ", ""), change))
    })?;
    read_boundary(value).map_err(|why| {
        let found = Finding::error(Rule::Table, why.message(), "see the fields of a transfer");
        Box::new(match why.detail("field") {
            Some(field) => found.path(field),
            None => found,
        })
    })
}

/// The number that JSON has not, if a line has it as the value of a field, and the field: programs with tables write a
/// missing value so.
fn not_a_number(line: &[u8]) -> Option<(&'static str, Option<&str>)> {
    let text = str::from_utf8(line).ok()?;
    let mut field = None;
    let (mut rest, mut last) = (text, "");
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || "{}[],".contains(c));
        if let Some(after) = rest.strip_prefix(':') {
            (field, rest) = (Some(last), after.trim_start());
            continue;
        }
        if let Some(quoted) = rest.strip_prefix('"') {
            let end = end_of_string(quoted)?;
            (last, rest) = (&quoted[..end], &quoted[end + 1..]);
            continue;
        }
        if let Some(found) = ["NaN", "Infinity", "-Infinity"].into_iter().find(|one| rest.starts_with(one)) {
            return Some((found, field));
        }
        let plain = rest.find(|c: char| c.is_whitespace() || "{}[],:\"".contains(c))?;
        if plain == 0 {
            return None;
        }
        rest = &rest[plain..];
    }
}

/// Where a string of JSON ends whose quotation mark was passed.
fn end_of_string(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

/// The error for content that cannot be read.
pub(super) fn unreadable(why: &io::Error) -> Error {
    Error::because(&row::CONTENT_UNREADABLE, format!("the content cannot be read: {why}")).with_io_source(why)
}

/// Reads once into a buffer; retried after interrupts.
pub(super) fn read_some(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(buffer) {
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
