//! A file as decoded text, a window at a time: memory does not grow with the file.

use std::io::Read;

use encoding_rs::{Encoding, UTF_8};

use super::encoding;
use crate::problem::{Place, Problem};

/// The number of bytes read at once; more if one token needs it.
const CHUNK: usize = 128 * 1024;

/// The byte order mark of UTF-8.
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// A file being read.
pub(crate) struct Source<'a> {
    input: Box<dyn Read + 'a>,
    encoding: &'static Encoding,
    /// Bytes read but not decoded yet: at most the beginning of a character.
    raw: Vec<u8>,
    /// The problem after the window.
    failure: Option<Problem>,
    /// The decoded text in memory.
    pub(crate) window: String,
    /// Whether nothing follows the window.
    pub(crate) finished: bool,
    /// The start of the window in the file, in bytes.
    position: u64,
    /// The line of the window's start, from 1.
    pub(crate) line: u64,
    /// Bytes of that line before the window.
    column: usize,
}

impl<'a> Source<'a> {
    /// Reads the beginning of a file in the given encoding, otherwise in the declared one.
    pub(crate) fn open(input: impl Read + 'a, encoding: Option<&str>) -> Result<Self, Problem> {
        let mut source = Self::at(input, UTF_8, 0, 1);
        source.read(CHUNK)?;
        source.encoding = encoding.map_or_else(|| encoding::detect(&source.raw), encoding::named)?;
        if source.raw.starts_with(BOM) {
            source.raw.drain(..BOM.len());
            source.position = 3;
        }
        source.decode();
        Ok(source)
    }

    /// Continues in a file whose earlier part has been read; the input is at the position.
    pub(crate) fn at(input: impl Read + 'a, encoding: &'static Encoding, position: u64, line: u64) -> Self {
        Self {
            input: Box::new(input),
            encoding,
            raw: Vec::new(),
            failure: None,
            window: String::new(),
            finished: false,
            position,
            line,
            column: 0,
        }
    }

    /// The encoding that is read.
    pub(crate) fn encoding(&self) -> &'static Encoding {
        self.encoding
    }

    /// Drops the first `used` bytes of the window and reads more after it. A problem with the following bytes is
    /// reported when the text before them is used up.
    pub(crate) fn fill(&mut self, used: usize) -> Result<(), Problem> {
        self.position = self.position_at(used);
        (self.line, self.column) = self.line_and_column(used);
        self.window.drain(..used);
        if let Some(problem) = self.failure.take() {
            self.finished = true;
            return Err(problem);
        }
        // Doubled if a token did not fit, so that a long one costs time linear in its length.
        self.read(CHUNK.max(self.window.len()))?;
        self.decode();
        Ok(())
    }

    /// The place of a byte of the window.
    pub(crate) fn place(&self, at: usize) -> Place {
        let (line, column) = self.line_and_column(at);
        Place::at(usize::try_from(line).unwrap_or(usize::MAX), column + 1)
    }

    /// The position of a byte of the window in the file.
    pub(crate) fn position_at(&self, at: usize) -> u64 {
        let before = &self.window[..at];
        let bytes = if self.encoding == UTF_8 { before.len() } else { before.chars().count() };
        self.position + bytes as u64
    }

    fn line_and_column(&self, at: usize) -> (u64, usize) {
        let before = &self.window.as_bytes()[..at];
        let column = memchr::memrchr(b'\n', before).map_or(self.column + at, |end| at - end - 1);
        (self.line + memchr::memchr_iter(b'\n', before).count() as u64, column)
    }

    fn read(&mut self, bytes: usize) -> Result<(), Problem> {
        let read = self.input.by_ref().take(bytes as u64).read_to_end(&mut self.raw);
        let read = read.map_err(|error| {
            let at = self.place(self.window.len());
            Problem::format(at, format!("reading the file failed: {}", error.kind()), "read it again")
        })?;
        self.finished = read < bytes;
        Ok(())
    }

    fn decode(&mut self) {
        let start = self.window.len();
        let mut failure = None;
        if self.encoding == UTF_8 {
            let (valid, rest) = match std::str::from_utf8(&self.raw) {
                Ok(text) => (text, 0),
                Err(error) => {
                    let (valid, rest) = self.raw.split_at(error.valid_up_to());
                    if error.error_len().is_some() || self.finished {
                        failure = Some(("this byte is not UTF-8", "save the file as UTF-8, or name its encoding"));
                    }
                    (std::str::from_utf8(valid).unwrap_or_default(), rest.len())
                }
            };
            self.window.push_str(valid);
            self.raw.drain(..self.raw.len() - rest);
        } else {
            self.window.push_str(&self.encoding.decode_without_bom_handling(&self.raw).0);
            self.raw.clear();
        }
        let forbidden = |byte: u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
        // Without an early exit, so that the compiler checks many bytes at once.
        let added = &self.window.as_bytes()[start..];
        if added.iter().fold(false, |found, byte| found | forbidden(*byte)) {
            let at = added.iter().position(|byte| forbidden(*byte)).unwrap_or_default();
            self.window.truncate(start + at);
            failure = Some(("this control character is not allowed in XML", "remove it, or export the file again"));
        }
        if let Some((message, change)) = failure {
            self.failure = Some(Problem::format(self.place(self.window.len()), message, change));
            self.finished = false;
        }
    }
}
