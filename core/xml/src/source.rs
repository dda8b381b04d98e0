//! A file as decoded text, a window at a time: memory does not grow with the file.

use std::borrow::Cow;
use std::io::Read;

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::encoding;
use crate::fault::XmlFault;

/// The number of bytes read at once; more if one token needs it.
const CHUNK: usize = 128 * 1024;

/// The fault of a character that XML does not allow.
const FORBIDDEN: (&str, &str) = ("this control character is not allowed in XML", "remove it, or export the file again");

/// The byte order mark of UTF-8.
const UTF_8_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A file being read.
pub struct XmlSource<'a> {
    input: Box<dyn Read + 'a>,
    encoding: &'static Encoding,
    /// Decodes every encoding but UTF-8.
    decoder: Option<Decoder>,
    /// Bytes read but not decoded yet: at most the beginning of a character.
    raw: Vec<u8>,
    /// The fault after the window.
    failure: Option<XmlFault>,
    /// The decoded text in memory.
    pub(crate) window: Cow<'a, str>,
    /// Whether nothing follows the window.
    pub(crate) finished: bool,
    /// The start of the window in the file, in bytes.
    position: u64,
    /// The line of the window's start, from 1.
    pub(crate) line: u64,
    /// Bytes of that line before the window.
    column: usize,
    /// A remark on the encoding.
    pub(crate) note: Option<String>,
}

impl<'a> XmlSource<'a> {
    /// Reads the beginning of a file in the given encoding, otherwise in its own.
    ///
    /// # Errors
    /// The encoding is not supported, or the input fails.
    pub fn open(input: impl Read + 'a, encoding: Option<&str>) -> Result<Self, XmlFault> {
        let mut source = Self::at(input, UTF_8, 0, 1);
        source.read(CHUNK)?;
        let mark = match encoding {
            Some(name) => {
                let given = encoding::named(name)?;
                // The name UTF-16 leaves the order of the bytes to the file.
                let own = encoding::detect(&source.raw).ok().map(|detected| detected.encoding);
                source.use_encoding(own.filter(|own| encoding::means(name, own)).unwrap_or(given));
                let mark = Encoding::for_bom(&source.raw).filter(|(by_mark, _)| *by_mark == source.encoding);
                mark.map_or(if source.raw.starts_with(UTF_8_MARK) { UTF_8_MARK.len() } else { 0 }, |(_, mark)| mark)
            }
            None => {
                let detected = encoding::detect(&source.raw)?;
                source.use_encoding(detected.encoding);
                source.note = detected.note;
                detected.mark
            }
        };
        source.raw.drain(..mark);
        source.position = mark as u64;
        source.decode();
        Ok(source)
    }

    /// Continues in a file whose earlier part has been read; the input is at the position.
    pub fn at(input: impl Read + 'a, encoding: &'static Encoding, position: u64, line: u64) -> Self {
        let mut source = Self {
            input: Box::new(input),
            encoding,
            decoder: None,
            raw: Vec::new(),
            failure: None,
            window: Cow::Borrowed(""),
            finished: false,
            position,
            line,
            column: 0,
            note: None,
        };
        source.use_encoding(encoding);
        source
    }

    /// A text that is in memory already: nothing of it is copied.
    ///
    /// # Errors
    /// A character that XML does not allow.
    pub fn whole(text: &'a str) -> Result<Self, XmlFault> {
        let mut source = Self::at(std::io::empty(), UTF_8, 0, 1);
        (source.window, source.finished) = (Cow::Borrowed(text), true);
        match forbidden(text.as_bytes()) {
            Some(at) => Err(source.fault(at, FORBIDDEN.0, FORBIDDEN.1)),
            None => Ok(source),
        }
    }

    fn use_encoding(&mut self, encoding: &'static Encoding) {
        self.encoding = encoding;
        self.decoder = (encoding != UTF_8).then(|| encoding.new_decoder_without_bom_handling());
    }

    /// The encoding that is read.
    pub fn encoding(&self) -> &'static Encoding {
        self.encoding
    }

    /// Drops the first `used` bytes of the window and reads more after it. A fault of the following bytes is reported
    /// when the text before them is used up.
    pub(crate) fn fill(&mut self, used: usize) -> Result<(), XmlFault> {
        self.position = self.position_at(used);
        (self.line, self.column) = self.line_and_column(used);
        self.window.to_mut().drain(..used);
        if let Some(fault) = self.failure.take() {
            self.finished = true;
            return Err(fault);
        }
        // Doubled if a token did not fit, so that a long one costs time linear in its length.
        self.read(CHUNK.max(self.window.len()))?;
        self.decode();
        Ok(())
    }

    /// A fault at a byte of the window.
    pub(crate) fn fault(&self, at: usize, message: impl Into<String>, change: &str) -> XmlFault {
        let (line, column) = self.line_and_column(at);
        XmlFault::new(message, change).at(line, column as u64 + 1)
    }

    /// The position of a byte of the window in the file.
    pub(crate) fn position_at(&self, at: usize) -> u64 {
        let before = &self.window[..at];
        let bytes = if self.encoding == UTF_8 {
            before.len()
        } else if [UTF_16LE, UTF_16BE].contains(&self.encoding) {
            2 * before.encode_utf16().count()
        } else {
            before.chars().count()
        };
        self.position + bytes as u64
    }

    fn line_and_column(&self, at: usize) -> (u64, usize) {
        let before = &self.window.as_bytes()[..at];
        let column = memchr::memrchr(b'\n', before).map_or(self.column + at, |end| at - end - 1);
        (self.line + memchr::memchr_iter(b'\n', before).count() as u64, column)
    }

    fn read(&mut self, bytes: usize) -> Result<(), XmlFault> {
        let read = self.input.by_ref().take(bytes as u64).read_to_end(&mut self.raw);
        let read = read.map_err(|error| {
            let (fault, (line, column)) = (XmlFault::of_input(&error), self.line_and_column(self.window.len()));
            fault.at(line, column as u64 + 1)
        })?;
        self.finished = read < bytes;
        Ok(())
    }

    fn decode(&mut self) {
        let start = self.window.len();
        let mut failure = if self.decoder.is_some() { self.decode_other() } else { self.decode_utf8() };
        if let Some(at) = forbidden(&self.window.as_bytes()[start..]) {
            self.window.to_mut().truncate(start + at);
            failure = Some(FORBIDDEN);
        }
        if let Some((message, change)) = failure {
            self.failure = Some(self.fault(self.window.len(), message, change));
            self.finished = false;
        }
    }

    fn decode_utf8(&mut self) -> Option<(&'static str, &'static str)> {
        let mut failure = None;
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
        self.window.to_mut().push_str(valid);
        self.raw.drain(..self.raw.len() - rest);
        failure
    }

    fn decode_other(&mut self) -> Option<(&'static str, &'static str)> {
        let decoder = self.decoder.as_mut()?;
        let size = decoder.max_utf8_buffer_length_without_replacement(self.raw.len()).unwrap_or(3 * self.raw.len());
        let window = self.window.to_mut();
        window.reserve(size);
        let (result, read) = decoder.decode_to_string_without_replacement(&self.raw, window, self.finished);
        self.raw.drain(..read);
        matches!(result, DecoderResult::Malformed(..)).then_some((
            "these bytes do not fit the encoding of the file",
            "save the file as UTF-8, or name its encoding",
        ))
    }
}

/// Whether a file is in the encoding that its first bytes have or that it declares, to its end. What cannot be read is
/// not.
pub fn is_in_its_encoding(input: impl Read) -> bool {
    let Ok(mut source) = XmlSource::open(input, None) else { return false };
    while source.failure.is_none() && !source.finished {
        let used = source.window.len();
        if source.fill(used).is_err() {
            return false;
        }
    }
    source.failure.is_none()
}

/// The place of the first control character that XML does not allow. Eight bytes at a time, since almost no file has one.
fn first_control(text: &[u8]) -> Option<usize> {
    const LOWEST: u64 = u64::from_ne_bytes([b' '; 8]);
    const TOP: u64 = u64::from_ne_bytes([0x80; 8]);
    let control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    let (words, rest) = text.as_chunks::<8>();
    let is_low = |word: &[u8; 8]| {
        let word = u64::from_ne_bytes(*word);
        word.wrapping_sub(LOWEST) & !word & TOP != 0
    };
    let found = words.iter().position(|word| is_low(word) && word.iter().any(control));
    let from = found.unwrap_or(words.len()) * 8;
    let within = if found.is_some() { &text[from..] } else { rest };
    within.iter().position(control).map(|at| from + at)
}

/// The place of the first character that XML does not allow: a control character, U+FFFE or U+FFFF.
fn forbidden(text: &[u8]) -> Option<usize> {
    let first = first_control(text);
    let none = memchr::memmem::find_iter(text, b"\xEF\xBF").find(|at| matches!(text.get(at + 2), Some(0xBE | 0xBF)));
    first.into_iter().chain(none).min()
}
