//! One element of a file, held in memory: an entry of a statement, a batch of payments, a header.

use std::ops::Range;

use super::tokens::{Flow, Refusal, Tag, Token, Tokens, attributes, local};
use crate::problem::Problem;

/// Most elements in one record.
const MAX_ELEMENTS: usize = 100_000;
/// Most text in one record, in bytes.
const MAX_RECORD_TEXT: usize = 16 * 1024 * 1024;
/// Longest text of one element, in bytes; the standards' longest is a few thousand characters.
const MAX_TEXT: usize = 64 * 1024;

/// An element with all its content. Its memory is reused for the next one.
#[derive(Default)]
pub(crate) struct Record {
    elements: Vec<Data>,
    /// Names, texts and currencies.
    text: String,
    /// The open elements, from the outermost.
    open: Vec<usize>,
}

struct Data {
    name: Range<usize>,
    /// Value of the attribute `Ccy`, the only one in these messages.
    currency: Range<usize>,
    /// Its own text; empty for an element with children.
    text: Range<usize>,
    /// The number of the first following element that is not inside it.
    end: usize,
    line: u64,
}

impl Record {
    /// Reads an element whose start tag was just returned. Inside it, each element named `part` is passed on as soon as
    /// it is complete and then dropped, so that a batch of many transactions needs no more memory than one.
    pub(crate) fn read(
        &mut self,
        tokens: &mut Tokens<'_>,
        tag: &Tag,
        part: &str,
        mut on_part: impl FnMut(Element<'_>) -> Result<(), Refusal>,
    ) -> Result<(), Problem> {
        let started = self.start(&tag.name, &tag.attributes, tag.line);
        started.map_err(|refusal| tokens.problem(refusal.message, refusal.change))?;
        self.go_on(tokens, part, &mut on_part)
    }

    /// Discards everything.
    pub(crate) fn clear(&mut self) {
        self.elements.clear();
        self.text.clear();
        self.open.clear();
    }

    /// Discards everything and starts an element that further ones can be read into.
    pub(crate) fn begin(&mut self, line: u64) {
        self.clear();
        self.push("", "", line);
    }

    /// Starts an element, unless too much is held.
    fn start(&mut self, name: &str, raw_attributes: &str, line: u64) -> Result<(), Refusal> {
        if self.elements.len() >= MAX_ELEMENTS || self.text.len() >= MAX_RECORD_TEXT {
            return Err(Refusal::new("one entry or batch is too large", "split it into several"));
        }
        self.push(name, raw_attributes, line);
        Ok(())
    }

    fn push(&mut self, name: &str, raw_attributes: &str, line: u64) {
        let name = self.push_text(name);
        let currency = match raw_attributes.strip_prefix(" Ccy=\"").and_then(|value| value.strip_suffix('"')) {
            Some(plain) if plain.bytes().all(|byte| byte.is_ascii_alphanumeric()) => self.push_text(plain),
            _ if raw_attributes.is_empty() => 0..0,
            _ => {
                let found = attributes(raw_attributes).find(|(name, _)| local(name) == "Ccy");
                found.map_or(0..0, |(_, value)| self.push_text(&value))
            }
        };
        let at = self.text.len();
        self.open.push(self.elements.len());
        self.elements.push(Data { name, currency, text: at..at, end: 0, line });
    }

    /// Closes the open elements and returns the outermost one.
    pub(crate) fn finish(&mut self) -> Element<'_> {
        while !self.open.is_empty() {
            self.close();
        }
        if self.elements.is_empty() {
            self.push("", "", 0);
            self.close();
        }
        Element { record: self, at: 0 }
    }

    fn go_on(
        &mut self,
        tokens: &mut Tokens<'_>,
        part: &str,
        on_part: &mut impl FnMut(Element<'_>) -> Result<(), Refusal>,
    ) -> Result<(), Problem> {
        let outside = self.open.len() - 1;
        tokens.pump(|token| {
            match token {
                Token::Start { name, attributes, line } => {
                    self.forget_text_before_child();
                    self.start(name, attributes, line)?;
                }
                Token::Text(text) => self.add_text(text)?,
                Token::End => {
                    let closed = self.close();
                    if self.open.len() == outside {
                        return Ok(Flow::Stop);
                    }
                    let element = Element { record: self, at: closed };
                    if element.name() == part {
                        on_part(element)?;
                        self.text.truncate(self.elements[closed].name.start);
                        self.elements.truncate(closed);
                    }
                }
                Token::Other => {}
            }
            Ok(Flow::Next)
        })?;
        Ok(())
    }

    fn close(&mut self) -> usize {
        let closed = self.open.pop().unwrap_or_default();
        self.elements[closed].end = self.elements.len();
        closed
    }

    fn push_text(&mut self, text: &str) -> Range<usize> {
        let start = self.text.len();
        self.text.push_str(text);
        start..self.text.len()
    }

    /// Whether the innermost open element has no child yet.
    fn innermost_leaf(&mut self) -> Option<&mut Data> {
        let innermost = *self.open.last()?;
        if innermost + 1 == self.elements.len() { self.elements.last_mut() } else { None }
    }

    fn add_text(&mut self, text: &str) -> Result<(), Refusal> {
        let end = self.text.len() + text.len();
        if let Some(leaf) = self.innermost_leaf() {
            leaf.text.end = end;
            if leaf.text.len() > MAX_TEXT {
                return Err(Refusal::new(
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
            self.text.truncate(start);
        }
    }
}

/// An element of a [`Record`].
#[derive(Clone, Copy)]
pub(crate) struct Element<'r> {
    record: &'r Record,
    at: usize,
}

impl<'r> Element<'r> {
    /// Local name.
    pub(crate) fn name(self) -> &'r str {
        &self.record.text[self.data().name.clone()]
    }

    /// Value of the attribute `Ccy`; empty when there is none.
    pub(crate) fn currency(self) -> &'r str {
        self.record.text[self.data().currency.clone()].trim()
    }

    /// Own text without blanks at its ends.
    pub(crate) fn text(self) -> &'r str {
        self.record.text[self.data().text.clone()].trim()
    }

    /// The line on which it starts, from 1.
    pub(crate) fn line(self) -> u64 {
        self.data().line
    }

    /// Child elements in order.
    pub(crate) fn children(self) -> impl Iterator<Item = Element<'r>> {
        let (record, end) = (self.record, self.data().end);
        let mut next = self.at + 1;
        std::iter::from_fn(move || {
            let child = (next < end).then_some(Element { record, at: next })?;
            next = child.data().end;
            Some(child)
        })
    }

    /// All child elements of that local name.
    pub(crate) fn all(self, name: &'r str) -> impl Iterator<Item = Element<'r>> {
        self.children().filter(move |child| child.is(name))
    }

    /// First child element of that local name.
    #[inline]
    pub(crate) fn child(self, name: &str) -> Option<Element<'r>> {
        self.children().find(|child| child.is(name))
    }

    /// The element reached by following first children along a path such as `Acct/Id/IBAN`.
    pub(crate) fn find(self, path: &str) -> Option<Element<'r>> {
        match path.bytes().position(|byte| byte == b'/') {
            None => self.child(path),
            Some(at) => self.child(&path[..at])?.find(&path[at + 1..]),
        }
    }

    /// Text of the element reached by a path; `None` where it is missing or empty.
    pub(crate) fn value(self, path: &str) -> Option<&'r str> {
        self.find(path).map(Element::text).filter(|text| !text.is_empty())
    }

    /// The first value found along several paths: versions have some values in different places.
    pub(crate) fn first(self, paths: &[&str]) -> Option<&'r str> {
        paths.iter().find_map(|path| self.value(path))
    }

    /// Path of an element inside this one; repeated elements have their number from 1.
    pub(crate) fn path_to(self, inner: Element<'_>) -> String {
        let (mut path, mut around) = (String::new(), self);
        while let Some(step) = around.children().find(|child| (child.at..child.data().end).contains(&inner.at)) {
            let same = |other: &Element<'_>| other.name() == step.name();
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
        &self.record.text.as_bytes()[self.data().name.clone()] == name.as_bytes()
    }

    #[inline]
    fn data(self) -> &'r Data {
        &self.record.elements[self.at]
    }
}
