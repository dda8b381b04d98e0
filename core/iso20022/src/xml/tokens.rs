//! XML as a stream of tokens: bounded, without document types and entities, with the place of each token.

use std::io::Read;

use encoding_rs::Encoding;
use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::open::OpenElements;
use super::plain::{Plain, plain};
use super::source::Source;
use super::{MAX_ATTRIBUTES, MAX_DEPTH, MAX_LIBRARY_TEXT, encoding};
use crate::problem::Problem;
use crate::text::{quote, shorten};

/// A piece of a document.
pub(crate) enum Token<'t> {
    /// A start tag; an empty element is reported as start and end.
    Start {
        /// Local name.
        name: &'t str,
        /// The attributes as written.
        attributes: &'t str,
        /// The line on which the tag starts, from 1.
        line: u64,
    },
    /// An end tag.
    End,
    /// Text, references resolved. One text may come in several pieces.
    Text(&'t str),
    /// A comment, a declaration or a processing instruction.
    Other,
}

/// A start tag, stored for readers that take one tag at a time.
#[derive(Default)]
pub(crate) struct Tag {
    /// Local name.
    pub(crate) name: String,
    /// The attributes as written.
    pub(crate) attributes: String,
    /// The line on which it starts, from 1.
    pub(crate) line: u64,
    /// Whether there was any text other than blanks between the tags.
    pub(crate) text_around: bool,
}

/// The kind of tag.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    /// The start of an element.
    Start,
    /// The end of the innermost open element.
    End,
}

/// Whether to continue.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// With the next token.
    Next,
    /// Not now: the next call continues with the token that follows.
    Stop,
}

/// The limits on the length of tokens.
#[derive(Clone, Copy)]
pub(crate) struct TokenLimits {
    /// Longest tag, text or comment, in bytes.
    pub(crate) token: usize,
    /// Longest name of an element, in bytes.
    pub(crate) name: usize,
}

impl TokenLimits {
    /// For files read one element at a time. The standards' longest name has 35 characters.
    pub(crate) const READERS: Self = Self { token: 1024 * 1024, name: 256 };
}

/// The tokens of a file, which may hold several documents in a row.
pub(crate) struct Tokens<'a> {
    source: Source<'a>,
    /// The used part of the window, in bytes.
    at: usize,
    /// The line there, from 1.
    line: u64,
    open: OpenElements,
    /// Whether the last tag was an empty element whose end has not been reported.
    closing: bool,
    /// Whether an element was seen.
    any: bool,
    limits: TokenLimits,
    /// Whether the caller named the encoding, so that declarations do not count.
    overridden: bool,
    /// Sees each token before it is returned.
    watcher: Option<Watcher<'a>>,
}

/// Receives tokens, as one type: what is not fast anyway is compiled once, not per caller.
type Receiver<'f> = dyn FnMut(Token<'_>) -> Result<Flow, Refusal> + 'f;

/// Sees the tokens that another reader takes.
pub(crate) type Watcher<'a> = &'a mut dyn FnMut(&Token<'_>);

impl<'a> Tokens<'a> {
    /// The tokens of a file from its beginning.
    pub(crate) fn open(input: impl Read + 'a, encoding: Option<&str>, limits: TokenLimits) -> Result<Self, Problem> {
        let mut tokens = Self::over(Source::open(input, encoding)?, limits);
        tokens.overridden = encoding.is_some();
        Ok(tokens)
    }

    /// The tokens from a position inside elements of the names given.
    pub(crate) fn resume(source: Source<'a>, overridden: bool, limits: TokenLimits, open: &[String]) -> Self {
        let mut tokens = Self::over(source, limits);
        (tokens.any, tokens.overridden) = (true, overridden);
        for name in open {
            tokens.open.push(name);
        }
        tokens
    }

    fn over(source: Source<'a>, limits: TokenLimits) -> Self {
        let (line, open) = (source.line, OpenElements::default());
        Self { source, at: 0, line, open, closing: false, any: false, limits, overridden: false, watcher: None }
    }

    /// The same tokens; a watcher sees them too.
    pub(crate) fn watched(self, watcher: Watcher<'a>) -> Self {
        Self { watcher: Some(watcher), ..self }
    }

    /// The number of open elements.
    pub(crate) fn depth(&self) -> usize {
        self.open.depth()
    }

    /// The names of the open elements, from the root.
    pub(crate) fn open_names(&self) -> impl Iterator<Item = &str> {
        self.open.names()
    }

    /// The next start or end tag; `None` at the end of the file. A start tag is put into `tag`.
    pub(crate) fn next_tag(&mut self, tag: &mut Tag) -> Result<Option<Edge>, Problem> {
        let mut edge = None;
        self.pump(|token| {
            match token {
                Token::Start { name, attributes, line } => {
                    tag.name.clear();
                    tag.name.push_str(name);
                    tag.attributes.clear();
                    tag.attributes.push_str(attributes);
                    tag.line = line;
                    edge = Some(Edge::Start);
                }
                Token::End => edge = Some(Edge::End),
                Token::Text(text) => tag.text_around |= !text.trim_ascii().is_empty(),
                Token::Other => {}
            }
            Ok(if edge.is_some() { Flow::Stop } else { Flow::Next })
        })?;
        Ok(edge)
    }

    /// Skips the rest of the element whose start tag was returned last.
    pub(crate) fn skip(&mut self) -> Result<(), Problem> {
        let mut inside = 1_usize;
        self.pump(|token| {
            match token {
                Token::Start { .. } => inside += 1,
                Token::End => inside -= 1,
                Token::Text(_) | Token::Other => {}
            }
            Ok(if inside == 0 { Flow::Stop } else { Flow::Next })
        })?;
        Ok(())
    }

    /// The encoding that is read.
    pub(crate) fn encoding(&self) -> &'static Encoding {
        self.source.encoding()
    }

    /// The start of the next token in the file, in bytes, and its line.
    pub(crate) fn position(&self) -> (u64, u64) {
        (self.source.position_at(self.at), self.line)
    }

    /// A problem at the start of the next token.
    pub(crate) fn problem(&self, message: impl Into<String>, change: &str) -> Problem {
        let mut place = self.source.place(self.at);
        place.path = self.open.path();
        Problem::format(place, message, change)
    }

    /// Passes tokens on until it is stopped; `false` at the end of the file.
    ///
    /// # Errors
    /// Malformed XML, exceeded limits, and problems found by the receiver.
    pub(crate) fn pump(&mut self, mut take: impl FnMut(Token<'_>) -> Result<Flow, Refusal>) -> Result<bool, Problem> {
        let Some(watcher) = self.watcher.take() else { return self.pump_to(take) };
        let mut both = |token: Token<'_>| {
            watcher(&token);
            take(token)
        };
        let pumped = self.pump_to(&mut both as &mut Receiver<'_>);
        self.watcher = Some(watcher);
        pumped
    }

    fn pump_to(&mut self, mut take: impl FnMut(Token<'_>) -> Result<Flow, Refusal>) -> Result<bool, Problem> {
        loop {
            if self.closing {
                self.closing = false;
                self.open.pop();
                if self.told(take(Token::End))? == Flow::Stop {
                    return Ok(true);
                }
            }
            match self.pump_window(&mut take) {
                Ok(Paused::Stopped) => return Ok(true),
                Ok(Paused::Given) => {}
                Ok(Paused::Used) if self.source.finished => return self.ended(),
                Ok(Paused::Used) => {
                    let filled = self.source.fill(self.at);
                    self.at = 0;
                    filled.map_err(|problem| Problem { path: self.open.path(), ..problem })?;
                }
                Err(refusal) => return Err(self.problem(refusal.message, refusal.change)),
            }
        }
    }

    fn told(&self, flow: Result<Flow, Refusal>) -> Result<Flow, Problem> {
        flow.map_err(|refusal| self.problem(refusal.message, refusal.change))
    }

    fn ended(&self) -> Result<bool, Problem> {
        if self.depth() > 0 {
            Err(self.problem("the file ends inside an element", "transfer or export it again: its end is missing"))
        } else if !self.any {
            Err(self.problem("there is no XML element in the file", "choose the XML file that your program exported"))
        } else {
            Ok(false)
        }
    }

    /// Passes on the tokens that are completely in the window. Plain tags and plain text are used directly; the library
    /// reads all others.
    fn pump_window(&mut self, take: &mut impl FnMut(Token<'_>) -> Result<Flow, Refusal>) -> Result<Paused, Refusal> {
        let Self { source, at, line, open, any, limits, .. } = self;
        let window = source.window.as_str();
        loop {
            let rest = &window[*at..];
            let innermost = open.innermost();
            let flow = match plain(rest, innermost) {
                Some(Plain::Text(size)) if size <= limits.token => {
                    let text = &rest[..size];
                    *at += size;
                    *line += line_ends(text);
                    take(Token::Text(text))?
                }
                Some(Plain::Start { name, attributes, text }) if text.is_none_or(|size| size <= limits.token) => {
                    let closing = name.len() + 3;
                    let size = name.len() + attributes.len() + 2;
                    enter(open, name, *limits)?;
                    let flow = take(Token::Start { name: local(name), attributes, line: *line })?;
                    (*any, *at) = (true, *at + size);
                    match text {
                        Some(text) if flow == Flow::Next => {
                            let text = &rest[size..size + text];
                            *at += text.len();
                            *line += line_ends(text);
                            if !text.is_empty() {
                                take(Token::Text(text))?;
                            }
                            *at += closing;
                            take(Token::End)?
                        }
                        _ => {
                            open.push(name);
                            flow
                        }
                    }
                }
                Some(Plain::End) => {
                    *at += innermost.len() + 3;
                    open.pop();
                    take(Token::End)?
                }
                _ => return self.pump_library(take),
            };
            if flow == Flow::Stop {
                return Ok(Paused::Stopped);
            }
        }
    }

    /// Passes on the next token, or the two around a byte order mark, as read by the library.
    fn pump_library(&mut self, take: &mut Receiver<'_>) -> Result<Paused, Refusal> {
        let Self { source, at, line, open, closing, any, limits, overridden, .. } = self;
        let rest = &source.window[*at..];
        let mut reader = Reader::from_str(rest);
        let config = reader.config_mut();
        // A new reader is used for each token, so names are compared here.
        (config.check_end_names, config.allow_unmatched_ends) = (false, true);
        let event = reader.read_event();
        // The library drops a byte order mark at its start position, and does not count it.
        let mark = if rest.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let size = mark + usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        if (if event.is_ok() { size } else { rest.len() }) > limits.token {
            return Err(Refusal::new(
                format!("a tag or text is longer than {} bytes", limits.token),
                "payment files have none: export it again",
            ));
        }
        let first_line = *line;
        let mut advance = || {
            *line += line_ends(&rest[..size]);
            *at += size;
        };
        let flow = match event {
            Ok(Event::Eof) => {
                advance();
                return Ok(Paused::Used);
            }
            // A token at the end of the window may continue after it.
            Ok(Event::Text(_)) if size == rest.len() && !source.finished => return Ok(Paused::Used),
            Err(_) if !source.finished => return Ok(Paused::Used),
            Err(error) => return Err(Refusal::malformed(&error.to_string())),
            Ok(Event::Start(tag)) => {
                enter_tag(open, &tag, *limits)?;
                *any = true;
                advance();
                let name = local(tag.name().0);
                take(Token::Start { name, attributes: tag.attributes_raw(), line: first_line })?
            }
            Ok(Event::Empty(tag)) => {
                enter_tag(open, &tag, *limits)?;
                (*any, *closing) = (true, true);
                advance();
                let name = local(tag.name().0);
                take(Token::Start { name, attributes: tag.attributes_raw(), line: first_line })?
            }
            Ok(Event::End(tag)) => {
                expect(open, tag.name().0)?;
                advance();
                open.pop();
                take(Token::End)?
            }
            Ok(Event::Text(text)) => {
                advance();
                take(Token::Text(&text.xml10_content()))?
            }
            Ok(Event::CData(text)) => {
                advance();
                take(Token::Text(&text.xml10_content()))?
            }
            Ok(Event::GeneralRef(reference)) => {
                let resolved = match reference.resolve_char_ref() {
                    Ok(Some(found)) => Some(found),
                    Ok(None) => predefined(&reference.into_inner()),
                    Err(_) => None,
                };
                let found = resolved.filter(|c| *c >= ' ' || matches!(c, '\t' | '\n' | '\r'));
                let found = found.ok_or_else(|| Refusal::malformed("a reference names no character"))?;
                advance();
                take(Token::Text(found.encode_utf8(&mut [0; 4])))?
            }
            Ok(Event::DocType(_)) => {
                return Err(Refusal::new(
                    "there is a document type declaration (<!DOCTYPE …>), which is never read",
                    "remove it",
                ));
            }
            Ok(Event::Decl(declaration)) => {
                let named = declaration.encoding().and_then(Result::ok);
                let other = named.filter(|name| encoding::named(name).ok() != Some(source.encoding()));
                if let Some(name) = other.filter(|_| !*overridden) {
                    return Err(Refusal::new(
                        format!("a document inside the file has another encoding, {}", quote(&name)),
                        "split the file into its documents",
                    ));
                }
                advance();
                take(Token::Other)?
            }
            Ok(Event::Comment(_) | Event::PI(_)) => {
                advance();
                take(Token::Other)?
            }
        };
        Ok(if flow == Flow::Stop { Paused::Stopped } else { Paused::Given })
    }
}

/// Why the tokens of a window ended.
enum Paused {
    Stopped,
    /// A token was passed on.
    Given,
    /// The rest of the window holds no complete token.
    Used,
}

/// A problem at the reader's position.
pub(crate) struct Refusal {
    pub(crate) message: String,
    pub(crate) change: &'static str,
}

impl Refusal {
    pub(crate) fn new(message: impl Into<String>, change: &'static str) -> Self {
        Self { message: message.into(), change }
    }

    fn malformed(why: &str) -> Self {
        let message = format!("this is not well-formed XML: {}", shorten(why, MAX_LIBRARY_TEXT));
        Self::new(message, "correct or export it again")
    }
}

/// The name without its prefix.
pub(crate) fn local(name: &str) -> &str {
    name.bytes().position(|byte| byte == b':').map_or(name, |at| &name[at + 1..])
}

/// Name and value of the attributes of a start tag; unreadable ones are left out.
pub(crate) fn attributes(raw: &str) -> impl Iterator<Item = (&str, String)> {
    let mut all = Attributes::new(raw, 0);
    // The library's check for doubles takes time quadratic in their number.
    all.with_checks(false);
    all.flatten().filter_map(|one| {
        let value = one.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned();
        Some((one.key.0, value))
    })
}

/// Rejects an element with too long a name, or nested too deeply.
fn enter(open: &OpenElements, name: &str, limits: TokenLimits) -> Result<(), Refusal> {
    if name.len() > limits.name {
        return Err(Refusal::new("the name of an element is too long", "export the file again"));
    }
    if open.depth() < MAX_DEPTH {
        return Ok(());
    }
    let message = format!("elements are nested more than {MAX_DEPTH} deep");
    Err(Refusal::new(message, "payment files never are: export it again"))
}

fn enter_tag(open: &mut OpenElements, tag: &BytesStart<'_>, limits: TokenLimits) -> Result<(), Refusal> {
    enter(open, tag.name().0, limits)?;
    if !tag.attributes_raw().is_empty() {
        check_attributes(tag)?;
    }
    open.push(tag.name().0);
    Ok(())
}

fn check_attributes(tag: &BytesStart<'_>) -> Result<(), Refusal> {
    // Counted without duplicate checks, which would take time quadratic in their number.
    if tag.attributes().with_checks(false).take(MAX_ATTRIBUTES + 1).count() > MAX_ATTRIBUTES {
        return Err(Refusal::new(
            format!("an element has more than {MAX_ATTRIBUTES} attributes"),
            "payment files have one or two: export it again",
        ));
    }
    // The counter does not take a stray `=` for an attribute, but the next reader may: limited in the same way.
    if tag.attributes_raw().bytes().filter(|byte| *byte == b'=').count() > 4 * MAX_ATTRIBUTES {
        let name = quote(tag.name().0);
        return Err(Refusal::new(format!("the attributes of {name} are not readable"), "export it again"));
    }
    Ok(())
}

fn expect(open: &OpenElements, found: &str) -> Result<(), Refusal> {
    match open.innermost() {
        innermost if open.depth() > 0 && innermost == found => Ok(()),
        _ if open.depth() == 0 => Err(Refusal::malformed(&format!("{} is closed and was never opened", quote(found)))),
        innermost => Err(Refusal::malformed(&format!("{} is closed as {}", quote(innermost), quote(found)))),
    }
}

/// The number of line ends in a token, usually none.
fn line_ends(token: &str) -> u64 {
    token.bytes().filter(|byte| *byte == b'\n').count() as u64
}

/// The predefined entities of XML.
fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}
