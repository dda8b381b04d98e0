//! Extracts one large base64 string from a JSON object while the object arrives.
//!
//! A payment file travels as a base64 member of a JSON object. The splitter reads the object's text in pieces of any
//! length. The string of the named top-level member is decoded and handed out immediately; everything else is kept, up
//! to a limit, with an empty string as the member's value. The strict parser then reads that rest, so the splitter
//! needs to know only the strings, escapes and depth of JSON.

use std::io::Write;

use crate::message::Base64Decoder;

/// Characters decoded at a time.
const STEP: usize = 32 * 1024;

/// Why a message could not be split.
#[derive(Debug)]
pub enum SplitError {
    /// The member is not standard base64 with padding.
    NotBase64,
    /// The text outside the content is longer than the limit.
    RestTooLarge,
    /// A key is too long, an escape is invalid, or the content has an unescaped control character.
    Malformed,
    /// The content cannot be written.
    Sink(std::io::Error),
}

/// The longest key that is compared with the member's name.
const KEY_MAX: usize = 256;

/// Splits one JSON object into its content member and the rest.
pub struct ContentSplitter {
    member: &'static str,
    rest: Vec<u8>,
    rest_max: usize,
    state: SplitterState,
    depth: usize,
    /// At depth 1: whether the next string is a key.
    expects_key: bool,
    key: Vec<u8>,
    /// The last key of depth 1 was the member's name.
    at_member: bool,
    base64: Base64Decoder,
    /// Decoded bytes on their way.
    decoded: Vec<u8>,
    escape: Vec<u8>,
    found: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SplitterState {
    Outside,
    Key,
    KeyEscape,
    Text,
    TextEscape,
    Content,
    ContentEscape,
}

impl ContentSplitter {
    /// A splitter that extracts the top-level member of this name and keeps at most `rest_max` bytes of the rest.
    #[must_use]
    pub fn new(member: &'static str, rest_max: usize) -> Self {
        Self {
            member,
            rest: Vec::new(),
            rest_max,
            state: SplitterState::Outside,
            depth: 0,
            expects_key: false,
            key: Vec::new(),
            at_member: false,
            base64: Base64Decoder::default(),
            decoded: Vec::new(),
            escape: Vec::new(),
            found: false,
        }
    }

    /// Takes a piece of the message and writes the content in it to `to`.
    ///
    /// # Errors
    /// [`SplitError`]; the splitter must not be used afterwards.
    pub fn push(&mut self, mut piece: &[u8], to: &mut dyn Write) -> Result<(), SplitError> {
        while !piece.is_empty() {
            let taken = match self.state {
                SplitterState::Content => self.content(piece, to)?,
                SplitterState::ContentEscape => self.content_escape(piece[0], to)?,
                SplitterState::Outside => self.outside(piece[0]),
                _ => self.string(piece),
            };
            if taken.kept {
                if self.rest.len() + taken.bytes > self.rest_max {
                    return Err(SplitError::RestTooLarge);
                }
                self.rest.extend_from_slice(&piece[..taken.bytes]);
            }
            piece = &piece[taken.bytes..];
            if self.key.len() > KEY_MAX {
                return Err(SplitError::Malformed);
            }
        }
        Ok(())
    }

    /// Ends the message: returns the rest of the object, and whether the member was present as a string.
    ///
    /// # Errors
    /// [`SplitError::NotBase64`] when the member's text ended in the middle of a group.
    pub fn finish(self) -> Result<(Vec<u8>, bool), SplitError> {
        if self.found {
            self.base64.finish().map_err(|_| SplitError::NotBase64)?;
        }
        Ok((self.rest, self.found))
    }

    fn outside(&mut self, byte: u8) -> TakenMember {
        match byte {
            b'"' if self.depth == 1 && self.expects_key => {
                self.key.clear();
                self.state = SplitterState::Key;
            }
            b'"' if self.depth == 1 && self.at_member => {
                self.found = true;
                self.state = SplitterState::Content;
            }
            b'"' => self.state = SplitterState::Text,
            b'{' | b'[' => {
                self.depth += 1;
                self.expects_key = self.depth == 1 && byte == b'{';
                self.at_member = false;
            }
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            b':' if self.depth == 1 => self.expects_key = false,
            b',' if self.depth == 1 => {
                self.expects_key = true;
                self.at_member = false;
            }
            _ => {}
        }
        TakenMember { bytes: 1, kept: true }
    }

    /// Inside a key or an ordinary string: a run up to the next quote or backslash.
    fn string(&mut self, piece: &[u8]) -> TakenMember {
        let in_key = matches!(self.state, SplitterState::Key | SplitterState::KeyEscape);
        if matches!(self.state, SplitterState::KeyEscape | SplitterState::TextEscape) {
            self.state = if in_key { SplitterState::Key } else { SplitterState::Text };
            if in_key {
                self.key.push(piece[0]);
            }
            return TakenMember { bytes: 1, kept: true };
        }
        let run = run_length(piece);
        if run > 0 {
            if in_key {
                self.key.extend_from_slice(&piece[..run.min(KEY_MAX + 1)]);
            }
            return TakenMember { bytes: run, kept: true };
        }
        if piece[0] == b'\\' {
            self.state = if in_key { SplitterState::KeyEscape } else { SplitterState::TextEscape };
            if in_key {
                self.key.push(b'\\');
            }
        } else {
            self.state = SplitterState::Outside;
            if in_key {
                self.at_member = self.key_is_member();
            }
        }
        TakenMember { bytes: 1, kept: true }
    }

    fn content(&mut self, piece: &[u8], to: &mut dyn Write) -> Result<TakenMember, SplitError> {
        let run = run_length(piece);
        if run > 0 {
            // The smallest byte, so that the loop has no branch: JSON allows no control characters inside a string.
            if piece[..run].iter().fold(u8::MAX, |least, byte| least.min(*byte)) < b' ' {
                return Err(SplitError::Malformed);
            }
            self.decode(&piece[..run], to)?;
            return Ok(TakenMember { bytes: run, kept: false });
        }
        if piece[0] == b'\\' {
            self.escape.clear();
            self.state = SplitterState::ContentEscape;
            return Ok(TakenMember { bytes: 1, kept: false });
        }
        self.state = SplitterState::Outside;
        self.at_member = false;
        // The opening quote was kept and this one closes the string: `""` stays in the rest.
        Ok(TakenMember { bytes: 1, kept: true })
    }

    /// Decodes a piece of the member and writes its bytes.
    fn decode(&mut self, text: &[u8], to: &mut dyn Write) -> Result<(), SplitError> {
        for step in text.chunks(STEP) {
            self.decoded.clear();
            self.base64.push(step, &mut self.decoded).map_err(|_| SplitError::NotBase64)?;
            if !self.decoded.is_empty() {
                to.write_all(&self.decoded).map_err(SplitError::Sink)?;
            }
        }
        Ok(())
    }

    fn content_escape(&mut self, byte: u8, to: &mut dyn Write) -> Result<TakenMember, SplitError> {
        self.escape.push(byte);
        let whole = if self.escape[0] == b'u' { 5 } else { 1 };
        if self.escape.len() == whole {
            let plain = unescape(&self.escape).ok_or(SplitError::Malformed)?;
            self.decode(&[plain], to)?;
            self.state = SplitterState::Content;
        }
        Ok(TakenMember { bytes: 1, kept: false })
    }

    fn key_is_member(&self) -> bool {
        if !self.key.contains(&b'\\') {
            return self.key == self.member.as_bytes();
        }
        let quoted = [b"\"", self.key.as_slice(), b"\""].concat();
        serde_json::from_slice::<String>(&quoted).is_ok_and(|key| key == self.member)
    }
}

struct TakenMember {
    bytes: usize,
    kept: bool,
}

/// The number of bytes before the next quote or backslash.
fn run_length(piece: &[u8]) -> usize {
    memchr::memchr2(b'"', b'\\', piece).unwrap_or(piece.len())
}

/// The ASCII character of an escape; base64 has no others.
fn unescape(escape: &[u8]) -> Option<u8> {
    match escape {
        [b'/'] => Some(b'/'),
        [b'n'] => Some(b'\n'),
        [b'r'] => Some(b'\r'),
        [b't'] => Some(b'\t'),
        [b'u', hex @ ..] if hex.iter().all(u8::is_ascii_hexdigit) => {
            u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok().filter(u8::is_ascii)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Split = Result<(String, Vec<u8>, bool), SplitError>;

    fn split(text: &str, size: usize) -> Split {
        let mut splitter = ContentSplitter::new("FileContents", 1000);
        let mut content = Vec::new();
        for piece in text.as_bytes().chunks(size) {
            splitter.push(piece, &mut content)?;
        }
        let (rest, found) = splitter.finish()?;
        Ok((String::from_utf8(rest).expect("text"), content, found))
    }

    #[test]
    fn the_member_is_taken_out_wherever_it_stands() {
        for text in [
            r#"{"FileContents":"aGVsbG8=","FileName":"x"}"#,
            r#"{ "FileName" : "x" , "FileContents" : "aGVsbG8=" }"#,
            r#"{"a":{"FileContents":"no"},"b":["FileContents","]"],"c":"\"FileContents\":","FileContents":"aGVs\nbG8\u003d"}"#,
            r#"{"\u0046ileContents":"aGVsbG8="}"#,
        ] {
            for size in 1..12 {
                let (rest, content, found) = split(text, size).expect("splits");
                assert!(found);
                assert_eq!(content, b"hello", "{text} in pieces of {size}");
                let rest: serde_json::Value = serde_json::from_str(&rest).expect("still JSON");
                assert_eq!(rest["FileContents"], "");
            }
        }
    }

    #[test]
    fn what_is_not_the_member_stays() {
        let text = r#"{"x":"FileContents","y":{"FileContents":"aGVsbG8="},"FileContents":17}"#;
        let (rest, content, found) = split(text, 5).expect("splits");
        assert_eq!((rest.as_str(), content.len(), found), (text, 0, false));
    }

    #[test]
    fn escaped_slashes_as_php_writes_them() {
        let (_, content, _) = split(r#"{"FileContents":"\/\/\/\/"}"#, 3).expect("splits");
        assert_eq!(content, [0xff, 0xff, 0xff]);
    }

    #[test]
    fn limits_and_faults() {
        assert!(matches!(split(r#"{"FileContents":"a-_="}"#, 7), Err(SplitError::NotBase64)));
        assert!(matches!(split(r#"{"FileContents":"aGV"}"#, 7), Err(SplitError::NotBase64)));
        assert!(matches!(split(&format!(r#"{{"a":"{}"}}"#, "x".repeat(2000)), 64), Err(SplitError::RestTooLarge)));
        assert!(matches!(split(&format!(r#"{{"{}":1}}"#, "k".repeat(300)), 64), Err(SplitError::Malformed)));
        for bad in [r"\x", r"\u+03d", r"\u00g0", "aGVs\nbG8=", "aGVs\u{0}bG8="] {
            let text = format!(r#"{{"FileContents":"{bad}"}}"#);
            for size in [1, 64] {
                assert!(matches!(split(&text, size), Err(SplitError::Malformed)), "{bad}");
            }
        }
    }
}
