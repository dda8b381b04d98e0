//! The lines of a file, one at a time: memory does not grow with the file.

use std::borrow::Cow;
use std::io::Read;

use bankchannel_xml::XmlFault;

use super::code_page::TextEncoding;

/// The number of bytes read at once.
const CHUNK: usize = 64 * 1024;
/// Maximum length of a line, in bytes.
const MAX_LINE: usize = 64 * 1024;

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// The lines of a file. Line ends are CR, LF, both, or `@@` in a file that has them before a tag.
pub(super) struct LineReader<'a> {
    input: Box<dyn Read + 'a>,
    buffer: Vec<u8>,
    /// The current line in the buffer, without its end and without framing bytes.
    line: (usize, usize),
    /// The start of the next line in the buffer.
    next: usize,
    is_loaded: bool,
    /// Whether nothing follows the buffer.
    is_finished: bool,
    /// The current line's start in the file, in bytes.
    position: u64,
    /// The current line's number, from 1.
    number: u64,
    pub(super) encoding: TextEncoding,
    /// Whether `@@` ends a line.
    pub(super) has_at_ends: bool,
    /// The first line since the last look that had to be read as another encoding.
    other_encoding: Option<u64>,
}

impl<'a> LineReader<'a> {
    /// Reads a file from its beginning, in the given encoding or the one that its beginning has.
    pub(super) fn open(input: impl Read + 'a, encoding: Option<&str>) -> Result<Self, XmlFault> {
        let given = encoding.map(TextEncoding::named).transpose()?;
        let mut lines = Self::at(input, TextEncoding::Auto, (0, 1), false);
        lines.fill()?;
        lines.encoding = given.unwrap_or_else(|| TextEncoding::of_beginning(&lines.buffer));
        lines.has_at_ends = memchr::memmem::find(&lines.buffer, b"@@:").is_some();
        Ok(lines)
    }

    /// Continues in a file whose earlier part has been read; the input is at the position.
    pub(super) fn at(
        input: impl Read + 'a,
        encoding: TextEncoding,
        (position, number): (u64, u64),
        has_at_ends: bool,
    ) -> Self {
        Self {
            input: Box::new(input),
            buffer: Vec::new(),
            line: (0, 0),
            next: 0,
            is_loaded: false,
            is_finished: false,
            position,
            number,
            encoding,
            has_at_ends,
            other_encoding: None,
        }
    }

    /// Loads the current line, if it is not loaded; `false` at the end of the file.
    pub(super) fn load(&mut self) -> Result<bool, XmlFault> {
        if self.is_loaded {
            return Ok(true);
        }
        let mut searched = 0;
        loop {
            let start = self.next;
            match self.end_of_line(start + searched) {
                Some((end, next)) => {
                    self.line = self.without_frame(start, end);
                    (self.next, self.is_loaded) = (next, true);
                    break;
                }
                None if self.is_finished && start == self.buffer.len() => return Ok(false),
                None if self.is_finished => {
                    self.line = self.without_frame(start, self.buffer.len());
                    (self.next, self.is_loaded) = (self.buffer.len(), true);
                    break;
                }
                None => {
                    // The last byte may be the first one of an end.
                    searched = (self.buffer.len() - start).saturating_sub(1);
                    if searched > MAX_LINE {
                        break;
                    }
                    self.fill()?;
                }
            }
        }
        if !self.is_loaded || self.line.1 - self.line.0 > MAX_LINE {
            let message = format!("the line has more than {} KiB", MAX_LINE / 1024);
            return Err(self.fault(message, "a statement has short lines: ask the bank for the file again"));
        }
        Ok(true)
    }

    /// The end of the line and the start of the next one; `None` if the buffer does not hold them.
    fn end_of_line(&self, mut from: usize) -> Option<(usize, usize)> {
        let bytes = self.buffer.as_slice();
        loop {
            let rest = bytes.get(from..)?;
            let found = match self.has_at_ends {
                true => memchr::memchr3(b'\n', b'\r', b'@', rest),
                false => memchr::memchr2(b'\n', b'\r', rest),
            };
            let at = from + found?;
            match (bytes[at], bytes.get(at + 1)) {
                (b'\n', _) => return Some((at, at + 1)),
                (b'\r', Some(b'\n')) | (b'@', Some(b'@')) => return Some((at, at + 2)),
                (b'\r', Some(_)) => return Some((at, at + 1)),
                (b'\r', None) => return self.is_finished.then_some((at, at + 1)),
                _ => from = at + 1,
            }
        }
    }

    /// A line without a byte order mark and without the bytes with which some banks frame a message.
    fn without_frame(&self, mut start: usize, mut end: usize) -> (usize, usize) {
        let frame = |byte: u8| matches!(byte, 1..=4 | 0x1A);
        if self.buffer[start..end].starts_with(MARK) {
            start += MARK.len();
        }
        while start < end && frame(self.buffer[start]) {
            start += 1;
        }
        while start < end && frame(self.buffer[end - 1]) {
            end -= 1;
        }
        (start, end)
    }

    /// Goes on to the next line.
    pub(super) fn advance(&mut self) {
        if std::mem::take(&mut self.is_loaded) {
            self.number += 1;
        }
    }

    /// Looks at the lines behind the current one, which stay unread, until one of them says something; with the place of
    /// that line in the file, in bytes. `None` if none does up to the end of the file, or in this many bytes.
    pub(super) fn look_ahead<T>(
        &mut self,
        most: usize,
        look: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<(T, u64)>, XmlFault> {
        let mut at = 0;
        while at <= most {
            let start = self.next + at;
            let (end, next) = match self.end_of_line(start) {
                Some(found) => found,
                None if self.is_finished && start == self.buffer.len() => break,
                None if self.is_finished => (self.buffer.len(), self.buffer.len()),
                None if self.buffer.len() - start > MAX_LINE => break,
                None => {
                    self.append()?;
                    continue;
                }
            };
            let (from, to) = self.without_frame(start, end);
            if let Some(said) = look(&self.buffer[from..to]) {
                return Ok(Some((said, self.position + start as u64)));
            }
            at = next - self.next;
        }
        Ok(None)
    }

    /// Drops the beginning of the current line.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.line.0 = (self.line.0 + bytes).min(self.line.1);
    }

    /// The bytes of the current line.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.line.0..self.line.1]
    }

    /// The text of the current line from a byte on.
    pub(super) fn text(&mut self, from: usize) -> Result<Cow<'_, str>, XmlFault> {
        let (start, end) = self.line;
        let Some((text, is_other)) = self.encoding.decode(&self.buffer[(start + from).min(end)..end]) else {
            return Err(self.fault("this line is not UTF-8", "save the file as UTF-8, or name its encoding"));
        };
        if is_other {
            self.other_encoding.get_or_insert(self.number);
        }
        Ok(text)
    }

    /// The first line since the last call, and before this one, that had to be read as another encoding.
    pub(super) fn take_other_encoding(&mut self, before: u64) -> Option<u64> {
        self.other_encoding.take_if(|line| *line < before)
    }

    /// Where the current line begins in the file, in bytes, and its number from 1.
    pub(super) fn place(&self) -> (u64, u64) {
        let at = if self.is_loaded { self.line.0 } else { self.next };
        (self.position + at as u64, self.number)
    }

    pub(super) fn fault(&self, message: impl Into<String>, change: &str) -> XmlFault {
        XmlFault::new(message, change).on_line(self.number)
    }

    /// Reads more behind the unused bytes.
    fn fill(&mut self) -> Result<(), XmlFault> {
        self.position += self.next as u64;
        self.buffer.drain(..self.next);
        self.next = 0;
        self.append()
    }

    /// Reads more behind all bytes.
    fn append(&mut self) -> Result<(), XmlFault> {
        let read = self.input.by_ref().take(CHUNK as u64).read_to_end(&mut self.buffer);
        let read =
            read.map_err(|why| self.fault(format!("reading the file failed: {}", why.kind()), "read it again"))?;
        self.is_finished = read < CHUNK;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<(u64, String)> {
        let (mut reader, mut read) = (LineReader::open(bytes, None).unwrap(), Vec::new());
        while reader.load().unwrap() {
            read.push((reader.place().0, reader.text(0).unwrap().into_owned()));
            reader.advance();
        }
        read
    }

    #[test]
    fn all_line_ends_and_frames() {
        let said = |bytes: &[u8]| lines(bytes).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
        for text in ["a\nb\n\nc", "a\r\nb\r\n\r\nc\r\n", "a\rb\r\rc\r", "\u{feff}a\n\u{1}b\n\nc\u{3}\n"] {
            assert_eq!(said(text.as_bytes()), ["a", "b", "", "c"], "{text:?}");
        }
        assert_eq!(said(b"@@:20:A@@:25:b@c"), ["", ":20:A", ":25:b@c"]);
        assert_eq!(said(b"a@@b"), ["a@@b"]);
        assert!(lines(b"").is_empty());
        assert_eq!(lines(b"a\r\nb\r\n"), [(0, "a".to_owned()), (3, "b".to_owned())]);
    }

    #[test]
    fn lines_ahead_stay_unread() {
        let text = format!("first\n{}last\r\nend", "between\n".repeat(20_000));
        let mut reader = LineReader::open(text.as_bytes(), None).unwrap();
        assert!(reader.load().unwrap());
        let is = |wanted: &'static [u8]| move |line: &[u8]| (line == wanted).then_some(());
        assert_eq!(reader.look_ahead(1 << 20, is(b"last")).unwrap(), Some(((), 160_006)));
        assert_eq!(reader.look_ahead(1 << 20, is(b"end")).unwrap(), Some(((), 160_012)));
        assert_eq!(reader.look_ahead(1000, is(b"last")).unwrap(), None, "too far");
        assert_eq!(reader.look_ahead(1 << 20, is(b"first")).unwrap(), None);
        assert_eq!((reader.text(0).unwrap().into_owned(), reader.place()), ("first".to_owned(), (0, 1)));
        reader.advance();
        assert!(reader.load().unwrap());
        assert_eq!((reader.text(0).unwrap().into_owned(), reader.place()), ("between".to_owned(), (6, 2)));
    }

    #[test]
    fn long_files_and_long_lines() {
        let text = "0123456789\r\n".repeat(20_000);
        let read = lines(text.as_bytes());
        assert_eq!(read.len(), 20_000);
        assert!(
            read.iter()
                .enumerate()
                .all(|(at, (place, line))| (*place, line.as_str()) == (12 * at as u64, "0123456789"))
        );
        let mut reader = LineReader::open(std::io::repeat(b'a'), None).unwrap();
        assert_eq!(reader.load().unwrap_err().line, Some(1));
    }
}
