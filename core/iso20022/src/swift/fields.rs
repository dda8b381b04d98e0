//! The fields of a file, one at a time, and the marks between messages.

use bankchannel_xml::XmlFault;

use super::lines::LineReader;
use super::tags::{SwiftMessage, Tag, tag_of};

/// Maximum length of the text of a field, in bytes.
const MAX_FIELD: usize = 1024 * 1024;

/// How far the next tag behind a dash is looked for, in bytes.
const MAX_BEHIND_DASH: usize = 1024 * 1024;
/// The same of the line behind one that may be text, over empty lines.
const MAX_BEHIND_LINE: usize = 256;

/// What a lone dash means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DashMeaning {
    /// It is inside of the message.
    Inside,
    /// It ends the message.
    End,
    /// It ends the message unless the next field belongs to the same one: nothing else ends a report.
    ByNextField,
}

/// What comes next in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// A message begins with its header.
    Begin,
    /// A field: its text is in [`FieldReader::text`].
    Field(Tag),
    /// A line with a tag that no message has: its name is in [`FieldReader::text`].
    Unknown,
    /// A mark of the end of a message.
    End,
}

/// The fields of a file.
pub(super) struct FieldReader<'a> {
    pub(super) lines: LineReader<'a>,
    /// The text of the field that was read last, its lines separated by `\n`.
    pub(super) text: String,
    /// The line on which it begins.
    pub(super) line: u64,
    /// The type of the message that comes next or has begun, if the file says it.
    pub(super) message: Option<SwiftMessage>,
    pub(super) dash: DashMeaning,
    /// The place of the last field for which was decided whether a dash before it ends the message.
    decided: (u64, bool),
}

impl<'a> FieldReader<'a> {
    pub(super) fn new(lines: LineReader<'a>) -> Self {
        Self { lines, text: String::new(), line: 0, message: None, dash: DashMeaning::Inside, decided: (0, false) }
    }

    /// The next field or mark; `None` at the end of the file. Lines that belong to none are passed over.
    pub(super) fn next(&mut self) -> Result<Option<Part>, XmlFault> {
        while self.lines.load()? {
            let line = self.lines.bytes();
            if let Some((tag, start)) = tag_of(line) {
                if let Tag::Message(message) = tag {
                    self.message = Some(message);
                    self.lines.advance();
                    return Ok(Some(Part::Begin));
                }
                return self.field(tag, start).map(|()| Some(Part::Field(tag)));
            }
            if is_block(line) {
                let begins = line.starts_with(b"{1:");
                if begins {
                    self.message = None;
                }
                self.block();
                if begins {
                    return Ok(Some(Part::Begin));
                }
                continue;
            }
            if let Some(name) = unknown_tag(line) {
                self.text.clear();
                self.text.push_str(name);
                self.line = self.lines.place().1;
                self.lines.advance();
                return Ok(Some(Part::Unknown));
            }
            // `940`, `940 00`, `940 N2`: a bank's own lines before a message.
            if line.get(3).is_none_or(|byte| *byte == b' ') {
                self.message = SwiftMessage::of(line).or(self.message);
            }
            let is_dash = is_dash(line);
            let is_end = line.starts_with(b"-}") || is_dash && self.dash_ends()?;
            self.lines.advance();
            if is_end {
                return Ok(Some(Part::End));
            }
        }
        Ok(None)
    }

    /// The tag of the field that follows; `None` if something else does.
    pub(super) fn following(&mut self) -> Result<Option<Tag>, XmlFault> {
        while self.lines.load()? {
            // A dash in the middle is no end.
            if is_dash(self.lines.bytes()) && !self.dash_ends()? {
                self.lines.advance();
                continue;
            }
            return Ok(tag_of(self.lines.bytes()).map(|(tag, _)| tag));
        }
        Ok(None)
    }

    /// Reads the field that begins in the current line.
    fn field(&mut self, tag: Tag, start: usize) -> Result<(), XmlFault> {
        self.text.clear();
        self.line = self.lines.place().1;
        let text = self.lines.text(start)?;
        self.text.push_str(&text);
        self.lines.advance();
        while tag.has_lines() && self.lines.load()? {
            if is_dash(self.lines.bytes()) {
                if self.dash_ends()? {
                    break;
                }
                self.lines.advance();
                continue;
            }
            let line = self.lines.bytes();
            if is_block(line) || line.starts_with(b"-}") || is_banks_own(line, self.dash) {
                break;
            }
            if tag_of(line).is_some() && !(tag == Tag::Information && is_like_clock(line) && !self.head_goes_on()?) {
                break;
            }
            let line = self.lines.bytes();
            if self.text.len() + line.len() > MAX_FIELD {
                let message = format!("the field {} has more than {} KiB", tag.name(), MAX_FIELD / 1024);
                return Err(self.lines.fault(message, "ask the bank for the file again"));
            }
            self.text.push('\n');
            let text = self.lines.text(0)?;
            self.text.push_str(&text);
            self.lines.advance();
        }
        Ok(())
    }

    /// Whether the dash in the current line ends the message.
    fn dash_ends(&mut self) -> Result<bool, XmlFault> {
        match self.dash {
            DashMeaning::Inside => return Ok(false),
            DashMeaning::End => return Ok(true),
            DashMeaning::ByNextField => {}
        }
        if self.lines.place().0 < self.decided.0 {
            return Ok(self.decided.1);
        }
        let is_end = |line: &[u8]| match tag_of(line) {
            Some((tag, _)) => Some(!tag.goes_on()),
            None => (is_block(line) || line.starts_with(b"-}")).then_some(true),
        };
        let Some((is_end, place)) = self.lines.look_ahead(MAX_BEHIND_DASH, is_end)? else { return Ok(true) };
        self.decided = (place, is_end);
        Ok(is_end)
    }

    /// Whether the next line is the second field of a message.
    fn head_goes_on(&mut self) -> Result<bool, XmlFault> {
        let is_head = |line: &[u8]| {
            let is_header = || tag_of(line).is_some_and(|(tag, _)| tag.is_header() && tag != Tag::Reference);
            (!line.trim_ascii().is_empty()).then(is_header)
        };
        Ok(self.lines.look_ahead(MAX_BEHIND_LINE, is_head)?.is_some_and(|(is_head, _)| is_head))
    }

    /// Reads blocks of a SWIFT message up to its text; a field may follow in the same line.
    fn block(&mut self) {
        let line = self.lines.bytes();
        if let Some(at) = memchr::memmem::find(line, b"{2:") {
            self.message = line.get(at + 4..).and_then(SwiftMessage::of).or(self.message);
        }
        match memchr::memmem::find(line, b"{4:").map(|at| at + 3) {
            Some(text) if text < line.len() => self.lines.skip(text),
            _ => self.lines.advance(),
        }
    }
}

/// Whether a line begins a block of a SWIFT message: `{1:F01…`.
fn is_block(line: &[u8]) -> bool {
    matches!(line, [b'{', b'1'..=b'5', b':', ..])
}

/// The tag of a line, if it has the form of one: `:72:`.
fn unknown_tag(line: &[u8]) -> Option<&str> {
    let end = line.strip_prefix(b":")?.iter().take(4).position(|byte| *byte == b':')?;
    let is_tag = end >= 2 && line[1..=end].iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    line.get(..end + 2).filter(|_| is_tag).and_then(|name| std::str::from_utf8(name).ok())
}

/// A lone dash, which ends a message.
fn is_dash(line: &[u8]) -> bool {
    line.first() == Some(&b'-') && matches!(line.trim_ascii_end(), b"-" | b"-XXX")
}

/// Whether it is a bank's own line before a message: `0000 01INGBNL2AXXXX00001`. Inside of a message a text may begin so,
/// but not be one.
fn is_banks_own(line: &[u8], dash: DashMeaning) -> bool {
    let line = line.trim_ascii_end();
    let is_bank_and_number = |rest: &[u8]| {
        let (bank, number) = rest.split_at_checked(12).unwrap_or_default();
        let is_bank = bank.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        is_bank && !number.is_empty() && number.iter().all(u8::is_ascii_digit)
    };
    match line.strip_prefix(b"0000 01") {
        Some(rest) => dash == DashMeaning::End || is_bank_and_number(rest),
        None => dash == DashMeaning::End && line == b"940 00",
    }
}

/// Whether it may be the rest of a time that the end of a line has cut, such as `:25:37`, although it begins with the tag
/// of a message's head.
fn is_like_clock(line: &[u8]) -> bool {
    match line {
        [b':', b'1', b'3', b':', b'0'..=b'5', b'0'..=b'9', rest @ ..]
        | [b':', b'2', b'0' | b'1' | b'5' | b'8', b':', b'0'..=b'5', b'0'..=b'9', rest @ ..] => {
            !rest.first().is_some_and(u8::is_ascii_digit)
        }
        _ => false,
    }
}
