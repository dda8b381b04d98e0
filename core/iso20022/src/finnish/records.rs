//! The records of a file, one at a time: where each begins, and its bytes.

use std::io::Read;

use bankchannel_xml::{XmlFault, named_encoding};
use encoding_rs::{Encoding, WINDOWS_1252};

use super::recognise::PAYMENT_RECORD;

/// Bytes that are read at once.
const CHUNK: usize = 64 * 1024;
/// The longest record that a length of three digits allows.
const LONGEST: usize = 999;

/// How the bytes of records are read as text: always one byte a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RecordEncoding {
    /// ISO-8859-1, and what Windows has in its place.
    Single(&'static Encoding),
    /// The Finnish form of ISO 646, which has `[ \ ] { | }` for `Ä Ö Å ä ö å`.
    SevenBit,
}

/// The name of [`RecordEncoding::SevenBit`].
pub(crate) const SEVEN_BIT: &str = "ISO646-FI";

impl RecordEncoding {
    /// The encoding of this name; ISO-8859-1 if none is given.
    pub(super) fn named(name: Option<&str>) -> Result<Self, XmlFault> {
        let Some(name) = name else { return Ok(Self::Single(WINDOWS_1252)) };
        if is_seven_bit(name) {
            return Ok(Self::SevenBit);
        }
        let encoding = named_encoding(name)?;
        if encoding.is_single_byte() {
            return Ok(Self::Single(encoding));
        }
        let message = format!("records have one byte a character, so they are not in {}", encoding.name());
        Err(XmlFault::new(
            message,
            "name ISO-8859-1, ISO-8859-15, windows-1252 or ISO646-FI, or leave the encoding out",
        ))
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Single(encoding) => encoding.name(),
            Self::SevenBit => SEVEN_BIT,
        }
    }

    /// A text; control characters are blanks.
    pub(super) fn text(self, bytes: &[u8]) -> String {
        let text: String = match self {
            Self::Single(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
            // A record with other bytes is not of seven bits.
            Self::SevenBit if !bytes.is_ascii() => WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
            Self::SevenBit => bytes.iter().map(|byte| national(*byte)).collect(),
        };
        text.replace(char::is_control, " ")
    }
}

/// Whether it is a name of the Finnish form of ISO 646.
pub(crate) fn is_seven_bit(name: &str) -> bool {
    [SEVEN_BIT, "ISO646-SE", "SEN_850200_B"].iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn national(byte: u8) -> char {
    match byte {
        b'[' => 'Ä',
        b'\\' => 'Ö',
        b']' => 'Å',
        b'{' => 'ä',
        b'|' => 'ö',
        b'}' => 'å',
        other => char::from(other),
    }
}

/// A record.
#[derive(Debug, Clone)]
pub(super) struct RawRecord {
    pub(super) bytes: Vec<u8>,
    /// Where it begins in the file, in bytes.
    pub(super) position: u64,
    /// Its line, from 1.
    pub(super) line: u64,
    /// The fault of its form.
    pub(super) fault: Option<&'static str>,
}

/// A file of records.
pub(super) struct RecordInput<'a> {
    input: Box<dyn Read + 'a>,
    buffer: Vec<u8>,
    at: usize,
    /// The place of `at` in the file.
    position: u64,
    line: u64,
    ended: bool,
    /// Whether line ends lie between the records, where they have one length.
    has_lines: Option<bool>,
}

impl<'a> RecordInput<'a> {
    pub(super) fn new(input: Box<dyn Read + 'a>, position: u64, line: u64) -> Self {
        Self { input, buffer: Vec::new(), at: 0, position, line, ended: false, has_lines: None }
    }

    /// The same input, whose first byte is at this place, and whose records are lines or not.
    pub(super) fn moved(self, position: u64, line: u64, has_lines: bool) -> Self {
        Self { position, line, has_lines: Some(has_lines), ..self }
    }

    /// Whether its records of one length are lines.
    pub(super) fn has_lines(&self) -> bool {
        self.has_lines.unwrap_or(true)
    }

    /// The place of the next record.
    pub(super) fn place(&self) -> (u64, u64) {
        (self.position, self.line)
    }

    /// The next bytes, at least so many unless the file ends.
    fn ahead(&mut self, least: usize) -> Result<&[u8], XmlFault> {
        while self.buffer.len() - self.at < least && !self.ended {
            self.buffer.drain(..self.at);
            self.at = 0;
            let read = self.input.by_ref().take(CHUNK as u64).read_to_end(&mut self.buffer);
            self.ended = read.map_err(|error| XmlFault::of_input(&error).on_line(self.line))? == 0;
        }
        Ok(&self.buffer[self.at..])
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        let taken = self.buffer[self.at..self.at + count].to_vec();
        self.skip(count);
        taken
    }

    fn skip(&mut self, count: usize) {
        self.line += memchr::memchr_iter(b'\n', &self.buffer[self.at..self.at + count]).count() as u64;
        self.at += count;
        self.position += count as u64;
    }

    /// Skips blanks and line ends; `false` at the end of the file.
    fn skip_blanks(&mut self) -> Result<bool, XmlFault> {
        loop {
            let ahead = self.ahead(1)?;
            let is_blank = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, 0 | 0x1A);
            let blanks = ahead.iter().position(|byte| !is_blank(byte));
            let (count, is_end) = (blanks.unwrap_or(ahead.len()), ahead.is_empty());
            self.skip(count);
            if blanks.is_some() || is_end {
                return Ok(!is_end);
            }
        }
    }

    /// Skips the rest of a line.
    fn skip_line(&mut self) -> Result<(), XmlFault> {
        loop {
            let ahead = self.ahead(1)?;
            let end = ahead.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let (count, is_end) = (end.unwrap_or(ahead.len()), ahead.is_empty());
            self.skip(count);
            if end.is_some() || is_end {
                return Ok(());
            }
        }
    }

    /// Skips a byte order mark, which an editor may have added.
    fn skip_mark(&mut self) -> Result<(), XmlFault> {
        const MARK: &[u8] = b"\xEF\xBB\xBF";
        if self.position == 0 && self.ahead(MARK.len())?.starts_with(MARK) {
            self.skip(MARK.len());
        }
        Ok(())
    }

    /// The next record of a statement, whose length stands in it. A shorter one has lost blanks at its end.
    pub(super) fn statement_record(&mut self) -> Result<Option<RawRecord>, XmlFault> {
        self.skip_mark()?;
        if !self.skip_blanks()? {
            return Ok(None);
        }
        let (position, line) = self.place();
        let ahead = self.ahead(LONGEST)?;
        let Some(length) = length_of(ahead) else {
            let shown = ahead.iter().take(LONGEST).position(|byte| matches!(byte, b'\r' | b'\n'));
            let count = shown.unwrap_or(ahead.len().min(LONGEST));
            let bytes = self.take(count);
            self.skip_line()?;
            return Ok(Some(RawRecord {
                bytes,
                position,
                line,
                fault: Some("is no record: it does not begin with T and its kind"),
            }));
        };
        let count = length.min(ahead.len());
        let count = ahead[..count].iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(count);
        let bytes = self.take(count);
        let fault = self.end_record(length_of)?;
        Ok(Some(RawRecord { bytes, position, line, fault }))
    }

    /// Passes blanks behind a record; other text on its line is a fault.
    fn end_record(&mut self, is_record: fn(&[u8]) -> Option<usize>) -> Result<Option<&'static str>, XmlFault> {
        loop {
            let ahead = self.ahead(LONGEST)?;
            let blanks = ahead.iter().take_while(|byte| **byte == b' ').count();
            let is_whole = blanks < ahead.len() || ahead.is_empty();
            self.skip(blanks);
            if is_whole {
                break;
            }
        }
        let ahead = self.ahead(LONGEST)?;
        if matches!(ahead.first(), None | Some(b'\r' | b'\n' | 0 | 0x1A)) || is_record(ahead).is_some() {
            return Ok(None);
        }
        self.skip_line()?;
        Ok(Some("is longer than its length says: what is behind it is left out"))
    }

    /// The next record of reference payments: a line, or 90 bytes where there are no lines.
    pub(super) fn payment_record(&mut self) -> Result<Option<RawRecord>, XmlFault> {
        self.skip_mark()?;
        if !self.skip_blanks()? {
            return Ok(None);
        }
        let (position, line) = self.place();
        let has_lines = self.has_lines;
        let ahead = self.ahead(LONGEST)?;
        let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let has_lines = has_lines.unwrap_or_else(|| ahead.iter().take(2 * PAYMENT_RECORD).any(is_end));
        let most = ahead.len().min(PAYMENT_RECORD);
        let count = ahead[..most].iter().position(is_end).unwrap_or(most);
        let bytes = self.take(count);
        self.has_lines = Some(has_lines);
        let fault = if has_lines { self.end_record(|_| None)? } else { None };
        Ok(Some(RawRecord { bytes, position, line, fault }))
    }
}

/// The length of a record that begins here.
fn length_of(bytes: &[u8]) -> Option<usize> {
    let digits = bytes.get(1..6).filter(|digits| bytes[0] == b'T' && digits.iter().all(u8::is_ascii_digit))?;
    let length = digits[2..].iter().fold(0, |length, digit| length * 10 + usize::from(digit - b'0'));
    (length >= 6).then_some(length)
}
