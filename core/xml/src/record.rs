//! One element of a file, held in memory: an entry of a statement, a batch of payments, a header.

use std::borrow::Cow;
use std::cell::Cell;
use std::ops::Range;

use crate::attributes::XmlAttributes;
use crate::fault::XmlFault;
use crate::tokens::{TagBuffer, TokenFlow, XmlRefusal, XmlToken, XmlTokens};

/// Maximum number of elements in one record.
const MAX_ELEMENTS: usize = 100_000;
/// Maximum text in one record, in bytes.
const MAX_RECORD_TEXT: usize = 16 * 1024 * 1024;
/// Longest text of one element, in bytes; the messages' longest is a few thousand characters.
const MAX_TEXT: usize = 64 * 1024;

/// An element with all its content, texts verbatim. Its memory is reused for the next one.
#[derive(Default)]
pub struct XmlRecord {
    elements: Vec<RecordedElement>,
    /// Names, attributes and texts.
    text: String,
    /// The open elements, from the outermost.
    open: Vec<usize>,
}

struct RecordedElement {
    name: TextRange,
    /// The attributes as written.
    attributes: TextRange,
    /// Its own text; empty for an element with children.
    text: TextRange,
    /// The number of the first following element that is not inside it.
    end: u32,
    /// Whether its text was read.
    was_read: Cell<bool>,
    line: u64,
}

/// A part of the record's text, which has less than 4 GiB.
#[derive(Clone, Copy, Default)]
struct TextRange {
    start: u32,
    end: u32,
}

impl TextRange {
    fn new(range: Range<usize>) -> Self {
        // The limits of a record are far below.
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: narrow(range.start), end: narrow(range.end) }
    }

    #[inline]
    fn get(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl XmlRecord {
    /// Reads an element whose start tag was just returned. Inside it, each element named `part` is passed on as soon as
    /// it is complete, after the element itself as far as it has been read, and then dropped: a batch of many
    /// transactions needs no more memory than one.
    ///
    /// # Errors
    /// The XML cannot be read, a limit, or what `on_part` refuses.
    pub fn read(
        &mut self,
        tokens: &mut XmlTokens<'_>,
        tag: &TagBuffer,
        part: &str,
        mut on_part: impl FnMut(XmlElement<'_>, XmlElement<'_>) -> Result<(), XmlRefusal>,
    ) -> Result<(), XmlFault> {
        let started = self.start(&tag.name, tag.attributes().as_written(), tag.line);
        started.map_err(|refusal| refusal.at(tokens))?;
        self.go_on(tokens, part, &mut on_part)
    }

    /// Discards everything.
    pub fn clear(&mut self) {
        self.elements.clear();
        self.text.clear();
        self.open.clear();
    }

    /// Discards everything and starts an element that further ones can be read into.
    pub fn begin(&mut self, name: &str, line: u64) {
        self.clear();
        self.push(name, "", line);
    }

    /// Starts an element, unless too much is held.
    fn start(&mut self, name: &str, raw_attributes: &str, line: u64) -> Result<(), XmlRefusal> {
        if self.elements.len() >= MAX_ELEMENTS || self.text.len() >= MAX_RECORD_TEXT {
            return Err(XmlRefusal::new("one entry or batch is too large", "split it into several"));
        }
        self.push(name, raw_attributes, line);
        Ok(())
    }

    fn push(&mut self, name: &str, raw_attributes: &str, line: u64) {
        let name = self.push_text(name);
        let attributes = if raw_attributes.is_empty() { TextRange::default() } else { self.push_text(raw_attributes) };
        let at = self.text.len();
        let text = TextRange::new(at..at);
        self.open.push(self.elements.len());
        self.elements.push(RecordedElement { name, attributes, text, end: 0, was_read: Cell::new(false), line });
    }

    /// Closes the open elements and returns the outermost one.
    pub fn finish(&mut self) -> XmlElement<'_> {
        while !self.open.is_empty() {
            self.close();
        }
        if self.elements.is_empty() {
            self.push("", "", 0);
            self.close();
        }
        XmlElement { record: self, at: 0 }
    }

    fn go_on(
        &mut self,
        tokens: &mut XmlTokens<'_>,
        part: &str,
        on_part: &mut impl FnMut(XmlElement<'_>, XmlElement<'_>) -> Result<(), XmlRefusal>,
    ) -> Result<(), XmlFault> {
        let outside = self.open.len() - 1;
        tokens.pump(|token| {
            match token {
                XmlToken::Start(tag) => {
                    self.forget_text_before_child();
                    self.start(tag.local(), tag.attributes.as_written(), tag.line)?;
                }
                XmlToken::Text(text) => self.add_text(text)?,
                XmlToken::End => {
                    let closed = self.close();
                    if self.open.len() == outside {
                        return Ok(TokenFlow::Stop);
                    }
                    if (XmlElement { record: self, at: closed }).is(part) {
                        // What is open ends here for now.
                        for open in &self.open[outside..] {
                            self.elements[*open].end = closed as u32;
                        }
                        let around = XmlElement { record: self, at: self.open[outside] };
                        on_part(around, XmlElement { record: self, at: closed })?;
                        self.text.truncate(self.elements[closed].name.start as usize);
                        self.elements.truncate(closed);
                    }
                }
                XmlToken::Comment(_) | XmlToken::Instruction(_) | XmlToken::Declaration => {}
            }
            Ok(TokenFlow::Next)
        })?;
        Ok(())
    }

    fn close(&mut self) -> usize {
        let closed = self.open.pop().unwrap_or_default();
        self.elements[closed].end = self.elements.len() as u32;
        closed
    }

    fn push_text(&mut self, text: &str) -> TextRange {
        let start = self.text.len();
        self.text.push_str(text);
        TextRange::new(start..self.text.len())
    }

    /// Whether the innermost open element has no child yet.
    fn innermost_leaf(&mut self) -> Option<&mut RecordedElement> {
        let innermost = *self.open.last()?;
        if innermost + 1 == self.elements.len() { self.elements.last_mut() } else { None }
    }

    fn add_text(&mut self, text: &str) -> Result<(), XmlRefusal> {
        let end = self.text.len() + text.len();
        if let Some(leaf) = self.innermost_leaf() {
            leaf.text.end = TextRange::new(0..end).end;
            if leaf.text.get().len() > MAX_TEXT {
                return Err(XmlRefusal::new(
                    format!("a text is longer than {MAX_TEXT} bytes"),
                    "payment files have none: export it again",
                ));
            }
            self.text.push_str(text);
        }
        Ok(())
    }

    /// Text before a first child is indentation.
    fn forget_text_before_child(&mut self) {
        if let Some(leaf) = self.innermost_leaf() {
            leaf.text.end = leaf.text.start;
            let start = leaf.text.start;
            self.text.truncate(start as usize);
        }
    }
}

/// An element of a [`XmlRecord`].
#[derive(Clone, Copy)]
pub struct XmlElement<'r> {
    record: &'r XmlRecord,
    at: usize,
}

impl<'r> XmlElement<'r> {
    /// Local name.
    pub fn name(self) -> &'r str {
        &self.record.text[self.data().name.get()]
    }

    /// Value of the attribute with this name; `None` when there is none.
    pub fn attribute(self, name: &str) -> Option<Cow<'r, str>> {
        let raw = &self.record.text[self.data().attributes.get()];
        if raw.is_empty() {
            return None;
        }
        let attributes = XmlAttributes(raw);
        attributes.get(name).or_else(|| attributes.iter().find(|one| one.local() == name).map(|one| one.value()))
    }

    /// Own text without blanks at its ends. It counts as read: see [`Self::each_unread`].
    pub fn text(self) -> &'r str {
        self.data().was_read.set(true);
        self.record.text[self.data().text.get()].trim()
    }

    /// Passes on the elements inside that have a text which was not read: their names from this element's own, and
    /// the line.
    pub fn each_unread(self, each: &mut dyn FnMut(&[&'r str], u64)) {
        let mut path: Vec<&str> = Vec::new();
        let mut ends: Vec<usize> = Vec::new();
        let last = (self.data().end as usize).max(self.at + 1);
        for at in self.at..last {
            while ends.last().is_some_and(|end| *end <= at) {
                ends.pop();
                path.pop();
            }
            let element = XmlElement { record: self.record, at };
            let data = element.data();
            path.push(element.name());
            // The element around it may still be open.
            ends.push(if at == self.at { last } else { data.end as usize });
            let text = &self.record.text[data.text.get()];
            if !data.was_read.get() && !text.trim_ascii().is_empty() {
                each(&path, data.line);
            }
        }
    }

    /// The line on which it starts, from 1.
    pub fn line(self) -> u64 {
        self.data().line
    }

    /// Child elements in order.
    pub fn children(self) -> impl Iterator<Item = XmlElement<'r>> {
        let (record, end) = (self.record, self.data().end as usize);
        let mut next = self.at + 1;
        std::iter::from_fn(move || {
            let child = (next < end).then_some(XmlElement { record, at: next })?;
            next = child.data().end as usize;
            Some(child)
        })
    }

    /// All child elements of that local name.
    pub fn all(self, name: &'r str) -> impl Iterator<Item = XmlElement<'r>> {
        self.children().filter(move |child| child.is(name))
    }

    /// First child element of that local name.
    #[inline]
    pub fn child(self, name: &str) -> Option<XmlElement<'r>> {
        self.children().find(|child| child.is(name))
    }

    /// The element reached by following first children along a path such as `Acct/Id/IBAN`.
    pub fn find(self, path: &str) -> Option<XmlElement<'r>> {
        match path.bytes().position(|byte| byte == b'/') {
            None => self.child(path),
            Some(at) => self.child(&path[..at])?.find(&path[at + 1..]),
        }
    }

    /// Text of the element reached by a path; `None` where it is missing or empty.
    pub fn value(self, path: &str) -> Option<&'r str> {
        self.find(path).map(XmlElement::text).filter(|text| !text.is_empty())
    }

    /// The first value found along several paths: versions have some values in different places.
    pub fn first(self, paths: &[&str]) -> Option<&'r str> {
        paths.iter().find_map(|path| self.value(path))
    }

    /// Path of an element inside this one; repeated elements have their number from 1.
    pub fn path_to(self, inner: XmlElement<'_>) -> String {
        let (mut path, mut around) = (String::new(), self);
        while let Some(step) = around.children().find(|child| (child.at..child.data().end as usize).contains(&inner.at))
        {
            let same = |other: &XmlElement<'_>| other.name() == step.name();
            let number = around.children().take_while(|child| child.at <= step.at).filter(same).count();
            let repeated = around.children().filter(same).nth(1).is_some();
            path.push('/');
            path.push_str(step.name());
            if repeated {
                path.push_str(&format!("[{number}]"));
            }
            around = step;
        }
        path
    }

    /// Whether that is its local name; compared as bytes, because this is the most frequent call.
    #[inline]
    fn is(self, name: &str) -> bool {
        &self.record.text.as_bytes()[self.data().name.get()] == name.as_bytes()
    }

    #[inline]
    fn data(self) -> &'r RecordedElement {
        &self.record.elements[self.at]
    }
}
